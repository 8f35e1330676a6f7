"""`${name}`: what may be put into a text, where names are used and made, and whether every use has a maker.

The only template there is. A text that is one `${name}` and nothing else becomes the saved value itself, of whatever
type; inside a longer text the value is written out.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from mockpsp.scenarios.language.errors import NothingSaved
from mockpsp.scenarios.language.model import Cell, Json
from mockpsp.scenarios.language.nodes import PROBLEMS_MAX, Node, Problems, ScalarNode, nearest

NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]*")
#: What may stand in a placeholder: a name, or a column of a table in the matrix.
_USED = re.compile(r"[A-Za-z][A-Za-z0-9_]*(\.[A-Za-z][A-Za-z0-9_]*)?")
#: The user's own application, and in a receiver's handler the event that it is told of.
APP, EVENT_ID = "app", "event_id"
#: What pays at the PSP of a call whose body names it; made for the call.
SOURCE = "source"
_PLACEHOLDER = re.compile(r"\$\{([^{}]*)\}")


@dataclass(slots=True)
class NameLog:
    """Names that one part of a step uses and makes, each with its place, in the order written."""

    entries: list[tuple[str, Node, bool]] = field(default_factory=list)

    def use(self, name: str, node: Node) -> None:
        """The value of `name` is asked for here."""
        self.entries.append((name, node, False))

    def make(self, name: str, node: Node) -> None:
        """A value is saved under `name` here."""
        self.entries.append((name, node, True))


@dataclass(frozen=True, slots=True)
class StepNames:
    """The names of a step in the order it deals with them: its action, what it saves, what it expects."""

    only: Mapping[str, tuple[str, ...]]
    action: NameLog
    expect: NameLog
    by: str | None
    expect_by_value: Mapping[str, NameLog]
    #: The steps of each future, which know what was saved before them and among them.
    futures: tuple[tuple["StepNames", ...], ...] = ()
    #: Names saved in futures that are compared.
    compared: frozenset[str] = frozenset()

    def logs_in(self, cell: Cell) -> Iterable[NameLog]:
        """The parts that count in a cell; none when the step doesn't run there."""
        if any(cell.get(axis) not in values for axis, values in self.only.items()):
            return ()
        chosen = self.expect_by_value.get(cell.get(self.by, "")) if self.by else None
        return (self.action, self.expect, chosen) if chosen else (self.action, self.expect)

    def logs(self) -> Iterable[NameLog]:
        """The parts for every cell there is."""
        return (self.action, self.expect, *self.expect_by_value.values())


def read_placeholders(node: ScalarNode, log: NameLog, problems: Problems) -> None:
    """Logs every `${name}` in a scalar as used; a malformed one is a problem."""
    for name in _PLACEHOLDER.findall(node.text):
        if _USED.fullmatch(name):
            log.use(name, node)
        else:
            problems.add(node, f"${{{name}}} isn't a name: letters, digits and _ only, and no expressions")
    if "${" in _PLACEHOLDER.sub("", node.text):
        problems.add(node, "a ${ without its }")


def is_placeholder(node: Node) -> bool:
    """Whether a node is one `${name}`, a minus before it or not, and nothing else."""
    return isinstance(node, ScalarNode) and bool(_PLACEHOLDER.fullmatch(node.text.removeprefix("-")))


def without_placeholders(text: str) -> str:
    """`text` with a letter for each `${name}`."""
    return _PLACEHOLDER.sub("x", text)


def fill(value: Json, names: Mapping[str, Json]) -> Json:
    """`value` with every `${name}` replaced, in all texts and keys."""
    if isinstance(value, list):
        return [fill(item, names) for item in value]
    if isinstance(value, dict):
        return {fill_text(key, names): fill(item, names) for key, item in value.items()}
    if not isinstance(value, str) or "${" not in value:
        return value
    whole = _PLACEHOLDER.fullmatch(value)
    if whole:
        return _value(whole[1], names)
    return fill_text(value, names)


def fill_text(text: str, names: Mapping[str, Json]) -> str:
    """`text` with every `${name}` written out."""
    return _PLACEHOLDER.sub(lambda found: str(_value(found[1], names)), text)


def _value(name: str, names: Mapping[str, Json]) -> Json:
    """What stands for `${name}`; NothingSaved where only steps would have saved it that don't run at this PSP."""
    if name not in names:
        raise NothingSaved(name)
    return names[name]


def check_names(
    steps: Sequence[StepNames], cells: Iterable[Cell], given: Iterable[str], problems: Problems, handlers: NameLog
) -> None:
    """Every name is made before it is used, in every cell; a saved name that no cell uses is warned of.

    `given` are the names there from the start (matrix axes, receivers). `handlers` use names whenever a webhook comes.
    """
    everywhere = tuple(_with_futures(steps))
    made = {name for step in everywhere for log in step.logs() for name, _, is_made in log.entries if is_made}
    used = {name for name, _, _ in handlers.entries}
    for name, node, _ in handlers.entries:
        if name not in (known := {*made, *given, EVENT_ID}):
            problems.add(node, f"${{{name}}} is not saved anywhere{nearest(name, known)}")
    missing: dict[tuple[str, int, int], tuple[Node, str]] = {}
    for step in everywhere:
        used |= step.compared
    for cell in _cells_that_differ(everywhere, cells):
        for name, node, known in _uses(steps, cell, set(given)):
            used.add(name)
            if name not in known:
                # A mistake in the part all cells share is one problem, not one a cell.
                place = (name, node.line, node.column)
                if place not in missing and len(missing) < PROBLEMS_MAX:
                    missing[place] = (node, nearest(name, known))
        if len(missing) >= PROBLEMS_MAX:
            break
    for (name, _, _), (node, hint) in missing.items():
        problems.add(node, f"${{{name}}} is not saved before this{hint}")
    for name, node, is_made in (entry for step in everywhere for log in step.logs() for entry in log.entries):
        if is_made and name not in used and not node.file:  # shared steps offer what not everybody takes
            problems.warn(node, f"{name} is saved but never used")


def _with_futures(steps: Iterable[StepNames]) -> Iterator[StepNames]:
    for step in steps:
        yield step
        for future in step.futures:
            yield from _with_futures(future)


def _uses(steps: Iterable[StepNames], cell: Cell, known: set[str]) -> Iterator[tuple[str, Node, set[str]]]:
    """Each use of a name with the names there are by then; what a future saves is its own."""
    for step in steps:
        for place, log in enumerate(step.logs_in(cell)):
            if place == 1:
                for future in step.futures:
                    yield from _uses(future, cell, set(known))
            for name, node, is_made in log.entries:
                if is_made:
                    known.add(name)
                else:
                    yield name, node, known


def _cells_that_differ(steps: Sequence[StepNames], cells: Iterable[Cell]) -> Iterable[Cell]:
    """One cell of each kind that some step tells from the others."""
    axes = sorted({axis for step in steps for axis in step.only} | {step.by for step in steps if step.by})
    return {tuple(cell.get(axis) for axis in axes): cell for cell in cells}.values()
