"""Time zones by name, and moments told and found in them."""

import re
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from functools import lru_cache

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MS = timedelta(milliseconds=1)
_ZONE = re.compile(r"[A-Za-z][A-Za-z0-9_+-]*(?:/[A-Za-z0-9_+-]+)*", re.ASCII)


@lru_cache(maxsize=1024)
def zone(name: str) -> tzinfo:
    """A time zone by its name; ValueError where there is none."""
    if name == "UTC":
        return UTC
    # Imported late: it takes a start longer than all calendars, and most universes know UTC alone.
    from zoneinfo import ZoneInfo

    try:
        if _ZONE.fullmatch(name):
            return ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        pass
    raise ValueError(f"{name[:60]!r} is no time zone such as UTC, Europe/Berlin or America/New_York")


def local_time(at_ms: int, where: tzinfo) -> datetime:
    """A moment as a clock on the wall shows it there."""
    return (_EPOCH + timedelta(milliseconds=at_ms)).astimezone(where)


def local_day(at_ms: int, where: tzinfo) -> date:
    """The day that a moment is on there."""
    return local_time(at_ms, where).date()


@lru_cache(maxsize=4096)
def midnight_ms(day: date, where: tzinfo) -> int:
    """When a day begins there."""
    return moment_ms(day, time(), where)


def moment_ms(day: date, clock: time, where: tzinfo) -> int:
    """When a clock on the wall shows this there."""
    return (datetime.combine(day, clock, where).astimezone(UTC) - _EPOCH) // _MS
