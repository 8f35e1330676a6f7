"""Webhooks that misbehave on purpose: what reaches a receiver, what is recorded, and when it ends."""

import threading
from collections.abc import Iterator
from typing import Any

import pytest

from mockpsp.config import Settings
from mockpsp.sandbox_client import Sandbox
from mockpsp.scenarios.language import verbs
from mockpsp.webhooks import misbehaving
from tests.mockpsp.worlds import Hook, Shop, serving

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


def test_a_duplicate_comes_again_under_the_same_id(sandbox: Sandbox) -> None:
    with Shop() as shop:
        endpoint(sandbox, shop, CAPTURED)
        sandbox.deliver("duplicate")
        pay(sandbox)
        sandbox.settle()

    assert [hook.event_type for hook in shop.hooks] == [CAPTURED, CAPTURED]
    assert len({hook.webhook_id for hook in shop.hooks}) == 1
    (one,) = deliveries(sandbox)
    assert (one["state"], [a["status_code"] for a in one["attempts"]]) == ("delivered", [200, 200])


def test_a_duplicate_waits_until_the_first_was_taken(sandbox: Sandbox) -> None:
    statuses = iter([500, 200, 200])
    with Shop(lambda _: next(statuses)) as shop:
        endpoint(sandbox, shop, CAPTURED)
        sandbox.deliver("duplicate")
        pay(sandbox)
        sandbox.advance("1m")

    assert [a["status_code"] for a in deliveries(sandbox)[0]["attempts"]] == [500, 200, 200]


def test_a_concurrent_duplicate_is_there_before_the_first_is_answered(sandbox: Sandbox) -> None:
    both = threading.Barrier(2)

    def together(_: Hook) -> int:
        both.wait(10)
        return 200

    with Shop(together) as shop:
        endpoint(sandbox, shop, CAPTURED)
        sandbox.deliver("concurrent")
        pay(sandbox)
        sandbox.settle()

    assert [a["status_code"] for a in deliveries(sandbox)[0]["attempts"]] == [200, 200]


def test_a_delay_is_of_the_universes_clock(sandbox: Sandbox) -> None:
    with Shop() as shop:
        endpoint(sandbox, shop, CAPTURED)
        sandbox.deliver("delay 5m")
        pay(sandbox)
        sandbox.advance("4m59s")
        before = len(shop.hooks)
        sandbox.advance("1s")

    assert (before, shop.names()) == (0, [CAPTURED])


def test_a_drop_is_a_recorded_attempt_that_was_never_sent(sandbox: Sandbox) -> None:
    with Shop() as shop:
        endpoint(sandbox, shop, CAPTURED)
        sandbox.deliver("drop")
        pay(sandbox)
        sandbox.settle()
        before = len(shop.hooks)
        sandbox.advance("1m")

    assert (before, shop.names()) == (0, [CAPTURED])
    first, second = deliveries(sandbox)[0]["attempts"]
    assert (first["status_code"], first["error"]) == (None, "dropped on purpose")
    assert second["status_code"] == 200


def test_events_of_one_call_are_turned_round(sandbox: Sandbox) -> None:
    with Shop() as shop:
        endpoint(sandbox, shop)
        sandbox.deliver("reorder")
        pay(sandbox)
        sandbox.settle()

    assert shop.names() == ["transaction.captured", "transaction.authorized", "transaction.requested"]


def test_a_single_one_changes_places_with_its_neighbour(sandbox: Sandbox) -> None:
    with Shop() as shop:
        endpoint(sandbox, shop)
        sandbox.deliver("reorder", event="transaction.requested")
        pay(sandbox)
        sandbox.settle()

    assert shop.names() == ["transaction.authorized", "transaction.requested", "transaction.captured"]


def test_one_alone_is_overtaken_by_the_next_to_that_endpoint(sandbox: Sandbox) -> None:
    with Shop() as shop:
        endpoint(sandbox, shop, CAPTURED, "transaction.refunded")
        sandbox.deliver("reorder", times=1)
        paid = pay(sandbox)
        sandbox.settle()
        sandbox.post(f"/transactions/{paid}/refunds", {"amount": "1.00"})
        sandbox.settle()

    assert shop.names() == ["transaction.refunded", CAPTURED]


def test_one_that_nothing_overtakes_comes_a_minute_late(sandbox: Sandbox) -> None:
    with Shop() as shop:
        endpoint(sandbox, shop, CAPTURED)
        sandbox.deliver("reorder")
        pay(sandbox)
        sandbox.advance("59s")
        before = len(shop.hooks)
        sandbox.advance("1s")

    assert (before, len(shop.hooks)) == (0, 1)


@pytest.mark.parametrize(
    ("word", "signature"),
    [
        ("stale", "invalid"),
        ("future", "invalid"),
        ("wrong_secret", "invalid"),
        ("unsigned", "missing"),
        ("alter", "invalid"),
        ("reserialize", "invalid"),
        ("unknown_event", "valid"),
        ("slow 1s", "valid"),
    ],
)
def test_only_the_first_attempt_is_wrong(sandbox: Sandbox, word: str, signature: str) -> None:
    inbox = sandbox.webhooks((503, 200), [CAPTURED])
    sandbox.deliver(word)
    pay(sandbox)
    sandbox.advance("1m")

    first, second = inbox.received()
    assert (first.signature, second.signature) == (signature, "valid")
    assert first.webhook_id == second.webhook_id


def test_an_unknown_event_is_found_by_nobody(sandbox: Sandbox) -> None:
    answers = []

    def fetch(hook: Hook) -> int:
        answers.append(sandbox.call("GET", f"/events/{hook.event_id}").status_code)
        return 200 if answers[-1] == 200 else 404

    with Shop(fetch) as shop:
        endpoint(sandbox, shop, CAPTURED)
        sandbox.deliver("unknown_event")
        pay(sandbox)
        sandbox.advance("1m")

    assert answers == [404, 200]


def test_several_at_once(sandbox: Sandbox) -> None:
    inbox = sandbox.webhooks(topics=[CAPTURED])
    sandbox.deliver("wrong_secret", "duplicate", "delay 2s")
    pay(sandbox)
    sandbox.advance("2s")

    assert [one.signature for one in inbox.received()] == ["invalid", "valid"]


def test_the_first_rule_that_fits_decides_and_messages_are_counted_not_deliveries(sandbox: Sandbox) -> None:
    with Shop() as one, Shop() as other:
        first, second = endpoint(sandbox, one, CAPTURED), endpoint(sandbox, other, CAPTURED)
        rules = [
            {"match": {"event": CAPTURED}, "times": 1, "do": "duplicate"},
            {"match": {"endpoint": second}, "do": ["drop"]},
        ]
        sandbox.put("/sandbox/delivery", {"rules": rules})
        pay(sandbox)
        sandbox.settle()
        pay(sandbox)
        sandbox.settle()
        shown = sandbox.get("/sandbox/delivery")["delivery"]["rules"]

    assert (len(one.hooks), len(other.hooks)) == (3, 2)
    assert [rule["met"] for rule in shown] == [1, 1]
    assert shown[0] == {"match": {"event": CAPTURED}, "times": 1, "do": "duplicate", "met": 1}
    assert shown[1]["match"] == {"endpoint": second} and first != second


def pay_telling(sandbox: Sandbox, url: str) -> None:
    """A sale whose invoice has an address of its own for webhooks."""
    order = {"name": "Order", "amount": "10.00", "currency": "EUR", "webhook_url": url}
    invoice = sandbox.post("/invoices", order)["invoice"]["id"]
    sandbox.post(f"/invoices/{invoice}/capture", {"source": sandbox.card()})


def test_the_address_that_an_invoice_brings_along_is_named_before_it_is_known(sandbox: Sandbox) -> None:
    with Shop() as shop, Shop() as other:
        endpoint(sandbox, other, CAPTURED)
        (rule,) = sandbox.deliver("duplicate", event=CAPTURED, endpoint=shop.url)
        pay_telling(sandbox, shop.url)
        pay_telling(sandbox, shop.url + "elsewhere")
        sandbox.settle()
        met = sandbox.get("/sandbox/delivery")["delivery"]["rules"][0]["met"]

    assert rule["match"] == {"event": CAPTURED, "endpoint": shop.url}
    assert (shop.names().count(CAPTURED), other.names().count(CAPTURED), met) == (3, 2, 1)


def test_the_address_of_a_tokens_own_webhooks_is_named_as_well(sandbox: Sandbox) -> None:
    with Shop() as shop:
        sandbox.deliver("drop", endpoint=shop.url)
        customer = sandbox.post("/customers")["customer"]["id"]
        sandbox.post(f"/customers/{customer}/tokens", {"source": sandbox.card(), "webhook_url": shop.url})
        sandbox.settle()
        before = len(shop.hooks)
        sandbox.advance("1m")

    assert (before, shop.names()) == (0, ["customer.token.created"])


def test_an_address_is_the_endpoints_and_that_of_invoices(sandbox: Sandbox) -> None:
    """An id is the endpoint's alone."""
    with Shop() as shop:
        one = endpoint(sandbox, shop, CAPTURED)
        (rule,) = sandbox.deliver("drop", event=CAPTURED, endpoint=shop.url)
        pay_telling(sandbox, shop.url)
        sandbox.settle()
        by_address = shop.names().count(CAPTURED)
        sandbox.deliver("drop", event=CAPTURED, endpoint=one)
        pay_telling(sandbox, shop.url)
        sandbox.settle()

    assert rule["match"]["endpoint"] == one
    assert (by_address, shop.names().count(CAPTURED)) == (0, 1)


def test_a_webhook_is_there_early_at_the_address_of_an_invoice(sandbox: Sandbox) -> None:
    with Shop() as shop:
        sandbox.deliver("early", event=CAPTURED, endpoint=shop.url)
        pay_telling(sandbox, shop.url)
        early = shop.names()

    assert early == [CAPTURED]


def test_a_universe_is_the_same_whatever_address_a_rule_names(sandbox: Sandbox) -> None:
    digests = set()
    for address in ("http://127.0.0.1:9/a", "http://127.0.0.1:10/b"):
        sandbox.reset()
        sandbox.deliver("drop", endpoint=address)
        digests.add(sandbox.get("/sandbox/digest")["digest"])

    assert len(digests) == 1


def test_put_replaces_all_rules_and_a_reset_drops_them(sandbox: Sandbox) -> None:
    sandbox.deliver("drop")
    sandbox.deliver("duplicate", times=3)
    replaced = sandbox.get("/sandbox/delivery")["delivery"]["rules"]
    sandbox.reset()

    assert [rule["do"] for rule in replaced] == ["duplicate"]
    assert sandbox.get("/sandbox/delivery")["delivery"]["rules"] == []


@pytest.mark.parametrize(
    ("rule", "words"),
    [
        ({"do": "duplicat"}, "is not one of duplicate, concurrent, reorder, delay SPAN"),
        ({"do": "duplicat"}, "did you mean 'duplicate'?"),
        ({"do": "wrong-secret"}, "did you mean 'wrong_secret'?"),
        ({"do": "DROP"}, "did you mean 'drop'?"),
        ({"do": "normal"}, "an empty list of rules has every webhook behave"),
        ({"do": "delay 2bd"}, "delay takes no business days"),
        ({"do": ["drop", "slow 3s"]}, "drop and slow don't go together"),
        ({"do": ["stale", "drop"]}, "drop and stale don't go together"),
        ({"do": ["unsigned", "wrong_secret"]}, "unsigned and wrong_secret don't go together"),
        ({"do": "drop", "match": {"event": ""}}, "event: is given but empty"),
        ({"do": "drop", "match": {"endpoint": ""}}, "endpoint: is given but empty"),
        ({"do": "drop", "match": {"event": "plan.created"}}, "'plan.created' never fires here"),
        ({"do": []}, "a list of such texts"),
        ({"do": 3}, "must be a text such as duplicate"),
        ({"do": "delay"}, "delay needs a span"),
        ({"do": "duplicate 3s"}, "duplicate takes no span"),
        ({"do": "slow 2h"}, "slow takes a span from 1s to 1m, not 2h"),
        ({"do": ["early", "delay 1s"]}, "don't go together"),
        ({"do": ["drop", "early"]}, "drop and early don't go together"),
        ({"do": ["stale", "future"]}, "stale and future don't go together"),
        ({"do": ["drop", "drop"]}, "drop is said twice"),
        ({"do": "drop", "match": {"event": "transaction.capture"}}, "transaction.captured"),
        ({"do": "drop", "match": {"endpoint": "wbe_nobody"}}, "is no webhook endpoint of this universe"),
        ({"do": "drop", "match": {"endpoint": "localhost:9000/hook"}}, "or the address that invoices and tokens name"),
        ({"do": "drop", "times": 0}, "1 to 1000000"),
        ({"do": "drop", "time": 1}, "did you mean 'times'?"),
    ],
)
def test_what_is_refused_says_why(sandbox: Sandbox, rule: dict[str, Any], words: str) -> None:
    answer = sandbox.call("PUT", "/sandbox/delivery", {"rules": [rule]})

    assert answer.status_code == 400
    assert words in answer.json()["message"]


@pytest.mark.parametrize("word", sorted(misbehaving.WORDS))
def test_drop_goes_with_what_is_not_about_its_first_attempt(sandbox: Sandbox, word: str) -> None:
    said = f"{word} 3s" if word in misbehaving.SPANS else word
    answer = sandbox.call("PUT", "/sandbox/delivery", {"rules": [{"do": ["drop", said]}]})

    assert (answer.status_code == 200) == (word in {"duplicate", "delay", "reorder"})


def test_stories_know_the_same_words() -> None:
    assert tuple(misbehaving.WORDS) == verbs.DELIVERIES
    assert set(verbs.DELIVERY_SPANS) == set(misbehaving.SPANS)
