"""When money can be refunded: each capture has a window of its own, which opens and closes so long after it.

A refund draws on the captures whose window is open, oldest first. Where a PSP makes instant refunds later still, such
a one draws on those that closed next.
"""

from bisect import bisect_left, bisect_right
from dataclasses import replace
from itertools import compress
from operator import attrgetter, not_

from mockpsp.domain.decision import Context, format_amount
from mockpsp.domain.payments.folds import move_captures
from mockpsp.domain.payments.payment import CapturePart, Payment
from mockpsp.domain.payments.shares import allocate_to_captures
from mockpsp.domain.psps.profiles import CapturedVoid, PspProfile, RefundAfterWindow, RefundRequires
from mockpsp.domain.psps.tolerance import tolerated
from mockpsp.domain.text import codes
from mockpsp.domain.text.codes import Refused
from mockpsp.domain.time.months import moment_later
from mockpsp.domain.time.spans import format_span

_AMOUNT, _REFUNDED = attrgetter("amount_minor"), attrgetter("refunded_minor")
_CAPTURED_AT = attrgetter("captured_at_ms")
_IS_SETTLED = attrgetter("is_settled")


def refundable_captures(payment: Payment, profile: PspProfile, at_ms: int) -> tuple[CapturePart, ...]:
    """The captures that can be refunded at a moment, oldest first; where none can, all of them."""
    are_open = _are_open(payment, profile, at_ms)
    found = tuple(compress(payment.captures, are_open))
    if profile.refund_after_window is RefundAfterWindow.INSTANT and not all(are_open):
        ever = _are_open(payment, _never_closed(profile), at_ms)
        late = (is_ever and not is_open for is_ever, is_open in zip(ever, are_open, strict=True))
        found += tuple(compress(payment.captures, late))
    return found or payment.captures


def drawn_on(payment: Payment, profile: PspProfile, amount_minor: int, at_ms: int) -> tuple[CapturePart, ...]:
    """The captures that a refund draws on; where it is made of one, the oldest that has enough."""
    captures = refundable_captures(payment, profile, at_ms)
    if not profile.refund_per_capture:
        return captures
    beyond_minor = tolerated(profile.over_refund, payment.captured_minor, payment.currency)
    one = next((part for part in captures if _left_minor(part) + beyond_minor >= amount_minor), None)
    return captures if one is None else (one,)


def unclaimed(payment: Payment, context: Context) -> Payment:
    """The payment as it is once the refunds that wait have drawn on what was open when they were asked for.

    What waits belongs to no capture yet, but what it will draw on is not there for another refund.
    """
    for refund in context.waiting:
        captures = drawn_on(payment, context.profile, refund.amount_minor, refund.created_at_ms)
        parts = allocate_to_captures(payment, refund.amount_minor, captures)
        payment = move_captures(payment, parts, given_back=True, sign=1)
    return payment


def guard_windows(payment: Payment, amount_minor: int, context: Context, *, is_instant: bool) -> None:
    """Refuse a refund of more than the captures hold that can still, or already, be refunded."""
    profile, payment = context.profile, unclaimed(payment, context)
    if is_instant and profile.refund_after_window is RefundAfterWindow.INSTANT:
        profile = _never_closed(profile)
    are_open = _are_open(payment, profile, context.now_ms)
    _guard_one_capture(payment, amount_minor, context, are_open)
    if all(are_open):
        return
    within = list(compress(payment.captures, are_open))
    within_minor = sum(map(_AMOUNT, within)) - sum(map(_REFUNDED, within))
    if amount_minor <= within_minor:
        return
    _guard_settled(payment, amount_minor, context)
    closed = [_age_ms(payment, capture, context.now_ms) for capture in compress(payment.captures, map(not_, are_open))]
    limit = ""
    if within_minor > 0:
        limit = f"; of the other captures {format_amount(payment, within_minor)} can be refunded"
    raise Refused(codes.OPERATION_NOT_SUPPORTED, f"{context.gateway} {_why(profile, closed)}{limit}", field="amount")


def _guard_one_capture(payment: Payment, amount_minor: int, context: Context, are_open: list[bool]) -> None:
    """Refuse a refund that no single capture has enough for, where it is made of one."""
    profile = context.profile
    if not profile.refund_per_capture or len(payment.captures) < 2:
        return
    beyond_minor = tolerated(profile.over_refund, payment.captured_minor, payment.currency)
    most_minor = max(map(_left_minor, compress(payment.captures, are_open)), default=0) + beyond_minor
    if 0 < most_minor < amount_minor:
        raise Refused(
            codes.OPERATION_NOT_SUPPORTED,
            f"{context.gateway} makes a refund of one capture (refund_per_capture: yes), and none of this payment's "
            f"{len(payment.captures)} has more than {format_amount(payment, most_minor)} left; refund them one by one",
            field="amount",
        )


def _guard_settled(payment: Payment, amount_minor: int, context: Context) -> None:
    """Refuse a refund of more than has settled, where that is what it needs."""
    settled_minor = sum(map(_left_minor, filter(_IS_SETTLED, payment.captures)))
    is_needed = context.profile.refund_requires is RefundRequires.SETTLED
    if not is_needed or amount_minor <= settled_minor or all(map(_IS_SETTLED, payment.captures)):
        return
    settled = f", which of this payment is {format_amount(payment, settled_minor)}" if settled_minor else ""
    void = ""
    if context.profile.captured_void_until is not CapturedVoid.NONE and not settled_minor:
        void = ", or void the payment as a whole while that goes (captured_void_until)"
    raise Refused(
        codes.OPERATION_NOT_SUPPORTED,
        f"{context.gateway} refunds what has settled (refund_requires: settled){settled}; wait until the rest settles"
        f"{void}",
        field="amount",
    )


def _never_closed(profile: PspProfile) -> PspProfile:
    """The profile as it is for refunds that are made whenever they are asked for."""
    return replace(profile, refund_window_ms=None)


def _left_minor(capture: CapturePart) -> int:
    return capture.amount_minor - capture.refunded_minor


def _are_open(payment: Payment, profile: PspProfile, at_ms: int) -> list[bool]:
    """For each capture, whether it can be refunded: its window is open and, where it has to be, it is settled."""
    are_open = _windows(payment, profile, at_ms)
    if profile.refund_requires is RefundRequires.SETTLED:
        return [is_open and capture.is_settled for is_open, capture in zip(are_open, payment.captures, strict=True)]
    return are_open


def _windows(payment: Payment, profile: PspProfile, at_ms: int) -> list[bool]:
    """For each capture, whether its window is open. They are in order of their moments, so nobody asks them one by one.

    Files of versions that did not note those have the last one for all: they are asked.
    """
    captures = payment.captures
    from_ms, until_ms = profile.refund_not_before_ms, profile.refund_window_ms
    if captures and captures[0].captured_at_ms is None:
        begun = [at_ms - _age_ms(payment, capture, at_ms) for capture in captures]
        return [
            at_ms - from_ms >= since_ms and (until_ms is None or at_ms <= moment_later(since_ms, until_ms))
            for since_ms in begun
        ]
    first = 0
    if until_ms is not None:
        first = bisect_left(captures, at_ms, key=lambda part: moment_later(_CAPTURED_AT(part), until_ms))
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
    way_out = "pay the customer back by other means"
    if profile.refund_after_window is RefundAfterWindow.INSTANT and profile.instant_refund:
        way_out = "ask for an instant one, which goes later too (refund_after_window: instant)"
    return (
        f"refunds up to {format_span(until_ms)} after the capture (refund_window: {format_span(until_ms)}), and "
        f"that was {format_span(min(closed))} ago; {way_out}"
    )
