"""`mockpsp trigger`: every event can be fired, from nothing and about what is there."""

from typing import Any

import pytest

from mockpsp.cli.flows import FLOWS
from mockpsp.domain.events import FIRED_EVENTS
from tests.mockpsp.cli.conftest import Run, Running, said


def fired(run: Run, event: str, *words: str) -> dict[str, Any]:
    found: dict[str, Any] = said(run("trigger", event, *words, "--json"))["triggered"]
    return found


def test_every_event_that_can_fire_has_its_flow() -> None:
    assert set(FLOWS) == FIRED_EVENTS


@pytest.mark.parametrize("event", list(FLOWS))
def test_every_event_fires(served: Running, run: Run, event: str) -> None:
    found = fired(run, event)

    assert served.get(f"/events/{found['id']}")["event"]["name"] == event


@pytest.mark.parametrize(
    ("event", "options", "steps"),
    [
        ("transaction.captured", "--authorize", ["pay"]),
        ("transaction.voided", "--authorize", ["void"]),
        ("transaction.refunded", "", ["refund"]),
        ("transaction.operation.refund.failed", "", ["refund", "refund.fail"]),
        ("transaction.chargeback.won", "", ["chargeback.open", "chargeback.win"]),
        ("transaction.failed", "", ["capture.fail"]),
        ("transaction.captured", "--psp bank-debit", ["payment.confirm"]),
        ("transaction.authorized", "--card 3ds", ["three_d_s.authenticate"]),
    ],
)
def test_about_a_payment_only_what_is_missing_is_done(
    served: Running, run: Run, event: str, options: str, steps: list[str]
) -> None:
    payment = said(run("pay", *options.split(), "--json"))["payment"]["transaction_id"]

    found = fired(run, event, "--on", payment)

    assert (found["on"], found["steps"]) == (payment, steps)


def test_a_disputed_payment_is_only_decided(served: Running, run: Run) -> None:
    payment = fired(run, "transaction.chargeback.created")["on"]

    assert fired(run, "transaction.chargeback.lost", "--on", payment)["steps"] == ["chargeback.lose"]


def test_about_a_refund_a_customer_a_token_and_a_product(served: Running, run: Run) -> None:
    refund = said(run("refund", fired(run, "transaction.captured")["on"], "--json"))["refund"]["id"]
    customer, product = (fired(run, f"{kind}.created")["on"] for kind in ("customer", "product"))
    token = fired(run, "customer.token.created", "--on", customer)["on"]

    assert fired(run, "transaction.operation.refund.failed", "--on", refund)["steps"] == ["refund.fail"]
    assert fired(run, "customer.token.updated", "--on", token)["steps"] == ["update-token"]
    assert fired(run, "customer.token.deleted", "--on", customer)["steps"] == ["delete-token"]
    assert fired(run, "customer.updated", "--on", customer)["steps"] == ["update-customer"]
    assert fired(run, "product.deleted", "--on", product)["steps"] == ["delete-product"]


def test_what_is_in_the_way_is_told(served: Running, run: Run) -> None:
    voided = fired(run, "transaction.voided")["on"]
    customer = fired(run, "customer.created")["on"]

    refused = run("trigger", "transaction.chargeback.lost", "--on", voided)
    other = run("trigger", "transaction.captured", "--on", customer)

    assert (refused.exit_code, other.exit_code) == (2, 2)
    assert "voided" in refused.stderr
    assert "the event is about a payment; --on says another kind of object" in other.stderr


def test_an_event_that_a_psp_never_fires_exits_with_1(served: Running, run: Run) -> None:
    result = run("trigger", "transaction.operation.refund.pending", "--psp", "sandbox")

    assert result.exit_code == 1
    assert "did not fire, by invoice-async, pay, refund on iv_" in result.stdout


def test_without_an_event_all_are_listed(run: Run) -> None:
    lines = run("trigger", on_file=False, env={"MOCKPSP_URL": "http://127.0.0.1:1"}).stdout.splitlines()

    assert [line.split()[0] for line in lines] == list(FLOWS)
