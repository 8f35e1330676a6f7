"""Deciding how fast a refund goes: at once for a fee, where the PSP does that, or at its ordinary speed.

An instant refund that falls back to ordinary speed costs nothing but time: its fee is given back.
"""

from mockpsp.domain.commands import FallBackRefund, Refund, SettleRefund
from mockpsp.domain.decision import Context, Decision, Effect, OpenRefund, RefundFellBack
from mockpsp.domain.payments.facts import Kind
from mockpsp.domain.payments.payment import Payment
from mockpsp.domain.psps.business_days import arrival_after
from mockpsp.domain.psps.fees import INSTANT_REFUND, charge_for
from mockpsp.domain.text import codes
from mockpsp.domain.text.codes import Refused


def instant_fee(payment: Payment, command: Refund, amount_minor: int, context: Context) -> int | None:
    """What it costs, beside the refund's own fee, that this refund is instant; None: it is not."""
    if not command.is_instant:
        return None
    if not context.profile.instant_refund:
        raise Refused(
            codes.OPERATION_NOT_SUPPORTED,
            f"{context.gateway} makes no instant refunds (instant_refund: no); ask for one at normal speed",
            field="metadata.mockpsp_refund_speed",
        )
    return charge_for(INSTANT_REFUND, context.profile, amount_minor, payment.currency)


def settles(refund_seq: int, context: Context, *, is_instant: bool) -> Effect:
    """When a refund whose outcome is open reaches the customer, if nothing comes between."""
    profile = context.profile
    delay_ms = profile.instant_refund_delay_ms if is_instant else profile.refund_delay_ms
    return Effect(arrival_after(profile, context.now_ms, delay_ms), SettleRefund(refund_seq, is_instant))


def guard_speed(refund: OpenRefund, command: SettleRefund) -> None:
    """Refuse to settle at once what has fallen back to ordinary speed meanwhile."""
    if command.is_instant and refund.instant_fee_minor is None:
        raise Refused(codes.INVALID_STATE, "this refund fell back to normal speed, so it is not settled at once")


def decide_fall_back(payment: Payment, command: FallBackRefund, context: Context) -> Decision:
    """The refund goes on at ordinary speed, and what it cost to be instant is given back."""
    refund = context.refund
    assert refund is not None, "the engine loads the refund that a command names"
    if refund.state != "pending" or refund.instant_fee_minor is None:
        found = refund.state if refund.state != "pending" else "at normal speed already"
        raise Refused(codes.INVALID_STATE, f"refund.fall_back needs a pending instant refund; this one is {found}")
    fact = context.fact(
        Kind.REFUND_FELL_BACK,
        refund.amount_minor,
        refund_seq=refund.seq,
        parts=refund.parts,
        fee_minor=-refund.instant_fee_minor,
    )
    return Decision((fact,), (RefundFellBack(refund.seq),), (settles(refund.seq, context, is_instant=False),))
