"""Money that comes back after it looked final, over HTTP: what is shown, told and booked, and how it is scripted."""

import pytest

from mockpsp.sandbox_client import Sandbox
from tests.contract.test_pending_payments import events, pending, transaction


def test_a_pending_debit_fails_with_the_rails_reason_and_its_code(mockpsp: Sandbox) -> None:
    transaction_id = pending(mockpsp)

    mockpsp.simulate("payment.fail", transaction_id, reason="MD01")

    found = transaction(mockpsp, transaction_id)
    assert (found["status"], found["error_code"]) == ("failed", "customer.payment-method-revoked")
    assert found["operations"][-1]["gateway_data"] == {"reason": "MD01"}  # type: ignore[index]


def test_a_code_that_is_given_goes_before_the_reasons_own(mockpsp: Sandbox) -> None:
    transaction_id = pending(mockpsp)

    mockpsp.simulate("payment.fail", transaction_id, reason="AM04", code="card.no-money")

    assert transaction(mockpsp, transaction_id)["error_code"] == "card.no-money"


def test_a_debit_that_was_confirmed_is_returned(mockpsp: Sandbox) -> None:
    transaction_id = pending(mockpsp)
    mockpsp.advance("3bd")

    mockpsp.simulate("payment.fail", transaction_id, reason="AC04")

    found = transaction(mockpsp, transaction_id)
    assert (found["status"], found["captured"], found["captured_amount"]) == ("failed", True, "0")
    assert found["operations"][-1]["gateway_data"] == {"reason": "AC04"}  # type: ignore[index]
    assert events(mockpsp)[-1] == "transaction.failed"
    assert mockpsp.balances()["income:sales"] == {"EUR": "0.00"}


def test_put_off_it_is_made_in_its_time(mockpsp: Sandbox) -> None:
    transaction_id = pending(mockpsp)
    mockpsp.post(
        "/sandbox/simulate", {"what": "payment.fail", "on": transaction_id, "with": {"reason": "AM04"}, "after": "5bd"}
    )

    mockpsp.advance("4bd")
    assert transaction(mockpsp, transaction_id)["status"] == "completed"

    mockpsp.advance("1bd")
    assert transaction(mockpsp, transaction_id)["status"] == "failed"


@pytest.mark.parametrize(
    ("match", "outcome", "says"),
    [
        ({"on": "authorize"}, {"fail_after": "1d"}, "goes with refunds and captures, not with authorize"),
        ({"on": "capture"}, {"fail_after": "1d", "reason": "account_closed"}, "there is no reason 'account_closed'"),
        ({"on": "capture"}, {"fail_after": "1d", "code": "nope"}, "there is no code 'nope'"),
    ],
)
def test_a_script_that_says_nothing_is_refused(
    mockpsp: Sandbox, match: dict[str, str], outcome: dict[str, str], says: str
) -> None:
    answer = mockpsp.call("POST", "/sandbox/rules", {"match": match, "outcome": outcome})

    assert answer.status_code == 400
    assert says in answer.text


def test_another_rails_reason_ends_the_operation_that_meets_its_script(mockpsp: Sandbox) -> None:
    mockpsp.post("/sandbox/rules", {"match": {"on": "capture"}, "outcome": {"fail_after": "1d", "reason": "R01"}})

    with pytest.raises(AssertionError, match="R01 is a reason of ach"):
        pending(mockpsp)
