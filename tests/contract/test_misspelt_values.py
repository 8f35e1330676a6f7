"""A misspelt value of a closed set is refused with the nearest known one, wherever it is given."""

import pytest

from mockpsp.sandbox_client import Sandbox
from tests.contract.test_gateway_requests import request, written

MISSPELT = {
    "a delivery's state": ("GET", "/sandbox/deliveries?state=deliverd", None, "delivered"),
    "a report's format": ("GET", "/sandbox/ledger/journal?format=hledgr", None, "hledger"),
    "a scheme": ("POST", "/sandbox/webhook-endpoints", {"url": "http://127.0.0.1:9/", "scheme": "stirpe"}, "stripe"),
    "a schedule": ("POST", "/sandbox/webhook-endpoints", {"url": "http://127.0.0.1:9/", "schedule": "ayden"}, "adyen"),
    "a move": ("POST", "/sandbox/simulate", {"what": "refund.fial", "on": "refd_x"}, "refund.fail"),
    "an operation": ("POST", "/sandbox/rules", {"match": {"on": "refnd"}, "outcome": "ok"}, "refund"),
    "an outcome": ("POST", "/sandbox/rules", {"match": {"on": "refund"}, "outcome": "card.declind"}, "card.declined"),
    "a deed": ("POST", "/sandbox/faults", {"match": "*", "do": "rest"}, "reset"),
    "a clock's mode": ("PUT", "/sandbox/clock", {"mode": "manul"}, "manual"),
    "a key of records": ("POST", "/sandbox/reconcile", {"key": "transactionid", "records": []}, "transaction_id"),
    "a fact of a PSP": ("PUT", "/sandbox/psps/north", {"like": "card-flexible", "refnd": "none"}, "refund"),
    "a value of one": ("PUT", "/sandbox/psps/north", {"like": "card-flexible", "refund": "parcial"}, "partial"),
    "the PSP it is like": ("PUT", "/sandbox/psps/north", {"like": "card-flexibl"}, "card-flexible"),
    "a gateway": ("PUT", "/sandbox/routing", {"default": "card-standrd"}, "card-standard"),
}


@pytest.mark.parametrize("what", MISSPELT)
def test_the_nearest_word_is_named(mockpsp: Sandbox, what: str) -> None:
    method, path, body, near = MISSPELT[what]

    answer = mockpsp.call(method, path, body)

    assert answer.status_code in (400, 404)
    assert f"did you mean {near!r}?" in answer.json()["message"]


def test_a_misspelt_speed_of_a_refund_names_the_nearest(mockpsp: Sandbox) -> None:
    invoice = mockpsp.post("/invoices", {"name": "Order", "amount": "10.00", "currency": "EUR"})["invoice"]["id"]
    payment = mockpsp.post(f"/invoices/{invoice}/capture", {"source": mockpsp.card()})["transaction"]
    body = {"amount": "1.00", "metadata": {"mockpsp_refund_speed": "instnt"}}

    answer = mockpsp.call("POST", f"/transactions/{payment['id']}/refunds", body)

    assert answer.status_code == 400
    assert "did you mean 'instant'?" in answer.json()["message"]


def test_a_misspelt_token_of_a_gateway_names_the_nearest(mockpsp: Sandbox) -> None:
    invoice = mockpsp.post("/invoices", {"name": "Order", "amount": "1.00", "currency": "EUR"})["invoice"]["id"]

    answer = mockpsp.call("POST", f"/invoices/{invoice}/capture", {"source": written(request("test-vlid"))})

    assert answer.status_code == 400
    assert "did you mean 'test-valid'?" in answer.json()["message"]


def test_a_misspelt_endpoint_of_a_fork_names_the_nearest(mockpsp: Sandbox) -> None:
    mockpsp.post("/sandbox/webhook-endpoints", {"url": "http://127.0.0.1:9/webhooks"})
    body = {"as": f"{mockpsp.project_id}-copy", "endpoints": {"127.0.0.1:9/webhook": "http://127.0.0.1:9/other"}}

    answer = mockpsp.call("POST", "/sandbox/forks", body)

    assert answer.status_code == 400
    assert "did you mean 'http://127.0.0.1:9/webhooks'?" in answer.json()["message"]


def test_a_misspelt_expansion_names_the_nearest(mockpsp: Sandbox) -> None:
    mockpsp.post("/customers", {"email": "a@example.com"})

    answer = mockpsp.call("GET", "/customers?expand=token").json()

    assert "did you mean 'tokens'?" in answer["message"]
