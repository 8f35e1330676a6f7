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

        answer = world.post("/sandbox/settle")

    assert (len(answer["ran"]), answer["more"]) == (20, True)


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
