"""Which of a payment's disputes a command is about, and whether the payment can have one at all."""

from mockpsp.domain.decision import Context
from mockpsp.domain.payments.payment import Payment
from mockpsp.domain.payments.states import Dispute, DisputeCase
from mockpsp.domain.psps.profiles import Disputes
from mockpsp.domain.text import codes
from mockpsp.domain.text.codes import Refused


def guard_disputable(move: str, context: Context) -> None:
    """Refuse what leads to a dispute where this PSP's payments are final."""
    if context.profile.disputes is Disputes.NONE:
        raise Refused(
            codes.OPERATION_NOT_SUPPORTED,
            f"{move}: a payment by {context.gateway} is final, nobody can dispute it (disputes: none)",
        )


def undecided(payment: Payment, move: str, opened_seq: int | None = None) -> DisputeCase:
    """The dispute whose present stage began with that fact, or the oldest one that is not decided; else Refused."""
    found = [case for case in payment.disputes if case.is_undecided and opened_seq in (None, case.opened_seq)]
    if not found:
        raise Refused(
            codes.INVALID_STATE, f"{move} needs an open chargeback; {how_far(payment, opened_seq=opened_seq)}"
        )
    return found[0]


def named(payment: Payment, seq: int) -> DisputeCase | None:
    """The dispute that was opened first by this fact."""
    return next((case for case in payment.disputes if case.seq == seq), None)


def about(payment: Payment, case: DisputeCase) -> int | None:
    """What a fact says of which dispute it is about: nothing where there is no other."""
    return case.seq if len(payment.disputes) > 1 else None


def how_far(payment: Payment, *, opened_seq: int | None = None) -> str:
    """How far the payment's disputes are, or the one that is meant, in words."""
    one = next((case for case in payment.disputes if opened_seq is not None and case.opened_seq == opened_seq), None)
    if one is not None and len(payment.disputes) > 1:
        return f"that dispute is {one.state}"
    return f"this payment's dispute is {payment.dispute or 'none'}"


def is_won_for_good(case: DisputeCase) -> bool:
    """Whether a won dispute is not presented again."""
    return case.state is Dispute.WON and (case.is_final or case.presentments > 1)
