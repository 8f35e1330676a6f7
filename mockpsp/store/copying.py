"""A whole copy of a file, also while its server works on it: SQLite's backup in one step sees one moment."""

import os
import sqlite3
from contextlib import closing, suppress
from pathlib import Path
from typing import NamedTuple

from mockpsp.store import tx
from mockpsp.store.db import Database
from mockpsp.store.faults import StorageError, damaged, explain
from mockpsp.store.files import uri_of
from mockpsp.store.migrations import check_readable


class Copied(NamedTuple):
    """What a copy holds."""

    bytes_count: int
    universes_count: int


def copy(source: str, target: Path) -> Copied:
    """The target is a copy of the source, whole or not at all: it is made beside it and put into its place at the end.

    Raises `FileError` for a source that can't be read, `StorageError` for what went wrong on the way.
    """
    check_readable(source, since=1)
    real = Path(os.path.realpath(target))
    draft = real.with_name(f"{real.name}.{os.getpid()}.part")
    try:
        os.close(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
        with closing(Database(source, read_only=True)) as database, database.reading() as conn:
            copied = _fill(draft, conn, source)
        draft.replace(real)
    except OSError as error:
        raise StorageError(f"can't write {target}: {error.strerror}") from None
    finally:
        for path in (draft, draft.with_name(f"{draft.name}-journal")):
            with suppress(OSError):
                path.unlink()
    return copied


def _fill(draft: Path, conn: sqlite3.Connection, source: str) -> Copied:
    """Copy everything that the connection's snapshot sees."""
    try:
        with closing(sqlite3.connect(uri_of(str(draft), "rw"), uri=True, isolation_level=None)) as copy_conn:
            conn.backup(copy_conn)
            # The copy is one file, which can be read where nothing may be written.
            copy_conn.execute("PRAGMA journal_mode=DELETE")
            (verdict,) = copy_conn.execute("PRAGMA quick_check(1)").fetchone()
            if verdict != "ok":
                raise damaged(source, str(verdict).replace("\n", " "))
            return Copied(draft.stat().st_size, len(tx.all_nos(copy_conn)))
    except sqlite3.Error as error:
        explained = explain(error, str(draft.parent))
        if explained is None:
            raise
        raise explained from None
