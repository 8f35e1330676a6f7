"""Many stories, one after the other or side by side: which, where, and their results in the order they were given."""

from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

from mockpsp.catalog import Catalog
from mockpsp.scenarios.language.errors import Problem, ScenarioErrors
from mockpsp.scenarios.language.library import library_paths
from mockpsp.scenarios.language.loader import PACKAGED, discover, load, one_of
from mockpsp.scenarios.language.matching import Difference
from mockpsp.scenarios.language.model import Cell, Scenario
from mockpsp.scenarios.language.nodes import nearest
from mockpsp.scenarios.replaying import goldens
from mockpsp.scenarios.replaying.against import Against
from mockpsp.scenarios.replaying.crew import Crew
from mockpsp.scenarios.replaying.lines import Place
from mockpsp.scenarios.replaying.runner import RunResult, StepResult, project_id, run
from mockpsp.scenarios.replaying.world import NO_APP

ALL_PSPS = "all"


class Run(NamedTuple):
    """A story in one cell of its matrix."""

    scenario: Scenario
    cell: Cell
    #: The user's own application, if one was given.
    against: Against | None = None
    #: The last step that is played; None: all are.
    until: str | None = None
    keeps_journal: bool = False


def load_all(paths: Iterable[Path], catalog: Catalog | None = PACKAGED) -> list[Scenario]:
    """The stories `discover` finds, or all built-in ones if no path is given; `ScenarioErrors` with all problems.

    `catalog` has the PSPs that they may name; None: those of a server that we don't know.
    """
    scenarios: list[Scenario] = []
    problems: list[Problem] = []
    for file in discover(paths) or library_paths():
        try:
            scenarios.append(load(file, catalog))
        except ScenarioErrors as error:
            problems.extend(error.problems)
    if problems:
        raise ScenarioErrors(problems)
    return scenarios


def find(path: Path, catalog: Catalog | None = PACKAGED) -> Scenario:
    """The one story of a file, or the built-in one of that name; `ScenarioErrors` with its problems."""
    return load(one_of(path), catalog)


def select(scenarios: Iterable[Scenario], *, text: str | None = None, tag: str | None = None) -> list[Scenario]:
    """Those whose name or file holds `text` (in any case) and which carry `tag`."""
    wanted = (text or "").lower()
    return [
        one
        for one in scenarios
        if (wanted in one.name.lower() or wanted in one.path.lower()) and (tag is None or tag in one.tags)
    ]


def planned(
    scenarios: Iterable[Scenario],
    psp: str = ALL_PSPS,
    against: Against | None = None,
    *,
    until: str | None = None,
    updates: bool = False,
) -> list[Run]:
    """All runs in the order of files and cells; `psp` keeps the cells of one PSP, `until` ends each at that step.

    `ScenarioErrors` for those that need the user's own application where none is given, and those without such a step.
    `updates`: what every run books is kept; else of those that have a golden, which whole runs alone are held against.
    """
    scenarios = list(scenarios)
    if until is not None:
        _check_until(scenarios, until)
    if against is None:
        missing = [Problem(one.path, *one.app_place, NO_APP) for one in scenarios if one.app_place is not None]
        if missing:
            raise ScenarioErrors(missing)
    return [
        Run(scenario, cell, against, until, updates or (until is None and goldens.path_of(scenario.path).is_file()))
        for scenario in scenarios
        for cell in scenario.cells()
        if "psp" not in cell or psp in (ALL_PSPS, cell["psp"])
    ]


def replay(scenarios: Iterable[Scenario], place: Place, *, psp: str = ALL_PSPS) -> Iterator[RunResult]:
    """The results as they come, in the order of files and cells; `psp` keeps the cells of one PSP."""
    return (play(place, one) for one in planned(scenarios, psp))


def replay_by(
    crew: Crew, runs: Iterable[Run], place: Place, told: Callable[[int, RunResult], None] | None = None
) -> list[RunResult]:
    """The results of all runs, in their order, whichever process they were made by.

    `told` hears of each as it comes, with how many there are by then; from any thread, one at a time.
    """
    return crew.run(play, runs, place, universe=_universe, lost=_lost, told=told)


def play(place: Place, one: Run) -> RunResult:
    """The result of one run."""
    return run(
        one.scenario, place, cell=one.cell, against=one.against, until=one.until, keeps_journal=one.keeps_journal
    )


def _check_until(scenarios: Iterable[Scenario], until: str) -> None:
    missing = []
    for one in scenarios:
        ids = [step.id for step in one.steps]
        if until not in ids:
            missing.append(Problem(one.path, 1, 1, f"no step is called {until!r}{nearest(until, ids)}"))
    if missing:
        raise ScenarioErrors(missing)


def _universe(one: Run) -> str:
    if one.against is not None and one.against.project_id:
        return one.against.project_id
    return project_id(one.scenario.slug, one.cell, 1)


def _lost(one: Run, why: str) -> RunResult:
    found = Difference("process", "a run to its end", why)
    step = StepResult("process", "replay in a process of its own", 1, (found,))
    steps_count = sum(each.runs_in(one.cell) for each in one.scenario.steps)
    return RunResult(one.scenario.name, one.scenario.path, one.cell, (step,), steps_count, digest=None)
