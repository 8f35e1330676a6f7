"""What lies at a path is found out without leaving a trace, and what is no file of ours is refused as it is."""

import os
import sqlite3
import subprocess
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest

from mockpsp.store.db import Database
from mockpsp.store.faults import FileError
from mockpsp.store.files import APPLICATION_ID, look
from mockpsp.store.migrations import SCHEMA_VERSION, check_readable, check_servable, migrate


@pytest.fixture
def ours(tmp_path: Path) -> Path:
    path = tmp_path / "ours" / "books.db"
    path.parent.mkdir()
    with closing(Database(str(path))) as database:
        migrate(database)
    return path


def everything_in(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def make(path: Path, *statements: str) -> None:
    with closing(sqlite3.connect(path, isolation_level=None)) as conn:
        for statement in statements:
            conn.execute(statement)


NOTES = "CREATE TABLE notes (text)"
WAL = "PRAGMA journal_mode=WAL"
#: What another program may have made -> how.
FOREIGN: dict[str, tuple[str, ...]] = {
    "plain": (NOTES,),
    "with a WAL": (WAL, NOTES),
    "of a version that is one of ours": (NOTES, "PRAGMA user_version = 2"),
    "marked as another's": ("PRAGMA application_id = 77",),
    "marked as another's, with the tables of ours": (
        "PRAGMA application_id = 77",
        "PRAGMA user_version = 2",
        *(f"CREATE TABLE {name} (x)" for name in ("project", "posting", "webhook_message")),
    ),
    "of a version and nothing else": ("PRAGMA user_version = 3",),
}


@pytest.mark.parametrize("kind", FOREIGN)
def test_a_database_of_another_program_is_refused_and_left_as_it_is(tmp_path: Path, kind: str) -> None:
    make(tmp_path / "notes.db", *FOREIGN[kind])
    before = everything_in(tmp_path)

    for check in (check_servable, check_readable, lambda path: migrate(Database(path))):
        with pytest.raises(FileError, match=r"notes.db is a database, but not one of mockpsp's"):
            check(str(tmp_path / "notes.db"))

    assert everything_in(tmp_path) == before


def test_a_database_that_its_program_has_open_is_left_as_it_is(tmp_path: Path) -> None:
    with closing(sqlite3.connect(tmp_path / "notes.db", isolation_level=None)) as conn:
        for statement in (NOTES, WAL, "INSERT INTO notes VALUES ('milk')"):
            conn.execute(statement)
        before = everything_in(tmp_path)

        with pytest.raises(FileError, match="not one of mockpsp's"):
            check_servable(str(tmp_path / "notes.db"))

        assert everything_in(tmp_path) == before


def test_a_file_whose_tables_are_all_in_its_wal_is_ours(tmp_path: Path) -> None:
    # As a server leaves it that was killed right after its first start.
    with closing(Database(str(tmp_path / "new.db"))) as database:
        migrate(database)
        for name in ("new.db", "new.db-wal"):
            (tmp_path / name.replace("new", "killed")).write_bytes((tmp_path / name).read_bytes())

    found = look(str(tmp_path / "killed.db"))

    assert found is not None
    assert (found.application_id, found.is_ours) == (APPLICATION_ID, True)


@pytest.mark.parametrize("content", [b"", None])
def test_nothing_and_an_empty_file_can_be_served_and_not_read(tmp_path: Path, content: bytes | None) -> None:
    path = tmp_path / "new.db"
    if content is not None:
        path.write_bytes(content)

    check_servable(str(path))

    with pytest.raises(FileError, match=r"is empty|No such file"):
        check_readable(str(path))
    assert path.exists() == (content is not None)


def cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def cut_short(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:50])


def scribble(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[5 * 4096 : 9 * 4096] = b"\xab\xcd" * (2 * 4096)
    path.write_bytes(content)


def forget_version(path: Path) -> None:
    make(path, "PRAGMA user_version = 0")


def lose_a_table(path: Path) -> None:
    make(path, "DROP TABLE webhook_attempt")


def lose_a_table_of_an_older_version(path: Path) -> None:
    make(path, "DROP TABLE webhook_attempt", "PRAGMA user_version = 2")


def lose_everything(path: Path) -> None:
    path.unlink()
    make(path, f"PRAGMA application_id = {APPLICATION_ID}", f"PRAGMA user_version = {SCHEMA_VERSION}")


def scribble_over_a_name(path: Path) -> None:
    path.write_bytes(path.read_bytes().replace(b"tablewebhook_attempt", b"tablewebhook_\xff\xfe\xfdempt", 1))


@pytest.mark.parametrize(
    "damage",
    [
        cut,
        cut_short,
        scribble,
        forget_version,
        lose_a_table,
        lose_a_table_of_an_older_version,
        lose_everything,
        scribble_over_a_name,
    ],
)
def test_a_damaged_file_is_refused_and_left_as_it_is(ours: Path, damage: Callable[[Path], None]) -> None:
    damage(ours)
    before = everything_in(ours.parent)

    for check in (check_servable, check_readable):
        with pytest.raises(FileError, match=r"books.db is damaged; put back a copy"):
            check(str(ours))

    assert everything_in(ours.parent) == before


def test_a_text_file_is_no_database(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("milk")

    with pytest.raises(FileError, match=r"notes.txt is not a database"):
        look(str(tmp_path / "notes.txt"))


def test_a_folder_is_refused_with_what_to_name_instead(tmp_path: Path) -> None:
    with pytest.raises(FileError, match=rf"{tmp_path} is a folder; name a file in it, such as {tmp_path}/mockpsp.db"):
        look(str(tmp_path))


def test_what_is_neither_file_nor_folder_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")

    with pytest.raises(FileError, match="neither a file nor a folder"):
        look(str(tmp_path / "pipe"))


def test_a_file_of_two_names_is_refused_under_either(ours: Path) -> None:
    other = ours.with_name("other.db")
    os.link(ours, other)

    for path in (ours, other):
        for check in (check_servable, check_readable):
            with pytest.raises(FileError, match=r"has 2 names \(hard links\)"):
                check(str(path))


def test_a_symbolic_link_is_as_good_as_its_file(ours: Path, tmp_path: Path) -> None:
    link = tmp_path / "link.db"
    link.symlink_to(ours)

    check_servable(str(link))
    check_readable(str(link))


def test_a_link_to_nowhere_makes_the_file_it_names(tmp_path: Path) -> None:
    link = tmp_path / "link.db"
    link.symlink_to(tmp_path / "real.db")

    with closing(Database(str(link))) as database:
        migrate(database)

    assert link.is_symlink()
    assert (tmp_path / "real.db").exists()


@pytest.fixture
def mounted_alone(ours: Path, tmp_path: Path) -> Iterator[Path]:
    """The file under another name, as a container mounts one file."""
    point = tmp_path / "alone.db"
    point.touch()
    done = subprocess.run(["mount", "--bind", str(ours), str(point)], capture_output=True, text=True, check=False)
    if done.returncode:
        pytest.skip(f"a file could not be mounted here, so that nobody tried: {done.stderr.strip()}")
    yield point
    subprocess.run(["umount", str(point)], check=True)


def test_a_file_that_is_mounted_without_its_folder_is_not_served(mounted_alone: Path) -> None:
    with pytest.raises(
        FileError, match=r"alone.db is mounted by itself, without the files beside it; mount its folder"
    ):
        check_servable(str(mounted_alone))


@pytest.mark.parametrize("name", ["a b.db", "50%.db", "what?.db", "#1.db", "über.db", "a&mode=memory.db", "\udcff.db"])
def test_any_name_goes(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    with closing(Database(str(path))) as database:
        migrate(database)

    check_readable(str(path))
    with closing(Database(str(path), read_only=True)) as database, database.reading() as conn:
        assert conn.execute("SELECT COUNT(*) FROM project").fetchone() == (0,)
    assert [found.name for found in tmp_path.iterdir()] == [name]
