"""Which moments of a universe were kept, and as which project; the rows themselves are universe_rows.py's."""

import sqlite3
from typing import NamedTuple

# Primary key (project_id, n) throughout.
_INSERT = """INSERT INTO snapshot (project_id, n, id, name, taken_at_ms, public_id, copy_no)
VALUES (?, ?, ?, ?, ?, ?, ?)"""
_LAST = "SELECT COALESCE(MAX(n), 0) FROM snapshot WHERE project_id = ?"
_LIST = """SELECT n, id, name, taken_at_ms, public_id, copy_no FROM snapshot
WHERE project_id = ? AND copy_no IS NOT NULL ORDER BY n"""
_FORGET_ALL = "DELETE FROM snapshot WHERE project_id = ?"
_FORGET = "UPDATE snapshot SET copy_no = NULL WHERE project_id = ? AND n = ?"


class Snapshot(NamedTuple):
    """A moment that was kept. `public_id`: the id of its project as its rows have it; `copy_no`: where they are."""

    n: int
    id: str
    name: str
    taken_at_ms: int
    public_id: str
    copy_no: int


def next_n(conn: sqlite3.Connection, project_no: int) -> int:
    """The number of a universe's next snapshot; that of a deleted one comes back no more."""
    return int(conn.execute(_LAST, (project_no,)).fetchone()[0]) + 1


def insert(conn: sqlite3.Connection, project_no: int, kept: Snapshot) -> None:
    """The universe has this snapshot."""
    n, snapshot_id, name, taken_at_ms, public_id, copy_no = kept
    conn.execute(_INSERT, (project_no, n, snapshot_id, name, taken_at_ms, public_id, copy_no))


def listed(conn: sqlite3.Connection, project_no: int) -> list[Snapshot]:
    """A universe's snapshots, oldest first."""
    return [Snapshot(*row) for row in conn.execute(_LIST, (project_no,))]


def forget(conn: sqlite3.Connection, project_no: int, n: int) -> None:
    """The universe has no such snapshot any more."""
    conn.execute(_FORGET, (project_no, n))


def forget_all(conn: sqlite3.Connection, project_no: int) -> None:
    """The universe never had any."""
    conn.execute(_FORGET_ALL, (project_no,))
