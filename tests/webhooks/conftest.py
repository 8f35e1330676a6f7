"""A database with the outbox tables, and receivers on loopback that answer as a test tells them to."""

import sqlite3
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib import resources

import pytest

from mockpsp.webhooks import signing

#: Gets the request and the event that ends the test: an answer that hangs waits for it.
Answer = Callable[[BaseHTTPRequestHandler, threading.Event], None]


@dataclass
class Receiver:
    """What a receiver got, and where it listens. `released` ends whatever it still waits for."""

    port: int
    released: threading.Event
    paths: list[str] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)
    bodies: list[bytes] = field(default_factory=list)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/hook"


@pytest.fixture
def conn() -> Iterator[sqlite3.Connection]:
    connection = sqlite3.connect(":memory:", isolation_level=None)
    connection.executescript((resources.files("mockpsp.webhooks") / "schema.sql").read_text())
    yield connection
    connection.close()


@pytest.fixture
def next_seq() -> Callable[[], int]:
    """Numbers from 101, apart from those that tests write out."""
    numbers = iter(range(101, 10_000))
    return lambda: next(numbers)


@pytest.fixture
def secret() -> str:
    return signing.secret_from(bytes(range(24)))


@pytest.fixture
def old_secret() -> str:
    return signing.secret_from(bytes(range(24, 48)))


@pytest.fixture
def receive() -> Iterator[Callable[..., Receiver]]:
    """Start a receiver that gives these answers in turn, the last one again and again."""
    released = threading.Event()
    servers: list[ThreadingHTTPServer] = []

    def start(*answers: int | Answer) -> Receiver:
        server = ThreadingHTTPServer(("127.0.0.1", 0), BaseHTTPRequestHandler)
        receiver = Receiver(server.server_port, released)
        server.RequestHandlerClass = _request_handler(receiver, list(answers))
        servers.append(server)
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}).start()
        return receiver

    yield start
    released.set()
    for server in servers:
        server.shutdown()
        server.server_close()


def _request_handler(receiver: Receiver, answers: list[int | Answer]) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            answer = answers[min(len(receiver.bodies), len(answers) - 1)]
            receiver.paths.append(self.path)
            receiver.headers.append(dict(self.headers))
            receiver.bodies.append(self.rfile.read(int(self.headers["Content-Length"])))
            if isinstance(answer, int):
                self.send_response(answer)
                self.send_header("Content-Length", "0")
                self.end_headers()
            else:
                answer(self, receiver.released)

        def log_message(self, format: str, *args: object) -> None:
            """Quiet."""

    return Handler
