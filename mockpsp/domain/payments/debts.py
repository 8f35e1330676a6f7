"""What a merchant owes customers since refunds came back that looked final: read off the payment, not counted up.

A payment keeps what came back of each capture, less what was refunded once more or released. It is owed as long as the
capture stands: whose capture failed never paid, and whose capture is through after all is owed it again. What the
customer has by a dispute that was lost is not owed beside it. So late facts may come in any order.

Whoever asks for a refund, or disputes, does so knowing what is owed by then: that much of the refund pays the debt once
it is final, and that much of the dispute once it is lost. Payment and its folds are the users; the books take the
difference between two states (ledger/debts.py).
"""

from collections.abc import Iterable, Iterator, Mapping

from mockpsp.domain.payments.payment import Payment
from mockpsp.domain.payments.shares import first_of
from mockpsp.domain.payments.states import OF_HOLD, Dispute, place_of

#: Of a capture, by its number.
_Part = tuple[int, int]


def owed_minor(payment: Payment) -> int:
    """What the customer is owed."""
    return outstanding_minor(payment) - by_disputes_minor(payment) if payment.bounced else 0


def outstanding_minor(payment: Payment) -> int:
    """What came back of captures that stand, and was neither refunded once more nor released."""
    return sum(minor for _, minor in _standing(payment)) if payment.bounced else 0


def by_disputes_minor(payment: Payment) -> int:
    """How much of that the customer has from the issuer instead: what lost disputes asked for, or more than was paid.

    A customer has at most what they paid: refunds that stand, disputes that were lost and debts come to no more.
    """
    lost = [case for case in payment.disputes if case.state is Dispute.LOST] if payment.bounced else ()
    if not lost:
        return 0
    back_minor, lost_minor = outstanding_minor(payment), sum(case.amount_minor for case in lost)
    standing = [capture for capture in payment.captures if capture.amount_minor]
    again_by_seq = _sums(_again(payment))
    refunded_minor = sum(capture.refunded_minor - again_by_seq.get(capture.seq, 0) for capture in standing)
    beyond_minor = min(back_minor + refunded_minor + lost_minor - payment.captured_minor, lost_minor)
    asked_minor = sum(min(case.debt_minor, case.amount_minor) for case in lost)
    return min(back_minor, max(asked_minor, beyond_minor))


def came_back(payment: Payment, parts: Iterable[_Part]) -> Payment:
    """These parts of a refund that looked final are the customer's; what a hold gave back was never the merchant's."""
    bounced = _sums([*payment.bounced, *(part for part in parts if part[0] != OF_HOLD)])
    return payment._replace(bounced=tuple(sorted(bounced.items())))


def asked_again(payment: Payment, refund_seq: int | None, amount_minor: int) -> Payment:
    """A refund was asked for: what is owed and no other refund is on its way for is what it will pay."""
    if not payment.bounced or refund_seq is None:
        return payment
    claimed = tuple((refund_seq, *part) for part in _unclaimed(payment, amount_minor))
    return payment._replace(repaying=(*payment.repaying, *claimed))


def paid_again(payment: Payment, refund_seq: int | None) -> Payment:
    """The refund is final: what it was to pay is paid."""
    if not payment.repaying:
        return payment
    paid = [(seq, minor) for refund, seq, minor in payment.repaying if refund == refund_seq]
    return less(given_up(payment, refund_seq), paid) if paid else payment


def given_up(payment: Payment, refund_seq: int | None) -> Payment:
    """The refund pays nothing any more."""
    if not payment.repaying:
        return payment
    return payment._replace(repaying=tuple(one for one in payment.repaying if one[0] != refund_seq))


def released(payment: Payment, amount_minor: int) -> Payment:
    """So much of what is owed is the merchant's."""
    return less(payment, first_of(_standing(payment), amount_minor))


def less(payment: Payment, parts: Iterable[_Part]) -> Payment:
    """Of what came back, these parts are settled; there may be less of them by now."""
    taken = _sums(parts)
    left = ((seq, max(0, minor - taken.get(seq, 0))) for seq, minor in payment.bounced)
    return payment._replace(bounced=tuple(part for part in left if part[1]))


def disputable_debt_minor(payment: Payment, amount_minor: int) -> int:
    """What is owed and no refund is on its way for, as far as a new dispute's amount goes."""
    return sum(minor for _, minor in _unclaimed(payment, amount_minor)) if payment.bounced else 0


def _standing(payment: Payment) -> Iterator[_Part]:
    """What came back of captures that stand."""
    for seq, minor in payment.bounced:
        place = place_of(payment.captures, seq)
        if place is not None and payment.captures[place].amount_minor:
            yield seq, minor


def _again(payment: Payment) -> Iterator[_Part]:
    """What refunds on their way will pay."""
    return ((seq, minor) for _, seq, minor in payment.repaying)


def _unclaimed(payment: Payment, amount_minor: int) -> tuple[_Part, ...]:
    """What is owed and no refund is on its way for, up to an amount."""
    again = _sums(_again(payment))
    open_parts = [(seq, max(0, minor - again.get(seq, 0))) for seq, minor in _standing(payment)]
    by_disputes_left_minor = sum(minor for _, minor in open_parts) - by_disputes_minor(payment)
    return first_of(open_parts, min(amount_minor, max(0, by_disputes_left_minor)))


def _sums(parts: Iterable[_Part]) -> Mapping[int, int]:
    sums: dict[int, int] = {}
    for seq, minor in parts:
        sums[seq] = sums.get(seq, 0) + minor
    return sums
