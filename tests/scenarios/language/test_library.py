"""The built-in stories' folders: a story's name and its theme's lead to it from anywhere, and nothing else is meant."""

from pathlib import Path

import pytest

from mockpsp.scenarios.language.errors import ScenarioErrors
from mockpsp.scenarios.language.library import LIBRARY, SHARED, library_paths, theme_of, themes
from mockpsp.scenarios.language.loader import discover, load, one_of

SPLIT = LIBRARY / "captures" / "split-shipment.yaml"


def test_every_name_is_of_one_story_and_of_no_theme() -> None:
    names = [path.stem for path in library_paths()]

    assert len({*names, *themes(), SHARED}) == len(names) + len(themes()) + 1


def test_every_story_is_in_a_theme_and_nothing_else_is_in_the_library() -> None:
    files = {path for path in LIBRARY.rglob("*") if path.is_file()}

    assert files == {*library_paths(), *(LIBRARY / SHARED).glob("*.yaml")}
    assert all(theme_of(path) in themes() for path in library_paths())


@pytest.mark.parametrize(
    "name", ["split-shipment", "split-shipment.yaml", "captures/split-shipment", "captures/split-shipment.yaml"]
)
def test_a_story_goes_by_its_name_with_or_without_its_theme(name: str) -> None:
    assert discover([Path(name)]) == [SPLIT] == [one_of(Path(name))]


def test_a_theme_stands_for_its_stories() -> None:
    found = discover([Path("refunds-that-fail-later"), Path("split-shipment")])

    assert found == [*themes()["refunds-that-fail-later"], SPLIT]


def test_what_is_there_goes_before_the_library(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "refunds").mkdir()
    (tmp_path / "refunds" / "mine.yaml").touch()
    monkeypatch.chdir(tmp_path)

    assert discover([Path("refunds")]) == [Path("refunds/mine.yaml")]


@pytest.mark.parametrize(("name", "kind"), [("captures", "a theme of the library"), (str(LIBRARY), "a folder")])
def test_where_one_story_is_wanted_several_are_refused_by_name(name: str, kind: str) -> None:
    with pytest.raises(ScenarioErrors, match=rf"is {kind}; name one story of it: \S+, \S+, \S+, \.\.\.") as raised:
        one_of(Path(name))

    assert str(raised.value).startswith(f"{name}:1:1: ")


def test_a_mistyped_theme_gets_the_nearest_name() -> None:
    with pytest.raises(ScenarioErrors, match=r"built-in story or theme \(nearest known: webhooks\)"):
        discover([Path("webhoks")])


def test_no_other_file_has_a_theme(tmp_path: Path) -> None:
    assert theme_of(tmp_path / "refunds" / "mine.yaml") == ""


@pytest.mark.parametrize("path", library_paths(), ids=lambda path: path.stem)
def test_every_story_says_what_is_behind_it_and_where_that_is_told(path: Path) -> None:
    told = load(path)

    assert len(told.about) > 80, "the incident or the rule in a sentence or two"
    assert told.sources
    assert told.slug == path.stem
