"""One flow replayed at many PSPs: where it survives, what the merchant keeps of it, what it cost, when money arrives.

A story's expectations hold for the PSP it was written for, so here only its calls and moves count: a call that isn't
answered as the story says (2xx where it says nothing), or a move the PSP doesn't make, is where the flow was refused.
Afterwards time runs until nothing is due, and the books are read.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from mockpsp.scenarios.language.branching import BRANCH
from mockpsp.scenarios.language.errors import ReplayError
from mockpsp.scenarios.language.matching import MISSING, compare_status, dig
from mockpsp.scenarios.language.model import Cell, Scenario, Step
from mockpsp.scenarios.language.verbs import VERBS, Call
from mockpsp.scenarios.replaying.crew import Crew
from mockpsp.scenarios.replaying.invariants import broken
from mockpsp.scenarios.replaying.lines import Answer, Place
from mockpsp.scenarios.replaying.money import Money, money_of
from mockpsp.scenarios.replaying.runner import opened, save, set_up
from mockpsp.scenarios.replaying.verbs import perform
from mockpsp.scenarios.replaying.world import World

#: Long enough for every dispute, settlement and payout of the built-in profiles.
_SETTLED_WITHIN = "400d"
#: The end is the comparison's own, and futures are no part of the one flow.
_LEFT_OUT = ("end", BRANCH)
_BANK = "assets:bank"


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
    """One flow at one PSP. `arrives_at`: when the last money came to the bank or, where nobody paid it out, became
    available; `days`: since the first sale."""

    psp: str
    steps: int
    steps_count: int
    refusal: Refusal | None
    money: Mapping[str, Money]
    arrives_at: str | None = None
    is_paid_out: bool = False
    days: int | None = None

    @property
    def survived(self) -> bool:
        """Whether every step went through."""
        return self.refusal is None


class Flow(NamedTuple):
    """A story at one PSP, and what must hold after every step of it."""

    scenario: Scenario
    psp: str
    always: tuple[str, ...] = ()


def chosen_gateways(scenario: Scenario) -> list[str]:
    """Steps that name their own gateway, which no comparison can move elsewhere."""
    return [
        step.id
        for step in scenario.steps
        if isinstance(step.action, Call) and step.action.via is not None and step.action.via != "${psp}"
    ]


def compare(
    scenario: Scenario, place: Place, psps: Iterable[str], *, always: tuple[str, ...] = (), crew: Crew | None = None
) -> list[PspResult]:
    """The flow's fate at each PSP: those it survived first, by what is kept; then those it got furthest with.

    `always`: invariants to look at after every step; ReplayError when one is broken. `crew`: who shares the work.
    """
    flows = [Flow(scenario, psp, always) for psp in psps]
    if crew is None:
        return sorted((fate(place, flow) for flow in flows), key=_rank)
    return sorted(crew.run(fate, flows, place, universe=lambda flow: flow.psp, lost=_lost), key=_rank)


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


def _rank(fate: PspResult) -> tuple[object, ...]:
    kept = [-fate.money[currency].keeps for currency in sorted(fate.money)]
    return (not fate.survived, 0 if fate.survived else -fate.steps, kept, fate.psp)


def fate(place: Place, flow: Flow) -> PspResult:
    """What becomes of the flow at its PSP."""
    scenario, psp, always = flow
    cell: Cell = {**scenario.cells()[0], "psp": psp}
    steps = [
        step for step in scenario.steps if step.verb in VERBS and step.verb not in _LEFT_OUT and step.runs_in(cell)
    ]
    with opened(scenario, place, cell, 1) as world:
        refused = set_up(world, scenario, cell)
        if refused:
            return PspResult(psp, 0, len(steps), Refusal("setup", 1, None, "", refused[0].actual), {})
        done, refusal = _play(steps, world, cell, always)
        world.control("POST", "/sandbox/clock/advance", {"until": "idle", "max": _SETTLED_WITHIN})
        _watch(always, world, "the end", psp)
        arrives_at, is_paid_out, days = _arrival(world)
        return PspResult(psp, done, len(steps), refusal, money_of(world), arrives_at, is_paid_out, days)


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
        except KeyError as error:
            # A step that runs only at other PSPs would have saved it.
            message = f"needs ${{{error.args[0]}}}, which no step that runs here saves"
            return done, Refusal(step.id, step.line, None, "", message)
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


def _days(start: str, end: str) -> int:
    """Whole days from one moment to another, a begun one not counted."""
    return (datetime.fromisoformat(end) - datetime.fromisoformat(start)).days


def _arrival(world: World) -> tuple[str | None, bool, int | None]:
    """When the last money came, whether to the bank, and how many days after the first sale."""
    entries = list(_entries(world))
    sold = [at for at, debit, credit in entries if credit == "income:sales"]
    to_bank = [at for at, debit, _ in entries if debit == _BANK]
    available = [at for at, debit, credit in entries if debit.endswith(":available") and credit.endswith(":pending")]
    came = to_bank or available
    if not came or not sold:
        return None, False, None
    return came[-1], bool(to_bank), _days(sold[0], came[-1])


def _entries(world: World) -> Iterator[tuple[str, str, str]]:
    """(moment, debit, credit) of every line of the journal, oldest first."""
    listed: Any = dig(world.control("GET", "/sandbox/ledger/journal?format=json"), "journal")
    for entry in listed if isinstance(listed, list) else []:
        for posting in entry["postings"]:
            yield entry["at"], posting["debit"], posting["credit"]
