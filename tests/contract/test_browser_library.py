"""What the browser library reads of answers to its calls, and what its `js.` host has for it."""

import re
from typing import Any

import pytest
import requests

from mockpsp.sandbox_client import Sandbox
from tests.contract.test_public_calls import CARD, SECRET, Browser, invoice

DECLINED, CHALLENGED = "4000000000000002", "4000000000000101"
PICTURES = (
    "loader.gif dynamic-checkout-assets/check-icon.svg dynamic-checkout-assets/x-icon.svg "
    "dynamic-checkout-assets/clock-icon.svg dynamic-checkout-assets/cvc-icon.svg dynamic-checkout-assets/cog-icon.svg "
    "dynamic-checkout-assets/trash-icon.svg dynamic-checkout-assets/credit-card.svg "
    "dynamic-checkout-assets/apm-redirect-arrow.svg native-apm-assets/payment_success_image.svg "
    "schemes/rectangle/visa.svg schemes/rectangle/cartebancaire.svg countries/de.png"
).split()


@pytest.fixture
def browser(mockpsp: Sandbox) -> Browser:
    mockpsp.get("/sandbox")
    return Browser(mockpsp)


def customer(mockpsp: Sandbox) -> str:
    return str(mockpsp.post("/customers")["customer"]["id"])


def tokens(mockpsp: Sandbox, customer_id: str) -> list[dict[str, Any]]:
    return list(mockpsp.get(f"/customers/{customer_id}/tokens")["tokens"])


def method(mockpsp: Sandbox, name: str, *native: str) -> str:
    """The configuration of a method of one's own; of one that redirects, where it asks for nothing."""
    mockpsp.put(f"/sandbox/psps/{name}", {"like": "bank-debit", "native": list(native)})
    return str(redirecting(mockpsp, name))


def redirecting(mockpsp: Sandbox, name: str = "bank-redirect") -> str:
    found = mockpsp.get("/gateway-configurations?limit=100")["gateway_configurations"]
    return str(next(one["id"] for one in found if one["name"] == name))


def flags(answer: dict[str, Any]) -> tuple[Any, Any]:
    return answer.get("authorized"), answer.get("captured")


@pytest.mark.parametrize(
    ("number", "more", "wanted"),
    [
        (CARD["number"], {}, (True, True)),
        (CARD["number"], {"authorize_only": True}, (True, False)),
        (DECLINED, {}, (False, False)),
        (CHALLENGED, {"enable_three_d_s_2": True}, (False, False)),
    ],
)
def test_pages_are_told_whether_a_payment_is_authorized_and_captured_and_servers_are_not(
    mockpsp: Sandbox, browser: Browser, number: str, more: dict[str, Any], wanted: tuple[bool, bool]
) -> None:
    body = {"source": mockpsp.card(number), **more}

    told = browser.call("POST", f"/invoices/{invoice(mockpsp)[0]}/capture", body).json()
    to_server = mockpsp.call("POST", f"/invoices/{invoice(mockpsp)[0]}/capture", {"source": mockpsp.card(number)})

    assert flags(told) == wanted
    assert flags(to_server.json()) == (None, None)


def test_a_page_is_told_which_token_a_card_was_saved_as(mockpsp: Sandbox, browser: Browser) -> None:
    customer_id = customer(mockpsp)
    body = {"source": mockpsp.card(), "save_source": True}

    told = browser.call("POST", f"/invoices/{invoice(mockpsp, customer_id=customer_id)[0]}/capture", body).json()
    nobody = browser.call("POST", f"/invoices/{invoice(mockpsp)[0]}/capture", {**body, "source": mockpsp.card()}).json()

    assert [one["id"] for one in tokens(mockpsp, customer_id)] == [told["customer_token_id"]]
    assert "customer_token_id" not in nobody


def come_back(browser: Browser, address: str) -> str:
    """The source with which a customer comes back who approves on a method's page."""
    page = requests.get(address.replace("https:", "http:"), timeout=20)
    assert page.status_code == 200
    found = re.findall(r"gway_req_[A-Za-z0-9+/=]+", page.text)
    return found[0]


def test_a_method_is_saved_on_the_way_to_its_page_and_back(mockpsp: Sandbox, browser: Browser) -> None:
    customer_id, source = customer(mockpsp), redirecting(mockpsp)
    invoice_id, secret = invoice(mockpsp, customer_id=customer_id)
    shown = browser.call("GET", f"/invoices/{invoice_id}?expand=payment_methods", **{SECRET: secret}).json()
    offered = {one["display"]["name"]: one["apm"] for one in shown["invoice"]["payment_methods"] if "apm" in one}

    way = browser.call("POST", f"/invoices/{invoice_id}/capture", {"source": source, "save_source": True}).json()
    pending = tokens(mockpsp, customer_id)
    back = come_back(browser, way["customer_action"]["value"])
    paid = browser.call("POST", f"/invoices/{invoice_id}/capture", {"source": back, "save_source": True}).json()

    assert offered["bank-redirect"]["saving_allowed"] is True
    assert (way["outcome"], way["customer_action"]["type"]) == ("pending", "redirect")
    assert [(one["id"], one["is_chargeable"]) for one in pending] == [(way["customer_token_id"], False)]
    assert (paid["transaction"]["status"], paid["customer_token_id"]) == ("completed", way["customer_token_id"])
    kept = tokens(mockpsp, customer_id)
    assert [(one["is_chargeable"], one["is_default"], one["verification_status"]) for one in kept] == [
        (True, True, "success")
    ]
    told = [one["name"] for one in mockpsp.get("/events")["events"] if one["name"].startswith("customer.token")]
    assert told == ["customer.token.updated", "customer.token.created"]


def test_a_method_is_saved_for_the_invoices_own_customer_alone(mockpsp: Sandbox, browser: Browser) -> None:
    one, other, source = customer(mockpsp), customer(mockpsp), redirecting(mockpsp)
    theirs, mine = invoice(mockpsp, customer_id=one)[0], invoice(mockpsp, customer_id=other)[0]
    way = browser.call("POST", f"/invoices/{theirs}/capture", {"source": source, "save_source": True}).json()
    back = come_back(browser, way["customer_action"]["value"])

    elsewhere = browser.call("POST", f"/invoices/{mine}/capture", {"source": back, "save_source": True})
    kept_elsewhere = tokens(mockpsp, other)
    paid = browser.call("POST", f"/invoices/{theirs}/capture", {"source": back, "save_source": True}).json()

    assert (elsewhere.status_code, elsewhere.json()["error_type"]) == (400, "request.source.invalid")
    assert kept_elsewhere == []
    assert [(token["id"], token["is_chargeable"]) for token in tokens(mockpsp, one)] == [
        (way["customer_token_id"], True)
    ]
    assert paid["customer_token_id"] == way["customer_token_id"]


def test_without_a_customer_there_is_a_way_and_nothing_to_save(mockpsp: Sandbox, browser: Browser) -> None:
    invoice_id, source = invoice(mockpsp)[0], redirecting(mockpsp)

    way = browser.call("POST", f"/invoices/{invoice_id}/capture", {"source": source, "save_source": True}).json()
    to_server = mockpsp.call("POST", f"/invoices/{invoice_id}/capture", {"source": source, "save_source": True})

    assert way["customer_action"]["value"].endswith(f"/{invoice_id}/redirect/{source}")
    assert "customer_token_id" not in way
    assert (to_server.status_code, to_server.json()["error_type"]) == (400, "request.source.invalid")


def test_a_method_that_asks_for_nothing_begins_when_it_is_first_asked_after(mockpsp: Sandbox, browser: Browser) -> None:
    """The older widget makes no other call, and takes what is not pending for paid."""
    source = method(mockpsp, "till", "voucher")
    invoice_id = invoice(mockpsp)[0]

    said = browser.call("GET", f"/invoices/{invoice_id}/native-payment/{source}").json()["native_apm"]
    begun = browser.call("POST", f"/invoices/{invoice_id}/capture", {"source": source}).json()
    again = browser.call("POST", f"/invoices/{invoice_id}/capture", {"source": source}).json()

    assert said["parameters"] == []
    assert (
        said["parameter_values"]["customer_action_message"]
        == begun["native_apm"]["parameterValues"]["customer_action_message"]
    )
    assert [one["native_apm"]["state"] for one in (begun, again)] == ["PENDING_CAPTURE"] * 2
    assert (begun["outcome"], flags(begun)) == ("pending", (False, False))
    mockpsp.simulate("payment.confirm", on=begun["transaction"]["id"])
    ended = browser.call("POST", f"/invoices/{invoice_id}/capture", {"source": source}).json()
    assert (ended["native_apm"]["state"], flags(ended)) == ("CAPTURED", (True, True))


def test_a_page_that_asks_while_a_payment_is_pending_is_answered_a_little_later(
    mockpsp: Sandbox, browser: Browser
) -> None:
    """The older widget asks again as soon as it is answered."""
    source = method(mockpsp, "till", "voucher")
    invoice_id = invoice(mockpsp)[0]

    answer = browser.call("POST", f"/invoices/{invoice_id}/capture", {"source": source})

    assert answer.json()["native_apm"]["state"] == "PENDING_CAPTURE"
    assert answer.elapsed.total_seconds() >= 0.25


def test_a_method_with_a_form_does_not_begin_by_being_asked_after(mockpsp: Sandbox, browser: Browser) -> None:
    source = method(mockpsp, "blik", "code")
    invoice_id = invoice(mockpsp)[0]

    asked = browser.call("POST", f"/invoices/{invoice_id}/capture", {"source": source}).json()

    assert (asked["native_apm"]["state"], asked["transaction"]["status"]) == ("CUSTOMER_INPUT", "waiting")


def test_a_saved_method_names_its_method_where_a_new_one_would(mockpsp: Sandbox, browser: Browser) -> None:
    customer_id = customer(mockpsp)
    mockpsp.post(f"/customers/{customer_id}/tokens", {"source": mockpsp.card()})
    invoice_id, secret = invoice(mockpsp, customer_id=customer_id)
    way = browser.call(
        "POST", f"/invoices/{invoice_id}/capture", {"source": redirecting(mockpsp), "save_source": True}
    ).json()
    back = come_back(browser, way["customer_action"]["value"])
    browser.call("POST", f"/invoices/{invoice_id}/capture", {"source": back, "save_source": True})

    shown = browser.call("GET", f"/invoices/{invoice_id}?expand=payment_methods", **{SECRET: secret}).json()

    saved = {one["type"]: one for one in shown["invoice"]["payment_methods"] if one["type"].endswith("_token")}
    assert saved["apm_customer_token"]["apm"]["gateway_name"] == "bank-redirect"
    assert "apm" not in saved["card_customer_token"]


def test_a_refused_call_of_a_page_has_a_list_of_fields_even_where_none_is_wrong(
    mockpsp: Sandbox, browser: Browser
) -> None:
    """The library counts them without asking whether there are any."""
    source = method(mockpsp, "blik", "code")
    invoice_id = invoice(mockpsp)[0]
    mockpsp.post(f"/invoices/{invoice_id}/capture", {"source": mockpsp.card()})
    body = {"gateway_configuration_id": source, "native_apm": {"parameter_values": {"code": "123456"}}}

    refused = browser.call("POST", f"/invoices/{invoice_id}/native-payment", body)
    to_server = mockpsp.call("POST", f"/invoices/{invoice_id}/native-payment", body)

    assert (refused.status_code, refused.json()["invalid_fields"]) == (to_server.status_code, [])
    assert "invalid_fields" not in to_server.json()


def test_a_project_has_no_plans_to_pay_in_parts(browser: Browser) -> None:
    answer = browser.call("GET", "/installment-plans/active", Origin="https://shop.example")

    assert answer.json() == {"success": True, "installment_plans": [], "outcome": "success"}
    assert answer.headers["Access-Control-Allow-Origin"] == "*"


@pytest.mark.parametrize("name", PICTURES)
def test_the_checkouts_pictures_are_there(mockpsp: Sandbox, name: str) -> None:
    answer = requests.get(f"{mockpsp.url}/images/{name}", headers={"Host": "js.localhost:8765"}, timeout=20)

    assert (answer.status_code, answer.headers["Content-Type"]) == (200, "image/svg+xml")
    assert answer.text.startswith("<svg ")
    assert "script" not in answer.headers["Content-Security-Policy"]


@pytest.mark.parametrize(
    ("name", "makes"),
    [
        ("tingle.min.js", "window.tingle"),
        ("showdown.min.js", "window.showdown"),
        ("qrcode.min.js", "window.QRCode"),
        ("libphonenumber-js.min.js", "window.libphonenumber"),
    ],
)
def test_the_scripts_that_the_library_loads_are_there(mockpsp: Sandbox, name: str, makes: str) -> None:
    answer = requests.get(f"{mockpsp.url}/js/libraries/{name}", timeout=20)

    assert (answer.status_code, answer.headers["Content-Type"]) == (200, "text/javascript; charset=utf-8")
    assert makes in answer.text


@pytest.mark.parametrize(
    "path",
    [
        "/images/none.svg",
        "/images/schemes/rectangle/a%26b.svg",
        "/images/schemes/rectangle/VISA.svg",
        "/js/libraries/none.js",
        "/js/libraries/field.js",
    ],
)
def test_nothing_else_is(mockpsp: Sandbox, path: str) -> None:
    answer = requests.get(mockpsp.url + path, timeout=20)
    assert answer.status_code == 404
    assert answer.headers["Content-Type"] == "application/json"


def test_a_code_is_drawn_for_any_page(mockpsp: Sandbox) -> None:
    drawn = requests.get(f"{mockpsp.url}/images/qr.png", params={"text": "9423407934201514"}, timeout=20)
    too_long = requests.get(f"{mockpsp.url}/images/qr.png", params={"text": "a" * 513}, timeout=20)
    empty = requests.get(f"{mockpsp.url}/images/qr.png", timeout=20)

    assert (drawn.headers["Content-Type"], drawn.content[:4]) == ("image/png", b"\x89PNG")
    assert drawn.headers["Access-Control-Allow-Origin"] == "*"
    assert (too_long.status_code, empty.status_code) == (404, 404)
