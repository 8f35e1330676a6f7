"""Steps that stand for others: `repeat: N` is the step N times, `use: FILE` the steps of another file.

Both are unfolded before steps are read, so that nothing else knows of them: what is given, `${n}` and the names that
shared steps keep to themselves are put in as text, and what is wrong is told at the place where it was written.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from mockpsp.scenarios.language.library import LIBRARY, is_built_in
from mockpsp.scenarios.language.names import APP, SOURCE
from mockpsp.scenarios.language.nodes import NODES_MAX, ListNode, MapNode, Node, Problems, ScalarNode, nearest
from mockpsp.scenarios.language.reading import Reader
from mockpsp.scenarios.language.shared_files import SharedSteps, find, read, saves

REPEAT, USE, WITH = "repeat", "use", "with"
#: What `repeat` counts by, from 1.
NUMBER = "n"
USE_KEYS = (USE, WITH, "save", "id", "only", REPEAT)
REPEAT_MAX = 100
#: Files that use each other, one below the other.
USES_MAX = 8
STEPS_MAX = 500
_PLACEHOLDER = re.compile(r"\$\{([^{}]*)\}")
_NOT_OF_NAMES = re.compile(r"[^A-Za-z0-9_]")

#: A step, and what it is called where it has no id.
Unfolded = tuple[Node, str]


def unfold(items: Sequence[Node], story: Path, problems: Problems) -> list[Unfolded]:
    """All steps that those of a story come to; files are looked for below its folder, for built-in ones in theirs."""
    root = LIBRARY if is_built_in(story) else story.parent
    return list(_Unfolding(problems, root).steps(items, (story,), (), ""))


class _Unfolding:
    """One story's: the files that were read for it, and how much it has come to."""

    def __init__(self, problems: Problems, root: Path) -> None:
        self._problems = problems
        self._root = root
        self._files: dict[Path, SharedSteps] = {}
        self._steps_count = 0
        self._nodes_count = 0

    def steps(
        self, items: Sequence[Node], shown: tuple[Path, ...], chain: tuple[Path, ...], prefix: str
    ) -> Iterator[Unfolded]:
        """The steps of one file; `shown` and `chain` are the files that use each other down to it, as written and as
        they are; `prefix` stands before its ids."""
        for index, item in enumerate(items, start=1):
            own_id = _text(item, "id")
            name = prefix + (own_id or f"step-{index}")
            for step, step_id in self._repeated(item, name):
                if _value(step, USE) is not None:
                    yield from self._used(step, step_id, shown, chain)
                    continue
                self._steps_count += 1
                if self._steps_count > STEPS_MAX:
                    self._problems.stop(item, f"{STEPS_MAX} steps up to here, at most as many are replayed")
                yield (_with_id(step, step_id) if own_id else step), step_id

    def _repeated(self, step: Node, step_id: str) -> Iterator[Unfolded]:
        times = _value(step, REPEAT)
        if times is None or not isinstance(step, MapNode):
            yield step, step_id
            return
        count = Reader(self._problems).integer(times, "how often a step is repeated", low=1, high=REPEAT_MAX)
        once = _without(step, REPEAT)
        for number in range(1, count + 1):
            value = ScalarNode(str(number), False, times.line, times.column, times.file)
            filled_id = step_id.replace(f"${{{NUMBER}}}", value.text)
            yield self._filled(once, {NUMBER: value}, {}), filled_id if filled_id != step_id else f"{step_id}-{number}"

    def _used(self, step: Node, step_id: str, shown: tuple[Path, ...], chain: tuple[Path, ...]) -> Iterator[Unfolded]:
        reader = Reader(self._problems)
        fields = reader.fields(step, "a step that does use", USE_KEYS)
        text = reader.text(fields[USE], "a file such as shared/pay.yaml,")
        path = self._path(fields[USE], text, shown, chain)
        if path is None:
            return
        if path not in self._files:
            self._files[path] = read(path, shown[-1].parent / text, self._problems)
        file = self._files[path]
        saved = {name.text: name for inner in file.steps for name in saves(inner)}
        renamed = {name: f"{name}_of_{_NOT_OF_NAMES.sub('_', step_id)}" for name in saved}
        places: dict[str, Node] = {}
        for name, inner in reader.entries(fields["save"], "save") if "save" in fields else ():
            wanted = reader.choice(inner, f"name saved in {file.path.name}", saved)
            if wanted:
                renamed[wanted], places[name.text] = name.text, name
        given = self._given(reader, step, fields.get(WITH), file)
        known = {*file.takes, *saved, SOURCE, APP, NUMBER}
        steps = [self._inner(inner, given, renamed, places, known, fields.get("only")) for inner in file.steps]
        yield from self.steps(steps, (*shown, file.path), (*chain, path), f"{step_id}.")

    def _path(self, node: Node, text: str, shown: tuple[Path, ...], chain: tuple[Path, ...]) -> Path | None:
        if not text:
            return None
        try:
            path = find(text, Path(node.file) if node.file else shown[-1], self._root)
        except ValueError as error:
            self._problems.add(node, f"use: {error}")
            return None
        if path in chain or path == shown[0].resolve():
            told = " uses ".join(one.name for one in (*shown, path))
            self._problems.add(node, f"use: {path.name} comes to itself again: {told}")
            return None
        if len(chain) >= USES_MAX:
            self._problems.add(node, f"use: files use each other at most {USES_MAX} deep")
            return None
        return path

    def _given(self, reader: Reader, step: Node, node: Node | None, file: SharedSteps) -> dict[str, Node]:
        """What stands for each name that a file takes."""
        entries = reader.fields(node, f"with of {file.path.name}", tuple(file.takes)) if node is not None else {}
        missing = [name for name, default in file.takes.items() if default is None and name not in entries]
        if missing:
            self._problems.add(step, f"use: {file.path.name} takes {' and '.join(missing)}; give it by `with`")
        defaults = {name: default for name, default in file.takes.items() if default is not None}
        return {**defaults, **entries}

    def _inner(
        self,
        step: Node,
        given: Mapping[str, Node],
        renamed: Mapping[str, str],
        places: Mapping[str, Node],
        known: set[str],
        only: Node | None,
    ) -> Node:
        """A step of a file as it is where the file is used."""
        self._check_names(step, known)
        found = self._filled(_saving_as(step, renamed, places), given, renamed)
        if only is None or not isinstance(found, MapNode) or not isinstance(only, MapNode):
            return found if only is None or not isinstance(found, MapNode) else _with(found, "only", only)
        own = _value(found, "only")
        if not isinstance(own, MapNode):
            return _with(found, "only", only)
        for key, _ in own.entries:
            if any(key.text == other.text for other, _ in only.entries):
                self._problems.add(key, f"only: where this file is used, {key.text} is chosen already")
        return _with(_without(found, "only"), "only", replace(only, entries=(*only.entries, *own.entries)))

    def _check_names(self, node: Node, known: set[str]) -> None:
        """A file sees what it takes and saves, and nothing of who uses it."""
        if isinstance(node, ScalarNode):
            for name in _PLACEHOLDER.findall(node.text):
                if name not in known:
                    hint = nearest(name, known)
                    self._problems.add(node, f"${{{name}}} is neither taken nor saved in this file{hint}")
        for item in node.items if isinstance(node, ListNode) else ():
            self._check_names(item, known)
        for key, value in node.entries if isinstance(node, MapNode) else ():
            self._check_names(key, known)
            self._check_names(value, known)

    def _filled(self, node: Node, values: Mapping[str, Node], renamed: Mapping[str, str]) -> Node:
        """The node with values and names put in: a text that is nothing else than a value becomes that value."""
        self._nodes_count += 1
        if self._nodes_count > 2 * NODES_MAX:
            self._problems.stop(node, f"steps that are used and repeated come to more than {2 * NODES_MAX} values")
        if isinstance(node, ListNode):
            return replace(node, items=tuple(self._filled(item, values, renamed) for item in node.items))
        if isinstance(node, MapNode):
            entries = (
                (self._text(key, values, renamed), self._filled(value, values, renamed)) for key, value in node.entries
            )
            return replace(node, entries=tuple(entries))
        whole = _PLACEHOLDER.fullmatch(node.text)
        if whole and whole[1] in values and whole[1] != NUMBER:
            return values[whole[1]]
        return self._text(node, values, renamed)

    def _text(self, node: ScalarNode, values: Mapping[str, Node], renamed: Mapping[str, str]) -> ScalarNode:
        if "${" not in node.text:
            return node

        def put(found: re.Match[str]) -> str:
            value = values.get(found[1])
            if isinstance(value, ScalarNode):
                return value.text
            if value is not None:
                self._problems.add(node, f"{found[0]} is a list or a mapping here, and stands in a text")
            return f"${{{renamed.get(found[1], found[1])}}}"

        return replace(node, text=_PLACEHOLDER.sub(put, node.text))


def _saving_as(step: Node, renamed: Mapping[str, str], places: Mapping[str, Node]) -> Node:
    """A step whose saved names are those of who uses it, at the place where that names them."""
    if not isinstance(step, MapNode):
        return step

    def name_as(key: ScalarNode) -> ScalarNode:
        name = renamed.get(key.text, key.text)
        place = places.get(name, key)
        return ScalarNode(name, key.is_quoted, place.line, place.column, place.file)

    def in_expect(node: Node) -> Node:
        if isinstance(node, ListNode):
            return replace(node, items=tuple(in_expect(item) for item in node.items))
        if not isinstance(node, MapNode):
            return node
        entries = (
            (key, name_as(value))
            if key.text in ("$save", "$same_as") and isinstance(value, ScalarNode)
            else (key, in_expect(value))
            for key, value in node.entries
        )
        return replace(node, entries=tuple(entries))

    entries: list[tuple[ScalarNode, Node]] = []
    for key, value in step.entries:
        changed: Node = value
        if key.text == "save" and isinstance(value, MapNode):
            changed = replace(value, entries=tuple((name_as(name), path) for name, path in value.entries))
        elif key.text == "together" and isinstance(value, ListNode):
            changed = replace(value, items=tuple(_saving_as(part, renamed, places) for part in value.items))
        elif key.text == "branch" and isinstance(value, MapNode):
            changed = replace(
                value, entries=tuple((name, _future_as(one, renamed, places)) for name, one in value.entries)
            )
        elif key.text == "expect":
            changed = in_expect(value)
        entries.append((key, changed))
    return replace(step, entries=tuple(entries))


def _future_as(steps: Node, renamed: Mapping[str, str], places: Mapping[str, Node]) -> Node:
    if not isinstance(steps, ListNode):
        return steps
    return replace(steps, items=tuple(_saving_as(step, renamed, places) for step in steps.items))


def _value(node: Node, key: str) -> Node | None:
    entries = node.entries if isinstance(node, MapNode) else ()
    return next((value for name, value in entries if name.text == key), None)


def _text(node: Node, key: str) -> str:
    value = _value(node, key)
    return value.text if isinstance(value, ScalarNode) else ""


def _without(node: MapNode, key: str) -> MapNode:
    return replace(node, entries=tuple(entry for entry in node.entries if entry[0].text != key))


def _with(node: MapNode, key: str, value: Node) -> MapNode:
    return replace(node, entries=(*node.entries, (ScalarNode(key, False, value.line, value.column, value.file), value)))


def _with_id(node: Node, step_id: str) -> Node:
    """The node called so, at the place of its own id."""
    own = _value(node, "id")
    if not isinstance(node, MapNode) or not isinstance(own, ScalarNode) or own.text == step_id:
        return node
    return _with(_without(node, "id"), "id", replace(own, text=step_id))
