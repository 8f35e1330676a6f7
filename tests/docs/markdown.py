"""Markdown as lines: tables, cells, and what the code's own comments say of a field."""

import ast
import inspect
import re
from collections.abc import Iterable, Sequence

_ADDRESS = re.compile(r"https?://[^\s;,)]+")


def table(head: Sequence[str], rows: Iterable[Sequence[object]]) -> list[str]:
    """A table's lines; pipes in its cells are escaped."""
    lines = [_row(head), "|---" * len(head) + "|"]
    for row in rows:
        assert len(row) == len(head), row
        lines.append(_row([cell(one) for one in row]))
    return lines


def cell(value: object) -> str:
    """A value in a table."""
    return " ".join(str(value).split()).replace("|", "\\|")


def code(text: object) -> str:
    """A text as code; nothing for none."""
    return f"`{text}`" if str(text) else ""


def codes(texts: Iterable[object]) -> str:
    """Texts as code, with commas between them."""
    return ", ".join(code(text) for text in texts)


def with_links(text: str) -> str:
    """A text whose addresses can be followed."""
    return _ADDRESS.sub(lambda found: f"<{found[0]}>", text)


def described(kind: type) -> dict[str, str]:
    """Field of a class -> what the `#:` comments above it say."""
    lines = inspect.getsource(kind).splitlines()
    fields = [node for node in ast.parse("\n".join(lines)).body[0].body if isinstance(node, ast.AnnAssign)]
    return {field.target.id: _comment_above(lines, field.lineno - 1) for field in fields}


def _comment_above(lines: Sequence[str], at: int) -> str:
    found: list[str] = []
    while at and lines[at - 1].strip().startswith("#: "):
        at -= 1
        found.insert(0, lines[at].strip().removeprefix("#: "))
    return " ".join(found)


def _row(cells: Sequence[str]) -> str:
    return "|".join(["", *(f" {text} " if text else " " for text in cells), ""])
