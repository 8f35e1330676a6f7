"""Universes on the wall clock: what falls due happens by itself, and nobody waits for a receiver that hangs."""

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from mockpsp import wallclock
from mockpsp.config import Settings
from mockpsp.sandbox_client import Sandbox
from tests.mockpsp.worlds import PATIENCE_S, Hook, Shop, holds_soon, serving

pytestmark = pytest.mark.slow

FAILED = "transaction.operation.refund.failed"
SALE = ["transaction.requested", "transaction.authorized", "transaction.captured"]
WALL = Settings(db=":memory:", clock="wall")


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    with serving(WALL) as (url, _):
        yield url


@pytest.fixture
def wall(url: str, request: pytest.FixtureRequest) -> Iterator[Sandbox]:
    name = request.node.name.removeprefix("test_")[:64]
    with Sandbox(url, f"test-proj_{name}", f"key_sandbox_{name}") as sandbox:
        yield sandbox


def paid(sandbox: Sandbox, **more: object) -> str:
    invoice = sandbox.post("/invoices", {"name": "A", "amount": "10", "currency": "EUR", **more})["invoice"]["id"]
    return str(sandbox.post(f"/invoices/{invoice}/capture", {"source": sandbox.card()})["transaction"]["id"])


def refunded(sandbox: Sandbox, transaction: str) -> str:
    return str(sandbox.post(f"/transactions/{transaction}/refunds", {"amount": "4"})["refund"]["id"])


def subscribe(sandbox: Sandbox, shop: Shop, *topics: str) -> None:
    sandbox.post("/sandbox/webhook-endpoints", {"url": shop.url, **({"topics": topics} if topics else {})})


def states(sandbox: Sandbox) -> list[str]:
    return [item["state"] for item in sandbox.get("/sandbox/deliveries")["deliveries"]]


def test_a_universe_on_the_wall_clock_gets_its_deliveries_by_itself(wall: Sandbox) -> None:
    with Shop() as shop:
        subscribe(wall, shop)

        paid(wall)

        assert shop.wait_for(3)
        assert shop.names() == SALE


def test_an_effect_due_at_once_runs_by_itself(wall: Sandbox) -> None:
    with Shop() as shop:
        subscribe(wall, shop, FAILED)
        wall.script("refund", {"fail_after": "0s"})

        refunded(wall, paid(wall))

        assert shop.wait_for(1, FAILED)


def test_an_effect_due_in_a_moment_runs_by_itself(wall: Sandbox) -> None:
    with Shop() as shop:
        subscribe(wall, shop, FAILED)
        wall.script("refund", {"fail_after": "1s"})

        refunded(wall, paid(wall))

        assert shop.wait_for(1, FAILED)


def test_what_comes_up_for_an_endpoint_that_is_busy_wakes_nobody_and_goes_out_in_order() -> None:
    woken: list[int] = []
    with serving(WALL) as (url, app), Sandbox(url, "test-proj_busy", "key_sandbox_busy") as wall, Shop() as shop:
        subscribe(wall, shop)
        may_answer = threading.Event()
        shop.answer = lambda hook: 200 if may_answer.wait(PATIENCE_S) else 500
        wall.post("/customers", {"first_name": "0"})
        assert shop.wait_for(1)
        wake = app.timeline.notify_driver

        def counting(no: int) -> None:
            woken.append(no)
            wake(no)

        app.timeline.notify_driver = counting
        for number in range(1, 20):
            wall.post("/customers", {"first_name": str(number)})
        assert woken == []
        may_answer.set()

        assert shop.wait_for(20)
        told = [event["id"] for event in wall.get("/events?limit=20&order=asc")["events"]]
        assert [hook.event_id for hook in shop.hooks] == told
        # Whoever went on with the line says that it has ended.
        assert holds_soon(lambda: len(woken) == 1)


def test_a_universe_put_on_the_wall_clock_starts_to_move(wall: Sandbox) -> None:
    with Shop() as shop:
        wall.reset(mode="manual")
        subscribe(wall, shop)
        paid(wall)
        assert shop.hooks == []

        wall.put("/sandbox/clock", {"mode": "wall"})

        assert shop.wait_for(3)


def test_an_advance_grows_the_offset_and_runs_effects_at_their_time(wall: Sandbox) -> None:
    refund = refunded(wall, paid(wall))
    wall.simulate("refund.fail", refund, after="3d")

    ran = wall.advance("4d")

    assert [(step["what"], step["result"]) for step in ran if step["kind"] == "effect"] == [
        ("capture.settle", "done"),
        ("refund.fail", "done"),
    ]
    offset_s = wall.get("/sandbox/clock")["clock"]["offset_seconds"]
    assert 4 * 86_400 - PATIENCE_S < offset_s <= 4 * 86_400


def test_an_advance_waits_for_the_deliveries_under_way_and_makes_the_rest(wall: Sandbox) -> None:
    may_answer = threading.Event()

    def slow(hook: Hook) -> int:
        return 200 if may_answer.wait(PATIENCE_S) else 500

    with Shop(slow) as shop:
        subscribe(wall, shop)
        transaction = paid(wall)
        assert shop.wait_for(1)
        wall.simulate("refund.fail", refunded(wall, transaction), after="3d")
        advance = threading.Thread(target=wall.advance, args=("4d",))
        advance.start()
        may_answer.set()
        advance.join(PATIENCE_S)

        assert shop.names() == [*SALE, "transaction.refunded", FAILED]
        assert set(states(wall)) == {"delivered"}


def test_a_settle_on_the_wall_clock_sees_to_what_handlers_brought_about(wall: Sandbox) -> None:
    def refund_once(hook: Hook) -> int:
        if hook.event_type == "transaction.captured":
            event = wall.get(f"/events/{hook.event_id}")["event"]
            refunded(wall, event["data"]["transaction"]["id"])
        return 200

    with Shop(refund_once) as shop:
        subscribe(wall, shop)
        paid(wall)

        wall.settle()

        assert shop.names()[-1] == "transaction.refunded"
        assert states(wall) == ["delivered"] * 4


def test_a_receiver_that_hangs_holds_up_neither_other_receivers_nor_answers(wall: Sandbox) -> None:
    with Shop() as hanging, Shop() as brisk:
        hanging.answer = hanging.hang
        subscribe(wall, hanging)
        subscribe(wall, brisk)
        transaction = paid(wall)
        assert hanging.wait_for(1)

        refunded(wall, transaction)

        assert brisk.wait_for(4)
        assert wall.get(f"/transactions/{transaction}")["transaction"]["refunded_amount"] == "4"
        assert len(hanging.hooks) == 1


def test_a_receiver_that_advances_before_it_answers_is_refused_long_before_its_time_is_up(wall: Sandbox) -> None:
    said: list[tuple[int, str]] = []

    def advances_first(hook: Hook) -> int:
        with Sandbox(wall.url, wall.project_id, wall.secret) as own:
            answer = own.call("POST", "/sandbox/clock/advance", {"by": "1d"})
        said.append((answer.status_code, answer.json()["error_type"]))
        return 200

    with Shop() as shop:
        shop.answer = advances_first
        subscribe(wall, shop, "transaction.captured")
        before = wall.get("/sandbox/clock")["clock"]["offset_seconds"]

        paid(wall)

        assert holds_soon(lambda: states(wall) == ["delivered"])
        assert said == [(409, "request.still-processing")]
        assert wall.get("/sandbox/clock")["clock"]["offset_seconds"] == before


def test_a_reset_drops_the_deliveries_of_before_even_one_under_way(wall: Sandbox) -> None:
    with Shop() as hanging:
        hanging.answer = hanging.hang
        subscribe(wall, hanging)
        paid(wall)
        assert hanging.wait_for(1)

        wall.reset()
        hanging.stay.set()
        wall.settle()

        assert states(wall) == []
        assert len(hanging.hooks) == 1


def test_deliveries_owed_when_the_server_ended_are_made_after_a_restart(tmp_path: Path) -> None:
    settings = Settings(db=str(tmp_path / "wall.db"), clock="wall", receiver_timeout_ms=200)
    with Shop() as shop:
        shop.answer = shop.hang
        with serving(settings) as (url, _), Sandbox(url, "test-proj_a", "key_test_a") as sandbox:
            subscribe(sandbox, shop)
            paid(sandbox)
            assert shop.wait_for(1)
        shop.answer = lambda hook: 200

        with serving(settings) as (url, _), Sandbox(url, "test-proj_a", "key_test_a") as sandbox:
            sandbox.advance("1m")
            assert states(sandbox) == ["delivered"] * 3


def test_a_read_that_catches_up_sends_the_webhooks_too(wall: Sandbox) -> None:
    with Shop() as shop:
        subscribe(wall, shop, FAILED)
        wall.simulate("refund.fail", refunded(wall, paid(wall)), after="1s")

        assert shop.wait_for(1, FAILED)


def test_a_clock_set_back_lets_a_universe_stand_still_and_go_on() -> None:
    with (
        serving(Settings(db=":memory:", clock="wall")) as (url, _),
        Sandbox(url, "test-proj_a", "key_test_a") as sandbox,
    ):
        now = sandbox.get("/sandbox/clock")["clock"]["now"]
        with pytest.MonkeyPatch.context() as patch:
            real_ms = wallclock.now_ms
            patch.setattr(wallclock, "now_ms", lambda: real_ms() - 600_000)
            assert sandbox.get("/sandbox/clock")["clock"]["now"] >= now
        assert sandbox.get("/sandbox/clock")["clock"]["now"] >= now


def test_hanging_receivers_of_other_universes_hold_up_nobody(url: str) -> None:
    """150 endpoints that never answer in each of ten universes; six webhooks of another one arrive at once."""
    with Shop() as hanging, Shop() as shop:
        hanging.answer = hanging.hang
        for number in range(10):
            with Sandbox(url, f"test-proj_hang{number}", "key_test_a") as sandbox:
                for _ in range(150):
                    subscribe(sandbox, hanging, "transaction.captured")
                paid(sandbox)
        with Sandbox(url, "test-proj_quick", "key_test_a") as sandbox:
            for _ in range(2):
                subscribe(sandbox, shop)
            started_ms = wallclock.stopwatch_ms()
            paid(sandbox)
            assert shop.wait_for(6)
            took_ms = wallclock.stopwatch_ms() - started_ms

    # A minute before: whoever hung was waited for, five seconds each. The bound is loose for a busy machine.
    assert took_ms < 4_000


def test_a_handler_that_moves_time_before_it_answers_is_told_so(url: str) -> None:
    told: list[str] = []
    with Sandbox(url, "test-proj_handler", "key_test_a") as sandbox:

        def advance_first(hook: Hook) -> int:
            told.append(sandbox.call("POST", "/sandbox/settle", {"wait_ms": 50}).text)
            told.append(sandbox.call("POST", "/sandbox/clock/advance", {"by": "1d", "wait_ms": 50}).text)
            return 200

        with Shop(advance_first) as shop:
            subscribe(sandbox, shop, "transaction.captured")
            paid(sandbox)
            assert shop.wait_for(1)
            assert holds_soon(lambda: states(sandbox) == ["delivered"])

    assert len(told) == 2
    for text in told:
        assert "request.still-processing" in text
        assert "transaction.captured (ev_" in text
        assert "50 ms of waiting (wait_ms)" in text


@pytest.mark.parametrize("clock", ["wall", "manual"])
def test_ending_waits_for_no_receiver_and_loses_nothing(tmp_path: Path, clock: str) -> None:
    settings = Settings(db=str(tmp_path / "end.db"), clock=clock)
    with Shop() as shop:
        shop.answer = shop.hang
        with serving(settings) as (url, _), Sandbox(url, "test-proj_a", "key_test_a") as sandbox:
            for _ in range(30):
                subscribe(sandbox, shop, "transaction.captured")
            paid(sandbox)
            moving = threading.Thread(target=sandbox.call, args=("POST", "/sandbox/clock/advance", {"by": "1h"}))
            moving.start()
            assert shop.wait_for(30)
            started_ms = wallclock.stopwatch_ms()
        took_ms = wallclock.stopwatch_ms() - started_ms
        moving.join(PATIENCE_S)
        shop.answer = lambda hook: 200

        with serving(settings) as (url, _), Sandbox(url, "test-proj_a", "key_test_a") as sandbox:
            sandbox.advance("1h")
            assert states(sandbox) == ["delivered"] * 30

    assert took_ms < 5_000


def test_a_forked_child_talks_on_connections_of_its_own(wall: Sandbox) -> None:
    parents = wall._session
    wall._sessions = {-1: parents}

    assert wall._session is not parents
    assert wall.get("/sandbox")["universe"]["project_id"] == wall.project_id
    parents.close()
