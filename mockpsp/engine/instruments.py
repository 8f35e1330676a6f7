"""How what pays comes to an end by itself: a card expires, a token is revoked. It declines from then on.

These moves are about no payment; on the agenda they stand with payment number 0.
"""

from mockpsp.domain.commands import ExpireCard, InstrumentMove, RevokeToken
from mockpsp.domain.text.codes import INVALID_STATE, Refused
from mockpsp.domain.time.moments import rfc3339
from mockpsp.engine.universes import UniverseTx
from mockpsp.store import resources

#: What payments with it decline with.
EXPIRED = "card.expired"
REVOKED = "customer.payment-method-revoked"


def run(tx: UniverseTx, move: InstrumentMove) -> None:
    """Leave the card expired or the token revoked; Refused where it is so already, or gone."""
    match move:
        case ExpireCard(card_seq):
            _expire(tx, card_seq)
        case RevokeToken(token_seq):
            _revoke(tx, token_seq)


def _expire(tx: UniverseTx, card_seq: int) -> None:
    row = resources.load_card(tx.conn, tx.project.no, card_seq)
    if row is None or "anonymised" in row.body:
        raise Refused("resource.card.not-found", "the card could not be found", 404)
    if row.body.get("declines") == EXPIRED:
        raise Refused(INVALID_STATE, "the card has expired already")
    now = rfc3339(tx.now_ms)
    year, month = int(now[:4]), int(now[5:7])
    last_month = (year, month - 1) if month > 1 else (year - 1, 12)
    ended = min(last_month, (row.body["exp_year"], row.body["exp_month"]))
    body = {**row.body, "exp_year": ended[0], "exp_month": ended[1], "declines": EXPIRED, "updated_at_ms": tx.now_ms}
    resources.update_card(tx.conn, tx.project.no, row._replace(body=body))


def _revoke(tx: UniverseTx, token_seq: int) -> None:
    row = resources.load_token(tx.conn, tx.project.no, token_seq)
    if row is None:
        raise Refused("resource.token.not-found", "the token could not be found", 404)
    if row.body.get("revoked"):
        raise Refused(INVALID_STATE, "the token was revoked already")
    if not row.is_chargeable:
        raise Refused(INVALID_STATE, "nothing stands behind the token that could be revoked")
    resources.update_token(tx.conn, tx.project.no, row._replace(body={**row.body, "revoked": True}))
    card = None if row.card_seq is None else resources.load_card(tx.conn, tx.project.no, row.card_seq)
    if card is not None:
        resources.update_card(tx.conn, tx.project.no, card._replace(body={**card.body, "declines": REVOKED}))
