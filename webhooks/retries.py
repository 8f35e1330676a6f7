"""What follows an attempt: done, another one after a wait, or a dead letter. Pure; the caller brings the jitter.

An answer of 2xx is a delivery. 410 means the receiver wants nothing more: its endpoint is switched off. All else,
redirects included, is tried again until the schedule is spent.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

HOST_NOT_ALLOWED = "host not allowed"
MALFORMED_URL = "malformed url"
UNSIGNABLE = "malformed secret or id"

#: Errors that no later attempt can mend. To add one: the text `delivery.post` reports.
_HOPELESS = frozenset({HOST_NOT_ALLOWED, MALFORMED_URL, UNSIGNABLE})

#: ProcessOut's promise of twelve retries in three days: retry n waits e**n seconds, here in milliseconds. Written
#: out, so that no machine's exponential function can shift a replay. To change the schedule, pass another tuple.
PROCESSOUT_SCHEDULE_MS = (
    2_718,
    7_389,
    20_086,
    54_598,
    148_413,
    403_429,
    1_096_633,
    2_980_958,
    8_103_084,
    22_026_466,
    59_874_142,
    162_754_791,
)
#: The largest part of a wait that jitter adds or takes away.
_JITTER_SHARE = 0.1


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
    attempt: int, status_code: int | None, error: str | None, *, jitter: float, schedule: Sequence[int]
) -> Step:
    """What follows attempt number `attempt` (from 1). `jitter` is in [-1, 1], `schedule` the waits in milliseconds.

    An error outweighs a 2xx: an answer that broke off is not an answer. It does not outweigh 410.
    """
    assert attempt >= 1 and -1.0 <= jitter <= 1.0
    if status_code == 410:
        return Dead("gone", disable_endpoint=True)
    if error is not None and error in _HOPELESS:
        return Dead(error, disable_endpoint=False)
    if error is None and status_code is not None and 200 <= status_code <= 299:
        return Delivered()
    if attempt > len(schedule):
        return Dead("retries exhausted", disable_endpoint=False)
    wait_ms = schedule[attempt - 1]
    return RetryAfter(wait_ms + round(wait_ms * _JITTER_SHARE * jitter))
