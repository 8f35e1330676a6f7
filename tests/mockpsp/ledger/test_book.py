"""The books: balances are the sums of their postings, and every format says the same."""

import json
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mockpsp.ledger import book, chart, exports
from mockpsp.ledger.book import Entry
from mockpsp.ledger.chart import Posting
from mockpsp.sandbox_client import Sandbox
from mockpsp.store import db, migrations, tx

ACCOUNTS = [chart.SALES, chart.REFUNDS, chart.BANK, chart.pending("a-b"), chart.available("2.x"), chart.CUSTOMERS]
POSTINGS = st.builds(
    lambda pair, currency, minor: Posting(pair[0], pair[1], currency, minor),
    st.permutations(ACCOUNTS).map(lambda order: (order[0], order[1])),
    st.sampled_from(["EUR", "JPY", "KWD"]),
    st.integers(1, 10**15),
)


def opened() -> tuple[sqlite3.Connection, int]:
    database = db.Database(":memory:")
    migrations.migrate(database)
    conn = database.connection()
    return conn, tx.create(conn, "test-proj_x", secret="key_test_x", seed=1, mode="manual", clock_ms=0).no


@pytest.fixture
def books() -> Iterator[tuple[sqlite3.Connection, int]]:
    conn, no = opened()
    yield conn, no
    conn.close()


@given(st.lists(st.lists(POSTINGS, min_size=1, max_size=4), max_size=8))
def test_balances_are_the_sums_of_their_postings(entries: list[list[Posting]]) -> None:
    conn, no = opened()
    for seq, postings in enumerate(entries, start=1):
        book.append(conn, no, [Entry(seq, 1, "captured", seq, postings)])

    assert book.problems(conn, no) == []
    assert [entry.postings for entry in book.journal(conn, no)] == entries
    conn.close()


def test_a_balance_that_was_tampered_with_is_found(books: tuple[sqlite3.Connection, int]) -> None:
    conn, no = books
    book.append(conn, no, [Entry(1, 1, "captured", 0, [Posting(chart.BANK, chart.SALES, "EUR", 5)])])

    conn.execute("UPDATE account_balance SET debits_minor = debits_minor + 1 WHERE account = ?", (chart.BANK,))

    assert book.problems(conn, no)


def test_a_posting_cannot_be_edited(books: tuple[sqlite3.Connection, int]) -> None:
    conn, no = books
    book.append(conn, no, [Entry(1, 1, "captured", 0, [Posting(chart.BANK, chart.SALES, "EUR", 5)])])

    with pytest.raises(sqlite3.IntegrityError, match="append-only"):
        conn.execute("UPDATE posting SET amount_minor = 6")


def test_different_accounts_stay_different_in_beancount() -> None:
    names = [exports.beancount_account(f"assets:psp:{name}:pending") for name in ("a.b", "a-b", "a_b", "ab", "2b")]

    assert len(set(names)) == len(names)


def story(mockpsp: Sandbox) -> str:
    """A payment, a hold, a refund and a lost dispute, at a PSP that charges; answers the transaction's id."""
    mockpsp.put(
        "/sandbox/psps/north", {"like": "card-flexible", "amount_step": "none", "refund_while_disputed": "allow"}
    )
    mockpsp.put("/sandbox/routing", {"default": "north"})
    for currency, amount in (("EUR", "100.00"), ("JPY", "5000"), ("KWD", "1.234")):
        invoice = mockpsp.post("/invoices", {"name": "A", "amount": amount, "currency": currency})["invoice"]["id"]
        paid = mockpsp.post(f"/invoices/{invoice}/capture", {"source": mockpsp.card()})["transaction"]["id"]
        mockpsp.post(f"/invoices/{invoice}/refunds", {"amount": "1"})
        mockpsp.simulate("chargeback.open", paid)
        mockpsp.simulate("chargeback.lose", paid)
    held = mockpsp.post("/invoices", {"name": "B", "amount": "7", "currency": "EUR"})["invoice"]["id"]
    mockpsp.post(f"/invoices/{held}/authorize", {"source": mockpsp.card()})
    return str(paid)


def text_of(mockpsp: Sandbox, form: str) -> str:
    response = mockpsp.call("GET", f"/sandbox/ledger/journal?format={form}")
    assert response.status_code == 200
    return response.text


def test_bean_check_accepts_the_journal(mockpsp: Sandbox, tmp_path: Path) -> None:
    story(mockpsp)
    file = tmp_path / "books.beancount"
    file.write_text(text_of(mockpsp, "beancount"))

    command = [sys.executable, "-m", "beancount.scripts.check", str(file)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60)

    assert done.returncode == 0, done.stdout + done.stderr


def test_every_hledger_entry_adds_up_to_zero(mockpsp: Sandbox) -> None:
    story(mockpsp)
    entries = [block for block in text_of(mockpsp, "hledger").split("\n\n") if block.startswith("20")]

    assert entries
    for entry in entries:
        sums: dict[str, int] = {}
        for line in entry.splitlines()[1:]:
            _, amount, currency = line.split()
            sums[currency] = sums.get(currency, 0) + int(amount.replace(".", ""))
        assert set(sums.values()) == {0}, entry


def test_csv_and_json_tell_the_same_postings(mockpsp: Sandbox) -> None:
    story(mockpsp)
    rows = text_of(mockpsp, "csv").splitlines()[1:]
    journal = json.loads(text_of(mockpsp, "json"))["journal"]

    assert rows == [
        ",".join((entry["at"], entry["fact"], entry["on"], *posting.values()))
        for entry in journal
        for posting in entry["postings"]
    ]


def test_the_lost_dispute_costs_what_the_profile_says(mockpsp: Sandbox) -> None:
    story(mockpsp)
    balances = mockpsp.balances()

    assert balances["expenses:chargebacks"] == {"EUR": "99.00", "JPY": "4999", "KWD": "0.234"}
    assert balances["expenses:psp:north:chargeback"] == {"EUR": "20.00", "JPY": "1500", "KWD": "4.500"}
    assert balances["expenses:psp:north:processing"] == {"EUR": "3.20", "JPY": "175", "KWD": "0.136"}
