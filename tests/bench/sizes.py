"""Bytes of file per payment, in all and by table."""

import sqlite3
from contextlib import closing
from pathlib import Path

from tests.bench.in_process import calling

# The pages of each table and index; needs an SQLite built with dbstat, as common builds are.
_BY_TABLE = "SELECT name, sum(pgsize) FROM dbstat GROUP BY name"


def bytes_by_table(db: Path, count: int) -> dict[str, int]:
    """Bytes per payment with a card, one refund, its events and postings, written by the application; "file" is all.

    What an empty file takes is left out.
    """
    with calling(db):
        pass
    empty = _sizes(db)
    with calling(db) as caller:
        for _ in range(count):
            caller.pay_and_refund()
    grown = {name: size - empty[name] for name, size in _sizes(db).items() if size > empty[name]}
    return {name: round(size / count) for name, size in sorted(grown.items(), key=lambda item: -item[1])}


def _sizes(db: Path) -> dict[str, int]:
    with closing(sqlite3.connect(db)) as conn:
        conn.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        try:
            by_table = dict(conn.execute(_BY_TABLE).fetchall())
        except sqlite3.OperationalError:
            by_table = {}
    return {"file": db.stat().st_size, **by_table}
