"""`only: {can: ...}`: which PSPs a story, or a step of it, is for, by what they can do.

`can` names facts of a profile, each with the value or the values that will do: `can: {partial_capture: [once, many]}`.
A fact that is a list (methods, currencies) will do if one of the values is in it. Whose facts: those of the PSP that a
story is told at (`psp` of the matrix, else `sandbox`). Which facts there are is the catalog's.
"""

from collections.abc import Mapping
from typing import Any, TypeAlias, cast

from mockpsp.catalog import CatalogError
from mockpsp.catalog.facts import ASKED, LISTED, facts_of, value_of
from mockpsp.scenarios.language.errors import ReplayError
from mockpsp.scenarios.language.model import Capabilities, Json
from mockpsp.scenarios.language.nodes import ListNode, Node, nearest
from mockpsp.scenarios.language.reading import Reader

CAN = "can"

#: What a PSP can do, fact -> value; None: not known, and everything will do.
Facts: TypeAlias = Mapping[str, Json]


def read_capabilities(reader: Reader, node: Node) -> dict[str, tuple[Json, ...]]:
    """Fact -> the values that will do, each as the server shows it."""
    found: dict[str, tuple[Json, ...]] = {}
    for name, value in reader.entries(node, CAN):
        fact = name.text
        if fact not in ASKED:
            reader.problems.add(name, f"PSPs have no fact {fact!r}{nearest(fact, ASKED)}")
            continue
        items = reader.items(value, "values") if isinstance(value, ListNode) else (value,)
        found[fact] = tuple(_value(reader, fact, item) for item in items)
    if not found and not reader.problems.found:
        reader.problems.add(node, "can is empty: name a fact, such as {partial_capture: [once, many]}")
    return found


def unmet(can: Capabilities, facts: Facts | None) -> str:
    """What a PSP lacks of it, in words with the fact's name; empty if it will do."""
    if facts is None:
        return ""
    for fact, values in can.items():
        if not _meets(fact, facts[fact], values):
            wanted = " or ".join(map(_word, values))
            return f"{fact}: {wanted} is needed here, and it has {fact}: {_word(facts[fact])}"
    return ""


def facts_shown(profile: object) -> Facts:
    """The facts in what the server shows of a profile."""
    try:
        return facts_of(cast("dict[str, Any]", profile))
    except (KeyError, TypeError, AttributeError) as error:
        raise ReplayError(f"GET /sandbox/psps: a profile without {error}") from error


def _value(reader: Reader, fact: str, node: Node) -> Json:
    before = len(reader.problems.found)
    shown = reader.json(node)
    if len(reader.problems.found) > before:
        return None
    try:
        return cast("Json", value_of(fact, shown))
    except CatalogError as error:
        reader.problems.add(node, str(error))
        return None


def _meets(fact: str, value: Json, wanted: tuple[Json, ...]) -> bool:
    if fact not in LISTED:
        return value in wanted
    # A PSP that names no currencies takes any.
    return value is None or (isinstance(value, list) and any(one in value for one in wanted))


def _word(value: Json) -> str:
    """A value as a profile's file has it."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list):
        return ", ".join(map(str, value)) or "none of any kind"
    if isinstance(value, dict):
        return ", ".join(f"{amount} {name}" for name, amount in value.items())
    return "any" if value is None else str(value)
