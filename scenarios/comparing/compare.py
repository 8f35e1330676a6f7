"""One flow replayed at many PSPs: where it survives, what the merchant keeps of it, what it cost, when money arrives.

A story's expectations hold for the PSP it was written for, so here only its calls and moves count: a call that isn't
answered as the story says (2xx where it says nothing), or a move the PSP doesn't make, is where the flow was refused.
Afterwards time runs until nothing is due, and the books are read: money.py, arrival.py.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from mockpsp.scenarios.comparing.arrival import Arrival, arrivals_of
from mockpsp.scenarios.language.branching import BRANCH
from mockpsp.scenarios.language.capabilities import unmet
from mockpsp.scenarios.language.errors import ReplayError
from mockpsp.scenarios.language.matching import MISSING, compare_status, dig
from mockpsp.scenarios.language.model import Cell, Scenario, Step
from mockpsp.scenarios.language.verbs import VERBS, Call
from mockpsp.scenarios.replaying.crew import Crew
from mockpsp.scenarios.replaying.invariants import broken
from mockpsp.scenarios.replaying.lines import Answer, Place
from mockpsp.scenarios.replaying.money import Money, journal_of, money_of
from mockpsp.scenarios.replaying.runner import opened, save, set_up
from mockpsp.scenarios.replaying.verbs import perform
from mockpsp.scenarios.replaying.world import World

#: Long enough for every dispute, settlement and payout of the built-in profiles.
_SETTLED_WITHIN = "400d"
#: The axis of a story's matrix that says which of its ways is gone.
STRATEGY = "strategy"
#: The end is the comparison's own, and futures are no part of the one flow.
_LEFT_OUT = ("end", BRANCH)
#: Where a story ends that is not for a PSP.
_SETUP = "setup"


@dataclass(frozen=True, slots=True)
class Refusal:
    """Where a flow ended, and what was said."""

    step: str
    line: int
    status: int | None
    error_type: str
    message: str


@dataclass(frozen=True, slots=True)
class PspResult:
    """One flow at one PSP: what it came to and when the money came, by currency. `strategy`: which way was gone."""

    psp: str
    steps: int
    steps_count: int
    refusal: Refusal | None
    money: Mapping[str, Money]
    arrivals: Mapping[str, Arrival] = field(default_factory=dict)
    strategy: str = ""

    @property
    def survived(self) -> bool:
        """Whether every step went through."""
        return self.refusal is None


class Flow(NamedTuple):
    """A story at one PSP, and what must hold after every step of it."""

    scenario: Scenario
    psp: str
    always: tuple[str, ...] = ()
    strategy: str = ""


def chosen_gateways(scenario: Scenario) -> list[str]:
    """Steps that name their own gateway, which no comparison can move elsewhere."""
    return [
        step.id
        for step in scenario.steps
        if isinstance(step.action, Call) and step.action.via is not None and step.action.via != "${psp}"
    ]


def compare(
    scenario: Scenario,
    place: Place,
    psps: Iterable[str],
    *,
    always: tuple[str, ...] = (),
    crew: Crew | None = None,
    told: Callable[[int, PspResult], None] | None = None,
) -> list[PspResult]:
    """The flow's fate at each PSP: those it survived first, by what is certain; then those it got furthest with.

    A story whose matrix has strategies is told by each of them at every PSP, the best first and with the PSP's others.
    `always`: invariants to look at after every step; ReplayError when one is broken. `crew`: who shares the work;
    `told` hears then of each as it comes, with how many there are by then.
    """
    ways = strategies(scenario)
    flows = [Flow(scenario, psp, always, way) for psp in psps for way in ways]
    if crew is None:
        return ranked([fate(place, flow) for flow in flows])
    return ranked(
        crew.run(fate, flows, place, universe=lambda flow: f"{flow.psp} {flow.strategy}", lost=_lost, told=told)
    )


def strategies(scenario: Scenario) -> tuple[str, ...]:
    """What a story is told by at every PSP; one without a name where it has none."""
    return tuple(scenario.matrix.get(STRATEGY, ("",)))


def ranked(fates: Sequence[PspResult]) -> list[PspResult]:
    """The best first; a PSP's strategies together, where its best one is."""
    order = {currency: place for place, currency in enumerate(currencies(fates))}
    best: dict[str, tuple[object, ...]] = {}
    for one in sorted(fates, key=lambda one: _rank(one, order)):
        best.setdefault(one.psp, _rank(one, order))
    return sorted(fates, key=lambda one: (best[one.psp], one.psp, _rank(one, order)))


def available_psps(scenario: Scenario, place: Place) -> dict[str, str]:
    """Every PSP the story could run at, the built-in ones and its own: each name or alias -> name."""
    with opened(scenario, place, {}, 1) as world:
        for name, profile in scenario.psps.items():
            world.control("PUT", f"/sandbox/psps/{name}", profile)
        listed: Any = dig(world.control("GET", "/sandbox/psps"), "psps")
    names = {str(one["name"]): str(one["name"]) for one in listed}
    return names | {alias: one["name"] for one in listed for alias in one["aliases"] if alias not in names}


def currencies(fates: Iterable[PspResult]) -> list[str]:
    """The currencies that moved, the most common first."""
    seen: dict[str, int] = {}
    for fate in fates:
        for currency in fate.money:
            seen[currency] = seen.get(currency, 0) + 1
    return sorted(seen, key=lambda currency: (-seen[currency], currency))


def _rank(one: PspResult, order: Mapping[str, int]) -> tuple[object, ...]:
    """Sorted by what is certain, in the currency that most have: amounts of several are not compared."""
    certain = sorted((order[currency], -money.certain) for currency, money in one.money.items())
    return (not one.survived, 0 if one.survived else -one.steps, certain, one.psp)


def fate(place: Place, flow: Flow) -> PspResult:
    """What becomes of the flow at its PSP."""
    scenario, psp, always, way = flow
    cell: Cell = {**scenario.cells()[0], "psp": psp, **({STRATEGY: way} if way else {})}
    steps = [
        step for step in scenario.steps if step.verb in VERBS and step.verb not in _LEFT_OUT and step.runs_in(cell)
    ]
    with opened(scenario, place, cell, 1) as world:
        refused = set_up(world, scenario, cell)
        steps = [step for step in steps if not unmet(step.can, world.facts)]
        if refused:
            return PspResult(psp, 0, len(steps), Refusal(_SETUP, 1, None, "", refused[0].actual), {}, strategy=way)
        done, refusal = _play(steps, world, cell, always)
        world.control("POST", "/sandbox/clock/advance", {"until": "idle", "max": _SETTLED_WITHIN})
        _watch(always, world, "the end", psp)
        journal = journal_of(world)
        money, arrivals = money_of(world, journal), arrivals_of(world, journal, psp)
        return PspResult(psp, done, len(steps), refusal, money, arrivals, way)


def _lost(flow: Flow, why: str) -> PspResult:
    raise ReplayError(f"at {flow.psp}: {why}")


def _watch(always: tuple[str, ...], world: World, where: str, psp: str) -> None:
    for difference in broken(always, world):
        raise ReplayError(f"{where} at {psp}: {difference}")


def _play(steps: Iterable[Step], world: World, cell: Cell, always: tuple[str, ...]) -> tuple[int, Refusal | None]:
    done = 0
    for step in steps:
        try:
            world.step_id = step.id
            answer = perform(world, step.verb, step.action)
        except ReplayError as error:
            return done, Refusal(step.id, step.line, None, "", str(error))
        refusal = _refusal(step, answer, cell)
        missing = [] if refusal else save(step.save, answer, world)
        if missing:
            refusal = Refusal(step.id, step.line, answer.status, "", str(missing[0]))
        _watch(always, world, step.id, cell["psp"])
        if refusal:
            return done, refusal
        done += 1
    return done, None


def _refusal(step: Step, answer: Answer, cell: Cell) -> Refusal | None:
    wanted = step.expect_in(cell)
    transport, expected = wanted.transport or "ok", wanted.status
    if answer.transport != transport:
        why = f"{step.action}: the connection is {answer.transport}, not {transport}"
        return Refusal(step.id, step.line, answer.status, "", why)
    if transport != "ok":
        return None
    if not compare_status("2xx" if expected is None else expected, answer.status, {}):
        return None
    body = None if answer.body is MISSING else answer.body
    error_type, message = dig(body, "error_type"), dig(body, "message")
    return Refusal(
        step.id,
        step.line,
        answer.status,
        "" if error_type is MISSING else str(error_type),
        f"{step.action}: {answer.status}" if message is MISSING else str(message),
    )
