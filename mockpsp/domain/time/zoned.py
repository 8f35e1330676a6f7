"""Moments as people say them, with the zone they mean: `friday 17:00 Europe/Berlin`, `2026-03-02 09:00 Asia/Tokyo`.

A day of the week is the next one whose time is still to come, so today's if it is; with `next` it is never today. An
hour that a zone's clocks leave out is as much later as they are put forward; one that comes twice is the first.
"""

import re
from datetime import UTC, date, datetime, time, timedelta, tzinfo

from mockpsp.domain.text.nearest import meant
from mockpsp.domain.time.moments import EARLIEST_MS, LATEST_MS, parse_rfc3339
from mockpsp.domain.time.zones import local_time, zone

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_SAID = re.compile(
    r"(?:(?P<next>next )?(?P<weekday>[A-Za-z]{6,9}) |(?P<day>[0-9]{4}-[0-9]{2}-[0-9]{2}) )?"
    r"(?P<time>[0-9]{2}:[0-9]{2}(?::[0-9]{2})?) (?P<zone>[A-Za-z][A-Za-z0-9_+/-]{0,59})",
    re.ASCII,
)
_EXAMPLES = '"2026-01-05T09:00:00Z", "2026-01-05 09:00 Europe/Berlin" or "friday 17:00 Europe/Berlin"'


def parse_said(text: str, now_ms: int | None) -> int:
    """Milliseconds of a moment in RFC 3339 or as people say it; ValueError says what is wrong.

    Without a now, only what says its day is one: a day of the week or a time alone are told from now on.
    """
    found = _SAID.fullmatch(text)
    if found is None:
        try:
            return parse_rfc3339(text)
        except ValueError:
            raise ValueError(f"{text[:60]!r} is no moment such as {_EXAMPLES}") from None
    where = zone(found["zone"])
    if found["weekday"] and found["weekday"].lower() not in _DAYS:
        near = meant(found["weekday"].lower(), _DAYS)
        raise ValueError(f"{text[:60]!r}: there is no day {found['weekday']!r}; write monday to sunday in full{near}")
    try:
        at = time.fromisoformat(found["time"])
        day = date.fromisoformat(found["day"]) if found["day"] else None
    except ValueError as error:
        raise ValueError(f"{text[:60]!r} is no moment: {error}") from None
    if now_ms is None and day is None:
        raise ValueError(f"{text[:60]!r} says no day; a moment to begin at is one such as {_EXAMPLES.split(' or ')[0]}")
    try:
        return _ms(datetime.combine(day, at, where)) if day else _told_from(now_ms or 0, found, at, where)
    except OverflowError:
        raise ValueError(f"{text[:60]!r} is no moment in the years 0001 to 9999") from None


def _told_from(now_ms: int, found: re.Match[str], at: time, where: tzinfo) -> int:
    """The first such moment after now."""
    today, weekday = local_time(now_ms, where).date(), found["weekday"]
    ahead = (_DAYS.index(weekday.lower()) - today.weekday()) % 7 if weekday else 0
    step = 7 if weekday else 1
    if found["next"] and not ahead:
        ahead = step
    moment_ms = _ms(datetime.combine(today + timedelta(days=ahead), at, where))
    return moment_ms if moment_ms > now_ms else _ms(datetime.combine(today + timedelta(days=ahead + step), at, where))


def _ms(moment: datetime) -> int:
    """Its milliseconds; OverflowError beyond the years that can be written."""
    at_ms = (moment.astimezone(UTC) - _EPOCH) // timedelta(milliseconds=1)
    if not EARLIEST_MS <= at_ms <= LATEST_MS:
        raise OverflowError
    return at_ms
