"""Validation of scenario files without running them: what `mockpsp check` does."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path

from mockpsp.catalog import Catalog
from mockpsp.scenarios.language.errors import Problem, ScenarioErrors
from mockpsp.scenarios.language.loader import PACKAGED, discover, load


@dataclass(frozen=True, slots=True)
class Checked:
    """How many files were read and all that is wrong in them, in the order of files and places.

    Warnings are among the problems: what a story that is still being written may have.
    """

    files_count: int
    problems: tuple[Problem, ...]

    @property
    def ok(self) -> bool:
        """Whether every file could be replayed."""
        return all(problem.is_warning for problem in self.problems)

    def __str__(self) -> str:
        warned = sum(problem.is_warning for problem in self.problems)
        told = f"{_counted(self.files_count, 'file')}, {_counted(len(self.problems) - warned, 'problem')}"
        return "\n".join([*map(str, self.problems), f"{told}, {_counted(warned, 'warning')}" if warned else told])

    def strictly(self) -> "Checked":
        """The same, each warning an error."""
        return replace(self, problems=tuple(replace(problem, is_warning=False) for problem in self.problems))


def check(paths: Iterable[Path], catalog: Catalog | None = PACKAGED) -> Checked:
    """What is wrong with the files among `paths` and in the folders among them; nothing is raised.

    `catalog` has the PSPs that they may name; None: those of a server that we don't know.
    """
    try:
        files = discover(paths)
    except ScenarioErrors as error:
        return Checked(0, error.problems)
    return Checked(len(files), tuple(problem for file in files for problem in _problems(file, catalog)))


def _problems(file: Path, catalog: Catalog | None) -> tuple[Problem, ...]:
    try:
        return load(file, catalog).warnings
    except ScenarioErrors as error:
        return error.problems


def _counted(n: int, what: str) -> str:
    return f"{n} {what}{'' if n == 1 else 's'}"
