"""Payouts to a customer's card: amounts below zero, the balance they come from, and what does not go."""

import pytest

from mockpsp.sandbox_client import Sandbox
from tests.contract.test_gateway_requests import invoice, request, written
from tests.contract.test_pending_payments import configuration, events


def payout(mockpsp: Sandbox, invoice_id: str, **body: object) -> tuple[int, dict[str, object]]:
    answer = mockpsp.call("POST", f"/invoices/{invoice_id}/payout", {"source": mockpsp.card(), **body})
    return answer.status_code, answer.json()


def test_a_payout_completes_with_amounts_below_zero(mockpsp: Sandbox) -> None:
    paid = mockpsp.post(f"/invoices/{invoice(mockpsp, amount='5')}/payout", {"source": mockpsp.card()})["transaction"]

    assert (paid["status"], paid["amount"], paid["captured_amount"]) == ("completed", "-5", "-5")
    assert [(o["type"], o["is_attempt"], o["is_accountable"], o["amount"]) for o in paid["operations"]] == [
        ("request", False, False, "-5"),
        ("payout", True, False, "-5"),
        ("payout", False, True, "-5"),
    ]
    assert mockpsp.balances() == {
        "assets:psp:sandbox:available": {"EUR": "-5.00"},
        "expenses:sellers": {"EUR": "5.00"},
    }
    assert events(mockpsp) == ["transaction.requested"]


def test_a_token_is_paid_out_to_again_and_again(mockpsp: Sandbox) -> None:
    customer = mockpsp.post("/customers")["customer"]["id"]
    token = mockpsp.post(f"/customers/{customer}/tokens", {"source": mockpsp.card()})["token"]["id"]

    for _ in range(2):
        status, _ = payout(mockpsp, invoice(mockpsp, customer_id=customer), source=token)
        assert status == 200


def test_the_gateway_may_be_named_and_forced(mockpsp: Sandbox) -> None:
    mockpsp.put("/sandbox/psps/north", {"like": "sandbox"})
    north, flexible = configuration(mockpsp, "north"), configuration(mockpsp, "card-flexible")

    _, named = payout(mockpsp, invoice(mockpsp), gateway_configuration_id=north)
    _, forced = payout(
        mockpsp, invoice(mockpsp), gateway_configuration_id=flexible, force_gateway_configuration_id=north
    )

    for answer in (named, forced):
        assert answer["transaction"]["gateway_configuration_id"] == north  # type: ignore[index]


def test_an_unknown_gateway_is_refused_by_its_code(mockpsp: Sandbox) -> None:
    status, answer = payout(mockpsp, invoice(mockpsp), gateway_configuration_id="gway_conf_nobody")

    assert (status, answer["error_type"]) == (400, "request.configuration.missing-gateway-configuration")


@pytest.mark.parametrize("source", [written(request()), "tok_nobody", "nonsense", None])
def test_a_payout_needs_a_card_or_token(mockpsp: Sandbox, source: str | None) -> None:
    status, answer = payout(mockpsp, invoice(mockpsp), source=source)

    expected = {
        None: (400, "request.validation.missing-source"),
        "tok_nobody": (404, "resource.token.not-found"),
    }.get(source, (400, "request.source.invalid"))
    assert (status, answer["error_type"]) == expected


def test_a_card_that_declines_declines_payouts_too_and_nothing_is_booked(mockpsp: Sandbox) -> None:
    status, answer = payout(mockpsp, invoice(mockpsp), source=mockpsp.card("4000000000002230"))

    assert (status, answer["error_type"]) == (410, "card.failed-cvc")
    assert mockpsp.balances() == {}
    assert events(mockpsp) == ["transaction.requested", "transaction.failed"]


def test_a_payout_can_be_scripted(mockpsp: Sandbox) -> None:
    mockpsp.script("payout", "card.issuer-down", amount="9.99")

    assert payout(mockpsp, invoice(mockpsp))[0] == 410
    assert payout(mockpsp, invoice(mockpsp))[0] == 200


def test_a_psp_that_advances_nothing_pays_out_what_has_settled(mockpsp: Sandbox) -> None:
    mockpsp.put("/sandbox/routing", {"default": "card-flexible"})
    mockpsp.post(f"/invoices/{invoice(mockpsp, amount='20')}/capture", {"source": mockpsp.card()})
    status, answer = payout(mockpsp, invoice(mockpsp))
    assert (status, answer["error_type"]) == (400, "request.validation.invalid-amount")
    assert "exceeds the 0.00 EUR available at card-flexible" in str(answer["message"])

    mockpsp.simulate("settlement.run", "card-flexible")

    assert payout(mockpsp, invoice(mockpsp))[0] == 200


@pytest.mark.parametrize("action", ["capture", "void", "refunds", "payout", "increment_authorization"])
def test_after_a_payout_nothing_else_goes(mockpsp: Sandbox, action: str) -> None:
    invoice_id = invoice(mockpsp)
    payout(mockpsp, invoice_id)
    before = mockpsp.balances()

    answer = mockpsp.call("POST", f"/invoices/{invoice_id}/{action}", {"source": mockpsp.card(), "amount": "1"})

    assert answer.status_code == 400
    assert mockpsp.balances() == before
