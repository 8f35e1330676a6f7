"""Fees over HTTP: where each one shows, in the books, on the transaction, its operations and in payouts."""

from decimal import Decimal
from typing import Any

import pytest

from mockpsp.sandbox_client import Sandbox

FEES = {
    "capture": {"rate": "2.9%", "fixed": "0.30 EUR", "cap": "5.00 EUR"},
    "refund": {"fixed": "0.25 EUR"},
    "instant_refund": {"rate": "1%", "minimum": "0.75 EUR"},
    "retrieval": {"fixed": "7.00 EUR"},
    "chargeback": {"rate": "0%", "fixed": "15.00 EUR"},
}


def north(mockpsp: Sandbox, **facts: object) -> None:
    """A PSP of the test's own, which takes every payment."""
    mockpsp.put("/sandbox/psps/north", {"like": "sandbox", "fees": FEES, **facts})
    mockpsp.put("/sandbox/routing", {"default": "north"})


def pay(mockpsp: Sandbox, amount: str = "100.00", currency: str = "EUR") -> str:
    invoice = mockpsp.post("/invoices", {"name": "Order", "amount": amount, "currency": currency})["invoice"]
    paid = mockpsp.post(f"/invoices/{invoice['id']}/capture", {"source": mockpsp.card()})
    return str(paid["transaction"]["id"])


def transaction(mockpsp: Sandbox, number: str) -> dict[str, Any]:
    return dict(mockpsp.get(f"/transactions/{number}?expand=operations")["transaction"])


def expense(mockpsp: Sandbox, cause: str, currency: str = "EUR", psp: str = "north") -> str:
    return mockpsp.balances().get(f"expenses:psp:{psp}:{cause}", {}).get(currency, "0.00")


def test_each_fee_is_booked_by_cause_and_shown_where_the_api_shows_it(mockpsp: Sandbox) -> None:
    north(mockpsp, processing_fee_on_refund="pro_rata")
    paid = pay(mockpsp)
    mockpsp.simulate("retrieval_request.open", paid)
    instant = {"amount": "50.00", "metadata": {"mockpsp_refund_speed": "instant"}}
    mockpsp.post(f"/transactions/{paid}/refunds", instant)
    mockpsp.simulate("chargeback.open", paid)

    shown = transaction(mockpsp, paid)

    assert {cause: expense(mockpsp, cause) for cause in ("processing", "refund", "chargeback")} == {
        "processing": "1.60",
        "refund": "1.00",
        "chargeback": "22.00",
    }
    assert shown["gateway_fee"] == "24.6"
    assert (shown["gateway_fee_details"]["processing_fee"], shown["gateway_fee_details"]["refund_fee"]) == ("1.6", "1")
    by_type = {row["type"]: row["gateway_fee"] for row in shown["operations"] if row["gateway_fee"] != "0"}
    assert by_type == {"capture": "3.2", "refund": "-0.6", "chargeback": "15"}


def test_the_lines_of_a_payout_have_each_fee_and_add_up_to_it(mockpsp: Sandbox) -> None:
    north(mockpsp, processing_fee_on_refund="return_all")
    first, second = pay(mockpsp), pay(mockpsp, "300.00")
    mockpsp.simulate("retrieval_request.open", first)
    mockpsp.advance("3d")
    mockpsp.simulate("retrieval_request.open", second)
    mockpsp.post(f"/transactions/{second}/refunds", {"amount": "150.00"})

    made = mockpsp.post("/sandbox/simulate", {"what": "payout.run", "on": "north"})["simulated"]["ids"][0]

    lines = mockpsp.get(f"/payouts/{made}/items?limit=100&order=asc")["items"]
    assert sorted((line["type"], line["amount"], line["fees"]) for line in lines) == [
        ("fee", "-7", "0"),
        ("fee", "-7", "0"),
        # 0.25 for the refund, and half of the 4.70 that are no fixed part of the capture's fee come back.
        ("refund", "-150", "2.1"),
        ("sale", "100", "-3.2"),
        ("sale", "300", "-5"),
    ]
    total = sum(Decimal(line["amount"]) + Decimal(line["fees"]) for line in lines)
    assert Decimal(mockpsp.get(f"/payouts/{made}")["payout"]["amount"]) == total == Decimal("229.90")


@pytest.mark.parametrize(
    ("currency", "amount", "price", "fees"),
    [
        ("JPY", "1050", {"rate": "1%", "fixed": "3 JPY"}, {"half_up": "14", "half_even": "13", "up": "14"}),
        ("EUR", "10.50", {"rate": "1%"}, {"half_up": "0.11", "half_even": "0.10", "down": "0.10"}),
        ("KWD", "0.250", {"rate": "1%", "minimum": "0.001 KWD"}, {"half_down": "0.002", "up": "0.003"}),
        ("CLF", "0.0150", {"rate": "1%", "cap": "0.0001 CLF"}, {"half_up": "0.0001", "down": "0.0001"}),
    ],
)
def test_a_fee_is_rounded_as_the_profile_says_in_currencies_of_any_decimals(
    mockpsp: Sandbox, currency: str, amount: str, price: dict[str, str], fees: dict[str, str]
) -> None:
    found = {}
    for index, rounding in enumerate(fees):
        facts = {"like": "sandbox", "rounding": rounding, "fees": {"capture": price}}
        mockpsp.put(f"/sandbox/psps/psp-{index}", facts)
        mockpsp.put("/sandbox/routing", {"default": f"psp-{index}"})
        pay(mockpsp, amount, currency)
        found[rounding] = Decimal(expense(mockpsp, "processing", currency, f"psp-{index}"))

    assert found == {rounding: Decimal(fee) for rounding, fee in fees.items()}


def test_a_currency_without_a_rate_is_refused_by_the_fees_name(mockpsp: Sandbox) -> None:
    mockpsp.put("/sandbox/psps/north", {"like": "sandbox", "fees": {"capture": {"rate": {"EUR": "1.4%"}}}})
    mockpsp.put("/sandbox/routing", {"default": "north"})
    invoice = mockpsp.post("/invoices", {"name": "Order", "amount": "10.00", "currency": "USD"})["invoice"]["id"]

    answer = mockpsp.call("POST", f"/invoices/{invoice}/capture", {"source": mockpsp.card()})

    assert answer.status_code == 400
    why = "fees.capture names no rate in that currency, only in EUR"
    assert answer.json()["message"] == f"north does not take USD: {why}"


def test_a_currency_without_a_fixed_part_pays_the_rate_alone(mockpsp: Sandbox) -> None:
    north(mockpsp)

    pay(mockpsp, "100.00", "CAD")

    assert expense(mockpsp, "processing", "CAD") == "2.90"


def test_a_profile_shows_all_its_fees_and_what_becomes_of_them(mockpsp: Sandbox) -> None:
    north(mockpsp)

    fees = mockpsp.get("/sandbox/psps/north")["psp"]["fees"]

    assert fees["capture"] == {"rate": "2.9%", "fixed": {"EUR": "0.30"}, "cap": {"EUR": "5.00"}}
    assert fees["instant_refund"] == {"rate": "1%", "fixed": {}, "minimum": {"EUR": "0.75"}}
    assert {"refund", "retrieval", "chargeback", "countered", "payout"} < set(fees)
    assert (fees["rounding"], fees["countered_fee_if_won"]) == ("half_up", "return")


@pytest.mark.parametrize(
    ("facts", "says"),
    [
        ({"fees": {"capture": {"minimum": "2.00 EUR", "cap": "1.00 EUR"}}}, "exceeds the cap"),
        ({"fees": {"capture": {"rate": "250%"}}}, 'such as "1.4%"'),
        ({"fees": {"instant": {"rate": "1%"}}}, "did you mean 'instant_refund'"),
        ({"rounding": "half"}, "known: half_up"),
    ],
)
def test_a_fee_that_makes_no_sense_is_refused_by_name(mockpsp: Sandbox, facts: dict[str, Any], says: str) -> None:
    answer = mockpsp.call("PUT", "/sandbox/psps/south", {"like": "sandbox", **facts})

    assert answer.status_code == 400
    assert says in answer.json()["message"]
    assert mockpsp.call("GET", "/sandbox/psps/south").status_code == 400


def test_a_payout_costs_its_fee_as_a_line_of_its_own(mockpsp: Sandbox) -> None:
    mockpsp.put("/sandbox/psps/north", {"like": "sandbox", "fees": {"payout": {"rate": "0.5%", "fixed": "0.25 EUR"}}})
    mockpsp.put("/sandbox/routing", {"default": "north"})
    pay(mockpsp)
    mockpsp.advance("3d")

    made = mockpsp.post("/sandbox/simulate", {"what": "payout.run", "on": "north"})["simulated"]["ids"][0]

    payout = mockpsp.get(f"/payouts/{made}?expand=items")["payout"]
    assert (payout["amount"], payout["fees"]) == ("99.25", "-0.75")
    assert [(line["type"], line["amount"]) for line in payout["items"]] == [("sale", "100"), ("fee", "-0.75")]
    assert mockpsp.balances()["assets:bank"] == {"EUR": "99.25"}
    assert mockpsp.balances()["assets:psp:north:available"] == {"EUR": "0.00"}
    assert expense(mockpsp, "other") == "0.75"


def test_a_payout_waits_until_there_is_more_than_its_fee(mockpsp: Sandbox) -> None:
    mockpsp.put("/sandbox/psps/north", {"like": "sandbox", "fees": {"payout": {"fixed": "5.00 EUR"}}})
    mockpsp.put("/sandbox/routing", {"default": "north"})
    pay(mockpsp, "5.00")
    mockpsp.advance("3d")
    body = {"what": "payout.run", "on": "north"}

    answer = mockpsp.call("POST", "/sandbox/simulate", body)

    assert answer.status_code == 400
    assert (
        "there is 5.00 EUR, and nothing would be left of it after 5.00 EUR for the payout (fees.payout)"
        in answer.json()["message"]
    )
    pay(mockpsp, "0.01")
    mockpsp.advance("3d")
    made = mockpsp.post("/sandbox/simulate", body)["simulated"]["ids"][0]
    assert mockpsp.get(f"/payouts/{made}")["payout"]["amount"] == "0.01"


@pytest.mark.parametrize(
    ("limit", "charged", "kept"),
    [
        pytest.param({"free_under": "10.00 EUR"}, "1.25", "0.30", id="the small capture was free"),
        pytest.param({"cap": "0.20 EUR"}, "0.40", "0.40", id="both were capped below the fixed part"),
        pytest.param({"minimum": "0.50 EUR"}, "1.75", "0.60", id="the small capture cost the minimum"),
    ],
)
def test_a_refund_keeps_no_more_fixed_parts_than_the_captures_cost(
    mockpsp: Sandbox, limit: dict[str, str], charged: str, kept: str
) -> None:
    fee = {"rate": "1%", "fixed": "0.30 EUR", **limit}
    north(mockpsp, processing_fee_on_refund="return_variable_keep_fixed", fees={"capture": fee})
    invoice = mockpsp.post("/invoices", {"name": "Order", "amount": "100.00", "currency": "EUR"})["invoice"]["id"]
    held = mockpsp.post(f"/invoices/{invoice}/authorize", {"source": mockpsp.card()})["transaction"]["id"]
    for amount in ("5.00", "95.00"):
        mockpsp.post(f"/invoices/{invoice}/capture", {"capture_amount": amount})
    before = expense(mockpsp, "processing")

    mockpsp.post(f"/transactions/{held}/refunds", {})

    assert (before, expense(mockpsp, "processing")) == (charged, kept)
