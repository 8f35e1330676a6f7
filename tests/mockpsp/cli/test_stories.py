"""`mockpsp check`, `new` and `schema`: stories while they are written."""

import json
from pathlib import Path

import pytest

from mockpsp.scenarios.language.starting import SCHEMA_NAME
from tests.mockpsp.cli.conftest import Run

UNUSED = """\
format: 1
name: A story
steps:
  - {call: POST /customers, body: {}, save: {customer: customer.id}}
"""
AT_OUR_ACQUIRER = """\
format: 1
name: A story
matrix: {psp: [our-acquirer]}
steps:
  - {call: GET /customers}
"""


def test_an_unused_save_is_a_warning_that_does_not_stand_in_the_way(run: Run, tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text(UNUSED)

    result = run("check", str(tmp_path), on_file=False)

    assert result.exit_code == 0
    assert result.stdout.splitlines() == [
        f"{tmp_path / 'a.yaml'}:4:46: warning: customer is saved but never used",
        "1 file, 0 problems, 1 warning",
    ]


@pytest.mark.parametrize("command", ["check", "replay"])
def test_in_a_finished_story_it_is_an_error(run: Run, tmp_path: Path, command: str) -> None:
    (tmp_path / "a.yaml").write_text(UNUSED)

    result = run(command, str(tmp_path), "--strict", on_file=False)

    assert result.exit_code == 2
    assert "4:46: customer is saved but never used" in result.output


def test_a_replay_says_it_beside_the_results(run: Run, tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text(UNUSED)

    result = run("replay", str(tmp_path), on_file=False)

    assert result.exit_code == 0
    assert result.stderr.endswith("a.yaml:4:46: warning: customer is saved but never used\n")


def test_the_library_is_finished(run: Run) -> None:
    result = run("check", "--strict", "scenarios/library", on_file=False)

    assert result.exit_code == 0


def test_a_psp_of_the_users_own_is_known_with_its_folder(run: Run, tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text(AT_OUR_ACQUIRER)
    (tmp_path / "psps").mkdir()
    (tmp_path / "psps" / "our-acquirer.toml").write_text('like = "wallet"\n')

    alone = run("check", str(tmp_path), on_file=False)
    with_folder = run("check", str(tmp_path), "--psps", str(tmp_path / "psps"), on_file=False)

    assert (alone.exit_code, with_folder.exit_code) == (2, 0)
    assert "3:16: there is no PSP 'our-acquirer'" in alone.stdout


def test_the_schema_is_printed_as_it_is_shipped(run: Run) -> None:
    result = run("schema", on_file=False)

    assert json.loads(result.stdout)["required"] == ["format", "name", "steps"]


@pytest.mark.parametrize(
    "more",
    [(), ("--from", "split-shipment"), ("--from", "twenty-refunds-and-not-one-more")],
    ids=lambda more: more[-1:],
)
def test_a_new_story_replays_as_it_is(run: Run, tmp_path: Path, more: tuple[str, ...]) -> None:
    path = tmp_path / "my-refund.yaml"

    made = run("new", str(tmp_path / "my-refund"), *more, on_file=False)
    replayed = run("replay", str(path), "--strict", "--json", on_file=False)

    assert (made.exit_code, replayed.exit_code) == (0, 0)
    assert json.loads(replayed.stdout)["runs"][0]["name"] == "My refund"


def test_editors_find_the_schema_beside_a_new_story(run: Run, tmp_path: Path) -> None:
    run("new", str(tmp_path / "a.yaml"), on_file=False)

    first = (tmp_path / "a.yaml").read_text().splitlines()[0]
    assert first == f"# yaml-language-server: $schema=./{SCHEMA_NAME}"
    assert json.loads((tmp_path / SCHEMA_NAME).read_text())["title"] == "A story of mockpsp"


def test_a_story_that_is_there_is_not_written_over(run: Run, tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text("mine")

    refused = run("new", str(tmp_path / "a"), on_file=False)
    forced = run("new", str(tmp_path / "a"), "--force", on_file=False)

    assert (refused.exit_code, forced.exit_code) == (2, 0)
    assert "is there already" in refused.stderr


def test_a_model_that_is_no_story_is_named_with_the_nearest(run: Run, tmp_path: Path) -> None:
    result = run("new", str(tmp_path / "a"), "--from", "split-shipmen", on_file=False)

    assert result.exit_code == 2
    assert "nearest known: split-shipment" in result.stderr
    assert not (tmp_path / "a.yaml").exists()


def test_a_copy_brings_the_shared_steps_that_it_uses(run: Run, tmp_path: Path) -> None:
    made = run("new", str(tmp_path / "a"), "--from", "twenty-refunds-and-not-one-more", "--json", on_file=False)

    shared = tmp_path / "shared" / "paid-by-card.yaml"
    assert json.loads(made.stdout)["shared"] == [str(shared)]
    assert "use: shared/paid-by-card.yaml" in (tmp_path / "a.yaml").read_text()
    assert "takes:" in shared.read_text()


def test_shared_steps_of_the_users_own_are_not_written_over(run: Run, tmp_path: Path) -> None:
    (tmp_path / "shared").mkdir()
    (tmp_path / "shared" / "paid-by-card.yaml").write_text("mine")

    refused = run("new", str(tmp_path / "a"), "--from", "twenty-refunds-and-not-one-more", on_file=False)
    forced = run("new", str(tmp_path / "a"), "--from", "twenty-refunds-and-not-one-more", "--force", on_file=False)

    assert (refused.exit_code, forced.exit_code) == (2, 0)
    assert "paid-by-card.yaml, which the story uses, is there already and differs" in refused.stderr


def test_a_theme_is_no_model(run: Run, tmp_path: Path) -> None:
    result = run("new", str(tmp_path / "a"), "--from", "refunds", on_file=False)

    assert result.exit_code == 2
    assert "is a theme of the library; name one story of it" in result.stderr
    assert not (tmp_path / "a.yaml").exists()
