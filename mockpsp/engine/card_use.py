"""What a payment asks of its card and leaves on it: used once, which checks it met, its CVC gone once authorized.

A card id pays once only; behind a customer's token it pays any number of times.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from mockpsp.domain.commands import Source
from mockpsp.domain.payments.facts import Fact, Kind
from mockpsp.domain.payments.payment import Payment
from mockpsp.domain.psps.profiles import CardBehaviour
from mockpsp.domain.text import addresses
from mockpsp.domain.text.codes import Refused
from mockpsp.engine.universes import UniverseTx
from mockpsp.store import resources
from mockpsp.store.resources import CardRow

ALREADY_USED = "request.source.card-already-used"
#: Payments that only wait for the customer may go on with the card that began them.
_UNFINISHED = frozenset({"card.needs-authentication"})
#: A network's word that this card, amount and gateway are not to be tried again, and for how long that holds.
_DO_NOT_TRY_AGAIN = "03"
_BLOCKED_FOR_MS = 30 * 24 * 3_600_000
BLOCKED = "request.transaction-blocked"
_TOLD_CHECKS = frozenset({Kind.AUTHORIZED, Kind.AUTHORIZATION_DECLINED})


def guard(card: CardRow, source: Source, payment: Payment) -> None:
    """Refuse a card that this attempt may not use: gone, a token's own, or used by an attempt before."""
    body = card.body
    if body.get("anonymised"):
        raise Refused("resource.card.not-found", "the card could not be found: it was deleted", 404)
    if source.token_seq is not None:
        return
    if "token_seq" in body:
        raise Refused(ALREADY_USED, "the card belongs to a customer's token: pay with the token", field="source")
    used_by = body.get("used_by")
    if used_by is None or (used_by == payment.seq and _is_unfinished(payment, card)):
        return
    raise Refused(
        ALREADY_USED,
        "the card was used before, and a card pays once, even if it was declined: make a new card, or a customer's "
        "token, which pays any number of times",
        field="source",
    )


def _is_unfinished(payment: Payment, card: CardRow) -> bool:
    is_authenticated = payment.authenticated_card_seq == card.seq
    return is_authenticated or payment.is_challenged or payment.error_code in _UNFINISHED


def attach(tx: UniverseTx, card: CardRow, token_seq: int) -> CardRow:
    """The card belongs to this token from now on; Refused if it paid or belongs to a token already."""
    if "used_by" in card.body or card.body.get("token_seq") not in (None, token_seq):
        raise Refused(
            ALREADY_USED, "the card was used before or belongs to another token: make a new card", field="source"
        )
    card = card._replace(body={**card.body, "token_seq": token_seq})
    resources.update_card(tx.conn, tx.project.no, card)
    return card


def behaviour(
    tx: UniverseTx, card: CardRow, payment: Payment, gateway: str, *, overrides_blocks: bool = False
) -> CardBehaviour:
    """What the card brings about: its number's part, unless it expired, was revoked or is blocked since."""
    known = tx.catalog.behaviour(card.test_card)
    declines: str | None = card.body.get("declines")
    if not overrides_blocks and card.body.get("blocks", {}).get(_block(payment, gateway), 0) > tx.now_ms:
        declines = BLOCKED
    return replace(known, authorize_error=declines, recommendation_code=None) if declines else known


def has_network_token(card: CardRow, now_ms: int) -> bool:
    """Whether the network stands in for the card by now."""
    kept = card.body.get("network_token")
    return kept is not None and now_ms >= int(kept["active_at_ms"])


def record_use(
    tx: UniverseTx, card: CardRow, payment: Payment, facts: Sequence[Fact], billing: Mapping[str, Any] | None
) -> None:
    """Write on the card what an attempt leaves: one statement, none if nothing is new.

    The invoice's billing address becomes the card's if that has none.
    """
    body = {**card.body, "used": True, **addresses.filled(card.body, billing or {}, country="billing_country_code")}
    body.setdefault("used_by", payment.seq)
    for fact in facts:
        if fact.kind in _TOLD_CHECKS:
            body["checks"] = dict(fact.checks)
        if fact.merchant_advice_code == _DO_NOT_TRY_AGAIN:
            until_ms = tx.now_ms + _BLOCKED_FOR_MS
            body["blocks"] = {**body.get("blocks", {}), _block(payment, facts[0].gateway): until_ms}
        if fact.kind is Kind.AUTHORIZED:
            body["has_been_authorized"] = True
            body.pop("cvc", None)
    if body != card.body:
        resources.update_card(tx.conn, tx.project.no, card._replace(body=body))


def _block(payment: Payment, gateway: str | None) -> str:
    """What a network blocks: a gateway and an amount."""
    return f"{gateway} {payment.amount_minor} {payment.currency}"
