"""The verb `branch`: futures that are each played from one moment, in a universe of its own, and then compared.

What is compared is written `future.what`: what the merchant's books come to there, or a name that a step there saves.
The steps of a future are read by steps.py, like all others; how they are played: replaying/futures.py.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

from mockpsp.scenarios.language.model import Json, Step
from mockpsp.scenarios.language.names import NAME
from mockpsp.scenarios.language.nodes import Node, Problems, nearest
from mockpsp.scenarios.language.reading import Reader

BRANCH = "branch"
FUTURES_MAX = 10
#: What the books of a future come to, all but the first at least zero -> in words.
MEASURES: Mapping[str, str] = {
    "certain": "what the merchant keeps, less what is owed: the bottom line",
    "keeps": "what the merchant keeps, never below zero",
    "sales": "what was sold",
    "refunds": "what was given back",
    "fees": "what all PSPs took",
    "losses": "disputes that were lost",
    "at_risk": "what open disputes withhold",
    "paid_on": "what went to sellers' cards",
    "owed": "what PSPs and customers are owed",
}
#: What is compared.
PLACE = re.compile(r"([A-Za-z][A-Za-z0-9_]*)\.([A-Za-z][A-Za-z0-9_]*)(?:\.([A-Z]{3}))?")


@dataclass(frozen=True, slots=True)
class Future:
    """What happens in one of the universes."""

    name: str
    steps: tuple[Step, ...] = ()


@dataclass(frozen=True, slots=True)
class Branch:
    """Futures of one moment; the story itself goes on from there as if none had been."""

    futures: tuple[Future, ...]

    def __str__(self) -> str:
        return f"branch {', '.join(one.name for one in self.futures)}"


class Place(NamedTuple):
    """`future.what`, of amounts also `future.what.EUR`."""

    future: str
    what: str
    currency: str | None


def read_branch(reader: Reader, node: Node, _: Mapping[str, Node]) -> Branch:
    """The futures by name, without their steps."""
    entries = reader.entries(node, "futures by name")
    if entries and not 2 <= len(entries) <= FUTURES_MAX:
        reader.problems.add(node, f"2 to {FUTURES_MAX} futures are compared, not {len(entries)}")
    for name, _value in entries:
        if not NAME.fullmatch(name.text):
            reader.problems.add(name, f"{name.text!r} can't name a future: letters, digits and _ only")
    return Branch(tuple(Future(name.text) for name, _value in entries))


def place_of(text: object) -> Place | None:
    """The place a text names, whether or not there is such a future."""
    found = PLACE.fullmatch(text) if isinstance(text, str) else None
    return None if found is None else Place(found[1], found[2], found[3])


def check_places(branch: Branch, expected: Mapping[str, Json], node: Node, problems: Problems) -> None:
    """Every place that is compared, and every one it is compared with, is one of a future's."""
    for key, pattern in expected.items():
        _check(branch, key, node, problems, is_key=True)
        for text in _texts(pattern):
            _check(branch, text, node, problems)


def names_compared(expected: Mapping[str, Json]) -> dict[str, set[str]]:
    """Future -> the names saved there that are compared."""
    found: dict[str, set[str]] = {}
    for text in (*expected, *(one for pattern in expected.values() for one in _texts(pattern))):
        if (place := place_of(text)) is not None:
            found.setdefault(place.future, set()).add(place.what)
    return found


def saved_in(future: Future) -> set[str]:
    """The names that steps of a future save, by `save` or `$save`."""
    named = {name for step in future.steps for name in step.save}
    for step in future.steps:
        named |= {name for part in getattr(step.action, "parts", ()) for name in part.save}
        for expect in (step.expect, *step.expect_by_value.values()):
            named |= set(_saves([expect.body, expect.headers, expect.clock]))
            named |= set(_saves([body for one in expect.webhooks or () for body in (one.body, *(one.in_order or ()))]))
            named |= set(_saves([one.event for one in expect.events or ()]))
    return named


def _check(branch: Branch, text: str, node: Node, problems: Problems, *, is_key: bool = False) -> None:
    place, futures = place_of(text), {one.name: one for one in branch.futures}
    # A text may have a point of its own; one about a measure means a future, however that is spelled.
    if place is None or (place.future not in futures and place.what not in MEASURES and not is_key):
        if is_key:
            problems.add(node, f"{text!r} compares nothing: a future's name, a point and what of it, such as a.keeps")
        return
    if place.future not in futures:
        problems.add(node, f"no future is named {place.future!r}{nearest(place.future, futures)}")
        return
    known = {*MEASURES, *saved_in(futures[place.future])}
    if place.what not in known:
        problems.add(
            node,
            f"{place.future} has no {place.what!r}: {', '.join(MEASURES)}, or a name that a step of it saves"
            f"{nearest(place.what, known)}",
        )
    elif place.currency and place.what not in MEASURES:
        problems.add(node, f"{text!r}: only amounts have a currency")


def _texts(pattern: Json) -> list[str]:
    if isinstance(pattern, str):
        return [pattern]
    inner: list[Any] = (
        list(pattern.values()) if isinstance(pattern, dict) else pattern if isinstance(pattern, list) else []
    )
    return [text for one in inner for text in _texts(one)]


def _saves(value: Any) -> list[str]:
    if isinstance(value, Mapping):
        own = [str(value["$save"])] if "$save" in value else []
        return own + [name for one in value.values() for name in _saves(one)]
    return [name for one in value for name in _saves(one)] if isinstance(value, list) else []
