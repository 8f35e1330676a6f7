"""Moments: integer milliseconds UTC inside, RFC 3339 text outside. Reads no clock."""

import re
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from functools import lru_cache

_TEXT = re.compile(
    r"([0-9]{4}-[0-9]{2}-[0-9]{2})[Tt]([0-9]{2}:[0-9]{2}:[0-9]{2})(?:\.([0-9]{1,9}))?([Zz]|[+-][0-9]{2}:[0-9]{2})",
    re.ASCII,
)
_SECONDS = re.compile(r"[0-9]{1,12}", re.ASCII)
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", re.ASCII)
_OFFSET = re.compile(r"[+-][0-9]{2}:[0-9]{2}\Z", re.ASCII)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
#: Where a universe on a manual clock starts: 2026-01-01T00:00:00Z.
EPOCH_MS = 1_767_225_600_000
#: What RFC 3339 can write: the years 0001 to 9999 in UTC.
EARLIEST_MS = (datetime.min.replace(tzinfo=UTC) - _EPOCH) // timedelta(milliseconds=1)
LATEST_MS = (datetime.max.replace(tzinfo=UTC) - _EPOCH) // timedelta(milliseconds=1)


@lru_cache(maxsize=1024)  # one request shows the same few moments many times
def rfc3339(at_ms: int) -> str:
    """`2026-01-05T09:00:00Z`, with milliseconds only when there are some."""
    seconds, milliseconds = divmod(at_ms, 1000)
    text = (_EPOCH + timedelta(seconds=seconds)).strftime("%Y-%m-%dT%H:%M:%S").rjust(19, "0")
    return f"{text}.{milliseconds:03d}Z" if milliseconds else f"{text}Z"


@lru_cache(maxsize=1024)
def rfc3339_fraction(at_ms: int) -> str:
    """`2026-01-05T09:00:00.000Z`, as objects of the API show it: there are clients that read no whole seconds."""
    text = rfc3339(at_ms)
    return text if "." in text else f"{text[:-1]}.000Z"


def parse_rfc3339(text: str) -> int:
    """Milliseconds of an RFC 3339 moment with its offset; ValueError says what is wrong."""
    match = _TEXT.fullmatch(text)
    if match is None:
        raise ValueError(f"{text[:40]!r} is no moment such as 2026-01-05T09:00:00Z")
    zone = "+00:00" if match[4] in "Zz" else match[4]
    try:
        moment = datetime.fromisoformat(f"{match[1]}T{match[2]}{zone}")
    except ValueError as error:
        raise ValueError(f"{text[:40]!r} is no moment: {error}") from None
    at_ms = (moment - _EPOCH) // timedelta(milliseconds=1) + int((match[3] or "0").ljust(3, "0")[:3])
    if not EARLIEST_MS <= at_ms <= LATEST_MS:
        # Its offset takes it out of the years it is written in: it could be stored, but never shown again.
        raise ValueError(f"{text[:40]!r} is no moment: in UTC it is outside the years 0001 to 9999")
    return at_ms


def parse_moment(text: str, *, drops_offset: bool = False) -> int:
    """Milliseconds of a moment in any form the API takes: RFC 3339, RFC 1123, a day, seconds since 1970.

    `drops_offset` takes an RFC 3339 offset off instead of converting by it. ValueError says what is wrong.
    """
    if _SECONDS.fullmatch(text):
        at_ms = int(text) * 1000
        if at_ms > LATEST_MS:
            raise ValueError(f"{text} seconds since 1970 is beyond the year 9999")
        return at_ms
    if _DAY.fullmatch(text):
        return parse_rfc3339(f"{text}T00:00:00Z")
    if text[:3].isalpha():
        return _rfc1123(text)
    return parse_rfc3339(_OFFSET.sub("Z", text) if drops_offset else text)


def _rfc1123(text: str) -> int:
    try:
        moment = parsedate_to_datetime(text)
    except (ValueError, OverflowError):
        raise ValueError(f"{text[:40]!r} is no moment such as Mon, 05 Jan 2026 09:00:00 GMT") from None
    at_ms = (moment.replace(tzinfo=moment.tzinfo or UTC) - _EPOCH) // timedelta(milliseconds=1)
    if not EARLIEST_MS <= at_ms <= LATEST_MS:
        raise ValueError(f"{text[:40]!r} is no moment: in UTC it is outside the years 0001 to 9999")
    return at_ms
