"""The barrier: settle answers when nothing is due, every delivery is made and receivers' own calls have ended."""

import socket
import threading
from base64 import b64encode
from collections.abc import Iterator

import pytest

from mockpsp.api.wire.app_state import AppState, RequestsInFlight
from mockpsp.config import Settings
from mockpsp.engine.universes import Credentials
from mockpsp.sandbox_client import Sandbox
from tests.mockpsp.worlds import PATIENCE_S, Hook, Shop, holds_soon, serving

BODY = b'{"name":"Late","amount":"10","currency":"EUR"}'


@pytest.fixture(scope="module")
def server() -> Iterator[tuple[str, AppState]]:
    with serving(Settings(db=":memory:", clock="manual")) as running:
        yield running


@pytest.fixture
def world(server: tuple[str, AppState]) -> Iterator[Sandbox]:
    with Sandbox(server[0], "test-proj_settle", "key_test_settle") as sandbox:
        sandbox.reset()
        yield sandbox


class HalfACall:
    """A request to create an invoice whose body's last byte is held back until `finish`."""

    def __init__(self, sandbox: Sandbox) -> None:
        host, port = sandbox.url.removeprefix("http://").split(":")
        self._socket = socket.create_connection((host, int(port)), PATIENCE_S)
        user = b64encode(f"{sandbox.project_id}:{sandbox.secret}".encode()).decode()
        head = f"POST /invoices HTTP/1.1\r\nHost: {host}\r\nAuthorization: Basic {user}\r\nConnection: close\r\n"
        kind = f"Content-Type: application/json\r\nContent-Length: {len(BODY)}\r\n\r\n"
        self._socket.sendall((head + kind).encode() + BODY[:-1])

    def finish(self) -> bytes:
        with self._socket as wire:
            wire.sendall(BODY[-1:])
            return b"".join(iter(lambda: wire.recv(4096), b""))


def settled(world: Sandbox, order: list[str]) -> None:
    world.settle()
    order.append("settled")


def test_a_call_that_a_receiver_began_is_waited_for(server: tuple[str, AppState], world: Sandbox) -> None:
    calls: list[HalfACall] = []
    order: list[str] = []
    began = threading.Event()

    def begin_a_call(hook: Hook) -> int:
        calls.append(HalfACall(world))
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

    assert answer.startswith(b"HTTP/1.1 200")
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
