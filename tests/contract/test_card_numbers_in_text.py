"""A card number is refused wherever a text would be kept, however it is spelled; test cards go where cards go."""

import base64
import json
from typing import Any

import pytest
import requests

from mockpsp.sandbox_client import Sandbox
from tests.mockpsp.domain.test_card_numbers import NUMBER, SPELLINGS

INVOICE = {"name": "Order", "amount": "1", "currency": "EUR"}
TEST_CARD = "4242424242424242"
LOOKS_LIKE = "looks like a card number"


def placed(text: str) -> dict[str, tuple[str, str, Any]]:
    """Where a text may be kept -> the request that would keep it."""
    match = {"on": "authorize"}
    return {
        "a name": ("POST", "/invoices", {**INVOICE, "name": text}),
        "metadata": ("POST", "/invoices", {**INVOICE, "metadata": {"note": text}}),
        "a key of metadata": ("POST", "/invoices", {**INVOICE, "metadata": {text: "note"}}),
        "a line's name": ("POST", "/invoices", {**INVOICE, "details": [{"name": text, "amount": "1"}]}),
        "number of something else": ("POST", "/customers", {"metadata": {"number": text}}),
        "a rule's metadata": ("POST", "/sandbox/rules", {"match": {**match, "metadata": {"a": text}}, "outcome": "ok"}),
        "a rule's key": ("POST", "/sandbox/rules", {"match": {**match, "metadata": {text: "a"}}, "outcome": "ok"}),
        "a rule's outcome": ("POST", "/sandbox/rules", {"match": match, "outcome": text}),
        "a move's details": ("POST", "/sandbox/simulate", {"what": "refund.fail", "on": "x", "with": {"reason": text}}),
        "a profile's fact": ("PUT", "/sandbox/psps/mine", {"like": "sandbox", "models": text}),
        "a route": ("PUT", "/sandbox/routing", {"default": text}),
        "an endpoint's secret": ("POST", "/sandbox/webhook-endpoints", {"url": "http://127.0.0.1:9/", "secret": text}),
        "an endpoint's topic": ("POST", "/sandbox/webhook-endpoints", {"url": "http://127.0.0.1:9/", "topics": [text]}),
        "a gateway configuration": ("POST", "/gateways/sandbox/gateway-configurations", {"name": text}),
        "a number on another route": ("POST", "/customers", {"number": text}),
        "a source of the control plane": ("PUT", "/sandbox", {"source": text}),
    }


@pytest.mark.parametrize("place", placed(""))
def test_a_number_is_refused_wherever_it_would_be_kept(mockpsp: Sandbox, place: str) -> None:
    before = mockpsp.get("/sandbox/digest")

    for number in (NUMBER, SPELLINGS["dots"], SPELLINGS["full-width digits"], SPELLINGS["with its code"], TEST_CARD):
        method, path, body = placed(number)[place]
        answer = mockpsp.call(method, path, body)

        assert (answer.status_code, answer.json()["success"]) == (400, False), answer.text
        assert LOOKS_LIKE in answer.json()["message"]
        assert "a letter among its digits" in answer.json()["message"]
    assert mockpsp.get("/sandbox/digest") == before


@pytest.mark.parametrize("spelling", SPELLINGS)
def test_every_spelling_is_refused_as_json_and_as_a_form(mockpsp: Sandbox, spelling: str) -> None:
    text = SPELLINGS[spelling]
    as_json = mockpsp.call("POST", "/customers", {"last_name": text})
    raw = json.dumps({"metadata": {"a": text}}, ensure_ascii=False).encode()
    auth = (mockpsp.project_id, mockpsp.secret)
    unescaped = requests.post(f"{mockpsp.url}/customers", raw, auth=auth, timeout=10)
    form = requests.post(f"{mockpsp.url}/customers", {"metadata[a]": text}, auth=auth, timeout=10)

    for answer in (as_json, unescaped, form):
        assert (answer.status_code, LOOKS_LIKE in answer.json()["message"]) == (400, True), answer.text


@pytest.mark.parametrize(
    "number", ["4539578763621486", "4539578763621486.0", "4.539578763621486E15", "453957876362148.6E1"]
)
def test_numbers_of_json_count_too(mockpsp: Sandbox, number: str) -> None:
    auth = (mockpsp.project_id, mockpsp.secret)
    body = '{"name": "A", "amount": "1", "currency": "EUR", "gateway_data": {"a": ' + number + "}}"

    answer = requests.post(f"{mockpsp.url}/invoices", body, auth=auth, timeout=10)

    assert (answer.status_code, LOOKS_LIKE in answer.json()["message"]) == (400, True), answer.text


def test_an_idempotency_key_holds_none(mockpsp: Sandbox) -> None:
    answer = mockpsp.call("POST", "/invoices", INVOICE, Idempotency_Key=f"pay-{SPELLINGS['dots']}-1")

    assert (answer.status_code, answer.json()["error_type"]) == (400, "request.idempotency-key.invalid")


def test_a_psps_name_in_the_address_holds_none(mockpsp: Sandbox) -> None:
    answer = mockpsp.call("PUT", f"/sandbox/psps/psp-{SPELLINGS['dashes']}", {"like": "sandbox"})

    assert (answer.status_code, LOOKS_LIKE in answer.json()["message"]) == (400, True)


@pytest.mark.parametrize(
    ("project_id", "secret"),
    [(f"test-proj_{NUMBER}", "key_test_a"), (f"test-proj_a-{SPELLINGS['dots']}", "key_test_a"),
     ("test-proj_new-one-of-numbers", f"key_test_{SPELLINGS['underscores']}")],
)  # fmt: skip
def test_credentials_hold_none_and_open_nothing(mockpsp: Sandbox, project_id: str, secret: str) -> None:
    answer = requests.get(f"{mockpsp.url}/sandbox", auth=(project_id, secret), timeout=10)

    assert answer.status_code == 401
    assert LOOKS_LIKE in answer.json()["message"]
    assert NUMBER[:8] not in answer.text


def test_what_a_gateway_request_wraps_in_base64_holds_none(mockpsp: Sandbox) -> None:
    invoice = mockpsp.post("/invoices", INVOICE)["invoice"]["id"]
    configuration = mockpsp.get("/gateway-configurations")["gateway_configurations"][0]["id"]
    wrapped = {
        "gateway_configuration_id": f"{configuration}.{NUMBER}",
        "url": "https://processout.com?token=test-valid",
    }
    source = "gway_req_" + base64.b64encode(json.dumps(wrapped).encode()).decode()

    answer = mockpsp.call("POST", f"/invoices/{invoice}/capture", {"source": source})

    assert (answer.status_code, LOOKS_LIKE in answer.json()["message"]) == (400, True)


def test_a_number_as_a_source_is_refused_and_not_repeated(mockpsp: Sandbox) -> None:
    invoice = mockpsp.post("/invoices", INVOICE)["invoice"]["id"]

    for text in (NUMBER, SPELLINGS["dots"], SPELLINGS["full-width digits"]):
        answer = mockpsp.call("POST", f"/invoices/{invoice}/capture", {"source": text})

        assert (answer.status_code, answer.json()["error_type"]) == (400, "request.source.invalid")
        assert text[:8] not in answer.json()["message"]


def test_headers_that_are_kept_with_a_card_are_kept_without_it(mockpsp: Sandbox) -> None:
    card = {"number": TEST_CARD, "exp_month": 12, "exp_year": 2030, "cvc2": "123"}
    where = f"https://shop.example/pay?pan={SPELLINGS['escaped digits']}&a=b"

    made = mockpsp.call("POST", "/cards", card, Referer=where, User_Agent=f"shop {NUMBER}").json()["card"]

    assert made["header_referer"] == "https://shop.example/pay?pan=[hidden]&a=b"
    assert made["user_agent"] == "shop [hidden]"


def test_a_test_card_goes_where_cards_go(mockpsp: Sandbox) -> None:
    made = mockpsp.post("/cards", {"number": "4242.4242 4242-4242".replace(".", " "), "exp_month": 1, "exp_year": 2030})
    rule = mockpsp.post("/sandbox/rules", {"match": {"on": "authorize", "card": TEST_CARD}, "outcome": "card.expired"})

    assert made["card"]["last_4_digits"] == "4242"
    assert rule["rule"]["match"]["card"] == "4242424242"


def test_records_that_are_only_held_against_the_books_may_hold_long_numbers(mockpsp: Sandbox) -> None:
    rows = [{"transaction_id": NUMBER, "kind": "sale", "currency": "EUR", "amount": "1.00"}]

    answer = mockpsp.post("/sandbox/reconcile", {"records": rows})

    assert answer["reconciliation"]["agrees"] is False


def test_the_request_log_shows_answers_and_addresses_without_numbers(mockpsp: Sandbox) -> None:
    mockpsp.call("GET", f"/cards?number={SPELLINGS['escaped digits']}&order=100%25")
    mockpsp.call("GET", f"/customers/{SPELLINGS['full-width digits']}")
    mockpsp.call("POST", "/customers", {"last_name": SPELLINGS["dots"], "metadata": {"at": "1700000000000"}})

    shown = mockpsp.get("/sandbox/requests")["requests"]

    assert [call["path"] for call in shown] == [
        "/cards?number=[hidden]&order=100%25",
        "/customers/[hidden]",
        "/customers",
    ]
    assert shown[2]["body"] == {"last_name": "[hidden]", "metadata": {"at": "1700000000000"}}


def test_the_fixtures_own_names_look_like_no_card(mockpsp: Sandbox) -> None:
    assert mockpsp.project_id.removeprefix("test-proj_").isalpha()
    assert mockpsp.secret.removeprefix("key_sandbox_").isalpha()


@pytest.mark.parametrize("digits", [NUMBER, NUMBER[:15], "424242424242424", "45395"])
def test_a_rule_for_a_card_that_is_no_test_card_is_refused_and_nothing_of_it_is_kept(
    mockpsp: Sandbox, digits: str
) -> None:
    answer = mockpsp.call("POST", "/sandbox/rules", {"match": {"on": "refund", "card": digits}, "outcome": "ok"})

    assert (answer.status_code, digits in answer.text) == (400, False)
    assert mockpsp.get("/sandbox/rules")["rules"] == []


@pytest.mark.parametrize("digits", [TEST_CARD, TEST_CARD[:6] + TEST_CARD[-4:], TEST_CARD[-4:]])
def test_a_rule_names_a_test_card_in_full_or_as_rules_show_it(mockpsp: Sandbox, digits: str) -> None:
    body = {"match": {"on": "refund", "card": digits}, "outcome": "ok"}

    assert mockpsp.post("/sandbox/rules", body)["rule"]["match"]["card"].endswith(TEST_CARD[-4:])
