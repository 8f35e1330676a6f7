"""Spans of time as text: `3d`, `1d12h`, `0s`. Units w d h m s, largest first or not, each at most once."""

import re

from mockpsp.domain.months import Months, format_months

_UNITS_MS = {"w": 604_800_000, "d": 86_400_000, "h": 3_600_000, "m": 60_000, "s": 1_000}
_SPAN = re.compile(r"(?:[0-9]{1,9}[wdhms])+", re.ASCII)
_PART = re.compile(r"([0-9]+)([wdhms])", re.ASCII)
_LIMIT_MS = 3_653 * 86_400_000


def parse_span(text: str) -> int:
    """Milliseconds of a span; ValueError says what is wrong."""
    if not _SPAN.fullmatch(text):
        raise ValueError(f"{text[:40]!r} is no span of time such as 3d, 2h, 1d12h or 0s (units w d h m s)")
    parts = _PART.findall(text)
    if len({unit for _, unit in parts}) < len(parts):
        raise ValueError(f"{text[:40]!r} names a unit twice")
    span_ms = sum(int(number) * _UNITS_MS[unit] for number, unit in parts)
    if span_ms > _LIMIT_MS:
        raise ValueError(f"{text[:40]!r} is more than ten years")
    return span_ms


def format_span(span_ms: int) -> str:
    """The span as text, from days down to whole seconds: `1d12h`; calendar months as `6mo` or `1y`."""
    if isinstance(span_ms, Months):
        return format_months(span_ms)
    parts = []
    left_ms = span_ms
    for unit in "dhms":
        number, left_ms = divmod(left_ms, _UNITS_MS[unit])
        if number:
            parts.append(f"{number}{unit}")
    return "".join(parts) or "0s"
