"""Spans of calendar months and years as text: `6mo`, `1y`. How long they take is up to the day they begin on.

Half a year from 31 August ends on the last day of February, at the same time of day; a year has 366 days or 365.
"""

import re
from calendar import monthrange
from datetime import UTC, datetime, timedelta

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MONTHS = re.compile(r"([0-9]{1,3})(mo|y)", re.ASCII)
_LIMIT = 120
_SHORTEST_MONTH_MS = 28 * 86_400_000
_MS = timedelta(milliseconds=1)


class Months(int):
    """A span of calendar months. As a number it is the milliseconds that it takes at least."""

    __slots__ = ()

    @classmethod
    def of(cls, count: int) -> "Months":
        """So many months."""
        return cls(count * _SHORTEST_MONTH_MS)

    @property
    def count(self) -> int:
        """How many months."""
        return int(self) // _SHORTEST_MONTH_MS


def parse_months(text: str) -> Months | None:
    """The months or years of a text; None where it says neither. ValueError: there are too many."""
    found = _MONTHS.fullmatch(text)
    if found is None:
        return None
    count = int(found[1]) * (12 if found[2] == "y" else 1)
    if count > _LIMIT:
        raise ValueError(f"{text!r} is more than ten years")
    return Months.of(count)


def format_months(span: Months) -> str:
    """The span as text: whole years as years."""
    years, months = divmod(span.count, 12)
    return f"{span.count}mo" if months or not years else f"{years}y"


def moment_later(at_ms: int, span_ms: int) -> int:
    """The moment so long after another one: by the calendar where the span is in months, in UTC."""
    if not isinstance(span_ms, Months):
        return at_ms + span_ms
    at = _EPOCH + timedelta(milliseconds=at_ms)
    year, month = divmod(at.year * 12 + at.month - 1 + span_ms.count, 12)
    day = min(at.day, monthrange(year, month + 1)[1])
    return (at.replace(year=year, month=month + 1, day=day) - _EPOCH) // _MS
