"""Transactions: whatever goes wrong in one, the next begins clean."""

import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest

from mockpsp.store.db import Database

TABLES = """CREATE TABLE parent (id INTEGER PRIMARY KEY);
CREATE TABLE child (parent_id INTEGER REFERENCES parent (id) DEFERRABLE INITIALLY DEFERRED);"""


@pytest.fixture(params=["file", "memory"])
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    database = Database(str(tmp_path / "some.db") if request.param == "file" else ":memory:")
    database.connection().executescript(TABLES)
    yield database
    database.close()


def children(database: Database) -> int:
    with database.reading() as conn:
        return int(conn.execute("SELECT COUNT(*) FROM child").fetchone()[0])


def test_an_exception_undoes_the_transaction(database: Database) -> None:
    with pytest.raises(KeyError), database.writing() as conn:
        conn.execute("INSERT INTO child VALUES (1)")
        raise KeyError

    assert children(database) == 0


def test_a_commit_that_fails_is_undone_and_the_next_transaction_begins_clean(database: Database) -> None:
    with database.writing() as writer:
        pass
    writer.execute("PRAGMA foreign_keys=ON")

    with pytest.raises(sqlite3.IntegrityError), database.writing() as conn:
        conn.execute("INSERT INTO child VALUES (7)")

    with database.writing() as conn:
        conn.execute("INSERT INTO parent VALUES (1)")
        conn.execute("INSERT INTO child VALUES (1)")
    assert children(database) == 1


def test_what_sqlite_undid_by_itself_raises_its_own_error(database: Database) -> None:
    with pytest.raises(sqlite3.IntegrityError), database.writing() as conn:
        conn.execute("INSERT INTO parent VALUES (1)")
        conn.execute("INSERT OR ROLLBACK INTO parent VALUES (1)")

    with database.writing() as conn:
        conn.execute("INSERT INTO parent VALUES (1)")
