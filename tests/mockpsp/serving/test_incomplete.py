"""Requests that never came whole move nothing and keep nothing, wherever they were cut, inside TLS or not."""

import base64
import contextlib
import socket
import ssl
import struct
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple
from urllib.parse import urlsplit

import pytest

from mockpsp.config import Settings
from mockpsp.sandbox_client import Sandbox
from mockpsp.serving import certificates
from mockpsp.serving.app import create_app
from mockpsp.serving.server import Server

WHO = ("test-proj_cut", "key_sandbox_cut")
FORM = "application/x-www-form-urlencoded"
BODY = "amount=40.00"


class Served(NamedTuple):
    sandbox: Sandbox
    context: ssl.SSLContext | None

    def connect(self) -> socket.socket:
        address = urlsplit(self.sandbox.url)
        plain = socket.create_connection((address.hostname, address.port), timeout=10)
        return plain if self.context is None else self.context.wrap_socket(plain, server_hostname="127.0.0.1")


@pytest.fixture(scope="module", params=["http", "https"])
def served(request: pytest.FixtureRequest) -> Iterator[Served]:
    settings = Settings(db=":memory:", port=0, clock="manual", tls=request.param == "https")
    with certificates.open_tls(settings) as tls:
        app = create_app(settings)
        server = Server(app, settings, tls=None if tls is None else tls.context)
        server.start()
        with Sandbox(server.url, *WHO) as sandbox:
            sandbox._session.verify = True if tls is None else tls.ca
            sandbox._session.trust_env = False
            yield Served(sandbox, None if tls is None else ssl.create_default_context(cafile=tls.ca))
        server.stop()
        app.extensions["mockpsp"].close()


@pytest.fixture
def sandbox(served: Served) -> Sandbox:
    served.sandbox.reset()
    return served.sandbox


def invoice(sandbox: Sandbox, **how: Any) -> str:
    made: str = sandbox.post("/invoices", {"name": "A", "amount": "100.00", "currency": "EUR"})["invoice"]["id"]
    if how:
        sandbox.post(f"/invoices/{made}/capture", {"source": sandbox.card(), **how})
    return made


def to_refund(sandbox: Sandbox) -> tuple[str, str]:
    paid = sandbox.post(f"/invoices/{invoice(sandbox)}/capture", {"source": sandbox.card()})["transaction"]["id"]
    return f"/transactions/{paid}/refunds", BODY


def to_capture(sandbox: Sandbox) -> tuple[str, str]:
    return f"/invoices/{invoice(sandbox)}/capture", f"source={sandbox.card()}&capture_{BODY}&authorize_only=false"


def to_void(sandbox: Sandbox) -> tuple[str, str]:
    return f"/invoices/{invoice(sandbox, authorize_only=True)}/void", BODY


def to_reset(sandbox: Sandbox) -> tuple[str, str]:
    sandbox.post("/customers")
    return "/sandbox/reset", '{"seed": 7}'


def message(path: str, body: str, *, chunked: bool, host: str) -> tuple[bytes, bytes]:
    """Head and body of a request with a key."""
    content_type = "application/json" if body.startswith("{") else FORM
    authorization = base64.b64encode(":".join(WHO).encode()).decode()
    lines = [f"POST {path} HTTP/1.1", f"Host: {host}", f"Authorization: Basic {authorization}", "Idempotency-Key: cut"]
    lines += [f"Content-Type: {content_type}"]
    if chunked:
        lines += ["Transfer-Encoding: chunked"]
        halves = body[: len(body) // 2], body[len(body) // 2 :]
        body = "".join(f"{len(half):x}\r\n{half}\r\n" for half in halves) + "0\r\n\r\n"
    else:
        lines += [f"Content-Length: {len(body)}"]
    return "\r\n".join([*lines, "", ""]).encode(), body.encode()


def says_end(client: socket.socket) -> None:
    """No more is sent; the client still listens."""
    if isinstance(client, ssl.SSLSocket):
        with contextlib.suppress(OSError):
            client.settimeout(0)
            client.unwrap()
        client.settimeout(10)
    socket.socket.shutdown(client, socket.SHUT_WR)


def hangs_up(client: socket.socket) -> None:
    """The network is gone; inside TLS the end is not said."""
    socket.socket.shutdown(client, socket.SHUT_WR)


def resets(client: socket.socket) -> None:
    client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


ENDS = [says_end, hangs_up, resets]


def send_cut(served: Served, beginning: bytes, end: Callable[[socket.socket], None]) -> bytes:
    """What is answered to the beginning of a request."""
    with served.connect() as client:
        client.sendall(beginning)
        end(client)
        if end is resets:
            return b""
        with contextlib.suppress(ssl.SSLError):
            return b"".join(iter(lambda: client.recv(65_536), b""))
    return b""


@pytest.mark.parametrize("chunked", [False, True], ids=["length", "chunks"])
@pytest.mark.parametrize("action", [to_refund, to_capture, to_void, to_reset])
def test_a_request_cut_anywhere_in_its_body_never_happened(
    served: Served, sandbox: Sandbox, action: Callable[[Sandbox], tuple[str, str]], chunked: bool
) -> None:
    path, text = action(sandbox)
    head, body = message(path, text, chunked=chunked, host=urlsplit(sandbox.url).netloc)
    before = sandbox.get("/sandbox/digest")

    for end in ENDS:
        for length in range(len(body)):
            assert send_cut(served, head + body[:length], end)[:12] in (b"", b"HTTP/1.1 400")
    assert sandbox.get("/sandbox/digest") == before

    with served.connect() as client:
        client.sendall(head + body)
        assert client.recv(65_536).startswith(b"HTTP/1.1 200")
    assert sandbox.get("/sandbox/digest") != before


def test_a_request_cut_anywhere_in_its_headers_never_happened(served: Served, sandbox: Sandbox) -> None:
    path, text = to_refund(sandbox)
    head, _ = message(path, text, chunked=False, host=urlsplit(sandbox.url).netloc)
    before = sandbox.get("/sandbox/digest")

    for length in range(1, len(head), 3):
        assert send_cut(served, head[:length], says_end)[:12] in (b"", b"HTTP/1.1 400")

    assert sandbox.get("/sandbox/digest") == before


def test_the_honest_retry_refunds_what_it_says_once(served: Served, sandbox: Sandbox) -> None:
    path, text = to_refund(sandbox)
    head, body = message(path, text, chunked=False, host=urlsplit(sandbox.url).netloc)
    send_cut(served, head, hangs_up)
    send_cut(served, head + body[:-4], says_end)

    for _ in range(2):
        with served.connect() as client:
            client.sendall(head + body)
            assert client.recv(65_536).startswith(b"HTTP/1.1 200")

    assert sandbox.get(path.removesuffix("/refunds"))["transaction"]["refunded_amount"] == "40"


def test_a_length_longer_than_the_body_moves_nothing(served: Served, sandbox: Sandbox) -> None:
    path, _ = to_refund(sandbox)
    head, body = message(path, BODY + "0" * 18, chunked=False, host=urlsplit(sandbox.url).netloc)
    before = sandbox.get("/sandbox/digest")

    answer = send_cut(served, head + body[:-18], says_end)

    assert answer == b"" or b"ended in the middle of the request; nothing was done" in answer
    assert sandbox.get("/sandbox/digest") == before
