"""Facts of a profile that can't hold together, each with why. To add one: a row in `_ALWAYS` or `_SAID`."""

from collections.abc import Callable, Collection, Iterator
from typing import NamedTuple

from mockpsp.domain.fees import FEES, fee_of
from mockpsp.domain.profiles import (
    NO_TOLERANCE,
    CaptureOutcome,
    FeeIfWon,
    FeeWhen,
    PartialCapture,
    PspProfile,
    RefundKind,
)
from mockpsp.domain.spans import format_span


class _Said(NamedTuple):
    """A fact that means nothing beside another one; wrong where the same author states both."""

    key: str
    beside: str
    is_wrong: Callable[[PspProfile], bool]
    why: str


def contradiction(profile: PspProfile, said: Collection[str]) -> tuple[str, str] | None:
    """(key, reason) of the first contradiction; None: there is none. `said` are the keys that were stated.

    What a profile takes over from another one may lie idle: like one with fifty captures, but `partial_capture: none`.
    """
    for row in _SAID:
        if row.key in said and row.beside in said and row.is_wrong(profile):
            return row.key, row.why
    return next((found for check in _ALWAYS for found in check(profile)), None)


def _refundable_at_no_time(profile: PspProfile) -> Iterator[tuple[str, str]]:
    window_ms, sooner_ms = profile.refund_window_ms, profile.refund_not_before_ms
    if window_ms is not None and window_ms <= sooner_ms:
        yield (
            "refund_window",
            f"is {format_span(window_ms)}, and refund_not_before is {format_span(sooner_ms)}: no refund would ever go",
        )


def _none_at_all(profile: PspProfile) -> Iterator[tuple[str, str]]:
    for key, instead in (
        ("increments_max", "incremental_authorization = false"),
        ("captures_max", 'partial_capture = "none"'),
        ("refunds_max", 'refund = "none"'),
    ):
        if getattr(profile, key) == 0:
            yield key, f"is 0; it must be at least 1 (say {instead} where there are none)"


def _takes_nothing(profile: PspProfile) -> Iterator[tuple[str, str]]:
    if not profile.methods:
        yield "methods", "is empty; a PSP takes at least one method"
    if profile.currencies is not None and not profile.currencies:
        yield "currencies", "is empty; leave it out for all currencies"


def _without_a_price(profile: PspProfile) -> Iterator[tuple[str, str]]:
    """A fee that is given per currency names a price in every currency that is taken."""
    prices = [(kind.name, part) for kind in FEES for part in fee_of(kind, profile).parts if part]
    for currency in profile.currencies or ():
        for name, part in prices:
            if currency not in part:
                yield f"fees.{name}", f"names no amount in {currency}, which currencies says is taken"
    if prices and not set.intersection(*(set(part) for _, part in prices)):
        found = "; ".join(f"fees.{name}: {', '.join(part)}" for name, part in prices)
        yield "fees", f"have no currency in common, so no payment could be priced ({found})"


_ALWAYS = (_refundable_at_no_time, _none_at_all, _takes_nothing, _without_a_price)


#: A row: key, beside which one, when they contradict each other, and why.
_SAID = (
    _Said(
        "captures_max",
        "partial_capture",
        lambda p: p.partial_capture is not PartialCapture.MANY and p.captures_max != 1,
        "names more than one capture, and partial_capture allows no more; leave it out, or say 1",
    ),
    _Said(
        "increments_max",
        "incremental_authorization",
        lambda p: not p.incremental_authorization and p.increments_max is not None,
        "counts increments, and incremental_authorization is false",
    ),
    _Said("partial_void", "void", lambda p: p.partial_void and not p.void, "is true, and void is false"),
    _Said(
        "authorization_lifetime",
        "authorize",
        lambda p: not p.authorize and p.authorization_lifetime_ms is not None,
        "says how long a hold lasts, and authorize is false: nothing is held",
    ),
    _Said(
        "incremental_authorization",
        "authorize",
        lambda p: not p.authorize and p.incremental_authorization,
        "is true, and authorize is false: nothing is held",
    ),
    _Said(
        "void", "authorize", lambda p: not p.authorize and p.void, "is true, and authorize is false: nothing is held"
    ),
    _Said(
        "over_capture",
        "authorize",
        lambda p: not p.authorize and p.over_capture != NO_TOLERANCE,
        "goes beyond a hold, and authorize is false: nothing is held",
    ),
    _Said(
        "capture_delay",
        "capture_outcome",
        lambda p: p.capture_outcome is CaptureOutcome.SYNC and p.capture_delay_ms > 0,
        "is a time to wait, and capture_outcome is sync: nobody waits",
    ),
    _Said(
        "confirmation_delay",
        "methods",
        lambda p: p.methods == ("card",) and p.confirmation_delay_ms > 0,
        "is a time to wait for a confirmation, and methods names cards alone, which answer at once",
    ),
    _Said(
        "refunds_max",
        "refund",
        lambda p: p.refunds_max is not None and (p.refund is not RefundKind.PARTIAL and p.refunds_max > 1),
        "counts several refunds, and refund allows one at most",
    ),
    _Said(
        "refund_window",
        "refund",
        lambda p: p.refund is RefundKind.NONE and p.refund_window_ms is not None,
        "says how long refunds go, and refund is none",
    ),
    _Said(
        "over_refund",
        "refund",
        lambda p: p.refund is RefundKind.NONE and p.over_refund != NO_TOLERANCE,
        "goes beyond the capture, and refund is none",
    ),
    _Said(
        "chargeback_fee_if_won",
        "chargeback_fee_when",
        lambda p: p.chargeback_fee_when is FeeWhen.LOST and p.chargeback_fee_if_won is FeeIfWon.RETURN,
        "gives a fee back, and chargeback_fee_when is lost: whoever wins was charged none",
    ),
)
