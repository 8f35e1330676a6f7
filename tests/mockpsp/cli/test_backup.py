"""`mockpsp backup`: a whole copy of a file that a server works on, or not at all."""

import os
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from mockpsp.ledger import book
from mockpsp.serving.lock import FileLock
from mockpsp.store.files import APPLICATION_ID
from tests.mockpsp.cli.conftest import PROJECT, Run, Running, said
from tests.mockpsp.disks import SmallDisk, small_disk
from tests.mockpsp.store.schema import recorded


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    folder = tmp_path / "copies"
    folder.mkdir()
    return folder / "copy.db"


def test_a_copy_of_a_running_servers_file_holds_what_was_written_last(
    run: Run, refunded: Running, file: Path, copy: Path
) -> None:
    assert (file.with_name(f"{file.name}-wal")).stat().st_size > 0

    shown = said(run("backup", str(copy), "--json"))["backup"]

    assert shown == {"from": str(file), "to": str(copy), "bytes": copy.stat().st_size, "universes": 1}
    assert [path.name for path in copy.parent.iterdir()] == ["copy.db"]
    balances = run("ledger", "balances", "--json")
    assert said(run("ledger", "balances", "--json", "--db", str(copy), on_file=False)) == said(balances)


def test_a_copy_says_what_it_holds(run: Run, refunded: Running, file: Path, copy: Path) -> None:
    result = run("backup", str(copy))

    assert result.stdout == f"{copy} is a copy of {file}: 1 universe, {copy.stat().st_size} bytes\n"


def test_a_copy_is_one_file_that_is_read_where_nothing_may_be_written(run: Run, refunded: Running, copy: Path) -> None:
    run("backup", str(copy))

    with closing(sqlite3.connect(f"{copy.as_uri()}?mode=ro", uri=True)) as conn:
        assert conn.execute("PRAGMA journal_mode").fetchone() == ("delete",)
        assert conn.execute("PRAGMA application_id").fetchone() == (APPLICATION_ID,)
        assert conn.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    assert [path.name for path in copy.parent.iterdir()] == ["copy.db"]


def test_copies_under_load_are_each_sound(run: Run, refunded: Running, copy: Path) -> None:
    ending = threading.Event()

    def work() -> None:
        while not ending.is_set():
            card = refunded.post("/cards", {"number": "4242424242424242", "exp_month": 12, "exp_year": 2030})
            invoice = refunded.post("/invoices", {"name": "A", "amount": "10", "currency": "EUR"})["invoice"]["id"]
            refunded.post(f"/invoices/{invoice}/capture", {"source": card["card"]["id"]})

    working = threading.Thread(target=work)
    working.start()
    try:
        sizes = [said(run("backup", str(copy), "--overwrite", "--json"))["backup"]["bytes"] for _ in range(10)]
        with closing(sqlite3.connect(copy)) as conn:
            assert conn.execute("PRAGMA integrity_check").fetchone() == ("ok",)
            (no,) = conn.execute("SELECT no FROM project WHERE id = ?", (PROJECT,)).fetchone()
            assert book.problems(conn, no) == []
    finally:
        ending.set()
        working.join()
    assert sizes == sorted(sizes)


def test_what_is_there_is_not_overwritten_unless_told(run: Run, refunded: Running, copy: Path) -> None:
    copy.write_text("precious")

    refused = run("backup", str(copy))
    assert (refused.exit_code, copy.read_text()) == (2, "precious")
    assert "is there already; name another file, or say --overwrite" in refused.stderr

    assert run("backup", str(copy), "--overwrite").exit_code == 0
    assert copy.read_bytes().startswith(b"SQLite format 3")


def test_a_file_is_not_copied_onto_itself(run: Run, refunded: Running, file: Path, tmp_path: Path) -> None:
    link = tmp_path / "link.db"
    link.symlink_to(file)

    for path in (file, link):
        refused = run("backup", str(path), "--overwrite")
        assert (refused.exit_code, "is the server's file; choose another" in refused.stderr) == (2, True)


@pytest.mark.parametrize("ending", ["-wal", "-shm", "-journal", ".lock"])
def test_what_a_server_keeps_beside_its_file_is_not_replaced(
    run: Run, refunded: Running, file: Path, tmp_path: Path, ending: str
) -> None:
    link = tmp_path / "link.db"
    link.symlink_to(f"{file}{ending}")

    for path in (f"{file}{ending}", str(link)):
        refused = run("backup", path, "--overwrite")
        assert (refused.exit_code, "kept beside" in refused.stderr) == (2, True)
    assert run("webhooks", "list").exit_code == 0


def test_a_file_that_another_server_works_on_is_not_replaced(run: Run, refunded: Running, copy: Path) -> None:
    copy.touch()
    with FileLock(str(copy)):
        refused = run("backup", str(copy), "--overwrite")

    assert refused.exit_code == 2
    assert f"is served by process {os.getpid()}; end it first" in refused.stderr


def test_a_file_with_a_wal_beside_it_is_not_replaced(run: Run, refunded: Running, copy: Path) -> None:
    # SQLite would take it for what was written last into the copy.
    copy.with_name("copy.db-wal").touch()

    refused = run("backup", str(copy))

    assert (refused.exit_code, "copy.db-wal lies beside it" in refused.stderr) == (2, True)


@pytest.mark.parametrize("place", ["", "no/copy.db"])
def test_an_impossible_place_is_refused(run: Run, refunded: Running, copy: Path, place: str) -> None:
    refused = run("backup", str(copy.parent / place))

    assert refused.exit_code == 2
    assert list(copy.parent.iterdir()) == []


def test_a_place_that_no_path_leads_to_is_refused_in_one_line(run: Run, refunded: Running, copy: Path) -> None:
    (copy.parent / "loop.db").symlink_to("loop.db")

    for place in ("loop.db", "x" * 300):
        refused = run("backup", str(copy.parent / place))
        assert (refused.exit_code, refused.stderr.count("\n")) == (2, 1), refused.stderr


def test_a_file_of_an_older_version_is_copied_as_it_is(run: Run, tmp_path: Path, copy: Path) -> None:
    old = tmp_path / "old.db"
    with closing(sqlite3.connect(old)) as conn:
        conn.executescript(recorded(1).read_text() + "PRAGMA user_version = 1")

    assert run("backup", str(copy), "--db", str(old), on_file=False).exit_code == 0

    with closing(sqlite3.connect(copy)) as conn:
        assert conn.execute("PRAGMA user_version").fetchone() == (1,)


def test_memory_has_nothing_to_copy(run: Run, copy: Path) -> None:
    assert "keeps no file" in run("backup", str(copy), "--db", ":memory:", on_file=False).stderr


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[SmallDisk]:
    with small_disk(tmp_path / "disk") as disk:
        yield disk


def test_a_copy_that_finds_the_disk_full_leaves_nothing(run: Run, refunded: Running, disk: SmallDisk) -> None:
    kept = disk.folder / "kept.db"
    kept.write_text("precious")
    disk.fill()

    for options in ((str(disk.folder / "copy.db"),), (str(kept), "--overwrite")):
        refused = run("backup", *options)
        assert refused.exit_code == 1
        assert "no copy was made" in refused.stderr
        assert "no room left" in refused.stderr
    assert sorted(path.name for path in disk.folder.iterdir()) == ["ballast", "kept.db"]
    assert kept.read_text() == "precious"
