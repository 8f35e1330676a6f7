"""The books in other programs' formats: names stay different, everything is declared, every decimal is there."""

import csv
import shutil
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
from mockpsp.store import db, migrations, tx

Books = tuple[sqlite3.Connection, int]
NAMES = st.text(st.sampled_from("abx2ABX-._ é:"), max_size=8).filter(lambda name: ":" not in name)
AT_MS = 1_767_603_600_250


@pytest.fixture
def empty() -> Iterator[Books]:
    database = db.Database(":memory:")
    migrations.migrate(database)
    conn = database.connection()
    yield conn, tx.create(conn, "test-proj_x", secret="key_test_x", seed=1, mode="manual", clock_ms=0).no
    conn.close()


@pytest.fixture
def books(empty: Books) -> Books:
    """Three currencies of different decimals, one account in all of them, gateway names of every kind."""
    conn, no = empty
    sale = [Posting(chart.pending("3d.x_y"), chart.SALES, "EUR", 1), Posting(chart.BANK, chart.SALES, "JPY", 5000)]
    hold = [Posting(chart.authorized("card-flexible"), chart.CUSTOMERS, "KWD", 1_234_567)]
    lost = [Posting(chart.CHARGEBACKS, chart.disputed("card-xtra"), "EUR", 10_000)]
    book.append(conn, no, [Entry(1, 1, "captured", AT_MS, sale), Entry(2, 1, "authorized", AT_MS + 1, hold)])
    book.append(conn, no, [Entry(3, 1, "chargeback-lost", AT_MS + 86_400_000, lost)])
    return conn, no


def text(books: Books, form: str, what: str = "journal") -> str:
    return "".join(exports.render(*books, what, form))


def declared(journal: str, word: str) -> list[str]:
    return [line.split()[-1] for line in journal.splitlines() if word in line.split()[:2]]


def used(journal: str) -> list[tuple[str, str, str]]:
    """(account, amount, currency) of each leg."""
    legs = [line.split() for line in journal.splitlines() if line.startswith("  ") and len(line.split()) == 3]
    return [(account, amount, currency) for account, amount, currency in legs if account != "format"]


@given(NAMES)
def test_two_gateways_never_share_an_account_in_beancount(name: str) -> None:
    written = exports.beancount_account(chart.pending(name)).split(":")[2]
    # Two names drawn apart hardly ever meet: these are the ones that a careless mapping would confuse.
    names = {name, name.swapcase(), name.title(), written, written.lower(), f"x-{name}", f"X-{name}"}

    assert len({exports.beancount_account(chart.pending(other)) for other in names}) == len(names)


@pytest.mark.parametrize(
    ("gateway", "account"),
    [
        ("card-flexible", "Assets:Psp:Card-flexible:Pending"),
        ("3d", "Assets:Psp:3d:Pending"),
        ("a.b", "Assets:Psp:A-x2e-b:Pending"),
        ("a-x2e-b", "Assets:Psp:A-x2d-x2e-b:Pending"),
        ("_a", "Assets:Psp:X-x--x5f-a:Pending"),
    ],
)
def test_a_gateway_can_be_recognised_in_beancount(gateway: str, account: str) -> None:
    assert exports.beancount_account(chart.pending(gateway)) == account


def test_bean_check_accepts_gateways_of_every_name(books: Books, tmp_path: Path) -> None:
    file = tmp_path / "books.beancount"
    file.write_text(text(books, "beancount"))

    command = [sys.executable, "-m", "beancount.scripts.check", str(file)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60)

    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize(
    ("form", "account_word"), [("hledger", "account"), ("beancount", "open")], ids=["hledger", "beancount"]
)
def test_every_account_is_declared_once(books: Books, form: str, account_word: str) -> None:
    journal = text(books, form)

    assert sorted(declared(journal, account_word)) == sorted({account for account, _, _ in used(journal)})


@pytest.mark.parametrize("form", ["hledger", "beancount"])
def test_every_currency_is_declared_once(books: Books, form: str) -> None:
    assert declared(text(books, form), "commodity") == ["EUR", "JPY", "KWD"]


@pytest.mark.parametrize("form", ["hledger", "beancount"])
def test_each_leg_has_exactly_its_currencys_decimals(books: Books, form: str) -> None:
    amounts = [f"{amount} {currency}" for _, amount, currency in used(text(books, form))]

    assert amounts == [
        *("0.01 EUR", "-0.01 EUR", "5000 JPY", "-5000 JPY"),
        *("1234.567 KWD", "-1234.567 KWD", "100.00 EUR", "-100.00 EUR"),
    ]


def test_hledger_finds_nothing_wrong_at_its_strictest(books: Books, tmp_path: Path) -> None:
    journal = text(books, "hledger")
    file = tmp_path / "books.journal"
    file.write_text(journal)
    program = shutil.which("hledger")

    # Without hledger the grammar is still held: a directive, a dated heading, a leg, or an empty line.
    starts = ("commodity ", "  format ", "account ", "2026-01-", "    ")
    assert all(line.startswith(starts) for line in journal.splitlines() if line)
    if program is not None:
        done = subprocess.run([program, "check", "--strict", "-f", file], capture_output=True, text=True, timeout=60)
        assert done.returncode == 0, done.stderr


def test_currencies_are_declared_as_hledger_and_ledger_cli_both_read_them(books: Books) -> None:
    head = text(books, "hledger").partition("account ")[0].splitlines()

    # One without decimals they have no common form for: hledger's, which wants the mark.
    wanted = ["commodity EUR", "  format 1000.00 EUR", "commodity 1000. JPY", "commodity KWD", "  format 1000.000 KWD"]
    assert head == wanted


def test_the_text_puts_a_net_balance_on_each_line(books: Books) -> None:
    lines = [line.split() for line in text(books, "text", "balances").splitlines()]

    assert lines == [
        ["assets:bank", "5000", "JPY"],
        ["assets:psp:3d.x_y:pending", "0.01", "EUR"],
        ["assets:psp:card-xtra:disputed", "-100.00", "EUR"],
        ["expenses:chargebacks", "100.00", "EUR"],
        ["income:sales", "-0.01", "EUR"],
        ["income:sales", "-5000", "JPY"],
        ["memo:authorized:card-flexible", "1234.567", "KWD"],
        ["memo:customers", "-1234.567", "KWD"],
    ]


def test_milliseconds_are_shown_where_there_are_some(books: Books) -> None:
    rows = list(csv.DictReader(text(books, "csv").splitlines()))

    assert rows[0]["at"] == "2026-01-05T09:00:00.250Z"


@pytest.mark.parametrize("what", ["balances", "journal", "export"])
@pytest.mark.parametrize("form", exports.FORMATS)
def test_empty_books_hold_no_amount(empty: Books, form: str, what: str) -> None:
    assert not any(letter.isdigit() for letter in text(empty, form, what))


def test_other_universes_books_stay_out(books: Books) -> None:
    conn, _ = books
    other = tx.create(conn, "test-proj_y", secret="key_test_y", seed=2, mode="manual", clock_ms=0).no

    assert text((conn, other), "text") == "nothing is booked yet\n"
