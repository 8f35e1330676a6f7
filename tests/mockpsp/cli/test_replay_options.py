"""`mockpsp replay` to a step, with goldens, with progress, and with results that CI servers read."""

import io
import json
from datetime import datetime
from pathlib import Path

import pytest
from junitparser import JUnitXml

from mockpsp.cli.progress import Progress
from tests.mockpsp.cli.conftest import Run

STORY = """\
format: 1
name: A sale
steps:
  - {id: c, call: POST /cards, body: {number: "4242424242424242", exp_month: 12, exp_year: 2030}, save: {card: card.id}}
  - {id: order, call: POST /invoices, body: {name: A, amount: "10.00", currency: EUR}, save: {iv: invoice.id}}
  - {id: pay, call: "POST /invoices/${iv}/capture", body: {source: "${card}"}}
  - {id: end, end: {max: 30d}}
"""


@pytest.fixture
def story(tmp_path: Path) -> Path:
    path = tmp_path / "sale.yaml"
    path.write_text(STORY)
    return path


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


class Result:
    def __init__(self, name: str, ok: bool) -> None:
        self.name = name
        self.ok = ok


def test_a_replay_stops_after_the_step_that_is_named(run: Run, story: Path) -> None:
    result = run("replay", str(story), "--until", "order", "--json", on_file=False)

    [played] = json.loads(result.stdout)["runs"]
    assert [step["id"] for step in played["steps"]] == ["c", "order"]
    assert (played["ok"], played["steps_count"]) == (True, 2)


def test_a_step_that_there_is_not_is_named_with_the_nearest(run: Run, story: Path) -> None:
    result = run("replay", str(story), "--until", "ordr", on_file=False)

    assert result.exit_code == 2
    assert "no step is called 'ordr' (nearest known: order)" in result.stderr


def test_what_a_story_books_is_kept_and_a_change_of_it_is_a_failure_that_shows_as_a_diff(run: Run, story: Path) -> None:
    made = run("replay", str(story), "--update", on_file=False)
    same = run("replay", str(story), on_file=False)
    story.write_text(STORY.replace("10.00", "11.00"))
    changed = run("replay", str(story), on_file=False)

    assert (made.exit_code, same.exit_code, changed.exit_code) == (0, 0, 1)
    assert "sale.journal is written" in made.stderr
    assert "-    assets:psp:sandbox:pending  income:sales  10.00 EUR" in changed.stdout
    assert "+    assets:psp:sandbox:pending  income:sales  11.00 EUR" in changed.stdout


def test_a_change_that_is_meant_is_written(run: Run, story: Path) -> None:
    run("replay", str(story), "--update", on_file=False)
    story.write_text(STORY.replace("10.00", "11.00"))

    again = run("replay", str(story), "--update", on_file=False)
    once_more = run("replay", str(story), "--update", on_file=False)

    assert "sale.journal is written" in again.stderr
    assert once_more.stderr == ""
    assert run("replay", str(story), on_file=False).exit_code == 0


def test_a_part_of_a_story_is_neither_kept_nor_held_against_the_whole(run: Run, story: Path) -> None:
    run("replay", str(story), "--update", on_file=False)

    assert run("replay", str(story), "--until", "order", on_file=False).exit_code == 0
    assert run("replay", str(story), "--until", "order", "--update", on_file=False).exit_code == 2


def test_a_story_that_fails_keeps_nothing(run: Run, story: Path) -> None:
    story.write_text(STORY.replace("2030}", "2030}, expect: {status: 400}"))

    result = run("replay", str(story), "--update", on_file=False)

    assert result.exit_code == 1
    assert "stays as it was" in result.stderr
    assert not story.with_suffix(".journal").exists()


def test_a_reader_of_junit_xml_takes_the_results(run: Run, story: Path, tmp_path: Path) -> None:
    bad = tmp_path / "bad.yaml"
    bad.write_text(STORY.replace('body: {source: "${card}"}', 'body: {source: "${card}"}, expect: {status: 400}'))
    results = tmp_path / "results.xml"

    run("replay", str(story), str(bad), "--junit", str(results), on_file=False)

    read = JUnitXml.fromfile(str(results))
    assert (read.tests, read.failures, read.errors, read.skipped) == (2, 1, 0, 0)
    assert all(datetime.fromisoformat(suite.timestamp) for suite in read)
    [case] = [case for suite in read for case in suite if not case.is_passed]
    assert case.name == "A sale"
    assert case.result[0].message == "pay: status: expected 400, got 200"


def test_progress_is_one_line_that_is_gone_at_the_end() -> None:
    stream = Terminal()

    with Progress(2, stream) as progress:
        progress.told(1, Result("A sale", True))
        progress.told(2, Result("A refund", False))

    shown = [line.rstrip() for line in stream.getvalue().split("\r")]
    assert shown == ["", "0/2", "1/2  A sale", "2/2, 1 differed  A refund", "", ""]


def test_nobody_who_is_no_terminal_is_told_of_progress(run: Run, story: Path) -> None:
    assert run("replay", str(story), on_file=False).stderr == ""
