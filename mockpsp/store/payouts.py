"""SQL of payouts and their items."""

import json
import sqlite3
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import Any, NamedTuple

from mockpsp.domain.text.json_text import dump_text, load_exactly

_INSERT = """INSERT INTO payout (project_id, seq, gateway, currency, status, amount_minor, body)
VALUES (?, ?, ?, ?, ?, ?, ?)"""
# Primary key.
_LOAD = """SELECT seq, gateway, currency, status, amount_minor, body FROM payout
WHERE project_id = ? AND (deleted_at_ms IS NULL OR ?) AND seq IN (SELECT value FROM json_each(?))"""
# Primary key, in order.
_SHOWN = """SELECT seq, gateway, currency, status, amount_minor, body FROM payout
WHERE project_id = ? AND deleted_at_ms IS NULL ORDER BY seq"""
_UPDATE = "UPDATE payout SET status = ?, body = ? WHERE project_id = ? AND seq = ?"
_HIDE = "UPDATE payout SET deleted_at_ms = ? WHERE project_id = ? AND seq = ?"
_INSERT_ITEM = """INSERT INTO payout_item
(project_id, seq, gateway, currency, payout_seq, payment_seq, type, amount_minor, fees_minor, at_ms, repays_seq,
made_at_ms, captured_at_ms) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"""
#: The columns of an ItemRow, in its order.
_ITEM = """i.seq, i.gateway, i.currency, i.payout_seq, i.payment_seq, i.type, i.amount_minor, i.fees_minor, i.at_ms,
i.repays_seq, i.made_at_ms, i.captured_at_ms"""
# Primary key.
_ADD_TO_UNPAID = """UPDATE payout_item SET amount_minor = amount_minor + ?
WHERE project_id = ? AND seq = ? AND payout_seq IS NULL"""
# Primary key.
_LOAD_ITEMS = f"SELECT {_ITEM} FROM payout_item i WHERE project_id = ? AND seq IN (SELECT value FROM json_each(?))"
# Index payout_item_payment. Such are named: without statistics, the planner rather walks the primary key in order.
_PAYMENTS_ITEMS = f"""SELECT {_ITEM} FROM payout_item i INDEXED BY payout_item_payment
WHERE project_id = ? AND payment_seq IN (SELECT value FROM json_each(?)) ORDER BY seq"""
# Index payout_item_payout.
_PAYOUTS_ITEMS = f"""SELECT {_ITEM} FROM payout_item i INDEXED BY payout_item_payout
WHERE project_id = ? AND payout_seq IN (SELECT value FROM json_each(?)) ORDER BY seq LIMIT ?"""
_HIDDEN = "SELECT seq FROM payout WHERE project_id = ? AND deleted_at_ms IS NOT NULL"
#: Of all gateways, or one; of all payouts, or one; without those of payouts that are shown no more.
_WANTED = """(:gateway IS NULL OR i.gateway = :gateway)
AND (:payout_seq IS NULL OR i.payout_seq = :payout_seq)
AND (i.payout_seq IS NULL OR i.payout_seq NOT IN (SELECT value FROM json_each(:hidden)))"""
_TOLD = f"""{_ITEM}, p.invoice_seq,
json_extract(v.body, '$.order_id'), json_extract(v.body, '$.reference_id'), json_extract(v.body, '$.name')"""
# Primary keys of payment and invoice.
_ORDERS = """LEFT JOIN payment p ON p.project_id = i.project_id AND p.seq = i.payment_seq
LEFT JOIN invoice v ON v.project_id = p.project_id AND v.seq = p.invoice_seq"""
# Index payout_item_payout, in its order.
_TOLD_BY_PAYOUT = f"""SELECT {_TOLD} FROM payout_item i INDEXED BY payout_item_payout {_ORDERS}
WHERE i.project_id = :project_no AND {_WANTED} AND i.payout_seq IS NOT NULL ORDER BY i.payout_seq, i.seq"""
# Primary key, then sorted.
_TOLD_BY_ACCOUNT = f"""SELECT {_TOLD} FROM payout_item i {_ORDERS}
WHERE i.project_id = :project_no AND {_WANTED} ORDER BY i.gateway, i.currency, i.at_ms, i.seq"""
# Primary key: what settled together is one row.
_MOVEMENTS = f"""SELECT i.gateway, i.currency, i.at_ms, sum(i.amount_minor + i.fees_minor), COUNT(*) FROM payout_item i
WHERE i.project_id = :project_no AND {_WANTED}
GROUP BY i.gateway, i.currency, i.at_ms, i.amount_minor + i.fees_minor >= 0"""
_EXTENT = f"""SELECT i.gateway, COUNT(*), max(i.seq), max(i.at_ms) FROM payout_item i
WHERE i.project_id = :project_no AND {_WANTED} GROUP BY i.gateway"""
# Index payout_item_unpaid: only what no payout has paid yet is in it.
_SUM_UNPAID = """SELECT type, COUNT(*), sum(amount_minor), sum(fees_minor)
FROM payout_item INDEXED BY payout_item_unpaid
WHERE project_id = ? AND gateway = ? AND currency = ? AND payout_seq IS NULL GROUP BY type"""
_REPAID = """SELECT repays_seq FROM payout_item INDEXED BY payout_item_unpaid
WHERE project_id = ? AND gateway = ? AND currency = ? AND payout_seq IS NULL AND repays_seq IS NOT NULL"""
_PAY = """UPDATE payout_item INDEXED BY payout_item_unpaid SET payout_seq = ?
WHERE project_id = ? AND gateway = ? AND currency = ? AND payout_seq IS NULL"""


class PayoutRow(NamedTuple):
    """A stored payout; `body` holds its sums by type of item, and when it was made, settled or failed."""

    seq: int
    gateway: str
    currency: str
    status: str
    amount_minor: int
    body: dict[str, Any]


class ItemRow(NamedTuple):
    """A line of a payout, paid or not yet (`payout_seq` None)."""

    seq: int
    gateway: str
    currency: str
    payout_seq: int | None
    payment_seq: int | None
    type: str
    amount_minor: int
    fees_minor: int
    at_ms: int
    #: The failed payout whose money this line puts back.
    repays_seq: int | None = None
    #: When what the line is about happened, and when the capture was made whose money it moves. None: see `at_ms`, and
    #: lines about no capture; unknown in files of older versions.
    made_at_ms: int | None = None
    captured_at_ms: int | None = None


class ToldRow(NamedTuple):
    """A line as statements tell it, with the invoice that was paid and what the shop calls it."""

    # First the columns of an ItemRow.
    seq: int
    gateway: str
    currency: str
    payout_seq: int | None
    payment_seq: int | None
    type: str
    amount_minor: int
    fees_minor: int
    at_ms: int
    repays_seq: int | None
    made_at_ms: int | None
    captured_at_ms: int | None
    invoice_seq: int | None
    order_id: str | None
    reference_id: str | None
    name: str | None


class Wanted(NamedTuple):
    """Which lines are told: of all gateways or one, of all payouts or one."""

    project_no: int
    gateway: str | None = None
    payout_seq: int | None = None


def insert(conn: sqlite3.Connection, project_no: int, row: PayoutRow) -> None:
    """Keep a new payout."""
    values = (row.seq, row.gateway, row.currency, row.status, row.amount_minor, dump_text(row.body))
    conn.execute(_INSERT, (project_no, *values))


def load(
    conn: sqlite3.Connection, project_no: int, seqs: Collection[int], *, with_hidden: bool = False
) -> dict[int, PayoutRow]:
    """Payouts by their numbers; numbers that aren't there, or are hidden, are missing."""
    rows = conn.execute(_LOAD, (project_no, with_hidden, json.dumps(list(seqs))))
    return {row[0]: PayoutRow(*(*row[:5], load_exactly(row[5]))) for row in rows}


def shown(conn: sqlite3.Connection, project_no: int) -> list[PayoutRow]:
    """Every payout that isn't hidden, oldest first."""
    return [PayoutRow(*(*row[:5], load_exactly(row[5]))) for row in conn.execute(_SHOWN, (project_no,))]


def told_by_payout(conn: sqlite3.Connection, wanted: Wanted) -> Iterator[ToldRow]:
    """What payouts paid, payout after payout, one line at a time; without those of hidden payouts, here and below."""
    return map(ToldRow._make, conn.execute(_TOLD_BY_PAYOUT, _values(conn, wanted)))


def told_by_account(conn: sqlite3.Connection, wanted: Wanted) -> Iterator[ToldRow]:
    """Every line, paid or not yet, by gateway and currency, then oldest first."""
    return map(ToldRow._make, conn.execute(_TOLD_BY_ACCOUNT, _values(conn, wanted)))


def movements(conn: sqlite3.Connection, wanted: Wanted) -> Iterator[tuple[str, str, int, int, int]]:
    """(gateway, currency, when booked, amount after fees, of how many lines); those that add apart from the others."""
    return conn.execute(_MOVEMENTS, _values(conn, wanted))


def extent(conn: sqlite3.Connection, wanted: Wanted) -> list[tuple[str, int, int, int]]:
    """(gateway, how many lines, the last one's number, when the last one was booked): what tells contents apart."""
    return conn.execute(_EXTENT, _values(conn, wanted)).fetchall()


def _values(conn: sqlite3.Connection, wanted: Wanted) -> dict[str, Any]:
    hidden = [seq for (seq,) in conn.execute(_HIDDEN, (wanted.project_no,))]
    return {**wanted._asdict(), "hidden": json.dumps(hidden)}


def update(conn: sqlite3.Connection, project_no: int, row: PayoutRow) -> None:
    """Write a payout's status and body."""
    conn.execute(_UPDATE, (row.status, dump_text(row.body), project_no, row.seq))


def hide(conn: sqlite3.Connection, project_no: int, seq: int, at_ms: int) -> None:
    """Show a payout no more; its items stay paid."""
    conn.execute(_HIDE, (at_ms, project_no, seq))


def insert_items(conn: sqlite3.Connection, project_no: int, rows: Iterable[ItemRow]) -> None:
    """Keep new lines, which no payout has paid yet."""
    conn.executemany(_INSERT_ITEM, [(project_no, *row) for row in rows])


def add_to_unpaid(conn: sqlite3.Connection, project_no: int, seq: int, amount_minor: int) -> bool:
    """Put an amount into a line, unless a payout has paid it; answers whether it is in there."""
    return conn.execute(_ADD_TO_UNPAID, (amount_minor, project_no, seq)).rowcount > 0


def sum_unpaid(
    conn: sqlite3.Connection, project_no: int, gateway: str, currency: str
) -> dict[str, tuple[int, int, int]]:
    """Type -> (how many, amount, fees) of the lines that no payout has paid yet."""
    rows = conn.execute(_SUM_UNPAID, (project_no, gateway, currency))
    return {row[0]: (row[1], row[2], row[3]) for row in rows}


def repaid(conn: sqlite3.Connection, project_no: int, gateway: str, currency: str) -> list[int]:
    """The failed payouts whose money is among the lines that no payout has paid yet."""
    return [row[0] for row in conn.execute(_REPAID, (project_no, gateway, currency))]


def pay(conn: sqlite3.Connection, project_no: int, gateway: str, currency: str, payout_seq: int) -> None:
    """Put every line that is unpaid into a payout."""
    conn.execute(_PAY, (payout_seq, project_no, gateway, currency))


def items(conn: sqlite3.Connection, project_no: int, seqs: Collection[int]) -> dict[int, ItemRow]:
    """Lines by their numbers."""
    return {row[0]: ItemRow(*row) for row in conn.execute(_LOAD_ITEMS, (project_no, json.dumps(list(seqs))))}


def items_of_payments(conn: sqlite3.Connection, project_no: int, seqs: Collection[int]) -> Mapping[int, list[ItemRow]]:
    """The lines of each payment, oldest first."""
    found = defaultdict(list)
    for row in conn.execute(_PAYMENTS_ITEMS, (project_no, json.dumps(list(seqs)))):
        found[row[4]].append(ItemRow(*row))
    return found


def items_of_payouts(
    conn: sqlite3.Connection, project_no: int, seqs: Collection[int], limit: int
) -> Mapping[int, list[ItemRow]]:
    """The lines of each payout, oldest first, at most `limit` in all."""
    found = defaultdict(list)
    for row in conn.execute(_PAYOUTS_ITEMS, (project_no, json.dumps(list(seqs)), limit)):
        found[row[3]].append(ItemRow(*row))
    return found
