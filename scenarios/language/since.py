"""Comparison of the books with an earlier moment: `delta: {since: STEP}`, and which step such a name means."""

from mockpsp.scenarios.language.nodes import MapNode, Node, nearest
from mockpsp.scenarios.language.reading import Reader

SINCE = "since"


def without_since(reader: Reader, node: Node) -> tuple[Node, str | None]:
    """The accounts of a delta alone, and the id of the step after which it begins, if one is named."""
    found = (
        next((value for key, value in node.entries if key.text == SINCE), None) if isinstance(node, MapNode) else None
    )
    if found is None or not isinstance(node, MapNode):
        return node, None
    entries = tuple((key, value) for key, value in node.entries if key.text != SINCE)
    return MapNode(entries, node.line, node.column, node.file), _earlier(reader, found)


def _earlier(reader: Reader, node: Node) -> str | None:
    """The id of the step that is meant; one of shared steps may name another of the same file as it stands there."""
    text = reader.text(node, "the id of an earlier step")
    steps = reader.problems.known.steps
    scope = reader.problems.known.step
    while text and scope:
        scope, _, _ = scope.rpartition(".")
        if (step_id := f"{scope}.{text}" if scope else text) in steps:
            return step_id
    if text:
        reader.problems.add(node, f"no earlier step is called {text!r}{nearest(text, steps)}")
    return None
