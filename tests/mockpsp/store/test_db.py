"""Transactions: whatever goes wrong in one, the next begins clean."""

import sqlite3
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import pytest

from mockpsp import wallclock
from mockpsp.config import Settings
from mockpsp.serving.app import create_app
from mockpsp.store.db import Database
from mockpsp.store.faults import FileError, StorageError
from mockpsp.store.migrations import migrate

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

    with pytest.raises(StorageError, match="is damaged"), closing(Database(str(path))) as database:
        database.connection()

    assert [is_closed(conn) for conn in opened] == [True]


def test_a_file_that_is_too_new_to_be_served_is_let_go(tmp_path: Path, opened: list[sqlite3.Connection]) -> None:
    path = str(tmp_path / "some.db")
    with closing(Database(path)) as database:
        migrate(database)
        database.connection().execute("PRAGMA user_version = 1000")

    with pytest.raises(FileError):
        create_app(Settings(db=path, clock="manual"))

    assert {is_closed(conn) for conn in opened} == {True}


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """A database with a table and a row in it."""
    path = tmp_path / "some.db"
    with closing(sqlite3.connect(path)) as conn:
        conn.executescript("PRAGMA journal_mode=WAL; CREATE TABLE parent (id INTEGER PRIMARY KEY)")
        conn.executescript("INSERT INTO parent VALUES (1)")
    return path


def add(database: Database) -> None:
    with database.writing() as conn:
        conn.execute("INSERT INTO parent DEFAULT VALUES")


def count(database: Database) -> int:
    with database.reading() as conn:
        return int(conn.execute("SELECT COUNT(*) FROM parent").fetchone()[0])


@pytest.mark.parametrize("ending", ["", "-wal"])
def test_a_file_that_is_deleted_is_neither_written_nor_read(file: Path, ending: str) -> None:
    with closing(Database(str(file))) as database:
        add(database)
        gone = Path(f"{file}{ending}")
        gone.unlink()

        with pytest.raises(StorageError, match=rf"{gone} was deleted or moved away while its server runs"):
            add(database)
        with pytest.raises(StorageError, match="was deleted"):
            count(database)

        assert not gone.exists()


def test_a_file_that_is_deleted_before_anything_was_written_is_not_made_again(file: Path) -> None:
    with closing(Database(str(file))) as database:
        assert count(database) == 1
        file.unlink()

        with pytest.raises(StorageError, match="was deleted"):
            add(database)

    assert not file.exists()


def test_a_file_in_whose_place_another_was_put_is_not_written(file: Path, tmp_path: Path) -> None:
    with closing(Database(str(file))) as database:
        add(database)
        other = tmp_path / "other.db"
        other.write_bytes(b"another")
        other.replace(file)

        with pytest.raises(StorageError, match="was replaced while its server runs"):
            add(database)

    assert file.read_bytes() == b"another"


def test_a_file_that_is_put_back_goes_on(file: Path, tmp_path: Path) -> None:
    with closing(Database(str(file))) as database:
        add(database)
        aside = file.rename(tmp_path / "aside.db")
        with pytest.raises(StorageError, match="moved away"):
            add(database)

        aside.rename(file)
        add(database)

        assert count(database) == 3


def test_a_file_that_another_program_locks_is_named_with_that_cause(file: Path) -> None:
    with closing(Database(str(file))) as database, closing(sqlite3.connect(file, isolation_level=None)) as other:
        database.connection().execute("PRAGMA busy_timeout=1")
        other.execute("BEGIN IMMEDIATE")

        with pytest.raises(StorageError, match=r"some.db is locked by another program.*SQLITE_BUSY") as raised:
            add(database)
        other.execute("ROLLBACK")
        add(database)

        assert raised.value.status == 503


def test_who_waits_behind_one_that_waited_in_vain_waits_no_longer(file: Path) -> None:
    with closing(Database(str(file))) as database, closing(sqlite3.connect(file, isolation_level=None)) as other:
        database.connection().execute("PRAGMA busy_timeout=300")
        other.execute("BEGIN IMMEDIATE")

        with ThreadPoolExecutor(10) as pool:
            started_ms = wallclock.stopwatch_ms()
            writers = [pool.submit(add, database) for _ in range(10)]
            failures = [writer.exception() for writer in writers]
            took_ms = wallclock.stopwatch_ms() - started_ms
        other.execute("ROLLBACK")
        add(database)

        assert {type(failure) for failure in failures} == {StorageError}
        assert took_ms < 1_500, "ten times 300 ms, one after the other"
        assert database.connection().execute("PRAGMA busy_timeout").fetchone() == (300,)


def test_a_file_that_may_not_be_written_is_named_with_that_cause(file: Path) -> None:
    with closing(Database(str(file))) as database:
        database.connection().execute("PRAGMA query_only=ON")

        with pytest.raises(StorageError, match=r"some.db may not be written.*SQLITE_READONLY"):
            add(database)


def test_a_fault_of_ours_stays_what_it_is(file: Path) -> None:
    with (
        closing(Database(str(file))) as database,
        pytest.raises(sqlite3.IntegrityError),
        database.writing() as conn,
    ):
        conn.execute("INSERT INTO parent VALUES (1)")


def test_reading_leaves_no_trace(file: Path) -> None:
    before = {path.name: path.read_bytes() for path in file.parent.iterdir()}

    with closing(Database(str(file), read_only=True)) as database:
        assert count(database) == 1

    assert {path.name: path.read_bytes() for path in file.parent.iterdir()} == before


def test_reading_sees_what_a_server_wrote_last(file: Path) -> None:
    with closing(Database(str(file))) as server:
        add(server)

        with closing(Database(str(file), read_only=True)) as database:
            assert count(database) == 2


def test_reading_what_a_server_begins_to_change_meanwhile_is_refused(file: Path) -> None:
    with (
        closing(Database(str(file))) as server,
        closing(Database(str(file), read_only=True)) as database,
        pytest.raises(StorageError, match="a server was started on"),
        database.reading() as conn,
    ):
        conn.execute("SELECT * FROM parent").fetchone()
        add(server)


def test_only_the_connection_that_writes_keeps_many_pages(tmp_path: Path) -> None:
    with closing(Database(str(tmp_path / "some.db"))) as database:
        database.connection().executescript(TABLES)
        with database.writing() as writer, database.reading() as reader:
            kept = [conn.execute("PRAGMA cache_size").fetchone() for conn in (writer, reader)]

    assert kept == [(-8000,), (-2000,)]
