"""`mockpsp backup`: a whole copy of a file, also while its server runs, by SQLite's own backup."""

import json
import os
from pathlib import Path

import click

from mockpsp.cli import InputError
from mockpsp.cli.files import check_apart_from_database, check_writable, database_path, db_option, json_option
from mockpsp.cli.progress import working
from mockpsp.cli.screen import NAME, Cell, say
from mockpsp.serving.lock import LockError, holder_of
from mockpsp.store import copying, files
from mockpsp.store.faults import FileError, StorageError


@click.command()
@click.argument("target", metavar="FILE", type=click.Path(path_type=Path))
@db_option
@click.option("--overwrite", is_flag=True, help="Replace FILE if it is there.")
@json_option
def backup(target: Path, db: str | None, overwrite: bool, as_json: bool) -> None:
    """Make FILE a whole copy of the server's file, as it is at one moment; the server may go on working.

    To copy the file by other means is not enough while a server runs, or after one was killed: what was written last
    lies beside it, in a file of its own. FILE needs no other beside it. Exit code 1: it could not be made.
    """
    source = database_path(db)
    check_apart_from_database(target, source)
    _check_target(target, overwrite)
    try:
        with working("copying"):
            copied = copying.copy(source, target)
    except FileError as error:
        raise InputError(str(error)) from None
    except StorageError as error:
        raise click.ClickException(f"no copy was made: {error}") from None
    if as_json:
        said = {"from": source, "to": str(target), "bytes": copied.bytes_count, "universes": copied.universes_count}
        click.echo(json.dumps({"backup": said}))
        return
    universes = "1 universe" if copied.universes_count == 1 else f"{copied.universes_count} universes"
    say(Cell(str(target), NAME), f" is a copy of {source}: {universes}, {copied.bytes_count} bytes")


def _check_target(target: Path, overwrite: bool) -> None:
    """FILE may become the copy: nobody works on it, and nothing is lost that wasn't to be."""
    if target.is_dir():
        raise InputError(f"{target} is a folder; name a file in it, such as {target / 'mockpsp-copy.db'}")
    if os.path.lexists(target) and not overwrite:
        raise InputError(f"{target} is there already; name another file, or say --overwrite")
    try:
        holder = holder_of(str(target))
    except LockError as error:
        raise InputError(str(error)) from None
    if holder is not None:
        raise InputError(f"{target} is served by process {holder.pid}; end it first, or name another file")
    if files.has_wal(str(target)):
        raise InputError(f"{target}-wal lies beside it, written last by a server that was killed; remove it first")
    check_writable(target)
