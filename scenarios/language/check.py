"""Validation of scenario files without running them: what `mockpsp check` does."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from mockpsp.scenarios.language.errors import Problem, ScenarioErrors
from mockpsp.scenarios.language.loader import discover, load


@dataclass(frozen=True, slots=True)
class Checked:
    """How many files were read and all that is wrong in them, in the order of files and places."""

    files_count: int
    problems: tuple[Problem, ...]

    @property
    def ok(self) -> bool:
        """Whether every file could be replayed."""
        return not self.problems

    def __str__(self) -> str:
        lines = [str(problem) for problem in self.problems]
        return "\n".join([*lines, f"{self.files_count} files, {len(lines)} problems"])


def check(paths: Iterable[Path]) -> Checked:
    """What is wrong with the files among `paths` and in the folders among them; nothing is raised."""
    try:
        files = discover(paths)
    except ScenarioErrors as error:
        return Checked(0, error.problems)
    return Checked(len(files), tuple(problem for file in files for problem in _problems(file)))


def _problems(file: Path) -> tuple[Problem, ...]:
    try:
        load(file)
    except ScenarioErrors as error:
        return error.problems
    return ()
