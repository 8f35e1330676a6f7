"""Disputes over the wire: which one a move is about, and how each shows among a transaction's operations."""

import pytest

from mockpsp.sandbox_client import Sandbox, SandboxError


def paid(mockpsp: Sandbox, amount: str = "100.00") -> str:
    """The transaction of a paid invoice."""
    invoice = mockpsp.post("/invoices", {"name": "Order", "amount": amount, "currency": "EUR"})["invoice"]["id"]
    body = {"source": mockpsp.card("4242424242424242")}
    return str(mockpsp.post(f"/invoices/{invoice}/capture", body)["transaction"]["id"])


def move(mockpsp: Sandbox, what: str, on: str, **details: object) -> dict[str, str]:
    return dict(mockpsp.post("/sandbox/simulate", {"what": what, "on": on, "with": details})["simulated"])


def chargebacks(mockpsp: Sandbox, transaction: str) -> list[dict[str, object]]:
    shown = mockpsp.get(f"/transactions/{transaction}?expand=operations")["transaction"]
    return [operation for operation in shown["operations"] if operation["type"] == "chargeback"]


def test_a_dispute_is_named_by_the_operation_that_opened_it(mockpsp: Sandbox) -> None:
    transaction = paid(mockpsp)

    first = move(mockpsp, "chargeback.open", transaction, amount="60.00")["dispute"]
    second = move(mockpsp, "chargeback.open", transaction, amount="30.00")["dispute"]
    move(mockpsp, "chargeback.lose", transaction, dispute=second)

    opened = [one["id"] for one in chargebacks(mockpsp, transaction) if one["is_attempt"]]
    assert sorted(opened) == sorted([first, second])
    assert mockpsp.balances()["expenses:chargebacks"] == {"EUR": "30.00"}
    assert mockpsp.balances()["assets:psp:sandbox:disputed"] == {"EUR": "60.00"}


def test_what_ends_a_dispute_is_of_one_step_with_what_opened_it(mockpsp: Sandbox) -> None:
    transaction = paid(mockpsp)
    move(mockpsp, "chargeback.open", transaction, amount="60.00")
    second = move(mockpsp, "chargeback.open", transaction, amount="30.00")["dispute"]

    move(mockpsp, "chargeback.win", transaction, dispute=second)
    move(mockpsp, "chargeback.lose", transaction)

    steps: dict[object, list[object]] = {}
    for one in chargebacks(mockpsp, transaction):
        steps.setdefault(one["gateway_operation_id"], []).append((one["amount"], one["is_attempt"]))
    assert sorted(map(sorted, steps.values())) == [  # type: ignore[arg-type, type-var]
        [("30", False), ("30", True)],
        [("60", False), ("60", True)],
    ]


def test_a_dispute_of_another_payment_is_refused_with_those_there_are(mockpsp: Sandbox) -> None:
    transaction, other = paid(mockpsp), paid(mockpsp)
    dispute = move(mockpsp, "chargeback.open", transaction)["dispute"]
    move(mockpsp, "chargeback.open", other)

    with pytest.raises(SandboxError, match="began no dispute of this payment; its disputes: tr_op_"):
        move(mockpsp, "chargeback.lose", other, dispute=dispute)
    with pytest.raises(SandboxError, match="'new' began no dispute of this payment"):
        move(mockpsp, "chargeback.lose", other, dispute="new")


def test_a_dispute_that_is_presented_again_keeps_its_name(mockpsp: Sandbox) -> None:
    mockpsp.put("/sandbox/psps/north", {"like": "sandbox", "second_chargeback": True})
    invoice = {"name": "Order", "amount": "10.00", "currency": "EUR", "metadata": {"mockpsp_gateway": "north"}}
    made = mockpsp.post("/invoices", invoice)["invoice"]["id"]
    body = {"source": mockpsp.card("4242424242424242")}
    transaction = mockpsp.post(f"/invoices/{made}/capture", body)["transaction"]["id"]

    dispute = move(mockpsp, "chargeback.open", transaction)["dispute"]
    move(mockpsp, "chargeback.win", transaction)
    again = move(mockpsp, "chargeback.open", transaction, dispute=dispute)["dispute"]

    assert again == dispute
    assert move(mockpsp, "chargeback.accept", transaction, dispute=dispute)["what"] == "chargeback.accept"


def test_a_part_of_a_dispute_that_is_won_later_is_won_then(mockpsp: Sandbox) -> None:
    transaction = paid(mockpsp)
    move(mockpsp, "chargeback.open", transaction)
    body = {"what": "chargeback.win", "on": transaction, "with": {"amount": "40.00"}, "after": "3d"}
    mockpsp.post("/sandbox/simulate", body)
    assert mockpsp.balances()["assets:psp:sandbox:disputed"] == {"EUR": "100.00"}

    mockpsp.advance("3d")

    assert mockpsp.balances()["expenses:chargebacks"] == {"EUR": "60.00"}


def test_an_empty_part_is_not_won(mockpsp: Sandbox) -> None:
    transaction = paid(mockpsp)
    move(mockpsp, "chargeback.open", transaction)

    with pytest.raises(SandboxError, match="amount"):
        move(mockpsp, "chargeback.win", transaction, amount="")
