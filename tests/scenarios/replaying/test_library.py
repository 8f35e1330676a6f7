"""The built-in stories: each passes, over HTTP and straight, into equal worlds whose books other programs read."""

from pathlib import Path

import pytest

from mockpsp.sandbox_client import Sandbox
from mockpsp.scenarios.language.library import library_paths
from mockpsp.scenarios.language.loader import load
from mockpsp.scenarios.language.model import Scenario
from mockpsp.scenarios.replaying.application import Application
from mockpsp.scenarios.replaying.runner import SECRET, project_id, run
from tests.fuzz.books import FORMATS, complaints

pytestmark = pytest.mark.slow

RUNS = [
    pytest.param(scenario, cell, id=f"{path.stem}-{'-'.join(cell.values())}")
    for path in library_paths()
    for scenario in [load(path)]
    for cell in scenario.cells()
]


@pytest.mark.parametrize(("scenario", "cell"), RUNS)
def test_a_story_replays_to_the_same_world(
    mockpsp_server: str, application: Application, scenario: Scenario, cell: dict[str, str], tmp_path: Path
) -> None:
    first = run(scenario, mockpsp_server, cell=cell, number=1)
    second = run(scenario, application, cell=cell, number=2)

    assert first.ok, first.differences
    assert second.ok, second.differences
    assert first.digest == second.digest
    with Sandbox(mockpsp_server, project_id(scenario.slug, cell, 1), SECRET) as sandbox:
        journals = {form: sandbox.call("GET", f"/sandbox/ledger/journal?format={form}").text for form in FORMATS}
    assert complaints(journals, tmp_path / "story.journal")[1] == []


def test_there_are_ten_stories() -> None:
    assert len(library_paths()) >= 10


def test_different_worlds_have_different_digests(mockpsp: Sandbox) -> None:
    empty = mockpsp.get("/sandbox/digest")["digest"]

    mockpsp.card()

    assert mockpsp.get("/sandbox/digest")["digest"] != empty
