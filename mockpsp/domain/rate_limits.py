"""How many requests a minute go: GCRA, the generic cell rate algorithm, on whatever clock the moments come from.

A limit of n lets n requests through at once and from then on one every n-th of a minute. All the state there is is one
number, the theoretical arrival time of the next request: kept in n-ths of a millisecond, so that nothing is rounded.
"""

from typing import NamedTuple

_MINUTE_MS = 60_000


class Verdict(NamedTuple):
    """Whether a request goes, how many more would at once, else how long to wait; `arrival` is the state to keep."""

    is_admitted: bool
    remaining: int
    wait_ms: int
    arrival: int


def judge(arrival: int, *, now_ms: int, per_minute: int) -> Verdict:
    """The verdict on a request now; a refused one leaves the state as it was. The first arrival of all is 0."""
    now, burst = now_ms * per_minute, _MINUTE_MS * per_minute
    following = max(arrival, now) + _MINUTE_MS
    room = burst - (following - now)
    if room < 0:
        return Verdict(False, 0, -(room // per_minute), arrival)
    return Verdict(True, room // _MINUTE_MS, 0, following)
