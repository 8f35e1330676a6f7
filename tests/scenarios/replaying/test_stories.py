"""Stories of what once went wrong, each with the right values."""

from pathlib import Path

import pytest

from mockpsp.scenarios.language.loader import load
from mockpsp.scenarios.replaying.runner import run

STORIES = sorted((Path(__file__).parents[1] / "stories").glob("*.yaml"))
RUNS = [(path, cell) for path in STORIES for cell in load(path).cells()]


@pytest.mark.parametrize(("path", "cell"), RUNS, ids=[f"{path.stem}-{cell['psp']}" for path, cell in RUNS])
def test_the_story_goes_as_told(mockpsp_server: str, path: Path, cell: dict[str, str]) -> None:
    result = run(load(path), mockpsp_server, cell=cell)

    assert result.ok, result.differences
