"""The audit of the books, over rows written by hand: what holds, what doesn't, and that it is one look each time."""

import sqlite3
from collections.abc import Iterator

import pytest

from mockpsp.ledger import book
from mockpsp.ledger.audit import Findings, Imbalance, Mismatch, look_through
from mockpsp.ledger.book import Entry
from mockpsp.ledger.chart import Posting
from mockpsp.store import db, migrations

MINE, OTHERS = 1, 2


@pytest.fixture
def conn() -> Iterator[sqlite3.Connection]:
    """The books of two projects: 10.00 EUR sold, 5 JPY held; the other's are wrong in every way."""
    database = db.Database(":memory:")
    migrations.migrate(database)
    with database.writing() as found:
        book.append(found, MINE, [Entry(1, 1, "captured", 0, [Posting("assets:a", "income:sales", "EUR", 1000)])])
        book.append(found, MINE, [Entry(2, 2, "authorized", 0, [Posting("memo:held", "memo:customers", "JPY", 5)])])
        book.append(found, OTHERS, [Entry(1, 1, "captured", 0, [Posting("assets:a", "income:sales", "EUR", 7)])])
        found.execute("UPDATE account_balance SET debits_minor = 9 WHERE project_id = ?", (OTHERS,))
    yield database.connection()
    database.close()


def test_nothing_is_found_where_all_is_well(conn: sqlite3.Connection) -> None:
    assert look_through(conn, MINE) == Findings([], [])


def test_an_empty_book_is_well() -> None:
    database = db.Database(":memory:")
    migrations.migrate(database)

    assert look_through(database.connection(), MINE) == Findings([], [])
    database.close()


def test_currencies_and_books_are_added_up_apart(conn: sqlite3.Connection) -> None:
    conn.execute("UPDATE account_balance SET debits_minor = debits_minor + 1 WHERE account = 'memo:held'")
    conn.execute("UPDATE account_balance SET debits_minor = debits_minor + 2 WHERE account = 'assets:a'")

    found = look_through(conn, MINE)

    assert found.imbalances == [Imbalance("accounts", "EUR", 2), Imbalance("memo accounts", "JPY", 1)]
    assert found.mismatches == [Mismatch("assets:a", "EUR", 1002, 1000), Mismatch("memo:held", "JPY", 6, 5)]


def test_a_balance_without_postings_and_postings_without_a_balance(conn: sqlite3.Connection) -> None:
    conn.execute(
        "UPDATE account_balance SET account = 'assets:b' WHERE account = 'assets:a' AND project_id = ?", (MINE,)
    )

    assert look_through(conn, MINE) == Findings(
        [], [Mismatch("assets:a", "EUR", None, 1000), Mismatch("assets:b", "EUR", 1000, None)]
    )


def test_nothing_and_zero_are_the_same(conn: sqlite3.Connection) -> None:
    book.append(conn, MINE, [Entry(3, 1, "refunded", 0, [Posting("income:sales", "assets:a", "EUR", 1000)])])
    conn.execute("DELETE FROM account_balance WHERE account = 'assets:a' AND project_id = ?", (MINE,))

    assert look_through(conn, MINE) == Findings([], [])


def test_it_costs_two_statements_however_much_was_booked(conn: sqlite3.Connection) -> None:
    seen: list[str] = []
    for number in range(10, 60):
        posting = Posting("assets:a", "income:sales", "EUR", number)
        book.append(conn, MINE, [Entry(number, 1, "captured", 0, [posting])])

    conn.set_trace_callback(seen.append)
    look_through(conn, MINE)
    conn.set_trace_callback(None)

    assert len(seen) == 2
