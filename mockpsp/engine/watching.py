"""What happens in a universe while somebody waits for it to settle: what ran, and which calls the API got.

Nobody waits most of the time; whoever tells of something looks at `by_no` first, and that is all it costs then.
"""

import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import NamedTuple

from mockpsp.engine.effects import Step

#: Calls that one watch lists; beyond that they are counted.
CALLS_MAX = 1_000


class SeenCall(NamedTuple):
    """A call of the API that was answered; status None where a fault kept it from arriving."""

    at_ms: int
    method: str
    path: str
    status: int | None
    fault: str | None


@dataclass(slots=True)
class Watch:
    """What was seen, in the order it ended."""

    steps: list[Step] = field(default_factory=list)
    calls: list[SeenCall] = field(default_factory=list)
    calls_count: int = 0


class Watches:
    """The watches that are kept, by the number of their universe."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self.by_no: dict[int, list[Watch]] = {}

    @contextmanager
    def watching(self, no: int) -> Iterator[Watch]:
        """A watch over this universe for the length of a block."""
        watch = Watch()
        with self._lock:
            self.by_no.setdefault(no, []).append(watch)
        try:
            yield watch
        finally:
            with self._lock:
                left = [one for one in self.by_no[no] if one is not watch]
                if left:
                    self.by_no[no] = left
                else:
                    del self.by_no[no]

    def note_steps(self, no: int, steps: Iterable[Step]) -> None:
        """These ran, and were committed."""
        if self.by_no:
            with self._lock:
                for watch in self.by_no.get(no, ()):
                    watch.steps.extend(steps)

    def note_call(self, no: int, call: SeenCall) -> None:
        """This call was answered."""
        with self._lock:
            for watch in self.by_no.get(no, ()):
                watch.calls_count += 1
                if len(watch.calls) < CALLS_MAX:
                    watch.calls.append(call)
