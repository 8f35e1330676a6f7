"""How far a long replay or comparison has come, for who watches: one line, written over and gone at the end."""

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
