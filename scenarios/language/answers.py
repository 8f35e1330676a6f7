"""What a step says of an answer, held against what its route answers: keys, words, and where something is saved from.

A key that is expected to be absent may be any. Under a matcher of a list stands what its items are like.
"""

from collections.abc import Iterator, Mapping

from mockpsp.scenarios.language import known
from mockpsp.scenarios.language.list_matching import LENGTH, LIST_MATCHERS
from mockpsp.scenarios.language.matching import CLOSED
from mockpsp.scenarios.language.nodes import ListNode, MapNode, Node, ScalarNode, nearest
from mockpsp.scenarios.language.reading import Reader

_ABSENT = "$absent"


def check_answer(reader: Reader, options: Mapping[str, Node], route: known.Route) -> None:
    """Report what the options of a call expect or save of its answer that no answer of the route has."""
    shape = known.answer_of(route.name)
    if shape is None:
        return
    where = f"the answer of {route.shown}"
    for body in _bodies(options.get("expect")):
        check_like(reader, body, shape, where)
    save = options.get("save")
    for _, path in save.entries if isinstance(save, MapNode) else ():
        if isinstance(path, ScalarNode):
            _check_path(reader, path, shape, where)


def check_like(reader: Reader, node: Node, shape: known.Shape, where: str) -> None:
    """Report keys of a pattern that its shape has not, and words that are not among its words."""
    shape = known.shape_of(shape)
    if isinstance(node, ListNode):
        for item in node.items:
            check_like(reader, item, shape, where)
    elif isinstance(node, MapNode):
        for name, value in node.entries:
            _check_entry(reader, name, value, shape, where)
    elif isinstance(shape, list) and _is_word(node) and node.text not in shape:
        words = f"there are {', '.join(shape)}{nearest(node.text, shape)}"
        reader.problems.add(node, f"{where} has no {node.text[:80]!r} here: {words}")


def _check_entry(reader: Reader, name: ScalarNode, value: Node, shape: known.Shape, where: str) -> None:
    if name.text in LIST_MATCHERS and name.text != LENGTH:
        check_like(reader, value, shape, where)
    elif name.text.startswith("$") or name.text == CLOSED or not isinstance(shape, Mapping) or _is_absent(value):
        return
    elif name.text not in shape:
        reader.problems.add(name, f"{where} has no {name.text[:80]!r} here{nearest(name.text, shape)}")
    else:
        check_like(reader, value, shape[name.text], where)


def _is_word(node: ScalarNode) -> bool:
    return node.text != "" and "${" not in node.text and (node.is_quoted or node.text != "null")


def _is_absent(value: Node) -> bool:
    return isinstance(value, MapNode) and [name.text for name, _ in value.entries] == [_ABSENT]


def _check_path(reader: Reader, node: ScalarNode, shape: known.Shape, where: str) -> None:
    """A path such as `transaction.operations.0.id`; a number picks from a list."""
    for part in node.text.split("."):
        shape = known.shape_of(shape)
        if part.isdigit() or "${" in part:
            continue
        if not isinstance(shape, Mapping):
            return
        if part not in shape:
            reader.problems.add(node, f"{where} has no {node.text[:80]!r}: {part!r}{nearest(part, shape)}")
            return
        shape = shape[part]


def _bodies(expect: Node | None) -> Iterator[Node]:
    """Each `body` that a step expects, in whatever cell."""
    if not isinstance(expect, MapNode):
        return
    by_value = [value for _, value in expect.entries if isinstance(value, MapNode)]
    for node in (expect, *by_value):
        if node is not expect and any(name.text == "body" and value is node for name, value in expect.entries):
            continue  # what a body has under `body` is no body
        yield from (value for name, value in node.entries if name.text == "body")
