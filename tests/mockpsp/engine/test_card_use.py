"""A card pays once; a customer's token pays any number of times; what a payment leaves on its card."""

import pytest

from mockpsp.sandbox_client import Sandbox

ALREADY_USED = (400, "request.source.card-already-used")


def invoice(mockpsp: Sandbox, **more: object) -> str:
    body = {"name": "Order", "amount": "10.00", "currency": "EUR", **more}
    return str(mockpsp.post("/invoices", body)["invoice"]["id"])


def code(mockpsp: Sandbox, path: str, source: str) -> tuple[int, str | None]:
    answer = mockpsp.call("POST", path, {"source": source})
    return answer.status_code, answer.json().get("error_type")


@pytest.mark.parametrize("verb", ["authorize", "capture"])
def test_a_card_that_paid_pays_no_second_invoice(mockpsp: Sandbox, verb: str) -> None:
    card = mockpsp.card()
    mockpsp.post(f"/invoices/{invoice(mockpsp)}/{verb}", {"source": card})
    before = mockpsp.get("/sandbox/digest")

    assert code(mockpsp, f"/invoices/{invoice(mockpsp)}/{verb}", card) == ALREADY_USED
    assert mockpsp.get("/sandbox/digest") != before  # the second invoice, and nothing else
    assert [e["name"] for e in mockpsp.get("/events")["events"]].count("transaction.requested") == 1


def test_a_card_that_was_declined_is_used_on_its_own_invoice_too(mockpsp: Sandbox) -> None:
    invoice_id, card = invoice(mockpsp), mockpsp.card("4000000000002206")
    assert code(mockpsp, f"/invoices/{invoice_id}/capture", card) == (410, "card.no-money")

    assert code(mockpsp, f"/invoices/{invoice_id}/capture", card) == ALREADY_USED
    assert code(mockpsp, f"/invoices/{invoice_id}/capture", mockpsp.card()) == (200, None)


def test_a_card_refused_by_the_psp_was_not_used(mockpsp: Sandbox) -> None:
    card = mockpsp.card()
    via = {"Mockpsp_Gateway": "bank-debit"}
    refused = mockpsp.call("POST", f"/invoices/{invoice(mockpsp)}/authorize", {"source": card}, **via)
    assert refused.status_code == 400

    assert code(mockpsp, f"/invoices/{invoice(mockpsp)}/authorize", card) == (200, None)


def test_a_hold_is_captured_with_the_card_named_again(mockpsp: Sandbox) -> None:
    invoice_id, card = invoice(mockpsp), mockpsp.card()
    mockpsp.post(f"/invoices/{invoice_id}/authorize", {"source": card})

    assert code(mockpsp, f"/invoices/{invoice_id}/capture", card) == (200, None)


def test_a_token_pays_any_number_of_times_and_its_card_not_by_itself(mockpsp: Sandbox) -> None:
    customer, card = mockpsp.post("/customers")["customer"]["id"], mockpsp.card()
    token = mockpsp.post(f"/customers/{customer}/tokens", {"source": card})["token"]["id"]

    assert [code(mockpsp, f"/invoices/{invoice(mockpsp)}/capture", token) for _ in range(3)] == [(200, None)] * 3
    assert code(mockpsp, f"/invoices/{invoice(mockpsp)}/capture", card) == ALREADY_USED
    assert mockpsp.get(f"/cards/{card}?expand=token")["card"]["token"]["id"] == token


def test_a_card_is_attached_to_one_token_and_not_after_it_paid(mockpsp: Sandbox) -> None:
    customer, card, spent = mockpsp.post("/customers")["customer"]["id"], mockpsp.card(), mockpsp.card()
    mockpsp.post(f"/customers/{customer}/tokens", {"source": card})
    mockpsp.post(f"/invoices/{invoice(mockpsp)}/capture", {"source": spent})

    assert code(mockpsp, f"/customers/{customer}/tokens", card) == ALREADY_USED
    assert code(mockpsp, f"/customers/{customer}/tokens", spent) == ALREADY_USED


def test_a_payment_leaves_its_checks_and_takes_the_cvc(mockpsp: Sandbox) -> None:
    card = mockpsp.card()
    fresh = mockpsp.get(f"/cards/{card}")["card"]
    assert (fresh["used"], fresh["has_been_authorized"], fresh["cvc_tokenized"]) == (None, False, True)
    assert (fresh["cvc_check"], fresh["avs_check"], fresh["checks"]["avs_name_check"]) == ("unavailable",) * 3

    mockpsp.post(f"/invoices/{invoice(mockpsp)}/capture", {"source": card})

    used = mockpsp.get(f"/cards/{card}")["card"]
    assert (used["used"], used["has_been_authorized"], used["cvc_tokenized"]) == (True, True, False)
    assert (used["cvc_check"], used["avs_check"], used["checks"]["avs_name_check"]) == ("passed",) * 3


def test_the_cvc_is_checked_with_the_first_payment_of_a_token_only(mockpsp: Sandbox) -> None:
    token = mockpsp.token()
    paid = [mockpsp.post(f"/invoices/{invoice(mockpsp)}/capture", {"source": token})["transaction"] for _ in "ab"]

    assert [transaction["cvc_check"] for transaction in paid] == ["passed", "unavailable"]


def test_a_decline_leaves_its_checks_and_the_cvc(mockpsp: Sandbox) -> None:
    card = mockpsp.card("4000000000002230")
    assert code(mockpsp, f"/invoices/{invoice(mockpsp)}/capture", card) == (410, "card.failed-cvc")

    declined = mockpsp.get(f"/cards/{card}")["card"]
    assert (declined["used"], declined["has_been_authorized"], declined["cvc_tokenized"]) == (True, False, True)
    assert (declined["cvc_check"], declined["avs_check"]) == ("failed", "passed")
