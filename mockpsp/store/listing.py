"""Pages of sequence numbers, one index range each, whatever is stored.

To add a list: a `Listing` with its table and scope; the scope's columns must lead an index that ends in seq.
"""

import sqlite3
from collections.abc import Sequence
from typing import Any, NamedTuple

from mockpsp.store.payments import LAST


class Listing(NamedTuple):
    """A list: its table, the columns that scope it (project_id first), and the kind that counts it, if one does."""

    table: str
    scope: tuple[str, ...] = ("project_id",)
    kind: str | None = None
    #: Column that is set once an item is gone: such items are not listed.
    gone: str | None = None


CUSTOMERS = Listing("customer", kind="customer")
PRODUCTS = Listing("product", kind="product")
CARDS = Listing("card", kind="card", gone="anonymised_at_ms")
INVOICES = Listing("invoice", kind="invoice")
TRANSACTIONS = Listing("payment", kind="payment")
EVENTS = Listing("event", kind="event")
PAYOUTS = Listing("payout", kind="payout", gone="deleted_at_ms")
# Index payout_item_payout.
PAYOUT_ITEMS = Listing("payout_item", ("project_id", "payout_seq"))
# Index payment_customer.
CUSTOMER_TRANSACTIONS = Listing("payment", ("project_id", "customer_seq"))
# Index token_customer.
CUSTOMER_TOKENS = Listing("token", ("project_id", "customer_seq"))
# Index refund_payment.
TRANSACTION_REFUNDS = Listing("refund", ("project_id", "payment_seq"))

_ALL = (
    CUSTOMERS,
    CARDS,
    PRODUCTS,
    INVOICES,
    TRANSACTIONS,
    EVENTS,
    PAYOUTS,
    PAYOUT_ITEMS,
    CUSTOMER_TRANSACTIONS,
    CUSTOMER_TOKENS,
    TRANSACTION_REFUNDS,
)


def _where(listed: Listing) -> str:
    scope = " AND ".join(f"{column} = ?" for column in listed.scope)
    return scope if listed.gone is None else f"{scope} AND {listed.gone} IS NULL"


_PAGE = {
    (listed, is_ascending): f"SELECT seq FROM {listed.table} WHERE {_where(listed)} AND seq > ? AND seq < ? "
    f"ORDER BY seq {'ASC' if is_ascending else 'DESC'} LIMIT ?"
    for listed in _ALL
    for is_ascending in (True, False)
}
_TOTAL = {listed: f"SELECT COUNT(*) FROM {listed.table} WHERE {_where(listed)}" for listed in _ALL}
_KEPT_TOTAL = "SELECT n FROM resource_count WHERE project_id = ? AND kind = ?"


def page(
    conn: sqlite3.Connection,
    listed: Listing,
    scope: Sequence[Any],
    *,
    is_ascending: bool,
    limit: int,
    start_after: int | None = None,
    end_before: int | None = None,
) -> tuple[list[int], bool]:
    """(sequence numbers in list order, whether more follow in the direction of paging).

    `end_before` answers the items just before it, so it reads backwards and turns the page round.
    """
    low, high = 0, LAST
    cursor = start_after if start_after is not None else end_before
    is_backwards = end_before is not None
    reads_up = is_ascending != is_backwards
    if cursor is not None:
        low, high = (cursor, LAST) if reads_up else (0, cursor)
    rows = conn.execute(_PAGE[listed, reads_up], (*scope, low, high, limit + 1)).fetchall()
    seqs = [seq for (seq,) in rows[:limit]]
    if is_backwards:
        seqs.reverse()
    return seqs, len(rows) > limit


def total(conn: sqlite3.Connection, listed: Listing, scope: Sequence[Any]) -> int:
    """How many items the whole list has: kept for a project's lists, counted within one customer or payment."""
    if listed.kind is not None:
        row = conn.execute(_KEPT_TOTAL, (*scope, listed.kind)).fetchone()
        return int(row[0]) if row else 0
    return int(conn.execute(_TOTAL[listed], tuple(scope)).fetchone()[0])
