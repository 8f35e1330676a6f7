"""`mockpsp universes`: which there are, how old they are, and taking them away, with a server and without."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from mockpsp.serving.lock import FileLock
from mockpsp.wallclock import now_ms
from tests.mockpsp.cli.conftest import PROJECT, Run, Running, said

DAY_MS = 86_400_000


@pytest.fixture
def aged(running: Running, file: Path) -> Running:
    """Three universes: one of today, one of ten days ago, and one of a version that noted nothing."""
    for project_id in (PROJECT, "test-proj_old", "test-proj_unknown"):
        running.post("/customers", {}, project_id)
    with closing(sqlite3.connect(file)) as conn:
        conn.execute(
            "UPDATE project SET opened_real_ms = ?, used_real_ms = ? WHERE id = 'test-proj_old'",
            (now_ms() - 30 * DAY_MS, now_ms() - 10 * DAY_MS),
        )
        conn.execute("UPDATE project SET opened_real_ms = NULL, used_real_ms = NULL WHERE id = 'test-proj_unknown'")
        conn.commit()
    return running


def listed(run: Run, *options: str) -> list[str]:
    return [one["id"] for one in said(run("universes", "list", "--json", *options))["universes"]]


def test_they_are_listed_with_their_age(aged: Running, run: Run) -> None:
    lines = run("universes", "list").stdout.splitlines()

    assert lines == [
        "test-proj_books    opened just now, used just now",
        "test-proj_old      opened 30d ago, used 10d ago",
        "test-proj_unknown  opened before that was noted, used before that was noted",
        "3 universes",
    ]


def test_snapshots_are_no_universes(aged: Running, run: Run) -> None:
    aged.post("/sandbox/snapshots", {})

    assert len(listed(run)) == 3


def test_old_ones_are_those_that_nothing_was_written_to(aged: Running, run: Run) -> None:
    assert listed(run, "--older-than", "7d") == ["test-proj_old"]
    assert listed(run, "--older-than", "11d") == []


def test_the_running_server_deletes_them(aged: Running, run: Run, file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # A proxy has nothing to do with a server on this machine, and would be told the secret key.
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
    monkeypatch.setenv("NO_PROXY", "")
    with FileLock(str(file)) as lock:
        lock.announce(aged.server.url)

        result = run("universes", "delete", "--older-than", "7d")

    assert result.stdout.splitlines() == [
        "deleted test-proj_old",
        "kept, since an older mockpsp did not note when they were used: test-proj_unknown",
        "1 universe deleted",
    ]
    assert listed(run) == [PROJECT, "test-proj_unknown"]


def test_one_is_deleted_in_the_file_with_the_lock_taken(aged: Running, run: Run, file: Path) -> None:
    assert said(run("universes", "delete", "test-proj_unknown", "--json")) == {
        "deleted": ["test-proj_unknown"],
        "of_unknown_age": [],
    }
    assert listed(run) == [PROJECT, "test-proj_old"]
    with closing(sqlite3.connect(file)) as conn:
        assert conn.execute("SELECT COUNT(*) FROM customer").fetchone() == (2,)


def test_a_file_that_is_held_by_who_tells_no_address_stays(aged: Running, run: Run, file: Path) -> None:
    with FileLock(str(file)):
        result = run("universes", "delete", "test-proj_old")

    assert (result.exit_code, "which tells no address" in result.stderr) == (2, True)
    assert len(listed(run)) == 3


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ((), "say either which universes"),
        (("test-proj_old", "--older-than", "7d"), "say either which universes"),
        (("test-proj_none",), "has no universe test-proj_none; mockpsp universes list"),
        (("--older-than", "soon"), "--older-than: 'soon' is no span"),
        (("--older-than", "2bd"), "has no business days"),
    ],
)
def test_what_is_not_clear_deletes_nothing(aged: Running, run: Run, options: tuple[str, ...], said: str) -> None:
    result = run("universes", "delete", *options)

    assert (result.exit_code, said in result.stderr) == (2, True), result.stderr
    assert len(listed(run)) == 3


def test_a_misspelt_one_meets_the_nearest(aged: Running, run: Run) -> None:
    result = run("universes", "delete", "test-proj_od")

    assert result.exit_code == 2
    assert "did you mean 'test-proj_old'?" in result.stderr
    assert len(listed(run)) == 3
