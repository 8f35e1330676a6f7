"""A payment that is begun one way and paid another: what was left behind comes to its end."""

import pytest

from mockpsp.sandbox_client import Sandbox, SandboxError
from tests.contract.test_native_instructions import method
from tests.contract.test_native_steps import ENTRIES, order, step
from tests.contract.test_pending_payments import configuration
from tests.contract.test_public_calls import Browser

ASKED = "4000000000000101"


@pytest.mark.parametrize("action", ["capture", "authorize"])
def test_a_form_that_is_asked_for_ends_when_a_card_pays(mockpsp: Sandbox, action: str) -> None:
    mockpsp.get("/invoices")
    browser, gateway = Browser(mockpsp), configuration(mockpsp, "bank-debit")
    invoice = order(mockpsp)
    assert step(browser, invoice, gateway).json()["state"] == "NEXT_STEP_REQUIRED"

    mockpsp.post(f"/invoices/{invoice}/{action}", {"source": mockpsp.card()})
    before = mockpsp.get("/sandbox/digest")
    polled = step(browser, invoice, gateway).json()
    entered = step(browser, invoice, gateway, submit_data={"parameters": ENTRIES}).json()

    assert (polled["state"], entered["state"]) == ("SUCCESS", "SUCCESS")
    assert "elements" not in polled
    assert mockpsp.get("/sandbox/digest") == before


def test_the_older_generation_ends_too(mockpsp: Sandbox) -> None:
    invoice = order(mockpsp)
    gateway = configuration(mockpsp, "bank-debit")
    wanted = mockpsp.get(f"/invoices/{invoice}/native-payment/{gateway}")["native_apm"]

    mockpsp.post(f"/invoices/{invoice}/capture", {"source": mockpsp.card()})
    ended = mockpsp.get(f"/invoices/{invoice}/native-payment/{gateway}")["native_apm"]

    assert (wanted["state"], ended["state"]) == ("CUSTOMER_INPUT", "CAPTURED")
    assert ended["parameters"] == []


def test_a_challenge_is_over_when_a_voucher_is_drawn_and_when_it_is_paid(mockpsp: Sandbox) -> None:
    browser, gateway = method(mockpsp, "voucher")
    invoice = order(mockpsp)
    asked = mockpsp.call("POST", f"/invoices/{invoice}/capture", {"source": mockpsp.card(ASKED)}).json()
    transaction = mockpsp.get(f"/invoices/{invoice}/transactions")["transaction"]
    assert asked["customer_action"] and transaction["three_d_s_status"] == "pending"

    step(browser, invoice, gateway)
    drawn = mockpsp.get(f"/transactions/{transaction['id']}")["transaction"]
    with pytest.raises(SandboxError, match="needs a payment that waits for 3-D Secure"):
        mockpsp.simulate("three_d_s.authenticate", transaction["id"])
    mockpsp.simulate("payment.confirm", transaction["id"])
    mockpsp.advance("2d")  # the challenge would have run out

    paid = mockpsp.get(f"/transactions/{transaction['id']}")["transaction"]
    assert (drawn["status"], drawn["three_d_s_status"], drawn["three_d_s"]) == ("pending", "unchecked", None)
    assert (paid["status"], paid["three_d_s_status"], paid["captured_amount"]) == ("completed", "unchecked", "9.99")


def test_an_authenticated_card_stays_so_for_the_attempt_it_was_for(mockpsp: Sandbox) -> None:
    invoice = order(mockpsp)
    card = mockpsp.card(ASKED)
    mockpsp.call("POST", f"/invoices/{invoice}/capture", {"source": card})
    transaction = mockpsp.get(f"/invoices/{invoice}/transactions")["transaction"]["id"]

    mockpsp.simulate("three_d_s.authenticate", transaction)

    assert mockpsp.get(f"/transactions/{transaction}")["transaction"]["three_d_s_status"] == "success"
