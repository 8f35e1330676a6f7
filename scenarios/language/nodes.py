"""YAML text as a tree of nodes that keep their text, their place and whether they were quoted.

Nothing is typed here: `NO`, `1e3` and `"12.10"` are all text until reading.py types them. Anchors, aliases, tags, merge
keys, several documents, duplicate keys and files beyond the limits are refused, so a file can neither grow in memory
nor make Python objects. Problems are collected; only broken syntax ends the reading early.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import NoReturn

import yaml

from mockpsp.domain.text.nearest import nearest_name
from mockpsp.scenarios.language import yaml_events
from mockpsp.scenarios.language.errors import Problem
from mockpsp.scenarios.language.known import Known

#: The longest story of the library has 8 KB; PyYAML's own parser reads some 200 KB a second.
SIZE_MAX_BYTES = 256 * 1024
DEPTH_MAX = 32
#: The longest story of the library has some 1,500 values, each key counted; a whole file of them is read in a second.
NODES_MAX = 20_000
#: Who has more to mend sees the rest afterwards.
PROBLEMS_MAX = 100
_WHAT_MAX = 500


@dataclass(frozen=True, slots=True)
class ScalarNode:
    """One scalar as it was written, before any typing."""

    text: str
    is_quoted: bool
    line: int
    column: int
    #: Where it is not of the story's own.
    file: str = ""


@dataclass(frozen=True, slots=True)
class ListNode:
    """A sequence."""

    items: tuple["Node", ...]
    line: int
    column: int
    file: str = ""


@dataclass(frozen=True, slots=True)
class MapNode:
    """A mapping, in the order written, each key once."""

    entries: tuple[tuple[ScalarNode, "Node"], ...]
    line: int
    column: int
    file: str = ""


Node = ScalarNode | ListNode | MapNode


@dataclass(slots=True)
class Problems:
    """Collects what is wrong with one file while it is read, and which names it has."""

    file: str
    known: Known = field(default_factory=Known)
    found: list[Problem] = field(default_factory=list)
    #: What doesn't stand in the way of a replay.
    warnings: list[Problem] = field(default_factory=list)

    def add(self, node: Node, what: str) -> None:
        """Records a problem at the place of `node`; TooManyProblems after the last that is shown."""
        shown = what if len(what) <= _WHAT_MAX else f"{what[:_WHAT_MAX]}... ({len(what)} characters)"
        problem = Problem(node.file or self.file, node.line, node.column, shown)
        if problem in self.found:  # a step that stands for many is wrong once
            return
        self.found.append(problem)
        if len(self.found) == PROBLEMS_MAX:
            rest = f"{PROBLEMS_MAX} problems up to here: the rest of the file is not read before they are mended"
            self.stop(max(self.found), rest)

    def warn(self, node: Node, what: str) -> None:
        """Records what a file that is still being written may have, and a finished one should not."""
        if len(self.warnings) < PROBLEMS_MAX:
            self.warnings.append(Problem(node.file or self.file, node.line, node.column, what, is_warning=True))

    def stop(self, place: "Node | Problem", what: str) -> NoReturn:
        """Records a problem and ends the reading: what would come is too much to be looked at."""
        self.found.append(Problem(place.file or self.file, place.line, place.column, what))
        raise ReadingStopped


class ReadingStopped(Exception):
    """A file is not read any further; why stands among its problems."""


class _TooMuch(Exception):
    """Ends the reading of a file that would end ours; never leaves this module."""

    def __init__(self, place: ScalarNode, what: str) -> None:
        self.place = place
        self.what = what


def parse(source: bytes, problems: Problems) -> Node | None:
    """The one document of `source`, or None when there is nothing to read; problems are added to `problems`."""
    start = ScalarNode("", False, 1, 1)
    if len(source) > SIZE_MAX_BYTES:
        problems.add(start, f"the file has {len(source)} bytes, at most {SIZE_MAX_BYTES} are read")
        return None
    try:
        text = source.decode("utf-8")
    except UnicodeDecodeError as error:
        line = source.count(b"\n", 0, error.start) + 1
        problems.add(ScalarNode("", False, line, 1), "not UTF-8")
        return None
    try:
        return _document(text, problems)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark
        place = ScalarNode("", False, mark.line + 1, mark.column + 1) if mark else start
        problems.add(place, f"not YAML: {error.problem or error.context}")
    except _TooMuch as error:
        problems.add(error.place, error.what)
    except yaml.reader.ReaderError as error:
        line = text.count("\n", 0, error.position) + 1
        problems.add(ScalarNode("", False, line, 1), f"not YAML: {error.reason}")
    return None


def nearest(name: str, known: Iterable[str]) -> str:
    """` (nearest known: x)`, or nothing when no known name is close."""
    found = nearest_name(name, known, cutoff=0.5)
    return f" (nearest known: {found})" if found else ""


def _document(text: str, problems: Problems) -> Node | None:
    events = _counted(yaml_events.events(text, NODES_MAX))
    root: Node | None = None
    documents = 0
    for event in events:
        if isinstance(event, yaml.DocumentStartEvent):
            documents += 1
            if documents > 1:
                problems.add(_place(event), "a second document; a file holds one story")
                break
            root = _node(next(events), events, problems, depth=1)
    return root


def _counted(events: Iterator[yaml.Event]) -> Iterator[yaml.Event]:
    for count, event in enumerate(events):
        if count > NODES_MAX:
            raise _TooMuch(_place(event), f"more than {NODES_MAX} keys, values and brackets; the rest is not read")
        yield event


def _node(event: yaml.Event, events: Iterator[yaml.Event], problems: Problems, *, depth: int) -> Node:
    place = _place(event)
    if depth > DEPTH_MAX:
        raise _TooMuch(place, f"nested deeper than {DEPTH_MAX}")
    if isinstance(event, yaml.AliasEvent):
        problems.add(place, f"the alias *{event.anchor}: aliases are not read, write the value out")
        return ScalarNode("", True, place.line, place.column)
    assert isinstance(event, yaml.ScalarEvent | yaml.SequenceStartEvent | yaml.MappingStartEvent), event
    if event.anchor is not None:
        problems.add(place, f"the anchor &{event.anchor}: anchors are not read")
    if event.tag is not None:
        problems.add(place, f"the tag {event.tag}: tags are not read")
    if isinstance(event, yaml.ScalarEvent):
        return ScalarNode(event.value, bool(event.style), place.line, place.column)
    if isinstance(event, yaml.SequenceStartEvent):
        return ListNode(_items(events, problems, depth=depth), place.line, place.column)
    return MapNode(_entries(events, problems, depth=depth), place.line, place.column)


def _items(events: Iterator[yaml.Event], problems: Problems, *, depth: int) -> tuple[Node, ...]:
    items: list[Node] = []
    for event in events:
        if isinstance(event, yaml.SequenceEndEvent):
            break
        items.append(_node(event, events, problems, depth=depth + 1))
    return tuple(items)


def _entries(events: Iterator[yaml.Event], problems: Problems, *, depth: int) -> tuple[tuple[ScalarNode, Node], ...]:
    entries: dict[str, tuple[ScalarNode, Node]] = {}
    for event in events:
        if isinstance(event, yaml.MappingEndEvent):
            break
        key = _node(event, events, problems, depth=depth + 1)
        value = _node(next(events), events, problems, depth=depth + 1)
        if not isinstance(key, ScalarNode):
            problems.add(key, "a key is one word, not a list or a mapping")
        elif key.text == "<<" and not key.is_quoted:
            problems.add(key, "merge keys are not read, write the values out")
        elif key.text in entries:
            problems.add(key, f"the key {key.text!r} stands here twice (first on line {entries[key.text][0].line})")
        else:
            entries[key.text] = (key, value)
    return tuple(entries.values())


def _place(event: yaml.Event) -> ScalarNode:
    mark = event.start_mark
    assert mark is not None, event
    return ScalarNode("", False, mark.line + 1, mark.column + 1)
