"""Emptying a universe."""

import sqlite3

#: The tables of a universe; those of its webhooks are outbox.clear's (universe_rows.py has them all).
TABLES = (
    "resource_count",
    "customer",
    "card",
    "token",
    "product",
    "invoice",
    "payment",
    "refund",
    "fact",
    "effect",
    "scripted_rule",
    "journal_entry",
    "posting",
    "account_balance",
    "event",
    "idempotency",
    "gateway_request",
    "payout",
    "payout_item",
    "waiting_refund",
)
# The leading column of each primary key.
_DELETE = tuple(f"DELETE FROM {table} WHERE project_id = ?" for table in TABLES)


def wipe(conn: sqlite3.Connection, project_no: int) -> None:
    """Leave nothing of this project but its own row."""
    for statement in _DELETE:
        conn.execute(statement, (project_no,))
