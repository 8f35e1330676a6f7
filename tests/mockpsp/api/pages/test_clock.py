"""The clock's page: how time passes, and what is to come."""

import pytest

from mockpsp.api.pages.session import UI
from tests.mockpsp.api.pages.looking import Looker, links, receiving, words


def now(looker: Looker) -> str:
    return str(looker.call("GET", "/sandbox/clock")["clock"]["now"])


@pytest.fixture
def held(looker: Looker) -> str:
    """The transaction of a hold, which ends by itself some day."""
    looker.call("PUT", "/sandbox/routing", {"default": "card-standard", "rules": []})
    invoice = looker.call("POST", "/invoices", {"name": "umbrella", "amount": "40", "currency": "EUR"})["invoice"]
    card = looker.call("POST", "/cards", {"number": "4242424242424242", "exp_month": 12, "exp_year": 2030})["card"]
    done = looker.call("POST", f"/invoices/{invoice['id']}/authorize", {"source": card["id"]})
    return str(done["transaction"]["id"])


def test_it_shows_what_is_to_come(looker: Looker, held: str) -> None:
    page = looker.look("/clock")

    assert "stands still until it is moved" in words(page)
    assert f"{UI}/payments/{held}" in links(page, f"{UI}/payments")


def test_the_next_thing_comes(looker: Looker, held: str) -> None:
    ahead = looker.call("GET", "/sandbox/agenda")["agenda"]

    page = looker.act("next", back=f"{UI}/clock").text

    assert now(looker) == ahead[0]["at"]
    assert ahead[0]["what"] in words(page) and f'<a href="{UI}/clock">Go back</a>' in page


def test_nothing_to_come_is_said(looker: Looker) -> None:
    assert "nothing is to come" in words(looker.act("next").text)


@pytest.mark.parametrize(
    "fields",
    [{"by": "1d"}, {"to": "tomorrow"}, {"until[event]": "transaction.voided", "max": "40d"}, {"until": "idle"}],
)
def test_time_passes_as_it_does_for_the_control_plane(looker: Looker, held: str, fields: dict[str, str]) -> None:
    page = looker.act("advance", fields)

    refused = "tomorrow" in fields.values()
    assert page.status_code == (400 if refused else 200)
    assert words(page.text).startswith("That did not work" if refused else f"It is {now(looker)[:10]}")


def test_what_is_due_runs(looker: Looker) -> None:
    with receiving(200) as url:
        looker.listen(url, topics=["customer.created"])
        looker.call("POST", "/customers", {})

        page = words(looker.act("settle").text)

    assert "1 thing ran" in page and "customer.created delivered" in page


def test_the_clock_runs_and_stands_still(looker: Looker) -> None:
    looker.act("set-clock", {"mode": "wall"}, back=f"{UI}/clock")
    running = words(looker.look("/clock"))
    looker.act("set-clock", {"mode": "manual"}, back=f"{UI}/clock")

    assert "runs with real time" in running
    assert "stands still" in words(looker.look("/clock"))


def test_a_form_that_asks_gets_the_page_of_what_ran_as_a_whole(looker: Looker) -> None:
    answer = looker.client.post(f"{UI}/act/advance", data={"by": "1d"}, headers={"HX-Request": "true"})

    assert answer.headers["HX-Retarget"] == "body" and "Nothing was due" in answer.text


def test_the_next_thing_is_the_one_that_is_due_first_and_not_the_oldest(looker: Looker) -> None:
    looker.listen()
    looker.act("add-misbehaviour", {"do": "delay 5m", "match[event]": "customer.created"})
    looker.call("POST", "/customers", {})
    looker.pay()
    before = now(looker)

    looker.act("next")

    assert now(looker) == before
