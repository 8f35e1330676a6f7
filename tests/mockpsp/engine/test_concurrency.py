"""Many clients at once: one key has one effect, refunds never exceed the capture, and answers outlive the server."""

import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import requests

from mockpsp.api.wire.app_state import AppState
from mockpsp.config import Settings
from mockpsp.engine.universes import Credentials
from mockpsp.sandbox_client import Sandbox
from tests.mockpsp.worlds import PATIENCE_S, flaws, serving

WHO = ("test-proj_many", "key_test_many")


@pytest.fixture(params=["file", "memory"])
def server(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[tuple[Sandbox, AppState]]:
    file = str(tmp_path / "many.db") if request.param == "file" else ":memory:"
    with serving(Settings(db=file, clock="manual")) as (url, state), Sandbox(url, *WHO) as sandbox:
        yield sandbox, state


def invoice(world: Sandbox) -> str:
    return str(world.post("/invoices", {"name": "A", "amount": "10", "currency": "EUR"})["invoice"]["id"])


def at_once(count: int, call: Callable[[], requests.Response]) -> list[requests.Response]:
    """The answers to the same call from so many threads that start together."""
    start, answers = threading.Barrier(count), []

    def run() -> None:
        start.wait(PATIENCE_S)
        answers.append(call())

    threads = [threading.Thread(target=run) for _ in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(PATIENCE_S)
    return answers


def poster(world: Sandbox, path: str, body: dict[str, object], **headers: str) -> Callable[[], requests.Response]:
    """A call with a connection of its own each time."""
    url, auth = world.url + path, (world.project_id, world.secret)
    return lambda: requests.post(url, json=body, auth=auth, headers=headers, timeout=PATIENCE_S)


def test_the_same_key_from_sixteen_threads_has_one_effect_and_one_answer(server: tuple[Sandbox, AppState]) -> None:
    world, _ = server
    pay, card = invoice(world), world.card()

    call = poster(world, f"/invoices/{pay}/capture", {"source": card}, **{"Idempotency-Key": "order-1"})
    answers = at_once(16, call)

    assert {(answer.status_code, answer.text) for answer in answers} == {(200, answers[0].text)}
    assert len(answers) == 16
    transaction = world.get(f"/invoices/{pay}/transactions")["transaction"]
    assert transaction["captured_amount"] == "10"
    assert world.get("/events")["total_count"] == 3


def test_refunds_from_eight_threads_never_exceed_the_capture(server: tuple[Sandbox, AppState]) -> None:
    world, state = server
    pay = invoice(world)
    transaction = world.post(f"/invoices/{pay}/capture", {"source": world.card()})["transaction"]["id"]

    answers = at_once(8, poster(world, f"/transactions/{transaction}/refunds", {"amount": "3"}))

    assert sorted(answer.status_code for answer in answers) == [200] * 3 + [400] * 5
    shown = world.get(f"/transactions/{transaction}")["transaction"]
    assert (shown["refunded_amount"], shown["available_amount"]) == ("9", "1")
    with state.universes.reading(Credentials(*WHO)) as tx:
        assert flaws(tx.conn, tx.project.no) == []


def test_the_first_use_of_a_project_from_many_threads_opens_it_once(server: tuple[Sandbox, AppState]) -> None:
    world, _ = server

    answers = at_once(8, poster(world, "/customers", {}))

    assert [answer.status_code for answer in answers] == [200] * 8
    assert len({answer.json()["customer"]["id"] for answer in answers}) == 8
    assert world.get("/customers")["total_count"] == 8


def test_an_answer_is_repeated_after_a_restart_and_another_request_refused(tmp_path: Path) -> None:
    settings = Settings(db=str(tmp_path / "kept.db"), clock="manual")
    with serving(settings) as (url, _), Sandbox(url, *WHO) as world:
        path, card = f"/invoices/{invoice(world)}/capture", world.card()
        first = world.call("POST", path, {"source": card}, Idempotency_Key="order-1")

    with serving(settings) as (url, _), Sandbox(url, *WHO) as world:
        again = world.call("POST", path, {"source": card}, Idempotency_Key="order-1")
        other = world.call("POST", path, {"source": card, "capture_amount": "5"}, Idempotency_Key="order-1")

    assert (again.status_code, again.text) == (first.status_code, first.text)
    assert (other.status_code, other.json()["error_type"]) == (400, "request.idempotency-key.invalid")


def test_a_decline_is_repeated_under_its_key_and_a_refusal_runs_again(server: tuple[Sandbox, AppState]) -> None:
    world, _ = server
    pay, poor = invoice(world), world.card("4000000000002206")
    declined = world.call("POST", f"/invoices/{pay}/capture", {"source": poor}, Idempotency_Key="declined")
    refused = world.call("POST", f"/invoices/{pay}/refunds", {"amount": "3"}, Idempotency_Key="refused")
    world.post(f"/invoices/{pay}/capture", {"source": world.card()})

    again = world.call("POST", f"/invoices/{pay}/capture", {"source": poor}, Idempotency_Key="declined")
    later = world.call("POST", f"/invoices/{pay}/refunds", {"amount": "3"}, Idempotency_Key="refused")

    assert (again.status_code, again.text) == (declined.status_code, declined.text)
    assert (declined.status_code, refused.status_code, later.status_code) == (410, 400, 200)
