"""Choosing stories and cells, and checking files without running them."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from mockpsp.scenarios.language.check import check
from mockpsp.scenarios.language.errors import ScenarioErrors
from mockpsp.scenarios.language.model import Scenario
from mockpsp.scenarios.replaying.replay import load_all, replay, select

Make = Callable[..., Scenario]
GOOD = "format: 1\nname: A good story\ntags: [refunds]\nsteps:\n- call: GET /cards\n"


def test_stories_are_selected_by_text_in_any_case(story: Make) -> None:
    scenario = story("- call: GET /cards")

    assert (select([scenario], text="STORY"), select([scenario], text="chargeback")) == ([scenario], [])


def test_stories_are_selected_by_tag(story: Make) -> None:
    scenario = story("- call: GET /cards", "tags: [refunds]")

    assert (select([scenario], tag="refunds"), select([scenario], tag="refund")) == ([scenario], [])


def test_every_cell_is_replayed(tiny: Any, story: Make) -> None:
    scenario = story("- call: POST /invoices", "matrix: {psp: [one, two]}")

    assert [result.cell for result in replay([scenario], tiny.url)] == [{"psp": "one"}, {"psp": "two"}]


def test_one_psp_keeps_its_cells_and_the_stories_without_a_matrix(tiny: Any, story: Make) -> None:
    scenarios = [story("- call: POST /invoices", "matrix: {psp: [one, two]}"), story("- call: POST /invoices")]

    assert [result.cell for result in replay(scenarios, tiny.url, psp="two")] == [{"psp": "two"}, {}]


def test_loading_many_tells_the_problems_of_all(tmp_path: Path) -> None:
    for name in ("a.yaml", "b.yaml"):
        (tmp_path / name).write_text("format: 1\n", encoding="utf-8")

    with pytest.raises(ScenarioErrors) as caught:
        load_all([tmp_path])

    assert [Path(problem.file).name for problem in caught.value.problems] == ["a.yaml", "b.yaml"]


def test_a_check_counts_files_and_lists_problems(tmp_path: Path) -> None:
    (tmp_path / "good.yaml").write_text(GOOD, encoding="utf-8")
    (tmp_path / "bad.yaml").write_text(GOOD.replace("tags", "tag"), encoding="utf-8")

    assert str(check([tmp_path])).splitlines() == [
        f"{tmp_path / 'bad.yaml'}:3:1: unknown key 'tag' in a scenario (nearest known: tags)",
        "2 files, 1 problem",
    ]


def test_a_check_of_a_missing_path_is_a_problem(tmp_path: Path) -> None:
    assert not check([tmp_path / "gone"]).ok
