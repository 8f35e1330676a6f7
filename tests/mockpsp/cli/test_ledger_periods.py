"""`mockpsp ledger` by period: what a month's file begins with, holds and ends with."""

import pytest
from beancount.loader import load_string

from tests.mockpsp.cli.conftest import Run, Running, said
from tests.mockpsp.cli.test_payouts import pay

BANK = ("Assets:Bank",)


@pytest.fixture
def two_months(running: Running) -> Running:
    """A sale in January and one in February; the first one settles and is paid out in between."""
    pay(running, "100.00", "EUR", "card-flexible")
    running.post("/sandbox/clock/advance", {"to": "2026-02-10T10:00:00Z"})
    pay(running, "30.00", "EUR", "card-flexible")
    return running


def test_balances_at_the_end_of_a_day(two_months: Running, run: Run) -> None:
    january = said(run("ledger", "balances", "--to", "2026-01-31", "--json"))["balances"]

    assert january["income:sales"] == {"EUR": "-100.00"}
    assert said(run("ledger", "balances", "--to", "2026-02-10", "--json")) == said(run("ledger", "balances", "--json"))


def test_balances_of_a_day_that_is_still_to_come_are_not_told(two_months: Running, run: Run) -> None:
    done = run("ledger", "balances", "--to", "2026-02-11")

    assert done.exit_code == 2
    assert "--to 2026-02-11 is still to come: in" in done.stderr and "it is 2026-02-10" in done.stderr


def test_a_months_export_opens_with_what_was_before(two_months: Running, run: Run) -> None:
    entries, errors, _ = load_string(run("ledger", "export", "--format", "beancount", "--from", "2026-02-01").stdout)

    assert errors == []
    opening, *sale = [entry for entry in entries if hasattr(entry, "postings")]
    assert (str(opening.date), opening.narration) == ("2026-02-01", "opening balances")
    assert {p.account: str(p.units) for p in opening.postings}["Income:Sales"] == "-100.00 EUR"
    assert {entry.narration for entry in sale} == {"captured"}


def test_the_journal_of_a_period_has_its_entries_alone(two_months: Running, run: Run) -> None:
    journal = said(run("ledger", "journal", "--from", "2026-02-01", "--to", "2026-02-28", "--json"))["journal"]

    assert {entry["at"][:7] for entry in journal} == {"2026-02"}
    assert said(run("ledger", "journal", "--from", "2026-03-01", "--json"))["journal"] == []


def test_balances_of_a_period_chain(two_months: Running, run: Run) -> None:
    january = said(run("ledger", "balances", "--from", "2026-01-01", "--to", "2026-01-31", "--json"))
    february = said(run("ledger", "balances", "--from", "2026-02-01", "--to", "2026-02-10", "--json"))

    assert {account: february["opening"][account] for account in january["balances"]} == january["balances"]
    assert {
        account: (february["opening"][account]["EUR"], february["moved"][account]["EUR"], amounts["EUR"])
        for account, amounts in february["balances"].items()
    } == {
        "assets:bank": ("96.80", "0.00", "96.80"),
        "assets:psp:card-flexible:available": ("0.00", "0.00", "0.00"),
        "assets:psp:card-flexible:pending": ("0.00", "28.83", "28.83"),
        "expenses:psp:card-flexible:processing": ("3.20", "1.17", "4.37"),
        "income:sales": ("-100.00", "-30.00", "-130.00"),
    }


def test_balances_of_a_period_as_a_table(two_months: Running, run: Run) -> None:
    period = ("--from", "2026-02-01", "--to", "2026-02-10")

    table = run("ledger", "balances", "--format", "csv", *period).stdout.splitlines()
    text = run("ledger", "balances", *period).stdout.splitlines()

    assert table[0] == "account,currency,opening,moved,balance"
    assert table[-1] == "income:sales,EUR,-100.00,-30.00,-130.00"
    assert [line.split() for line in text] == [
        ["opening", "moved", "balances"],
        *([account, *amounts, code] for account, code, *amounts in (line.split(",") for line in table[1:])),
    ]


@pytest.mark.parametrize("format", ["text", "csv"])
def test_balances_before_anything_was_booked(running: Running, run: Run, format: str) -> None:
    running.post("/customers", {})

    told = run("ledger", "balances", "--from", "2026-01-01", "--format", format).stdout

    assert told in ("nothing is booked in that period\n", "account,currency,opening,moved,balance\n")


def test_a_months_export_opens_with_the_debt_to_a_psp(running: Running, run: Run) -> None:
    paid = pay(running, "100.00", "EUR", "sandbox")
    running.post("/sandbox/clock/advance", {"by": "5d"})
    running.post("/sandbox/simulate", {"what": "payout.run", "on": "sandbox"})
    running.post(f"/transactions/{paid}/refunds", {"amount": "40.00"})
    running.post("/sandbox/clock/advance", {"to": "2026-02-10T10:00:00Z"})
    pay(running, "30.00", "EUR", "sandbox")
    running.post("/sandbox/clock/advance", {"by": "5d"})

    entries, errors, _ = load_string(run("ledger", "export", "--format", "beancount", "--from", "2026-02-01").stdout)

    assert errors == []
    opening, *rest = [{p.account: p.units.number for p in one.postings} for one in entries if hasattr(one, "postings")]
    assert opening["Liabilities:Psp:Sandbox"] == -40
    assert "Assets:Psp:Sandbox:Available" not in opening
    assert sum(one.get("Liabilities:Psp:Sandbox", 0) for one in rest) == 30
