"""Spans of time in a profile file, each kind read by its own function: which units it may be counted in."""

from typing import Any

from mockpsp.domain.time.months import parse_months
from mockpsp.domain.time.spans import BusinessDays, parse_lapse, parse_span
from mockpsp.domain.time.zones import zone


def span(value: Any) -> int:
    """A span of time, or of business days."""
    if not isinstance(value, str):
        raise ValueError(f'is {value!r}; it must be a span of time as text, such as "7d" or "2bd"')
    return parse_span(value)


def period(value: Any) -> int:
    """A span after which something ends, also in calendar months or years."""
    return parse_lapse(value) if isinstance(value, str) else span(value)


def calendar_span(value: Any) -> int:
    """A span that is taken off a moment, or held against an age; neither knows business days."""
    span_ms = span(value)
    if isinstance(span_ms, BusinessDays):
        raise ValueError(f'is {value!r}; it is counted in calendar days, such as "7d"')
    return span_ms


def lapse(value: Any) -> int | None:
    """A period, or no limit."""
    return None if value == "unlimited" else period(value)


def calendar_lapse(value: Any) -> int | None:
    """A lapse that is held against an age: in calendar days, months or years."""
    found = parse_months(value) if isinstance(value, str) else None
    if found is not None:
        return found
    return None if value == "unlimited" else calendar_span(value)


def time_zone(value: Any) -> str:
    """The name of a time zone."""
    if not isinstance(value, str):
        raise ValueError(f'is {value!r}; it must be the name of a time zone, such as "Europe/Berlin"')
    zone(value)
    return value
