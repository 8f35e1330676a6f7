"""The books' pages: accounts, running balances, payouts with their lines, exports."""

import re
from decimal import Decimal

import pytest

from mockpsp.api.pages import lists
from mockpsp.api.pages.session import UI
from tests.mockpsp.api.pages.looking import Looker, links, words

ROW = re.compile(r'data-label="moved">([^<]+)</td><td class="number money" data-label="balance">([^<]+)<')


def moves(html: str) -> list[tuple[Decimal, Decimal]]:
    """(moved, balance) of each line of an account."""
    return [(Decimal(moved), Decimal(balance)) for moved, balance in ROW.findall(html)]


def test_every_account_has_its_balance_and_currencies_add_up(looker: Looker) -> None:
    looker.pay(amount="40")
    looker.pay(amount="2.50")

    page = looker.look("/books")

    assert "income:sales -42.50 EUR" in words(page)
    trial = re.findall(
        r'<td>EUR</td><td class="number">([^<]+)</td><td class="number">([^<]+)</td><td class="number">([^<]+)</td>',
        page,
    )
    assert trial == [("42.50", "42.50", "0.00")]


def test_an_account_has_a_running_balance_across_its_pages(looker: Looker, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lists, "PAGE", 2)
    for amount in ("1", "2", "4", "8", "16"):
        looker.pay(amount=amount)

    pages = [looker.look("/books?account=income:sales")]
    while older := links(pages[-1], "?account=income"):
        pages.append(looker.look(f"/books{older[0]}"))

    found = [line for page in pages for line in moves(page)]
    assert found == [(-16, -31), (-8, -15), (-4, -7), (-2, -3), (-1, -1)]


def test_currencies_of_an_account_are_apart(looker: Looker) -> None:
    looker.pay(amount="40")
    looker.pay(amount="7", currency="USD")

    assert moves(looker.look("/books?account=income:sales&currency=USD")) == [(-7, -7)]
    assert moves(looker.look("/books?account=income:sales")) == [(-40, -40)]


def test_lines_lead_to_payments(looker: Looker) -> None:
    transaction_id = looker.pay("umbrella")

    assert f"{UI}/payments/{transaction_id}" in links(looker.look("/books?account=income:sales"), f"{UI}/payments/")


@pytest.mark.parametrize(
    "query", ["account=nothing", "account=income:sales&currency=JPY", "account=income:sales&before=x"]
)
def test_what_is_not_in_the_books_is_refused(looker: Looker, query: str) -> None:
    looker.pay()

    assert looker.client.get(f"{UI}/books?{query}").status_code in (400, 404)


@pytest.mark.parametrize("before", ["1.2", "1.2.3.4", "a.b.c", "9" * 61, f"{10**30}.{10**20}.5", "-1.0.0", "1.0.²"])
def test_a_made_up_place_breaks_nothing(looker: Looker, before: str) -> None:
    looker.pay()

    assert looker.client.get(f"{UI}/books", query_string={"account": "income:sales", "before": before}).status_code in (
        200,
        400,
    )


@pytest.mark.parametrize(
    ("name", "begins"),
    [("csv", "at,"), ("json", '{"journal":['), ("text", ""), ("hledger", "commodity"), ("beancount", "option")],
)
def test_the_journal_is_a_file(looker: Looker, name: str, begins: str) -> None:
    looker.pay()

    answer = looker.client.get(f"{UI}/books/journal?format={name}")

    assert answer.status_code == 200 and answer.text.startswith(begins) and "income:sales" in answer.text.lower()
    assert answer.headers["Content-Disposition"].startswith("attachment; filename=journal.")


def test_a_payout_shows_its_lines_with_their_payments(looker: Looker, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lists, "PAGE", 2)
    looker.call("PUT", "/sandbox/psps/north", {"like": "sandbox", "settlement_delay": "0s"})
    paid = [looker.pay(f"Order {n}", metadata={"mockpsp_gateway": "north"}) for n in range(3)]
    looker.call("POST", "/sandbox/settle", {})
    looker.call("POST", "/sandbox/simulate", {"what": "payout.run", "on": "north"})

    path = links(looker.look("/payouts"), f"{UI}/payouts/")[0]
    first = looker.client.get(path).text
    rest = looker.client.get(path + links(first, "?before=")[0]).text

    assert "120.00 EUR paid out" in words(first).replace("\xa0", " ")
    lines = [*links(first, f"{UI}/payments/"), *links(rest, f"{UI}/payments/")]
    assert lines == [f"{UI}/payments/{one}" for one in paid]


def test_no_payouts_yet_is_said(looker: Looker) -> None:
    assert "No PSP has paid anything out yet" in words(looker.look("/payouts"))
