"""When money can be refunded: each capture has a window of its own, which opens and closes so long after it.

A refund draws on the captures whose window is open, oldest first.
"""

from mockpsp.domain import codes
from mockpsp.domain.codes import Refused
from mockpsp.domain.decision import Context, format_amount
from mockpsp.domain.folds import move_captures
from mockpsp.domain.payment import CapturePart, Payment
from mockpsp.domain.profiles import PspProfile
from mockpsp.domain.shares import allocate_to_captures
from mockpsp.domain.spans import format_span


def refundable_captures(payment: Payment, profile: PspProfile, at_ms: int) -> tuple[CapturePart, ...]:
    """The captures whose window is open at a moment, oldest first; where none is, all of them."""
    found = tuple(capture for capture in payment.captures if _is_open(profile, _age_ms(payment, capture, at_ms)))
    return found or payment.captures


def unclaimed(payment: Payment, context: Context) -> Payment:
    """The payment as it is once the refunds that wait have drawn on what was open when they were asked for.

    What waits belongs to no capture yet, but what it will draw on is not there for another refund.
    """
    for refund in context.waiting:
        captures = refundable_captures(payment, context.profile, refund.created_at_ms)
        parts = allocate_to_captures(payment, refund.amount_minor, captures)
        payment = move_captures(payment, parts, given_back=True, sign=1)
    return payment


def guard_windows(payment: Payment, amount_minor: int, context: Context) -> None:
    """Refuse a refund of more than the captures hold that can still, or already, be refunded."""
    profile, payment = context.profile, unclaimed(payment, context)
    ages = {capture: _age_ms(payment, capture, context.now_ms) for capture in payment.captures}
    closed = [age_ms for age_ms in ages.values() if not _is_open(profile, age_ms)]
    if not closed:
        return
    within_minor = sum(
        capture.amount_minor - capture.refunded_minor for capture, age in ages.items() if _is_open(profile, age)
    )
    if amount_minor <= within_minor:
        return
    limit = ""
    if within_minor > 0:
        limit = f"; of the other captures {format_amount(payment, within_minor)} can be refunded"
    raise Refused(codes.OPERATION_NOT_SUPPORTED, f"{context.gateway} {_why(profile, closed)}{limit}", field="amount")


def _is_open(profile: PspProfile, age_ms: int) -> bool:
    return age_ms >= profile.refund_not_before_ms and (
        profile.refund_window_ms is None or age_ms <= profile.refund_window_ms
    )


def _age_ms(payment: Payment, capture: CapturePart, at_ms: int) -> int:
    captured_at_ms = payment.captured_at_ms if capture.captured_at_ms is None else capture.captured_at_ms
    return 0 if captured_at_ms is None else at_ms - captured_at_ms


def _why(profile: PspProfile, closed: list[int]) -> str:
    """Why captures of these ages are not refunded: the first to open, or else the last that closed."""
    from_ms, until_ms = profile.refund_not_before_ms, profile.refund_window_ms
    early = [age_ms for age_ms in closed if age_ms < from_ms]
    if early:
        return (
            f"refunds not before {format_span(from_ms)} after the capture (refund_not_before: {format_span(from_ms)}); "
            f"wait {format_span(from_ms - max(early))} more"
        )
    assert until_ms is not None, "a window that closed has an end"
    return (
        f"refunds up to {format_span(until_ms)} after the capture (refund_window: {format_span(until_ms)}), and "
        f"that was {format_span(min(closed))} ago; pay the customer back by other means"
    )
