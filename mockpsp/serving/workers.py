"""Threads that answer: started when none is free, up to a limit; what comes beyond it waits for its turn.

An `advance` keeps its thread while a receiver calls the API back, so a few threads made beforehand would all wait for
each other.
"""

import threading
from collections.abc import Callable
from queue import SimpleQueue
from typing import Generic, TypeVar

from mockpsp import wallclock

T = TypeVar("T")


class Workers(Generic[T]):
    """`work` is called with each thing that is `put`, side by side in up to `limit` threads."""

    def __init__(self, work: Callable[[T], None], limit: int) -> None:
        self._work = work
        self._limit = limit
        self._queue: SimpleQueue[T | None] = SimpleQueue()
        self._threads: list[threading.Thread] = []
        self._lock = threading.Lock()
        #: Threads without work; below zero, work without a thread.
        self._free = 0

    def put(self, thing: T) -> None:
        """Have this worked on, after what already waits."""
        with self._lock:
            self._free -= 1
            if self._free < 0 and len(self._threads) < self._limit:
                # A daemon, so that a request that never ends can't keep the process alive.
                thread = threading.Thread(target=self._run, name=f"mockpsp-{len(self._threads)}", daemon=True)
                self._threads.append(thread)
                thread.start()
        self._queue.put(thing)

    @property
    def is_short(self) -> bool:
        """True when something waits for a thread."""
        return self._free < 0

    @property
    def is_idle(self) -> bool:
        """True when every thread waits for work."""
        with self._lock:
            return self._free == len(self._threads)

    def stop(self, deadline_ms: int) -> int:
        """End the threads as their work ends; how many still work at the deadline, which is by the stopwatch."""
        for _ in self._threads:
            self._queue.put(None)
        for thread in self._threads:
            thread.join(max(deadline_ms - wallclock.stopwatch_ms(), 0) / 1000)
        return sum(thread.is_alive() for thread in self._threads)

    def _run(self) -> None:
        while True:
            with self._lock:
                self._free += 1
            thing = self._queue.get()
            if thing is None:
                return
            self._work(thing)
            del thing  # or it would be kept until the next one comes
