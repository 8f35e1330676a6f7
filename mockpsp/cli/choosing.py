"""Which universe of a file a command is about: the one that was named, else the only one that holds something."""

from typing import Any

import click

from mockpsp.cli import InputError
from mockpsp.cli.naming import meant
from mockpsp.store import holdings
from mockpsp.store import tx as projects
from mockpsp.store.tx import Project

#: The universe whose credentials `mockpsp serve` prints.
OWN_ID = "test-proj_mockpsp"
OWN_SECRET = "key_sandbox_mockpsp"
#: A file may hold one universe for each test that was ever run.
_LISTED_MAX = 10
_LOOKED_AT_MAX = 300


def choose(conn: Any, path: str, project_id: str | None) -> Project:
    """The universe that is meant; standard error hears of it where others were there to choose from."""
    if project_id is not None:
        return named(conn, path, project_id)
    numbers = projects.all_nos(conn)
    if len(numbers) == 1:
        return _by_no(conn, numbers[0])
    full = holdings.holding(conn, _LISTED_MAX + 1)
    if len(full) == 1:
        project = _by_no(conn, full[0])
        click.echo(f"{project.id}: the only one of {len(numbers)} universes that holds something", err=True)
        return project
    if full:
        listed = [f"  {_by_no(conn, no).id}: {holdings.of(conn, no)}" for no in full[:_LISTED_MAX]]
        more = ["  and more"] if len(full) > _LISTED_MAX else []
        raise InputError("\n".join([f"say which project by --project; {path} holds", *listed, *more]))
    own = projects.load(conn, OWN_ID)
    if own is None:
        raise InputError(f"say which project by --project: {path} has {_known(conn)}, and none holds anything")
    click.echo(f"{own.id}: none of {len(numbers)} universes holds anything", err=True)
    return own


def named(conn: Any, path: str, project_id: str) -> Project:
    """The universe of that id; `InputError` names the nearest one."""
    project = projects.load(conn, project_id)
    if project is None:
        known = [_by_no(conn, no).id for no in projects.all_nos(conn)[:_LOOKED_AT_MAX]]
        near = meant(project_id, known) if len(known) > 1 else ""
        raise InputError(f"{path} has no project {project_id}; it has {_known(conn)}{near}")
    return project


def _by_no(conn: Any, no: int) -> Project:
    project = projects.load_by_no(conn, no)
    assert project is not None
    return project


def _known(conn: Any) -> str:
    return ", ".join(_by_no(conn, no).id for no in projects.all_nos(conn)[:_LISTED_MAX]) or "no universe"
