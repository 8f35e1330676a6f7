"""Clients that say nothing, half of something, or don't listen: they hold up nobody, and are ended in time."""

import contextlib
import gc
import http.client
import logging
import resource
import socket
import ssl
import threading
import tracemalloc
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path

import pytest
from flask import Flask, request

from mockpsp import wallclock
from mockpsp.config import Settings
from mockpsp.serving import certificates
from mockpsp.serving.server import Server
from mockpsp.serving.watcher import room_for

#: Beside 1,000 silent connections, at both ends in this process.
FILES = 4_096
LARGE = b"x" * (32 << 20)
HALF = b"POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 20\r\n\r\namount=40"


@pytest.fixture(scope="module", autouse=True)
def enough_files() -> Iterator[None]:
    before, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(before, min(FILES, most)), most))
    yield
    resource.setrlimit(resource.RLIMIT_NOFILE, (before, most))


@pytest.fixture
def app() -> Flask:
    app = Flask("many", static_folder=None)
    app.add_url_rule("/healthz", view_func=lambda: {"ok": True}, endpoint="healthz")
    app.add_url_rule("/large", view_func=lambda: LARGE, endpoint="large")
    app.add_url_rule("/echo", view_func=lambda: request.get_data(), endpoint="echo", methods=["POST"])
    return app


@contextmanager
def running(app: Flask, settings: Settings, tls: ssl.SSLContext | None = None) -> Iterator[Server]:
    server = Server(app, settings, tls=tls)
    server.start()
    try:
        yield server
    finally:
        server.stop()


def connect(server: Server, stack: ExitStack) -> socket.socket:
    return stack.enter_context(socket.create_connection(("127.0.0.1", server.port), timeout=10))


def everything(client: socket.socket) -> bytes:
    return b"".join(iter(lambda: client.recv(65_536), b""))


def health_ms(server: Server, context: ssl.SSLContext | None = None) -> int:
    """How long a new client waits for a word."""
    started_ms = wallclock.stopwatch_ms()
    if context is None:
        connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=10)
    else:
        connection = http.client.HTTPSConnection("127.0.0.1", server.port, timeout=10, context=context)
    with closing(connection):
        connection.request("GET", "/healthz")
        assert connection.getresponse().status == 200
    return wallclock.stopwatch_ms() - started_ms


@contextmanager
def dripping(clients: list[socket.socket]) -> Iterator[None]:
    """Headers that never end, a byte at a time on every connection."""
    is_over = threading.Event()

    def drip() -> None:
        for client in clients:
            client.sendall(b"GET /healthz HTTP/1.1\r\nX-Slow: ")
        while not is_over.wait(0.01):
            for client in clients:
                client.sendall(b"x")

    thread = threading.Thread(target=drip)
    thread.start()
    yield
    is_over.set()
    thread.join()


def test_a_thousand_silent_and_eighty_dripping_connections_hold_up_nobody(app: Flask) -> None:
    with running(app, Settings(port=0, connections=2_000)) as server, ExitStack() as stack:
        for _ in range(1_000):
            connect(server, stack)
        slow = [connect(server, stack) for _ in range(80)]
        with dripping(slow):
            assert max(health_ms(server) for _ in range(10)) < 1_000


def test_inside_tls_too(app: Flask, tmp_path: Path) -> None:
    with certificates.open_tls(Settings(db=str(tmp_path / "a.db"), tls=True)) as tls:
        assert tls is not None
        trusting = ssl.create_default_context(cafile=tls.ca)
        with running(app, Settings(port=0, connections=2_000), tls.context) as server, ExitStack() as stack:
            for number in range(1_000):
                client = connect(server, stack)
                if number % 10 == 0:
                    client.sendall(b"\x16\x03\x01")  # half of a handshake
            slow = [
                stack.enter_context(trusting.wrap_socket(connect(server, stack), server_hostname="127.0.0.1"))
                for _ in range(80)
            ]
            with dripping(slow):
                assert max(health_ms(server, trusting) for _ in range(10)) < 1_000


def test_at_the_limit_the_longest_silent_connection_makes_room(app: Flask) -> None:
    with running(app, Settings(port=0, connections=5)) as server, ExitStack() as stack:
        first, *others = [connect(server, stack) for _ in range(5)]

        assert health_ms(server) < 1_000

        assert first.recv(1) == b""
        others[-1].sendall(b"GET /healthz HTTP/1.1\r\nConnection: close\r\n\r\n")
        assert everything(others[-1]).startswith(b"HTTP/1.1 200")


@pytest.mark.parametrize(("files", "room"), [(700, 444), (4_096, 1_000), (256, 1)])
def test_where_the_system_has_fewer_files_the_limit_is_lower(files: int, room: int) -> None:
    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (files, before[1]))
    try:
        assert room_for(1_000) == room
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, before)


def test_a_body_that_never_comes_is_given_up_and_holds_no_thread(app: Flask, caplog: pytest.LogCaptureFixture) -> None:
    with running(app, Settings(port=0, threads=1, body_timeout_ms=600)) as server, ExitStack() as stack:
        client = connect(server, stack)
        client.sendall(HALF)
        assert health_ms(server) < 500

        answer = everything(client)

    assert answer.startswith(b"HTTP/1.1 408 ")
    assert b"after 600 ms (MOCKPSP_BODY_TIMEOUT_MS); nothing was done" in answer
    assert [record for record in caplog.records if record.levelno >= logging.WARNING] == []


@pytest.mark.parametrize(
    ("start", "drop"), [(HALF, b"0"), (b"POST /echo HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n", b"1\r\nx\r\n")]
)
def test_a_body_has_its_time_as_a_whole_however_often_some_of_it_comes(app: Flask, start: bytes, drop: bytes) -> None:
    with running(app, Settings(port=0, body_timeout_ms=300)) as server, ExitStack() as stack:
        client = connect(server, stack)
        client.sendall(start)
        client.settimeout(0.1)
        for _ in range(10):
            client.sendall(drop)
            with contextlib.suppress(TimeoutError):
                assert client.recv(65_536).startswith(b"HTTP/1.1 408 ")
                break
        else:
            pytest.fail("the server went on waiting")


def test_headers_have_their_time_as_a_whole(app: Flask) -> None:
    with running(app, Settings(port=0, header_timeout_ms=300)) as server, ExitStack() as stack:
        client = connect(server, stack)
        client.sendall(b"GET /healthz HTTP/1.1\r\n")

        assert b"(MOCKPSP_HEADER_TIMEOUT_MS)" in everything(client)


def test_a_handshake_has_the_time_of_headers(app: Flask) -> None:
    with certificates.open_tls(Settings(db=":memory:", tls=True)) as tls:
        assert tls is not None
        with running(app, Settings(port=0, header_timeout_ms=300), tls.context) as server, ExitStack() as stack:
            assert connect(server, stack).recv(1) == b""


def test_a_connection_without_a_request_is_ended_without_a_word(app: Flask) -> None:
    with running(app, Settings(port=0, idle_timeout_ms=300)) as server, ExitStack() as stack:
        client = connect(server, stack)
        assert everything(client) == b""

        client = connect(server, stack)
        client.sendall(b"GET /healthz HTTP/1.1\r\n\r\n")
        assert everything(client).count(b"HTTP/1.1") == 1


def test_who_does_not_take_the_answer_holds_no_thread_and_is_ended(app: Flask) -> None:
    with running(app, Settings(port=0, threads=1, answer_timeout_ms=300)) as server, ExitStack() as stack:
        deaf = connect(server, stack)
        deaf.sendall(b"GET /large HTTP/1.1\r\n\r\n")
        assert deaf.recv(1) == b"H"
        assert health_ms(server) < 1_000
        threading.Event().wait(1)

        assert len(everything(deaf)) < len(LARGE)


@pytest.mark.parametrize("is_secure", [False, True], ids=["http", "https"])
def test_who_takes_the_answer_slowly_gets_all_of_it(app: Flask, is_secure: bool) -> None:
    settings = Settings(port=0, db=":memory:", threads=1, answer_timeout_ms=2_000, tls=is_secure)
    with ExitStack() as stack:
        tls = stack.enter_context(certificates.open_tls(settings))
        server = stack.enter_context(running(app, settings, None if tls is None else tls.context))
        slow = connect(server, stack)
        if tls is not None:
            trusting = ssl.create_default_context(cafile=tls.ca)
            slow = stack.enter_context(trusting.wrap_socket(slow, server_hostname="127.0.0.1"))
        slow.sendall(b"GET /large HTTP/1.1\r\nConnection: close\r\n\r\n")
        threading.Event().wait(0.2)  # the worker has left it to the watcher by now

        assert everything(slow).endswith(b"\r\n\r\n" + LARGE)


@pytest.mark.parametrize("stays", [True, False], ids=["a client that stays", "a client that takes no more"])
def test_an_answer_that_has_ended_is_kept_by_nobody(app: Flask, stays: bool) -> None:
    gc.collect()
    gc.disable()  # or it would be found in time, after how many more such answers nobody knows
    tracemalloc.start()
    try:
        with running(app, Settings(port=0)) as server, ExitStack() as stack:
            client = http.client.HTTPConnection("127.0.0.1", server.port, timeout=10)
            stack.callback(client.close)
            client.request("GET", "/large")
            if stays:
                assert len(client.getresponse().read()) == len(LARGE)
            else:
                client.sock.recv(1)  # on its way
                client.close()
            since_ms = wallclock.stopwatch_ms()
            while (held := tracemalloc.get_traced_memory()[0]) > len(LARGE) // 2:
                assert wallclock.stopwatch_ms() - since_ms < 2_000, f"{held:,} bytes are still held"
    finally:
        tracemalloc.stop()
        gc.enable()


def test_stopping_does_not_wait_for_clients(app: Flask) -> None:
    with ExitStack() as stack:
        server = Server(app, Settings(port=0, stop_timeout_ms=1_000))
        server.start()
        clients = [connect(server, stack) for _ in range(30)]
        for client in clients[:10]:
            client.sendall(HALF)
        for client in clients[10:20]:
            client.sendall(b"GET /large HTTP/1.1\r\n\r\n")
            assert client.recv(1) == b"H"
        started_ms = wallclock.stopwatch_ms()

        server.stop()

        assert wallclock.stopwatch_ms() - started_ms < 2_000
        assert [client.recv(1) for client in clients[20:]] == [b""] * 10


def test_a_request_that_does_not_end_is_left_after_a_while(app: Flask) -> None:
    gate, entered = threading.Event(), threading.Semaphore(0)

    @app.get("/gate")
    def wait_at_gate() -> str:
        entered.release()
        gate.wait(20)
        return ""

    with ExitStack() as stack:
        server = Server(app, Settings(port=0, stop_timeout_ms=300))
        server.start()
        clients = [connect(server, stack) for _ in range(30)]
        for client in clients:
            client.sendall(b"GET /gate HTTP/1.1\r\n\r\n")
            assert entered.acquire(timeout=10)
        started_ms = wallclock.stopwatch_ms()

        server.stop()

        assert wallclock.stopwatch_ms() - started_ms < 2_000
        assert [client.recv(1) for client in clients] == [b""] * 30
        gate.set()
