"""Cards of wallets: test payloads stand for a test card, any other is refused and leaves no trace."""

import base64
import json
from typing import Any

import pytest

from mockpsp.sandbox_client import Sandbox
from tests.contract.test_gateway_requests import invoice

VISA, DECLINED = "4242424242424242", "4000000000000002"


def apple(card: Any) -> dict[str, Any]:
    """What Apple Pay's authorized payment is, as pages and apps send it on."""
    method = {"displayName": "Visa 4242", "network": "Visa", "type": "credit"}
    token = {
        "paymentData": {"version": "EC_v1", "mockpsp": card},
        "paymentMethod": method,
        "transactionIdentifier": "a",
    }
    return {"token_type": "applepay", "applepay_mid": "merchant.shop", "applepay_response": {"token": token}}


def google_text(card: Any) -> str:
    return json.dumps({"protocolVersion": "ECv2", "signature": "", "signedMessage": "", "mockpsp": card})


def google(card: Any) -> dict[str, Any]:
    """What the browser library sends of Google Pay's token."""
    return {"token_type": "googlepay", "payment_token": base64.b64encode(google_text(card).encode()).decode()}


@pytest.mark.parametrize(("make", "wallet"), [(apple, "applepay"), (google, "googlepay")])
def test_a_test_payload_is_the_card_it_names(mockpsp: Sandbox, make: Any, wallet: str) -> None:
    card = mockpsp.post("/cards", make({"number": VISA, "exp_month": 3, "exp_year": 2031}))["card"]

    assert (card["token_type"], card["scheme"], card["last_4_digits"]) == (wallet, "visa", "4242")
    assert (card["exp_month"], card["exp_year"]) == (3, 2031)
    paid = mockpsp.post(f"/invoices/{invoice(mockpsp)}/capture", {"source": card["id"]})["transaction"]
    assert paid["status"] == "completed"


@pytest.mark.parametrize("make", [apple, google])
def test_it_behaves_like_the_test_card(mockpsp: Sandbox, make: Any) -> None:
    source = mockpsp.post("/cards", make({"number": DECLINED}))["card"]["id"]

    answer = mockpsp.call("POST", f"/invoices/{invoice(mockpsp)}/capture", {"source": source})

    assert answer.status_code == 410


@pytest.mark.parametrize("as_text", [True, False])
def test_google_pays_token_also_goes_as_json(mockpsp: Sandbox, as_text: bool) -> None:
    text = google_text({"number": "5555555555554444"})

    card = mockpsp.post("/cards", {"payment_token": text if as_text else json.loads(text)})["card"]

    assert (card["token_type"], card["scheme"]) == ("googlepay", "mastercard")


@pytest.mark.parametrize(
    "body",
    [
        {"applepay_response": {"token": {"paymentData": {"data": "ciphered-secret", "signature": "s"}}}},
        {"applepay_response": "ciphered-secret"},
        {"payment_token": "ciphered-secret"},
        {"payment_token": base64.b64encode(b'{"signedMessage": "ciphered-secret"}').decode()},
        {"payment_token": base64.b64encode(b"[1]").decode()},
        {"payment_token": ["ciphered-secret"]},
        apple("ciphered-secret"),
        apple({"exp_month": 3}),
        {"payment_token": '{"a":' * 5_000},
    ],
)
def test_a_wallets_own_payload_is_refused_and_not_kept(mockpsp: Sandbox, body: dict[str, Any]) -> None:
    before = mockpsp.get("/sandbox/digest")

    answer = mockpsp.call("POST", "/cards", body)

    assert (answer.status_code, answer.json()["error_type"]) == (400, "sandbox.not-supported")
    assert "not kept" in answer.json()["message"] and "ciphered" not in answer.text
    assert mockpsp.get("/sandbox/digest") == before
    assert "ciphered" not in json.dumps(mockpsp.get("/sandbox/requests"))


@pytest.mark.parametrize(
    ("body", "error_type"),
    [
        (apple({"number": "4111111111111111"}), "card.invalid-number"),
        (google({"number": "4242424242424241"}), "card.invalid-number"),
        (google({"number": VISA, "exp_month": 13}), "card.invalid-month"),
        ({**apple({"number": VISA}), "token_type": "googlepay"}, "request.card.invalid"),
        ({**apple({"number": VISA}), **google({"number": VISA})}, "request.card.invalid"),
        ({**apple({"number": VISA}), "number": VISA}, "request.card.invalid"),
    ],
)
def test_a_test_payload_is_held_to_what_a_card_is(mockpsp: Sandbox, body: dict[str, Any], error_type: str) -> None:
    answer = mockpsp.call("POST", "/cards", body)

    assert (answer.status_code, answer.json()["error_type"]) == (400, error_type)
    assert "4111" not in answer.text
