"""The thread that moves universes on real time: effects and deliveries run when they fall due.

It keeps a heap of the next real moment for each universe that has something to do, so its cost does not grow with the
number of universes. Universes on a manual clock are none of its business.
"""

import heapq
import logging
import threading
from collections.abc import Callable

from mockpsp import wallclock
from mockpsp.engine.trouble import TroubleLog
from mockpsp.store.faults import StorageError

_RETRY_MS = 5_000
#: However far away the next moment is, real time is looked at so often: it may have jumped, as after a suspend.
_LOOK_S = 2.0

_log = logging.getLogger("mockpsp")


class ClockDriver:
    """Calls `run(no)` for each universe that was woken or whose time has come; `run` answers its next moment.

    A universe whose run fails is looked at again after `retry_ms` of real time.
    """

    def __init__(self, run: Callable[[int], int | None], *, retry_ms: int = _RETRY_MS) -> None:
        self._run = run
        self._retry_ms = retry_ms
        self._changed = threading.Condition()
        self._woken: list[int] = []
        self._heap: list[tuple[int, int]] = []
        #: The one entry of the heap that counts for each universe; what else it holds is passed over.
        self._next_ms_by_no: dict[int, int] = {}
        self._thread: threading.Thread | None = None
        self._is_stopping = False
        self._troubles = TroubleLog()

    def start(self, numbers: list[int]) -> None:
        """Start the thread; these universes are looked at first, since something may be owed from before."""
        self._woken = list(numbers)
        self._thread = threading.Thread(target=self._loop, name="mockpsp-wall", daemon=True)
        self._thread.start()

    def wake(self, no: int) -> None:
        """Something changed in this universe."""
        if self._thread is None:
            return
        with self._changed:
            self._woken.append(no)
            self._changed.notify()

    def wake_at(self, no: int, at_ms: int) -> None:
        """Something will be due in this universe at a moment of real time."""
        if self._thread is not None and self._look_again(no, at_ms):
            with self._changed:
                self._changed.notify()

    def stop(self) -> None:
        """End the thread after what it is doing."""
        with self._changed:
            self._is_stopping = True
            self._changed.notify()
        if self._thread is not None:
            self._thread.join()

    def _loop(self) -> None:
        while True:
            with self._changed:
                while not self._is_stopping and not self._woken and not self._is_due():
                    self._changed.wait(self._wait_s())
                if self._is_stopping:
                    return
                numbers = self._take()
            for no in numbers:
                self._visit(no)

    def _visit(self, no: int) -> None:
        try:
            next_ms = self._run(no)
        except StorageError as error:  # it hits them all, again and again
            self._troubles.say(f"universes on the wall clock can't go on and wait: {error}")
            next_ms = wallclock.now_ms() + self._retry_ms
        except Exception:  # the edge of a thread: one universe's trouble must not stop the others' time
            _log.exception("universe %s could not be advanced", no)
            next_ms = wallclock.now_ms() + self._retry_ms
        if next_ms is not None:
            self._look_again(no, next_ms)

    def _look_again(self, no: int, next_ms: int) -> bool:
        """Come back at that moment; whether it is the first of all. An earlier one of the universe stays: the visit
        then finds the later one again.

        So a universe that is woken a thousand times a second keeps one entry, not a thousand.
        """
        with self._changed:
            planned_ms = self._next_ms_by_no.get(no)
            if planned_ms is None or next_ms < planned_ms:
                self._next_ms_by_no[no] = next_ms
                heapq.heappush(self._heap, (next_ms, no))
            return self._heap[0] == (next_ms, no)

    def _is_due(self) -> bool:
        return bool(self._heap) and self._heap[0][0] <= wallclock.now_ms()

    def _wait_s(self) -> float | None:
        if not self._heap:
            return None
        return min(_LOOK_S, max(0.0, (self._heap[0][0] - wallclock.now_ms()) / 1000))

    def _take(self) -> list[int]:
        numbers = dict.fromkeys(self._woken)
        self._woken.clear()
        while self._is_due():
            at_ms, no = heapq.heappop(self._heap)
            if self._next_ms_by_no.get(no) == at_ms:
                del self._next_ms_by_no[no]
                numbers[no] = None
        return list(numbers)
