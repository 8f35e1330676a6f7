"""Spans of time as profile files write them, each with the forms that its fact knows."""

from typing import Any

from mockpsp.domain.business_days import zone
from mockpsp.domain.months import parse_months
from mockpsp.domain.spans import BusinessDays, parse_span


def read_span(value: Any) -> int:
    """A span of time, or business days."""
    if not isinstance(value, str):
        raise ValueError(f'is {value!r}; it must be a span of time as text, such as "7d" or "2bd"')
    return parse_span(value)


def read_optional_span(value: Any) -> int | None:
    """A span, or that there is no end."""
    return None if value == "unlimited" else read_span(value)


def read_calendar_span(value: Any) -> int:
    """A span that is taken off a moment, or held against an age; neither knows business days."""
    span_ms = read_span(value)
    if isinstance(span_ms, BusinessDays):
        raise ValueError(f'is {value!r}; it is counted in calendar days, such as "7d"')
    return span_ms


def read_lapse(value: Any) -> int | None:
    """A span after which something ends, also in calendar months or years."""
    found = parse_months(value) if isinstance(value, str) else None
    return read_optional_span(value) if found is None else found


def read_calendar_lapse(value: Any) -> int | None:
    """A span in days, calendar months or years, or that there is no end."""
    found = parse_months(value) if isinstance(value, str) else None
    if found is not None:
        return found
    return None if value == "unlimited" else read_calendar_span(value)


def read_time_zone(value: Any) -> str:
    """The name of a time zone."""
    if not isinstance(value, str):
        raise ValueError(f'is {value!r}; it must be the name of a time zone, such as "Europe/Berlin"')
    zone(value)
    return value
