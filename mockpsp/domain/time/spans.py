"""Spans of time as text: `3d`, `1d12h`, `0s`. Units w d h m s, largest first or not, each at most once.

Business days (`2bd`) are a span of their own, beside no other unit: how long they take is up to the days that banks
keep, so they are counted from a day on, never added to a moment (business_days.py).
"""

import re
from typing import NoReturn

from mockpsp.domain.time.months import Months, format_months, parse_months

_DAY_MS = 86_400_000
_UNITS_MS = {"w": 7 * _DAY_MS, "d": _DAY_MS, "h": 3_600_000, "m": 60_000, "s": 1_000}
_SPAN = re.compile(r"(?:[0-9]{1,9}[wdhms])+", re.ASCII)
_PART = re.compile(r"([0-9]+)([wdhms])", re.ASCII)
_BUSINESS_DAYS = re.compile(r"([0-9]{1,9})bd", re.ASCII)
_LIMIT_MS = 3_653 * _DAY_MS


class BusinessDays(int):
    """A span of business days. As a number it is the milliseconds that it takes at least, to be compared with others.

    It can't be added to a moment by mistake.
    """

    __slots__ = ()

    @classmethod
    def of(cls, count: int) -> "BusinessDays":
        """So many business days."""
        return cls(count * _DAY_MS)

    @property
    def count(self) -> int:
        """How many business days."""
        return int(self) // _DAY_MS

    def __add__(self, other: int) -> NoReturn:
        raise TypeError(f"{format_span(self)} is counted on a calendar (business_days.py), not added to {other}")

    __radd__ = __sub__ = __rsub__ = __add__


def parse_span(text: str) -> int:
    """Milliseconds of a span, or `BusinessDays`; ValueError says what is wrong."""
    if found := _BUSINESS_DAYS.fullmatch(text):
        span_ms: int = BusinessDays.of(int(found[1]))
    elif not _SPAN.fullmatch(text):
        mixed = "; business days stand alone" if "bd" in text else ""
        raise ValueError(
            f"{text[:40]!r} is no span of time such as 3d, 2h, 1d12h or 0s (units w d h m s), or 2bd for business "
            f"days{mixed}"
        )
    else:
        parts = _PART.findall(text)
        if len({unit for _, unit in parts}) < len(parts):
            raise ValueError(f"{text[:40]!r} names a unit twice")
        span_ms = sum(int(number) * _UNITS_MS[unit] for number, unit in parts)
    if span_ms > _LIMIT_MS:
        raise ValueError(f"{text[:40]!r} is more than ten years")
    return span_ms


def parse_lapse(text: str) -> int:
    """A span after which something ends, also `Months`; ValueError says what is wrong."""
    found = parse_months(text)
    return parse_span(text) if found is None else found


def format_span(span_ms: int) -> str:
    """The span as text, from days down to whole seconds: `1d12h`; business days as `2bd`, months as `6mo` or `1y`."""
    if isinstance(span_ms, BusinessDays):
        return f"{span_ms.count}bd"
    if isinstance(span_ms, Months):
        return format_months(span_ms)
    parts = []
    left_ms = span_ms
    for unit in "dhms":
        number, left_ms = divmod(left_ms, _UNITS_MS[unit])
        if number:
            parts.append(f"{number}{unit}")
    return "".join(parts) or "0s"
