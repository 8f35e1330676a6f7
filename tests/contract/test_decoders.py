"""The judge's tables of what the official clients decode: they notice what no client could read."""

import re
from typing import Any

import pytest

from mockpsp.sandbox_client import Sandbox
from tests.contract import decoders
from tests.contract.judge import document

ORDER = {"name": "Order 1001", "amount": "10", "currency": "EUR"}


def invoice_with_methods(mockpsp: Sandbox) -> dict[str, Any]:
    invoice = mockpsp.post("/invoices", ORDER)["invoice"]["id"]
    return mockpsp.get(f"/invoices/{invoice}?expand=payment_methods")


def test_every_model_that_is_named_is_told() -> None:
    told = dict(decoders.schemas())
    named = set(re.findall(r"urn:decoders#/([\w.]+)", str(told)))

    assert named <= set(told)
    assert {name for name in told if name.startswith("apps.")} - named == {"apps.failure"}


def test_every_call_of_the_apps_is_one_of_ours() -> None:
    for call in decoders.tables()["calls"]:
        method, path = call.split()
        assert method.lower() in document()["paths"][path], call


def test_a_colour_that_begins_with_a_hash_is_no_colour_to_an_app(mockpsp: Sandbox) -> None:
    body = invoice_with_methods(mockpsp)
    assert decoders.undecodable("GET", "/invoices/{invoice_id}", 200, body) == []

    body["invoice"]["payment_methods"][0]["display"]["brand_color"]["light"] = "#1d4ed8"

    assert decoders.undecodable("GET", "/invoices/{invoice_id}", 200, body)


@pytest.mark.parametrize(
    ("key", "value"),
    [("amount", 10), ("currency", None), ("return_url", ""), ("created_at", "yesterday"), ("metadata", {"a": 1})],
)
def test_what_one_client_cannot_read_is_noticed(mockpsp: Sandbox, key: str, value: object) -> None:
    body = mockpsp.post("/invoices", ORDER)
    assert decoders.undecodable("POST", "/invoices", 200, body) == []

    body["invoice"][key] = value

    assert decoders.undecodable("POST", "/invoices", 200, body)


def test_a_refusal_names_its_kind_and_its_fields() -> None:
    good = {"success": False, "error_type": "request.validation.error", "message": "no"}
    assert decoders.undecodable("POST", "/invoices", 400, good) == []

    assert decoders.undecodable("POST", "/invoices", 400, {**good, "error_type": None})
    assert decoders.undecodable("POST", "/invoices", 400, {**good, "invalid_fields": [{"name": "amount"}]})
