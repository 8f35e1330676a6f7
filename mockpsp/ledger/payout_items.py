"""What each fact adds to a PSP's next payout: one line a fact, made from the same postings as the books.

A line holds what became available, or was taken from it, and the fees in it, apart. So the lines that no payout has
paid yet add up, per gateway and currency, to the balance of `assets:psp:<gateway>:available`. A capture's own line and
those of what happened to it before are made when it settles: until then none of it is the merchant's to have.
"""

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from mockpsp.domain.payments.apply import apply
from mockpsp.domain.payments.facts import Fact, Kind
from mockpsp.domain.payments.payment import Payment
from mockpsp.domain.payments.states import CapturePart, place_of
from mockpsp.ledger import chart
from mockpsp.ledger.chart import Posting

#: Fact kind -> the type of its line. To add a kind that moves available money: its row.
TYPES: dict[Kind, str] = {
    Kind.CAPTURED: "sale",
    Kind.PAYMENT_RETURNED: "adjustment",
    Kind.CAPTURE_RETURNED: "adjustment",
    Kind.CAPTURE_RESTORED: "adjustment",
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


class Line(NamedTuple):
    """A line of a payout to be: `amount_minor` before fees, `fees_minor` below zero where the PSP took some.

    Told with it: when it happened, and when the capture was made whose money it moves (None: of no one capture).
    """

    type: str
    amount_minor: int
    fees_minor: int
    made_at_ms: int
    captured_at_ms: int | None


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
        if posting.debit.startswith(chart.FEES) or posting.credit.startswith(chart.FEES):
            fees_minor += gained_minor
    if not is_moved:
        return None
    return _line(fact, net_minor - fees_minor, fees_minor, _captured_at_ms(payment, fact))


def is_untouched(payment: Payment) -> bool:
    """Whether nothing but captures and their settlement moved money: each capture's line is made of it alone."""
    return not (payment.refunds_count or payment.disputes or payment.retrieval_requested or payment.returns_count)


def line_untouched(capture: CapturePart) -> list[Line]:
    """The line of a capture as it settles, of an untouched payment: the sale, and what its fee took.

    The capture notes when it was made; those of files of older versions don't, and are told by their facts.
    """
    assert capture.captured_at_ms is not None
    fees_minor = capture.unsettled_minor - capture.amount_minor
    moments = (capture.captured_at_ms, capture.captured_at_ms)
    if capture.amount_minor:
        return [Line(TYPES[Kind.CAPTURED], capture.amount_minor, fees_minor, *moments)]
    return [Line("fee", fees_minor, 0, *moments)] if fees_minor else []


def lines_settled(payment: Payment, facts: Iterable[Fact], capture_seq: int) -> list[Line]:
    """The lines of a capture as it settles: the sale, and what was taken from it or put back before.

    `facts` are its own and those that moved its money, in order; others do no harm.
    """
    before = Payment(payment.seq, payment.invoice_seq, payment.customer_seq, payment.currency, 0, payment.created_at_ms)
    found: list[Line] = []
    captured_at_ms: int | None = None
    for fact in _seen_from(capture_seq, payment.captures[0].seq, facts):
        after = apply(before, fact)
        net_minor = _unsettled(after) - _unsettled(before)
        fees_minor = -fact.charged_minor
        if fact.kind is Kind.CAPTURED:
            captured_at_ms = fact.at_ms
        if net_minor or fees_minor:
            found.append(_line(fact, net_minor - fees_minor, fees_minor, captured_at_ms))
        before = after
    return found


def _seen_from(capture_seq: int, first_seq: int, facts: Iterable[Fact]) -> Iterator[Fact]:
    """Facts as if a payment had this capture alone: with its parts of them, and with what it pays."""
    for fact in facts:
        parts = tuple(part for part in fact.parts if part[0] == capture_seq)
        payer = fact.seq if fact.kind is Kind.CAPTURED else fact.parts[0][0] if fact.parts else first_seq
        if payer == capture_seq:
            yield fact._replace(parts=parts)
        elif parts:
            yield fact._replace(parts=parts, fee_minor=0, processing_minor=0, tax_minor=0)


def _line(fact: Fact, amount_minor: int, fees_minor: int, captured_at_ms: int | None) -> Line:
    """Nothing but fees is a line of its own type."""
    moments = (fact.at_ms, captured_at_ms)
    if not amount_minor:
        return Line("fee", fees_minor, 0, *moments)
    return Line(TYPES[fact.kind], amount_minor, fees_minor, *moments)


def _captured_at_ms(payment: Payment, fact: Fact) -> int | None:
    """Of the first capture that a fact is about; without one, of the payment's first."""
    if not payment.captures:
        return None
    place = place_of(payment.captures, fact.parts[0][0]) if fact.parts else 0
    return None if place is None else payment.captures[place].captured_at_ms


def _unsettled(payment: Payment) -> int:
    """Of the one capture, once it is there."""
    return payment.captures[0].unsettled_minor if payment.captures else 0
