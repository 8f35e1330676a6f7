"""The WAL is brought into the file beside the writer, stays bounded, and what readers see stays what it was."""

import sqlite3
import threading
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from mockpsp.store.db import Database
from tests.mockpsp.worlds import holds_soon

ROW = b"x" * 40_000
PATIENCE_S = 20


@pytest.fixture
def path(tmp_path: Path) -> str:
    return str(tmp_path / "x.db")


@pytest.fixture
def database(path: str) -> Iterator[Database]:
    with closing(Database(path)) as opened:
        with opened.writing() as conn:
            conn.execute("CREATE TABLE t (n INTEGER PRIMARY KEY, b BLOB)")
        yield opened


def commit(database: Database, count: int) -> None:
    for _ in range(count):
        with database.writing() as conn:
            conn.execute("INSERT INTO t (b) VALUES (?)", (ROW,))


def wal_bytes(path: str) -> int:
    return Path(f"{path}-wal").stat().st_size


def test_what_was_committed_reaches_the_file_while_it_is_open(database: Database, path: str) -> None:
    commit(database, 270)

    assert holds_soon(lambda: Path(path).stat().st_size > 250 * len(ROW))


def test_the_wal_begins_anew_instead_of_growing(database: Database, path: str) -> None:
    largest = 0
    for _ in range(10):
        commit(database, 256)
        largest = max(largest, wal_bytes(path))
        assert holds_soon(lambda: not database._checkpoints._wanted.is_set())

    assert 10 * 256 * len(ROW) > 2 * largest


def test_a_reader_keeps_its_snapshot_and_holds_up_nobody(database: Database, path: str) -> None:
    commit(database, 1)
    with database.reading() as conn:
        before = conn.execute("SELECT COUNT(*) FROM t").fetchone()
        writer = threading.Thread(target=commit, args=(database, 1_400))
        writer.start()
        writer.join(PATIENCE_S)

        assert not writer.is_alive()
        assert conn.execute("SELECT COUNT(*) FROM t").fetchone() == before == (1,)


def test_closing_ends_the_thread_and_leaves_one_file(path: str) -> None:
    database = Database(path)
    with database.writing() as conn:
        conn.execute("CREATE TABLE t (n INTEGER PRIMARY KEY, b BLOB)")
    commit(database, 300)
    thread = database._checkpoints._thread
    database.close()

    assert not thread.is_alive()
    assert not Path(f"{path}-wal").exists()
    with closing(sqlite3.connect(path)) as conn:
        assert conn.execute("SELECT COUNT(*) FROM t").fetchone() == (300,)


def test_what_is_only_read_needs_no_thread(path: str) -> None:
    with closing(Database(path)) as database, database.writing() as conn:
        conn.execute("CREATE TABLE t (n)")
    with closing(Database(path, read_only=True)) as database:
        with database.reading() as conn:
            conn.execute("SELECT * FROM t").fetchall()

        assert database._checkpoints is None
