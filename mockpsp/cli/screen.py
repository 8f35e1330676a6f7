"""What commands print: in colour and within its width on a terminal, as plain lines in a pipe.

`rich` is imported by whoever prints to a terminal and by nobody else: no server and no pipe waits for it. Without
colour where NO_COLOR says so. Text from elsewhere never steers the terminal.
"""

import re
import sys
import textwrap
from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import Any, NamedTuple

import click

#: Control characters, which could move the cursor or worse; a tab is a blank.
_CONTROL = re.compile(r"[\x00-\x08\x0a-\x1f\x7f-\x9f]")
#: What is told of a state or a status -> how it looks.
GOOD, BAD, QUIET, LOUD, NAME = "green", "red", "dim", "bold", "cyan"

#: A head of fewer letters is not broken, nor is a cell that may be folded.
_HEAD_MIN = 4
_FOLDED_MIN = 10


class Column(NamedTuple):
    """A column: its head, how it looks, and whether its cells may be folded."""

    head: str
    style: str = ""
    is_whole: bool = True
    is_right: bool = False


class Cell(NamedTuple):
    """A text that looks other than its column."""

    text: str
    style: str


def is_terminal() -> bool:
    """Whether somebody looks at standard output."""
    return sys.stdout.isatty()


def clean(text: object) -> str:
    """A text without what would steer a terminal."""
    return _CONTROL.sub("\N{REPLACEMENT CHARACTER}", str(text).replace("\t", " "))


def say(*parts: str | Cell, indent: int = 0) -> None:
    """Print a line of parts."""
    if not is_terminal():
        click.echo(" " * indent + "".join(clean(_text(part)) for part in parts))
        return
    from rich.text import Text

    line = Text.assemble(" " * indent, *((clean(_text(part)), _style(part)) for part in parts))
    # The terminal breaks it: what is copied from there is in one piece.
    console().print(line, soft_wrap=True)


def table(columns: Sequence[Column], rows: Iterable[Sequence[str | Cell]], *, indent: int = 0) -> None:
    """Print rows below each other: with heads on a terminal, aligned in a pipe."""
    found = [[cell if isinstance(cell, Cell) else Cell(clean(cell), "") for cell in row] for row in rows]
    if not is_terminal():
        widths = [max((len(row[place].text) for row in found), default=0) for place in range(len(columns))]
        for row in found:
            cells = [
                clean(cell.text).rjust(width) if column.is_right else clean(cell.text).ljust(width)
                for cell, width, column in zip(row, widths, columns, strict=True)
            ]
            click.echo((" " * indent + "  ".join(cells)).rstrip())
        return
    _print_table(columns, found, indent)


def console() -> Any:
    """The terminal."""
    return _console(sys.stdout)


@lru_cache(maxsize=1)
def _console(file: Any) -> Any:
    from rich.console import Console

    return Console(file=file, highlight=False, soft_wrap=False)


def _print_table(columns: Sequence[Column], rows: Sequence[Sequence[Cell]], indent: int) -> None:
    from rich.padding import Padding
    from rich.table import Table
    from rich.text import Text

    longest = [max((len(row[place].text) for row in rows), default=0) for place in range(len(columns))]
    heads = [_narrow(one.head, width) for one, width in zip(columns, longest, strict=True)]
    if _least_width(columns, heads, longest) + indent > console().width:
        _print_records(columns, rows, indent)
        return
    shown = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style=LOUD, show_header=any(heads))
    for one, head in zip(columns, heads, strict=True):
        justify: Any = "right" if one.is_right else "left"
        shown.add_column(head, style=one.style, no_wrap=one.is_whole, justify=justify, overflow="fold")
    for row in rows:
        shown.add_row(*(Text(clean(cell.text), cell.style) for cell in row))
    console().print(Padding(shown, (0, 0, 0, indent)))


def _least_width(columns: Sequence[Column], heads: Sequence[str], longest: Sequence[int]) -> int:
    """How wide a terminal must be: narrower, and figures would be cut."""
    width = 0
    for one, head, cell in zip(columns, heads, longest, strict=True):
        needed = max(cell, *map(len, head.split("\n")))
        width += 2 + (needed if one.is_whole else min(needed, _FOLDED_MIN))
    return width


def _print_records(columns: Sequence[Column], rows: Sequence[Sequence[Cell]], indent: int) -> None:
    """Each row as lines of its own, for a terminal that is too narrow for the table."""
    for row in rows:
        for place, (one, cell) in enumerate(zip(columns, row, strict=True)):
            if cell.text:
                head = f"{one.head}  " if one.head and place else ""
                say(Cell(head, QUIET), Cell(cell.text, cell.style or one.style), indent=indent + (2 if place else 0))


def _narrow(head: str, width: int) -> str:
    """A head no wider than what stands below it, in as many lines as that takes: figures are not folded for it."""
    return "\n".join(textwrap.wrap(head, max(width, _HEAD_MIN))) if len(head) > width + 2 else head


def _text(part: str | Cell) -> str:
    return part.text if isinstance(part, Cell) else part


def _style(part: str | Cell) -> str:
    return part.style if isinstance(part, Cell) else ""
