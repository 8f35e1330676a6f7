"""Native payments that end away from the shop: a voucher, a code to scan, an app that opens."""

import base64
import html
from typing import Any

import pytest
import requests

from mockpsp.domain.text.card_numbers import is_card_number
from mockpsp.sandbox_client import Sandbox
from tests.contract.test_native_steps import order, step
from tests.contract.test_pending_payments import configuration
from tests.contract.test_public_calls import Browser

#: A group of instructions as iOS reads it, and as Android does.
GROUPS = {"group", "instructions_group"}


def method(mockpsp: Sandbox, *native: str) -> tuple[Browser, str]:
    """(a browser, the configuration of a PSP of one's own that asks for this)."""
    mockpsp.put("/sandbox/psps/mine", {"like": "bank-debit", "native": list(native)})
    return Browser(mockpsp), configuration(mockpsp, "mine")


def told(answer: dict[str, Any]) -> list[dict[str, Any]]:
    """The instructions that stand alone, if the clients' models read them."""
    found = [one["instruction"] for one in answer["elements"] if one["type"] not in GROUPS]
    assert {one["type"] for one in answer["elements"]} - GROUPS == {"instruction"}
    for one in found:
        assert one["type"] in ("message", "barcode") and isinstance(one["value"], str)
        assert (one["type"] == "barcode") == ("subtype" in one)
    return found


@pytest.mark.parametrize("word", ["voucher", "qr_code"])
def test_a_voucher_is_drawn_at_once_and_paid_at_the_till(mockpsp: Sandbox, word: str) -> None:
    browser, gateway = method(mockpsp, word)
    invoice_id = order(mockpsp)

    shown = step(browser, invoice_id, gateway).json()

    assert (shown["state"], shown["outcome"]) == ("PENDING", "pending")
    message, number, barcode, page = told(shown)
    assert base64.b64decode(barcode["value"]).decode() == number["value"]
    assert (message.get("label"), barcode["subtype"], len(number["value"])) == (None, "qr", 16)
    assert step(browser, invoice_id, gateway).json() == shown
    assert number["value"] in requests.get(page["value"], timeout=20).text
    foreign = requests.post(page["value"], {"answer": "Pay it"}, headers={"Origin": "https://x.example"}, timeout=20)
    assert (foreign.status_code, step(browser, invoice_id, gateway).json()["state"]) == (403, "PENDING")
    requests.post(page["value"], {"answer": "Pay it"}, timeout=20)
    assert step(browser, invoice_id, gateway).json()["state"] == "SUCCESS"
    assert "nothing to do" in requests.post(page["value"], {"answer": "Pay it"}, timeout=20).text


def test_a_picture_comes_in_a_group_that_either_app_reads_once(mockpsp: Sandbox) -> None:
    browser, gateway = method(mockpsp, "voucher")

    elements = step(browser, order(mockpsp), gateway).json()["elements"]

    of_ios, of_android = ([one for one in elements if one["type"] == name] for name in ("group", "instructions_group"))
    assert [one["group"] for one in of_ios] == [{key: of_android[0][key] for key in ("label", "instructions")}]
    assert len(of_android) == 1 and of_android[0]["label"] == "Where to pay"
    picture, message = of_android[0]["instructions"]
    assert (picture["type"], message["type"]) == ("image_url", "message")
    for page in picture["value"].values():
        drawn = requests.get(page["raster"], timeout=20)
        assert (drawn.status_code, drawn.headers["content-type"]) == (200, "image/png")
    # What every client has to show stands outside: the browser library passes over groups.
    assert elements[-1]["type"] == "instruction" and elements[-1]["instruction"]["value"].startswith(mockpsp.url)


@pytest.mark.parametrize("word", ["qr_code", "app"])
def test_where_no_shop_takes_it_there_is_no_group(mockpsp: Sandbox, word: str) -> None:
    browser, gateway = method(mockpsp, word)
    answer = step(browser, order(mockpsp), gateway).json()

    assert [one for one in answer.get("elements") or () if one["type"] in GROUPS] == []


def test_a_voucher_that_runs_out_is_declined(mockpsp: Sandbox) -> None:
    browser, gateway = method(mockpsp, "voucher")
    invoice_id = order(mockpsp)
    page = told(step(browser, invoice_id, gateway).json())[-1]["value"]

    requests.post(page, {"answer": html.escape("Let it run out")}, timeout=20)

    answer = step(browser, invoice_id, gateway)
    assert (answer.status_code, answer.json()["error_type"]) == (410, "gateway.declined")


def test_a_move_pays_it_and_a_form_may_come_first(mockpsp: Sandbox) -> None:
    browser, gateway = method(mockpsp, "email", "voucher")
    invoice_id = order(mockpsp)
    assert step(browser, invoice_id, gateway).json()["elements"][0]["type"] == "form"

    data = {"parameters": {"email": "ada@shop.example"}}
    assert len(told(step(browser, invoice_id, gateway, submit_data=data).json())) == 4

    payment = mockpsp.get(f"/invoices/{invoice_id}/transactions")["transaction"]["id"]
    mockpsp.post("/sandbox/simulate", {"what": "payment.confirm", "on": payment})
    assert step(browser, invoice_id, gateway).json()["state"] == "SUCCESS"


def test_no_number_to_pay_by_looks_like_a_cards(mockpsp: Sandbox) -> None:
    browser, gateway = method(mockpsp, "voucher")
    numbers = [told(step(browser, order(mockpsp), gateway).json())[1]["value"] for _ in range(60)]

    assert len(set(numbers)) == 60
    assert [number for number in numbers if is_card_number(number)] == []


def test_looking_draws_no_voucher(mockpsp: Sandbox) -> None:
    browser, gateway = method(mockpsp, "voucher")
    invoice_id = order(mockpsp)
    path = f"/invoices/{invoice_id}/apm-payment?gateway_configuration_id={gateway}"

    assert browser.call("GET", path).json()["state"] == "NEXT_STEP_REQUIRED"


def test_the_older_generation_reads_it_too(mockpsp: Sandbox) -> None:
    browser, gateway = method(mockpsp, "voucher")
    body = {"gateway_configuration_id": gateway, "native_apm": {"parameter_values": {}}}
    invoice_id = order(mockpsp)

    answer = browser.call("POST", f"/invoices/{invoice_id}/native-payment", body).json()["native_apm"]

    values = answer["parameter_values"]
    number = base64.b64decode(values["customer_action_barcode"]["value"]).decode()
    assert (answer["state"], values["customer_action_barcode"]["type"]) == ("PENDING_CAPTURE", "qr")
    assert number in values["customer_action_message"] and answer["parameterValues"] == values
    # Servers' clients read a list there.
    mine = mockpsp.get(f"/invoices/{invoice_id}?expand=transaction")["invoice"]["transaction"]["native_apm"]
    assert (mine["parameter_values"], mine["parameterValues"]) == (None, values)


def test_an_app_is_opened_and_waited_for(mockpsp: Sandbox) -> None:
    browser, gateway = method(mockpsp, "app")
    invoice_id = order(mockpsp)

    found = step(browser, invoice_id, gateway).json()["redirect"]

    assert (found["type"], found["confirmation_required"]) == ("deep_link", True)
    not_opened = step(browser, invoice_id, gateway, redirect={"success": False}).json()
    assert not_opened["state"] == "NEXT_STEP_REQUIRED"
    opened = step(browser, invoice_id, gateway, redirect={"success": True}).json()
    assert (opened["state"], [one["type"] for one in told(opened)]) == ("PENDING", ["message", "message"])
    requests.post(found["url"], {"answer": "Pay it"}, timeout=20)
    assert step(browser, invoice_id, gateway).json()["state"] == "SUCCESS"


def test_two_ends_of_one_payment_are_refused(mockpsp: Sandbox) -> None:
    answer = mockpsp.call("PUT", "/sandbox/psps/mine", {"like": "bank-debit", "native": ["voucher", "app"]})
    assert (answer.status_code, "one goes" in answer.text) == (400, True)
