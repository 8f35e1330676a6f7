"""What commands print: in colour and within its width on a terminal, as plain lines in a pipe.

`rich` is imported by whoever prints to a terminal and by nobody else: no server and no pipe waits for it. Without
colour where NO_COLOR says so. Text from elsewhere never steers the terminal.
"""

import re
import sys
from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import Any, NamedTuple

import click

#: Control characters, which could move the cursor or worse; a tab is a blank.
_CONTROL = re.compile(r"[\x00-\x08\x0a-\x1f\x7f-\x9f]")
#: What is told of a state or a status -> how it looks.
GOOD, BAD, QUIET, LOUD, NAME = "green", "red", "dim", "bold", "cyan"


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
    from rich import box
    from rich.padding import Padding
    from rich.table import Table
    from rich.text import Text

    shown = Table(
        box=box.SIMPLE_HEAD if any(one.head for one in columns) else None, pad_edge=False, padding=(0, 2, 0, 0)
    )
    shown.show_header = any(one.head for one in columns)
    shown.header_style = LOUD
    for one in columns:
        shown.add_column(
            one.head,
            style=one.style,
            no_wrap=one.is_whole,
            justify="right" if one.is_right else "left",
            overflow="fold",
        )
    for row in rows:
        shown.add_row(*(Text(clean(cell.text), cell.style) for cell in row))
    console().print(Padding(shown, (0, 0, 0, indent)))


def _text(part: str | Cell) -> str:
    return part.text if isinstance(part, Cell) else part


def _style(part: str | Cell) -> str:
    return part.style if isinstance(part, Cell) else ""
