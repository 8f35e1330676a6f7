"""Many rows at once: one statement a table, however many rows a page shows.

Each function takes sequence numbers and answers a mapping; numbers that aren't there are missing in it. They are
handed to SQLite as one JSON array, so the statements are constant.
"""

import json
import sqlite3
from collections import defaultdict
from collections.abc import Collection, Mapping
from typing import Any

from mockpsp.domain.payments.facts import Fact
from mockpsp.domain.payments.payment import Payment
from mockpsp.domain.text.json_text import load_exactly
from mockpsp.store import payments
from mockpsp.store.payments import RefundRow
from mockpsp.store.resources import CardRow, CustomerRow, EventRow, TokenRow

Seqs = Collection[int]
Loaded = tuple[Payment, dict[str, Any]]

_AMONG = "IN (SELECT value FROM json_each(?))"
# Primary keys throughout, unless noted.
_CUSTOMERS = f"SELECT seq, chosen_id, body FROM customer WHERE project_id = ? AND seq {_AMONG}"
_CARDS = f"SELECT seq, test_card, body FROM card WHERE project_id = ? AND seq {_AMONG}"
_TOKENS = f"SELECT seq, customer_seq, card_seq, body FROM token WHERE project_id = ? AND seq {_AMONG}"
# Index token_customer. Such are named: without statistics, the planner rather walks the whole primary key in order.
_CUSTOMERS_TOKENS = f"""SELECT seq, customer_seq, card_seq, body FROM token INDEXED BY token_customer
WHERE project_id = ? AND customer_seq {_AMONG} ORDER BY seq DESC"""
_EVENTS = f"""SELECT seq, name, payment_seq, fact_seq, payload, at_ms FROM event
WHERE project_id = ? AND seq {_AMONG}"""
_INVOICE = "JOIN invoice i ON i.project_id = p.project_id AND i.seq = p.invoice_seq"
_PAYMENTS = f"""SELECT {payments.PAYMENT}, i.body FROM payment p {_INVOICE}
WHERE p.project_id = ? AND p.seq {_AMONG}"""
_INVOICES = f"""SELECT {payments.PAYMENT}, i.body FROM invoice i
JOIN payment p ON p.project_id = i.project_id AND p.seq = i.payment_seq WHERE i.project_id = ? AND i.seq {_AMONG}"""
# Index payment_customer, read from its end once for each customer.
_CUSTOMERS_PAYMENTS = f"""SELECT {payments.PAYMENT}, i.body FROM json_each(?) wanted
CROSS JOIN payment p ON p.project_id = ? AND p.seq IN (SELECT seq FROM payment
WHERE project_id = ? AND customer_seq = wanted.value ORDER BY seq DESC LIMIT ?) {_INVOICE} ORDER BY p.seq DESC"""
_FACTS = f"""SELECT payment_seq, seq, kind, amount_minor, at_ms, body FROM fact
WHERE project_id = ? AND payment_seq {_AMONG} ORDER BY payment_seq, seq"""
_REFUNDS = f"SELECT seq, payment_seq, amount_minor, state, body FROM refund WHERE project_id = ? AND seq {_AMONG}"
# Index refund_payment.
_PAYMENTS_REFUNDS = f"""SELECT seq, payment_seq, amount_minor, state, body FROM refund INDEXED BY refund_payment
WHERE project_id = ? AND payment_seq {_AMONG} ORDER BY seq"""


def customers(conn: sqlite3.Connection, project_no: int, seqs: Seqs) -> dict[int, CustomerRow]:
    """Customers by their numbers."""
    rows = conn.execute(_CUSTOMERS, (project_no, _array(seqs)))
    return {row[0]: CustomerRow(row[0], row[1], load_exactly(row[2])) for row in rows}


def cards(conn: sqlite3.Connection, project_no: int, seqs: Seqs) -> dict[int, CardRow]:
    """Cards by their numbers."""
    rows = conn.execute(_CARDS, (project_no, _array(seqs)))
    return {row[0]: CardRow(row[0], row[1], load_exactly(row[2])) for row in rows}


def tokens(conn: sqlite3.Connection, project_no: int, seqs: Seqs) -> dict[int, TokenRow]:
    """Tokens by their numbers."""
    return {row[0]: _token(row) for row in conn.execute(_TOKENS, (project_no, _array(seqs)))}


def tokens_of_customers(conn: sqlite3.Connection, project_no: int, seqs: Seqs) -> Mapping[int, list[TokenRow]]:
    """The tokens of each customer, newest first."""
    found = defaultdict(list)
    for row in conn.execute(_CUSTOMERS_TOKENS, (project_no, _array(seqs))):
        found[row[1]].append(_token(row))
    return found


def events(conn: sqlite3.Connection, project_no: int, seqs: Seqs) -> dict[int, EventRow]:
    """Events by their numbers."""
    rows = conn.execute(_EVENTS, (project_no, _array(seqs)))
    return {
        row[0]: EventRow(row[0], row[1], row[2], row[3], load_exactly(row[4]) if row[4] else None, row[5])
        for row in rows
    }


def loaded_payments(conn: sqlite3.Connection, project_no: int, seqs: Seqs) -> dict[int, Loaded]:
    """Payments with their invoices' bodies, by the payments' numbers."""
    return {row[0]: payments.payment_from_row(row) for row in conn.execute(_PAYMENTS, (project_no, _array(seqs)))}


def loaded_invoices(conn: sqlite3.Connection, project_no: int, seqs: Seqs) -> dict[int, Loaded]:
    """Payments with their invoices' bodies, by the invoices' numbers."""
    return {row[1]: payments.payment_from_row(row) for row in conn.execute(_INVOICES, (project_no, _array(seqs)))}


def payments_of_customers(
    conn: sqlite3.Connection, project_no: int, seqs: Seqs, limit: int
) -> Mapping[int, list[Loaded]]:
    """The newest payments of each customer, at most `limit` of each, newest first."""
    found = defaultdict(list)
    for row in conn.execute(_CUSTOMERS_PAYMENTS, (_array(seqs), project_no, project_no, limit)):
        found[row[2]].append(payments.payment_from_row(row))
    return found


def facts_of_payments(conn: sqlite3.Connection, project_no: int, seqs: Seqs) -> Mapping[int, list[Fact]]:
    """The facts of each payment, in order."""
    found = defaultdict(list)
    for payment_seq, *row in conn.execute(_FACTS, (project_no, _array(seqs))):
        found[payment_seq].append(payments.fact(*row))
    return found


def refunds(conn: sqlite3.Connection, project_no: int, seqs: Seqs) -> dict[int, RefundRow]:
    """Refunds by their numbers."""
    return {row[0]: _refund(row) for row in conn.execute(_REFUNDS, (project_no, _array(seqs)))}


def refunds_of_payments(conn: sqlite3.Connection, project_no: int, seqs: Seqs) -> Mapping[int, list[RefundRow]]:
    """The refunds of each payment, oldest first."""
    found = defaultdict(list)
    for row in conn.execute(_PAYMENTS_REFUNDS, (project_no, _array(seqs))):
        found[row[1]].append(_refund(row))
    return found


def _array(seqs: Seqs) -> str:
    return json.dumps(list(seqs))


def _token(row: tuple[Any, ...]) -> TokenRow:
    return TokenRow(row[0], row[1], row[2], load_exactly(row[3]))


def _refund(row: tuple[Any, ...]) -> RefundRow:
    return RefundRow(*(*row[:4], load_exactly(row[4])))
