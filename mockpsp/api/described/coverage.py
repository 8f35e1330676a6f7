"""What of the API is there, told honestly: endpoint by endpoint, field by field, card by card, event by event.

Nothing is written down here that the code does not know already: endpoints come from endpoints.py and the routes,
fields from the tables of objects.py with their `partly`, cards from the catalog, events from the rows that fire them.
"""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

from flask import Flask

from mockpsp.api.described.endpoints import core, template
from mockpsp.api.described.objects import control_objects, objects
from mockpsp.catalog import Catalog
from mockpsp.domain.events import DOCUMENTED_EVENTS, FIRED_EVENTS, LEGACY_EVENTS

WORKS, PARTLY, NOT_YET = "works", "partly", "not yet"
STATES = (WORKS, PARTLY, NOT_YET)
KINDS = ("endpoint", "field", "card", "event")

#: Objects of this sandbox's own, or of the envelope.
_NOT_THE_APIS = frozenset(
    {"Clock", "Health", "Any", "Action", "Versions", "Error", "InvalidField", "NativeStep", "StepRefused"}
)


@dataclass(frozen=True, slots=True)
class Entry:
    """One thing of the API, and whether it is there; `why` says what is missing where something is."""

    kind: str
    name: str
    state: str
    why: str = ""


def entries(app: Flask, catalog: Catalog) -> list[Entry]:
    """Everything of the API, there or not."""
    return [*_endpoints(app), *_fields(app), *_cards(catalog), *_events()]


def counts(found: list[Entry]) -> dict[str, Counter[str]]:
    """Kind -> state -> how many."""
    table = {kind: Counter[str]() for kind in KINDS}
    for entry in found:
        table[entry.kind][entry.state] += 1
    return table


def missing_endpoints(app: Flask) -> list[tuple[str, str]]:
    """(method, path) of each core endpoint without a route."""
    there = {(method, template(rule.rule)) for rule in app.url_map.iter_rules() for method in rule.methods or ()}
    return [where for where in core() if where not in there]


def _endpoints(app: Flask) -> Iterator[Entry]:
    missing = set(missing_endpoints(app))
    for method, path in core():
        state = NOT_YET if (method, path) in missing else WORKS
        yield Entry("endpoint", f"{method} {path.replace('{}', '{id}')}", state)


def _fields(app: Flask) -> Iterator[Entry]:
    shown = _shown_objects(app)
    for table in objects().values():
        if table.name in _NOT_THE_APIS or table.name in control_objects():
            continue
        for field in table.fields:
            is_there = table.name in shown and not field.is_missing
            state = NOT_YET if not is_there else PARTLY if field.partly else WORKS
            yield Entry("field", f"{table.name}.{field.name}", state, field.partly if is_there else "")


def _shown_objects(app: Flask) -> set[str]:
    """The objects that some route answers, alone or inside others."""
    missing = set(missing_endpoints(app))
    found: set[str] = set()
    wave = {one.object for where, one in core().items() if where not in missing} | {"CustomerAction"}
    while wave:
        found |= wave
        fields = [field for name in wave if name in objects() for field in objects()[name].fields]
        wave = {field.type.strip("[]") for field in fields if not field.is_missing} - found
    return found


def _cards(catalog: Catalog) -> Iterator[Entry]:
    for key in sorted(catalog.cards):
        yield Entry("card", f"{key[:6]}...{key[-4:]}", WORKS)


def _events() -> Iterator[Entry]:
    for name in dict.fromkeys([*DOCUMENTED_EVENTS, *sorted(FIRED_EVENTS)]):
        yield Entry("event", name, WORKS if name in FIRED_EVENTS else NOT_YET)
    for name in LEGACY_EVENTS:
        yield Entry("event", name, NOT_YET, "legacy billing is not simulated")
