"""Transactions: whatever goes wrong in one, the next begins clean."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from mockpsp.config import Settings
from mockpsp.serving.app import create_app
from mockpsp.store.db import Database
from mockpsp.store.migrations import SchemaError, migrate

TABLES = """CREATE TABLE parent (id INTEGER PRIMARY KEY);
CREATE TABLE child (parent_id INTEGER REFERENCES parent (id) DEFERRABLE INITIALLY DEFERRED);"""


@pytest.fixture(params=["file", "memory"])
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    database = Database(str(tmp_path / "some.db") if request.param == "file" else ":memory:")
    database.connection().executescript(TABLES)
    yield database
    database.close()


@pytest.fixture
def opened(monkeypatch: pytest.MonkeyPatch) -> list[sqlite3.Connection]:
    """Every connection that is opened from here on."""
    found: list[sqlite3.Connection] = []

    class Noted(sqlite3.Connection):
        def __init__(self, *args: object, **options: object) -> None:
            super().__init__(*args, **options)  # type: ignore[arg-type]
            found.append(self)

    monkeypatch.setattr(sqlite3, "connect", Noted)
    return found


def is_closed(conn: sqlite3.Connection) -> bool:
    try:
        conn.execute("SELECT 1")
    except sqlite3.ProgrammingError:
        return True
    return False


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


def test_a_file_that_is_no_database_is_let_go(tmp_path: Path, opened: list[sqlite3.Connection]) -> None:
    path = tmp_path / "some.db"
    path.write_text("no database " * 100)

    with pytest.raises(sqlite3.DatabaseError), closing(Database(str(path))) as database:
        database.connection()

    assert [is_closed(conn) for conn in opened] == [True]


def test_a_file_that_is_too_new_to_be_served_is_let_go(tmp_path: Path, opened: list[sqlite3.Connection]) -> None:
    path = str(tmp_path / "some.db")
    with closing(Database(path)) as database:
        migrate(database)
        database.connection().execute("PRAGMA user_version = 1000")

    with pytest.raises(SchemaError):
        create_app(Settings(db=path, clock="manual"))

    assert [is_closed(conn) for conn in opened] == [True, True]
