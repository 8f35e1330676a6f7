"""Replays one story in one cell of its matrix: a fresh universe, step after step, everything checked.

The first step that differs ends the run, since later ones build on it. Verbs are performed by verbs.py, expectations
judged by step_differences.py, what must always hold by invariants.py. Where the server is makes no difference: a story
is told the same over HTTP and straight to an application in this process (lines.py).
"""

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace

from mockpsp.scenarios.language.branching import Branch, Future
from mockpsp.scenarios.language.capabilities import facts_shown, unmet
from mockpsp.scenarios.language.errors import ReplayError
from mockpsp.scenarios.language.matching import MISSING, Difference, dig
from mockpsp.scenarios.language.model import Cell, Expect, Json, Scenario, Step, axis_values
from mockpsp.scenarios.language.names import APP, SOURCE
from mockpsp.scenarios.language.receivers import ENDPOINT_WORDS
from mockpsp.scenarios.language.together import Together
from mockpsp.scenarios.language.verbs import VERBS
from mockpsp.scenarios.replaying import goldens
from mockpsp.scenarios.replaying.against import Against
from mockpsp.scenarios.replaying.circumstances import Circumstances, circumstances, mark
from mockpsp.scenarios.replaying.futures import Stage, future_differences
from mockpsp.scenarios.replaying.handling import before_of
from mockpsp.scenarios.replaying.invariants import broken
from mockpsp.scenarios.replaying.lines import Answer, HttpLine, Line, Place, line_to
from mockpsp.scenarios.replaying.receiver import Receiver
from mockpsp.scenarios.replaying.step_differences import before, differences
from mockpsp.scenarios.replaying.together import part_differences
from mockpsp.scenarios.replaying.verbs import perform
from mockpsp.scenarios.replaying.world import NO_APP, World
from mockpsp.wallclock import stopwatch_ms

#: Any well-formed sandbox secret opens a universe; all replays use this one.
SECRET = "key_sandbox_replay"
#: A project id is test-proj_ and at most 64 characters.
PROJECT_NAME_MAX = 64
SETUP = "setup"


@dataclass(frozen=True, slots=True)
class StepResult:
    """One step as it went: `what` is its verb with its object, for a human."""

    id: str
    what: str
    line: int
    differences: tuple[Difference, ...] = ()
    #: How it came about, of one that failed.
    circumstances: Circumstances | None = field(default=None, compare=False)
    #: Where the line is, if not in the story's own file.
    file: str = ""

    @property
    def ok(self) -> bool:
        """Whether everything was as expected."""
        return not self.differences


@dataclass(frozen=True, slots=True)
class RunResult:
    """One story in one cell: the steps that ran (the last one failed if any did) and the universe's digest after it."""

    name: str
    path: str
    cell: Cell
    steps: tuple[StepResult, ...]
    steps_count: int
    digest: str | None
    #: What was booked, as it is written to be compared; None where nobody asked for it.
    journal: str | None = None
    #: Real time; no part of what makes two results equal.
    elapsed_ms: int = field(default=0, compare=False)

    @property
    def ok(self) -> bool:
        """Whether every step ran and was as expected."""
        return all(step.ok for step in self.steps)

    @property
    def differences(self) -> tuple[Difference, ...]:
        """All differences found, in order."""
        return tuple(one for step in self.steps for one in step.differences)


def run(
    scenario: Scenario,
    place: Place,
    *,
    cell: Cell,
    number: int = 1,
    against: Against | None = None,
    until: str | None = None,
    keeps_journal: bool = False,
) -> RunResult:
    """The result of replaying `scenario` in a universe of its own at `place`; `number` tells parallel runs apart.

    `against` is the user's own application, and may name the universe whose credentials it has. `until` is the last
    step that is played. `keeps_journal`: what was booked is part of the result.
    """
    started_ms = stopwatch_ms()
    results: list[StepResult] = []
    digest: str | None = None
    journal: str | None = None
    steps = [step for step in up_to(scenario.steps, until) if step.runs_in(cell)]
    with opened(scenario, place, cell, number, against) as world:
        found = set_up(world, scenario, cell)
        steps = [step for step in steps if not unmet(step.can, world.facts)]
        if found:
            results.append(StepResult(SETUP, "prepare the universe", 1, tuple(found)))
        else:
            results.extend(_play(steps, world, scenario, cell))
        if all(result.ok for result in results):
            digest, found = _digest(world)
            journal = goldens.written(world.journal()) if keeps_journal and not found else None
            if found:
                results.append(StepResult("digest", "GET /sandbox/digest", 1, tuple(found)))
    return RunResult(
        name=scenario.name,
        path=scenario.path,
        cell=cell,
        steps=tuple(results),
        steps_count=len(steps),
        digest=digest,
        journal=journal,
        elapsed_ms=stopwatch_ms() - started_ms,
    )


def up_to(steps: Sequence[Step], until: str | None) -> Sequence[Step]:
    """The steps up to one and with it; all of them where none is named."""
    last = next((index for index, step in enumerate(steps) if step.id == until), len(steps) - 1)
    return steps[: last + 1]


def project_id(slug: str, cell: Cell, number: int) -> str:
    """The universe of one run: the same for the same story, cell and number; long names keep a hash of the rest."""
    return _id_of("-".join(("replay", slug, *axis_values(cell), str(number))))


def _id_of(name: str) -> str:
    safe = "".join(letter if letter.isascii() and (letter.isalnum() or letter in "._-") else "_" for letter in name)
    if len(safe) > PROJECT_NAME_MAX or safe != name:
        tail = hashlib.blake2b(name.encode(), digest_size=6).hexdigest()
        safe = f"{safe[: PROJECT_NAME_MAX - len(tail) - 1]}-{tail}"
    return f"test-proj_{safe}"


@contextmanager
def opened(
    scenario: Scenario, place: Place, cell: Cell, number: int, against: Against | None = None
) -> Iterator[World]:
    """A session with the universe of one run, and with the user's own application."""
    project, secret = project_id(scenario.slug, cell, number), SECRET
    if against is not None and against.project_id:
        project, secret = against.project_id, against.secret

    def way_to(universe: str) -> Line:
        return line_to(place, universe, secret, is_connected=scenario.needs_connection)

    def play(fork: World, future: Future) -> Iterator[Difference]:
        steps = [step for step in future.steps if step.runs_in(cell) and not unmet(step.can, fork.facts)]
        for result in _play(steps, fork, scenario, cell):
            yield from (
                replace(one, where=f"{result.what} (line {result.line}): {one.where}") for one in result.differences
            )

    world = World(way_to(project), None if against is None else HttpLine(against.url))
    own_name = project.removeprefix("test-proj_")
    world.stage = Stage(own_name, scenario.receivers, _id_of, way_to, play)
    world.url, world.project_id = place if isinstance(place, str) else "", project
    world.secret = secret if secret == SECRET else ""
    if against is not None:
        world.names[APP] = against.url
    try:
        yield world
    finally:
        world.close()


def set_up(world: World, scenario: Scenario, cell: Cell) -> list[Difference]:
    """The universe is empty, on the story's clock, with its gateways and receivers; or why it isn't."""
    world.names.update({**cell, **scenario.columns(cell)})
    if scenario.app_place is not None and world.app is None:
        return [Difference(SETUP, "the application that the story is about", NO_APP)]
    world.makes_sources = all(SOURCE not in step.save for step in scenario.every_step())
    if world.makes_sources:
        world.names[SOURCE] = "no source yet: the body of a call makes one"
    try:
        settings: Json = {"seed": scenario.seed, "clock": scenario.clock, "mode": "manual"}
        world.control("POST", "/sandbox/reset", settings)
        for name, profile in scenario.psps.items():
            world.control("PUT", f"/sandbox/psps/{name}", profile)
        if "psp" in cell:
            world.control("PUT", "/sandbox/routing", {"default": cell["psp"]})
            world.gateway = cell["psp"]
        if scenario.asks_facts:
            shown = world.control("GET", f"/sandbox/psps/{world.gateway}")
            world.facts = facts_shown(dig(shown, "psp"))
        _open_receivers(world, scenario)
    except ReplayError as error:
        return [Difference(SETUP, "a universe ready for the story", str(error))]
    if lacking := unmet(scenario.can, world.facts):
        return [Difference(SETUP, "a PSP that the story is for", f"{world.gateway} is not: {lacking}")]
    return []


def _open_receivers(world: World, scenario: Scenario) -> None:
    for plan in scenario.receivers:
        receiver = Receiver(plan.answers, scheme=plan.scheme, key=plan.key, before=before_of(world, plan))
        world.receivers[plan.name] = receiver
        world.names[f"{plan.name}_url"] = receiver.url
        if not plan.is_endpoint:
            receiver.secret = str(dig(world.control("GET", "/sandbox"), "universe.webhook_secret"))
            continue
        wanted: dict[str, Json] = {"url": receiver.url}
        if plan.topics is not None:
            wanted["topics"] = list(plan.topics)
        spoken = {name: getattr(plan, name) for name in (*ENDPOINT_WORDS, "secret")}
        wanted |= {name: word for name, word in spoken.items() if word is not None}
        if not plan.reserializable:
            wanted["reserializable"] = False
        made = world.control("POST", "/sandbox/webhook-endpoints", wanted)
        receiver.secret = str(dig(made, "webhook_endpoint.secret"))


def _play(steps: Sequence[Step], world: World, scenario: Scenario, cell: Cell) -> Iterator[StepResult]:
    was = mark(world, scenario.clock)
    remembered = scenario.compared_since
    for step in steps:
        earlier = world.last
        try:
            found = _step(step, world, scenario, cell)
        except ReplayError as error:
            found = [Difference(step.verb, "an answer to go on with", str(error))]
        around = circumstances(world, was, is_own=world.last is not earlier) if found else None
        yield StepResult(step.id, str(step.action or step.verb), step.line, tuple(found), around, step.file)
        if found:
            return
        if step.id in remembered:
            world.balances_after[step.id] = world.balances()
        was = mark(world, was.moment)


def _step(step: Step, world: World, scenario: Scenario, cell: Cell) -> list[Difference]:
    expect = step.expect_in(cell)
    was = before(world, expect)
    answer: Answer | None = None
    if step.verb in VERBS:
        world.step_id = step.id
        answer = perform(world, step.verb, step.action)
        if isinstance(step.action, Together):
            found = part_differences(step.action, answer, world, has_statuses=expect.statuses is not None)
            if found:
                return found
        elif isinstance(step.action, Branch):
            found = future_differences(world)
            if found:
                return found
        unsaved = save(step.save, answer, world)
        if unsaved:
            # Later parts may use the names that are missing now; the status says why they are.
            answer_only = Expect(status=expect.status, transport=expect.transport)
            return [*differences(answer_only, answer, world, was), *unsaved]
    return differences(expect, answer, world, was) or broken(scenario.always, world)


def save(paths: Mapping[str, str], answer: Answer, world: World) -> list[Difference]:
    """Keep values of an answer under their names; what isn't there is a difference."""
    missing: list[Difference] = []
    for name, path in paths.items():
        value = MISSING if answer.body is MISSING else dig(answer.body, path)
        if value is MISSING:
            missing.append(Difference(f"save {name}", f"a value at {path}", "nothing"))
        else:
            world.names[name] = value
    return missing


def _digest(world: World) -> tuple[str | None, list[Difference]]:
    try:
        return world.digest(), []
    except ReplayError as error:
        return None, [Difference("digest", "the digest of the universe", str(error))]
