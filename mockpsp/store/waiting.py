"""SQL of refunds that wait until a gateway's balance is credited, in the order they were asked for."""

import sqlite3
from typing import NamedTuple

_INSERT = """INSERT INTO waiting_refund (project_id, gateway, currency, seq, payment_seq, amount_minor)
VALUES (?, ?, ?, ?, ?, ?)"""
# Primary key, in order.
_FIRST = """SELECT seq, payment_seq, amount_minor FROM waiting_refund
WHERE project_id = ? AND gateway = ? AND currency = ? ORDER BY seq LIMIT 1"""
_FITTING = """SELECT seq, payment_seq, amount_minor FROM waiting_refund
WHERE project_id = ? AND gateway = ? AND currency = ? AND amount_minor <= ? ORDER BY seq"""
_DELETE = "DELETE FROM waiting_refund WHERE project_id = ? AND gateway = ? AND currency = ? AND seq = ?"


class WaitingRow(NamedTuple):
    """A refund that waits."""

    seq: int
    payment_seq: int
    amount_minor: int


def insert(conn: sqlite3.Connection, project_no: int, gateway: str, currency: str, row: WaitingRow) -> None:
    """Put a refund at the end of the queue."""
    conn.execute(_INSERT, (project_no, gateway, currency, *row))


def first(conn: sqlite3.Connection, project_no: int, gateway: str, currency: str) -> WaitingRow | None:
    """The refund that waits longest, or None."""
    row = conn.execute(_FIRST, (project_no, gateway, currency)).fetchone()
    return None if row is None else WaitingRow(*row)


def fitting(
    conn: sqlite3.Connection, project_no: int, gateway: str, currency: str, most_minor: int
) -> list[WaitingRow]:
    """The refunds that wait for no more than so much, oldest first."""
    return [WaitingRow(*row) for row in conn.execute(_FITTING, (project_no, gateway, currency, most_minor))]


def delete(conn: sqlite3.Connection, project_no: int, gateway: str, currency: str, seq: int) -> bool:
    """Take a refund out of the queue; answers whether it was in it."""
    return conn.execute(_DELETE, (project_no, gateway, currency, seq)).rowcount > 0
