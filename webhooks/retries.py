"""What follows an attempt: done, another one after a wait, or a dead letter. Pure; the caller brings the jitter.

An answer of 2xx is a delivery. All else, redirects included, is tried again until the schedule is spent. Where the
schedule says so, 410 means that the receiver wants nothing more and its endpoint is switched off. When to try again is
a table's: schedules.py.
"""

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import NamedTuple

from mockpsp.webhooks.schedules import Schedule

HOST_NOT_ALLOWED = "host not allowed"
MALFORMED_URL = "malformed url"
UNSIGNABLE = "malformed secret or id"

#: Errors that no later attempt can mend. To add one: the text `delivery.post` reports.
_HOPELESS = frozenset({HOST_NOT_ALLOWED, MALFORMED_URL, UNSIGNABLE})
#: The longest that a receiver may ask to be left alone for.
RETRY_AFTER_MAX_MS = 7 * 86_400_000
_HEADER = re.compile(r"^(retry-after|date):[ \t]*(.*?)[ \t]*$", re.IGNORECASE | re.MULTILINE)
#: The three forms of a date in HTTP (RFC 9110, 5.6.7), the two obsolete ones included. Each is GMT, also the last,
#: which names no zone: what names another one is no such date.
_HTTP_DATES = re.compile(
    r"[A-Z][a-z]{2}, \d{2} [A-Z][a-z]{2} \d{4} \d{2}:\d{2}:\d{2} GMT"
    r"|[A-Z][a-z]{5,8}, \d{2}-[A-Z][a-z]{2}-\d{2} \d{2}:\d{2}:\d{2} GMT"
    r"|[A-Z][a-z]{2} [A-Z][a-z]{2} [ \d]\d \d{2}:\d{2}:\d{2} \d{4}",
    re.ASCII,
)


@dataclass(frozen=True, slots=True)
class Delivered:
    """The receiver has it."""


class RetryAfter(NamedTuple):
    """Try again after this wait."""

    wait_ms: int


class Dead(NamedTuple):
    """No further attempt, and whether the endpoint gets nothing more at all."""

    reason: str
    disable_endpoint: bool


Step = Delivered | RetryAfter | Dead


def next_step(
    attempt: int,
    status_code: int | None,
    error: str | None,
    *,
    jitter: float,
    schedule: Schedule,
    response_headers: str = "",
) -> Step:
    """What follows attempt number `attempt` (from 1). `jitter` is in [-1, 1].

    An error outweighs a 2xx: an answer that broke off is not an answer. It does not outweigh 410.
    """
    assert attempt >= 1 and -1.0 <= jitter <= 1.0
    if status_code == 410 and schedule.gone_disables:
        return Dead("gone", disable_endpoint=True)
    if error is not None and error in _HOPELESS:
        return Dead(error, disable_endpoint=False)
    if error is None and status_code is not None and 200 <= status_code <= 299:
        return Delivered()
    retries = len(schedule.waits_ms)
    if attempt > retries:
        # What was sent again by hand is beyond the schedule, whose end has had its consequence.
        return Dead("retries exhausted", disable_endpoint=schedule.spent_disables and attempt == retries + 1)
    wait_ms = schedule.waits_ms[attempt - 1]
    wait_ms += round(wait_ms * schedule.jitter_share * jitter)
    if schedule.honours_retry_after and response_headers:
        wait_ms = max(wait_ms, retry_after_ms(response_headers))
    return RetryAfter(wait_ms)


def retry_after_ms(headers: str) -> int:
    """How long the answer with these headers (a line each) asks to be left alone: a week at most, 0 if it doesn't.

    A date counts from the answer's own `Date`, whatever the clock here says. What is neither seconds nor a date of HTTP
    asks for nothing.
    """
    value_by_name = {name.lower(): value for name, value in _HEADER.findall(headers)}
    wanted = value_by_name.get("retry-after", "")
    if wanted.isascii() and wanted.isdigit():
        return min(int(wanted[:12]) * 1_000, RETRY_AFTER_MAX_MS)
    try:
        until, now = (_moment(value_by_name.get(name, "")) for name in ("retry-after", "date"))
        span_ms = round((until - now).total_seconds() * 1_000)
    except (ValueError, TypeError, OverflowError):
        return 0
    return min(max(span_ms, 0), RETRY_AFTER_MAX_MS)


def _moment(text: str) -> datetime:
    """A date of HTTP; ValueError for any other text."""
    if not _HTTP_DATES.fullmatch(text):
        raise ValueError
    return parsedate_to_datetime(text).replace(tzinfo=UTC)
