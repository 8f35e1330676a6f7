"""Deciding what a hold that ran out turns into at a PSP that gives it back as a refund, with its object and events.

Nothing of it was ever the merchant's: no account moves but that of the hold, and nothing is charged.
"""

from mockpsp.domain.deciders.refund import later
from mockpsp.domain.decision import Context, Decision, NewRefund
from mockpsp.domain.payments.facts import Fact, Kind
from mockpsp.domain.payments.payment import Payment
from mockpsp.domain.payments.states import OF_HOLD
from mockpsp.domain.psps.profiles import ExpiredHold, RefundOutcome


def with_refund(payment: Payment, expired: Decision, amount_minor: int, context: Context) -> Decision:
    """The end of a hold and, where the PSP makes one and nothing was captured, the refund of it."""
    profile = context.profile
    if profile.expired_hold is ExpiredHold.VOID or not amount_minor or payment.captured_minor or payment.returned:
        return expired
    refund_seq = context.mint.next()
    parts = ((OF_HOLD, amount_minor),)
    if profile.refund_outcome is RefundOutcome.ASYNC:
        accepted = context.fact(Kind.REFUND_ACCEPTED, amount_minor, refund_seq=refund_seq, parts=parts)
        facts: tuple[Fact, ...] = (accepted,)
    else:
        tried = context.fact(Kind.REFUND_ATTEMPTED, amount_minor, refund_seq=refund_seq)
        facts = (tried, context.fact(Kind.REFUND_MADE, amount_minor, refund_seq=refund_seq, parts=parts))
    state = "pending" if profile.refund_outcome is RefundOutcome.ASYNC else "final"
    return expired._replace(
        facts=(*expired.facts, *facts),
        changes=(NewRefund(refund_seq, amount_minor, state, parts),),
        effects=(*expired.effects, *later(refund_seq, context, is_instant=False)),
    )
