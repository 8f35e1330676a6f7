"""`mockpsp replay` and `mockpsp check`: options, results and exit codes. What stories mean is tested elsewhere."""

import json
from pathlib import Path
from xml.etree import ElementTree

import pytest

from mockpsp.scenarios.language.library import library_paths
from mockpsp.serving.lock import FileLock
from tests.mockpsp.cli.conftest import Run, Running, said

STORY = """\
format: 1
name: {name}
tags: [{tag}]
steps:
  - id: customer
    call: POST /customers
    body: {{email: a@b.test}}
    expect: {{status: {status}}}
"""


@pytest.fixture
def story(tmp_path: Path) -> Path:
    folder = tmp_path / "stories"
    folder.mkdir()
    (folder / "good.yaml").write_text(STORY.format(name="A customer is made", tag="good", status="200"))
    return folder


@pytest.fixture
def bad_story(story: Path) -> Path:
    (story / "bad.yaml").write_text(STORY.format(name="A customer is refused", tag="bad", status="404"))
    return story


def names(output: str) -> list[str]:
    return [run["name"] for run in json.loads(output)["runs"]]


def test_stories_that_go_as_expected_exit_with_0(run: Run, story: Path) -> None:
    result = run("replay", str(story), on_file=False)

    assert result.exit_code == 0
    assert "A customer is made" in result.stdout


def test_a_story_that_differs_exits_with_1(run: Run, bad_story: Path) -> None:
    result = run("replay", str(bad_story), on_file=False)

    assert result.exit_code == 1
    assert "404" in result.stdout


def test_a_malformed_story_exits_with_2_and_names_the_place(run: Run, story: Path) -> None:
    (story / "broken.yaml").write_text("format: 1\nname: Broken\nstep: []\n")

    result = run("replay", str(story), on_file=False)

    assert result.exit_code == 2
    assert "broken.yaml:3:1:" in result.stderr


@pytest.mark.parametrize("options", [("-k", "REFUSED"), ("--tag", "bad"), ("-k", "bad.yaml")])
def test_stories_can_be_chosen(run: Run, bad_story: Path, options: tuple[str, ...]) -> None:
    result = run("replay", str(bad_story), *options, "--json", on_file=False)

    assert names(result.stdout) == ["A customer is refused"]


def test_choosing_nothing_is_an_error(run: Run, story: Path) -> None:
    result = run("replay", str(story), "-k", "unheard of", on_file=False)

    assert result.exit_code == 2
    assert "no story matches" in result.stderr


def test_stories_can_be_replayed_against_a_running_server(run: Run, story: Path, running: Running) -> None:
    assert run("replay", str(story), "--url", running.server.url + "/", on_file=False).exit_code == 0


def test_the_results_can_be_kept_for_a_ci_server(run: Run, story: Path, tmp_path: Path) -> None:
    run("replay", str(story), "--junit", str(tmp_path / "out.xml"), on_file=False)

    (case,) = ElementTree.parse(tmp_path / "out.xml").iter("testcase")
    assert "A customer is made" in case.attrib["name"]


def test_the_ledger_can_be_kept(run: Run, story: Path, file: Path) -> None:
    assert run("replay", str(story)).exit_code == 0

    assert said(run("ledger", "balances", "--json"))["balances"] == {}


def test_a_file_that_is_being_served_is_left_alone(run: Run, story: Path, file: Path) -> None:
    with FileLock(str(file)):
        result = run("replay", str(story))

    assert result.exit_code == 2
    assert "is served already" in result.stderr


def test_a_server_and_a_file_do_not_go_together(run: Run, story: Path) -> None:
    assert run("replay", str(story), "--url", "http://127.0.0.1:1").exit_code == 2
    assert run("replay", str(story), "--url", "http://[::1", on_file=False).exit_code == 2


def test_check_finds_nothing_wrong_with_a_good_story(run: Run, story: Path) -> None:
    result = run("check", str(story), on_file=False)

    assert (result.exit_code, result.stdout) == (0, "1 file, 0 problems\n")


def test_check_names_file_line_column_and_the_nearest_known_name(run: Run, story: Path) -> None:
    (story / "broken.yaml").write_text(STORY.format(name="Broken", tag="x", status="200").replace("tags:", "tag:"))

    result = run("check", str(story), "--json", on_file=False)

    (problem,) = json.loads(result.stdout)["problems"]
    assert result.exit_code == 2
    assert (Path(problem["file"]).name, problem["line"], problem["column"]) == ("broken.yaml", 3, 1)
    assert "tags" in problem["what"]


def test_a_built_in_story_goes_by_its_name(run: Run) -> None:
    result = run("replay", "split-shipment", "--json", on_file=False)
    mistyped = run("replay", "split-shipmen", on_file=False)

    assert [Path(one["path"]).name for one in json.loads(result.stdout)["runs"]] == ["split-shipment.yaml"]
    assert mistyped.exit_code == 2
    assert "(nearest known: split-shipment)" in mistyped.stderr


def test_stories_are_listed_by_theme_and_none_is_played(run: Run) -> None:
    result = run("replay", "--list", "refunds-that-fail-later", "split-shipment", on_file=False)

    assert result.exit_code == 0
    lines = result.stdout.splitlines()
    assert lines[0] == "refunds-that-fail-later"
    of_theme = sorted(path.stem for path in library_paths() if path.parent.name == "refunds-that-fail-later")
    assert [line.split()[0] for line in lines[1:-3]] == of_theme
    assert lines[-3] == "captures"
    assert lines[-2].split(maxsplit=1) == ["split-shipment", "An order is shipped in two parcels, paid as they leave"]
    assert lines[-1] == f"{len(of_theme) + 1} stories"


def test_a_list_as_json_says_what_is_behind_each_story(run: Run, story: Path) -> None:
    result = run("replay", "--list", "--json", "split-shipment", str(story / "good.yaml"), on_file=False)

    built_in, own = json.loads(result.stdout)["stories"]
    assert built_in["theme"] == "captures"
    assert built_in["sources"] == [
        {"title": "Stripe: Multicapture", "url": "https://docs.stripe.com/payments/multicapture"}
    ]
    assert (own["theme"], own["about"], own["sources"]) == (None, "", [])


def test_a_list_of_nothing_is_refused(run: Run) -> None:
    result = run("replay", "--list", "refunds", "-k", "no such story", on_file=False)

    assert result.exit_code == 2
    assert "no story matches" in result.stderr


def test_a_theme_is_replayed_by_its_name(run: Run) -> None:
    result = run("replay", "refunds-that-fail-later", "--json", on_file=False)

    assert result.exit_code == 0
    assert {Path(one["path"]).parent.name for one in json.loads(result.stdout)["runs"]} == {"refunds-that-fail-later"}
