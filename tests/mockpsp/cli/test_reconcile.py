"""`mockpsp reconcile` holds a CSV file or a query on an SQLite file against the books."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from mockpsp.ledger import own_exports
from tests.mockpsp.cli.conftest import Run, Running, said


@pytest.fixture
def transaction_id(refunded: Running, run: Run) -> str:
    return str(said(run("ledger", "journal", "--json"))["journal"][0]["on"])


@pytest.fixture
def records(tmp_path: Path, transaction_id: str) -> Path:
    path = tmp_path / "own.csv"
    rows = [f"{transaction_id},capture,10.00,EUR,first", f"{transaction_id},refund,4.00,EUR,"]
    path.write_text("\n".join(["transaction_id,kind,amount,currency,note", *rows]) + "\n", encoding="utf-8")
    return path


def test_a_file_that_agrees(records: Path, run: Run) -> None:
    result = run("reconcile", "--with", str(records))

    assert (result.exit_code, result.stdout) == (0, "2 records agree with the books\n")


def test_a_file_that_differs_names_time_event_and_posting(records: Path, transaction_id: str, run: Run) -> None:
    records.write_text(records.read_text(encoding="utf-8").replace("4.00", "3.00"), encoding="utf-8")

    result = run("reconcile", "--with", str(records))

    assert result.exit_code == 1
    assert f"refund of {transaction_id}: your records say 3.00 EUR, the books 4.00" in result.stdout
    assert "they part at 2026-01-01T00:00:00Z: refund-made (event transaction.refunded ev_" in result.stdout
    assert "4.00 EUR  income:refunds <- assets:psp:sandbox:pending" in result.stdout


def test_a_query_on_a_file_that_is_only_read(tmp_path: Path, transaction_id: str, run: Run) -> None:
    path = tmp_path / "shop.db"
    with closing(sqlite3.connect(path)) as conn:
        conn.execute("CREATE TABLE moved (payment TEXT, what TEXT, cents INTEGER)")
        moved = [(transaction_id, "capture", 1000), (transaction_id, "refund", 400)]
        conn.executemany("INSERT INTO moved VALUES (?, ?, ?)", moved)
        conn.commit()
    query = "SELECT payment AS reference, what AS kind, cents AS amount_minor, 'EUR' AS currency FROM moved"

    agrees = run("reconcile", "--with", f"{path}:{query}", "--json")
    writes = run("reconcile", "--with", f"{path}:WITH gone AS (SELECT 1) DELETE FROM moved RETURNING payment")

    assert said(agrees)["reconciliation"]["agrees"] is True
    assert (writes.exit_code, "readonly" in writes.stderr) == (2, True)


@pytest.mark.parametrize(
    ("source", "text", "wrong"),
    [
        ("missing.csv", None, "missing.csv: No such file or directory"),
        ("missing.db:SELECT 1", None, "missing.db: no such file"),
        ("empty.csv", "", "its first line must name the columns"),
        ("short.csv", "transaction_id,kind\nA,refund\n", "row 1: currency is missing; columns: transaction_id, kind"),
        (
            "long.csv",
            "transaction_id,kind,amount,currency\nA,refund,1,50,EUR\n",
            "long.csv: line 2: has more cells than",
        ),
        ("bad.csv", "transaction_id,kind,amount,currency\nA,refund,x,EUR\n", "bad.csv: row 1: amount: 'x' must be"),
    ],
)
def test_sources_that_cannot_be_read(
    refunded: Running,
    run: Run,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    source: str,
    text: str | None,
    wrong: str,
) -> None:
    monkeypatch.chdir(tmp_path)
    if text is not None:
        Path(source).write_text(text, encoding="utf-8")

    result = run("reconcile", "--with", source)

    assert (result.exit_code, result.stdout) == (2, "")
    assert wrong in result.stderr


def test_an_unknown_key_is_an_error(records: Path, run: Run) -> None:
    result = run("reconcile", "--with", str(records), "--key", "order")

    assert result.exit_code == 2
    assert "key is 'order'; known: transaction_id, invoice_id, metadata.NAME" in result.stderr


def test_semicolons_and_decimals_after_a_comma(records: Path, transaction_id: str, run: Run) -> None:
    text = records.read_text(encoding="utf-8").replace(",", ";").replace("10.00", "10,00").replace("4.00", '"4,00"')
    records.write_text(text, encoding="utf-8")

    result = run("reconcile", "--with", str(records))

    assert (result.exit_code, result.stdout) == (0, "2 records agree with the books\n")


@pytest.mark.parametrize(
    ("amount", "minor"),
    [("1.234,56", 123_456), ("1 234,56", 123_456), ("-0,5", -50), ("12", 1_200), ("12.5", 1_250)],
)
def test_amounts_beside_semicolons(tmp_path: Path, amount: str, minor: int) -> None:
    path = tmp_path / "own.csv"
    path.write_text(f"reference;kind;amount;currency\ntr_1;refund;{amount};EUR\n", encoding="utf-8")

    [record] = own_exports.read_source(str(path), "transaction_id").records

    assert record.amount_minor == minor


@pytest.mark.parametrize("arguments", [("ledger", "journal", "--format", "csv"), ("ledger", "export", "--format=csv")])
def test_our_own_journal_agrees(refunded: Running, run: Run, tmp_path: Path, arguments: tuple[str, ...]) -> None:
    path = tmp_path / "journal.csv"
    path.write_text(run(*arguments).stdout, encoding="utf-8")

    assert run("reconcile", "--with", str(path)).exit_code == 0
