"""Futures of one moment: each played in a fork of the universe with receivers of its own, then compared."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from decimal import Decimal

from mockpsp.scenarios.language.branching import MEASURES, Branch, Future, place_of
from mockpsp.scenarios.language.matching import MISSING, Difference, Found, compare
from mockpsp.scenarios.language.model import Json, ReceiverPlan
from mockpsp.scenarios.replaying.handling import before_of
from mockpsp.scenarios.replaying.lines import Answer, Line
from mockpsp.scenarios.replaying.money import Money, journal_of, money_of
from mockpsp.scenarios.replaying.world import World


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a future came to. `differences` name the step they are of; the rest is of one that was as expected."""

    differences: tuple[Difference, ...]
    money: Mapping[str, Money]
    names: Mapping[str, Json]


@dataclass(frozen=True, slots=True)
class Stage:
    """What a story's futures are played with: the universe that is forked, ways to others, and what plays steps."""

    universe: str
    receivers: tuple[ReceiverPlan, ...]
    #: The universe's id for a name, and a way to the universe of an id.
    id_of: Callable[[str], str]
    line_to: Callable[[str], Line]
    #: Steps played in a world, each difference with the step it is of.
    play: Callable[[World, Future], Iterable[Difference]]


def perform_branch(world: World, action: Branch) -> Answer:
    """Every future was played from this moment; what each came to is kept for the comparison."""
    stage: Stage = world.stage
    world.outcomes = {}
    for future in action.futures:
        with _forked(world, stage, future) as fork:
            found = tuple(stage.play(fork, future))
            own = {} if found else dict(fork.names)
            world.outcomes[future.name] = Outcome(found, {} if found else money_of(fork, journal_of(fork)), own)
    return Answer(200)


def future_differences(world: World) -> list[Difference]:
    """What was not as expected in the futures, each with its name."""
    return [
        replace(one, where=f"{name}: {one.where}")
        for name, outcome in world.outcomes.items()
        for one in outcome.differences
    ]


def compared(expected: Mapping[str, Json], world: World) -> list[Difference]:
    """Where the futures are not like each other as the story says."""
    outcomes: Mapping[str, Outcome] = world.outcomes
    found: list[Difference] = []
    for key, pattern in expected.items():
        try:
            found += compare(_filled(pattern, outcomes), _value(outcomes, key), key, world.names)
        except _SeveralCurrencies as error:
            found.append(Difference(key, "one amount", str(error)))
    return found


@contextmanager
def _forked(world: World, stage: Stage, future: Future) -> Iterator[World]:
    """The universe's copy, where webhooks go to receivers that stand where the others stood."""
    universe = stage.id_of(f"{stage.universe}.{world.step_id}.{future.name}")
    fork = world.twin(stage.line_to(universe))
    try:
        for plan in stage.receivers:
            fork.receivers[plan.name] = twin = world.receivers[plan.name].twin(before_of(fork, plan))
            fork.names[f"{plan.name}_url"] = twin.url
        addresses = {world.receivers[name].url: twin.url for name, twin in fork.receivers.items()}
        world.control("POST", "/sandbox/forks", {"as": universe, "again": True, "endpoints": dict(addresses)})
        yield fork
    finally:
        fork.close()


class _SeveralCurrencies(Exception):
    """An amount that is one for each of several currencies."""


def _filled(pattern: Json, outcomes: Mapping[str, Outcome]) -> Json:
    """The pattern with what stands at each place of a future that it names."""
    if isinstance(pattern, dict):
        return {key: _filled(one, outcomes) for key, one in pattern.items()}
    if isinstance(pattern, list):
        return [_filled(one, outcomes) for one in pattern]
    place = place_of(pattern)
    if place is None or place.future not in outcomes:
        return pattern
    value = _value(outcomes, str(pattern))
    return None if value is MISSING else value


def _value(outcomes: Mapping[str, Outcome], text: str) -> Found:
    place = place_of(text)
    assert place is not None, "the loader has checked what is compared"
    outcome = outcomes[place.future]
    if place.what not in MEASURES:
        return outcome.names.get(place.what, MISSING)
    if place.currency is None and len(outcome.money) > 1:
        named = ", ".join(f"{place.future}.{place.what}.{currency}" for currency in outcome.money)
        raise _SeveralCurrencies(f"the books of {place.future} have several currencies; say which: {named}")
    currency = place.currency or next(iter(outcome.money), "")
    return str(_measured(outcome.money.get(currency, Money()), place.what))


def _measured(money: Money, what: str) -> Decimal:
    return sum(money.fees.values(), Decimal(0)) if what == "fees" else Decimal(getattr(money, what))
