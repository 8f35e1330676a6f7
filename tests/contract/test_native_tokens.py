"""Customers' tokens made by a payment method, step by step: by a form, or on a page that sends the customer back."""

from urllib.parse import parse_qs, urlsplit

import pytest
import requests

from mockpsp.sandbox_client import Sandbox
from tests.contract.test_native_steps import ENTRIES, brought, browser, complete, link, order, press, step
from tests.contract.test_pending_payments import configuration, events
from tests.contract.test_public_calls import Browser

__all__ = ["browser"]


def empty_token(mockpsp: Sandbox, **more: object) -> tuple[str, str]:
    """A customer and a token that waits for something behind it."""
    customer = str(mockpsp.post("/customers", {})["customer"]["id"])
    body = {"return_url": "shop.app://back", **more}
    return customer, str(mockpsp.post(f"/customers/{customer}/tokens", body)["token"]["id"])


def test_a_token_is_made_by_a_form_and_pays_at_once(mockpsp: Sandbox, browser: Browser) -> None:
    customer, token_id = empty_token(mockpsp)
    bank, path = configuration(mockpsp, "bank-debit"), f"/customers/{customer}/apm-tokens/{token_id}/tokenize"

    asked = complete(browser.call("POST", path, {"gateway_configuration_id": bank}).json())
    wrong = browser.call("POST", path, {"gateway_configuration_id": bank, "submit_data": {"parameters": {}}}).json()
    body = {"gateway_configuration_id": bank, "submit_data": {"parameters": ENTRIES}}
    made = complete(browser.call("POST", path, body).json())
    polled = browser.call("POST", path, {"gateway_configuration_id": bank}).json()
    invoice_id = order(mockpsp)
    paid = complete(step(browser, invoice_id, bank, source=token_id).json())

    assert (asked["state"], made["state"], polled) == ("NEXT_STEP_REQUIRED", "SUCCESS", made)
    assert wrong["elements"] == asked["elements"] and "invoice" not in wrong
    assert made["customer_token"] == {"id": token_id}
    token = mockpsp.get(f"/customers/{customer}/tokens/{token_id}")["token"]
    assert (token["type"], token["is_chargeable"], token["verification_status"]) == ("gateway_token", True, "success")
    assert (token["gateway_configuration_id"], token["is_default"]) == (bank, True)
    assert (paid["state"], step(browser, invoice_id, bank, source=token_id).json()["state"]) == ("PENDING", "PENDING")


def test_a_token_is_made_on_a_page_and_verified_on_the_way_back(mockpsp: Sandbox, browser: Browser) -> None:
    customer, token_id = empty_token(mockpsp)
    ideal, path = configuration(mockpsp, "bank-redirect"), f"/customers/{customer}/apm-tokens/{token_id}/tokenize"
    body = {"gateway_configuration_id": ideal}

    asked = complete(browser.call("POST", path, body).json())
    pending = mockpsp.get(f"/customers/{customer}/tokens/{token_id}")["token"]
    back = press(asked["redirect"]["url"], "Approve").headers["Location"]
    query = parse_qs(urlsplit(back).query)
    done = complete(browser.call("POST", path, {**body, **brought(back)}).json())
    resolved = complete(browser.call("POST", "/apm-payments", brought(back)).json())

    assert (pending["type"], pending["is_chargeable"]) == ("pending", False)
    assert (query["token_id"], query["customer_id"]) == ([token_id], [customer])
    assert (done["state"], resolved["state"], resolved["customer_token"]) == ("SUCCESS", "SUCCESS", {"id": token_id})
    token = mockpsp.get(f"/customers/{customer}/tokens/{token_id}")["token"]
    assert (token["is_chargeable"], token["verification_status"]) == (True, "success")
    fired = [name for name in events(mockpsp) if name.startswith("customer.token")]
    assert fired == ["customer.token.created", "customer.token.updated"]
    assert "the token is made" in requests.get(asked["redirect"]["url"], timeout=20).text


def test_a_token_that_the_customer_refuses_is_failed_and_says_so(mockpsp: Sandbox, browser: Browser) -> None:
    customer, token_id = empty_token(mockpsp)
    body, path = (
        {"gateway_configuration_id": configuration(mockpsp, "bank-redirect")},
        f"/customers/{customer}/apm-tokens/{token_id}/tokenize",
    )
    url = browser.call("POST", path, body).json()["redirect"]["url"]

    press(url, "Decline")
    told = browser.call("POST", path, body)
    press(url, "Approve")

    assert (told.status_code, told.json()["error_type"]) == (410, "gateway.declined")
    assert browser.call("POST", path, body).json()["state"] == "SUCCESS"


@pytest.mark.parametrize("mode", ["automatic", "manual"])
def test_a_decline_that_a_client_brings_again_changes_nothing(mockpsp: Sandbox, browser: Browser, mode: str) -> None:
    customer, token_id = empty_token(mockpsp)
    path = f"/customers/{customer}/apm-tokens/{token_id}/tokenize"
    body = {"gateway_configuration_id": configuration(mockpsp, "bank-redirect")}
    asked = browser.call("POST", path, {**body, "configuration": {"return_redirect_type": mode}}).json()
    url = asked["redirect"]["url"]
    back = link(url, "Decline") if mode == "manual" else press(url, "Decline").headers["Location"]
    told = browser.call("POST", path, {**body, **brought(back)})
    before = mockpsp.get("/sandbox/digest")

    again = [
        browser.call("POST", path, {**body, **brought(back)}),
        browser.call("POST", "/apm-payments", brought(back)),
        browser.call("POST", path, body),
    ]

    assert (told.status_code, told.json()["error_type"]) == (410, "gateway.declined")
    assert [(one.status_code, one.json()) for one in again] == [(410, told.json())] * 3
    assert mockpsp.get("/sandbox/digest") == before
    assert events(mockpsp).count("customer.token.updated") == 1


def test_a_decline_is_the_answer_of_its_own_method_alone(mockpsp: Sandbox, browser: Browser) -> None:
    customer, token_id = empty_token(mockpsp)
    ideal, wallet = configuration(mockpsp, "bank-redirect"), configuration(mockpsp, "wallet")
    path = f"/customers/{customer}/apm-tokens/{token_id}/tokenize"
    asked = browser.call("POST", path, {"gateway_configuration_id": ideal}).json()
    press(asked["redirect"]["url"], "Decline")

    another = complete(browser.call("POST", path, {"gateway_configuration_id": wallet}).json())
    press(another["redirect"]["url"], "Approve")

    assert another["state"] == "NEXT_STEP_REQUIRED"
    assert browser.call("POST", path, {"gateway_configuration_id": wallet}).json()["state"] == "SUCCESS"
    assert browser.call("POST", path, {"gateway_configuration_id": ideal}).json()["state"] == "NEXT_STEP_REQUIRED"


def test_a_token_that_pays_stays_good_when_another_method_declines(mockpsp: Sandbox, browser: Browser) -> None:
    customer, token_id = empty_token(mockpsp)
    bank, ideal = configuration(mockpsp, "bank-debit"), configuration(mockpsp, "bank-redirect")
    path = f"/customers/{customer}/apm-tokens/{token_id}/tokenize"
    browser.call("POST", path, {"gateway_configuration_id": bank, "submit_data": {"parameters": ENTRIES}})
    before = mockpsp.get(f"/customers/{customer}/tokens/{token_id}")

    asked = browser.call("POST", path, {"gateway_configuration_id": ideal}).json()
    back = press(asked["redirect"]["url"], "Decline").headers["Location"]
    told = browser.call("POST", path, {"gateway_configuration_id": ideal, **brought(back)})

    assert (told.status_code, told.json()["error_type"]) == (410, "gateway.declined")
    assert mockpsp.get(f"/customers/{customer}/tokens/{token_id}") == before
    assert browser.call("POST", path, {"gateway_configuration_id": bank}).json()["state"] == "SUCCESS"


def test_a_token_made_with_a_manual_return_takes_what_the_client_brings(mockpsp: Sandbox, browser: Browser) -> None:
    customer, token_id = empty_token(mockpsp)
    path = f"/customers/{customer}/apm-tokens/{token_id}/tokenize"
    body = {
        "gateway_configuration_id": configuration(mockpsp, "bank-redirect"),
        "configuration": {"return_redirect_type": "manual"},
    }
    back = link(browser.call("POST", path, body).json()["redirect"]["url"], "Approve")

    assert browser.call("POST", path, body).json()["state"] == "NEXT_STEP_REQUIRED"
    assert browser.call("POST", "/apm-payments", brought(back)).json()["state"] == "SUCCESS"


def test_an_answer_given_on_one_tokens_page_says_nothing_of_another(mockpsp: Sandbox, browser: Browser) -> None:
    customer, first = empty_token(mockpsp)
    second = str(mockpsp.post(f"/customers/{customer}/tokens", {"return_url": "shop.app://back"})["token"]["id"])
    body = {
        "gateway_configuration_id": configuration(mockpsp, "bank-redirect"),
        "configuration": {"return_redirect_type": "manual"},
    }
    path = f"/customers/{customer}/apm-tokens"
    back = link(browser.call("POST", f"{path}/{first}/tokenize", body).json()["redirect"]["url"], "Approve")
    before = mockpsp.get("/sandbox/digest")

    other = browser.call("POST", f"{path}/{second}/tokenize", {**body, **brought(back)})
    attached = mockpsp.call(
        "PUT", f"/customers/{customer}/tokens/{second}", {"source": parse_qs(urlsplit(back).query)["token"][0]}
    )

    for refused in (other, attached):
        assert (refused.status_code, refused.json()["error_type"]) == (400, "request.source.invalid")
        assert f"comes from the page of {first}, and says nothing of {second}" in refused.json()["message"]
    assert mockpsp.get("/sandbox/digest") == before
    assert browser.call("POST", f"{path}/{first}/tokenize", {**body, **brought(back)}).json()["state"] == "SUCCESS"


def test_an_answer_given_on_one_invoices_page_pays_no_other(mockpsp: Sandbox, browser: Browser) -> None:
    body = {
        "gateway_configuration_id": configuration(mockpsp, "bank-redirect"),
        "configuration": {"return_redirect_type": "manual"},
    }
    mine, other = order(mockpsp), order(mockpsp)
    paths = [f"/invoices/{one}/apm-payment" for one in (mine, other)]
    back = link(browser.call("POST", paths[0], body).json()["redirect"]["url"], "Approve")

    stepped = browser.call("POST", paths[1], {**body, **brought(back)})
    source = parse_qs(urlsplit(back).query)["token"][0]
    captured = mockpsp.call("POST", f"/invoices/{other}/capture", {"source": source})

    for refused in (stepped, captured):
        assert (refused.status_code, refused.json()["error_type"]) == (400, "request.source.invalid")
        assert f"comes from the page of {mine}, and says nothing of {other}" in refused.json()["message"]
    assert browser.call("POST", paths[0], {**body, **brought(back)}).json()["state"] != "NEXT_STEP_REQUIRED"


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({}, "request.configuration.missing-gateway-configuration"),
        ({"gateway_configuration_id": "gway_conf_x"}, "request.configuration.missing-gateway-configuration"),
    ],
)
def test_a_step_names_its_method(mockpsp: Sandbox, browser: Browser, body: dict[str, str], code: str) -> None:
    customer, token_id = empty_token(mockpsp)
    for path in (f"/invoices/{order(mockpsp)}/apm-payment", f"/customers/{customer}/apm-tokens/{token_id}/tokenize"):
        assert browser.call("POST", path, body).json()["error_type"] == code
