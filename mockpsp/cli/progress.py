"""How far long work has come, for who watches: one line, written over and gone at the end."""

import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Self, TextIO

#: A line that doesn't fit would be broken, and the next one written over its rest alone.
_WIDTH = 78


class Progress:
    """The line, for the length of a block; nothing at all where standard error is no terminal."""

    def __init__(self, count: int, stream: TextIO) -> None:
        self._count = count
        self._stream = stream
        self._is_shown = stream.isatty()
        self._failed = 0

    def __enter__(self) -> Self:
        self._show(f"0/{self._count}")
        return self

    def __exit__(self, *_: object) -> None:
        self._show("")
        if self._is_shown:
            self._stream.write("\r")
            self._stream.flush()

    def told(self, done: int, result: Any) -> None:
        """One more run has its result."""
        self._failed += not result.ok
        failed = f", {self._failed} differed" if self._failed else ""
        self.note(done, failed, result.name)

    def note(self, done: int, so_far: str, name: str) -> None:
        """So many are done, the last of them is this one."""
        self._show(f"{done}/{self._count}{so_far}  {name}")

    def _show(self, text: str) -> None:
        if self._is_shown:
            self._stream.write(f"\r{text[:_WIDTH]:<{_WIDTH}}")
            self._stream.flush()


@contextmanager
def working(what: str, *, prints: bool = False) -> Iterator[None]:
    """What goes on and for how many seconds, once that is one; nothing where standard error is no terminal.

    `prints`: it prints what it makes as it makes it; where that is seen, nothing else has to tell that it goes on.
    """
    if not sys.stderr.isatty() or (prints and sys.stdout.isatty()):
        yield
        return
    is_done = threading.Event()
    teller = threading.Thread(target=_tell, args=(what, is_done, sys.stderr), daemon=True)
    teller.start()
    try:
        yield
    finally:
        is_done.set()
        teller.join()


def _tell(what: str, is_done: threading.Event, stream: TextIO) -> None:
    seconds = 0
    while not is_done.wait(1):
        seconds += 1
        stream.write(f"\r{f'{what} ... {seconds} s'[:_WIDTH]:<{_WIDTH}}")
        stream.flush()
    if seconds:
        stream.write(f"\r{'':<{_WIDTH}}\r")
        stream.flush()
