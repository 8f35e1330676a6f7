"""Many stories one after the other, against a server that runs already or an application in this process."""

from collections.abc import Iterable, Iterator
from pathlib import Path

from mockpsp.scenarios.language.errors import Problem, ScenarioErrors
from mockpsp.scenarios.language.loader import discover, library_paths, load
from mockpsp.scenarios.language.model import Scenario
from mockpsp.scenarios.replaying.lines import Place
from mockpsp.scenarios.replaying.runner import RunResult, run

ALL_PSPS = "all"


def load_all(paths: Iterable[Path]) -> list[Scenario]:
    """The stories `discover` finds, or all built-in ones if no path is given; `ScenarioErrors` with all problems."""
    scenarios: list[Scenario] = []
    problems: list[Problem] = []
    for file in discover(paths) or library_paths():
        try:
            scenarios.append(load(file))
        except ScenarioErrors as error:
            problems.extend(error.problems)
    if problems:
        raise ScenarioErrors(problems)
    return scenarios


def find(path: Path) -> Scenario:
    """The story of a file, or the built-in one of that name; `ScenarioErrors` with its problems."""
    return load_all([path])[0]


def select(scenarios: Iterable[Scenario], *, text: str | None = None, tag: str | None = None) -> list[Scenario]:
    """Those whose name or file holds `text` (in any case) and which carry `tag`."""
    wanted = (text or "").lower()
    return [
        one
        for one in scenarios
        if (wanted in one.name.lower() or wanted in one.path.lower()) and (tag is None or tag in one.tags)
    ]


def replay(scenarios: Iterable[Scenario], place: Place, *, psp: str = ALL_PSPS) -> Iterator[RunResult]:
    """The results as they come, in the order of files and cells; `psp` keeps the cells of one PSP."""
    for scenario in scenarios:
        for cell in scenario.cells():
            if "psp" not in cell or psp in (ALL_PSPS, cell["psp"]):
                yield run(scenario, place, cell=cell)
