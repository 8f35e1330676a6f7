"""What exports tell beside the postings: whose order, at which gateway; below zero, a balance at a PSP is a debt."""

import shutil
import subprocess
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path

import pytest
from beancount.loader import load_file
from beanquery import query

from mockpsp.sandbox_client import Sandbox

#: An order's name with what ends a tag, a string and a line elsewhere.
AWKWARD = 'Lamp, "blue"\\\n; order:none'


@pytest.fixture
def shop(mockpsp: Sandbox) -> Sandbox:
    """Two orders at two PSPs; the first is refunded after it was paid out, so north is owed 100.00."""
    for psp, rate in (("north", "1%"), ("south", "2%")):
        facts = {"like": "sandbox", "fees": {"capture": {"rate": rate}}, "payout_schedule": "manual"}
        mockpsp.put(f"/sandbox/psps/{psp}", facts)
    for psp, order in (("north", AWKWARD), ("south", "Desk 7")):
        mockpsp.put("/sandbox/routing", {"default": psp})
        invoice = mockpsp.post("/invoices", {"name": order, "amount": "100.00", "currency": "EUR"})["invoice"]["id"]
        paid = mockpsp.post(f"/invoices/{invoice}/capture", {"source": mockpsp.card()})["transaction"]["id"]
        mockpsp.advance("5d")
        if psp == "north":
            mockpsp.simulate("payout.run", psp)
            mockpsp.post(f"/transactions/{paid}/refunds", {"amount": "100.00"})
    return mockpsp


def exported(shop: Sandbox, form: str, file: Path) -> Path:
    file.write_bytes(shop.call("GET", f"/sandbox/ledger/journal?format={form}").content)
    return file


@pytest.fixture
def asked(shop: Sandbox, tmp_path: Path) -> Callable[[str], list[tuple[object, ...]]]:
    """What beancount's own queries find in the export."""
    entries, errors, options = load_file(str(exported(shop, "beancount", tmp_path / "books.beancount")))
    assert errors == []
    assert options["operating_currency"] == ["EUR"]

    def rows(text: str) -> list[tuple[object, ...]]:
        return [tuple(row) for row in query.run_query(entries, options, text, numberify=True)[1]]

    return rows


def test_what_a_psp_costs_is_found_by_order(asked: Callable[[str], list[tuple[object, ...]]]) -> None:
    costs = "SELECT entry_meta('order'), sum(position) WHERE account ~ '^Expenses:Psp:' AND entry_meta('gateway') = "

    assert asked(f"{costs} 'north' GROUP BY 1") == [('Lamp, "blue"\\ ; order:none', Decimal("1.00"))]
    assert asked(f"{costs} 'south' GROUP BY 1") == [("Desk 7", Decimal("2.00"))]


def test_an_order_without_a_number_goes_by_its_reference_and_then_by_its_name(mockpsp: Sandbox) -> None:
    common = {"amount": "1.00", "currency": "EUR", "order_id": ""}
    for more in ({"name": "Lamp", "reference_id": "r-7"}, {"name": "Desk"}):
        invoice = mockpsp.post("/invoices", {**common, **more})["invoice"]["id"]
        mockpsp.post(f"/invoices/{invoice}/capture", {"source": mockpsp.card()})

    text = mockpsp.call("GET", "/sandbox/ledger/journal?format=hledger").text

    assert "order:r-7" in text
    assert "order:Desk" in text


def test_each_entry_of_a_payment_is_linked_to_it(
    asked: Callable[[str], list[tuple[object, ...]]], shop: Sandbox
) -> None:
    payments = {entry["on"] for entry in shop.get("/sandbox/ledger/journal")["journal"] if entry["on"][:3] == "tr_"}

    assert {row[0] for row in asked("SELECT DISTINCT entry_meta('payment') WHERE account = 'Income:Sales'")} == payments
    for payment in payments:
        (row,) = asked(f"SELECT count(*) WHERE '{payment}' IN links AND account = 'Income:Sales'")
        assert row == (1,)


def test_a_balance_below_zero_is_a_debt_in_exports_and_nowhere_else(
    asked: Callable[[str], list[tuple[object, ...]]], shop: Sandbox
) -> None:
    found = dict(asked("SELECT account, sum(position) WHERE account ~ ':North' GROUP BY account"))

    assert found["Assets:Psp:North:Available"] in (None, Decimal(0))
    assert found["Liabilities:Psp:North"] == Decimal("-100.00")
    assert shop.balances()["assets:psp:north:available"] == {"EUR": "-100.00"}
    assert "liabilities:psp:north" not in shop.balances()


def test_hledger_reads_the_tags_and_finds_nothing_wrong(shop: Sandbox, tmp_path: Path) -> None:
    file = exported(shop, "hledger", tmp_path / "books.journal")
    headings = [line for line in file.read_text().splitlines() if line[:2] == "20" and "south" in line]

    assert headings
    assert all(", gateway:south, invoice:iv_" in line and line.endswith(", order:Desk 7") for line in headings)
    program = shutil.which("hledger")
    if program is not None:
        checked = subprocess.run([program, "check", "--strict", "-f", file], capture_output=True, text=True, timeout=60)
        assert checked.returncode == 0, checked.stderr
        command = [program, "balance", "-f", file, "expenses:psp:south", "--pivot", "order", "-N"]
        costs = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True)
        assert costs.stdout.split() == ["2.00", "EUR", "Desk", "7"]
