"""Calls that happen at once: held until all have come, let in one by one in an order that the seed draws."""

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
import requests

from mockpsp.api.wire import together
from mockpsp.api.wire.app_state import AppState
from mockpsp.api.wire.together import drawn_order
from mockpsp.config import Settings
from mockpsp.sandbox_client import Sandbox
from tests.mockpsp.worlds import PATIENCE_S, holds_soon, serving

HEADER = together.HEADER


@pytest.fixture(scope="module")
def server() -> Iterator[tuple[str, AppState]]:
    with serving(Settings(port=0, db=":memory:", clock="manual")) as found:
        yield found


@pytest.fixture
def world(server: tuple[str, AppState]) -> Iterator[Sandbox]:
    with Sandbox(server[0], "test-proj_together", "key_test_together") as sandbox:
        sandbox.reset()
        yield sandbox


def ask(world: Sandbox, mark: str, name: str = "A", **headers: str) -> requests.Response:
    """A marked call that makes an invoice, on a connection of its own."""
    body = {"name": name, "amount": "10", "currency": "EUR"}
    return requests.post(
        f"{world.url}/invoices",
        json=body,
        auth=(world.project_id, world.secret),
        headers={HEADER: mark, **headers},
        timeout=PATIENCE_S,
    )


def ask_all(world: Sandbox, label: str, count: int) -> list[Any]:
    """So many calls at once; the names of the invoices in the order they were made."""
    with ThreadPoolExecutor(count) as pool:
        answers = list(pool.map(lambda n: ask(world, f"{label} {n}/{count}", str(n)), range(1, count + 1)))
    assert [answer.status_code for answer in answers] == [200] * count, answers[0].text
    return [one["name"] for one in world.get(f"/invoices?order=asc&limit={count}")["invoices"]]


def test_the_order_is_drawn_from_the_seed(world: Sandbox) -> None:
    found = []
    for seed in (1, 1, 2):
        world.reset(seed=seed)
        found.append(ask_all(world, "race", 6))

    assert found[0] == found[1] != found[2]
    assert sorted(found[0]) == ["1", "2", "3", "4", "5", "6"]


def test_every_order_is_drawn_sometime() -> None:
    drawn = [drawn_order(b"key", f"label-{number}", 3) for number in range(300)]

    assert len(set(drawn)) == 6
    assert min(drawn.count(order) for order in set(drawn)) > 25


def test_none_goes_in_before_the_last_has_come(server: tuple[str, AppState], world: Sandbox) -> None:
    with ThreadPoolExecutor(1) as pool:
        first = pool.submit(ask, world, "pair 1/2")
        assert holds_soon(lambda: bool(server[1].meetings._open))
        assert world.get("/invoices")["total_count"] == 0
        assert not first.done()
        ask(world, "pair 2/2")

        assert first.result(PATIENCE_S).status_code == 200
    assert world.get("/invoices")["total_count"] == 2
    assert not server[1].meetings._open


def test_the_world_goes_on_for_everybody_else(server: tuple[str, AppState], world: Sandbox) -> None:
    with ThreadPoolExecutor(1) as pool, Sandbox(world.url, "test-proj_other", "key_test_other") as other:
        held = pool.submit(ask, world, "pair 1/2")
        assert holds_soon(lambda: bool(server[1].meetings._open))

        assert other.post("/customers")["success"]
        assert world.post("/customers")["success"]
        ask(world, "pair 2/2")
        assert held.result(PATIENCE_S).status_code == 200


def test_one_key_twice_at_once_is_one_request(world: Sandbox) -> None:
    key = {"Idempotency-Key": "same"}
    with ThreadPoolExecutor(2) as pool:
        answers = list(pool.map(lambda n: ask(world, f"click {n}/2", **key), (1, 2)))

    assert answers[0].json() == answers[1].json()
    assert world.get("/invoices")["total_count"] == 1


def test_a_label_can_be_used_again(world: Sandbox) -> None:
    assert ask_all(world, "again", 2)
    assert ask_all(world, "again", 2)


def test_one_that_never_comes_is_named(
    server: tuple[str, AppState], world: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(server[1].meetings, "_wait_ms", 50)

    answer = ask(world, "pair 1/3")

    assert answer.status_code == 409
    assert "not all came within 50 ms (missing: 2, 3); nothing was done" in answer.json()["message"]
    assert world.get("/invoices")["total_count"] == 0
    assert not server[1].meetings._open


def test_who_has_the_wrong_key_takes_nobodys_place(server: tuple[str, AppState], world: Sandbox) -> None:
    stranger = Sandbox(world.url, world.project_id, "key_test_wrong")

    assert ask(stranger, "pair 1/2").status_code == 401
    assert ask_all(world, "pair", 2)


@pytest.mark.parametrize(
    ("mark", "message"),
    [
        ("pair", "it says which of how many calls this is, such as `refunds 1/2`"),
        ("pair 1/1", "2 to 20 calls go together, numbered from 1"),
        ("pair 3/2", "2 to 20 calls go together, numbered from 1"),
        ("pair 1/21", "2 to 20 calls go together, numbered from 1"),
        ("a b 1/2", "such as `refunds 1/2`"),
    ],
)
def test_a_mark_that_says_nothing_is_refused(world: Sandbox, mark: str, message: str) -> None:
    answer = ask(world, mark)

    assert (answer.status_code, answer.json()["error_type"]) == (400, "request.validation.error")
    assert message in answer.json()["message"]


def test_two_that_say_they_are_the_same_call(server: tuple[str, AppState], world: Sandbox) -> None:
    with ThreadPoolExecutor(1) as pool:
        held = pool.submit(ask, world, "pair 1/2")
        assert holds_soon(lambda: bool(server[1].meetings._open))

        twice, other = ask(world, "pair 1/2"), ask(world, "pair 2/3")
        ask(world, "pair 2/2")

        assert held.result(PATIENCE_S).status_code == 200
    assert (twice.status_code, "is waiting here already" in twice.json()["message"]) == (409, True)
    assert (other.status_code, "others say there are 2" in other.json()["message"]) == (400, True)


def test_nobody_waits_for_others_when_the_server_ends() -> None:
    with serving(Settings(port=0, db=":memory:", clock="manual")) as (url, state), ThreadPoolExecutor(1) as pool:
        world = Sandbox(url, "test-proj_ending", "key_test_ending")
        world.reset()
        held = pool.submit(ask, world, "pair 1/2")
        assert holds_soon(lambda: bool(state.meetings._open))
        threading.Thread(target=state.stop_moving).start()

        answer = held.result(PATIENCE_S)

    assert answer.status_code == 409
    assert "the server is about to stop" in answer.json()["message"]


def test_a_fault_meets_them_in_their_order(world: Sandbox) -> None:
    order = drawn_order_of(world, "pair", 2)
    world.fault("POST /invoices", "status 503", "before_commit")

    with ThreadPoolExecutor(2) as pool:
        answers = list(pool.map(lambda n: ask(world, f"pair {n}/2"), (1, 2)))

    assert answers[order[0] - 1].status_code == 503
    assert answers[order[1] - 1].status_code == 200


def drawn_order_of(world: Sandbox, label: str, count: int) -> list[int]:
    """In which order calls of this label go in."""
    names = ask_all(world, label, count)
    return [int(name) for name in names]
