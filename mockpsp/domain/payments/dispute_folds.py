"""How disputes change a payment: one function a kind of fact, for the table in apply.py.

A fact names its dispute where a payment has several. One that names none is about the only one there is, also in files
of versions that knew of one alone.
"""

from mockpsp.domain.payments import debts
from mockpsp.domain.payments.facts import Fact
from mockpsp.domain.payments.folds import move_captures
from mockpsp.domain.payments.payment import Payment
from mockpsp.domain.payments.shares import without
from mockpsp.domain.payments.states import Dispute, DisputeCase, place_of


def opened(payment: Payment, fact: Fact) -> Payment:
    """The issuer took the money: a new dispute, or one that was won and is presented again."""
    payment = payment._replace(chargedback_at_ms=fact.at_ms)
    place = None if fact.dispute_seq == fact.seq else _place(payment, fact)
    before = None if place is None else payment.disputes[place]
    case = DisputeCase(
        fact.seq if before is None else before.seq,
        fact.seq,
        Dispute.OPEN,
        fact.amount_minor,
        fact.parts,
        fact.is_withheld,
        fact.fee_minor,
        presentments=1 if before is None else before.presentments + 1,
        debt_minor=debts.disputable_debt_minor(payment, fact.amount_minor),
    )
    if place is None:
        payment = payment._replace(disputes=(*payment.disputes, case))
    else:
        payment = _with(payment, place, case)
    return move_captures(payment, fact.parts, given_back=False, sign=1)


def contested(payment: Payment, fact: Fact) -> Payment:
    """The merchant answered."""
    place = _place(payment, fact)
    if place is None:
        return payment
    case = payment.disputes[place]._replace(is_contested=True, countered_fee_minor=fact.fee_minor)
    return _with(payment, place, case)


def won(payment: Payment, fact: Fact) -> Payment:
    """The money is back, or a part of it: what is left of the dispute is as it was."""
    place = _place(payment, fact)
    if place is not None:
        case = payment.disputes[place]
        left_minor = case.amount_minor - fact.amount_minor
        if left_minor > 0:
            case = case._replace(
                amount_minor=left_minor,
                parts=without(case.parts, fact.parts),
                countered_fee_minor=max(0, case.countered_fee_minor + fact.fee_minor),
            )
        else:
            case = case._replace(state=Dispute.WON, lost_fee_minor=0)
        payment = _with(payment, place, case)
    return move_captures(payment, fact.parts, given_back=False, sign=-1)


def lost(payment: Payment, fact: Fact) -> Payment:
    """The money is gone."""
    payment = payment._replace(chargedback_at_ms=fact.at_ms)
    place = _place(payment, fact)
    if place is None:
        return payment
    case = payment.disputes[place]._replace(
        state=Dispute.LOST,
        lost_fee_minor=payment.disputes[place].lost_fee_minor + fact.fee_minor,
    )
    return _with(payment, place, case)


def pre_arbitration_opened(payment: Payment, fact: Fact) -> Payment:
    """The issuer does not let it stand that the dispute was won."""
    place = _place(payment, fact)
    if place is None:
        return payment
    case = payment.disputes[place]._replace(
        opened_seq=fact.seq, state=Dispute.PRE_ARBITRATION, is_contested=False, countered_fee_minor=0
    )
    return _with(payment, place, case)


def pre_arbitration_won(payment: Payment, fact: Fact) -> Payment:
    """The dispute is won for good."""
    place = _place(payment, fact)
    if place is None:
        return payment
    return _with(payment, place, payment.disputes[place]._replace(state=Dispute.WON, is_final=True))


def _place(payment: Payment, fact: Fact) -> int | None:
    """The place of the dispute that a fact is about; None where it is about none, or one that is not known."""
    if fact.dispute_seq is None:
        return 0 if payment.disputes else None
    return place_of(payment.disputes, fact.dispute_seq)


def _with(payment: Payment, place: int, case: DisputeCase) -> Payment:
    disputes = payment.disputes
    return payment._replace(disputes=(*disputes[:place], case, *disputes[place + 1 :]))
