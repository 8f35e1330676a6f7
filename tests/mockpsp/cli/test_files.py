"""Every command that takes a file refuses what it can't use: one line, exit code 2, and the file as it was."""

import os
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest

from mockpsp.store.migrations import SCHEMA_VERSION
from tests.mockpsp.cli.conftest import Run, Running
from tests.mockpsp.disks import SmallDisk, small_disk

pytestmark = pytest.mark.slow

#: Commands that read a file, with FILE where it goes.
READING = {
    "ledger": ("ledger", "balances"),
    "payouts list": ("payouts", "list"),
    "payouts export": ("payouts", "export"),
    "reconcile": ("reconcile", "--with", "RECORDS"),
    "webhooks list": ("webhooks", "list"),
    "webhooks show": ("webhooks", "show", "wbk_x"),
    "webhooks retry": ("webhooks", "retry", "wbk_x"),
    "webhooks verify": ("webhooks", "verify", "--id=a", "--timestamp=1", "--signature=v1,a", "RECORDS"),
    "backup": ("backup", "COPY"),
}
WRITING = {"serve": ("serve", "--port", "0"), "replay": ("replay", "-k", "partial-refunds")}
Spoil = Callable[[Path], None]


@pytest.fixture
def books(refunded: Running, file: Path, tmp_path: Path) -> Path:
    """A file of ours with some payments that no server has open, alone in its folder."""
    folder = tmp_path / "alone"
    folder.mkdir()
    with closing(sqlite3.connect(file)) as conn, closing(sqlite3.connect(folder / "books.db")) as copy:
        conn.backup(copy)
    (tmp_path / "records.csv").write_text("transaction_id,kind,amount,currency\n")
    return folder / "books.db"


def words(arguments: tuple[str, ...], folder: Path) -> list[str]:
    named = {"RECORDS": str(folder / "records.csv"), "COPY": str(folder / "copy.db")}
    return [named.get(word, word) for word in arguments]


def cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def scribble(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[8192:40960] = b"\xab\xcd" * ((40960 - 8192) // 2)
    path.write_bytes(content)


def write_notes(path: Path) -> None:
    path.write_text("milk")


def make_foreign(path: Path) -> None:
    path.unlink()
    with closing(sqlite3.connect(path)) as conn:
        conn.executescript("PRAGMA journal_mode=WAL; CREATE TABLE notes (text); PRAGMA user_version = 2")


def make_newer(path: Path) -> None:
    with closing(sqlite3.connect(path)) as conn:
        conn.execute(f"PRAGMA user_version = {SCHEMA_VERSION + 1}")


def book_as_schema_4_did(path: Path) -> None:
    with closing(sqlite3.connect(path)) as conn, conn:
        conn.execute("INSERT INTO account_balance VALUES (1, 'expenses:psp:processing', 'EUR', 320, 0)")
        conn.execute("PRAGMA user_version = 4")


def make_folder(path: Path) -> None:
    path.unlink()
    path.mkdir()


def link(path: Path) -> None:
    os.link(path, path.with_name("second-name.db"))


SPOILT: dict[Spoil, str] = {
    cut: "is damaged",
    scribble: "is damaged",
    write_notes: "is not a database",
    make_foreign: "is a database, but not one of mockpsp's",
    make_newer: f"has schema {SCHEMA_VERSION + 1}, which a newer mockpsp made",
    book_as_schema_4_did: "was made by an older mockpsp, of schema 4, and has postings under expenses:psp:processing",
    make_folder: "is a folder; name a file in it",
    link: "has 2 names (hard links)",
}


def contents(folder: Path) -> dict[str, bytes | None]:
    return {path.name: path.read_bytes() if path.is_file() else None for path in folder.iterdir()}


@pytest.mark.parametrize("spoil", SPOILT)
@pytest.mark.parametrize("name", [*READING, *WRITING])
def test_a_file_that_can_not_be_used_is_refused_and_left_as_it_is(
    run: Run, books: Path, tmp_path: Path, name: str, spoil: Spoil
) -> None:
    spoil(books)
    before = contents(books.parent)

    result = run(*words({**READING, **WRITING}[name], tmp_path), "--db", str(books), on_file=False)

    assert result.exit_code == 2, result.output
    assert result.stdout == ""
    (line,) = result.stderr.splitlines()
    assert line.startswith(f"Error: {books} {SPOILT[spoil]}")
    assert contents(books.parent) == before
    assert not (tmp_path / "copy.db").exists()


@pytest.mark.parametrize("name", READING)
def test_reading_makes_no_file(run: Run, tmp_path: Path, name: str) -> None:
    (tmp_path / "records.csv").write_text("transaction_id,kind,amount,currency\n")

    result = run(*words(READING[name], tmp_path), "--db", str(tmp_path / "none.db"), on_file=False)

    assert result.exit_code == 2
    assert f"can't read {tmp_path}/none.db: No such file or directory; --db names the server's file" in result.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["records.csv"]


@pytest.mark.parametrize("name", ["ledger", "payouts list", "reconcile", "webhooks list", "backup"])
def test_reading_leaves_a_file_as_it_is(run: Run, books: Path, tmp_path: Path, name: str) -> None:
    with closing(sqlite3.connect(books)) as conn:
        conn.execute("PRAGMA journal_mode=WAL")
    before = contents(books.parent)

    result = run(*words(READING[name], tmp_path), "--db", str(books), on_file=False)

    assert result.exit_code in (0, 1), result.output
    assert contents(books.parent) == before


def test_the_records_of_another_program_are_left_as_they_are(run: Run, books: Path, tmp_path: Path) -> None:
    shop = tmp_path / "shop" / "shop.db"
    shop.parent.mkdir()
    with closing(sqlite3.connect(shop)) as conn:
        conn.executescript("PRAGMA journal_mode=WAL; CREATE TABLE sale (transaction_id, kind, amount, currency)")
    before = contents(shop.parent)

    run("reconcile", "--with", f"{shop}:SELECT * FROM sale", "--db", str(books), on_file=False)

    assert contents(shop.parent) == before


def test_results_that_can_not_be_written_are_found_out_before_the_replay(run: Run, tmp_path: Path) -> None:
    for path in (tmp_path / "no" / "results.xml", tmp_path):
        result = run("replay", "-k", "partial-refunds", "--junit", str(path), on_file=False)

        assert result.exit_code == 2
        assert result.stdout == ""
    assert list(tmp_path.iterdir()) == []


def test_results_do_not_replace_the_ledger(run: Run, books: Path) -> None:
    before = books.read_bytes()
    link = books.with_name("link.xml")
    link.symlink_to(books)

    for path in (books, link, books.with_name(f"{books.name}-wal")):
        result = run("replay", "-k", "partial", "--db", str(books), "--junit", str(path), on_file=False)

        assert (result.exit_code, "; choose another" in result.stderr) == (2, True)
    assert books.read_bytes() == before


def test_a_chart_that_can_not_be_written_is_found_out_before_the_comparison(run: Run, tmp_path: Path) -> None:
    chart = str(tmp_path / "no" / "chart.svg")

    result = run("compare", "partial-refunds", "--psp", "wallet", "--chart", chart, on_file=False)

    assert (result.exit_code, result.stderr) == (2, f"Error: can't write {chart}: No such file or directory\n")


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[SmallDisk]:
    with small_disk(tmp_path / "disk") as disk:
        yield disk


@pytest.mark.parametrize("name", WRITING)
def test_a_full_disk_stops_the_start(run: Run, disk: SmallDisk, name: str) -> None:
    disk.fill()

    result = run(*WRITING[name], "--db", str(disk.folder / "books.db"), on_file=False)

    assert result.exit_code == 2
    (line,) = result.stderr.splitlines()
    assert "books.db" in line
    assert "No space left" in line or "no room left" in line


@pytest.mark.parametrize("name", WRITING)
def test_a_file_on_a_disk_that_may_not_be_written_stops_the_start(
    run: Run, books: Path, disk: SmallDisk, name: str
) -> None:
    there = disk.folder / "books.db"
    there.write_bytes(books.read_bytes())
    disk.remount("ro")

    result = run(*WRITING[name], "--db", str(there), on_file=False)
    new = run(*WRITING[name], "--db", str(disk.folder / "new.db"), on_file=False)

    assert (result.exit_code, new.exit_code) == (2, 2)
    assert f"{there} may not be written; look at its permissions" in result.stderr
    assert f"can't write into {disk.folder}, where" in new.stderr
    assert [path.name for path in disk.folder.iterdir()] == ["books.db"]


def test_what_lies_on_a_disk_that_may_not_be_written_is_read(run: Run, books: Path, disk: SmallDisk) -> None:
    there = disk.folder / "books.db"
    there.write_bytes(books.read_bytes())
    disk.remount("ro")

    assert run("ledger", "balances", "--db", str(there), on_file=False).exit_code == 0


def test_an_export_that_finds_the_disk_full_leaves_nothing_half(
    run: Run, running: Running, file: Path, disk: SmallDisk
) -> None:
    running.post("/customers", {})
    disk.fill()

    result = run("replay", "-k", "partial-refunds", "--junit", str(disk.folder / "results.xml"), on_file=False)

    assert result.exit_code == 2
    assert "No space left" in result.stderr
    assert [path.name for path in disk.folder.iterdir()] == ["ballast"]


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no /dev/full here: nobody tried a full output")
def test_an_output_that_finds_the_disk_full_is_one_line(books: Path) -> None:
    command = [sys.executable, "-m", "mockpsp", "ledger", "journal", "--db", str(books)]

    with open("/dev/full", "w") as full:
        done = subprocess.run(command, stdout=full, stderr=subprocess.PIPE, text=True, check=False)

    assert (done.returncode, done.stderr) == (1, "Error: the output can't be written: No space left on device\n")
