"""Nothing is converted: whatever names another currency than there is, is refused by its name and changes nothing."""

from typing import Any

import pytest

from mockpsp.sandbox_client import Sandbox

INVALID_CURRENCY = "request.validation.invalid-currency"


@pytest.fixture
def north(mockpsp: Sandbox) -> Sandbox:
    """A universe whose payments go to a PSP that takes euros and yen, and has no money of its own to advance."""
    facts = {"like": "sandbox", "currencies": ["EUR", "JPY"], "payout_short_balance": "fail"}
    mockpsp.put("/sandbox/psps/north", facts)
    mockpsp.put("/sandbox/routing", {"default": "north"})
    return mockpsp


def invoice(mockpsp: Sandbox, amount: str = "100.00", currency: str = "EUR") -> str:
    return str(mockpsp.post("/invoices", {"name": "Order", "amount": amount, "currency": currency})["invoice"]["id"])


def refused(mockpsp: Sandbox, method: str, path: str, body: dict[str, Any]) -> str:
    """The message of a refusal for the currency, after which all is as it was."""
    before = mockpsp.get("/sandbox/digest")
    answer = mockpsp.call(method, path, body)
    assert (answer.status_code, answer.json()["error_type"]) == (400, INVALID_CURRENCY)
    assert mockpsp.get("/sandbox/digest") == before
    return str(answer.json()["message"])


ACTIONS: list[tuple[str, str, dict[str, Any]]] = [
    ("POST", "/invoices/{invoice}/authorize", {"source": "{card}"}),
    ("POST", "/invoices/{invoice}/authenticate", {"source": "{card}"}),
    ("POST", "/invoices/{invoice}/capture", {"source": "{card}", "capture_amount": "10"}),
    ("POST", "/invoices/{invoice}/payout", {"source": "{card}"}),
    ("PUT", "/invoices/{invoice}", {"amount": "20"}),
    ("POST", "/invoices/{held}/capture", {"capture_amount": "10.00"}),
    ("POST", "/invoices/{held}/void", {}),
    ("POST", "/invoices/{held}/increment_authorization", {"amount": "10.00"}),
    ("POST", "/invoices/{paid}/refunds", {"amount": "10.00"}),
    ("POST", "/transactions/{transaction}/refunds", {}),
]


@pytest.mark.parametrize(("method", "path", "body"), ACTIONS, ids=[f"{one[0]} {one[1]}" for one in ACTIONS])
def test_no_action_is_in_another_currency_than_its_payment(
    north: Sandbox, method: str, path: str, body: dict[str, Any]
) -> None:
    held, paid = invoice(north), invoice(north)
    north.post(f"/invoices/{held}/authorize", {"source": north.card(), "incremental": True})
    transaction = north.post(f"/invoices/{paid}/capture", {"source": north.card()})["transaction"]["id"]
    path = path.format(invoice=invoice(north), held=held, paid=paid, transaction=transaction)
    body = {**body, "source": north.card()} if "source" in body else body

    said = refused(north, method, path, {**body, "currency": "USD"})

    why = "the payment is in EUR, and nothing is converted into USD"
    assert said == f"currency: {why}; give amounts in EUR, or make an invoice in USD"
    refused(north, method, path, {**body, "currency": "XXQ"})
    if "payout" not in path:
        assert north.call(method, path, {**body, "currency": "eur"}).status_code == 200


@pytest.mark.parametrize("action", ["authorize", "capture", "payout"])
def test_a_psp_refuses_a_currency_that_it_does_not_take(north: Sandbox, action: str) -> None:
    said = refused(north, "POST", f"/invoices/{invoice(north, '10', 'USD')}/{action}", {"source": north.card()})

    assert said == "north does not take USD: its currencies are EUR, JPY"


def test_a_payout_to_a_card_takes_nothing_from_another_currency(north: Sandbox) -> None:
    north.simulate("balance.add", "north", amount="500.00", currency="EUR")
    prize = invoice(north, "300", "JPY")

    answer = north.call("POST", f"/invoices/{prize}/payout", {"source": north.card()})

    assert (answer.status_code, answer.json()["error_type"]) == (400, "request.validation.invalid-amount")
    assert answer.json()["message"] == (
        "payout of 300 JPY exceeds the 0 JPY available at north (payout_short_balance: fail); captures in JPY become "
        "available when they settle, and nothing is converted"
    )


def test_a_payout_to_the_bank_names_what_there_is_instead(north: Sandbox) -> None:
    north.simulate("balance.add", "north", amount="500.00", currency="EUR")
    body = {"what": "payout.run", "on": "north", "with": {"currency": "JPY"}}
    before = north.get("/sandbox/digest")

    answer = north.call("POST", "/sandbox/simulate", body)

    assert answer.status_code == 400
    assert "it has EUR, and nothing is converted into JPY" in answer.json()["message"]
    assert north.get("/sandbox/digest") == before


@pytest.mark.parametrize(
    ("currency", "why"),
    [("USD", "north does not take USD: its currencies are EUR, JPY"), ("XXQ", "'XXQ' is not an ISO 4217")],
)
def test_no_balance_is_added_in_a_currency_that_the_psp_does_not_take(north: Sandbox, currency: str, why: str) -> None:
    details = {"amount": "10", "currency": currency}

    said = refused(north, "POST", "/sandbox/simulate", {"what": "balance.add", "on": "north", "with": details})

    assert why in said


def test_a_dispute_is_in_its_payments_currency(north: Sandbox) -> None:
    paid = north.post(f"/invoices/{invoice(north)}/capture", {"source": north.card()})["transaction"]["id"]
    body = {"what": "chargeback.open", "on": paid, "with": {"amount": "10.00", "currency": "USD"}}
    before = north.get("/sandbox/digest")

    answer = north.call("POST", "/sandbox/simulate", body)

    assert answer.status_code == 400
    assert "currency" in str(answer.json())
    assert north.get("/sandbox/digest") == before


def test_no_rule_routes_a_currency_that_there_is_not(north: Sandbox) -> None:
    rules = [{"match": {"currency": "XXQ"}, "gateway": "north"}]

    assert "'XXQ' is not an ISO 4217" in refused(north, "PUT", "/sandbox/routing", {"rules": rules})


def test_a_rule_goes_by_the_currency_however_it_is_written(north: Sandbox) -> None:
    rules = [{"match": {"currency": "usd"}, "gateway": "sandbox"}]
    north.put("/sandbox/routing", {"rules": rules})

    paid = north.post(f"/invoices/{invoice(north, '10', 'USD')}/capture", {"source": north.card()})

    assert paid["transaction"]["status"] == "completed"


def test_a_share_is_in_the_currency_of_its_payment(north: Sandbox) -> None:
    share = {"provider_recipient_reference": "a", "type": "PURCHASE", "amount": "10.00", "currency": "USD"}
    body = {"source": north.card(), "split_allocations": [share]}

    refused(north, "POST", f"/invoices/{invoice(north)}/capture", body)


def test_records_in_another_currency_are_told_apart_from_the_books(north: Sandbox) -> None:
    paid = north.post(f"/invoices/{invoice(north)}/capture", {"source": north.card()})["transaction"]["id"]
    row = {"reference": paid, "kind": "capture", "amount": "100.00"}

    found = north.post("/sandbox/reconcile", {"records": [{**row, "currency": "USD"}]})["reconciliation"]

    sides = {one["currency"]: (one["recorded"], one["booked"]) for one in found["divergences"]}
    assert sides == {"EUR": ("0.00", "100.00"), "USD": ("100.00", "0.00")}
    unknown = north.call("POST", "/sandbox/reconcile", {"records": [{**row, "currency": "XXQ"}]})
    assert (unknown.status_code, "row 1" in unknown.json()["message"]) == (400, True)
    assert "'XXQ' is not an ISO 4217" in unknown.json()["message"]
