"""The barrier: settle answers when nothing is due, every delivery is made and receivers' own calls have ended."""

import os
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
from flask import Flask
from werkzeug.test import create_environ, run_wsgi_app

from mockpsp.api.wire.app_state import AppState, RequestsInFlight
from mockpsp.config import Settings
from mockpsp.engine.universes import Credentials
from mockpsp.sandbox_client import Sandbox
from mockpsp.serving.app import create_app
from mockpsp.serving.server import Server
from tests.mockpsp.worlds import PATIENCE_S, Hook, Shop, holds_soon

SETTINGS = Settings(port=0, db=":memory:", clock="manual")
BODY = b'{"name":"Late","amount":"10","currency":"EUR"}'


@pytest.fixture(scope="module")
def app() -> Flask:
    return create_app(SETTINGS)


@pytest.fixture(scope="module")
def server(app: Flask) -> Iterator[tuple[str, AppState]]:
    server = Server(app, SETTINGS)
    server.start()
    yield server.url, app.extensions["mockpsp"]
    server.stop()
    app.extensions["mockpsp"].close()


@pytest.fixture
def world(server: tuple[str, AppState]) -> Iterator[Sandbox]:
    with Sandbox(server[0], "test-proj_settle", "key_test_settle") as sandbox:
        sandbox.reset()
        yield sandbox


class HalfACall:
    """A request to create an invoice, made of the application itself, whose body's last byte is held back."""

    def __init__(self, app: Flask, sandbox: Sandbox) -> None:
        end, self._rest = os.pipe()
        os.write(self._rest, BODY[:-1])
        who, kind = (sandbox.project_id, sandbox.secret), "application/json"
        self._environ = create_environ("/invoices", sandbox.url, method="POST", content_type=kind, auth=who)
        body = os.fdopen(end, "rb", buffering=0)
        self._environ.update({"wsgi.input": body, "CONTENT_LENGTH": str(len(BODY))})
        self._pool = ThreadPoolExecutor(1)
        self._answer = self._pool.submit(run_wsgi_app, app, self._environ, True)

    def finish(self) -> str:
        """The status, once the last byte has come."""
        os.write(self._rest, BODY[-1:])
        os.close(self._rest)
        status = self._answer.result(PATIENCE_S)[1]
        self._environ["wsgi.input"].close()
        self._pool.shutdown()
        return status


def settled(world: Sandbox, order: list[str]) -> None:
    world.settle()
    order.append("settled")


def test_a_call_that_a_receiver_began_is_waited_for(app: Flask, server: tuple[str, AppState], world: Sandbox) -> None:
    calls: list[HalfACall] = []
    order: list[str] = []
    began = threading.Event()

    def begin_a_call(hook: Hook) -> int:
        calls.append(HalfACall(app, world))
        is_counted = holds_soon(lambda: server[1].inflight._count_by_project[world.project_id] == 1)
        began.set()
        return 200 if is_counted else 500

    with Shop(begin_a_call) as shop:
        world.post("/sandbox/webhook-endpoints", {"url": shop.url})
        world.post("/customers")
        with Sandbox(world.url, world.project_id, world.secret) as other:
            settle = threading.Thread(target=settled, args=(other, order))
            settle.start()
            assert began.wait(PATIENCE_S)
            assert holds_soon(lambda: not world.get("/sandbox/deliveries?state=pending")["deliveries"])
            order.append("last byte")
            answer = calls[0].finish()
            settle.join(PATIENCE_S)

    assert answer == "200 OK"
    assert order == ["last byte", "settled"]


def test_an_endless_exchange_ends_at_the_limit_and_says_that_there_is_more(
    server: tuple[str, AppState], world: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("mockpsp.engine.timeline.MAX_STEPS", 20)

    def ask_again(hook: Hook) -> int:
        return world.call("POST", "/customers", {}).status_code

    with Shop(ask_again) as shop:
        world.post("/sandbox/webhook-endpoints", {"url": shop.url})
        world.post("/customers")

        answer = world.call("POST", "/sandbox/settle", {})

    body = answer.json()
    assert (answer.status_code, body["success"], body["error_type"]) == (409, False, "sandbox.not-settled")
    assert "20 steps ran and more is due" in body["message"]
    assert (len(body["ran"]), len(body["delivered"]), body["calls_count"], body["more"]) == (20, 20, 20, True)
    assert [(due["kind"], due["what"]) for due in body["due"]] == [("delivery", "customer.created")]


def test_it_reports_what_ran_what_was_delivered_and_which_calls_receivers_made(world: Sandbox) -> None:
    told: list[Hook] = []

    def greet(hook: Hook) -> int:
        told.append(hook)
        if len(told) == 1:
            return 503
        world.call("GET", "/customers?limit=1")
        world.call("POST", "/invoices", {"name": "", "currency": "EUR"})
        return 200

    with Shop(greet) as shop:
        world.post("/sandbox/webhook-endpoints", {"url": shop.url})
        world.post("/customers")
        world.post("/customers")

        answer = world.post("/sandbox/settle")

    first, second = (hook.webhook_id for hook in told)
    assert [(step["what"], step["id"], step["result"]) for step in answer["ran"]] == [
        ("customer.created", first, "failed"),
        ("customer.created", second, "delivered"),
    ]
    assert [(one["what"], one["id"]) for one in answer["delivered"]] == [("customer.created", second)]
    assert [(call["method"], call["path"], call["status"]) for call in answer["calls"]] == [
        ("GET", "/customers?limit=1", 200),
        ("POST", "/invoices", 400),
    ]
    assert [(due["kind"], due["id"]) for due in answer["due"]] == [("delivery", first)]
    assert (answer["calls_count"], answer["more"]) == (2, False)


def test_what_a_wall_universe_delivers_by_itself_is_reported_too(server: tuple[str, AppState]) -> None:
    may_answer = threading.Event()
    who = (server[0], "test-proj_settle-wall", "key_test_settle")

    def wait(hook: Hook) -> int:
        return 200 if may_answer.wait(PATIENCE_S) else 500

    with Shop(wait) as shop, Sandbox(*who) as world:
        world.put("/sandbox/clock", {"mode": "wall"})
        world.post("/sandbox/webhook-endpoints", {"url": shop.url})
        world.post("/customers")
        assert shop.wait_for(1)
        with Sandbox(*who) as other, ThreadPoolExecutor(1) as pool:
            settle = pool.submit(other.post, "/sandbox/settle", {"wait_ms": PATIENCE_S * 1000})
            assert holds_soon(lambda: bool(server[1].timeline._advancing))
            may_answer.set()
            answer = settle.result(PATIENCE_S)

    assert [told["what"] for told in answer["delivered"]] == ["customer.created"]


@pytest.mark.parametrize("way", ["/sandbox/settle", "/sandbox/clock/advance"])
def test_a_handler_that_asks_for_time_is_refused_at_once_on_a_manual_clock(world: Sandbox, way: str) -> None:
    said: list[tuple[int, str]] = []

    def ask(hook: Hook) -> int:
        answer = world.call("POST", way, {} if way.endswith("settle") else {"by": "1d"})
        said.append((answer.status_code, answer.json()["error_type"]))
        return 200

    with Shop(ask) as shop:
        world.post("/sandbox/webhook-endpoints", {"url": shop.url})
        world.post("/customers")
        world.settle()

    assert said == [(409, "request.still-processing")]


def test_settle_moves_time_no_further_than_its_max(world: Sandbox) -> None:
    invoice = world.post("/invoices", {"name": "A", "amount": "10", "currency": "EUR"})["invoice"]["id"]
    world.post(f"/invoices/{invoice}/capture", {"source": world.card()})

    assert world.settle(max="1d") == []
    assert [step["what"] for step in world.settle(max="2d")] == ["capture.settle"]
    assert world.get("/sandbox/clock")["clock"]["now"] == "2026-01-03T00:00:00Z"


def test_a_request_of_this_universe_is_not_quiet() -> None:
    inflight, mine = RequestsInFlight(), Credentials("test-proj_mine", "")

    with inflight.counting(mine):
        assert not inflight.wait_until_quiet("test-proj_mine", quiet_ms=0, limit_ms=5)
    assert inflight.wait_until_quiet("test-proj_mine", quiet_ms=0, limit_ms=5)


def test_other_universes_do_not_disturb_the_quiet() -> None:
    inflight, other = RequestsInFlight(), Credentials("test-proj_other", "")
    is_over = threading.Event()

    def busy() -> None:
        while not is_over.wait(0.002):
            with inflight.counting(other):
                pass

    thread = threading.Thread(target=busy)
    thread.start()
    is_quiet = inflight.wait_until_quiet("test-proj_mine", quiet_ms=100, limit_ms=3_000)
    is_over.set()
    thread.join()

    assert is_quiet


def test_a_call_within_the_quiet_span_starts_it_anew() -> None:
    inflight, mine = RequestsInFlight(), Credentials("test-proj_mine", "")
    is_over = threading.Event()

    def busy() -> None:
        while not is_over.wait(0.002):
            with inflight.counting(mine):
                pass

    thread = threading.Thread(target=busy)
    thread.start()
    is_quiet = inflight.wait_until_quiet("test-proj_mine", quiet_ms=900, limit_ms=1_000)
    is_over.set()
    thread.join()

    assert not is_quiet
