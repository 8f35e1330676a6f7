"""What PSPs let merchants give back, and what becomes of it: each fact that allows or forbids, over HTTP."""

from typing import Any

import pytest

from mockpsp.domain.deciders.refund import FAILURE_REASONS
from mockpsp.sandbox_client import Sandbox
from tests.mockpsp.engine.test_capture_capabilities import UNSUPPORTED, north

PENDING_EVENT = "transaction.operation.refund.pending"
FAILED_EVENT = "transaction.operation.refund.failed"


def paid(mockpsp: Sandbox, amount: str = "100.00", currency: str = "EUR") -> str:
    """The transaction of a payment."""
    body = {"name": "Order", "amount": amount, "currency": currency}
    invoice = mockpsp.post("/invoices", body)["invoice"]["id"]
    paying = {"source": mockpsp.card()}
    return str(mockpsp.post(f"/invoices/{invoice}/capture", paying)["transaction"]["id"])


def refund(mockpsp: Sandbox, transaction: str, amount: str | None = None) -> str:
    body = {} if amount is None else {"amount": amount}
    return str(mockpsp.post(f"/transactions/{transaction}/refunds", body)["refund"]["id"])


def refusal(mockpsp: Sandbox, transaction: str, **body: Any) -> dict[str, Any]:
    before = mockpsp.balances()
    answer = mockpsp.call("POST", f"/transactions/{transaction}/refunds", body)
    assert answer.status_code == 400, answer.text
    assert mockpsp.balances() == before
    return dict(answer.json())


def moved(mockpsp: Sandbox, what: str, on: str, **details: Any) -> Any:
    """The answer to a move, refused or not."""
    return mockpsp.call("POST", "/sandbox/simulate", {"what": what, "on": on, "with": details})


def shown(mockpsp: Sandbox, transaction: str) -> dict[str, Any]:
    return dict(mockpsp.get(f"/transactions/{transaction}?expand=operations")["transaction"])


def told(mockpsp: Sandbox) -> list[str]:
    return [event["name"] for event in mockpsp.get("/events?order=asc&limit=100")["events"]]


def account(mockpsp: Sandbox, name: str, currency: str = "EUR") -> str:
    return mockpsp.balances().get(f"assets:psp:north:{name}", {}).get(currency, "0.00")


# How often, how much, when.


def test_no_refund_at_all(mockpsp: Sandbox) -> None:
    north(mockpsp, refund="none")
    assert "north cannot refund (refund: none); pay the customer back" in refusal(mockpsp, paid(mockpsp))["message"]


def test_only_refunds_in_full(mockpsp: Sandbox) -> None:
    north(mockpsp, refund="full")
    order = paid(mockpsp)

    answer = refusal(mockpsp, order, amount="99.99")
    assert answer["error_type"] == UNSUPPORTED
    assert "only refunds in full (refund: full), which is 100.00 EUR" in answer["message"]
    refund(mockpsp, order, "100.00")


def test_at_most_so_many_refunds_failed_ones_included(mockpsp: Sandbox) -> None:
    north(mockpsp, refunds_max=2)
    order = paid(mockpsp)
    mockpsp.simulate("refund.fail", refund(mockpsp, order, "10.00"))
    refund(mockpsp, order, "10.00")

    assert "at most 2 refunds a payment (refunds_max: 2)" in refusal(mockpsp, order, amount="10.00")["message"]


def test_not_before_and_not_after_the_psps_window(mockpsp: Sandbox) -> None:
    north(mockpsp, refund_not_before="7d", refund_window="30d")
    order = paid(mockpsp)

    mockpsp.advance("6d")
    assert "refund_not_before: 7d" in refusal(mockpsp, order)["message"]
    mockpsp.advance("1d")
    refund(mockpsp, order, "10.00")
    mockpsp.advance("23d")
    refund(mockpsp, order, "10.00")
    mockpsp.advance("1s")
    assert "refund_window: 30d" in refusal(mockpsp, order)["message"]


def test_none_after_one_has_failed(mockpsp: Sandbox) -> None:
    north(mockpsp, refund_again_after_failure=False, refund_outcome="async", refund_delay="1d")
    order = paid(mockpsp)
    mockpsp.simulate("refund.fail", refund(mockpsp, order, "10.00"))

    answer = refusal(mockpsp, order, amount="10.00")
    assert "once one has failed (refund_again_after_failure: no)" in answer["message"]


def test_a_cancelled_refund_is_no_failed_one(mockpsp: Sandbox) -> None:
    north(mockpsp, refund_again_after_failure=False, refund_outcome="async", refund_delay="1d")
    order = paid(mockpsp)
    mockpsp.simulate("refund.cancel", refund(mockpsp, order, "10.00"))

    refund(mockpsp, order, "10.00")


@pytest.mark.parametrize(
    ("over_refund", "currency", "most", "beyond"),
    [
        ({"cap": "25.00 EUR"}, "EUR", "125.00", "125.01"),
        ({"rate": "15%", "cap": ["75 EUR", "75 USD"]}, "EUR", "115.00", "115.01"),
        ({"rate": "15%", "cap": ["5 EUR"]}, "EUR", "105.00", "105.01"),
        ({"cap": "25.00 EUR"}, "USD", "100.00", "100.01"),
        ({"rate": "15%", "cap": ["8400 JPY"]}, "JPY", "115", "116"),
        ("none", "EUR", "100.00", "100.01"),
    ],
)
def test_a_refund_goes_as_far_beyond_the_capture_as_the_psp_tolerates(
    mockpsp: Sandbox, over_refund: Any, currency: str, most: str, beyond: str
) -> None:
    north(mockpsp, over_refund=over_refund)
    order = paid(mockpsp, "100" if currency == "JPY" else "100.00", currency)

    answer = refusal(mockpsp, order, amount=beyond)
    assert answer["error_type"] == "request.validation.invalid-amount"
    assert "north" in answer["message"] or "over_refund" in answer["message"]
    refund(mockpsp, order, most)
    seen = shown(mockpsp, order)
    assert (seen["status"], float(seen["refunded_amount"]), seen["available_amount"]) == ("refunded", float(most), "0")
    assert "over_refund" in refusal(mockpsp, order, amount="1")["message"] or most == "100.00"


def test_what_was_refunded_beyond_the_capture_comes_back_when_the_refund_fails(mockpsp: Sandbox) -> None:
    north(mockpsp, over_refund={"cap": "25.00 EUR"})
    order = paid(mockpsp)
    refund(mockpsp, order, "60.00")
    over = refund(mockpsp, order, "60.00")
    assert account(mockpsp, "pending") == "-20.00"

    mockpsp.simulate("refund.fail", over)

    assert account(mockpsp, "pending") == "40.00"
    assert shown(mockpsp, order)["available_amount"] == "40"


# Cancelled while pending.


def test_a_pending_refund_is_cancelled_within_the_psps_time(mockpsp: Sandbox) -> None:
    north(mockpsp, refund_outcome="async", refund_delay="1d", refund_cancel_within="2h")
    order = paid(mockpsp)
    made = refund(mockpsp, order, "40.00")
    mockpsp.advance("2h")

    mockpsp.simulate("refund.cancel", made)

    assert mockpsp.get(f"/transactions/{order}/refunds/{made}")["refund"]["has_failed"] is True
    assert shown(mockpsp, order)["operations"][-1]["gateway_data"] == {"reason": "cancelled_by_merchant"}
    assert (account(mockpsp, "pending"), account(mockpsp, "refunds-in-flight")) == ("100.00", "0.00")
    assert told(mockpsp)[-2:] == [PENDING_EVENT, FAILED_EVENT]
    assert [step["result"] for step in mockpsp.advance("1d") if step["what"] == "refund.settle"] == ["moot"]


@pytest.mark.parametrize(
    ("within", "after", "why"),
    [
        ("2h", "2h1s", "refund_cancel_within: 2h); that was 2h1s ago"),
        ("0s", "0s", "north cancels no refund (refund_cancel_within: 0s)"),
    ],
)
def test_a_refund_is_cancelled_no_later(mockpsp: Sandbox, within: str, after: str, why: str) -> None:
    north(mockpsp, refund_outcome="async", refund_delay="1d", refund_cancel_within=within)
    made = refund(mockpsp, paid(mockpsp))
    mockpsp.advance(after)

    answer = moved(mockpsp, "refund.cancel", made)
    assert (answer.status_code, answer.json()["error_type"]) == (400, UNSUPPORTED)
    assert why in answer.json()["message"]


def test_a_final_refund_is_not_cancelled(mockpsp: Sandbox) -> None:
    made = refund(mockpsp, paid(mockpsp))

    answer = moved(mockpsp, "refund.cancel", made)
    assert answer.status_code == 400
    assert "needs a pending refund; this one is final" in answer.json()["message"]


# On a short balance.


SHORT = {"fees": {"capture": {"fixed": "1.00 EUR"}}}


def test_a_refund_that_the_balance_does_not_cover_waits_until_a_capture_credits_it(mockpsp: Sandbox) -> None:
    north(mockpsp, refund_short_balance="wait", **SHORT)
    order = paid(mockpsp)
    refund(mockpsp, order)
    seen = shown(mockpsp, order)
    assert (seen["status"], seen["refunded_amount"]) == ("refunded", "100")
    assert seen["operations"][-1]["gateway_data"] == {"reason": "waits-for-balance"}
    assert (account(mockpsp, "pending"), account(mockpsp, "refunds-in-flight")) == ("99.00", "0.00")
    assert told(mockpsp)[-1] == PENDING_EVENT

    paid(mockpsp, "20.00")
    mockpsp.settle()

    assert account(mockpsp, "pending") == "18.00"
    assert mockpsp.balances()["income:refunds"] == {"EUR": "100.00"}
    assert told(mockpsp)[-1] == "transaction.refunded"


def test_a_refund_that_waited_takes_its_psps_time_from_then_on(mockpsp: Sandbox) -> None:
    north(mockpsp, refund_short_balance="wait", refund_outcome="async", refund_delay="2d", **SHORT)
    order = paid(mockpsp)
    refund(mockpsp, order)
    mockpsp.advance("5d")
    assert "transaction.refunded" not in told(mockpsp)

    mockpsp.simulate("balance.add", "north", amount="1.00", currency="EUR")
    mockpsp.settle()
    assert (account(mockpsp, "available"), account(mockpsp, "refunds-in-flight")) == ("0.00", "100.00")
    mockpsp.advance("2d")
    assert told(mockpsp)[-1] == "transaction.refunded"


def test_refunds_wait_in_line_and_a_small_one_does_not_overtake(mockpsp: Sandbox) -> None:
    north(mockpsp, refund_short_balance="wait", settlement_delay="0s", **SHORT)
    first, second = paid(mockpsp), paid(mockpsp, "10.00")
    mockpsp.settle()
    mockpsp.simulate("payout.run", "north")
    refund(mockpsp, first)
    refund(mockpsp, second, "5.00")
    mockpsp.simulate("balance.add", "north", amount="5.00", currency="EUR")
    mockpsp.settle()
    assert account(mockpsp, "available") == "5.00"

    mockpsp.simulate("balance.add", "north", amount="100.00", currency="EUR")
    mockpsp.settle()

    assert account(mockpsp, "available") == "0.00"
    assert mockpsp.balances()["income:refunds"] == {"EUR": "105.00"}
    assert mockpsp.balances()["assets:bank"] == {"EUR": "3.00"}


def test_nothing_is_paid_out_while_a_refund_waits_for_money(mockpsp: Sandbox) -> None:
    north(mockpsp, refund_short_balance="wait", settlement_delay="0s", **SHORT)
    made = refund(mockpsp, paid(mockpsp))
    mockpsp.settle()

    answer = moved(mockpsp, "payout.run", "north")
    assert answer.status_code == 400
    assert "while a refund waits for money there (refund_short_balance: wait)" in answer.json()["message"]
    mockpsp.simulate("refund.cancel", made)
    assert mockpsp.simulate("payout.run", "north")["ids"]


def test_a_payout_that_comes_back_lets_a_refund_go(mockpsp: Sandbox) -> None:
    north(mockpsp, refund_short_balance="wait", settlement_delay="0s")
    order = paid(mockpsp)
    mockpsp.settle()
    payout = mockpsp.simulate("payout.run", "north")["ids"][0]
    refund(mockpsp, order)
    assert account(mockpsp, "available") == "0.00"

    mockpsp.simulate("payout.fail", payout)
    mockpsp.settle()

    assert mockpsp.balances()["income:refunds"] == {"EUR": "100.00"}
    assert account(mockpsp, "available") == "0.00"


@pytest.mark.parametrize("what", ["refund.fail", "refund.cancel"])
def test_a_refund_that_waits_can_fail_and_moves_no_money(mockpsp: Sandbox, what: str) -> None:
    north(mockpsp, refund_short_balance="wait", **SHORT)
    order = paid(mockpsp)
    made = refund(mockpsp, order)
    before = mockpsp.balances()

    mockpsp.simulate(what, made)

    assert mockpsp.balances() == before
    assert shown(mockpsp, order)["available_amount"] == "100"
    mockpsp.simulate("balance.add", "north", amount="50.00", currency="EUR")
    assert mockpsp.settle() == []


def test_a_refund_that_waits_cannot_be_settled_by_hand(mockpsp: Sandbox) -> None:
    north(mockpsp, refund_short_balance="wait", **SHORT)
    answer = moved(mockpsp, "refund.settle", refund(mockpsp, paid(mockpsp)))

    assert answer.status_code == 400
    assert "waits until north's balance covers it" in answer.json()["message"]


@pytest.mark.parametrize(("outcome", "after"), [("sync", "0s"), ("async", "2d")])
def test_a_refund_that_the_balance_does_not_cover_is_taken_on_and_fails(
    mockpsp: Sandbox, outcome: str, after: str
) -> None:
    delay = {"refund_delay": after} if outcome == "async" else {}
    north(mockpsp, refund_short_balance="fail", refund_outcome=outcome, **delay, **SHORT)
    order = paid(mockpsp)
    refund(mockpsp, order)
    assert shown(mockpsp, order)["refunded_amount"] == "100"

    mockpsp.advance(after)

    seen = shown(mockpsp, order)
    assert (seen["status"], seen["refunded_amount"], seen["available_amount"]) == ("completed", "0", "100")
    assert seen["operations"][-1]["gateway_data"] == {"reason": "insufficient_merchant_balance"}
    assert told(mockpsp)[-1] == FAILED_EVENT
    assert "income:refunds" not in mockpsp.balances()


def test_a_refund_below_zero_is_made_where_the_psp_allows_it(mockpsp: Sandbox) -> None:
    north(mockpsp, refund_short_balance="allow", **SHORT)
    refund(mockpsp, paid(mockpsp))

    assert account(mockpsp, "pending") == "-1.00"


def test_a_covered_refund_does_not_wait(mockpsp: Sandbox) -> None:
    north(mockpsp, refund_short_balance="wait", **SHORT)
    refund(mockpsp, paid(mockpsp), "99.00")

    assert account(mockpsp, "pending") == "0.00"
    assert told(mockpsp)[-1] == "transaction.refunded"


# Outcomes, and failures of each reason.


@pytest.mark.parametrize("reason", FAILURE_REASONS)
def test_a_pending_refund_fails_for_any_reason(mockpsp: Sandbox, reason: str) -> None:
    north(mockpsp, refund_outcome="async", refund_delay="5d")
    order = paid(mockpsp)
    mockpsp.script("refund", {"fail_after": "3d", "reason": reason})
    refund(mockpsp, order, "40.00")
    assert (account(mockpsp, "pending"), account(mockpsp, "refunds-in-flight")) == ("60.00", "40.00")

    mockpsp.advance("3d")

    seen = shown(mockpsp, order)
    assert (seen["status"], seen["refunded_amount"], seen["refunded"]) == ("completed", "0", False)
    assert seen["operations"][-1]["gateway_data"] == {"reason": reason}
    assert told(mockpsp)[-2:] == [PENDING_EVENT, FAILED_EVENT]
    assert account(mockpsp, "refunds-in-flight") == "0.00"


@pytest.mark.parametrize("reason", FAILURE_REASONS)
@pytest.mark.parametrize(("outcome", "delay"), [("sync", "0s"), ("async", "5d")])
def test_a_refund_that_looked_final_fails_for_any_reason(
    mockpsp: Sandbox, outcome: str, delay: str, reason: str
) -> None:
    north(mockpsp, refund_outcome=outcome, refund_delay=delay, refund_fails_after_final="30d")
    order = paid(mockpsp)
    made = refund(mockpsp, order, "40.00")
    mockpsp.advance(delay)
    assert told(mockpsp)[-1] == "transaction.refunded"

    mockpsp.simulate("refund.fail", made, reason=reason, after="20d")
    mockpsp.advance("20d")

    seen = shown(mockpsp, order)
    assert (seen["status"], seen["refunded_amount"], seen["refunded_at"]) == ("completed", "0", None)
    assert seen["operations"][-1]["gateway_data"] == {"reason": reason}
    assert told(mockpsp)[-1] == FAILED_EVENT
    assert mockpsp.balances()["liabilities:customers"] == {"EUR": "-40.00"}
    assert account(mockpsp, "available") == "100.00"


def test_a_failure_scripted_for_later_than_the_psp_lets_refunds_fail_is_refused(mockpsp: Sandbox) -> None:
    north(mockpsp, refund_outcome="async", refund_delay="2d", refund_fails_after_final="10d")
    order = paid(mockpsp)
    mockpsp.script("refund", {"fail_after": "12d1s"})

    answer = refusal(mockpsp, order)
    assert answer["error_type"] == UNSUPPORTED
    assert "refund_fails_after_final" in answer["message"]


@pytest.mark.parametrize(
    ("details", "why"),
    [
        ({"amount": "1.00"}, "currency"),
        ({"amount": "0", "currency": "EUR"}, "more than zero"),
        ({"amount": "1.001", "currency": "EUR"}, "decimals"),
        ({"amount": "1.00", "currency": "XXX"}, "XXX"),
    ],
)
def test_nothing_odd_is_added_to_a_balance(mockpsp: Sandbox, details: dict[str, str], why: str) -> None:
    answer = moved(mockpsp, "balance.add", "sandbox", **details)

    assert answer.status_code == 400
    assert why in answer.json()["message"]
    assert mockpsp.balances() == {}
