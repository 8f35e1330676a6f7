"""Webhooks that reach their receivers before the call that caused them has answered."""

import contextlib
import threading
from collections.abc import Iterator
from typing import Any

import pytest
import requests

from mockpsp.config import Settings
from mockpsp.sandbox_client import Sandbox, SandboxError
from tests.mockpsp.worlds import Hook, Shop, holds_soon, serving

CAPTURED = "transaction.captured"


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    with serving(Settings(db=":memory:", clock="manual")) as (found, _):
        yield found


@pytest.fixture
def sandbox(url: str, request: pytest.FixtureRequest) -> Iterator[Sandbox]:
    name = "".join(letter for letter in request.node.name if letter.isalpha())[:40]
    with Sandbox(url, f"test-proj_{name}", "key_test_a") as found:
        found.reset()
        yield found


def endpoint(sandbox: Sandbox, shop: Shop, *topics: str, **how: Any) -> str:
    body = {"url": shop.url, **({"topics": list(topics)} if topics else {}), **how}
    return str(sandbox.post("/sandbox/webhook-endpoints", body)["webhook_endpoint"]["id"])


def pay(sandbox: Sandbox) -> str:
    invoice = sandbox.post("/invoices", {"name": "Order", "amount": "10.00", "currency": "EUR"})["invoice"]["id"]
    return str(sandbox.post(f"/invoices/{invoice}/capture", {"source": sandbox.card()})["transaction"]["id"])


def deliveries(sandbox: Sandbox) -> list[dict[str, Any]]:
    return list(sandbox.get("/sandbox/deliveries")["deliveries"])


def test_an_early_webhook_is_there_before_the_answer_and_what_it_fetches_is_true(sandbox: Sandbox) -> None:
    seen = []

    def fetch(hook: Hook) -> int:
        about = sandbox.get(f"/events/{hook.event_id}")["event"]["data"]["transaction"]["id"]
        found = sandbox.get(f"/transactions/{about}")["transaction"]
        refund = sandbox.call("POST", f"/transactions/{about}/refunds", {"amount": "1.00"}).status_code
        seen.append((hook.event_type, found["status"], found["captured_amount"], refund))
        return 200

    with Shop(fetch) as shop:
        endpoint(sandbox, shop, CAPTURED)
        sandbox.deliver("early", times=1)
        paid = pay(sandbox)
        before = list(seen)

    assert before == [(CAPTURED, "completed", "10", 200)]
    assert sandbox.get(f"/transactions/{paid}")["transaction"]["refunded_amount"] == "1"
    assert deliveries(sandbox)[0]["state"] == "delivered"


def test_an_early_webhook_that_fails_goes_to_the_ordinary_schedule(sandbox: Sandbox) -> None:
    statuses = iter([500, 200])
    with Shop(lambda _: next(statuses)) as shop:
        endpoint(sandbox, shop, CAPTURED)
        sandbox.deliver("early")
        pay(sandbox)
        (one,) = deliveries(sandbox)
        sandbox.settle()
        soon = len(shop.hooks)
        sandbox.advance("1m")

    assert (one["state"], len(one["attempts"]), soon) == ("pending", 1, 1)
    assert one["next_attempt_at"] > "2026-01-01T00:00:02"
    assert len(shop.hooks) == 2


def test_each_event_of_the_call_is_told_early_in_order(sandbox: Sandbox) -> None:
    with Shop() as shop:
        endpoint(sandbox, shop)
        sandbox.deliver("early")
        pay(sandbox)
        names = shop.names()

    assert names == ["transaction.requested", "transaction.authorized", "transaction.captured"]


def test_a_settle_inside_an_early_webhook_is_refused_at_once(sandbox: Sandbox) -> None:
    answers = []

    def settle(_: Hook) -> int:
        answers.append(sandbox.call("POST", "/sandbox/settle", {}))
        return 200

    with Shop(settle) as shop:
        endpoint(sandbox, shop, CAPTURED)
        sandbox.deliver("early")
        pay(sandbox)
        sandbox.settle()

    assert [answer.status_code for answer in answers] == [409]
    assert "has to answer first" in answers[0].json()["message"]


def test_effects_have_no_call_so_their_webhooks_are_ordinary(sandbox: Sandbox) -> None:
    with Shop() as shop:
        endpoint(sandbox, shop, "transaction.operation.refund.failed")
        paid = pay(sandbox)
        sandbox.script("refund", {"fail_after": "1h"})
        sandbox.deliver("early")
        sandbox.post(f"/transactions/{paid}/refunds", {"amount": "1.00"})
        sandbox.advance("2h")

    assert len(shop.hooks) == 1
    assert sandbox.get("/sandbox/delivery")["delivery"]["rules"][0]["met"] == 0


def test_a_move_by_hand_is_a_call(sandbox: Sandbox) -> None:
    with Shop() as shop:
        endpoint(sandbox, shop, "transaction.chargeback.created")
        paid = pay(sandbox)
        sandbox.deliver("early")
        sandbox.simulate("chargeback.open", paid)

        assert len(shop.hooks) == 1


def test_an_early_webhook_on_the_wall_is_sent_once() -> None:
    with serving(Settings(db=":memory:", clock="wall")) as (url, _), Sandbox(url, "test-proj_w", "key_test_a") as wall:
        with Shop() as shop:
            endpoint(wall, shop, CAPTURED)
            wall.deliver("early")
            for _ in range(10):
                pay(wall)
            early = len(shop.hooks)
            wall.settle()

        assert (early, len(shop.hooks)) == (10, 10)
        assert {len(one["attempts"]) for one in deliveries(wall)} == {1}


def test_after_a_kill_an_early_webhook_is_ordinary(tmp_path: Any) -> None:
    settings = Settings(db=str(tmp_path / "a.db"), clock="manual", receiver_timeout_ms=10_000)
    with Shop() as shop:
        with serving(settings) as (url, state), Sandbox(url, "test-proj_a", "key_test_a") as first:
            endpoint(first, shop, CAPTURED)
            first.deliver("early")
            shop.answer = shop.hang
            caller = threading.Thread(target=lambda: _swallow(lambda: pay(first)))
            caller.start()
            assert shop.wait_for(1)
            state.stop_moving()
            shop.answer = lambda _: 200
        shop.stay.set()
        caller.join(10)
        with serving(settings) as (url, state), Sandbox(url, "test-proj_a", "key_test_a") as second:
            is_known = second.project_id in state.universes.early_asked
            second.settle()
            (one,) = deliveries(second)

    assert is_known
    assert (one["state"], len(one["attempts"])) == ("delivered", 1)
    assert len({hook.webhook_id for hook in shop.hooks}) == 1


def _swallow(call: Any) -> None:
    with contextlib.suppress(SandboxError, OSError, ValueError):
        call()


def test_a_universe_that_asks_for_nothing_makes_nobody_wait(url: str, sandbox: Sandbox) -> None:
    sandbox.deliver("early")
    sandbox.deliver("normal")

    with serving(Settings(db=":memory:", clock="manual")) as (_, state):
        assert state.universes.early_asked == set()
        assert not state.is_busy()


def test_an_advance_meanwhile_waits_for_what_a_call_sends_itself(sandbox: Sandbox) -> None:
    arrived, may_answer = threading.Event(), threading.Event()

    def slowly(hook: Hook) -> int:
        if hook.event_type == CAPTURED:
            arrived.set()
            may_answer.wait(10)
        return 200

    with Shop(slowly) as shop:
        endpoint(sandbox, shop, CAPTURED)
        sandbox.deliver("early")
        caller = threading.Thread(target=pay, args=[sandbox])
        caller.start()
        assert arrived.wait(10)
        refused = sandbox.call("POST", "/sandbox/clock/advance", {"by": "1s"}).status_code
        may_answer.set()
        caller.join(10)

        assert refused == 409
        assert holds_soon(lambda: deliveries(sandbox)[0]["state"] == "delivered")
        assert len(shop.hooks) == 1


def test_a_payer_is_sent_on_after_the_early_webhooks_of_what_was_answered(sandbox: Sandbox) -> None:
    with Shop() as shop:
        endpoint(sandbox, shop)
        sandbox.deliver("early")
        invoice = sandbox.post("/invoices", {"name": "Order", "amount": "10.00", "currency": "EUR"})["invoice"]["id"]
        paid = sandbox.call("POST", f"/invoices/{invoice}/capture", {"source": sandbox.card("4000000000000101")}).json()
        before = shop.names()
        page = paid["customer_action"]["value"]
        answer = requests.post(page, {"answer": "authenticate"}, timeout=10, allow_redirects=False)
        passed = shop.names()[len(before) :]

    assert answer.status_code in (200, 303)
    assert (before, passed) == (["transaction.requested"], ["transaction.authorized", CAPTURED])
    assert {one["state"] for one in deliveries(sandbox)} == {"delivered"}
