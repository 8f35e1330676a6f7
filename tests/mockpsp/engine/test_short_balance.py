"""Refunds that a PSP's balance does not cover: what is said of one that is refused, and which of those that wait go."""

from mockpsp.sandbox_client import Sandbox
from tests.mockpsp.engine.test_refund_capabilities import SHORT, north, paid, refund, shown


def test_a_refund_that_is_refused_says_why_and_its_operation_keeps_it(mockpsp: Sandbox) -> None:
    north(mockpsp, refund_short_balance="refuse", **SHORT)
    order = paid(mockpsp)

    answer = mockpsp.call("POST", f"/transactions/{order}/refunds", {})

    kept = shown(mockpsp, order)["operations"][-1]
    assert (answer.status_code, answer.json()["error_type"]) == (410, "gateway.declined")
    assert "(refund_short_balance: refuse); let captures settle" in answer.json()["message"]
    assert kept["error_message"] == answer.json()["message"]
    assert kept["gateway_data"] == {"reason": "insufficient_merchant_balance"}


def test_one_that_was_taken_on_and_fails_says_so_too(mockpsp: Sandbox) -> None:
    north(mockpsp, refund_short_balance="fail", **SHORT)
    order = paid(mockpsp)
    refund(mockpsp, order)
    mockpsp.advance("0s")

    assert shown(mockpsp, order)["operations"][-1]["error_message"] == (
        "The provider declined: north's balance did not cover the refund of 100.00 EUR (refund_short_balance: fail); "
        "let captures settle, or add to the balance (balance.add), and refund again"
    )
