"""A misspelt value of a closed set is refused with the nearest known one, wherever it is given."""

import pytest

from mockpsp.sandbox_client import Sandbox

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
    "a gateway": ("PUT", "/sandbox/routing", {"default": "card-standrd"}, "card-standard"),
}


@pytest.mark.parametrize("what", MISSPELT)
def test_the_nearest_word_is_named(mockpsp: Sandbox, what: str) -> None:
    method, path, body, near = MISSPELT[what]

    answer = mockpsp.call(method, path, body)

    assert answer.status_code in (400, 404)
    assert f"did you mean {near!r}?" in answer.json()["message"]


def test_a_misspelt_expansion_names_the_nearest(mockpsp: Sandbox) -> None:
    mockpsp.post("/customers", {"email": "a@example.com"})

    answer = mockpsp.call("GET", "/customers?expand=token").json()

    assert "did you mean 'tokens'?" in answer["message"]
