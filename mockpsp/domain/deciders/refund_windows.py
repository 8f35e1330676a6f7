"""When money can be refunded: each capture has a window of its own, which opens and closes so long after it.

A refund draws on the captures whose window is open, oldest first.
"""

from bisect import bisect_left, bisect_right
from itertools import compress
from operator import attrgetter, not_

from mockpsp.domain import codes
from mockpsp.domain.codes import Refused
from mockpsp.domain.decision import Context, format_amount
from mockpsp.domain.folds import move_captures
from mockpsp.domain.payment import CapturePart, Payment
from mockpsp.domain.profiles import PspProfile
from mockpsp.domain.shares import allocate_to_captures
from mockpsp.domain.spans import format_span

_AMOUNT, _REFUNDED = attrgetter("amount_minor"), attrgetter("refunded_minor")
_CAPTURED_AT = attrgetter("captured_at_ms")


def refundable_captures(payment: Payment, profile: PspProfile, at_ms: int) -> tuple[CapturePart, ...]:
    """The captures whose window is open at a moment, oldest first; where none is, all of them."""
    return tuple(compress(payment.captures, _are_open(payment, profile, at_ms))) or payment.captures


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
    are_open = _are_open(payment, profile, context.now_ms)
    if all(are_open):
        return
    within = list(compress(payment.captures, are_open))
    within_minor = sum(map(_AMOUNT, within)) - sum(map(_REFUNDED, within))
    if amount_minor <= within_minor:
        return
    closed = [_age_ms(payment, capture, context.now_ms) for capture in compress(payment.captures, map(not_, are_open))]
    limit = ""
    if within_minor > 0:
        limit = f"; of the other captures {format_amount(payment, within_minor)} can be refunded"
    raise Refused(codes.OPERATION_NOT_SUPPORTED, f"{context.gateway} {_why(profile, closed)}{limit}", field="amount")


def _are_open(payment: Payment, profile: PspProfile, at_ms: int) -> list[bool]:
    """For each capture, whether its window is open. They are in order of their moments, so nobody asks them one by one.

    Files of versions that did not note those have the last one for all: they are asked.
    """
    captures = payment.captures
    from_ms, until_ms = profile.refund_not_before_ms, profile.refund_window_ms
    if captures and captures[0].captured_at_ms is None:
        ages = (_age_ms(payment, capture, at_ms) for capture in captures)
        return [age_ms >= from_ms and (until_ms is None or age_ms <= until_ms) for age_ms in ages]
    first = 0 if until_ms is None else bisect_left(captures, at_ms - until_ms, key=_CAPTURED_AT)
    last = max(first, bisect_right(captures, at_ms - from_ms, key=_CAPTURED_AT))
    return [False] * first + [True] * (last - first) + [False] * (len(captures) - last)


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
