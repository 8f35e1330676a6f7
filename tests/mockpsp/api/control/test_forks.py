"""Forks: a copy is the same world, and from then on another."""

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from mockpsp.config import Settings
from mockpsp.sandbox_client import Sandbox
from tests.mockpsp.everything import furnish, invoice, paid
from tests.mockpsp.worlds import Shop, serving


def forked(world: Sandbox, name: str = "copy", **how: Any) -> Sandbox:
    """A fork under a name of its own."""
    taken = f"{world.project_id}-{name}"
    world.post("/sandbox/forks", {"as": taken, **how})
    return Sandbox(world.url, taken, world.secret)


def digest(world: Sandbox) -> str:
    return str(world.get("/sandbox/digest")["digest"])


def told(world: Sandbox) -> list[Any]:
    """What the books and events of a universe say."""
    events = world.get("/events?order=asc&limit=100")["events"]
    return [world.balances(), [(event["id"], event["name"]) for event in events]]


@pytest.fixture
def furnished(mockpsp: Sandbox) -> Sandbox:
    furnish(mockpsp)
    return mockpsp


# The same world.


def test_a_fork_has_its_parents_digest(furnished: Sandbox) -> None:
    before = digest(furnished)

    with closing(forked(furnished)) as fork:
        assert digest(fork) == before
        assert digest(furnished) == before
        assert told(fork) == told(furnished)


def test_a_fork_of_a_fork_has_it_too(furnished: Sandbox) -> None:
    with closing(forked(furnished)) as fork, closing(forked(fork, "again")) as second:
        assert digest(second) == digest(furnished)


def test_a_text_that_holds_the_parents_id_stays_as_it_is(mockpsp: Sandbox) -> None:
    own = mockpsp.project_id.removeprefix("test-")
    mockpsp.post("/customers", {"first_name": "Ada", "metadata": {"note": f"made by {own} alone"}})

    with closing(forked(mockpsp)) as fork:
        (customer,) = fork.get("/customers")["customers"]

        assert customer["metadata"] == {"note": f"made by {own} alone"}
        assert customer["project_id"] == f"{own}-copy"
        assert digest(fork) == digest(mockpsp)


def test_a_repeated_key_gets_the_parents_answer_with_the_forks_own_id(mockpsp: Sandbox) -> None:
    body = {"name": "Order", "amount": "10.00", "currency": "EUR"}
    first = mockpsp.post("/invoices", body, idempotency_key="once")["invoice"]

    with closing(forked(mockpsp)) as fork:
        again = fork.post("/invoices", body, idempotency_key="once")["invoice"]

    assert again["id"] == first["id"]
    assert (first["project_id"], again["project_id"]) == (
        mockpsp.project_id.removeprefix("test-"),
        f"{mockpsp.project_id.removeprefix('test-')}-copy",
    )


def test_the_same_future_is_the_same_world_again(furnished: Sandbox) -> None:
    with closing(forked(furnished)) as fork:
        for world in (furnished, fork):
            # Their one receiver would tell attempts of the two apart.
            for endpoint in world.get("/sandbox/webhook-endpoints")["webhook_endpoints"]:
                world.call("DELETE", f"/sandbox/webhook-endpoints/{endpoint['id']}")
            world.advance("60d")
            paid(world)

        assert digest(fork) == digest(furnished)


def test_scripted_rules_used_before_and_after_go_on_in_both(mockpsp: Sandbox) -> None:
    mockpsp.script("capture", "card.no-money", times=2)

    def status(world: Sandbox) -> int:
        return world.call("POST", f"/invoices/{invoice(world)}/capture", {"source": world.card()}).status_code

    assert status(mockpsp) == 410
    with closing(forked(mockpsp)) as fork:
        assert [status(fork), status(fork)] == [410, 200]
    assert [status(mockpsp), status(mockpsp)] == [410, 200]


def test_faults_and_delivery_rules_go_along_and_are_counted_apart(mockpsp: Sandbox) -> None:
    mockpsp.fault("POST /customers", "status 500", "before_commit", nth=2)
    mockpsp.deliver("duplicate", times=1)
    mockpsp.post("/customers")

    with closing(forked(mockpsp)) as fork:
        assert fork.call("POST", "/customers", {}).status_code == 500
        assert fork.get("/sandbox/delivery") == mockpsp.get("/sandbox/delivery")
    assert mockpsp.faults()[0]["used"] == 0


def test_early_webhooks_are_early_in_the_fork(mockpsp: Sandbox) -> None:
    with Shop() as shop:
        mockpsp.post("/sandbox/webhook-endpoints", {"url": shop.url})
        mockpsp.deliver("early")

        with closing(forked(mockpsp)) as fork:
            paid(fork)

            assert [hook.event_type for hook in shop.hooks][-1] == "transaction.captured"


def test_partial_captures_that_settle_know_their_story_in_the_fork(mockpsp: Sandbox) -> None:
    held = invoice(mockpsp, "sandbox")
    mockpsp.post(f"/invoices/{held}/authorize", {"source": mockpsp.card()})
    mockpsp.post(f"/invoices/{held}/capture", {"capture_amount": "10.00", "capture_type": "non-final"})

    with closing(forked(mockpsp)) as fork:
        for world in (mockpsp, fork):
            world.post(f"/invoices/{held}/capture", {"capture_amount": "5.00"})
            world.advance("10d")
        assert told(fork) == told(mockpsp)
        assert digest(fork) == digest(mockpsp)


def test_a_rate_limit_stands_where_it_stood(mockpsp: Sandbox) -> None:
    mockpsp.put("/sandbox", {"rate_limit": {"primary": 2, "secondary": 2, "sandbox": 1000}})
    while mockpsp.call("GET", "/customers").status_code == 200:
        pass

    with closing(forked(mockpsp)) as fork:
        assert fork.call("GET", "/customers").status_code == 429


# Another world.


def test_what_happens_in_a_fork_stays_there(furnished: Sandbox) -> None:
    before = digest(furnished)

    with closing(forked(furnished)) as fork:
        paid(fork)
        fork.advance("30d")
        fork.reset()

        assert digest(furnished) == before


def test_pending_webhooks_are_delivered_by_both_and_redirected_where_asked(mockpsp: Sandbox) -> None:
    with Shop() as shop, Shop() as other, Shop() as third:
        mockpsp.post("/sandbox/webhook-endpoints", {"url": shop.url})
        named = invoice(mockpsp, webhook_url=third.url)
        mockpsp.post(f"/invoices/{named}/authorize", {"source": mockpsp.card()})

        with closing(forked(mockpsp, endpoints={shop.url: other.url})) as fork:
            fork.post(f"/invoices/{named}/capture")
            fork.settle()
            assert [hook.event_type for hook in shop.hooks] == []
            mockpsp.settle()

        told = ["transaction.requested", "transaction.authorized"]
        assert [hook.event_type for hook in shop.hooks] == told
        assert [hook.event_type for hook in other.hooks] == [*told, "transaction.captured"]
        assert len({hook.webhook_id for hook in [*shop.hooks, *other.hooks]}) == 3


def test_an_address_that_an_invoice_names_is_redirected_too(mockpsp: Sandbox) -> None:
    with Shop() as shop, Shop() as other:
        named = invoice(mockpsp, webhook_url=shop.url)

        with closing(forked(mockpsp, endpoints={shop.url: other.url})) as fork:
            fork.post(f"/invoices/{named}/capture", {"source": fork.card()})
            fork.settle()

            assert (len(shop.hooks), len(other.hooks)) == (0, 3)
            assert fork.get(f"/invoices/{named}")["invoice"]["webhook_url"] == other.url


def test_addresses_that_nothing_goes_to_are_told_from_those_that_are_redirected(mockpsp: Sandbox) -> None:
    old, new = "http://127.0.0.1:9/a", "http://127.0.0.1:9/b"
    mockpsp.post("/sandbox/webhook-endpoints", {"url": old})
    body = {"as": f"{mockpsp.project_id}-copy", "endpoints": {old: new, "http://127.0.0.1:9/none": f"{new}/2"}}

    assert mockpsp.post("/sandbox/forks", body)["fork"]["redirected"] == {old: new}


def test_an_endpoint_is_redirected_by_its_id(mockpsp: Sandbox) -> None:
    made = mockpsp.post("/sandbox/webhook-endpoints", {"url": "http://127.0.0.1:9/a"})["webhook_endpoint"]["id"]

    with closing(forked(mockpsp, endpoints={made: "http://127.0.0.1:9/b"})) as fork:
        (endpoint,) = fork.get("/sandbox/webhook-endpoints")["webhook_endpoints"]

    assert (endpoint["id"], endpoint["url"]) == (made, "http://127.0.0.1:9/b")


def test_a_fork_is_overwritten_where_asked_and_what_was_remembered_of_it_is_gone(mockpsp: Sandbox) -> None:
    mockpsp.script("capture", "card.no-money", times=1)
    with closing(forked(mockpsp)) as fork:
        body = {"source": fork.card()}
        assert fork.call("POST", f"/invoices/{invoice(fork)}/capture", body).status_code == 410
        fork.advance("1d")

        forked(mockpsp, again=True).close()

        assert digest(fork) == digest(mockpsp)
        body = {"source": fork.card()}
        assert fork.call("POST", f"/invoices/{invoice(fork)}/capture", body).status_code == 410


# What is refused.


@pytest.mark.parametrize(
    ("body", "status", "said"),
    [
        ({}, 400, "as: is missing"),
        ({"as": "proj_live"}, 400, "a universe's id is test-proj_ and 1 to 64 letters"),
        ({"as": "test-proj_4242424242424242"}, 400, "looks like a card number"),
        ({"as": "test-proj_z", "from": "snap_none"}, 404, "no snapshot 'snap_none'"),
        ({"as": "test-proj_z", "form": "x"}, 400, "did you mean 'from'"),
        ({"as": "test-proj_z", "endpoints": {"shop": "http://127.0.0.1:9/y"}}, 400, "neither an endpoint's id nor"),
        ({"as": "test-proj_z", "endpoints": {"a": "nowhere"}}, 400, "endpoints"),
        ({"as": "test-proj_z", "endpoints": ["a"]}, 400, "{old: new}"),
    ],
)
def test_a_fork_that_makes_no_sense_is_refused(mockpsp: Sandbox, body: Any, status: int, said: str) -> None:
    answer = mockpsp.call("POST", "/sandbox/forks", body)

    assert (answer.status_code, said in answer.json()["message"]) == (status, True), answer.json()


def test_an_id_that_is_taken_is_refused(mockpsp: Sandbox) -> None:
    forked(mockpsp).close()

    for body, said in (
        ({"as": f"{mockpsp.project_id}-copy"}, "there is a universe"),
        ({"as": mockpsp.project_id, "again": True}, "is this universe itself"),
    ):
        answer = mockpsp.call("POST", "/sandbox/forks", body)
        assert (answer.status_code, said in answer.json()["message"]) == (409, True)


def test_a_universe_of_somebody_else_is_never_overwritten(mockpsp: Sandbox) -> None:
    name = f"{mockpsp.project_id}-theirs"
    with closing(Sandbox(mockpsp.url, name, "key_sandbox_theirs")) as theirs:
        theirs.post("/customers")
        before = digest(theirs)

        answer = mockpsp.call("POST", "/sandbox/forks", {"as": name, "again": True})

        assert (answer.status_code, "another secret" in answer.json()["message"]) == (409, True)
        assert digest(theirs) == before


# On real time, and in a file.


@pytest.fixture
def wall() -> Iterator[Sandbox]:
    settings = Settings(db=":memory:", clock="wall")
    with serving(settings) as (url, _), closing(Sandbox(url, "test-proj_wall", "key_test_a")) as world:
        yield world


def test_a_fork_on_the_wall_keeps_its_offset_and_sends_what_waits(wall: Sandbox) -> None:
    wall.advance("10d")
    with Shop() as shop:
        wall.post("/sandbox/webhook-endpoints", {"url": shop.url})
        with closing(forked(wall)) as fork:
            assert fork.get("/sandbox/clock")["clock"]["offset_seconds"] == pytest.approx(864_000, abs=1)
            wall.post("/customers")
            paid(fork)
            fork.settle()

        assert {"transaction.captured"} <= {hook.event_type for hook in shop.hooks}


def test_forks_are_there_after_a_restart(tmp_path: Path) -> None:
    settings = Settings(db=str(tmp_path / "m.db"), clock="manual")
    with serving(settings) as (url, _), closing(Sandbox(url, "test-proj_a", "key_test_a")) as world:
        paid(world)
        world.deliver("early")
        world.post("/sandbox/snapshots", {})
        before = digest(world)
        forked(world).close()

    with serving(settings) as (url, state), closing(Sandbox(url, "test-proj_a-copy", "key_test_a")) as fork:
        assert digest(fork) == before
        assert state.universes.early_asked == {"test-proj_a", "test-proj_a-copy"}
