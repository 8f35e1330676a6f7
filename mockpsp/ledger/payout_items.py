"""What each fact adds to a PSP's next payout: one line a fact, made from the same postings as the books.

A line holds what became available, or was taken from it, and the fees in it, apart. So the lines that no payout has
paid yet add up, per gateway and currency, to the balance of `assets:psp:<gateway>:available`. A capture's own line and
those of what happened to it before are made when it settles: until then none of it is the merchant's to have.
"""

from collections.abc import Iterable
from typing import NamedTuple

from mockpsp.domain.apply import apply, fee_capture
from mockpsp.domain.facts import Fact, Kind
from mockpsp.domain.payment import Payment
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
    """The lines of a capture as it settles: the sale, and what was taken from it or put back before."""
    before = Payment(
        payment.seq,
        payment.invoice_seq,
        payment.customer_seq,
        payment.currency,
        payment.amount_minor - payment.incremented_minor,
        payment.created_at_ms,
    )
    found = []
    for fact in facts:
        after = apply(before, fact)
        net_minor = _unsettled(after, capture_seq) - _unsettled(before, capture_seq)
        fees_minor = -(fact.fee_minor + fact.processing_minor) if _pays_fees(before, fact, capture_seq) else 0
        if net_minor or fees_minor:
            found.append(_line(fact.kind, net_minor - fees_minor, fees_minor))
        before = after
    return found


def _line(kind: Kind, amount_minor: int, fees_minor: int) -> Line:
    """Nothing but fees is a line of its own type."""
    if not amount_minor:
        return Line("fee", fees_minor, 0)
    return Line(TYPES[kind], amount_minor, fees_minor)


def _unsettled(payment: Payment, capture_seq: int) -> int:
    return sum(capture.unsettled_minor for capture in payment.captures if capture.seq == capture_seq)


def _pays_fees(before: Payment, fact: Fact, capture_seq: int) -> bool:
    """Whether the fact's fees are taken from this capture."""
    if fact.kind is Kind.CAPTURED:
        return fact.seq == capture_seq
    capture = fee_capture(before, fact)
    return capture is not None and capture.seq == capture_seq
