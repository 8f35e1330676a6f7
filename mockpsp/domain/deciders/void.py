"""Deciding voids and the end of a hold that nobody captured."""

from dataclasses import replace

from mockpsp.domain.commands import ExpireAuthorization, Void
from mockpsp.domain.deciders import acceptance, hold_refund
from mockpsp.domain.deciders.authorize import guard_hold
from mockpsp.domain.deciders.expiry import guard_not_renewed
from mockpsp.domain.decision import Context, Decision, format_amount
from mockpsp.domain.payments.facts import Kind
from mockpsp.domain.payments.payment import CapturePart, Payment
from mockpsp.domain.psps.profiles import CapturedVoid
from mockpsp.domain.psps.schedules import settles_at_ms
from mockpsp.domain.text import codes
from mockpsp.domain.text.codes import Refused
from mockpsp.domain.time.moments import rfc3339


def decide_void(payment: Payment, command: Void, context: Context) -> Decision:
    """Release what is held, or part of it."""
    if payment.captures and not payment.is_held and context.profile.captured_void_until is not CapturedVoid.NONE:
        return _void_captured(payment, command, context)
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


def _void_captured(payment: Payment, command: Void, context: Context) -> Decision:
    """What was captured is voided as a whole, as long as it waits in the batch; its fee comes back."""
    captured_minor = payment.captured_minor
    _guard_captured_void(payment, command.amount_minor or captured_minor, context)
    tried = context.fact(Kind.VOID_ATTEMPTED, captured_minor)
    if error_code := context.error_for(None):
        failed = context.fact(Kind.VOID_DECLINED, captured_minor, error_code=error_code)
        return Decision((tried, failed), error_code=error_code)
    fee_minor = payment.processing_fee_minor - payment.processing_returned_minor
    taken = {"processing_minor": -fee_minor, "tax_minor": -payment.tax_minor}
    return Decision((tried, context.fact(Kind.CAPTURE_VOIDED, captured_minor, **taken)))


def _guard_captured_void(payment: Payment, amount_minor: int, context: Context) -> None:
    until = context.profile.captured_void_until
    whole, fact = format_amount(payment, payment.captured_minor), f"captured_void_until: {until}"
    if amount_minor != payment.captured_minor:
        raise Refused(
            codes.OPERATION_NOT_SUPPORTED,
            f"{context.gateway} voids what was captured as a whole ({fact}), which is {whole}; void all of it, or "
            "refund the part once it has settled",
            field="amount",
        )
    if payment.refunds_count or payment.disputes or payment.retrieval_requested or payment.capturing:
        raise Refused(
            codes.INVALID_STATE, "this payment was refunded or disputed, or is being captured, so it is voided no more"
        )
    ends_ms = min(_voidable_until_ms(payment, capture, context) for capture in payment.captures)
    is_closed = until is CapturedVoid.CUT_OFF and context.now_ms > ends_ms
    if is_closed or any(capture.is_settled for capture in payment.captures):
        when = f"the batch it was in closed at {rfc3339(ends_ms)}" if is_closed else "it has settled"
        raise Refused(
            codes.OPERATION_NOT_SUPPORTED,
            f"{context.gateway} voids this payment no more ({fact}), since {when}; refund it",
        )


def _voidable_until_ms(payment: Payment, capture: CapturePart, context: Context) -> int:
    """When the batch closes that the capture is in."""
    captured_at_ms = payment.captured_at_ms if capture.captured_at_ms is None else capture.captured_at_ms
    assert captured_at_ms is not None, "a capture has its moment"
    return settles_at_ms(replace(context.profile, settlement_delay_ms=0), captured_at_ms)


def decide_expire(payment: Payment, command: ExpireAuthorization, context: Context) -> Decision:
    """The hold runs out: what is left of it is released, and nothing more can be captured.

    Captures under way go on; if one fails, what it had claimed is released then. Where the PSP gives a hold back as a
    refund, it does so now.
    """
    if not payment.is_held and not payment.capturing:
        raise Refused(codes.INVALID_STATE, "nothing is held on this payment, so nothing can expire")
    guard_not_renewed(payment, command, context)
    expired = Decision((context.fact(Kind.HOLD_EXPIRED, payment.hold_minor),))
    return expired if payment.capturing else hold_refund.with_refund(payment, expired, payment.hold_minor, context)
