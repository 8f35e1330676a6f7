"""A transaction's operations: rows in order, an attempt and its result as one step at the PSP, codes on both."""

from typing import Any

from mockpsp.sandbox_client import Sandbox


def attempt(mockpsp: Sandbox, number: str, action: str = "capture", **body: object) -> Any:
    """The transaction with its operations after one attempt with the card."""
    invoice = mockpsp.post("/invoices", {"name": "Order", "amount": "10.00", "currency": "EUR"})["invoice"]["id"]
    mockpsp.call("POST", f"/invoices/{invoice}/{action}", {"source": mockpsp.card(number), **body})
    return mockpsp.get(f"/invoices/{invoice}/transactions?expand=operations")["transaction"]


def rows(transaction: Any) -> list[tuple[str, bool, bool, bool, str | None]]:
    return [
        (row["type"], row["is_attempt"], row["has_failed"], row["is_accountable"], row["error_code"])
        for row in transaction["operations"]
    ]


def test_a_sale_is_a_request_and_two_steps_of_two_rows(mockpsp: Sandbox) -> None:
    sold = attempt(mockpsp, "4242424242424242")

    assert rows(sold) == [
        ("request", False, False, False, None),
        ("authorization", True, False, False, None),
        ("authorization", False, False, False, None),
        ("capture", True, False, False, None),
        ("capture", False, False, True, None),
    ]
    called = [row["gateway_operation_id"] for row in sold["operations"]]
    assert called[0] == ""
    assert called[1] == called[2] != called[3] == called[4]
    assert {row["scheme_id"] for row in sold["operations"]} == {sold["scheme_id"]}
    assert [len(row["arn"] or "") for row in sold["operations"]] == [0, 0, 0, 0, 23]
    assert {row["gateway_data"]["token"] for row in sold["operations"]} == {"test-valid"}


def test_the_code_of_a_failure_stands_on_the_attempt_and_on_its_result(mockpsp: Sandbox) -> None:
    failed = attempt(mockpsp, "4000000000002206")

    assert rows(failed) == [
        ("request", False, False, False, None),
        ("authorization", True, False, False, "card.no-money"),
        ("authorization", False, True, False, "card.no-money"),
    ]
    assert [row["metadata"].get("gateway_error_code") for row in failed["operations"]] == [
        None,
        "card.no-money",
        "card.no-money",
    ]


def test_a_second_attempt_has_a_number_of_its_own_at_the_scheme(mockpsp: Sandbox) -> None:
    invoice = mockpsp.post("/invoices", {"name": "Order", "amount": "10.00", "currency": "EUR"})["invoice"]["id"]
    for number in ("4000000000002206", "4242424242424242"):
        mockpsp.call("POST", f"/invoices/{invoice}/capture", {"source": mockpsp.card(number)})
    shown = mockpsp.get(f"/invoices/{invoice}/transactions?expand=operations")["transaction"]

    first, second = shown["operations"][:3], shown["operations"][3:]
    assert len({row["scheme_id"] for row in first}) == len({row["scheme_id"] for row in second}) == 1
    assert first[0]["scheme_id"] != second[0]["scheme_id"] == shown["scheme_id"]


def test_fees_are_estimated_until_they_are_charged(mockpsp: Sandbox) -> None:
    mockpsp.put("/sandbox/psps/north", {"like": "sandbox", "fees": {"capture": {"rate": "1%", "fixed": "0.25 EUR"}}})
    mockpsp.put("/sandbox/routing", {"default": "north"})
    held = attempt(mockpsp, "4242424242424242", "authorize")
    sold = attempt(mockpsp, "4242424242424242")

    assert (held["estimated_fee"], held["gateway_fee"], held["currency_fee"]) == ("0.35", "0", None)
    assert (sold["estimated_fee"], sold["gateway_fee"], sold["currency_fee"]) == ("0.35", "0.35", "EUR")
    assert sold["gateway_fee_details"]["processing_fee"] == "0.35"
    assert sold["gateway_fee_details"]["refund_fee"] == "0"
