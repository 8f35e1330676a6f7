"""Rows by their keys, many at once: what relations and lists in expansions.py are read with.

Each function answers a mapping; keys that lead nowhere are missing in it.
"""

from collections.abc import Mapping
from typing import Any

from mockpsp.api.shapes.payments import PaymentRow
from mockpsp.engine.universes import UniverseTx
from mockpsp.store import batches
from mockpsp.store import payouts as payout_rows
from mockpsp.store import products as product_rows

#: How many items an expanded list shows at most.
LIST_LIMIT = 100
#: How many objects one answer may hold; lists within lists grow fast.
OBJECTS_MAX = 20_000


def customers(tx: UniverseTx, seqs: list[int]) -> Mapping[int, Any]:
    """Customers by their numbers."""
    return batches.customers(tx.conn, tx.project.no, seqs)


def cards(tx: UniverseTx, seqs: list[int]) -> Mapping[int, Any]:
    """Cards by their numbers."""
    return batches.cards(tx.conn, tx.project.no, seqs)


def tokens(tx: UniverseTx, seqs: list[int]) -> Mapping[int, Any]:
    """Tokens by their numbers."""
    return batches.tokens(tx.conn, tx.project.no, seqs)


def products(tx: UniverseTx, seqs: list[int]) -> Mapping[int, Any]:
    """Products by their numbers."""
    return product_rows.load(tx.conn, tx.project.no, seqs)


def payments(tx: UniverseTx, seqs: list[int]) -> Mapping[int, Any]:
    """Payments by their numbers."""
    return {seq: PaymentRow(*found) for seq, found in batches.loaded_payments(tx.conn, tx.project.no, seqs).items()}


def invoices(tx: UniverseTx, seqs: list[int]) -> Mapping[int, Any]:
    """Invoices' payments by the invoices' numbers."""
    return {seq: PaymentRow(*found) for seq, found in batches.loaded_invoices(tx.conn, tx.project.no, seqs).items()}


def refunds(tx: UniverseTx, seqs: list[int]) -> Mapping[int, Any]:
    """Refunds with their currencies."""
    rows = batches.refunds(tx.conn, tx.project.no, seqs)
    paid = payments(tx, sorted({row.payment_seq for row in rows.values()}))
    return {seq: (row, paid[row.payment_seq].payment.currency) for seq, row in rows.items()}


def customers_tokens(tx: UniverseTx, seqs: list[int]) -> Mapping[int, Any]:
    """The tokens of each customer, newest first."""
    return batches.tokens_of_customers(tx.conn, tx.project.no, seqs)


def customers_payments(tx: UniverseTx, seqs: list[int]) -> Mapping[int, Any]:
    """The newest payments of each customer, newest first."""
    found = batches.payments_of_customers(tx.conn, tx.project.no, seqs, LIST_LIMIT)
    return {seq: [PaymentRow(*loaded) for loaded in all_loaded] for seq, all_loaded in found.items()}


def payments_refunds(tx: UniverseTx, keys: list[tuple[int, str]]) -> Mapping[tuple[int, str], Any]:
    """The refunds, with its currency, of each (payment, currency), oldest first."""
    found = batches.refunds_of_payments(tx.conn, tx.project.no, [seq for seq, _ in keys])
    return {(seq, currency): [(refund, currency) for refund in found.get(seq, ())] for seq, currency in keys}


def payouts(tx: UniverseTx, seqs: list[int]) -> Mapping[int, Any]:
    """Payouts by their numbers; those that were deleted are missing."""
    return payout_rows.load(tx.conn, tx.project.no, seqs)


def payouts_items(tx: UniverseTx, seqs: list[int]) -> Mapping[int, Any]:
    """The lines of each payout."""
    return payout_rows.items_of_payouts(tx.conn, tx.project.no, seqs, OBJECTS_MAX)


def names(tx: UniverseTx, names: list[str]) -> Mapping[str, Any]:
    """Gateway configurations are known by their names."""
    return {name: name for name in names}
