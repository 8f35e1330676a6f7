"""What became of everything in a universe: its payments, refunds and payouts with their states, and its events."""

import sqlite3
from collections.abc import Iterator
from typing import Any

# Primary keys, in order: all of a universe's rows.
_PAYMENTS = """SELECT seq, status, currency, amount_minor, authorized_minor, captured_minor, voided_minor,
refunded_minor FROM payment WHERE project_id = ? ORDER BY seq"""
_REFUNDS = """SELECT r.seq, r.state, p.currency, r.amount_minor FROM refund r
JOIN payment p ON p.project_id = r.project_id AND p.seq = r.payment_seq WHERE r.project_id = ? ORDER BY r.seq"""
_PAYOUTS = "SELECT seq, status, currency, amount_minor FROM payout WHERE project_id = ? ORDER BY seq"
_EVENTS = "SELECT seq, name, payment_seq, at_ms FROM event WHERE project_id = ? ORDER BY seq"

# Primary key, in order; of events about payments the last of each.
_NUMBERS = {
    table: f"SELECT seq FROM {table} WHERE project_id = ? ORDER BY seq"
    for table in "customer card token product invoice payment refund fact payout payout_item".split()
}
_LAST_EVENTS = """SELECT seq FROM event WHERE project_id = ? AND (payment_seq IS NULL OR seq IN (
  SELECT max(seq) FROM event WHERE project_id = ? AND payment_seq IS NOT NULL GROUP BY payment_seq)) ORDER BY seq"""

Rows = Iterator[tuple[Any, ...]]


def numbers(conn: sqlite3.Connection, project_no: int, table: str) -> list[int]:
    """The numbers of a table's rows."""
    return [seq for (seq,) in conn.execute(_NUMBERS[table], (project_no,))]


def last_events(conn: sqlite3.Connection, project_no: int) -> list[int]:
    """The numbers of the events that are about no payment, and of the last about each."""
    return [seq for (seq,) in conn.execute(_LAST_EVENTS, (project_no, project_no))]


def payments(conn: sqlite3.Connection, project_no: int) -> Rows:
    """(seq, status, currency, amount, authorized, captured, voided, refunded), amounts in minor units."""
    return conn.execute(_PAYMENTS, (project_no,))


def refunds(conn: sqlite3.Connection, project_no: int) -> Rows:
    """(seq, state, currency, amount)."""
    return conn.execute(_REFUNDS, (project_no,))


def payouts(conn: sqlite3.Connection, project_no: int) -> Rows:
    """(seq, status, currency, amount)."""
    return conn.execute(_PAYOUTS, (project_no,))


def events(conn: sqlite3.Connection, project_no: int) -> Rows:
    """(seq, name, the payment's seq or None, at)."""
    return conn.execute(_EVENTS, (project_no,))
