"""SQL of the rows beside payments: customers, cards, tokens, events, counts, kept answers; and listing any of them."""

import sqlite3
from collections.abc import Iterable
from typing import Any, NamedTuple

from mockpsp.domain.text.json_text import dump_text, load, load_exactly

# Primary keys throughout.
_INSERT_CUSTOMER = "INSERT INTO customer (project_id, seq, chosen_id, body) VALUES (?, ?, ?, ?)"
_LOAD_CUSTOMER = "SELECT seq, chosen_id, body FROM customer WHERE project_id = ? AND seq = ?"
# Index customer_chosen.
_LOAD_CHOSEN = "SELECT seq, chosen_id, body FROM customer WHERE project_id = ? AND chosen_id = ?"
_UPDATE_CUSTOMER = "UPDATE customer SET body = ? WHERE project_id = ? AND seq = ?"
_DELETE_CUSTOMER = "DELETE FROM customer WHERE project_id = ? AND seq = ?"
_INSERT_CARD = "INSERT INTO card (project_id, seq, test_card, body) VALUES (?, ?, ?, ?)"
_LOAD_CARD = "SELECT seq, test_card, body FROM card WHERE project_id = ? AND seq = ?"
_UPDATE_CARD = "UPDATE card SET body = ? WHERE project_id = ? AND seq = ?"
_ANONYMISE_CARD = "UPDATE card SET body = ?, anonymised_at_ms = ? WHERE project_id = ? AND seq = ?"
_INSERT_TOKEN = "INSERT INTO token (project_id, seq, customer_seq, card_seq, body) VALUES (?, ?, ?, ?, ?)"
_LOAD_TOKEN = "SELECT seq, customer_seq, card_seq, body FROM token WHERE project_id = ? AND seq = ?"
# Index token_customer.
# Named: without statistics, the planner rather walks the whole primary key in order.
_LOAD_TOKENS = """SELECT seq, customer_seq, card_seq, body FROM token INDEXED BY token_customer
WHERE project_id = ? AND customer_seq = ? ORDER BY seq"""
_UPDATE_TOKEN = "UPDATE token SET card_seq = ?, body = ? WHERE project_id = ? AND seq = ?"
_DELETE_TOKEN = "DELETE FROM token WHERE project_id = ? AND seq = ?"
_INSERT_EVENT = """INSERT INTO event (project_id, seq, name, payment_seq, fact_seq, payload, at_ms)
VALUES (?, ?, ?, ?, ?, ?, ?)"""
_LOAD_EVENT = """SELECT seq, name, payment_seq, fact_seq, payload, at_ms FROM event
WHERE project_id = ? AND seq = ?"""
_USE_REQUEST = "INSERT OR IGNORE INTO gateway_request (project_id, digest, payment_seq) VALUES (?, ?, ?)"
# By the primary key.
_IS_USED = "SELECT 1 FROM gateway_request WHERE project_id = ? AND digest = ?"
_COUNT = """INSERT INTO resource_count (project_id, kind, n) VALUES (?, ?, ?)
ON CONFLICT (project_id, kind) DO UPDATE SET n = n + excluded.n"""
_LOAD_COUNT = "SELECT n FROM resource_count WHERE project_id = ? AND kind = ?"
_LOAD_COUNTS = "SELECT kind, n FROM resource_count WHERE project_id = ? ORDER BY kind"
_LOAD_KEPT = "SELECT request_hash, status, response FROM idempotency WHERE project_id = ? AND key = ?"
_KEEP = "INSERT INTO idempotency (project_id, key, request_hash, status, response) VALUES (?, ?, ?, ?, ?)"


class CustomerRow(NamedTuple):
    """A stored customer; `chosen_id` is an id the client picked."""

    seq: int
    chosen_id: str | None
    body: dict[str, Any]


class CardRow(NamedTuple):
    """A stored card: `test_card` is the catalog's key of its published number, which itself is not kept."""

    seq: int
    test_card: str
    body: dict[str, Any]


class TokenRow(NamedTuple):
    """A stored token of a customer."""

    seq: int
    customer_seq: int
    card_seq: int | None
    body: dict[str, Any]

    @property
    def is_chargeable(self) -> bool:
        """Whether something stands behind the token that was not refused since."""
        body = self.body
        has_source = self.card_seq is not None or "gateway" in body
        is_lost = body.get("revoked") or body.get("is_bare") or body.get("verification_status") == "failed"
        return has_source and not is_lost


class EventRow(NamedTuple):
    """A stored event: about a payment as of `fact_seq`, or with a payload of its own."""

    seq: int
    name: str
    payment_seq: int | None
    fact_seq: int | None
    payload: dict[str, Any] | None
    at_ms: int


def insert_customer(conn: sqlite3.Connection, project_no: int, row: CustomerRow) -> None:
    """Keep a new customer."""
    conn.execute(_INSERT_CUSTOMER, (project_no, row.seq, row.chosen_id, dump_text(row.body)))


def load_customer(conn: sqlite3.Connection, project_no: int, seq: int) -> CustomerRow | None:
    """A customer, or None."""
    row = conn.execute(_LOAD_CUSTOMER, (project_no, seq)).fetchone()
    return None if row is None else CustomerRow(row[0], row[1], load_exactly(row[2]))


def load_chosen_customer(conn: sqlite3.Connection, project_no: int, chosen_id: str) -> CustomerRow | None:
    """The customer with an id the client picked, or None."""
    row = conn.execute(_LOAD_CHOSEN, (project_no, chosen_id)).fetchone()
    return None if row is None else CustomerRow(row[0], row[1], load_exactly(row[2]))


def update_customer(conn: sqlite3.Connection, project_no: int, row: CustomerRow) -> None:
    """Write a customer's body."""
    conn.execute(_UPDATE_CUSTOMER, (dump_text(row.body), project_no, row.seq))


def delete_customer(conn: sqlite3.Connection, project_no: int, seq: int) -> None:
    """Remove a customer."""
    conn.execute(_DELETE_CUSTOMER, (project_no, seq))


def insert_card(conn: sqlite3.Connection, project_no: int, row: CardRow) -> None:
    """Keep a new card."""
    conn.execute(_INSERT_CARD, (project_no, row.seq, row.test_card, dump_text(row.body)))


def load_card(conn: sqlite3.Connection, project_no: int, seq: int) -> CardRow | None:
    """A card, or None."""
    row = conn.execute(_LOAD_CARD, (project_no, seq)).fetchone()
    return None if row is None else CardRow(row[0], row[1], load(row[2]))


def update_card(conn: sqlite3.Connection, project_no: int, row: CardRow) -> None:
    """Write a card's body."""
    conn.execute(_UPDATE_CARD, (dump_text(row.body), project_no, row.seq))


def anonymise_card(conn: sqlite3.Connection, project_no: int, row: CardRow, at_ms: int) -> None:
    """Write what is left of a card, and take it off the list of cards."""
    conn.execute(_ANONYMISE_CARD, (dump_text(row.body), at_ms, project_no, row.seq))


def insert_token(conn: sqlite3.Connection, project_no: int, row: TokenRow) -> None:
    """Keep a new token."""
    conn.execute(_INSERT_TOKEN, (project_no, row.seq, row.customer_seq, row.card_seq, dump_text(row.body)))


def load_token(conn: sqlite3.Connection, project_no: int, seq: int) -> TokenRow | None:
    """A token, or None."""
    row = conn.execute(_LOAD_TOKEN, (project_no, seq)).fetchone()
    return None if row is None else TokenRow(row[0], row[1], row[2], load_exactly(row[3]))


def load_tokens(conn: sqlite3.Connection, project_no: int, customer_seq: int) -> list[TokenRow]:
    """A customer's tokens, oldest first."""
    return [
        TokenRow(row[0], row[1], row[2], load_exactly(row[3]))
        for row in conn.execute(_LOAD_TOKENS, (project_no, customer_seq))
    ]


def update_token(conn: sqlite3.Connection, project_no: int, row: TokenRow) -> None:
    """Write a token's card and body."""
    conn.execute(_UPDATE_TOKEN, (row.card_seq, dump_text(row.body), project_no, row.seq))


def delete_token(conn: sqlite3.Connection, project_no: int, seq: int) -> None:
    """Remove a token."""
    conn.execute(_DELETE_TOKEN, (project_no, seq))


def insert_events(conn: sqlite3.Connection, project_no: int, rows: Iterable[EventRow]) -> None:
    """Append events."""
    conn.executemany(
        _INSERT_EVENT,
        [
            (project_no, r.seq, r.name, r.payment_seq, r.fact_seq, dump_text(r.payload) if r.payload else None, r.at_ms)
            for r in rows
        ],
    )


def load_event(conn: sqlite3.Connection, project_no: int, seq: int) -> EventRow | None:
    """An event, or None."""
    row = conn.execute(_LOAD_EVENT, (project_no, seq)).fetchone()
    return (
        None
        if row is None
        else EventRow(row[0], row[1], row[2], row[3], load_exactly(row[4]) if row[4] else None, row[5])
    )


def use_gateway_request(conn: sqlite3.Connection, project_no: int, digest: str, payment_seq: int) -> bool:
    """Keep that a gateway request was used; False: it was before."""
    return conn.execute(_USE_REQUEST, (project_no, digest, payment_seq)).rowcount == 1


def is_gateway_request_used(conn: sqlite3.Connection, project_no: int, digest: str) -> bool:
    """Whether a gateway request was used before."""
    return conn.execute(_IS_USED, (project_no, digest)).fetchone() is not None


def count(conn: sqlite3.Connection, project_no: int, kind: str, n: int) -> None:
    """Change how many of a kind there are."""
    conn.execute(_COUNT, (project_no, kind, n))


def load_count(conn: sqlite3.Connection, project_no: int, kind: str) -> int:
    """How many of a kind there are."""
    row = conn.execute(_LOAD_COUNT, (project_no, kind)).fetchone()
    return int(row[0]) if row else 0


def load_counts(conn: sqlite3.Connection, project_no: int) -> dict[str, int]:
    """How many there are of each kind."""
    return dict(conn.execute(_LOAD_COUNTS, (project_no,)).fetchall())


def load_idempotent_answer(conn: sqlite3.Connection, project_no: int, key: str) -> tuple[str, int, str] | None:
    """(request hash, status, response) kept under an idempotency key, or None."""
    row: tuple[str, int, str] | None = conn.execute(_LOAD_KEPT, (project_no, key)).fetchone()
    return row


def save_idempotent_answer(
    conn: sqlite3.Connection, project_no: int, key: str, request_hash: str, status: int, response: str
) -> None:
    """Keep an answer under an idempotency key."""
    conn.execute(_KEEP, (project_no, key, request_hash, status, response))
