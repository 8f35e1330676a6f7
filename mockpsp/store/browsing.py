"""SQL of the page's lists: the newest first, a page at a time from where the last one ended.

What is looked for among them is looked for among so many of the newest, so that no list takes longer for what a
universe has more: `Found.until` says where a search stopped.
"""

import json
import sqlite3
from collections.abc import Callable, Collection, Iterable
from typing import Any, NamedTuple, TypeVar

Line = TypeVar("Line")

# Payment's primary key backwards, invoice by its own; read on as far as a page needs.
_PAYMENTS = """SELECT p.seq, p.invoice_seq, p.status, p.currency, p.amount_minor, p.captured_minor, p.refunded_minor,
p.gateway, p.created_at_ms, json_extract(v.body, '$.name'), json_extract(v.body, '$.order_id'),
json_extract(v.body, '$.reference_id')
FROM payment p JOIN invoice v ON v.project_id = p.project_id AND v.seq = p.invoice_seq
WHERE p.project_id = ? AND p.seq < ? ORDER BY p.seq DESC LIMIT ?"""
# Primary keys of payment and invoice, once for each that is asked for.
_NAMES = """SELECT p.seq, json_extract(v.body, '$.name') FROM payment p
JOIN invoice v ON v.project_id = p.project_id AND v.seq = p.invoice_seq
WHERE p.project_id = ? AND p.seq IN (SELECT value FROM json_each(?))"""
# Index refund_payment, once for each payment that is asked for.
_FAILED_REFUNDS = """SELECT payment_seq, SUM(amount_minor) FROM refund
WHERE project_id = ? AND payment_seq IN (SELECT value FROM json_each(?)) AND state = 'failed' GROUP BY payment_seq"""
# Event's primary key, once for each that is asked for.
_ABOUT = """SELECT seq, payment_seq FROM event
WHERE project_id = ? AND seq IN (SELECT value FROM json_each(?)) AND payment_seq IS NOT NULL"""
#: Numbers of universes end before.
LAST = (1 << 63) - 1
#: Among so many, the newest ones, something is looked for.
LOOKED_MAX = 5_000


class PaymentLine(NamedTuple):
    """A payment in a list, with what its invoice is called."""

    seq: int
    invoice_seq: int
    status: str
    currency: str
    amount_minor: int
    captured_minor: int
    refunded_minor: int
    gateway: str | None
    created_at_ms: int
    name: str
    order_id: str | None
    reference_id: str | None


class Found(NamedTuple):
    """A page of a list; `until` is the last line that was looked at where there may be more behind it."""

    lines: list[Any]
    until: Any = None
    #: The page isn't full, and the search ended all the same: it looked at as many as it looks at.
    is_cut: bool = False


def looked_through(rows: Iterable[Line], is_wanted: Callable[[Line], bool] | None, *, limit: int) -> Found:
    """The first `limit` rows that are wanted, of the first `LOOKED_MAX`; no more are read than that takes."""
    lines: list[Line] = []
    last: Line | None = None
    for place, row in enumerate(rows):
        if len(lines) == limit:
            return Found(lines, last)
        if place == LOOKED_MAX:
            return Found(lines, last, is_cut=True)
        last = row
        if is_wanted is None or is_wanted(row):
            lines.append(row)
    return Found(lines)


def payments(
    conn: sqlite3.Connection,
    project_no: int,
    *,
    status: str | None = None,
    text: str | None = None,
    before_seq: int = LAST,
    limit: int,
) -> Found:
    """Payments, the newest first: all, or those in one state, or whose name or reference holds a text in lower case."""

    def is_wanted(line: PaymentLine) -> bool:
        if status is not None and line.status != status:
            return False
        named = (line.name, line.order_id, line.reference_id)
        return text is None or any(text in word.lower() for word in named if word)

    is_searched = status is not None or text is not None
    most = LOOKED_MAX if is_searched else limit
    rows = conn.execute(_PAYMENTS, (project_no, before_seq, most + 1))
    return looked_through(map(PaymentLine._make, rows), is_wanted if is_searched else None, limit=limit)


def names(conn: sqlite3.Connection, project_no: int, payment_seqs: Collection[int]) -> dict[int, str]:
    """What payments are called, by their numbers; a number of anything else is missing."""
    return dict(conn.execute(_NAMES, (project_no, json.dumps(list(payment_seqs)))).fetchall())


def failed_refunds(conn: sqlite3.Connection, project_no: int, payment_seqs: Collection[int]) -> dict[int, int]:
    """What the refunds that failed come to, in minor units, by the payment's number; of none that has none."""
    return dict(conn.execute(_FAILED_REFUNDS, (project_no, json.dumps(list(payment_seqs)))).fetchall())


def payments_of_events(conn: sqlite3.Connection, project_no: int, event_seqs: Collection[int]) -> dict[int, int]:
    """Event -> the payment that it is about, of events that are about one."""
    return dict(conn.execute(_ABOUT, (project_no, json.dumps(list(event_seqs)))).fetchall())
