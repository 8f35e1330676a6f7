"""What browsers and apps get of a fingerprint of 3-D Secure: a page nobody sees, and what they bring back of it."""

import base64
import html
import json
import re
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import requests

from mockpsp.sandbox_client import Sandbox
from tests.contract.test_three_d_s import FINGERPRINT, FINGERPRINT_FAILS, NEEDS, REQUIRED, call, invoice, transaction

SHOP = "http://localhost:3000"
FRAMED = {"Referer": f"{SHOP}/", "Sec-Fetch-Dest": "iframe", "Sec-Fetch-Site": "same-site"}


def public(mockpsp: Sandbox, method: str, path: str, body: dict[str, Any]) -> dict[str, Any]:
    """What a browser gets, which has no secret key."""
    return dict(
        requests.request(method, mockpsp.url + path, json=body, auth=(mockpsp.project_id, ""), timeout=20).json()
    )


def begun(mockpsp: Sandbox, number: str = FINGERPRINT, **more: object) -> tuple[str, dict[str, Any]]:
    """(invoice, customer action) of a payment that a browser began."""
    invoice_id = invoice(mockpsp, **more)
    answer = public(mockpsp, "POST", f"/invoices/{invoice_id}/capture", {"source": mockpsp.card(number)})
    assert answer["success"] is True
    return invoice_id, answer["customer_action"]


def told(page: str) -> dict[str, Any]:
    """The message of a page that is loaded in a frame."""
    text = requests.get(page, headers=FRAMED, timeout=20).text
    found = re.search(r'<body[^>]* data-tells="([^"]*)"', text)
    assert found is not None, text
    return dict(json.loads(html.unescape(found[1])))


def test_a_browser_is_told_to_look_out_of_sight_and_a_server_to_redirect(mockpsp: Sandbox) -> None:
    _, action = begun(mockpsp)
    assert (action["type"], urlsplit(action["value"]).query) == ("fingerprint", "step=fingerprint")

    body = {"source": mockpsp.card(FINGERPRINT)}
    status, answer = call(mockpsp, f"/invoices/{invoice(mockpsp)}/capture", body)

    assert (status, answer["error_type"], answer["customer_action"]["type"]) == (*NEEDS, "redirect")
    assert urlsplit(answer["customer_action"]["value"]).query == ""
    assert begun(mockpsp, REQUIRED)[1]["type"] == "redirect"


def test_the_page_tells_by_itself_and_looking_changes_nothing(mockpsp: Sandbox) -> None:
    invoice_id, action = begun(mockpsp)
    before = mockpsp.get("/sandbox/digest")

    message = told(action["value"])

    assert (message["action"], mockpsp.get("/sandbox/digest")) == ("success", before)
    paid = public(mockpsp, "POST", f"/invoices/{invoice_id}/capture", {"source": message["data"]})
    assert (paid["outcome"], paid["transaction"]["status"]) == ("success", "completed")


def test_an_app_that_opens_it_is_led_back_with_what_it_brings(mockpsp: Sandbox) -> None:
    invoice_id, action = begun(mockpsp, return_url="your.application.id://processout/return")

    page = requests.get(action["value"], timeout=20)

    back = re.search(r'data-goes-to="([^"]*)"', page.text)
    assert back is not None
    assert "script-src 'self'" in page.headers["Content-Security-Policy"]
    assert "customer.js" in page.text
    token = parse_qs(urlsplit(html.unescape(back[1])).query)["token"][0]
    paid = public(mockpsp, "POST", f"/invoices/{invoice_id}/capture", {"source": token})
    assert paid["transaction"]["status"] == "completed"


def test_a_fingerprint_that_failed_is_followed_by_a_challenge_in_sight(mockpsp: Sandbox) -> None:
    invoice_id, action = begun(mockpsp, FINGERPRINT_FAILS)
    source = {"source": told(action["value"])["data"]}

    further = public(mockpsp, "POST", f"/invoices/{invoice_id}/capture", source)
    again = public(mockpsp, "POST", f"/invoices/{invoice_id}/capture", source)

    assert (further["outcome"], further["customer_action"]["type"]) == ("pending", "redirect")
    assert again["customer_action"] == further["customer_action"]
    assert told(action["value"])["action"] == "success"


@pytest.mark.parametrize("field", ["threeDSMethodData=", ""])
def test_a_browser_that_waited_too_long_says_so(mockpsp: Sandbox, field: str) -> None:
    invoice_id, action = begun(mockpsp)
    said = {
        "url": action["value"],
        "method": "POST",
        "headers": {"Content-Type": "application/x-www-form-urlencoded"},
        "body": field + json.dumps({"threeDS2FingerprintTimeout": True}),
    }
    source = "gway_req_" + base64.b64encode(json.dumps(said).encode()).decode()

    answer = public(mockpsp, "POST", f"/invoices/{invoice_id}/capture", {"source": source})

    assert (answer["outcome"], answer["customer_action"]["type"]) == ("pending", "redirect")
    known = transaction(mockpsp, invoice_id)["three_d_s"]
    assert known["fingerprint_completion_indicator"] == "N"


@pytest.mark.parametrize("body", [None, 7, [], "threeDSMethodData=", "threeDSMethodData=[]", "threeDSMethodData={"])
def test_what_says_nothing_of_it_is_refused(mockpsp: Sandbox, body: object) -> None:
    invoice_id, action = begun(mockpsp)
    said = {"url": action["value"], "method": "POST", "headers": {}, "body": body}
    source = "gway_req_" + base64.b64encode(json.dumps(said).encode()).decode()

    answer = public(mockpsp, "POST", f"/invoices/{invoice_id}/capture", {"source": source})

    assert (answer["success"], transaction(mockpsp, invoice_id)["status"]) == (False, "waiting")


@pytest.mark.parametrize("with_invoice", [False, True])
@pytest.mark.parametrize("number", [FINGERPRINT, REQUIRED, FINGERPRINT_FAILS])
def test_a_token_of_a_card_goes_on_with_what_is_brought_back(mockpsp: Sandbox, number: str, with_invoice: bool) -> None:
    customer_id = mockpsp.post("/customers")["customer"]["id"]
    token_id = mockpsp.post(f"/customers/{customer_id}/tokens")["token"]["id"]
    body: dict[str, Any] = {"source": mockpsp.card(number), "verify": True}
    if with_invoice:
        body["invoice_id"] = invoice(mockpsp)
    path = f"/customers/{customer_id}/tokens/{token_id}"
    answer = public(mockpsp, "PUT", path, body)
    steps = []

    while action := answer.get("customer_action"):
        steps.append(action["type"])
        if action["type"] == "fingerprint":
            source = told(action["value"])["data"]
        else:
            source = "gway_req_" + base64.b64encode(json.dumps({"body": '{"transStatus": "Y"}'}).encode()).decode()
        answer = public(mockpsp, "PUT", path, {**body, "source": source})

    wanted = {FINGERPRINT: ["fingerprint"], REQUIRED: ["redirect"], FINGERPRINT_FAILS: ["fingerprint", "redirect"]}
    assert steps == wanted[number]
    token = mockpsp.get(path)["token"]
    assert (answer["success"], token["verification_status"], token["is_chargeable"]) == (True, "success", True)


def test_a_token_whose_customer_failed_is_declined(mockpsp: Sandbox) -> None:
    customer_id = mockpsp.post("/customers")["customer"]["id"]
    token_id = mockpsp.post(f"/customers/{customer_id}/tokens")["token"]["id"]
    path = f"/customers/{customer_id}/tokens/{token_id}"
    public(mockpsp, "PUT", path, {"source": mockpsp.card(REQUIRED), "verify": True})
    source = "gway_req_" + base64.b64encode(json.dumps({"body": '{"transStatus": "N"}'}).encode()).decode()

    answer = public(mockpsp, "PUT", path, {"source": source, "verify": True})

    assert (answer["success"], answer["error_type"]) == (False, "card.failed-3ds")
    assert mockpsp.get(path)["token"]["verification_status"] == "failed"


def test_an_answer_for_a_token_that_was_asked_nothing_is_refused(mockpsp: Sandbox) -> None:
    customer_id = mockpsp.post("/customers")["customer"]["id"]
    token_id = mockpsp.post(f"/customers/{customer_id}/tokens", {"source": mockpsp.card()})["token"]["id"]
    source = "gway_req_" + base64.b64encode(json.dumps({"body": '{"transStatus": "Y"}'}).encode()).decode()

    answer = public(mockpsp, "PUT", f"/customers/{customer_id}/tokens/{token_id}", {"source": source})

    assert (answer["success"], answer["error_type"]) == (False, "request.source.invalid")


def test_a_person_on_a_page_of_ours_sees_each_step(mockpsp: Sandbox) -> None:
    invoice_id = invoice(mockpsp)
    page = f"{mockpsp.url}/checkout/{mockpsp.project_id}/{invoice_id}"

    sent = requests.post(page, {"number": FINGERPRINT}, timeout=20, allow_redirects=False)

    assert (sent.status_code, urlsplit(sent.headers["location"]).query) == (303, "")
