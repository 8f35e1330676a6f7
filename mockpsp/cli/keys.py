"""Single keys from a terminal, for a command that goes on; nothing where standard input is none."""

import os
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any


class Keys:
    """What was pressed since it was last asked for."""

    def __init__(self, file: int | None) -> None:
        self._file = file

    def wait(self, span_s: float) -> str:
        """A key, as soon as one is pressed; nothing after a while."""
        if self._file is None:
            threading.Event().wait(span_s)
            return ""
        import select

        ready, _, _ = select.select([self._file], [], [], span_s)
        return os.read(self._file, 1).decode("ascii", "ignore") if ready else ""


@contextmanager
def single_keys() -> Iterator[Keys]:
    """Keys without a line end, for the length of a block; the terminal is as it was afterwards."""
    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        yield Keys(None)
        return
    try:
        import termios
        import tty
    except ImportError:  # Windows
        yield Keys(None)
        return
    file = sys.stdin.fileno()
    before: Any = termios.tcgetattr(file)
    try:
        tty.setcbreak(file)
        yield Keys(file)
    finally:
        termios.tcsetattr(file, termios.TCSANOW, before)
