"""A database file as commands read it, beside the server that may be running on it."""

from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager, suppress
from itertools import islice
from pathlib import Path
from typing import Any, NamedTuple

import click

from mockpsp.cli import InputError
from mockpsp.cli.choosing import choose
from mockpsp.config import Settings, SettingsError
from mockpsp.domain.text import ids
from mockpsp.store import db, migrations
from mockpsp.store.faults import StorageError
from mockpsp.store.files import files_beside
from mockpsp.store.tx import Project

_PIECES_A_PRINT = 1_000


class OpenProject(NamedTuple):
    """One project's rows, as they are now."""

    path: str
    conn: Any
    project: Project
    key: bytes


db_option = click.option("--db", metavar="FILE", help="The server's file.  [default: MOCKPSP_DB, else mockpsp.db]")
project_option = click.option(
    "--project",
    "project_id",
    metavar="ID",
    envvar="MOCKPSP_PROJECT",
    help="Which universe (test-proj_...).  [default: MOCKPSP_PROJECT, else the only one that holds something]",
)
psps_option = click.option(
    "--psps",
    "folder",
    metavar="DIR",
    default="",
    envvar="MOCKPSP_PSPS",
    help="A folder of PSP profiles of your own, one .toml file each.",
)
json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON.")


@contextmanager
def reading(path: str | None, project_id: str | None) -> Iterator[OpenProject]:
    """A snapshot of one project of a file, which stays as it is; `InputError` says what is wrong with either."""
    path = database_path(path)
    try:
        migrations.check_readable(path)
        with closing(db.Database(path, read_only=True)) as database, database.reading() as conn:
            project = choose(conn, path, project_id)
            yield OpenProject(path, conn, project, ids.key_for(project.seed))
    except StorageError as error:
        raise InputError(str(error)) from None


def database_path(path: str | None) -> str:
    """The file that --db or MOCKPSP_DB names; `InputError` for one in memory."""
    try:
        path = Settings.from_process(db=path).db
    except SettingsError as error:
        raise InputError(str(error)) from None
    if path == ":memory:":
        raise InputError("a server on :memory: keeps no file to read; ask it under /sandbox")
    return path


def check_apart(path: Path | None, taken: Path | None, name: str) -> None:
    """Two files are two, whatever links lead there; None is no file. `InputError` names what `path` would overwrite."""
    if path is None or taken is None:
        return
    try:
        is_same = path.exists() and taken.exists() and path.samefile(taken)
        if not is_same and path.resolve() != taken.resolve():
            return
    except OSError as error:
        raise InputError(f"can't write {path}: {error.strerror}") from None
    except RuntimeError:  # how pathlib tells a loop of links, up to Python 3.12
        raise InputError(f"can't write {path}: its links lead in a circle") from None
    raise InputError(f"{path} is {name}; choose another")


def check_apart_from_database(path: Path | None, database: str) -> None:
    """What is written is neither a server's file nor one of those that are kept beside it."""
    check_apart(path, Path(database), "the server's file")
    for beside in files_beside(database):
        check_apart(path, Path(beside), f"kept beside {database} by its server")


def check_writable(path: Path) -> None:
    """Before any work is done: a file that can't be written must not be found out at its end."""
    is_new = not path.exists()
    try:
        path.open("ab").close()
        if is_new:
            path.unlink()
    except OSError as error:
        raise InputError(f"can't write {path}: {error.strerror}") from None


def print_pieces(pieces: Iterable[str]) -> None:
    """Print a text as it is made, many pieces at a time: each print is flushed."""
    rest = iter(pieces)
    while block := list(islice(rest, _PIECES_A_PRINT)):
        click.echo("".join(block), nl=False)


def write_text(path: Path, pieces: Iterable[str]) -> None:
    """Write a file whole, in UTF-8 with the line ends as they are; `InputError` says what was in the way."""
    is_new = not path.exists()
    try:
        with path.open("w", encoding="utf-8", newline="") as file:
            file.writelines(pieces)
    except OSError as error:
        if is_new:  # half of it, on a disk that is full
            with suppress(OSError):
                path.unlink()
        raise InputError(f"can't write {path}: {error.strerror}") from None
