"""`Sandbox.fork`, as the fixture `mockpsp` has it."""

from mockpsp.sandbox_client import Sandbox
from tests.mockpsp.everything import paid


def test_a_fork_has_receivers_of_its_own_that_go_on_from_there(mockpsp: Sandbox) -> None:
    shop = mockpsp.webhooks(answers=(500, 200))
    paid(mockpsp)
    mockpsp.settle()

    with mockpsp.fork() as future:
        future.advance("1d")

        assert [one.answered for one in shop.received()] == [500, 500, 500]
        assert [one.answered for one in future.twin(shop).received()] == [500, 500, 500, 200, 200, 200]


def test_two_futures_of_one_moment_go_apart(mockpsp: Sandbox) -> None:
    transaction = paid(mockpsp)
    refunds = f"/transactions/{transaction}/refunds"

    with mockpsp.fork() as kept, mockpsp.fork() as returned:
        returned.post(refunds, {"amount": "30.00"})

        assert kept.get(f"/transactions/{transaction}")["transaction"]["refunded_amount"] == "0"
        assert returned.get(f"/transactions/{transaction}")["transaction"]["refunded_amount"] == "30"
        assert kept.project_id != returned.project_id


def test_a_fork_goes_back_to_a_snapshot(mockpsp: Sandbox) -> None:
    before = mockpsp.snapshot("empty")
    paid(mockpsp)

    with mockpsp.fork(at=before) as past:
        assert past.get("/transactions")["transactions"] == []
