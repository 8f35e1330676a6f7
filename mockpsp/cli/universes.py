"""`mockpsp universes`: which universes a file has, how old they are, and taking them away."""

import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from typing import Any

import click

from mockpsp import wallclock
from mockpsp.cli import InputError
from mockpsp.cli.files import database_path, db_option, json_option
from mockpsp.cli.naming import Group, meant
from mockpsp.cli.progress import working
from mockpsp.cli.screen import NAME, QUIET, Column, is_terminal, table
from mockpsp.cli.servers import Caller, Place, Refusal
from mockpsp.domain.time.moments import rfc3339
from mockpsp.domain.time.spans import BusinessDays, parse_span
from mockpsp.engine import removal
from mockpsp.serving.lock import FileLock, Holder, LockError, holder_of
from mockpsp.store import migrations
from mockpsp.store import tx as projects
from mockpsp.store.db import Database
from mockpsp.store.faults import StorageError
from mockpsp.store.tx import Aged

#: Takes one universe away.
Delete = Callable[[Aged], None]


@click.group(cls=Group)
def universes() -> None:
    """The universes of a file: list them, delete old ones."""


@universes.command(name="list")
@click.option("--older-than", metavar="SPAN", help="Only those that nothing was written to for so long, such as 7d.")
@db_option
@json_option
def list_universes(older_than: str | None, db: str | None, as_json: bool) -> None:
    """List the universes with when they were opened and last written to, by this machine's clock."""
    path, now_ms = database_path(db), wallclock.now_ms()
    span_ms = _span_ms(older_than)
    found = [one for one in _all(path) if span_ms is None or _is_older(one, now_ms - span_ms)]
    if as_json:
        click.echo(json.dumps({"universes": [_shown(one) for one in found]}))
        return
    if is_terminal():
        columns = (Column("universe", NAME, is_whole=False), Column("opened"), Column("used", QUIET))
        table(columns, [(one.id, _ago(one.opened_real_ms, now_ms), _ago(one.used_real_ms, now_ms)) for one in found])
    width = max((len(one.id) for one in found), default=0)
    for one in () if is_terminal() else found:
        click.echo(
            f"{one.id:{width}}  opened {_ago(one.opened_real_ms, now_ms)}, used {_ago(one.used_real_ms, now_ms)}"
        )
    click.echo("1 universe" if len(found) == 1 else f"{len(found)} universes")


@universes.command()
@click.argument("project_ids", metavar="[ID]...", nargs=-1)
@click.option("--older-than", metavar="SPAN", help="Those that nothing was written to for so long, such as 7d.")
@db_option
@json_option
def delete(project_ids: Sequence[str], older_than: str | None, db: str | None, as_json: bool) -> None:
    """Delete universes with all that is theirs, snapshots included; their forks stay.

    A server that runs on the file does it; otherwise the file is locked meanwhile. Exit code 1: one could not be
    deleted, since its time is being moved.
    """
    if bool(project_ids) == (older_than is not None):
        raise InputError("say either which universes, by their ids, or --older-than SPAN")
    path, span_ms = database_path(db), _span_ms(older_than)
    every = _all(path)
    unknown = []
    if span_ms is None:
        missing = [wanted for wanted in project_ids if wanted not in {one.id for one in every}]
        if missing:
            near = meant(missing[0], [one.id for one in every])
            raise InputError(f"{path} has no universe {missing[0]}; mockpsp universes list shows those it has{near}")
        wanted = [one for one in every if one.id in project_ids]
    else:
        before_ms = wallclock.now_ms() - span_ms
        wanted = [one for one in every if _is_older(one, before_ms)]
        unknown = [one.id for one in every if one.used_real_ms is None]
    with _deleting(path) as take_away, working("deleting"):
        for one in wanted:
            take_away(one)
    if as_json:
        click.echo(json.dumps({"deleted": [one.id for one in wanted], "of_unknown_age": unknown}))
        return
    for one in wanted:
        click.echo(f"deleted {one.id}")
    if unknown:
        click.echo(f"kept, since an older mockpsp did not note when they were used: {', '.join(unknown)}")
    click.echo("1 universe deleted" if len(wanted) == 1 else f"{len(wanted)} universes deleted")


def _all(path: str) -> list[Aged]:
    try:
        migrations.check_readable(path)
        with closing(Database(path, read_only=True)) as database, database.reading() as conn:
            return projects.ages(conn)
    except StorageError as error:
        raise InputError(str(error)) from None


@contextmanager
def _deleting(path: str) -> Iterator[Delete]:
    """How to delete: by the server that runs on the file, else in the file, which is ours meanwhile."""
    try:
        holder = holder_of(path)
        if holder is not None:
            if not holder.url:
                raise InputError(f"{path} is held by process {holder.pid}, which tells no address: is it starting?")
            yield lambda one: _ask(holder, path, one)
            return
        with FileLock(path), closing(Database(path)) as database:
            migrations.migrate(database)
            yield lambda one: _remove(database, one)
    except (LockError, StorageError) as error:
        raise InputError(str(error)) from None


def _remove(database: Database, one: Aged) -> None:
    with database.writing() as conn:
        removal.remove_rows(conn, one.no)


def _ask(holder: Holder, path: str, one: Aged) -> None:
    try:
        Caller(Place(holder.url, path, holder.ca), one.id, one.secret).ask("DELETE", "/sandbox")
    except Refusal as error:
        raise click.ClickException(f"{one.id} was not deleted: {error.message}") from None


def _span_ms(text: str | None) -> int | None:
    if text is None:
        return None
    try:
        span_ms = parse_span(text)
    except ValueError as error:
        raise InputError(f"--older-than: {error}") from None
    if isinstance(span_ms, BusinessDays):
        raise InputError("--older-than: the machine's clock has no business days; 7d is seven days")
    return span_ms


def _is_older(one: Aged, than_ms: int) -> bool:
    return one.used_real_ms is not None and one.used_real_ms < than_ms


def _shown(one: Aged) -> dict[str, Any]:
    moments = {"opened_at": one.opened_real_ms, "used_at": one.used_real_ms}
    return {"id": one.id, **{name: None if ms is None else rfc3339(ms) for name, ms in moments.items()}}


def _ago(at_ms: int | None, now_ms: int) -> str:
    if at_ms is None:
        return "before that was noted"
    minutes = max(0, now_ms - at_ms) // 60_000
    for unit, many in (("d", 1_440), ("h", 60), ("m", 1)):
        if minutes >= many:
            return f"{minutes // many}{unit} ago"
    return "just now"
