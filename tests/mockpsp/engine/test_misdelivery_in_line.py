"""Webhooks that misbehave where order or another timing says when they go out."""

from collections.abc import Iterator
from typing import Any

import pytest

from mockpsp.config import Settings
from mockpsp.sandbox_client import Sandbox
from tests.mockpsp.worlds import Shop, serving

REQUESTED, AUTHORIZED, CAPTURED = "transaction.requested", "transaction.authorized", "transaction.captured"


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    with serving(Settings(db=":memory:", clock="manual")) as (url, _), Sandbox(url, "test-proj_a", "key_test_a") as one:
        yield one


def endpoint(sandbox: Sandbox, shop: Shop, *topics: str, **how: Any) -> str:
    body = {"url": shop.url, **({"topics": list(topics)} if topics else {}), **how}
    return str(sandbox.post("/sandbox/webhook-endpoints", body)["webhook_endpoint"]["id"])


def pay(sandbox: Sandbox) -> str:
    """The id of the event `transaction.captured` of a sale."""
    invoice = sandbox.post("/invoices", {"name": "Order", "amount": "10.00", "currency": "EUR"})["invoice"]["id"]
    sandbox.post(f"/invoices/{invoice}/capture", {"source": sandbox.card()})
    return str(sandbox.get("/events?limit=1")["events"][0]["id"])


def rules(sandbox: Sandbox, *wanted: tuple[str, str]) -> None:
    asked = [{"match": {"event": event}, "do": do} for event, do in wanted]
    sandbox.put("/sandbox/delivery", {"rules": asked})


def test_a_delay_lasts_also_for_what_stands_in_line(sandbox: Sandbox) -> None:
    with Shop() as shop:
        endpoint(sandbox, shop, order="strict")
        rules(sandbox, (CAPTURED, "delay 5m"))
        pay(sandbox)
        sandbox.settle()
        soon = shop.names()
        sandbox.advance("5m")

    assert soon == [REQUESTED, AUTHORIZED]
    assert shop.names() == [REQUESTED, AUTHORIZED, CAPTURED]


def test_in_a_strict_line_one_that_was_alone_is_overtaken_by_the_next(sandbox: Sandbox) -> None:
    with Shop() as shop:
        endpoint(sandbox, shop, CAPTURED, order="strict")
        sandbox.deliver("reorder", times=1)
        first = pay(sandbox)
        sandbox.settle()
        before = len(shop.hooks)
        second, third = pay(sandbox), pay(sandbox)
        sandbox.settle()

    assert before == 0
    assert [hook.event_id for hook in shop.hooks] == [second, first, third]


def test_nothing_overtakes_the_oldest_of_a_strict_line(sandbox: Sandbox) -> None:
    statuses = iter([500, 200, 200, 200])
    with Shop(lambda _: next(statuses)) as shop:
        endpoint(sandbox, shop, CAPTURED, schedule="adyen")
        first = pay(sandbox)
        sandbox.settle()
        sandbox.deliver("reorder", times=1)
        second, third = pay(sandbox), pay(sandbox)
        sandbox.settle()
        before = [hook.event_id for hook in shop.hooks]
        sandbox.advance("3m")

    assert before == [first]
    assert [hook.event_id for hook in shop.hooks] == [first, first, third, second]


def test_an_unfinished_dead_letter_of_a_strict_line_holds_up_those_behind_it(sandbox: Sandbox) -> None:
    statuses = iter([410, 500])
    with Shop(lambda _: next(statuses, 200)) as shop:
        one = endpoint(sandbox, shop, CAPTURED, schedule="standard", order="strict")
        ids = [pay(sandbox) for _ in range(3)]
        sandbox.settle()
        sandbox.post(f"/sandbox/webhook-endpoints/{one}/enable")
        retried = sandbox.post("/sandbox/deliveries/retry")["retried"]
        sandbox.settle()
        soon = [hook.event_id for hook in shop.hooks]
        sandbox.advance("1h")

    assert retried == 3
    assert soon == [ids[0], ids[0]]
    assert [hook.event_id for hook in shop.hooks] == [ids[0], ids[0], *ids]


def test_what_was_sent_again_waits_for_the_oldest_of_a_strict_line(sandbox: Sandbox) -> None:
    with Shop(lambda _: 500) as shop:
        endpoint(sandbox, shop, CAPTURED, schedule="none", order="strict")
        ids = [pay(sandbox) for _ in range(3)]
        sandbox.settle()
        shop.answer = lambda _: 200
        sandbox.post("/sandbox/deliveries/retry")
        sandbox.settle()

    assert [hook.event_id for hook in shop.hooks] == [*ids, *ids]


def test_who_is_delayed_or_early_changes_places_with_nobody(sandbox: Sandbox) -> None:
    with Shop() as shop:
        endpoint(sandbox, shop)
        rules(sandbox, (AUTHORIZED, "reorder"), (CAPTURED, "delay 5m"))
        pay(sandbox)
        sandbox.settle()
        soon = shop.names()
        sandbox.advance("5m")
        rules(sandbox, (AUTHORIZED, "reorder"), (CAPTURED, "early"))
        pay(sandbox)
        early = shop.names()[3:]
        sandbox.settle()

    assert soon == [AUTHORIZED, REQUESTED]
    assert shop.names()[:3] == [AUTHORIZED, REQUESTED, CAPTURED]
    assert early == [CAPTURED]
    assert shop.names()[3:] == [CAPTURED, AUTHORIZED, REQUESTED]


REFUNDED = "transaction.refunded"


def refunding(sandbox: Sandbox, shop: Shop, do: str, **how: Any) -> str:
    """A sale whose event waits alone for the next one, which is that of a refund and misbehaves in another way."""
    endpoint(sandbox, shop, CAPTURED, REFUNDED, **how)
    rules(sandbox, (CAPTURED, "reorder"), (REFUNDED, do))
    pay(sandbox)
    sandbox.settle()
    assert shop.hooks == []
    return str(sandbox.get("/transactions?limit=1")["transactions"][0]["id"])


def refund(sandbox: Sandbox, paid: str) -> None:
    sandbox.post(f"/transactions/{paid}/refunds", {"amount": "1.00"})


def test_one_alone_goes_right_behind_an_early_one(sandbox: Sandbox) -> None:
    with Shop() as shop:
        paid = refunding(sandbox, shop, "early")
        refund(sandbox, paid)
        early = shop.names()

    assert early == [REFUNDED, CAPTURED]


def test_one_alone_goes_right_behind_one_that_is_delayed_within_its_minute(sandbox: Sandbox) -> None:
    with Shop() as shop:
        paid = refunding(sandbox, shop, "delay 3s")
        sandbox.advance("30s")
        refund(sandbox, paid)
        sandbox.advance("2s")
        before = len(shop.hooks)
        sandbox.advance("1s")

    assert (before, shop.names()) == (0, [REFUNDED, CAPTURED])


def test_one_alone_waits_its_minute_for_one_that_is_delayed_for_longer(sandbox: Sandbox) -> None:
    with Shop() as shop:
        paid = refunding(sandbox, shop, "delay 45s")
        sandbox.advance("30s")
        refund(sandbox, paid)
        sandbox.advance("30s")
        minute = shop.names()
        sandbox.advance("15s")

    assert (minute, shop.names()) == ([CAPTURED], [CAPTURED, REFUNDED])


@pytest.mark.parametrize(("do", "soon"), [("early", [CAPTURED, REFUNDED]), ("delay 3s", [CAPTURED])])
def test_in_a_strict_line_one_alone_has_nothing_to_wait_for_then(sandbox: Sandbox, do: str, soon: list[str]) -> None:
    with Shop() as shop:
        paid = refunding(sandbox, shop, do, order="strict")
        refund(sandbox, paid)
        sandbox.settle()
        first = shop.names()
        sandbox.advance("3s")

    assert (first, shop.names()) == (soon, [CAPTURED, REFUNDED])


def test_one_whose_minute_is_over_waits_for_nobody_any_more(sandbox: Sandbox) -> None:
    """A retry of it keeps its time, and the next one that is to change places waits in its turn."""
    statuses = iter([500])
    with Shop(lambda _: next(statuses, 200)) as shop:
        endpoint(sandbox, shop, CAPTURED, schedule="gocardless")
        rules(sandbox, (CAPTURED, "reorder"))
        first = pay(sandbox)
        sandbox.advance("1m")
        second = pay(sandbox)
        sandbox.settle()
        tried = [hook.event_id for hook in shop.hooks]
        sandbox.advance("1m")

    assert tried == [first]
    assert [hook.event_id for hook in shop.hooks] == [first, first, second]
