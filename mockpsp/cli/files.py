"""A database file as commands read it, beside the server that may be running on it."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import click

from mockpsp.cli import InputError
from mockpsp.config import Settings, SettingsError
from mockpsp.domain import ids
from mockpsp.store import db, migrations
from mockpsp.store import tx as projects
from mockpsp.store.migrations import SchemaError
from mockpsp.store.tx import Project

_SQLITE = b"SQLite format 3\x00"


class OpenProject(NamedTuple):
    """One project's rows, as they are now."""

    path: str
    conn: Any
    project: Project
    key: bytes


db_option = click.option("--db", metavar="FILE", help="The server's file.  [default: MOCKPSP_DB, else mockpsp.db]")
project_option = click.option(
    "--project", "project_id", metavar="ID", help="Which universe (test-proj_...); may be left out if there is one."
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
    """A snapshot of one project of a file; `InputError` when either can't be found."""
    try:
        path = Settings.from_process(db=path).db
    except SettingsError as error:
        raise InputError(str(error)) from None
    if path == ":memory:":
        raise InputError("a server on :memory: keeps no file to read; ask it under /sandbox")
    check_database(path)
    database = db.Database(path)
    try:
        migrations.migrate(database)
        with database.reading() as conn:
            project = _choose(conn, path, project_id)
            yield OpenProject(path, conn, project, ids.key_for(project.seed))
    except SchemaError as error:
        raise InputError(str(error)) from None
    finally:
        database.close()


def check_database(path: str) -> None:
    """The file can be opened as a database; `InputError` says why not."""
    try:
        with Path(path).open("rb") as file:
            start = file.read(len(_SQLITE))
    except OSError as error:
        raise InputError(f"can't read {path}: {error.strerror}; --db names the server's file") from None
    if start not in (b"", _SQLITE):
        raise InputError(f"{path} is not a database")


def _choose(conn: Any, path: str, project_id: str | None) -> Project:
    if project_id is not None:
        project = projects.load(conn, project_id)
        if project is None:
            raise InputError(f"{path} has no project {project_id}; it has {_known(conn)}")
        return project
    numbers = projects.all_nos(conn)
    project = projects.load_by_no(conn, numbers[0]) if len(numbers) == 1 else None
    if project is None:
        raise InputError(f"say which project by --project: {path} has {_known(conn)}")
    return project


def _known(conn: Any) -> str:
    found = (projects.load_by_no(conn, no) for no in projects.all_nos(conn)[:10])
    return ", ".join(project.id for project in found if project is not None) or "none"
