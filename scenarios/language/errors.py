"""What can go wrong with a scenario, as values and as exceptions.

    Exception
    ├── ScenarioErrors   a file can't be replayed: every problem found in it, each with its place
    └── ReplayError      the server's answer leaves a replay nothing to go on
        └── NothingSaved     a name stands for nothing yet

An expectation that isn't met is neither: it is a `Difference` (matching.py) and belongs to the result.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True, order=True)
class Problem:
    """One thing wrong in a file; line and column count from 1."""

    file: str
    line: int
    column: int
    what: str
    #: The file can be replayed all the same.
    is_warning: bool = field(default=False, compare=False)

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column}: {'warning: ' if self.is_warning else ''}{self.what}"


class ScenarioErrors(Exception):
    """A scenario file that can't be replayed, with all its problems in the order of their places."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        self.problems: tuple[Problem, ...] = tuple(sorted(problems))
        super().__init__("\n".join(str(problem) for problem in self.problems))


class ReplayError(Exception):
    """The server refused or garbled something the replay itself asked for: a reset, the balances, an endpoint."""


class NothingSaved(ReplayError):
    """`${name}` is used, and no step that ran here has saved it."""

    def __init__(self, name: str) -> None:
        self.name = name
        super().__init__(f"needs ${{{name}}}, which no step that runs here saves")
