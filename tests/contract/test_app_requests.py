"""Requests of both apps with every key that their models send, as far as a shop can fill them: each is taken."""

from typing import Any

import pytest
import requests

from mockpsp.sandbox_client import Sandbox
from tests.contract.test_public_calls import Browser

#: What each app tells of its device, with every call that makes, pays or changes something.
DEVICES: dict[str, dict[str, Any]] = {
    "ios": {
        "id": "5C1A2B3D",
        "installation_id": "8E7F",
        "system_version": "17.4",
        "model": "iPhone",
        "app_language": "en",
        "app_screen_width": 390,
        "app_screen_height": 844,
        "app_time_zone_offset": 60,
        "channel": "ios",
    },
    "android": {
        "app_language": "en-GB",
        "app_screen_width": 1080,
        "app_screen_height": 2400,
        "app_timezone_offset": -300,
        "channel": "android",
        "model": "Google Pixel",
        "systemApiLevel": "34",
    },
}
CONTACT = {
    "address1": "1 Main Street",
    "address2": "",
    "city": "Paris",
    "state": "",
    "zip": "75001",
    "country_code": "FR",
}
CARD = {"number": "4242424242424242", "exp_month": 12, "exp_year": 2030, "cvc": "123", "name": "Ada"}
#: What only one of them sends, where it stands in the body of a payment.
PAYS = {
    "ios": {"prefers_ephemeral_web_authentication_session": False, "web_authentication_callback": None},
    "android": {"metadata": {"order": "1001"}},
}


@pytest.fixture
def browser(mockpsp: Sandbox) -> Browser:
    return Browser(mockpsp)


@pytest.fixture(params=sorted(DEVICES))
def app(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def card(browser: Browser, app: str, **more: Any) -> str:
    body = {
        **CARD,
        "contact": CONTACT,
        "preferred_scheme": "visa",
        "metadata": {"a": "b"},
        "device": DEVICES[app],
        **more,
    }
    return str(taken(browser.call("POST", "/cards", body))["card"]["id"])


def taken(response: requests.Response) -> dict[str, Any]:
    body: dict[str, Any] = response.json()
    assert (response.status_code, body["success"]) == (200, True), body
    return body


def test_a_card_is_made_and_its_code_changed(browser: Browser, app: str) -> None:
    nulls = {"token_type": None, "payment_token": None} if app == "android" else {}
    made = card(browser, app, **nulls)

    assert taken(browser.call("PUT", f"/cards/{made}", {"cvc": "456", "preferred_scheme": None}))


def test_an_invoice_is_read_and_paid(mockpsp: Sandbox, browser: Browser, app: str) -> None:
    order = {"name": "Order", "amount": "10.00", "currency": "EUR", "customer_id": None, "details": []}
    order |= {"return_url": "shopapp://processout/return", "device": DEVICES[app], "shipping": CONTACT}
    made = mockpsp.post("/invoices", order)["invoice"]
    body = {
        "source": card(browser, app),
        "save_source": False,
        "incremental": False,
        "enable_three_d_s_2": True,
        "preferred_scheme": "visa",
        "third_party_sdk_version": "1.0",
        "override_mac_blocking": False,
        "initial_scheme_transaction_id": None,
        "auto_capture_at": None,
        "capture_amount": None,
        "allow_fallback_to_sale": False,
        "metadata": None,
        "device": DEVICES[app],
        **PAYS[app],
    }

    paid = taken(browser.call("POST", f"/invoices/{made['id']}/authorize", body))

    assert "customer_action" not in paid
    assert mockpsp.get(f"/invoices/{made['id']}?expand=transaction")["invoice"]["transaction"]["authorized"] is True


def test_a_token_is_given_its_card(mockpsp: Sandbox, browser: Browser, app: str) -> None:
    customer = mockpsp.post("/customers", {"first_name": "Ada", "last_name": "Byron", "phone_number": None})["customer"]
    wanted = {"verify": True, "invoice_return_url": "shopapp://processout/return"}
    token = mockpsp.post(f"/customers/{customer['id']}/tokens", wanted)["token"]["id"]
    body = {
        "source": card(browser, app),
        "preferred_scheme": None,
        "enable_three_d_s_2": True,
        "verify": True,
        "invoice_id": None,
        "third_party_sdk_version": None,
        "metadata": {"order": "1001"},
        "device": DEVICES[app],
    }

    given = taken(browser.call("PUT", f"/customers/{customer['id']}/tokens/{token}", body))["token"]

    assert (given["is_chargeable"], given["verification_status"]) == (True, "success")
