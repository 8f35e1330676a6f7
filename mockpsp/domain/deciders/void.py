"""Deciding voids and the end of a hold that nobody captured."""

from mockpsp.domain import codes
from mockpsp.domain.codes import Refused
from mockpsp.domain.commands import ExpireAuthorization, Void
from mockpsp.domain.deciders import acceptance
from mockpsp.domain.deciders.authorize import guard_hold
from mockpsp.domain.decision import Context, Decision
from mockpsp.domain.facts import Kind
from mockpsp.domain.payment import Payment


def decide_void(payment: Payment, command: Void, context: Context) -> Decision:
    """Release what is held, or part of it."""
    if not payment.is_held:
        raise Refused(codes.INVALID_STATE, "nothing is held on this payment, so nothing can be voided")
    amount_minor = payment.hold_minor if command.amount_minor is None else command.amount_minor
    guard_hold(payment, amount_minor)
    acceptance.guard_step(payment, amount_minor, context)
    if not context.profile.void:
        raise Refused(
            codes.OPERATION_NOT_SUPPORTED,
            f"{context.gateway} cannot void (void: no); wait until the hold runs out, or capture and refund",
        )
    if amount_minor < payment.hold_minor and not context.profile.partial_void:
        raise Refused(
            codes.OPERATION_NOT_SUPPORTED,
            f"{context.gateway} cannot void part of a hold (partial_void: no); "
            "capture what you need as the final capture, which releases the rest",
            field="amount",
        )
    tried = context.fact(Kind.VOID_ATTEMPTED, amount_minor)
    if error_code := context.error_for(None):
        failed = context.fact(Kind.VOID_DECLINED, amount_minor, error_code=error_code)
        return Decision((tried, failed), error_code=error_code)
    return Decision((tried, context.fact(Kind.VOIDED, amount_minor)))


def decide_expire(payment: Payment, command: ExpireAuthorization, context: Context) -> Decision:
    """The hold runs out: what is left of it is released, and nothing more can be captured.

    Captures under way go on; if one fails, what it had claimed is released then.
    """
    if not payment.is_held and not payment.capturing:
        raise Refused(codes.INVALID_STATE, "nothing is held on this payment, so nothing can expire")
    return Decision((context.fact(Kind.HOLD_EXPIRED, payment.hold_minor),))
