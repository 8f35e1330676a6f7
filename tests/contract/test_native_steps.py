"""Native payments of the newer generation, as browsers and apps step through them: forms, pages, waiting, the end.

What the clients' models need is told as `complete`, in our own words: the browser library's, and those of both apps.
"""

import html
import re
from collections.abc import Iterator
from typing import Any

import pytest
import requests

from mockpsp.sandbox_client import Sandbox
from tests.contract.test_native_payments import IBAN
from tests.contract.test_pending_payments import configuration, events
from tests.contract.test_public_calls import Browser

ORDER = {"name": "Umbrella", "amount": "9.99", "currency": "EUR", "return_url": "shop.app://back"}
ENTRIES = {"account_holder": "Ada Lovelace", "iban": IBAN}
_LINK = re.compile(r'<a href="([^"]*)">([^<]*)</a>')
#: Kind of an input -> what must stand beside key, label and required.
_BESIDE = {"otp": {"subtype", "min_length", "max_length"}, "phone": {"dialing_codes"}}


@pytest.fixture
def browser(mockpsp: Sandbox) -> Iterator[Browser]:
    mockpsp.get("/invoices")
    yield Browser(mockpsp)


def order(mockpsp: Sandbox, **more: object) -> str:
    return str(mockpsp.post("/invoices", {**ORDER, **more})["invoice"]["id"])


def complete(answer: dict[str, Any]) -> dict[str, Any]:
    """The answer, if no client's model misses anything in it."""
    assert answer["success"] is True
    method = answer["payment_method"]
    assert all(isinstance(method[name], str) for name in ("gateway_configuration_id", "gateway_name", "display_name"))
    assert all(method["logo"][one]["raster"].startswith("http") for one in ("light_url", "dark_url"))
    if "invoice" in answer:
        assert all(isinstance(answer["invoice"][name], str) for name in ("id", "amount", "currency"))
    for element in answer.get("elements", []):
        for asked in element["parameters"]["parameter_definitions"]:
            assert isinstance(asked["key"], str) and isinstance(asked["label"], str) and asked["required"] is True
            assert _BESIDE.get(asked["type"], set()) <= set(asked)
    if "redirect" in answer:
        found = answer["redirect"]
        assert (found["type"], found["confirmation_required"]) == ("web", True) and found["hint"]
    # A list that is there, though empty, is shown at every poll.
    assert answer.get("elements") != [] and None not in answer.values()
    return answer


def step(browser: Browser, invoice_id: str, configuration_id: str, **new: object) -> requests.Response:
    return browser.call(
        "POST", f"/invoices/{invoice_id}/apm-payment", {"gateway_configuration_id": configuration_id, **new}
    )


def press(url: str, answer: str, **more: Any) -> requests.Response:
    return requests.post(url, {"answer": answer}, timeout=20, allow_redirects=False, **more)


def link(url: str, says: str) -> str:
    found = {text: address for address, text in _LINK.findall(requests.get(url, timeout=20).text)}
    return next(html.unescape(address) for text, address in found.items() if text.startswith(says))


def brought(url: str, **more: object) -> dict[str, object]:
    """What iOS sends after a page: where its session ended."""
    return {"redirect": {"success": True, "result": {"url": url}}, **more}


def test_a_form_is_asked_for_filled_in_waited_for_and_done(mockpsp: Sandbox, browser: Browser) -> None:
    invoice_id, bank = order(mockpsp), configuration(mockpsp, "bank-debit")

    asked = complete(step(browser, invoice_id, bank).json())
    taken = complete(step(browser, invoice_id, bank, submit_data={"parameters": ENTRIES}).json())
    before = mockpsp.get("/sandbox/digest")
    polled = complete(step(browser, invoice_id, bank).json())
    assert mockpsp.get("/sandbox/digest") == before
    mockpsp.advance("3bd")
    done = complete(step(browser, invoice_id, bank).json())

    assert [one["key"] for one in asked["elements"][0]["parameters"]["parameter_definitions"]] == [
        "account_holder",
        "iban",
    ]
    assert [one["state"] for one in (asked, taken, polled, done)] == [
        "NEXT_STEP_REQUIRED",
        "PENDING",
        "PENDING",
        "SUCCESS",
    ]
    assert [one["outcome"] for one in (asked, taken, polled, done)] == ["pending", "pending", "pending", "success"]
    assert asked["invoice"] == {"id": invoice_id, "amount": "9.99", "currency": "EUR"}
    assert events(mockpsp) == [
        "transaction.requested",
        "transaction.authorized",
        "transaction.captured",
    ]


def test_asking_changes_nothing_and_can_be_done_by_get(mockpsp: Sandbox, browser: Browser) -> None:
    invoice_id, bank = order(mockpsp), configuration(mockpsp, "bank-debit")
    before = mockpsp.get("/sandbox/digest")

    posted = step(browser, invoice_id, bank, source=None, configuration={"return_redirect_type": "automatic"}).json()
    fetched = browser.call("GET", f"/invoices/{invoice_id}/apm-payment?gateway_configuration_id={bank}").json()

    assert posted == fetched
    assert mockpsp.get("/sandbox/digest") == before
    assert mockpsp.call("GET", f"/invoices/{invoice_id}/apm-payment").json()["error_type"] == (
        "request.configuration.missing-gateway-configuration"
    )


@pytest.mark.parametrize(
    ("entries", "code", "names"),
    [
        ({}, "gateway.missing-customer-input", ["account_holder", "iban"]),
        ({"account_holder": "", "iban": IBAN}, "gateway.missing-customer-input", ["account_holder"]),
        ({**ENTRIES, "iban": "DE00 1"}, "gateway.invalid-customer-input", ["iban"]),
        ({**ENTRIES, "account_holder": True}, "gateway.invalid-customer-input", ["account_holder"]),
        ({**ENTRIES, "account_holder": ["Ada", "Lovelace"]}, "gateway.invalid-customer-input", ["account_holder"]),
    ],
)
def test_wrong_entries_are_named_beside_the_form_that_is_shown_again(
    mockpsp: Sandbox, browser: Browser, entries: dict[str, object], code: str, names: list[str]
) -> None:
    invoice_id, bank = order(mockpsp), configuration(mockpsp, "bank-debit")

    answer = step(browser, invoice_id, bank, submit_data={"parameters": entries})

    told = answer.json()
    assert (answer.status_code, told["success"], told["error_type"]) == (400, False, code)
    assert [one["name"] for one in told["invalid_fields"]] == names
    complete({**told, "success": True})
    assert told["elements"][0]["type"] == "form" and told["invoice"]["id"] == invoice_id
    assert step(browser, invoice_id, bank).json()["state"] == "NEXT_STEP_REQUIRED"


@pytest.mark.parametrize(
    "phone",
    [
        {"dialing_code": "+49", "number": "30 123456"},
        {"dialing_code": "+49", "value": "30123456"},
        "+4930123456",
    ],
    ids=["both apps", "browser", "one text"],
)
def test_every_kind_of_input_has_its_form_and_every_clients_way_of_writing_a_phone_number_will_do(
    mockpsp: Sandbox, browser: Browser, phone: object
) -> None:
    mockpsp.put("/sandbox/psps/blik", {"like": "bank-redirect", "native": ["code", "phone", "email"]})
    invoice_id, blik = order(mockpsp), configuration(mockpsp, "blik")

    asked = complete(step(browser, invoice_id, blik).json())
    entries = {"code": 123456, "phone": phone, "email": "ada@example.com"}
    taken = step(browser, invoice_id, blik, submit_data={"parameters": entries}).json()

    shown = {one["key"]: one for one in asked["elements"][0]["parameters"]["parameter_definitions"]}
    assert [one["type"] for one in shown.values()] == ["otp", "phone", "email"]
    assert (shown["code"]["subtype"], shown["code"]["min_length"], shown["code"]["max_length"]) == ("digits", 6, 6)
    assert all(set(one) == {"region_code", "value"} for one in shown["phone"]["dialing_codes"])
    assert taken["state"] == "PENDING"


def test_a_payment_that_fails_is_answered_with_its_decline_until_something_new_comes(
    mockpsp: Sandbox, browser: Browser
) -> None:
    invoice_id, bank = order(mockpsp), configuration(mockpsp, "bank-debit")
    step(browser, invoice_id, bank, submit_data={"parameters": ENTRIES})
    paid = mockpsp.get(f"/invoices/{invoice_id}/transactions")["transaction"]["id"]
    mockpsp.simulate("payment.fail", paid, code="customer.payment-method-revoked")

    answers = [step(browser, invoice_id, bank), step(browser, invoice_id, bank)]
    again = step(browser, invoice_id, bank, submit_data={"parameters": ENTRIES}).json()

    for answer in answers:
        told = answer.json()
        assert (answer.status_code, told["success"]) == (410, False)
        assert (told["error_type"], told["outcome"]) == ("customer.payment-method-revoked", "failed")
        assert "invalid_fields" not in told  # which the browser library takes for a form to be corrected
    assert again["state"] == "PENDING"


def test_a_page_acts_on_the_answer_and_sends_the_customer_back_into_the_app(mockpsp: Sandbox, browser: Browser) -> None:
    invoice_id, ideal = order(mockpsp), configuration(mockpsp, "bank-redirect")

    asked = complete(step(browser, invoice_id, ideal).json())
    page = requests.get(asked["redirect"]["url"], timeout=20)
    back = press(asked["redirect"]["url"], "Approve")
    returned = back.headers["Location"]
    states = [
        step(browser, invoice_id, ideal).json()["state"],  # the browser library
        step(browser, invoice_id, ideal, redirect={"success": True}).json()["state"],  # Android
        step(browser, invoice_id, ideal, **brought(returned)).json()["state"],  # iOS
        browser.call("POST", "/apm-payments", brought(returned)).json()["state"],
    ]

    assert asked["state"] == "NEXT_STEP_REQUIRED" and "elements" not in asked
    assert page.status_code == 200 and "Pay 9.99 EUR with bank-redirect" in page.text
    assert back.status_code == 303 and returned.startswith("shop.app://back?token=gway_req_")
    assert states == ["SUCCESS"] * 4
    assert mockpsp.get(f"/invoices/{invoice_id}/transactions")["transaction"]["attempts_count"] == 1


@pytest.mark.parametrize(
    ("answer", "code"), [("Decline", "gateway.declined"), ("Cancel", "customer.cancelled")], ids=str
)
def test_what_was_declined_on_the_page_is_told_to_the_client(
    mockpsp: Sandbox, browser: Browser, answer: str, code: str
) -> None:
    invoice_id = order(mockpsp, cancel_url="shop.app://cancelled")
    ideal = configuration(mockpsp, "bank-redirect")
    url = step(browser, invoice_id, ideal).json()["redirect"]["url"]

    back = press(url, answer).headers["Location"]
    told = step(browser, invoice_id, ideal, **brought(back))

    assert (told.status_code, told.json()["error_type"]) == (410, code)
    assert back.startswith("shop.app://cancelled?" if answer == "Cancel" else "shop.app://back?")
    assert mockpsp.get(f"/invoices/{invoice_id}/transactions")["transaction"]["attempts_count"] == 1


def test_a_page_left_pending_is_waited_for(mockpsp: Sandbox, browser: Browser) -> None:
    invoice_id, ideal = order(mockpsp), configuration(mockpsp, "bank-redirect")

    press(step(browser, invoice_id, ideal).json()["redirect"]["url"], "Leave it pending: it will be confirmed")
    waited = step(browser, invoice_id, ideal).json()["state"]
    mockpsp.advance("10d")

    assert (waited, step(browser, invoice_id, ideal).json()["state"]) == ("PENDING", "SUCCESS")


def test_who_comes_back_without_an_answer_is_sent_again(mockpsp: Sandbox, browser: Browser) -> None:
    invoice_id, ideal = order(mockpsp), configuration(mockpsp, "bank-redirect")
    first = step(browser, invoice_id, ideal).json()

    again = step(browser, invoice_id, ideal, redirect={"success": True, "result": {"url": "shop.app://back"}}).json()

    assert again == first


def test_a_manual_return_changes_nothing_until_the_client_brings_it(mockpsp: Sandbox, browser: Browser) -> None:
    ideal = configuration(mockpsp, "bank-redirect")
    manual = {"configuration": {"return_redirect_type": "manual"}}
    first, second = order(mockpsp), order(mockpsp)
    before = mockpsp.get("/sandbox/digest")
    links = [link(step(browser, one, ideal, **manual).json()["redirect"]["url"], "Approve") for one in (first, second)]
    assert mockpsp.get("/sandbox/digest") == before

    stepped = step(browser, first, ideal, **brought(links[0], **manual)).json()
    resolved = browser.call("POST", "/apm-payments", brought(links[1])).json()
    repeated = browser.call("POST", "/apm-payments", brought(links[1])).json()

    assert (stepped["state"], resolved["state"]) == ("SUCCESS", "SUCCESS")
    assert complete(resolved)["invoice"]["id"] == second and repeated == resolved


def test_without_a_way_back_the_page_says_that_it_may_be_closed(mockpsp: Sandbox, browser: Browser) -> None:
    invoice_id, ideal = order(mockpsp, return_url=None), configuration(mockpsp, "bank-redirect")
    url = step(browser, invoice_id, ideal).json()["redirect"]["url"]

    page = press(url, "Approve")

    assert page.status_code == 200 and "Close this page" in page.text
    assert step(browser, invoice_id, ideal).json()["state"] == "SUCCESS"
    assert "the payment is completed" in press(url, "Approve").text


def test_another_sites_form_cannot_answer_and_an_unknown_answer_is_none(mockpsp: Sandbox, browser: Browser) -> None:
    invoice_id, ideal = order(mockpsp), configuration(mockpsp, "bank-redirect")
    url = step(browser, invoice_id, ideal).json()["redirect"]["url"]
    before = mockpsp.get("/sandbox/digest")

    foreign = press(url, "Approve", headers={"Sec-Fetch-Site": "cross-site"})
    unknown = press(url, "Yes")

    assert (foreign.status_code, unknown.status_code) == (403, 200)
    assert mockpsp.get("/sandbox/digest") == before
    assert requests.get(url.replace(invoice_id, "iv_nobody"), timeout=20).status_code == 404
    assert requests.get(url.replace(ideal, "gway_conf_nobody"), timeout=20).status_code == 404


@pytest.mark.parametrize(
    "url",
    ["shop.app://back", "shop.app://back?token=abc", "https://[::1?token=gway_req_x"],
    ids=["none", "another's", "unreadable"],
)
def test_an_address_that_is_no_way_back_is_refused_by_the_code_that_apps_ignore(
    mockpsp: Sandbox, browser: Browser, url: str
) -> None:
    answer = browser.call("POST", "/apm-payments", brought(url))

    assert (answer.status_code, answer.json()["error_type"]) == (400, "request.validation.redirect-result-invalid")


def test_a_step_of_one_method_does_not_take_the_answer_of_another(mockpsp: Sandbox, browser: Browser) -> None:
    invoice_id, ideal = order(mockpsp), configuration(mockpsp, "bank-redirect")
    url = step(browser, invoice_id, ideal, configuration={"return_redirect_type": "manual"}).json()["redirect"]["url"]

    answer = step(browser, invoice_id, configuration(mockpsp, "bnpl"), **brought(link(url, "Approve")))

    assert answer.json()["error_type"] == "request.validation.redirect-result-invalid"


def test_an_invoice_that_the_server_captures_is_held_where_the_method_can_hold(
    mockpsp: Sandbox, browser: Browser
) -> None:
    states = {}
    for name in ("bnpl", "bank-redirect"):
        invoice_id = order(mockpsp, require_backend_capture=True)
        method = configuration(mockpsp, name)
        press(step(browser, invoice_id, method).json()["redirect"]["url"], "Approve")
        shown = mockpsp.get(f"/invoices/{invoice_id}/transactions")["transaction"]
        states[name] = (step(browser, invoice_id, method).json()["state"], shown["status"])

    assert states == {"bnpl": ("SUCCESS", "authorized"), "bank-redirect": ("SUCCESS", "completed")}


def test_a_dynamic_checkout_shows_a_form_where_the_method_has_one_and_an_address_elsewhere(mockpsp: Sandbox) -> None:
    methods = mockpsp.get(f"/invoices/{order(mockpsp)}?expand=payment_methods")["invoice"]["payment_methods"]

    addresses = {one["apm"]["gateway_name"]: "redirect_url" in one["apm"] for one in methods if one["type"] == "apm"}

    assert addresses.pop("bank-debit") is False
    assert set(addresses.values()) == {True}
