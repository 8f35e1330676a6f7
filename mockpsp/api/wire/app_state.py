"""What one running application owns, and how it ends."""

import threading
from collections import Counter, deque
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import NamedTuple

from mockpsp import wallclock
from mockpsp.api.wire.together import Meetings
from mockpsp.config import Settings
from mockpsp.domain import rate_limits
from mockpsp.domain.rate_limits import Verdict
from mockpsp.engine.clock_driver import ClockDriver
from mockpsp.engine.timeline import Timeline
from mockpsp.engine.trouble import TroubleLog
from mockpsp.engine.universes import Credentials, Universes
from mockpsp.engine.watching import Watches
from mockpsp.store.db import Database

#: Of all universes together, so that neither many nor busy ones fill the memory.
_CALLS_KEPT = 2_000

#: How long remembering a request may take after its end.
_LOG_S = 1.0

#: What a request waits for before it asks for a thread of its own.
_MOMENT_S = 0.005
#: For so long after a moment in vain nobody waits for another.
_IMPATIENT_MS = 100


class RequestsInFlight:
    """Counts the API requests under way in each universe, so that `settle` can wait for those of receivers."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._count_by_project: Counter[str] = Counter()
        #: When the last request of each universe ended, by the stopwatch.
        self._ended_ms_by_project: dict[str, int] = {}
        #: How many want to know of every request, and the threads with one that has ended and is not remembered yet.
        self.askers_count = 0
        self.unlogged: set[int] = set()

    def counting(self, credentials: Credentials | None) -> "_Counting":
        """Count one request while it runs."""
        return _Counting(self, credentials.project_id if credentials else "")

    def begin(self, project_id: str) -> None:
        """A request of this universe is under way."""
        with self._changed:
            self._count_by_project[project_id] += 1

    def end(self, project_id: str) -> None:
        """It has ended, however it did."""
        with self._changed:
            self._ended_ms_by_project[project_id] = wallclock.stopwatch_ms()
            if self.askers_count:
                self.unlogged.add(threading.get_ident())
            self._count_by_project[project_id] -= 1
            if not self._count_by_project[project_id]:
                del self._count_by_project[project_id]
            self._changed.notify_all()

    def ask(self, change: int) -> None:
        """One more who wants to know of every request, or one less."""
        with self._changed:
            self.askers_count += change

    def note_logged(self) -> None:
        """The request of this thread has been remembered, which comes after its end."""
        with self._changed:
            self.unlogged.discard(threading.get_ident())
            self._changed.notify_all()

    def wait_until_logged(self) -> None:
        """Wait, for a moment, until the requests that have ended are remembered too."""
        with self._changed:
            self._changed.wait_for(lambda: not self.unlogged, _LOG_S)

    def count(self, project_id: str) -> int:
        """How many requests of this universe are under way."""
        with self._changed:
            return self._count_by_project[project_id]

    def wait_until_quiet(self, project_id: str, *, quiet_ms: int, limit_ms: int) -> bool:
        """Wait until no request of this universe has run for `quiet_ms` of real time; False after `limit_ms`."""
        started_ms = wallclock.stopwatch_ms()
        with self._changed:
            while True:
                now_ms = wallclock.stopwatch_ms()
                left_ms = limit_ms - (now_ms - started_ms)
                if left_ms < 0:
                    return False
                if self._count_by_project[project_id]:
                    wait_ms = left_ms
                else:
                    quiet_since_ms = max(started_ms, self._ended_ms_by_project.get(project_id, 0))
                    wait_ms = min(left_ms, quiet_ms - (now_ms - quiet_since_ms))
                    if quiet_ms <= now_ms - quiet_since_ms:
                        return True
                self._changed.wait(wait_ms / 1000 + 0.001)


class _Counting:
    """A request while it runs."""

    __slots__ = ("_name", "_requests")

    def __init__(self, requests: RequestsInFlight, name: str) -> None:
        self._requests, self._name = requests, name

    def __enter__(self) -> None:
        self._requests.begin(self._name)

    def __exit__(self, *_: object) -> None:
        self._requests.end(self._name)


class RateLimiter:
    """Where the rate limits of universes stand. In memory: a server that starts has nothing to hold against anybody."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        #: Universe and its generation -> bucket and its limit -> the state that `judge` keeps.
        self._arrivals: dict[tuple[int, int], dict[tuple[str, int], int]] = {}

    def judge(self, universe: tuple[int, int], limits: Mapping[str, int], *, now_ms: int) -> tuple[str, Verdict] | None:
        """The tightest bucket and its verdict on one request, which counts in all of them or in none."""
        with self._lock:
            arrivals = self._arrivals.setdefault(universe, {})
            verdicts = {
                (bucket, limit): rate_limits.judge(arrivals.get((bucket, limit), 0), now_ms=now_ms, per_minute=limit)
                for bucket, limit in limits.items()
            }
            if all(verdict.is_admitted for verdict in verdicts.values()):
                arrivals.update({key: verdict.arrival for key, verdict in verdicts.items()})
        if not verdicts:
            return None
        (bucket, _), verdict = max(verdicts.items(), key=lambda item: (item[1].wait_ms, -item[1].remaining))
        return bucket, verdict

    def copy(self, universe: tuple[int, int], to: tuple[int, int]) -> None:
        """Another universe stands where this one does."""
        with self._lock:
            self._arrivals[to] = dict(self._arrivals.get(universe, {}))

    def forget(self, no: int) -> None:
        """Nothing stands of a universe, by its number."""
        with self._lock:
            self._arrivals = {key: found for key, found in self._arrivals.items() if key[0] != no}


class Call(NamedTuple):
    """One API request and its answer, as JSON without secrets; None for what was too long or none."""

    universe: tuple[int, int]
    at_ms: int
    method: str
    path: str
    status: int | None
    body: bytes | str | None
    answer: bytes | str | None
    #: What a fault did to it; None for nothing.
    fault: str | None = None
    #: The number that came next in the universe when it began: what it brought about has this one or a later one.
    next_seq: int = 0


@dataclass(slots=True)
class AppState:
    """The application's own objects, reached from views as `http.state()`."""

    settings: Settings
    database: Database
    universes: Universes
    timeline: Timeline
    driver: ClockDriver
    inflight: RequestsInFlight
    #: One request of the API at a time: they never wait for anybody outside, and threads that take turns in the midst
    #: of their work cost twice as much. What waits (a settle, an advance) takes no turn.
    turn: threading.Lock = field(default_factory=threading.Lock)
    #: Calls that wait for each other, so as to happen together.
    meetings: Meetings = field(init=False)
    limiter: RateLimiter = field(default_factory=RateLimiter)
    #: What lasts is said once a minute, not once a request.
    troubles: TroubleLog = field(default_factory=TroubleLog)
    #: The server's last requests, oldest first.
    calls: deque[Call] = field(default_factory=lambda: deque(maxlen=_CALLS_KEPT))
    #: Those who wait for a universe to settle.
    watches: Watches = field(default_factory=Watches)
    #: Set when the server is about to stop.
    stopping: threading.Event = field(default_factory=threading.Event)
    _impatient_until_ms: int = 0

    def __post_init__(self) -> None:
        self.meetings = Meetings(self.universes, self.turn)

    def forget(self, no: int) -> None:
        """Nothing is remembered of a universe that was deleted."""
        self.limiter.forget(no)
        for call in list(self.calls):
            if call.universe[0] == no:
                with suppress(ValueError):  # others push old ones out meanwhile
                    self.calls.remove(call)

    def is_busy(self) -> bool:
        """Whether a request of the API that came now would have to wait for another thread, for more than a moment.

        A moment is waited for: otherwise clients that never pause would keep each other in threads of their own. Where
        that was in vain it is not done again at once, so that many who ask wait no longer than one.
        """
        if self.universes.early_asked:  # by any of them, which is not known before a request is read
            return True
        now_ms = wallclock.stopwatch_ms()
        wait_s = 0.0 if now_ms < self._impatient_until_ms else _MOMENT_S
        is_busy = not self.turn.acquire(timeout=wait_s)
        if not is_busy:
            self.turn.release()
            is_busy = self.database.is_busy(wait_s)
        if is_busy and wait_s:
            self._impatient_until_ms = now_ms + _IMPATIENT_MS
        return is_busy

    def stop_moving(self) -> None:
        """Let time stand still everywhere, so that no request waits for a receiver: the server is about to stop."""
        self.stopping.set()
        self.meetings.end()
        self.timeline.stop_moving()

    def close(self) -> None:
        """Stop the threads, leave posts under way to themselves, close the file."""
        self.stop_moving()
        self.driver.stop()
        self.timeline.close()
        self.database.close()
