"""Cards of wallets: test payloads stand for a test card, any other is refused and leaves no trace."""

import base64
import json
from typing import Any

import jsonschema_rs
import pytest

from mockpsp.sandbox_client import Sandbox, SandboxError
from tests.contract import judge
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


def packed(card: Any) -> str:
    return base64.b64encode(json.dumps({"mockpsp": card}).encode()).decode()


def test_an_app_sends_what_apple_pays_data_lets_through(mockpsp: Sandbox) -> None:
    """The app library reads four texts of the payment's data, and sends on nothing else of it."""
    data = {"version": "EC_v1", "data": packed({"number": VISA, "exp_month": 3}), "signature": "", "header": {}}
    method = {"displayName": None, "network": "Visa", "type": "unknown"}
    token = {"paymentData": data, "paymentMethod": method, "transactionIdentifier": "a"}

    card = mockpsp.post("/cards", {"token_type": "applepay", "applepay_response": {"token": token}})["card"]

    assert (card["token_type"], card["last_4_digits"], card["exp_month"]) == ("applepay", "4242", 3)


def test_an_app_sends_googles_token_beside_a_card_of_empty_texts_and_zeros(mockpsp: Sandbox) -> None:
    empty = {"number": "", "exp_month": 0, "exp_year": 0, "cvc": "", "name": "", "contact": {"city": ""}}

    card = mockpsp.post("/cards", {**empty, **google({"number": VISA})})["card"]

    assert (card["token_type"], card["exp_month"], card["exp_year"]) == ("googlepay", 12, 2035)


def test_an_empty_part_of_a_payload_is_absent(mockpsp: Sandbox) -> None:
    card = mockpsp.post("/cards", google({"number": VISA, "exp_month": None, "eci": ""}))["card"]

    assert (card["exp_month"], card["exp_year"]) == (12, 2035)


@pytest.mark.parametrize("make", [apple, google])
def test_the_document_takes_a_payload_alone(make: Any) -> None:
    schema = {"$ref": "#/components/schemas/NewCardRequest", "components": judge.document()["components"]}
    document = jsonschema_rs.validator_for(schema)

    assert document.is_valid(make({"number": VISA}))
    assert not document.is_valid(make({"exp_month": 3}) | {"payment_token": 7})
    assert not document.is_valid({"number": VISA})
    assert document.is_valid({"number": VISA, "exp_month": 12, "exp_year": 2035})


@pytest.mark.parametrize(
    "body",
    [
        {"applepay_response": {"token": {"paymentData": {"data": "ciphered-secret", "signature": "s"}}}},
        {"applepay_response": "ciphered-secret"},
        {"payment_token": "ciphered-secret"},
        {"payment_token": base64.b64encode(b'{"signedMessage": "ciphered-secret"}').decode()},
        {"payment_token": base64.b64encode(b"[1]").decode()},
        {"payment_token": ["ciphered-secret"]},
        {"applepay_response": {"token": {"paymentData": {"data": ["ciphered-secret"], "mockpsp": None}}}},
        {"applepay_response": {"token": {"paymentData": "ciphered-secret"}}},
        apple("ciphered-secret"),
        google({"number": ""}),
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
        (google({"number": [VISA]}), "card.invalid-number"),
        (google({"number": VISA, "exp_month": 3.5}), "card.invalid-month"),
        (google({"number": VISA, "cryptogram": {}}), "request.card.invalid"),
        (google({"number": VISA, "exp_mnth": 3}), "request.card.invalid"),
        ({**google({"number": VISA}), "exp_month": "00"}, "card.invalid-month"),
        ({**google({"number": VISA}), "exp_month": False}, "card.invalid-month"),
        ({**apple({"number": VISA}), "token_type": "googlepay"}, "request.card.invalid"),
        ({**apple({"number": VISA}), **google({"number": VISA})}, "request.card.invalid"),
        ({**apple({"number": VISA}), "number": VISA}, "request.card.invalid"),
    ],
)
def test_a_test_payload_is_held_to_what_a_card_is(mockpsp: Sandbox, body: dict[str, Any], error_type: str) -> None:
    answer = mockpsp.call("POST", "/cards", body)

    assert (answer.status_code, answer.json()["error_type"]) == (400, error_type)
    assert "4111" not in answer.text


def offered(mockpsp: Sandbox, currency: str = "EUR") -> dict[str, dict[str, Any]]:
    """Kind of method -> what the last of its kind says, as the browser library looks them up."""
    order = {"name": "Order", "amount": "10.00", "currency": currency}
    invoice_id = mockpsp.post("/invoices", order)["invoice"]["id"]
    methods = mockpsp.get(f"/invoices/{invoice_id}?expand=payment_methods")["invoice"]["payment_methods"]
    assert len([one for one in methods if one["type"].endswith("pay")]) <= 2
    return {one["type"]: one for one in methods}


def test_a_checkout_offers_wallets_with_all_that_the_apps_models_need(mockpsp: Sandbox) -> None:
    methods = offered(mockpsp)
    apple_pay, google_pay = methods["applepay"], methods["googlepay"]

    assert (apple_pay["flow"], google_pay["flow"]) == ("express", "express")
    assert (apple_pay["display"]["name"], google_pay["display"]["name"]) == ("Apple Pay", "Google Pay")
    assert apple_pay["applepay"] == {
        "merchant_id": "merchant.mockpsp.test",
        "country_code": "GB",
        "supported_networks": ["american express", "carte bancaire", "discover", "jcb", "mastercard", "visa"],
        "merchant_capabilities": ["supports3DS"],
    }
    assert google_pay["googlepay"] == {
        "gateway": "processout",
        # The browser library opens Google's test sheet for an id that begins so.
        "gateway_merchant_id": mockpsp.project_id,
        "country_code": "GB",
        "allowed_auth_methods": ["PAN_ONLY", "CRYPTOGRAM_3DS"],
        "allowed_card_networks": ["AMEX", "DISCOVER", "JCB", "MASTERCARD", "VISA"],
        "allow_prepaid_cards": True,
        "allow_credit_cards": True,
    }
    assert mockpsp.project_id.startswith("test-")


def test_wallets_are_offered_where_an_enabled_gateway_lists_them_in_that_currency(mockpsp: Sandbox) -> None:
    mockpsp.put("/gateway-configurations/gway_conf_44ae90db0a62f819a404ef6a8ff994ca", {"enabled": False})
    none = offered(mockpsp)
    facts = {"like": "card-standard", "methods": ["card", "googlepay"], "currencies": ["EUR"]}
    mockpsp.put("/sandbox/psps/acme", facts)

    assert not {"applepay", "googlepay"} & none.keys()
    assert {"applepay", "googlepay"} & offered(mockpsp).keys() == {"googlepay"}
    assert not {"applepay", "googlepay"} & offered(mockpsp, "USD").keys()


def test_a_profile_with_wallets_is_no_payment_method_of_its_own(mockpsp: Sandbox) -> None:
    mockpsp.put("/sandbox/psps/acme", {"like": "card-standard", "methods": ["card", "applepay"]})

    invoice_id = invoice(mockpsp)
    methods = mockpsp.get(f"/invoices/{invoice_id}?expand=payment_methods")["invoice"]["payment_methods"]
    path = "/gateway-configurations?filter=alternative-payment-methods&limit=100"
    others = [one["name"] for one in mockpsp.get(path)["gateway_configurations"]]

    names = [one["apm"]["gateway_name"] for one in methods if one["type"] == "apm"]
    assert "acme" not in names and "sandbox" not in names
    assert "acme" not in others and "sandbox" not in others
    assert mockpsp.get("/gateways/acme")["gateway"]["flows"] == ["direct"]
    with pytest.raises(SandboxError, match="cards alone"):
        mockpsp.put("/sandbox/psps/acme", {"like": "sandbox", "confirmation": "async"})


def test_the_projects_own_apple_pay_settings_count(mockpsp: Sandbox) -> None:
    path = f"/projects/{mockpsp.project_id}"
    mockpsp.put(path, {"applepay_settings": {"merchant_id": "merchant.shop.example"}})
    own = offered(mockpsp)["applepay"]["applepay"]["merchant_id"]
    mockpsp.put(path, {"applepay_settings": {"enabled": False}})

    assert own == "merchant.shop.example"
    assert {"applepay", "googlepay"} & offered(mockpsp).keys() == {"googlepay"}


@pytest.mark.parametrize(("word", "meant"), [("apple_pay", "applepay"), ("google_pay", "googlepay")])
def test_a_wallet_under_another_name_is_refused_by_a_profile(mockpsp: Sandbox, word: str, meant: str) -> None:
    with pytest.raises(SandboxError, match=f"names {word}; the wallet is called {meant} here"):
        mockpsp.put("/sandbox/psps/acme", {"like": "card-standard", "methods": ["card", word]})
