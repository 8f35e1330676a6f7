"""The bound that SQLite sets: the statements of captures, recorded with their values and run again by themselves."""

import shutil
import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from functools import partial
from pathlib import Path
from typing import Any
from unittest import mock

from mockpsp.store import db as store
from tests.bench.in_process import calling

#: Method of the connection, SQL, values.
_Call = tuple[str, str, Any]


def commits_per_second(folder: Path, count: int) -> float:
    """How many captures a second SQLite itself could write: the same statements and commits, and nothing else."""
    recorded, replayed = folder / "recorded.db", folder / "replayed.db"
    with calling(recorded) as caller:
        caller.pay_and_refund()
        pairs = [(caller.invoice(), caller.card()) for _ in range(count)]
    shutil.copy(recorded, replayed)
    with _recording() as calls, calling(recorded) as caller:
        start = len(calls)
        for invoice_id, card_id in pairs:
            caller.capture(invoice_id, card_id)
        # What a thread brings from the WAL into the file meanwhile is no part of any capture.
        wanted = [call for call in calls[start:] if not call[1].startswith("PRAGMA")]
    # The thread that looks at each universe at start may have been in the middle of that.
    while wanted[0][1] != "BEGIN IMMEDIATE":
        wanted.pop(0)
    with closing(sqlite3.connect(replayed, isolation_level=None, cached_statements=256)) as conn:
        for pragma in store.PRAGMAS:
            conn.execute(pragma)
        started = time.perf_counter()
        for method, sql, values in wanted:
            getattr(conn, method)(sql, values).fetchall()
        return count / (time.perf_counter() - started)


@contextmanager
def _recording() -> Iterator[list[_Call]]:
    """Connections opened in the block append what they are told to the list."""
    calls: list[_Call] = []

    class Recording(sqlite3.Connection):
        def execute(self, sql: str, values: Any = (), /) -> sqlite3.Cursor:
            calls.append(("execute", sql, values))
            return super().execute(sql, values)

        def executemany(self, sql: str, values: Any, /) -> sqlite3.Cursor:
            rows = list(values)
            calls.append(("executemany", sql, rows))
            return super().executemany(sql, rows)

    with mock.patch.object(sqlite3, "connect", partial(sqlite3.connect, factory=Recording)):
        yield calls
