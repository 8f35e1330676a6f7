"""Refunds that a PSP's balance does not cover: what is said of one that is refused, and which of those that wait go."""

from typing import Any

from mockpsp.sandbox_client import Sandbox
from tests.mockpsp.engine.test_refund_capabilities import SHORT, account, north, paid, refund, shown


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


def three_that_wait(mockpsp: Sandbox, **facts: Any) -> None:
    """Refunds of 20.00, 10.00 and 50.00 in that order, at a PSP with nothing left."""
    north(mockpsp, refund_short_balance="wait", settlement_delay="0s", **facts)
    orders = [paid(mockpsp) for _ in range(3)]
    mockpsp.settle()
    mockpsp.simulate("payout.run", "north")
    for order, amount in zip(orders, ("20.00", "10.00", "50.00"), strict=True):
        refund(mockpsp, order, amount)


def credited(mockpsp: Sandbox, amount: str) -> tuple[str, str]:
    """What is then available, and how much was refunded so far."""
    mockpsp.simulate("balance.add", "north", amount=amount, currency="EUR")
    mockpsp.settle()
    return account(mockpsp, "available"), mockpsp.balances().get("income:refunds", {}).get("EUR", "0.00")


def test_what_comes_in_pays_the_first_refund_that_it_covers(mockpsp: Sandbox) -> None:
    three_that_wait(mockpsp, refund_queue="first-that-fits")

    assert credited(mockpsp, "15.00") == ("5.00", "10.00")
    assert credited(mockpsp, "10.00") == ("15.00", "10.00")
    assert credited(mockpsp, "40.00") == ("35.00", "30.00")
    assert credited(mockpsp, "15.00") == ("0.00", "80.00")


def test_one_credit_pays_all_that_it_covers_one_after_the_other(mockpsp: Sandbox) -> None:
    three_that_wait(mockpsp, refund_queue="first-that-fits")

    assert credited(mockpsp, "55.00") == ("25.00", "30.00")


def test_where_it_is_first_come_the_first_holds_up_the_others(mockpsp: Sandbox) -> None:
    three_that_wait(mockpsp)

    assert credited(mockpsp, "15.00") == ("15.00", "0.00")
    assert credited(mockpsp, "10.00") == ("5.00", "20.00")


def test_one_that_its_fee_makes_too_much_lets_the_next_one_go(mockpsp: Sandbox) -> None:
    three_that_wait(mockpsp, refund_queue="first-that-fits", fees={"refund": {"fixed": "1.00 EUR"}})

    assert credited(mockpsp, "20.00") == ("9.00", "10.00")
