"""Troubles that last, such as a full disk: said once a minute instead of each time, and waited out.

A log that repeats one line a thousand times a second fills the very disk that is full.
"""

import logging
import threading
from collections.abc import Callable
from typing import TypeVar

from mockpsp import wallclock
from mockpsp.store.faults import StorageError

_AGAIN_MS = 60_000
_WAIT_S = 1.0
#: Different troubles that are told apart; more than a handful at once is one of ours.
_KEPT = 64

T = TypeVar("T")

_log = logging.getLogger("mockpsp")


class TroubleLog:
    """Logs each trouble at once and then at most once a minute."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._said_at_ms: dict[str, int] = {}

    def say(self, trouble: str, error: Exception | None = None) -> None:
        """The trouble stands in the log, now or from less than a minute ago; with its traceback if `error` is given."""
        now_ms = wallclock.stopwatch_ms()
        with self._lock:
            said_at_ms = self._said_at_ms.get(trouble)
            if said_at_ms is not None and now_ms - said_at_ms < _AGAIN_MS:
                return
            if len(self._said_at_ms) >= _KEPT:
                self._said_at_ms.clear()
            self._said_at_ms[trouble] = now_ms
        _log.error("%s", trouble, exc_info=error)


class Ended(Exception):
    """The application ends before the step was done."""


class Patience:
    """Repeats a step of a thread in the background until it is done: a webhook that was sent is sent for ever if the
    thread forgets it, since it is found due again.
    """

    def __init__(self, *, wait_s: float = _WAIT_S) -> None:
        self._wait_s = wait_s
        self._troubles = TroubleLog()
        self._ending = threading.Event()

    def until_done(self, failing: str, step: Callable[[], T]) -> T:
        """What the step answers once it has not failed. Raises `Ended`: it is owed again after the next start.

        `failing` says in the log what can't be done meanwhile.
        """
        while True:
            try:
                return step()
            except StorageError as error:
                self._troubles.say(f"{failing}, and waits: {error}")
            except Exception as error:  # the edge of a thread
                self._troubles.say(f"{failing}, and waits: {error!r}", error)
            if self._ending.wait(self._wait_s):
                raise Ended

    def say(self, trouble: str) -> None:
        """The trouble stands in the log, at most once a minute."""
        self._troubles.say(trouble)

    def end(self) -> None:
        """Whoever waits gives up."""
        self._ending.set()
