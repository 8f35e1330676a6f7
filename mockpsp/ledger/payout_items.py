"""What each fact adds to a PSP's next payout: one line a fact, made from the same postings as the books.

A line holds what became available, or was taken from it, and the fees in it, apart. So the lines that no payout has
paid yet add up, per gateway and currency, to the balance of `assets:psp:<gateway>:available`. A capture's own line and
those of what happened to it before are made when it settles: until then none of it is the merchant's to have.
"""

from collections.abc import Iterable
from typing import NamedTuple

from mockpsp.domain.apply import apply, fee_capture
from mockpsp.domain.facts import Fact, Kind
from mockpsp.domain.payment import CapturePart, Payment
from mockpsp.ledger import chart
from mockpsp.ledger.chart import Posting

#: Fact kind -> the type of its line. To add a kind that moves available money: its row.
TYPES: dict[Kind, str] = {
    Kind.CAPTURED: "sale",
    Kind.REFUND_MADE: "refund",
    Kind.REFUND_ACCEPTED: "refund",
    Kind.REFUND_FUNDED: "refund",
    Kind.REFUND_FAILED: "refund",
    Kind.REFUND_RETURNED: "refund",
    Kind.RETRIEVAL_REQUESTED: "chargeback",
    Kind.RETRIEVAL_CLOSED: "chargeback",
    Kind.CHARGEBACK_OPENED: "chargeback",
    Kind.CHARGEBACK_WON: "chargeback",
    Kind.CHARGEBACK_LOST: "chargeback",
    Kind.PAID_OUT: "adjustment",
}
_FEES = "expenses:psp:"


class Line(NamedTuple):
    """A line of a payout to be: `amount_minor` before fees, `fees_minor` below zero where the PSP took some."""

    type: str
    amount_minor: int
    fees_minor: int


def line_of(payment: Payment, fact: Fact, postings: Iterable[Posting]) -> Line | None:
    """The line of a fact that moved available money, given its postings; None when it moved none."""
    if payment.gateway is None or fact.kind is Kind.CAPTURE_SETTLED:
        return None
    account = chart.available(payment.gateway)
    net_minor = fees_minor = 0
    is_moved = False
    for posting in postings:
        if account not in (posting.debit, posting.credit):
            continue
        is_moved = True
        gained_minor = posting.amount_minor if posting.debit == account else -posting.amount_minor
        net_minor += gained_minor
        if posting.debit.startswith(_FEES) or posting.credit.startswith(_FEES):
            fees_minor += gained_minor
    return _line(fact.kind, net_minor - fees_minor, fees_minor) if is_moved else None


def lines_settled(payment: Payment, facts: Iterable[Fact], capture_seq: int) -> list[Line]:
    """The lines of a capture as it settles: the sale, and what was taken from it or put back before.

    `facts` are the capture's own and the later ones that moved money of some capture, in order. The payment's other
    captures stand beside it without amounts, so that a settlement costs as much as happened to it alone.
    """
    own, *later = facts
    blank = Payment(payment.seq, payment.invoice_seq, payment.customer_seq, payment.currency, 0, payment.created_at_ms)
    captured = apply(blank, own)
    (part,) = captured.captures
    before = captured._replace(
        captures=tuple(part if other.seq == capture_seq else CapturePart(other.seq, 0) for other in payment.captures)
    )
    found = [_line_between(own, _unsettled(before, capture_seq), is_charged=True)]
    for fact in later:
        after = apply(before, fact)
        moved_minor = _unsettled(after, capture_seq) - _unsettled(before, capture_seq)
        capture = fee_capture(before, fact)
        found.append(_line_between(fact, moved_minor, is_charged=capture is not None and capture.seq == capture_seq))
        before = after
    return [line for line in found if line is not None]


def _line_between(fact: Fact, net_minor: int, *, is_charged: bool) -> Line | None:
    """What a fact moved of a capture; `is_charged`: its fees are taken from it."""
    fees_minor = -(fact.fee_minor + fact.processing_minor) if is_charged else 0
    return _line(fact.kind, net_minor - fees_minor, fees_minor) if net_minor or fees_minor else None


def _line(kind: Kind, amount_minor: int, fees_minor: int) -> Line:
    """Nothing but fees is a line of its own type."""
    if not amount_minor:
        return Line("fee", fees_minor, 0)
    return Line(TYPES[kind], amount_minor, fees_minor)


def _unsettled(payment: Payment, capture_seq: int) -> int:
    return next(capture.unsettled_minor for capture in payment.captures if capture.seq == capture_seq)
