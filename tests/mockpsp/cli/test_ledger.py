"""`mockpsp ledger` reads the books beside the running server, or after it."""

import csv
import io
from pathlib import Path

from tests.mockpsp.cli.conftest import PROJECT, SECRET, Run, Running, said


def test_balances_are_shown_per_account_and_currency(refunded: Running, run: Run) -> None:
    balances = said(run("ledger", "balances", "--json"))["balances"]

    assert balances["income:sales"] == {"EUR": "-10.00"}
    assert balances["income:refunds"] == {"EUR": "4.00"}


def test_the_text_is_for_people(refunded: Running, run: Run) -> None:
    result = run("ledger", "balances")

    assert result.exit_code == 0
    assert ["income:sales", "-10.00", "EUR"] in [line.split() for line in result.stdout.splitlines()]


def test_the_journal_tells_what_happened_in_order(refunded: Running, run: Run) -> None:
    facts = [entry["fact"] for entry in said(run("ledger", "journal", "--json"))["journal"]]

    assert facts == ["captured", "refund-made"]


def test_a_spreadsheet_can_read_the_journal(refunded: Running, run: Run) -> None:
    rows = list(csv.DictReader(io.StringIO(run("ledger", "journal", "--format", "csv").stdout)))

    assert {row["currency"] for row in rows} == {"EUR"}


def test_an_export_is_for_another_bookkeeping_program(refunded: Running, run: Run) -> None:
    assert "Income:Sales" in run("ledger", "export", "--format", "beancount").stdout
    assert "income:sales" in run("ledger", "export").stdout


def test_the_only_project_need_not_be_named(refunded: Running, run: Run) -> None:
    assert run("ledger", "balances").stdout == run("ledger", "balances", "--project", PROJECT).stdout


def test_of_several_projects_one_must_be_named(refunded: Running, run: Run) -> None:
    refunded.post("/customers", {}, project_id="test-proj_other")

    result = run("ledger", "balances")

    assert result.exit_code == 2
    assert "say which project by --project" in result.stderr
    assert "  test-proj_books: 1 payment, 4 events\n" in result.stderr
    assert "  test-proj_other: 0 payments, 1 event\n" in result.stderr


def test_the_only_project_that_holds_something_is_chosen_and_told(refunded: Running, run: Run) -> None:
    refunded.get("/customers", project_id="test-proj_empty")

    result = run("ledger", "balances")

    assert result.stdout == run("ledger", "balances", "--project", PROJECT).stdout
    assert result.stderr == "test-proj_books: the only one of 2 universes that holds something\n"


def test_of_projects_that_hold_nothing_the_server_s_own_is_chosen(running: Running, run: Run) -> None:
    for project_id in ("test-proj_mockpsp", "test-proj_empty"):
        running.get("/customers", project_id=project_id)

    result = run("ledger", "balances")

    assert (result.exit_code, result.stdout) == (0, "nothing is booked yet\n")
    assert "test-proj_mockpsp: none of 2 universes" in result.stderr


def test_an_unknown_project_is_an_error_that_names_the_known_ones(refunded: Running, run: Run) -> None:
    result = run("ledger", "balances", "--project", "test-proj_nobody")

    assert result.exit_code == 2
    assert "has no project test-proj_nobody; it has test-proj_books" in result.stderr


def test_a_missing_file_is_an_error_and_is_not_made(run: Run, file: Path) -> None:
    result = run("ledger", "balances")

    assert result.exit_code == 2
    assert "No such file" in result.stderr
    assert not file.exists()


def test_a_server_in_memory_has_no_file_to_read(run: Run) -> None:
    result = run("ledger", "balances", "--db", ":memory:", on_file=False)

    assert result.exit_code == 2
    assert "keeps no file to read" in result.stderr


def test_two_wishes_for_a_format_are_refused(refunded: Running, run: Run) -> None:
    assert run("ledger", "balances", "--json", "--format", "csv").exit_code == 2


def test_reading_changes_nothing(refunded: Running, run: Run) -> None:
    def digest() -> object:
        return refunded.client.get("/sandbox/digest", auth=(PROJECT, SECRET)).json

    before = digest()
    run("ledger", "balances")

    assert digest() == before
