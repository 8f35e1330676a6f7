"""All profiles in a table that fits a terminal, a line each."""

from collections.abc import Callable, Iterable
from dataclasses import replace

from mockpsp.catalog.profile_sheet import fee_in_words
from mockpsp.domain.profiles import Disputes, Fee, FeeWhen, PartialCapture, PspProfile, RefundKind, RefundOutcome
from mockpsp.domain.spans import format_span

#: Amounts in it go without its name.
CURRENCY = "USD"


def profiles_table(profiles: Iterable[PspProfile]) -> str:
    """All profiles, a line each."""
    rows = [list(_OVERVIEW), *([show(profile) for show in _OVERVIEW.values()] for profile in profiles)]
    widths = [max(len(row[column]) for row in rows) for column in range(len(_OVERVIEW))]
    lines = ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows]
    return "\n".join(lines)


def _models(profile: PspProfile) -> str:
    """The first of the models, without what is said in brackets."""
    return profile.models[0].partition(",")[0].partition(" (")[0] if profile.models else "-"


def _hold(profile: PspProfile) -> str:
    return _limit(profile.authorization_lifetime_ms) if profile.authorize else "none"


def _captures(profile: PspProfile) -> str:
    if profile.partial_capture is PartialCapture.MANY and profile.captures_max is not None:
        return f"up to {profile.captures_max}"
    return {"none": "whole", "once": "one", "many": "many"}[profile.partial_capture]


def _voids(profile: PspProfile) -> str:
    return "parts" if profile.void and profile.partial_void else "yes" if profile.void else "no"


def _refunds(profile: PspProfile) -> str:
    """Which refunds go, and from or until when."""
    if profile.refund is RefundKind.NONE:
        return "none"
    since_ms, until_ms = profile.refund_not_before_ms, profile.refund_window_ms
    days = [f"from {format_span(since_ms)}"] if since_ms else []
    days += [f"to {format_span(until_ms)}"] if until_ms is not None else []
    return " ".join(["parts" if profile.refund is RefundKind.PARTIAL else "whole", *days])


def _final(profile: PspProfile) -> str:
    """How long until a refund looks final."""
    return format_span(profile.refund_delay_ms) if profile.refund_outcome is RefundOutcome.ASYNC else "now"


def _fails_after(profile: PspProfile) -> str:
    """For how long a refund that looked final may still fail."""
    return "no" if profile.refund_fails_after_final_ms == 0 else _limit(profile.refund_fails_after_final_ms)


def _limit(span_ms: int | None) -> str:
    return "any" if span_ms is None else format_span(span_ms)


def _dispute_fee(profile: PspProfile) -> str:
    if profile.disputes is Disputes.NONE:
        return "no disputes"
    fee = _short(replace(profile.chargeback_fee, free_under_minor={}))
    return f"{fee} if lost" if fee != "none" and profile.chargeback_fee_when is FeeWhen.LOST else fee


def _short(fee: Fee) -> str:
    """The fee in one currency, which is not named where it is the overview's own."""
    return fee_in_words(fee, most=1, first=CURRENCY).replace(" %", "%").replace(f" {CURRENCY}", "")


#: Heading of the overview -> what it shows of a profile.
_OVERVIEW: dict[str, Callable[[PspProfile], str]] = {
    "PSP": lambda profile: profile.name,
    "modelled on": _models,
    "hold": _hold,
    "captures": _captures,
    "voids": _voids,
    "refunds": _refunds,
    "final": _final,
    "may fail": _fails_after,
    "fee": lambda profile: _short(profile.capture_fee),
    "dispute fee": _dispute_fee,
    "settles": lambda profile: format_span(profile.settlement_delay_ms),
}
