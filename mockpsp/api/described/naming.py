"""Gives parts of the OpenAPI document names of their own, and takes the circles out of it.

Generators of clients make one class or type of each name. What has none is made anew wherever it stands, or not at
all: some read a document more than once, and meet what they made of an unnamed part before.
"""

from collections.abc import Iterator
from typing import Any

from mockpsp.catalog import load_catalog
from mockpsp.domain.events import FIRED_EVENTS, TOPICS
from mockpsp.domain.payments.money import EXPONENT_BY_CURRENCY

Document = dict[str, Any]

_SCHEMAS = "#/components/schemas/"


def name_parts(document: Document) -> None:
    """Known words and titled schemas stand in the document once, under names; words first, since others are of them."""
    schemas: Document = document["components"]["schemas"]
    for part in [*document["paths"].values(), *list(schemas.values())]:
        _name_titled(part, schemas)
    document["components"]["schemas"] = {**_name_words(document), **schemas}


def without_circles(document: Document, objects: set[str]) -> None:
    """Whatever an object has of other objects that know it in turn is a plain object, so that nothing holds itself."""
    schemas: Document = document["components"]["schemas"]
    leads = {name: {reference for reference, _ in _references(schemas[name])} & objects for name in objects}
    for name in sorted(objects):
        for reference, node in _references(schemas[name]):
            if _is_reached(name, reference, leads):
                meaning = node.get("description")
                node.clear()
                node["type"] = "object"
                node["description"] = f"{meaning}; {reference}" if meaning else reference


def _name_words(document: Document) -> Document:
    """Currencies, codes, topics and events are known words; the table of each stands in the document once."""
    schemas: Document = document["components"]["schemas"]
    found: Document = {
        "Currency": {"type": "string", "enum": sorted(EXPONENT_BY_CURRENCY), "description": "ISO 4217 code"}
    }
    for name, schema in schemas.items():
        if name.endswith(("Request", "Update")) and "currency" in schema.get("properties", {}):
            schema["properties"]["currency"] = {"$ref": f"{_SCHEMAS}Currency"}
    for name, words, meaning in (
        ("DeclineCode", load_catalog().declines, "why a payment is declined"),
        ("Topic", TOPICS, "an event that an endpoint may ask for"),
        ("EventName", sorted(FIRED_EVENTS), "an event that can fire here"),
    ):
        _name_enum(document["paths"], name, list(words))
        _name_enum(schemas, name, list(words))
        found[name] = {"type": "string", "enum": list(words), "description": meaning}
    return found


def _name_enum(node: Any, name: str, words: list[str]) -> None:
    """Wherever one of these words goes, their name stands instead."""
    for inner in _nodes(node):
        if inner.get("enum") == words:
            kept = {key: inner[key] for key in ("description",) if key in inner}
            inner.clear()
            inner.update(kept, **{"$ref": f"{_SCHEMAS}{name}"})


def _name_titled(node: Any, schemas: Document) -> None:
    """A schema with a title moves among the named ones; what has the same title has to be the same."""
    for inner in _children(node):
        _name_titled(inner, schemas)
        title = inner.get("title")
        if isinstance(title, str):
            name = "".join(word[:1].upper() + word[1:] for word in title.replace(".", " ").replace("_", " ").split())
            moved = dict(inner)
            assert schemas.setdefault(name, moved) == moved, f"two schemas are called {name}"
            inner.clear()
            inner["$ref"] = f"{_SCHEMAS}{name}"


def _children(node: Any) -> Iterator[Document]:
    """The dicts right below a node, past lists."""
    for inner in node.values() if isinstance(node, dict) else node if isinstance(node, list) else ():
        if isinstance(inner, dict):
            yield inner
        elif isinstance(inner, list):
            yield from _children(inner)


def _nodes(node: Any) -> Iterator[Document]:
    """Every dict in a node, itself first."""
    if isinstance(node, dict):
        yield node
    for inner in _children(node):
        yield from _nodes(inner)


def _references(node: Any) -> list[tuple[str, Document]]:
    """The names that a schema refers to, each with where it does."""
    return [
        (inner["$ref"].removeprefix(_SCHEMAS), inner) for inner in _nodes(node) if isinstance(inner.get("$ref"), str)
    ]


def _is_reached(name: str, start: str, leads: dict[str, set[str]]) -> bool:
    """Whether references lead from one object to another."""
    seen, waiting = {start}, [start]
    while waiting:
        here = waiting.pop()
        if here == name:
            return True
        more = leads.get(here, set()) - seen
        seen |= more
        waiting += more
    return False
