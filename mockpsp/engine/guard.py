"""Second stage: what must hold before a command is decided. What depends on the payment's own state is decide.py's.

To add a guard: a function that raises Refused, and its place in `GUARDS`; the first that refuses is what the caller is
told.
"""

from collections.abc import Callable

from mockpsp.domain.text import codes
from mockpsp.domain.text.codes import Refused
from mockpsp.domain.time.moments import parse_rfc3339
from mockpsp.engine import card_use, gateways
from mockpsp.engine.load import REFUND_MOVES, card_seq
from mockpsp.engine.universes import UniverseTx
from mockpsp.engine.work import Work, has_hold
from mockpsp.store import resources


def guard(tx: UniverseTx, work: Work) -> None:
    """Refuse a command that one of the guards does not let through."""
    for check in GUARDS:
        check(tx, work)


def _invoice_has_not_expired(tx: UniverseTx, work: Work) -> None:
    """No payment of an invoice that expired begins; what began before goes on."""
    expires_at = work.invoice.get("expires_at")
    if expires_at is not None and work.is_new_attempt and parse_rfc3339(expires_at) <= tx.now_ms:
        raise Refused(codes.INVALID_STATE, f"the invoice expired at {expires_at}, so it cannot be paid; make a new one")


def _refund_is_there(tx: UniverseTx, work: Work) -> None:
    if isinstance(work.command, REFUND_MOVES) and work.refund is None:
        raise Refused("resource.refund.not-found", "the refund could not be found", 404)


def _card_may_pay(tx: UniverseTx, work: Work) -> None:
    if work.card is None:
        if card_seq(work) is not None:
            raise Refused("resource.card.not-found", "the card could not be found", 404)
    elif work.new_source is not None:
        card_use.guard(work.card, work.new_source, work.payment)


def _gateway_request_is_unused(tx: UniverseTx, work: Work) -> None:
    """What a customer brought back once is good for one payment; from a hold, nothing is used at all."""
    source = getattr(work.command, "source", None)
    request = source.request if source is not None else None
    if request is None or request.digest is None or has_hold(work.payment):
        return
    if not resources.use_gateway_request(tx.conn, tx.project.no, request.digest, work.payment.seq):
        raise Refused(
            "request.source.card-already-used",
            "source: this gateway request was used before; it is good for one payment",
            field="source",
        )


def _gateway_is_enabled(tx: UniverseTx, work: Work) -> None:
    if work.is_new_attempt:
        gateways.guard_enabled(tx, work.command.gateway)  # type: ignore[union-attr]


#: In the order in which they refuse.
GUARDS: tuple[Callable[[UniverseTx, Work], None], ...] = (
    _invoice_has_not_expired,
    _refund_is_there,
    _card_may_pay,
    _gateway_request_is_unused,
    _gateway_is_enabled,
)
