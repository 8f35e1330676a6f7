"""The web server: ports, connections kept open, limits, and a clean end. Real sockets on loopback."""

import http.client
import json
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import closing
from typing import Any

import pytest
from flask import Flask, Response, request

from mockpsp.config import Settings
from mockpsp.serving.connection import ENVIRON_KEY
from mockpsp.serving.server import Server, ServerError

SETTINGS = Settings(port=0, threads=8)


@pytest.fixture
def gate() -> threading.Event:
    """Closed: requests to /gate wait until it is set."""
    return threading.Event()


@pytest.fixture
def entered() -> threading.Semaphore:
    """Released once by each request that reached /gate."""
    return threading.Semaphore(0)


@pytest.fixture
def app(gate: threading.Event, entered: threading.Semaphore) -> Flask:
    app = Flask("server-test", static_folder=None)
    views: list[tuple[str, Callable[[], Any]]] = [
        ("/ping", lambda: {"pong": True}),
        ("/echo", lambda: {"length": len(request.get_data())}),
        ("/refuse", lambda: ({"refused": True}, 401)),
        ("/empty", lambda: ("", 204)),
        ("/truncate", lambda: cut(sends=b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf")),
        ("/reset", lambda: cut(resets=True)),
        ("/stream", lambda: Response(iter(["one,", "two"]))),
    ]

    @app.get("/gate")
    def wait_at_gate() -> dict[str, bool]:
        entered.release()
        return {"opened": gate.wait(10)}

    for path, view in views:
        app.add_url_rule(path, endpoint=path, view_func=view, methods=["GET", "POST", "HEAD"])
    return app


@pytest.fixture
def server(app: Flask, gate: threading.Event) -> Iterator[Server]:
    server = Server(app, SETTINGS)
    server.start()
    yield server
    gate.set()
    server.stop()


def cut(**options: Any) -> str:
    """End the connection of the request under way."""
    request.environ[ENVIRON_KEY].cut(**options)
    return "nobody reads this"


def connect(server: Server) -> http.client.HTTPConnection:
    return http.client.HTTPConnection("127.0.0.1", server.port, timeout=10)


def send(server: Server, text: bytes) -> bytes:
    """Everything the server says to these bytes until it ends the connection."""
    with socket.create_connection(("127.0.0.1", server.port), timeout=10) as client:
        client.sendall(text)
        return b"".join(iter(lambda: client.recv(65_536), b""))


def ask(connection: http.client.HTTPConnection, path: str, **options: Any) -> tuple[int, bytes]:
    connection.request(options.pop("method", "GET"), path, **options)
    answer = connection.getresponse()
    return answer.status, answer.read()


def test_port_0_becomes_the_real_port(server: Server) -> None:
    assert server.port > 0
    assert server.url == f"http://127.0.0.1:{server.port}"


def test_requests_are_answered_once_start_returns(app: Flask) -> None:
    server = Server(app, SETTINGS)
    server.start()

    with closing(connect(server)) as connection:
        assert ask(connection, "/ping")[0] == 200

    server.stop()


def test_a_taken_port_is_an_error_that_names_it(server: Server, app: Flask) -> None:
    second = Server(app, Settings(port=server.port))

    with pytest.raises(ServerError, match=f"127.0.0.1 port {server.port}: something else listens there already"):
        second.start()


@pytest.mark.parametrize(
    ("host", "url"),
    [("0.0.0.0", "http://127.0.0.1:80"), ("::", "http://[::1]:80"), ("localhost", "http://localhost:80")],
)
def test_the_url_is_one_that_a_client_here_can_use(app: Flask, host: str, url: str) -> None:
    assert Server(app, Settings(host=host, port=80)).url == url


def test_a_connection_answers_many_requests(server: Server) -> None:
    with closing(connect(server)) as connection:
        ask(connection, "/ping")
        first = connection.sock
        for _ in range(50):
            assert ask(connection, "/echo", method="POST", body=b"x" * 1000) == (200, b'{"length":1000}\n')

        assert connection.sock is first


def test_more_connections_than_threads_stay_open(server: Server) -> None:
    connections = [connect(server) for _ in range(20)]
    for connection in connections:
        ask(connection, "/ping")

    assert all(connection.sock is not None for connection in connections)
    for connection in connections:
        connection.close()


def test_requests_sent_without_waiting_are_all_answered(server: Server) -> None:
    two = b"GET /ping HTTP/1.1\r\nHost: x\r\n\r\nGET /ping HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"

    assert send(server, two).count(b"HTTP/1.1 200 OK") == 2


def test_a_body_in_pieces_is_put_together(server: Server) -> None:
    with closing(connect(server)) as connection:
        answer = ask(connection, "/echo", method="POST", body=iter([b"abc", b"defg"]), encode_chunked=True)

    assert answer == (200, b'{"length":7}\n')


def test_a_streamed_answer_arrives_whole(server: Server) -> None:
    with closing(connect(server)) as connection:
        assert ask(connection, "/stream") == (200, b"one,two")


def test_an_answer_without_a_body_is_sent(server: Server) -> None:
    with closing(connect(server)) as connection:
        assert ask(connection, "/empty") == (204, b"")
        assert ask(connection, "/ping", method="HEAD") == (200, b"")
        assert ask(connection, "/ping")[0] == 200


def test_a_refusal_before_the_body_is_read_leaves_the_connection_usable(server: Server) -> None:
    with closing(connect(server)) as connection:
        assert ask(connection, "/refuse", method="POST", body=b"x" * 100_000)[0] == 401
        assert ask(connection, "/ping")[0] == 200


def test_a_body_over_the_limit_is_413_in_the_envelope(server: Server) -> None:
    with closing(connect(server)) as connection:
        status, body = ask(connection, "/echo", method="POST", body=b"x" * (SETTINGS.body_bytes + 1))

    assert status == 413
    assert json.loads(body)["error_type"] == "request.too-much"


def test_a_client_that_sends_far_too_much_still_reads_the_answer(server: Server) -> None:
    with closing(connect(server)) as connection:
        assert ask(connection, "/echo", method="POST", body=b"x" * (SETTINGS.body_bytes * 10))[0] == 413


def test_a_body_in_pieces_over_the_limit_is_413(server: Server) -> None:
    pieces = iter([b"x" * 100_000] * (SETTINGS.body_bytes // 100_000 + 1))
    with closing(connect(server)) as connection:
        assert ask(connection, "/echo", method="POST", body=pieces, encode_chunked=True)[0] == 413


def test_a_connection_stays_usable_after_a_body_in_pieces(server: Server) -> None:
    chunks = b"POST %s HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n3;x=y\r\nabc\r\n0\r\nTrailer: 1\r\n\r\n"
    last = b"GET /ping HTTP/1.1\r\nConnection: close\r\n\r\n"

    answers = send(server, chunks % b"/refuse" + chunks % b"/echo" + last)

    assert [line[9:12] for line in answers.splitlines() if line.startswith(b"HTTP/1.1")] == [b"401", b"200", b"200"]


def test_headers_over_the_limit_are_413_in_the_envelope(server: Server) -> None:
    answer = send(server, b"GET /ping HTTP/1.1\r\nX-Long: " + b"x" * SETTINGS.header_bytes + b"\r\n\r\n")

    assert answer.startswith(b"HTTP/1.1 413 ")
    assert json.loads(answer.partition(b"\r\n\r\n")[2])["success"] is False


def test_a_path_over_the_limit_is_414(server: Server) -> None:
    assert send(server, b"GET /" + b"x" * SETTINGS.header_bytes + b" HTTP/1.1\r\n\r\n").startswith(b"HTTP/1.1 414 ")


@pytest.mark.parametrize(
    "text",
    [
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\r\n\r\n",
        b"GET /ping\r\n\r\n",
        b"GET /ping HTTP/1.1\n\n",
        b"GET /ping HTTP/1.1\r\nno colon\r\n\r\n",
        b"POST /echo HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
        b"POST /echo HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabcdef\r\n",
        b"POST /echo HTTP/1.1\r\nContent-Length: -5\r\n\r\nabcde",
        b"POST /echo HTTP/1.1\r\nContent-Length: five\r\n\r\nabcde",
        b"POST /echo HTTP/1.1\r\nContent-Length: " + b"9" * 5000 + b"\r\n\r\nabcde",
    ],
)
def test_what_is_not_http_gets_a_4xx_in_the_envelope(server: Server, text: bytes) -> None:
    head, _, body = send(server, text).partition(b"\r\n\r\n")

    assert head.startswith(b"HTTP/1.1 4")
    assert json.loads(body)["error_type"].startswith("request.")


def test_a_client_that_hangs_up_mid_request_harms_nobody(server: Server) -> None:
    with socket.create_connection(("127.0.0.1", server.port)) as client:
        client.sendall(b"POST /echo HTTP/1.1\r\nContent-Length: 1000\r\n\r\nabc")

    with closing(connect(server)) as connection:
        assert ask(connection, "/ping")[0] == 200


def broken(environ: dict[str, Any], start_response: Any) -> list[bytes]:
    """An application that fails, before its answer or by what it answers."""
    if environ["PATH_INFO"] == "/raise":
        raise ValueError("broken")
    if environ["PATH_INFO"] == "/header":
        start_response("200 OK", [("X", "\u2713")])
    return []


@pytest.mark.parametrize("path", ["/raise", "/header", "/silent"])
def test_an_application_that_fails_is_a_500_in_the_envelope(path: str, caplog: pytest.LogCaptureFixture) -> None:
    server = Server(broken, SETTINGS)
    server.start()
    with closing(connect(server)) as connection:
        status, body = ask(connection, path)
    server.stop()

    assert (status, json.loads(body)["error_type"]) == (500, "gateway-internal-error")
    assert f"the application failed on {path}" in caplog.text


def test_a_request_can_cut_its_own_answer_short(server: Server) -> None:
    assert send(server, b"GET /truncate HTTP/1.1\r\n\r\n") == b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf"


def test_a_request_can_reset_its_own_connection(server: Server) -> None:
    with pytest.raises(ConnectionResetError):
        send(server, b"GET /reset HTTP/1.1\r\n\r\n")


@pytest.mark.parametrize("path", ["/truncate", "/reset"])
def test_the_server_outlives_cut_connections(server: Server, path: str) -> None:
    for _ in range(5):
        with closing(connect(server)) as connection, pytest.raises((http.client.HTTPException, ConnectionError)):
            ask(connection, path)

    with closing(connect(server)) as connection:
        assert ask(connection, "/ping")[0] == 200


def test_requests_that_wait_do_not_hold_up_others(
    server: Server, gate: threading.Event, entered: threading.Semaphore
) -> None:
    waiting = [connect(server) for _ in range(6)]
    for connection in waiting:
        connection.request("GET", "/gate")
        assert entered.acquire(timeout=10)

    with closing(connect(server)) as another:
        assert ask(another, "/ping")[0] == 200
    gate.set()

    assert [connection.getresponse().status for connection in waiting] == [200] * 6
    for connection in waiting:
        connection.close()


def test_a_request_under_way_is_answered_before_stop_returns(
    server: Server, gate: threading.Event, entered: threading.Semaphore
) -> None:
    with closing(connect(server)) as connection:
        connection.request("GET", "/gate")
        assert entered.acquire(timeout=10)
        stopping = threading.Thread(target=server.stop)
        stopping.start()

        gate.set()
        answer = connection.getresponse()

        assert (answer.status, answer.read()) == (200, b'{"opened":true}\n')
        stopping.join()


def test_a_stopped_server_takes_no_connection(server: Server) -> None:
    port = server.port
    server.stop()

    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", port))


def test_stopping_ends_every_thread_of_the_server(app: Flask) -> None:
    before = set(threading.enumerate())
    server = Server(app, SETTINGS)
    server.start()
    with closing(connect(server)) as connection:
        ask(connection, "/ping")

        server.stop()

    assert set(threading.enumerate()) == before


def test_stopping_twice_is_harmless(server: Server) -> None:
    server.stop()
    server.stop()


def test_a_server_that_never_started_can_be_stopped(app: Flask) -> None:
    Server(app, SETTINGS).stop()
