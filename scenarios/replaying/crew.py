"""Processes that work side by side: this one, and workers that it starts (worker.py), each with a place of its own.

What is asked of them is a function and its tasks; the results come in the order of the tasks, however many processes
there are. Tasks of one universe are done one after the other by one process. A worker that is lost costs the task it
was at, and nothing else: the rest is done by those that are left, at last by this process alone.
"""

import pickle
import signal
import subprocess
import sys
import threading
from collections import deque
from collections.abc import Callable, Hashable, Iterable, Sequence
from contextlib import suppress
from typing import Any, NamedTuple, Self, TypeVar

from mockpsp.scenarios.replaying.lines import Place
from mockpsp.scenarios.replaying.worker import Opening, Raised, Unopened, attempt

JOBS_MAX = 64
#: How a worker begins: with the import path of this process, before it imports anything of anybody's.
_BEGIN = """\
import sys, pickle
sys.path[:] = pickle.load(sys.stdin.buffer)
from mockpsp.scenarios.replaying.worker import main
main()
"""
#: Windows wakes no wait for Ctrl-C.
_TICK_S = 0.2
#: How long a process that says nothing any more may take to end.
_END_S = 5

T = TypeVar("T")
R = TypeVar("R")

#: Tasks that follow each other, each with its number.
_Chain = deque[tuple[int, Any]]


class Lost(NamedTuple):
    """What became of a task whose process ended under it."""

    why: str


class Crew:
    """This process and its workers, for the length of a block; no worker outlives it."""

    def __init__(self, jobs: int, opening: Opening) -> None:
        """`jobs` processes in all; a worker opens its place as `opening` says, while this one goes on."""
        self._changed = threading.Condition()
        self._work: Callable[..., Any] | None = None
        self._told: Callable[[int, Any], None] | None = None
        self._chains: deque[_Chain] = deque()
        self._outcomes: dict[int, Any] = {}
        self._expected = 0
        self._is_ending = False
        #: Why workers could not take part, a text for each that could not.
        self.missing: list[str] = []
        self._workers: list[subprocess.Popen[bytes]] = []
        self._threads: list[threading.Thread] = []
        try:
            for _ in range(jobs - 1):
                self._hire(opening)
        except BaseException:
            self._dismiss()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._dismiss()

    def run(
        self,
        work: Callable[[Place, T], R],
        tasks: Iterable[T],
        place: Place,
        *,
        universe: Callable[[T], Hashable],
        lost: Callable[[T, str], R],
        told: Callable[[int, R], None] | None = None,
    ) -> list[R]:
        """What `work` makes of each task, in their order; raises what it raised for the first one that it did.

        `work` is a function of a module, and it gets the place of the process it runs in. `lost` makes the result of a
        task whose process ended under it. `told` hears of each result as it comes, and how many there are by then.
        """
        tasks = list(tasks)
        with self._changed:
            self._work, self._told = work, told
            self._outcomes, self._expected = {}, len(tasks)
            self._chains.extend(_chained(tasks, universe))
            self._changed.notify_all()
        while (chain := self._take(is_own=True)) is not None:
            while chain:
                number, task = chain.popleft()
                self._keep(number, attempt(work, place, task))
        found = [self._outcomes[number] for number in range(len(tasks))]
        for outcome in found:
            if isinstance(outcome, Raised):
                raise outcome.error
        return [lost(task, one.why) if isinstance(one, Lost) else one for task, one in zip(tasks, found, strict=True)]

    def _take(self, *, is_own: bool = False) -> _Chain | None:
        """The next tasks, once there are some; None at the end, which for this process is when all are done."""
        with self._changed:
            while not self._chains:
                if self._is_ending or (is_own and len(self._outcomes) == self._expected):
                    return None
                self._changed.wait(_TICK_S)
            return self._chains.popleft()

    def _keep(self, number: int, outcome: Any) -> None:
        with self._changed:
            self._outcomes[number] = outcome
            self._changed.notify_all()
            if self._told is not None and not isinstance(outcome, Raised | Lost):
                self._told(len(self._outcomes), outcome)

    def _hire(self, opening: Opening) -> None:
        command = [sys.executable, "-P", "-c", _BEGIN]
        try:
            worker = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, **_apart())
        except OSError as error:
            self.missing.append(f"no process could be started: {error.strerror}")
            return
        self._workers.append(worker)
        thread = threading.Thread(target=self._attend, args=(worker, opening), name="mockpsp-worker", daemon=True)
        self._threads.append(thread)
        thread.start()

    def _attend(self, worker: subprocess.Popen[bytes], opening: Opening) -> None:
        """Hand tasks to one worker and take its results, until all is done or it is lost."""
        try:
            _tell(worker, sys.path)
            _tell(worker, opening)
            said = _hear(worker)
        except Exception as error:  # the edge of a thread: nobody else would hear of it
            said = Unopened(_ended(worker, error))
        if isinstance(said, Unopened):
            self.missing.append(said.why)
            return
        while (chain := self._take()) is not None:
            if not self._hand_over(worker, chain):
                return

    def _hand_over(self, worker: subprocess.Popen[bytes], chain: _Chain) -> bool:
        """Have these tasks done; False when the worker was lost, whose other tasks anybody may take then."""
        while chain:
            number, task = chain.popleft()
            try:
                _tell(worker, (self._work, task))
                outcome = _hear(worker)
            except Exception as error:  # the edge of a thread: the task would be waited for for ever
                outcome = Lost(_ended(worker, error))
            if isinstance(outcome, Lost) and chain:
                with self._changed:
                    self._chains.append(chain)
            self._keep(number, outcome)
            if isinstance(outcome, Lost):
                return False
        return True

    def _dismiss(self) -> None:
        """End the workers: what they keep is in memory, and nothing of it is wanted any more."""
        with self._changed:
            self._is_ending = True
            self._changed.notify_all()
        for worker in self._workers:
            worker.kill()
        for thread in self._threads:
            thread.join()
        for worker in self._workers:
            worker.wait()
            for pipe in (worker.stdin, worker.stdout):
                assert pipe is not None, "both are pipes"
                with suppress(OSError):  # what was never read by the other side
                    pipe.close()


def _chained(tasks: Sequence[T], universe: Callable[[T], Hashable]) -> Iterable[_Chain]:
    """Tasks with their numbers; those of one universe together, since they would overwrite each other's."""
    by_universe: dict[Hashable, _Chain] = {}
    for number, task in enumerate(tasks):
        by_universe.setdefault(universe(task), deque()).append((number, task))
    return by_universe.values()


def _apart() -> dict[str, Any]:
    """A group of its own for a worker: Ctrl-C is this process's to deal with."""
    if sys.platform == "win32":
        return {"creationflags": subprocess.CREATE_NEW_PROCESS_GROUP}
    return {"process_group": 0}


def _tell(worker: subprocess.Popen[bytes], what: object) -> None:
    assert worker.stdin is not None, "it is a pipe"
    worker.stdin.write(pickle.dumps(what))
    worker.stdin.flush()


def _hear(worker: subprocess.Popen[bytes]) -> Any:
    assert worker.stdout is not None, "it is a pipe"
    return pickle.load(worker.stdout)


def _ended(worker: subprocess.Popen[bytes], error: Exception) -> str:
    """How a worker came to its end that says nothing any more; or what it was told or said that can't be understood."""
    if not isinstance(error, OSError | EOFError | pickle.UnpicklingError):
        worker.kill()
        return f"process {worker.pid} can't be worked with: {error!r}"
    try:
        code = worker.wait(_END_S)
    except subprocess.TimeoutExpired:  # it only closed its pipes
        worker.kill()
        code = worker.wait()
    if code >= 0:
        return f"process {worker.pid} ended with exit code {code}"
    try:
        name = signal.Signals(-code).name
    except ValueError:
        name = f"signal {-code}"
    return f"process {worker.pid} was ended by {name}"
