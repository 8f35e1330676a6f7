"""What PSPs let merchants do with a hold: each fact that allows or forbids, over HTTP, the refusal beside the deed."""

from typing import Any

import pytest

from mockpsp.sandbox_client import Sandbox

UNSUPPORTED = "request.gateway.operation-not-supported"
CAPTURE_DECLINED = "4000000000000010"


def north(mockpsp: Sandbox, **facts: Any) -> None:
    """This universe's payments go to a PSP with these facts."""
    mockpsp.put("/sandbox/psps/north", {"like": "sandbox", **facts})
    mockpsp.put("/sandbox/routing", {"default": "north"})


def invoice(mockpsp: Sandbox, amount: str = "100.00", currency: str = "EUR", **more: Any) -> str:
    body = {"name": "Order", "amount": amount, "currency": currency, **more}
    return str(mockpsp.post("/invoices", body)["invoice"]["id"])


def held(mockpsp: Sandbox, number: str = "4242424242424242", currency: str = "EUR", **more: Any) -> str:
    """The invoice of a hold of 100.00."""
    made = invoice(mockpsp, currency=currency)
    mockpsp.post(f"/invoices/{made}/authorize", {"source": mockpsp.card(number), **more})
    return made


def does(mockpsp: Sandbox, on: str, verb: str, **body: Any) -> dict[str, Any]:
    return dict(mockpsp.post(f"/invoices/{on}/{verb}", body)["transaction"])


def refusal(mockpsp: Sandbox, on: str, verb: str, **body: Any) -> dict[str, Any]:
    """What a refused request was told; the books are as they were."""
    before = mockpsp.balances()
    answer = mockpsp.call("POST", f"/invoices/{on}/{verb}", body)
    assert answer.status_code == 400, answer.text
    assert mockpsp.balances() == before
    return dict(answer.json())


def memo(mockpsp: Sandbox) -> dict[str, str]:
    return mockpsp.balances().get("memo:authorized:north", {})


@pytest.mark.parametrize(
    ("over_capture", "currency", "most", "beyond"),
    [
        ({"rate": "15%"}, "EUR", "115.00", "115.01"),
        ({"cap": {"EUR": "10.00"}}, "EUR", "110.00", "110.01"),
        ({"rate": "15%", "cap": ["10.00 EUR"]}, "EUR", "110.00", "110.01"),
        ({"rate": "5%", "cap": "10.00 EUR"}, "EUR", "105.00", "105.01"),
        ({"rate": "15%", "cap": "10 USD"}, "EUR", "100.00", "100.01"),
        ({"rate": "0.001%"}, "KWD", "100.001", "100.002"),
        ("none", "EUR", "100.00", "100.01"),
    ],
)
def test_a_capture_beyond_the_hold_goes_as_far_as_the_psp_tolerates(
    mockpsp: Sandbox, over_capture: Any, currency: str, most: str, beyond: str
) -> None:
    north(mockpsp, over_capture=over_capture)
    order = held(mockpsp, currency=currency)

    told = refusal(mockpsp, order, "capture", capture_amount=beyond)
    assert told["error_type"] == "request.validation.invalid-amount"
    assert "north" in told["message"]
    assert "over_capture: " in told["message"]
    shown = does(mockpsp, order, "capture", capture_amount=most)
    assert float(shown["captured_amount"]) == float(most)
    assert memo(mockpsp)[currency].strip("0.") == ""


def test_money_captured_beyond_the_hold_can_be_refunded_and_settles_like_any_other(mockpsp: Sandbox) -> None:
    north(mockpsp, over_capture={"rate": "15%"}, fees={"capture": {"rate": "1%"}})
    order = held(mockpsp)
    does(mockpsp, order, "capture", capture_amount="110.00")
    assert mockpsp.balances()["assets:psp:north:pending"] == {"EUR": "108.90"}

    mockpsp.advance("3d")
    mockpsp.post(f"/invoices/{order}/refunds", {"amount": "110.00"})

    assert mockpsp.balances()["assets:psp:north:available"] == {"EUR": "-1.10"}


def test_two_captures_may_go_beyond_the_hold_together_and_not_further(mockpsp: Sandbox) -> None:
    north(mockpsp, over_capture={"rate": "15%"})
    order = held(mockpsp)
    does(mockpsp, order, "capture", capture_amount="60.00", capture_type="non-final")

    assert "55.00 EUR at most" in refusal(mockpsp, order, "capture", capture_amount="55.01")["message"]
    shown = does(mockpsp, order, "capture", capture_amount="55.00")
    assert (shown["captured_amount"], shown["authorized_amount"]) == ("115", "100")
    assert "nothing is held" in refusal(mockpsp, order, "capture", capture_amount="0.01")["message"]


def test_a_second_capture_after_the_first_was_final_is_refused(mockpsp: Sandbox) -> None:
    north(mockpsp, partial_capture="once")
    order = held(mockpsp)
    shown = does(mockpsp, order, "capture", capture_amount="30.00", capture_type="non-final")

    assert (shown["captured_amount"], shown["voided_amount"]) == ("30", "70")
    assert "nothing is held" in refusal(mockpsp, order, "capture", capture_amount="1.00")["message"]


def test_captures_end_with_the_psps_count_and_the_refusal_says_so(mockpsp: Sandbox) -> None:
    north(mockpsp, captures_max=2)
    order = held(mockpsp)
    for _ in range(2):
        does(mockpsp, order, "capture", capture_amount="10.00")

    told = refusal(mockpsp, order, "capture", capture_amount="10.00")
    assert told["error_type"] == UNSUPPORTED
    assert "north captures a payment at most 2 times (captures_max: 2)" in told["message"]


def test_an_increment_past_the_psps_count_is_refused_by_name(mockpsp: Sandbox) -> None:
    north(mockpsp, increments_max=1)
    order = held(mockpsp, incremental=True)
    does(mockpsp, order, "increment_authorization", amount="10.00")

    told = refusal(mockpsp, order, "increment_authorization", amount="10.00")
    assert told["error_type"] == UNSUPPORTED
    assert "increments_max: 1" in told["message"]


def test_a_declined_increment_counts(mockpsp: Sandbox) -> None:
    north(mockpsp, increments_max=1)
    order = held(mockpsp, "4000000000000531", incremental=True)
    assert mockpsp.call("POST", f"/invoices/{order}/increment_authorization", {"amount": "10"}).status_code == 410

    assert "increments_max: 1" in refusal(mockpsp, order, "increment_authorization", amount="10.00")["message"]


def test_incremental_is_refused_where_the_psp_cannot_unless_the_invoice_lets_it_go_on_without(
    mockpsp: Sandbox,
) -> None:
    north(mockpsp, incremental_authorization=False)
    paying = {"source": mockpsp.card(), "incremental": True}
    told = refusal(mockpsp, invoice(mockpsp), "authorize", **paying)
    assert told["error_type"] == UNSUPPORTED
    assert "unsupported_feature_bypass.incremental_authorization" in told["message"]

    bypassing = invoice(mockpsp, unsupported_feature_bypass={"incremental_authorization": True})
    assert does(mockpsp, bypassing, "authorize", **paying)["status"] == "authorized"

    told = refusal(mockpsp, bypassing, "increment_authorization", amount="1.00")
    assert "north cannot raise a hold (incremental_authorization: no)" in told["message"]


def test_a_hold_that_ran_out_says_so_on_its_operation_and_to_whoever_captures_too_late(mockpsp: Sandbox) -> None:
    north(mockpsp, authorization_lifetime="5d")
    order = held(mockpsp)
    mockpsp.advance("5d")

    shown = mockpsp.get(f"/invoices/{order}?expand=transaction.operations")["invoice"]["transaction"]
    assert (shown["status"], shown["voided_amount"]) == ("voided", "100")
    assert shown["operations"][-1]["gateway_data"] == {"reason": "authorization-expired"}
    assert "its hold ran out" in refusal(mockpsp, order, "capture")["message"]


def test_the_rest_of_a_hold_runs_out_and_a_later_capture_is_told_when(mockpsp: Sandbox) -> None:
    north(mockpsp, authorization_lifetime="5d")
    order = held(mockpsp)
    does(mockpsp, order, "capture", capture_amount="40.00")
    mockpsp.advance("5d")

    assert "ran out at 2026-01-06T00:00:00Z" in refusal(mockpsp, order, "capture", capture_amount="1.00")["message"]
    assert memo(mockpsp) == {"EUR": "0.00"}


def test_a_capture_taken_on_is_confirmed_after_the_psps_delay(mockpsp: Sandbox) -> None:
    north(mockpsp, capture_outcome="async", capture_delay="2h", fees={"capture": {"fixed": "0.30 EUR"}})
    order = held(mockpsp)
    shown = does(mockpsp, order, "capture", capture_amount="40.00")
    assert (shown["status"], shown["captured"], shown["captured_amount"]) == ("pending-capture", False, "0")
    assert "assets:psp:north:pending" not in mockpsp.balances()

    mockpsp.advance("2h")

    assert mockpsp.get(f"/invoices/{order}?expand=transaction")["invoice"]["transaction"]["status"] == "completed"
    assert mockpsp.balances()["assets:psp:north:pending"] == {"EUR": "39.70"}
    assert memo(mockpsp) == {"EUR": "60.00"}


def test_what_captures_under_way_claimed_is_nobody_elses(mockpsp: Sandbox) -> None:
    north(mockpsp, capture_outcome="async", capture_delay="1d")
    order = held(mockpsp)
    does(mockpsp, order, "capture", capture_amount="40.00")
    does(mockpsp, order, "capture", capture_amount="30.00")

    assert "still held" in refusal(mockpsp, order, "capture", capture_amount="30.01")["message"]
    assert "still held" in refusal(mockpsp, order, "void", amount="30.01")["message"]
    assert does(mockpsp, order, "void")["voided_amount"] == "30"
    mockpsp.advance("1d")
    assert memo(mockpsp) == {"EUR": "0.00"}


@pytest.mark.parametrize("sold_at_once", [True, False])
def test_a_declined_capture_of_a_psp_that_takes_its_time_is_told_later(mockpsp: Sandbox, sold_at_once: bool) -> None:
    north(mockpsp, capture_outcome="async", capture_delay="1d")
    if sold_at_once:
        order = invoice(mockpsp)
        does(mockpsp, order, "capture", source=mockpsp.card(CAPTURE_DECLINED))
    else:
        order = held(mockpsp, CAPTURE_DECLINED)
        assert does(mockpsp, order, "capture")["status"] == "pending-capture"

    mockpsp.advance("1d")

    shown = mockpsp.get(f"/invoices/{order}?expand=transaction")["invoice"]["transaction"]
    assert (shown["status"], shown["captured_amount"], shown["error_code"]) == ("authorized", "0", "card.declined")
    assert memo(mockpsp) == {"EUR": "100.00"}


def test_a_scripted_decline_is_told_later_too(mockpsp: Sandbox) -> None:
    north(mockpsp, capture_outcome="async", capture_delay="1d")
    mockpsp.script("capture", "card.do-not-honor")
    order = held(mockpsp)
    assert does(mockpsp, order, "capture")["status"] == "pending-capture"

    mockpsp.advance("1d")

    assert mockpsp.get(f"/invoices/{order}?expand=transaction")["invoice"]["transaction"]["status"] == "authorized"


def test_a_hold_that_runs_out_while_a_capture_is_under_way_is_released_when_that_fails(mockpsp: Sandbox) -> None:
    north(mockpsp, capture_outcome="async", capture_delay="5d", authorization_lifetime="2d")
    order = held(mockpsp)
    does(mockpsp, order, "capture", capture_amount="70.00")
    mockpsp.advance("3d")
    assert memo(mockpsp) == {"EUR": "70.00"}

    mockpsp.simulate("capture.fail", order)

    assert memo(mockpsp) == {"EUR": "0.00"}
    shown = mockpsp.get(f"/invoices/{order}?expand=transaction")["invoice"]["transaction"]
    assert (shown["status"], shown["voided_amount"]) == ("voided", "100")


@pytest.mark.parametrize(
    ("what", "needs"), [("capture.confirm", "under way"), ("capture.succeed", "that failed after it was through")]
)
def test_a_move_of_a_capture_needs_one_that_it_is_about(mockpsp: Sandbox, what: str, needs: str) -> None:
    order = held(mockpsp)
    does(mockpsp, order, "capture")

    answer = mockpsp.call("POST", "/sandbox/simulate", {"what": what, "on": order})
    assert answer.status_code == 400
    assert f"{what} needs a capture {needs}" in answer.json()["message"]


def test_a_partial_void_is_refused_by_name_where_the_psp_cannot(mockpsp: Sandbox) -> None:
    north(mockpsp, partial_void=False)
    order = held(mockpsp)

    told = refusal(mockpsp, order, "void", amount="10.00")
    assert told["error_type"] == UNSUPPORTED
    assert "partial_void: no" in told["message"]
    assert does(mockpsp, order, "void")["status"] == "voided"


def test_a_void_is_refused_by_name_where_the_psp_cannot(mockpsp: Sandbox) -> None:
    north(mockpsp, void=False, authorization_lifetime="5d")
    order = held(mockpsp)

    assert "void: no" in refusal(mockpsp, order, "void")["message"]
    mockpsp.advance("5d")
    assert memo(mockpsp) == {"EUR": "0.00"}
