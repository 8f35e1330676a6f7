"""A move that needs what is planned for later is refused with the moment that it has to wait for."""

import pytest

from mockpsp.sandbox_client import Sandbox, SandboxError
from tests.contract.test_pending_payments import pending
from tests.mockpsp.api.control.test_moves import paid, refunded


@pytest.mark.parametrize(
    ("planned", "asked"),
    [
        ("chargeback.open", "chargeback.win"),
        ("chargeback.open", "pre_arbitration.open"),
        ("retrieval_request.open", "retrieval_request.answer"),
        ("capture.fail", "capture.succeed"),
    ],
)
def test_it_says_what_is_planned_and_for_when(mockpsp: Sandbox, planned: str, asked: str) -> None:
    transaction = paid(mockpsp)["transaction"]
    mockpsp.advance("7d")  # it has settled
    mockpsp.simulate(planned, transaction, after="3d")

    with pytest.raises(SandboxError) as refused:
        mockpsp.simulate(asked, transaction)

    says = f"; {planned} on {transaction} is planned for 2026-01-11T00:00:00Z, and has not come yet"
    assert str(refused.value).endswith(says)
    assert mockpsp.get("/sandbox/agenda")["agenda"][-1]["what"] == planned


def test_a_dispute_by_its_id_is_told_so_too(mockpsp: Sandbox) -> None:
    transaction = paid(mockpsp)["transaction"]
    mockpsp.simulate("chargeback.open", transaction, after="3d")

    with pytest.raises(SandboxError, match=r"chargeback\.open on tr_.* is planned for 2026-01-04T00:00:00Z"):
        mockpsp.simulate("chargeback.win", transaction, dispute="tr_op_none")


def test_a_refund_that_is_to_fail_is_told_when(mockpsp: Sandbox) -> None:
    refund = refunded(mockpsp, paid(mockpsp)["transaction"])
    mockpsp.simulate("refund.fail", refund, after="3d")

    with pytest.raises(SandboxError, match=f"refund.fail on {refund} is planned for 2026-01-04T00:00:00Z"):
        mockpsp.simulate("refund.settle", refund)


def test_what_is_planned_about_something_else_is_not_told(mockpsp: Sandbox) -> None:
    transaction = paid(mockpsp)["transaction"]
    mockpsp.simulate("fraud_notification.send", transaction, after="3d")

    with pytest.raises(SandboxError) as refused:
        mockpsp.simulate("chargeback.win", transaction)

    assert "planned" not in str(refused.value)


def test_the_same_move_planned_is_nothing_to_wait_for(mockpsp: Sandbox) -> None:
    """A debit that was confirmed by hand keeps what was planned for it, which then does nothing."""
    transaction = pending(mockpsp)
    mockpsp.simulate("payment.confirm", transaction)
    assert "payment.confirm" in [one["what"] for one in mockpsp.get("/sandbox/agenda")["agenda"]]

    with pytest.raises(SandboxError, match=r"this one is completed$"):
        mockpsp.simulate("payment.confirm", transaction)


def test_once_it_has_come_nothing_is_said_of_it(mockpsp: Sandbox) -> None:
    transaction = paid(mockpsp)["transaction"]
    mockpsp.simulate("chargeback.open", transaction, after="3d")
    mockpsp.advance("3d")

    assert mockpsp.simulate("chargeback.win", transaction)["what"] == "chargeback.win"
