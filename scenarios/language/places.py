"""Where in a file something stands that a step expected: line, column and the line itself, to be shown with a caret.

It is looked up in the file when a step has failed, not kept for all that don't.
"""

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

from mockpsp.scenarios.language.model import Cell
from mockpsp.scenarios.language.nodes import SIZE_MAX_BYTES, ListNode, MapNode, Node, Problems, parse

#: How a difference of a future's step names it (replaying/runner.py).
_IN_FUTURE = re.compile(r"[^:]+: .*\(line ([0-9]+)\): (.*)", re.DOTALL)


class Place(NamedTuple):
    """A place in a file; line and column count from 1."""

    line: int
    column: int
    text: str


def place_of(path: str, step_line: int, where: str, cell: Cell) -> Place | None:
    """Where the expectation stands that a difference is about, as near as can be told.

    None where the file is gone, or not what it was.
    """
    try:
        source = Path(path).read_bytes()
    except (OSError, ValueError):
        return None
    root = parse(source, Problems(path)) if len(source) <= SIZE_MAX_BYTES else None
    in_future = _IN_FUTURE.fullmatch(where)
    if in_future:
        step_line, where = int(in_future[1]), in_future[2]
    step = next((one for one in _steps(_entries(root).get("steps")) if one.line == step_line), None)
    if step is None:
        return None
    node = _of_expectation(step, where, cell)
    lines = source.decode("utf-8", "replace").splitlines()
    return Place(node.line, node.column, lines[node.line - 1]) if node.line <= len(lines) else None


def _steps(steps: Node | None) -> Iterator[Node]:
    """The steps, those of futures among them."""
    for step in steps.items if isinstance(steps, ListNode) else ():
        yield step
        for future in _entries(_entries(step).get("branch")).values():
            yield from _steps(future)


def _of_expectation(step: Node, where: str, cell: Cell) -> Node:
    """The node within a step that is spoken of; else its verb, or where it begins."""
    entries = _entries(step)
    if where.startswith("save "):
        return _entries(entries.get("save")).get(where.removeprefix("save "), step)
    if ": " in where:  # of a call that goes with others: `support: status`
        name, _, rest = where.partition(": ")
        parts = entries.get("together")
        for number, part in enumerate(parts.items if isinstance(parts, ListNode) else (), start=1):
            if name in (str(number), *(text for text in [_text(_entries(part).get("id"))] if text)):
                return _of_expectation(part, rest, cell)
    for expect in _expectations(entries.get("expect"), cell):
        found = _follow(expect, where)
        if found is not expect:
            return found
    rest_of_step = [value for key, value in entries.items() if key not in ("id", "save", "expect", "only")]
    return next(iter(rest_of_step), step)


def _expectations(expect: Node | None, cell: Cell) -> list[Node]:
    """What is expected in that cell: of it alone, then of all."""
    entries = _entries(expect)
    chosen = entries.get(cell.get(_text(entries.get("by")), ""))
    return [node for node in (chosen, expect) if node is not None]


def _follow(node: Node, where: str) -> Node:
    """As deep into a node as a dotted path leads; keys may have dots of their own."""
    while where:
        if isinstance(node, ListNode):
            index, _, rest = where.partition(".")
            if not index.isdigit() or int(index) >= len(node.items):
                break
            node, where = node.items[int(index)], rest
            continue
        found = [key for key in _entries(node) if where == key or where.startswith(f"{key}.")]
        if not found:
            break
        key = max(found, key=len)
        node, where = _entries(node)[key], where[len(key) + 1 :]
    return node


def _entries(node: Node | None) -> Mapping[str, Node]:
    return {key.text: value for key, value in node.entries} if isinstance(node, MapNode) else {}


def _text(node: Node | None) -> str:
    return getattr(node, "text", "")
