"""Calls that happen at once: those marked with one label wait until all of them have come, then go in one by one.

In which order is drawn from the universe's seed and the label, so that a race ends the same way in every run. The mark
is a header, `Mockpsp-Together: LABEL 1/2`; a call without it pays a look for it and nothing else.
"""

import hashlib
import re
import threading
from types import TracebackType
from typing import NamedTuple

from mockpsp.domain.text.codes import Refused
from mockpsp.engine.universes import Credentials, Universes

HEADER = "Mockpsp-Together"
#: Where WSGI has it.
MARK = "HTTP_MOCKPSP_TOGETHER"
#: As many calls go together at most: each keeps a thread while it waits.
CALLS_MAX = 20
#: How long the first waits for the last, in real time.
WAIT_MS = 10_000
_MARK = re.compile(r"([A-Za-z0-9][A-Za-z0-9_.-]{0,59}) ([1-9][0-9]?)/([1-9][0-9]?)")


class _Mark(NamedTuple):
    label: str
    number: int
    calls: int


class _Meeting:
    """The calls of one label in one universe."""

    def __init__(self, count: int, order: tuple[int, ...]) -> None:
        self.count = count
        self.order = order
        self.came: set[int] = set()
        #: How many have gone in and are done; None once it was given up.
        self.done: int | None = 0

    @property
    def missing(self) -> list[int]:
        """The calls that have not come."""
        return sorted(set(range(1, self.count + 1)) - self.came)


class Meetings:
    """The calls that wait for each other, of all universes."""

    def __init__(self, universes: Universes, turn: threading.Lock, *, wait_ms: int = WAIT_MS) -> None:
        self._universes = universes
        self._turn = turn
        self._wait_ms = wait_ms
        self._changed = threading.Condition()
        self._open: dict[tuple[int, int, str], _Meeting] = {}
        self._is_ending = False

    def place(self, text: str, found: Credentials) -> "_Place":
        """The turn of a call with this mark, to be taken where others take theirs; Refused for no mark."""
        return _Place(self, _read(text), found)

    def end(self) -> None:
        """Let nobody wait any more: the server is about to stop."""
        with self._changed:
            self._is_ending = True
            self._changed.notify_all()

    def enter(self, mark: _Mark, found: Credentials) -> _Meeting:
        """Wait for the others, then for those before; Refused (409) where one does not come."""
        with self._universes.reading(found) as tx:
            key = (tx.project.no, tx.project.generation, mark.label)
            order = drawn_order(tx.key, mark.label, mark.calls)
        with self._changed:
            meeting = self._open.setdefault(key, _Meeting(mark.calls, order))
            self._join(meeting, mark)
            if not meeting.missing:
                # Whoever uses the label again begins anew.
                del self._open[key]
            self._changed.notify_all()
            self._changed.wait_for(lambda: not meeting.missing or self._is_over(meeting), self._wait_ms / 1000)
            if meeting.missing:
                if meeting.done is not None:
                    meeting.done = None
                    self._open.pop(key, None)
                    self._changed.notify_all()
                raise _not_all(mark, meeting, self._wait_ms, is_ending=self._is_ending)
            self._changed.wait_for(lambda: meeting.order[meeting.done or 0] == mark.number)
        self._turn.acquire()
        return meeting

    def leave(self, meeting: _Meeting) -> None:
        """The call is done, and the next may go in."""
        self._turn.release()
        with self._changed:
            assert meeting.done is not None, "it was not given up once it began"
            meeting.done += 1
            self._changed.notify_all()

    def _is_over(self, meeting: _Meeting) -> bool:
        return self._is_ending or meeting.done is None

    @staticmethod
    def _join(meeting: _Meeting, mark: _Mark) -> None:
        if meeting.count != mark.calls:
            raise _refused(f"call {mark.number}/{mark.calls} of {mark.label!r}: others say there are {meeting.count}")
        if mark.number in meeting.came:
            raise _refused(f"call {mark.number}/{mark.calls} of {mark.label!r} is waiting here already", 409)
        meeting.came.add(mark.number)


class _Place:
    """One call's turn among those that happen together."""

    def __init__(self, meetings: Meetings, mark: _Mark, found: Credentials) -> None:
        self._meetings, self._mark, self._found = meetings, mark, found

    def __enter__(self) -> None:
        self._meeting = self._meetings.enter(self._mark, self._found)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._meetings.leave(self._meeting)


def drawn_order(key: bytes, label: str, count: int) -> tuple[int, ...]:
    """The numbers of calls in the order they go in: drawn from a universe's key, the same in every run."""

    def drawn(number: int) -> bytes:
        return hashlib.blake2b(f"together:{label}:{number}/{count}".encode(), key=key, digest_size=8).digest()

    return tuple(sorted(range(1, count + 1), key=drawn))


def _read(text: str) -> _Mark:
    found = _MARK.fullmatch(text)
    if found is None:
        raise _refused(f"{HEADER} is {text[:80]!r}; it says which of how many calls this is, such as `refunds 1/2`")
    label, number, count = found[1], int(found[2]), int(found[3])
    if not 2 <= count <= CALLS_MAX or number > count:
        raise _refused(f"{HEADER} is {text[:80]!r}; 2 to {CALLS_MAX} calls go together, numbered from 1")
    return _Mark(label, number, count)


def _not_all(mark: _Mark, meeting: _Meeting, wait_ms: int, *, is_ending: bool) -> Refused:
    missing = ", ".join(map(str, meeting.missing))
    why = "the server is about to stop" if is_ending else f"not all came within {wait_ms} ms"
    return _refused(
        f"call {mark.number}/{mark.calls} of {mark.label!r} was held for the others, and {why} (missing: {missing}); "
        "nothing was done. Calls that go together have to be sent from threads of their own",
        409,
    )


def _refused(message: str, status: int = 400) -> Refused:
    return Refused("request.validation.error", message, status)
