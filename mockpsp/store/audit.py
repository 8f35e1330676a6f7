"""SQL of what an audit asks of payments; ledger/audit.py asks the books."""

import sqlite3

# Primary key of payment; what is paid out to a card was not taken, so none of it can be given back. What was refunded
# before a capture came back had been captured then; what a hold turned into when it ran out was held.
_BEYOND = """SELECT seq FROM payment WHERE project_id = ? AND (captured_minor > authorized_minor
OR (refunded_minor > 0 AND refunded_minor > captured_minor - coalesce(json_extract(state, '$.paid_out_minor'), 0)
  AND json_extract(state, '$.returns_count') IS NULL
  AND NOT (captured_minor = 0 AND voided_minor >= refunded_minor)))
ORDER BY seq"""


def payments_beyond(conn: sqlite3.Connection, project_no: int) -> list[int]:
    """The payments with more captured than authorized, or more refunded than captured, oldest first."""
    return [seq for (seq,) in conn.execute(_BEYOND, (project_no,))]
