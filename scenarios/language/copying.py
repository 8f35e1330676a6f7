"""A story's copy in another folder, with the files of shared steps that it uses, which it then finds below itself.

`use: ../shared/pay.yaml` of a built-in story becomes `use: shared/pay.yaml`, since files are looked for below a story's
own folder. Nothing is written here.
"""

from collections.abc import Iterator
from pathlib import Path, PurePosixPath

from mockpsp.scenarios.language.branching import BRANCH
from mockpsp.scenarios.language.library import LIBRARY, is_built_in
from mockpsp.scenarios.language.nodes import ListNode, MapNode, Node, Problems, ScalarNode, parse
from mockpsp.scenarios.language.shared_files import find
from mockpsp.scenarios.language.unfolding import USE


def copied(story: Path) -> tuple[str, dict[str, str]]:
    """The text of a story that has been checked, and by path, seen from its copy, those of the files that it uses."""
    root = LIBRARY if is_built_in(story) else story.parent
    beside: dict[str, str] = {}
    return _copied(story, PurePosixPath("."), root, beside), beside


def _copied(file: Path, folder: PurePosixPath, root: Path, beside: dict[str, str]) -> str:
    source = file.read_bytes()
    lines = source.decode("utf-8").splitlines(keepends=True)
    for node in _uses(parse(source, Problems(str(file)))):
        below = "/".join(part for part in PurePosixPath(node.text).parts if part != "..")
        line = lines[node.line - 1]
        lines[node.line - 1] = line[: node.column - 1] + line[node.column - 1 :].replace(node.text, below, 1)
        if str(folder / below) not in beside:
            beside[str(folder / below)] = ""  # it is on its way, should it come to itself again
            text = _copied(find(node.text, file, root), (folder / below).parent, root, beside)
            beside[str(folder / below)] = text
    return "".join(lines)


def _uses(root: Node | None) -> Iterator[ScalarNode]:
    """Where steps name a file, last things of a line first, so that what is put in moves nothing else."""
    yield from sorted(_of_steps(_entries(root).get("steps")), key=lambda one: (one.line, -one.column))


def _of_steps(steps: Node | None) -> Iterator[ScalarNode]:
    for step in steps.items if isinstance(steps, ListNode) else ():
        entries = _entries(step)
        if isinstance(used := entries.get(USE), ScalarNode):
            yield used
        for future in _entries(entries.get(BRANCH)).values():
            yield from _of_steps(future)


def _entries(node: Node | None) -> dict[str, Node]:
    return {key.text: value for key, value in node.entries} if isinstance(node, MapNode) else {}
