"""Lines that a capture or a refund names: they are the invoice's, and only those captured are given back."""

from typing import Any

import pytest

from mockpsp.sandbox_client import Sandbox
from tests.contract.test_gateway_requests import request, written
from tests.contract.test_pending_payments import configuration

LINES = [{"name": "Mug", "amount": "10.00", "quantity": 1}, {"name": "Pot", "amount": "30.00", "quantity": 1}]


def invoice(mockpsp: Sandbox) -> tuple[str, list[str]]:
    shown = mockpsp.post("/invoices", {"name": "Order", "amount": "40.00", "currency": "EUR", "details": LINES})[
        "invoice"
    ]
    return shown["id"], [line["id"] for line in shown["details"]]


def act(mockpsp: Sandbox, invoice_id: str, action: str, **body: Any) -> Any:
    return mockpsp.call("POST", f"/invoices/{invoice_id}/{action}", body)


@pytest.mark.parametrize("amount", [{}, {"amount": "1.00"}])
def test_a_refund_names_lines_of_its_own_invoice(mockpsp: Sandbox, amount: dict[str, str]) -> None:
    (ours, _), (_, theirs) = invoice(mockpsp), invoice(mockpsp)
    act(mockpsp, ours, "capture", source=mockpsp.card())

    answer = act(mockpsp, ours, "refunds", invoice_detail_ids=theirs[:1], **amount)

    assert (answer.status_code, "is not a line of this invoice" in answer.text) == (400, True)


@pytest.mark.parametrize("amount", [{}, {"capture_amount": "1.00"}])
def test_a_capture_names_lines_of_its_own_invoice(mockpsp: Sandbox, amount: dict[str, str]) -> None:
    (ours, _), (_, theirs) = invoice(mockpsp), invoice(mockpsp)
    act(mockpsp, ours, "authorize", source=mockpsp.card())

    answer = act(mockpsp, ours, "capture", invoice_detail_ids=theirs[:1], **amount)

    assert (answer.status_code, "is not a line of this invoice" in answer.text) == (400, True)


@pytest.mark.parametrize("amount", [{}, {"amount": "1.00"}])
@pytest.mark.parametrize("gateway", ["sandbox", "card-async"])
def test_only_captured_lines_are_given_back(mockpsp: Sandbox, amount: dict[str, str], gateway: str) -> None:
    ours, (mug, pot) = invoice(mockpsp)
    mockpsp.put("/sandbox/routing", {"default": gateway})
    act(mockpsp, ours, "authorize", source=mockpsp.card())
    assert act(mockpsp, ours, "capture", invoice_detail_ids=[mug], capture_type="non-final").ok
    mockpsp.advance(by="1h")

    refused = act(mockpsp, ours, "refunds", invoice_detail_ids=[pot], **amount)
    made = act(mockpsp, ours, "refunds", invoice_detail_ids=[mug], **amount)

    assert (refused.status_code, "was not captured" in refused.text) == (400, True)
    assert made.ok, made.text


def test_a_capture_that_named_none_took_all(mockpsp: Sandbox) -> None:
    ours, (_, pot) = invoice(mockpsp)
    act(mockpsp, ours, "capture", source=mockpsp.card())

    assert act(mockpsp, ours, "refunds", invoice_detail_ids=[pot]).json()["refund"]["amount"] == "30"


def test_a_sale_confirmed_later_took_the_lines_it_named(mockpsp: Sandbox) -> None:
    ours, (mug, pot) = invoice(mockpsp)
    source = written(request("test-valid", gateway_configuration_id=configuration(mockpsp, "bank-debit")))
    act(mockpsp, ours, "capture", source=source, capture_amount="40.00", invoice_detail_ids=[mug])
    mockpsp.advance(by="14d")
    mockpsp.simulate("balance.add", "bank-debit", amount="1.00", currency="EUR")

    refused = act(mockpsp, ours, "refunds", invoice_detail_ids=[pot], amount="1.00")
    made = act(mockpsp, ours, "refunds", invoice_detail_ids=[mug], amount="1.00")

    assert (refused.status_code, "was not captured" in refused.text) == (400, True)
    assert made.ok, made.text
