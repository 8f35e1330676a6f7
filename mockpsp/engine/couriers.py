"""The threads that post webhooks: made when needed, and shared out fairly, so that receivers that hang in one universe
hold up no other.

A universe has at most `SHARE` posts under way and all of them together at most `MOST`; what is over waits, and the
universe with the fewest under way goes first. A thread that finds nothing to do for a while ends.
"""

import logging
import threading
from collections import Counter, deque
from collections.abc import Callable, Sequence

#: Posts under way in one universe: a burst at many endpoints goes out side by side.
SHARE = 32
#: Posts under way in all universes: as many threads that do nothing but wait.
MOST = 1_024
#: How long a thread waits for another post before it ends.
_IDLE_S = 10.0

_log = logging.getLogger("mockpsp")

#: One post. It may answer with another job, which waits in line behind the universe's others.
Job = Callable[[], "Job | None"]
#: A universe, its job, and what to call once that has ended.
_Ready = tuple[int, Job, Callable[[], None] | None]


class Couriers:
    """Runs jobs for universes by number. `end` drops what has not begun; what has begun may still go on."""

    def __init__(self, *, share: int = SHARE, most: int = MOST) -> None:
        self._share = share
        self._most = most
        lock = threading.Lock()
        #: For those that wait for jobs to be over, and for the threads that wait for one: each is woken for its own.
        self._changed, self._came = threading.Condition(lock), threading.Condition(lock)
        self._waiting: dict[int, deque[tuple[Job, Callable[[], None] | None]]] = {}
        self._under_way: Counter[int] = Counter()
        #: Jobs whose turn has come, and the threads that wait for one.
        self._ready: deque[_Ready] = deque()
        #: Threads that have no job: those that wait, or begin, or were woken and have not looked yet.
        self._idle = 0
        self._is_ended = False

    def submit(self, no: int, job: Job, over: Callable[[], None] | None = None) -> None:
        """Run the job on a thread of its own when the universe's turn comes; not at all after `end`.

        `over` is called once it has ended, by one thread at a time.
        """
        with self._changed:
            if not self._is_ended:
                self._waiting.setdefault(no, deque()).append((job, over))
                self._dispatch()

    def run_all(self, no: int, jobs: Sequence[Job]) -> bool:
        """Run the jobs side by side and wait for them all; False when `end` came first."""
        left = len(jobs)

        def over() -> None:
            nonlocal left
            left -= 1
            if not left:
                self._changed.notify_all()

        for job in jobs:
            self.submit(no, job, over)
        with self._changed:
            self._changed.wait_for(lambda: self._is_ended or not left)
            return not left

    def end(self, grace_s: float) -> None:
        """Drop what waits, and give what is under way so long to end by itself: once, however often this is called."""
        with self._changed:
            if self._is_ended:
                return
            self._is_ended = True
            self._waiting.clear()
            self._ready.clear()
            self._changed.notify_all()
            self._came.notify_all()
            self._changed.wait_for(lambda: not self._under_way.total(), grace_s)

    def _dispatch(self, free: int = 0) -> None:
        """Let begin what may, the universe with the fewest posts under way first.

        So many threads of those that ask will look for a job themselves.
        """
        while self._under_way.total() < self._most:
            open_to = [no for no in self._waiting if self._under_way[no] < self._share]
            if not open_to:
                return
            no = min(open_to, key=self._under_way.__getitem__)
            job, over = self._waiting[no].popleft()
            if not self._waiting[no]:
                del self._waiting[no]
            self._under_way[no] += 1
            self._ready.append((no, job, over))
            # One that ends a job may be faster than the one that is woken, which goes on waiting, and is still idle.
            if len(self._ready) <= free:
                continue
            if len(self._ready) <= self._idle + free:
                self._came.notify()
            else:
                self._idle += 1
                threading.Thread(target=self._work, name="mockpsp-post", daemon=True).start()

    def _work(self) -> None:
        with self._changed:
            self._idle -= 1
            found = self._take()
        while found is not None:
            no, job, over = found
            found = more = None
            try:
                more = job()
            except Exception:  # the edge of a thread: one post's trouble must not cost the others their thread
                _log.exception("a webhook of universe %s could not be sent", no)
            # At once, or whoever waits for the end finds this thread busy, and begins another.
            with self._changed:
                self._end_one(no, over, more)
                del job, over, more  # or they would be kept until the next one comes
                found = self._take()

    def _take(self) -> _Ready | None:
        """The next job whose turn has come; None when none comes for a while."""
        if not self._ready:
            self._idle += 1
            self._came.wait_for(lambda: self._ready or self._is_ended, _IDLE_S)
            self._idle -= 1
        return self._ready.popleft() if self._ready else None

    def _end_one(self, no: int, over: Callable[[], None] | None, more: Job | None) -> None:
        self._under_way[no] -= 1
        if not self._under_way[no]:
            del self._under_way[no]
        if over is not None:
            over()
        if more is not None and not self._is_ended:
            self._waiting.setdefault(no, deque()).append((more, None))
        self._dispatch(free=1)
        if self._is_ended:
            self._changed.notify_all()
