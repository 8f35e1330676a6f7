"""Files of shared steps, as `use` names them: where they may be, and what is in one before anything is put in.

Such a file says what it `takes`; a story doesn't, and is told from it by that. Its steps are checked
where they are used, with what is given there.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

from mockpsp.scenarios.language.names import NAME
from mockpsp.scenarios.language.nodes import SIZE_MAX_BYTES, ListNode, MapNode, Node, Problems, ScalarNode, parse
from mockpsp.scenarios.language.reading import Reader

KEYS = ("format", "name", "takes", "steps")
TAKES = "takes"
SUFFIXES = (".yaml", ".yml")
_TAKES = re.compile(rb"^takes:", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class SharedSteps:
    """The steps of a file; what it takes, each with what stands for it where nothing is given (None: it must be)."""

    path: Path
    steps: tuple[Node, ...] = ()
    takes: dict[str, Node | None] = field(default_factory=dict)


def is_shared(path: Path) -> bool:
    """Whether a file says that it takes something, and so is none to replay by itself."""
    if not path.is_file():  # a pipe would be waited for
        return False
    try:
        with path.open("rb") as file:
            return _TAKES.search(file.read(SIZE_MAX_BYTES)) is not None
    except OSError:
        return False


def find(text: str, user: Path, root: Path) -> Path:
    """The file that `use: text` means in the file `user`; ValueError for one that isn't there or isn't below `root`."""
    wanted = user.parent / text
    if Path(text).is_absolute() or Path(text).suffix not in SUFFIXES:
        raise ValueError(f"{text!r} is no path such as shared/pay.yaml, seen from {user.name}")
    try:
        found = wanted.resolve()
        is_inside, is_there = found.is_relative_to(root.resolve()), found.is_file()
    except (OSError, ValueError) as error:
        raise ValueError(f"{text!r} can't be looked for: {error}") from error
    if not is_inside:
        raise ValueError(f"{text!r} leaves the folder of the story, {root}; keep shared steps below it")
    if not is_there:
        raise ValueError(f"there is no file {wanted}")
    return found


def read(found: Path, shown: Path, problems: Problems) -> SharedSteps:
    """What is in a file; what is wrong with it is added to `problems`, with its places there."""
    own = Problems(str(shown))
    try:
        with found.open("rb") as file:
            root = parse(file.read(SIZE_MAX_BYTES + 1), own)
    except OSError as error:
        own.add(ScalarNode("", False, 1, 1), f"can't be read: {error.strerror}")
        root = None
    problems.found.extend(own.found)
    if root is None:
        return SharedSteps(shown)
    reader = Reader(problems)
    fields = reader.fields(_placed(root, str(shown)), "a file of shared steps", KEYS, needed=("takes", "steps"))
    if "format" in fields and reader.text(fields["format"], "the format") not in ("", "1"):
        problems.add(fields["format"], "format 1 is the only one there is")
    takes: dict[str, Node | None] = {}
    for name, value in reader.entries(fields[TAKES], TAKES) if TAKES in fields else ():
        if not NAME.fullmatch(name.text) or name.text == "n":
            problems.add(
                name, f"{name.text!r} can't be taken: letters, digits and _ only, and not n, which repeat counts"
            )
        is_needed = isinstance(value, ScalarNode) and not value.is_quoted and value.text == "null"
        takes[name.text] = None if is_needed else value
    steps = reader.items(fields["steps"], "steps") if "steps" in fields else ()
    return SharedSteps(shown, steps, takes)


def saves(step: Node) -> Iterator[ScalarNode]:
    """Where a step saves something under a name, wherever in it."""
    for key, value in step.entries if isinstance(step, MapNode) else ():
        if key.text == "save" and isinstance(value, MapNode):
            yield from (name for name, _ in value.entries)
        elif key.text == "together" and isinstance(value, ListNode):
            for part in value.items:
                yield from saves(part)
        elif key.text == "branch" and isinstance(value, MapNode):
            for _, future in value.entries:
                for part in future.items if isinstance(future, ListNode) else ():
                    yield from saves(part)
        elif key.text == "expect":
            yield from _saves_of_expect(value)


def _saves_of_expect(node: Node) -> Iterator[ScalarNode]:
    for item in node.items if isinstance(node, ListNode) else ():
        yield from _saves_of_expect(item)
    for key, value in node.entries if isinstance(node, MapNode) else ():
        if key.text == "$save" and isinstance(value, ScalarNode):
            yield value
        else:
            yield from _saves_of_expect(value)


def _placed(node: Node, file: str) -> Node:
    """The node and all in it, which say what file they are of."""
    if isinstance(node, ScalarNode):
        return replace(node, file=file)
    if isinstance(node, ListNode):
        return ListNode(tuple(_placed(item, file) for item in node.items), node.line, node.column, file)
    entries = tuple((replace(key, file=file), _placed(value, file)) for key, value in node.entries)
    return MapNode(entries, node.line, node.column, file)
