"""Methods that take their time: pending until confirmed or failed, by the clock or by hand."""

import pytest

from mockpsp.sandbox_client import Sandbox
from tests.contract.test_gateway_requests import invoice, request, written


def configuration(mockpsp: Sandbox, name: str) -> str:
    listed = mockpsp.get("/gateway-configurations?limit=100")["gateway_configurations"]
    return str(next(one["id"] for one in listed if one["name"] == name))


def pending(mockpsp: Sandbox, token: str = "test-valid", gateway: str = "bank-debit") -> str:
    """The transaction of an invoice captured by a slow method."""
    source = written(request(token, gateway_configuration_id=configuration(mockpsp, gateway)))
    paid = mockpsp.post(f"/invoices/{invoice(mockpsp)}/capture", {"source": source})["transaction"]
    assert paid["status"] == "pending"
    return str(paid["id"])


def transaction(mockpsp: Sandbox, transaction_id: str) -> dict[str, object]:
    return dict(mockpsp.get(f"/transactions/{transaction_id}?expand=operations")["transaction"])


def events(mockpsp: Sandbox) -> list[str]:
    return [event["name"] for event in mockpsp.get("/events?order=asc&limit=100")["events"]]


def test_a_bank_debit_is_pending_for_three_business_days_then_captured(mockpsp: Sandbox) -> None:
    transaction_id = pending(mockpsp)
    assert events(mockpsp) == ["transaction.requested"]
    assert mockpsp.balances() == {}

    mockpsp.advance("2bd")
    assert transaction(mockpsp, transaction_id)["status"] == "pending"
    mockpsp.advance("1bd")

    found = transaction(mockpsp, transaction_id)
    assert (found["status"], found["captured_amount"], found["payment_type"]) == ("completed", "9.99", "bank_debit")
    assert events(mockpsp) == ["transaction.requested", "transaction.authorized", "transaction.captured"]
    assert mockpsp.balances()["income:sales"] == {"EUR": "-9.99"}


def test_its_operations_tell_what_was_asked_and_what_came_of_it(mockpsp: Sandbox) -> None:
    transaction_id = pending(mockpsp)
    mockpsp.advance("3bd")

    shown = transaction(mockpsp, transaction_id)["operations"]

    assert [(row["type"], row["is_attempt"], row["gateway_data"]) for row in shown] == [  # type: ignore[attr-defined]
        ("request", False, {"token": "test-valid"}),
        ("authorization", True, {"token": "test-valid"}),
        ("authorization", False, {"token": "test-valid"}),
        ("capture", True, {"token": "test-valid"}),
        ("capture", False, {"token": "test-valid"}),
    ]


def test_a_debit_that_bounces_fails_and_tells_so(mockpsp: Sandbox) -> None:
    transaction_id = pending(mockpsp, "test-pending-customer.payment-method-revoked")

    mockpsp.advance("3bd")

    found = transaction(mockpsp, transaction_id)
    assert (found["status"], found["error_code"]) == ("failed", "customer.payment-method-revoked")
    assert events(mockpsp) == ["transaction.requested", "transaction.failed"]
    assert mockpsp.balances() == {}


def test_the_world_may_confirm_earlier_and_the_agenda_then_has_nothing_to_say(mockpsp: Sandbox) -> None:
    transaction_id = pending(mockpsp)

    mockpsp.simulate("payment.confirm", transaction_id)
    assert transaction(mockpsp, transaction_id)["status"] == "completed"

    ran = mockpsp.advance("3bd")
    assert [step["result"] for step in ran if step["what"] == "payment.confirm"] == ["moot"]


def test_the_world_may_fail_it_with_a_code(mockpsp: Sandbox) -> None:
    transaction_id = pending(mockpsp)

    mockpsp.simulate("payment.fail", transaction_id, code="customer.disputed")

    assert transaction(mockpsp, transaction_id)["error_code"] == "customer.disputed"


def test_a_code_nobody_knows_is_refused_with_the_nearest(mockpsp: Sandbox) -> None:
    body = {"what": "payment.fail", "on": pending(mockpsp), "with": {"code": "customer.dispute"}}

    answer = mockpsp.call("POST", "/sandbox/simulate", body)

    assert answer.status_code == 400
    assert "did you mean 'customer.disputed'" in answer.json()["message"]


def test_any_gateway_may_be_left_pending(mockpsp: Sandbox) -> None:
    transaction_id = pending(mockpsp, "test-pending", "sandbox")

    mockpsp.settle()

    assert transaction(mockpsp, transaction_id)["status"] == "completed"


@pytest.mark.parametrize("action", ["capture", "authorize", "void", "refunds"])
def test_meanwhile_nothing_else_goes(mockpsp: Sandbox, action: str) -> None:
    transaction_id = pending(mockpsp)
    invoice_id = transaction(mockpsp, transaction_id)["invoice_id"]

    answer = mockpsp.call("POST", f"/invoices/{invoice_id}/{action}", {"source": mockpsp.card(), "amount": "1"})

    assert answer.status_code == 400
    assert "pending" in answer.json()["message"]


@pytest.mark.parametrize(
    ("gateway", "method", "status"),
    [
        ("wallet", "wallet", "completed"),
        ("bnpl", "pay_later", "completed"),
        ("bank-redirect", "bank_redirect", "completed"),
        ("bank-debit", "bank_debit", "pending"),
    ],
)
def test_a_method_pays_at_the_psp_that_its_configuration_names(
    mockpsp: Sandbox, gateway: str, method: str, status: str
) -> None:
    source = written(request("test-valid", gateway_configuration_id=configuration(mockpsp, gateway)))

    paid = mockpsp.post(f"/invoices/{invoice(mockpsp)}/capture", {"source": source})["transaction"]

    assert (paid["status"], paid["payment_type"]) == (status, method)
    assert paid["gateway_configuration_id"] == configuration(mockpsp, gateway)


@pytest.mark.parametrize("gateway", ["wallet", "bnpl", "bank-redirect"])
def test_a_customer_who_closed_the_page_is_heard_of_later(mockpsp: Sandbox, gateway: str) -> None:
    transaction_id = pending(mockpsp, "test-pending", gateway)

    mockpsp.advance("15m")

    assert transaction(mockpsp, transaction_id)["status"] == "completed"


def test_a_rail_takes_its_own_currency_alone(mockpsp: Sandbox) -> None:
    source = written(request("test-valid", gateway_configuration_id=configuration(mockpsp, "instant-rail")))
    order = mockpsp.post("/invoices", {"name": "Order", "amount": "9.99", "currency": "BRL"})["invoice"]["id"]

    refused = mockpsp.call("POST", f"/invoices/{invoice(mockpsp)}/capture", {"source": source})
    paid = mockpsp.post(f"/invoices/{order}/capture", {"source": source})["transaction"]

    assert refused.json()["error_type"] == "request.validation.invalid-currency"
    assert (paid["status"], paid["payment_type"]) == ("completed", "instant_transfer")


@pytest.mark.parametrize("gateway", ["wallet", "bnpl"])
def test_a_method_with_holds_is_authorized_by_its_customer_and_captured_in_parts(
    mockpsp: Sandbox, gateway: str
) -> None:
    source = written(request("test-valid", gateway_configuration_id=configuration(mockpsp, gateway)))
    invoice_id = invoice(mockpsp)

    held = mockpsp.post(f"/invoices/{invoice_id}/authorize", {"source": source})["transaction"]
    for amount in ("4.00", "5.00"):
        mockpsp.post(f"/invoices/{invoice_id}/capture", {"capture_amount": amount})

    found = transaction(mockpsp, held["id"])
    assert (found["authorized_amount"], found["captured_amount"]) == ("9.99", "9")


def test_a_debit_that_was_paid_out_is_refunded_once_the_money_for_it_is_there(mockpsp: Sandbox) -> None:
    transaction_id = pending(mockpsp)
    mockpsp.advance("14d")
    refunds = f"/transactions/{transaction_id}/refunds"

    short = mockpsp.call("POST", refunds, {"amount": "9.99"})
    mockpsp.simulate("balance.add", "bank-debit", amount="9.99", currency="EUR")
    made = mockpsp.call("POST", refunds, {"amount": "9.99"})

    assert (short.status_code, made.status_code) == (410, 200)
    assert mockpsp.balances()["assets:psp:bank-debit:available"] == {"EUR": "0.00"}
