"""The bodies of calls, held against what their routes take: keys, words to choose from, and names (known.py).

A key is checked whatever the step expects, since ProcessOut's routes pass over unknown ones, and a refusal for another
reason than the one meant proves nothing. A value is not where a step expects a refusal: it may be wrong on purpose.
"""

from collections.abc import Mapping

from mockpsp.scenarios.language import known
from mockpsp.scenarios.language.answers import check_answer
from mockpsp.scenarios.language.nodes import ListNode, MapNode, Node, ScalarNode, nearest
from mockpsp.scenarios.language.reading import Reader


def check_call(reader: Reader, node: Node, options: Mapping[str, Node], *, method: str, path: str) -> None:
    """Report a call to no route, and what its route doesn't take of its body; notes the PSPs that it makes."""
    wrong = known.unknown_route(method, path)
    if wrong:
        reader.problems.add(node, wrong)
        return
    route = known.find_route(method, path)
    assert route is not None, "it is known"
    if wrong := known.unknown_query(route.name, path):
        reader.problems.add(node, wrong)
    check_answer(reader, options, route)
    if isinstance(via := options.get("via"), ScalarNode):
        reader.check_named("psp", via, via.text)
    _note_psps(reader, route.name, path, options.get("body"))
    if "body" not in options:
        return
    is_refused = expects_refusal(options)
    if route.keys is not None:
        check_keys(reader, options["body"], route.keys, f"the body of {route.shown}", is_refused=is_refused)
    if not is_refused:
        check_named(reader, options["body"], route.name)


def check_keys(reader: Reader, node: Node, keys: known.Keys, wanted: str, *, is_refused: bool) -> None:
    """Report keys that aren't among the known ones, and texts that aren't among the words where words are to choose."""
    if isinstance(node, ListNode):
        for item in node.items:
            check_keys(reader, item, keys, wanted, is_refused=is_refused)
    for name, value in node.entries if isinstance(node, MapNode) else ():
        if "${" in name.text:
            continue
        if name.text not in keys:
            reader.problems.add(name, f"unknown key {name.text!r} in {wanted}{nearest(name.text, keys)}")
            continue
        inner = keys[name.text]
        if isinstance(inner, Mapping):
            check_keys(reader, value, inner, wanted, is_refused=is_refused)
        elif inner is not None and not is_refused and isinstance(value, ScalarNode) and _is_word(value):
            wrong = known.unknown_word(value.text, name.text, inner)
            if wrong:
                reader.problems.add(value, wrong)


def expects_refusal(options: Mapping[str, Node]) -> bool:
    """Whether a step expects a status from 400 on, in some cell."""
    expect = options.get("expect")
    if not isinstance(expect, MapNode):
        return False
    by_value = [value for _, value in expect.entries if isinstance(value, MapNode)]
    entries = [entry for node in (expect, *by_value) for entry in node.entries]
    statuses = [value.text for name, value in entries if name.text == "status" and isinstance(value, ScalarNode)]
    return any(status[:1] in ("4", "5") for status in statuses)


def check_named(reader: Reader, node: Node, route: str, path: str = "") -> None:
    """Report texts in the body of a route that name something that there isn't; placeholders may stand for any."""
    if isinstance(node, ListNode):
        for item in node.items:
            check_named(reader, item, route, path)
    elif isinstance(node, MapNode):
        for name, value in node.entries:
            check_named(reader, value, route, f"{path}.{name.text}" if path else name.text)
    elif _is_word(node) and (kind := known.named_at(route, path)):
        reader.check_named(kind, node, node.text)


def _note_psps(reader: Reader, route: str, path: str, body: Node | None) -> None:
    """A call may make a PSP, or a configuration of one, by whose name others go then."""
    names = reader.problems.known
    if route == known.OWN_PSP:
        names.psps.append(path.rpartition("/")[2])
    if route == known.CONFIGURATIONS:
        given = {name.text: value for name, value in body.entries} if isinstance(body, MapNode) else {}
        names.psps += [value.text for value in given.values() if isinstance(value, ScalarNode)]
    names.has_unknown_psps |= any("${" in name for name in names.psps)


def _is_word(node: ScalarNode) -> bool:
    """Whether it is a text that stands for itself; null and an empty one are as good as nothing."""
    return "${" not in node.text and (node.is_quoted or node.text != "null") and node.text != ""
