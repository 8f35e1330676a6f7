"""The only reader of real time. Everything else gets moments as arguments."""

import time


def now_ms() -> int:
    """Real time, milliseconds UTC."""
    return time.time_ns() // 1_000_000


def now_s() -> int:
    """Real time in whole seconds, for signatures that receivers check against their own clock."""
    return int(time.time())


def stopwatch_ms() -> int:
    """A monotonic reading in milliseconds, for time-outs and durations; never stored."""
    return time.monotonic_ns() // 1_000_000
