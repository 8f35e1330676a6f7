"""Commands that make something happen: `pay`, `refund`, `simulate`, `advance`, `settle`; and `show` and `logs`."""

import json
import re
from typing import Any

import pytest

from mockpsp.api.control.moves import MOVES
from mockpsp.catalog import load_catalog
from mockpsp.cli import cards
from mockpsp.cli.moving import ABOUT
from tests.mockpsp.cli.conftest import Run, Running, said

Paid = dict[str, Any]


def pay(run: Run, *words: str) -> Paid:
    found: Paid = said(run("pay", *words, "--json"))["payment"]
    return found


@pytest.mark.parametrize("psp", list(load_catalog().profiles))
def test_every_psp_can_be_paid_at(served: Running, run: Run, psp: str) -> None:
    profile = load_catalog().profiles[psp]
    currency = "EUR" if not profile.currencies or "EUR" in profile.currencies else sorted(profile.currencies)[0]

    made = pay(run, "10", currency, "--psp", psp)

    assert made["gateway"] == psp
    assert made["status"] in ("completed", "pending", "pending-capture")


def test_a_payment_is_held_under_its_name(served: Running, run: Run) -> None:
    made = pay(run, "--authorize", "--name", "umbrella")

    assert (made["status"], made["name"]) == ("authorized", "umbrella")


@pytest.mark.parametrize("card", ["no-money", "2206", "4000000000002206"])
def test_a_declining_card_by_its_name_its_end_or_its_number_exits_with_1(served: Running, run: Run, card: str) -> None:
    result = run("pay", "--card", card, "--json")

    assert result.exit_code == 1
    assert json.loads(result.stdout)["payment"]["error_code"] == "card.no-money"


def test_a_challenge_says_where_the_customer_goes(served: Running, run: Run) -> None:
    assert "the customer is sent to http://" in run("pay", "--card", "3ds").stdout


def test_every_card_s_name_is_of_a_card_that_does_something_of_the_kind() -> None:
    catalog = load_catalog()

    for name, number in cards.names().items():
        key = catalog.card_key(number)
        assert key is not None
        assert (
            name == "3ds-if-asked"
            or name.split("-")[0].rstrip("s") in repr(catalog.behaviour(key)).lower()
            or (name.startswith("3ds") and catalog.behaviour(key).three_d_s)
        )


@pytest.mark.parametrize(
    ("words", "meant"),
    [
        ("pay --card no-mony", "did you mean 'no-money'?"),
        ("pay --card 9999", "no test card ends in these digits"),
        ("pay --psp strip", "did you mean 'stripe'?"),
        ("pay 10 XXQ", "XXQ"),
        ("pay ten", "amount"),
        ("simulate chargebak.open", "did you mean 'chargeback.open'?"),
        ("simulate chargeback.open --with amont=4", "did you mean 'amount'?"),
        ("simulate refund.fail --with reason=acount_closed", "did you mean 'account_closed'?"),
        ("simulate refund.fail --with reason", "--with is NAME=VALUE"),
        ("simulate token.revoke", "token.revoke is about a token; say its id"),
        ("simulate payout.arrive", "there is no payout yet"),
        ("advance until transaction.refundd", "did you mean 'transaction.refunded'?"),
        ("advance until", "until what?"),
        ("advance 3d --max 4d", "--max goes with until"),
        ("advance yesterday", "'yesterday' is no moment"),
        ("advance 3", "no span such as 3d, 36h, 2bd or 6mo"),
        ("trigger transaction.captred", "did you mean 'transaction.captured'?"),
        ("trigger transaction.captured --on x", "must be the id of an invoice"),
        ("logs --status 4x", "it must be a status such as 404"),
        ("refund", "no payment yet; mockpsp pay makes one"),
        ("show", "no payment yet; mockpsp pay makes one"),
        ("show tr_x", "could not be found; an id is wanted whole, 32 letters behind tr_, and this one has 1"),
        ("show refd_abc", "the refund could not be found; an id is wanted whole, 32 letters behind refd_"),
        (f"show tr_{'x' * 32}", "the transaction could not be found"),
        ("simulate refund.fail refd_abc", "the refund could not be found; an id is wanted whole"),
    ],
)
def test_what_is_wrong_is_told_with_the_way_out(served: Running, run: Run, words: str, meant: str) -> None:
    result = run(*words.split())

    assert result.exit_code == 2
    assert meant in result.stderr


def test_a_refund_is_of_the_newest_payment_that_was_paid_and_tells_what_came_of_it(served: Running, run: Run) -> None:
    made = pay(run)
    pay(run, "--authorize")

    result = run("refund", "4")

    assert result.exit_code == 0
    assert made["transaction_id"] in result.stdout
    assert re.search(r"posting +income:refunds / assets:psp:sandbox:pending  4.00 EUR", result.stdout)
    assert re.search(r"event +transaction.refunded  ev_", result.stdout)


def test_a_refund_passes_over_what_was_refunded_whole(served: Running, run: Run) -> None:
    first, _ = pay(run), pay(run)
    said(run("refund", "--json"))

    refunded = said(run("refund", "--json"))["refund"]

    assert refunded["transaction_id"] == first["transaction_id"]
    assert "nothing is left to refund" in run("refund").stderr


def test_a_refund_is_of_the_payment_that_was_named(served: Running, run: Run) -> None:
    first, _ = pay(run), pay(run)

    said(run("refund", first["invoice_id"], "--reason", "fraud", "--json"))

    assert served.get(f"/transactions/{first['transaction_id']}")["transaction"]["refunded_amount"] == "10"


def test_a_declined_refund_exits_with_1(served: Running, run: Run) -> None:
    pay(run, "--card", "refund-declined")

    result = run("refund", "--json")

    assert result.exit_code == 1
    assert json.loads(result.stdout)["error_code"] == "gateway.declined"


def test_a_move_is_made_of_the_newest_thing_that_it_can_be_made_of(served: Running, run: Run) -> None:
    made = pay(run)
    pay(run, "--authorize")

    disputed = said(run("simulate", "chargeback.open", "--with", "reason=fraud", "--json"))["simulated"]
    plain = run("simulate", "chargeback.win")

    assert disputed["on"] == made["transaction_id"]
    assert "transaction.chargeback.won" in plain.stdout


def test_what_moves_are_about_is_known() -> None:
    assert {name: move.on for name, move in MOVES.items() if move.on != "payment"} == ABOUT


def test_a_move_about_a_gateway_is_about_the_usual_one(served: Running, run: Run) -> None:
    pay(run)

    assert "settlement.run on sandbox" in run("simulate", "settlement.run").stdout


def test_time_moves_by_a_span_to_a_moment_and_until_something_comes(served: Running, run: Run) -> None:
    pay(run)
    by = said(run("advance", "3d", "--json"))["advance"]
    to = said(run("advance", "friday", "17:00", "Europe/Berlin", "--json"))["advance"]
    run("simulate", "chargeback.open", "--after", "2d")
    until = said(run("advance", "until", "transaction.chargeback.created", "--json"))["advance"]

    assert (by["clock"]["now"], to["clock"]["now"]) == ("2026-01-04T00:00:00Z", "2026-01-09T16:00:00Z")
    assert until["reached"]


def test_payments_are_told_apart_by_their_names(served: Running, run: Run) -> None:
    names = [said(run("pay", "--json", *more))["payment"]["name"] for more in ((), ("20",), ("--name", "Tea"), ())]

    assert names == ["Order 1", "Order 2", "Tea", "Order 4"]


def test_a_refund_that_failed_is_told_with_the_payment(served: Running, run: Run) -> None:
    pay(run)
    run("refund", "4")
    assert "refund failed" not in run("show").stdout

    run("simulate", "refund.fail")

    assert run("show").stdout.splitlines()[2] == "authorized 10.00, captured 10.00  4.00 refund failed"


def test_an_event_that_does_not_come_exits_with_1(served: Running, run: Run) -> None:
    result = run("advance", "until", "transaction.refunded", "--max", "1d")

    assert result.exit_code == 1
    assert "transaction.refunded did not come; --max goes further; n" in result.stdout


def test_a_settle_tells_what_was_delivered(served: Running, run: Run) -> None:
    assert "nothing was due" in run("settle").stdout
    served.post("/sandbox/webhook-endpoints", {"url": "https://shop.example/hook"})
    pay(run)

    found = run("settle")

    assert found.exit_code == 0
    assert "transaction.captured" in found.stdout


def test_a_history_is_told_by_any_id_and_as_json(served: Running, run: Run) -> None:
    made = pay(run, "--name", "umbrella \x1b[31m")
    plain = run("show", made["invoice_id"]).stdout

    assert said(run("show", "--json"))["timeline"]["payment"]["transaction_id"] == made["transaction_id"]
    assert plain.startswith("umbrella \N{REPLACEMENT CHARACTER}[31m  10.00 EUR  completed  at sandbox\n")
    for kind in ("call", "decision", "posting", "event", "planned"):
        assert re.search(rf"^[\d: -]* {kind} ", plain, re.MULTILINE), kind
    assert "refund.make" in plain


def test_calls_are_listed_by_status_and_by_payment(served: Running, run: Run) -> None:
    made = pay(run)
    run("pay", "--card", "no-money")

    declined = run("logs", "--status", "4xx").stdout
    about = [json.loads(line) for line in run("logs", "--payment", made["invoice_id"], "--json").stdout.splitlines()]

    assert "410  POST   /invoices/iv_" in declined and "card.no-money" in declined
    assert len(declined.splitlines()) == 1
    assert [one["path"] for one in about] == ["/invoices", f"/invoices/{made['invoice_id']}/capture"]
    assert len(run("logs", "-n", "2").stdout.splitlines()) == 2
