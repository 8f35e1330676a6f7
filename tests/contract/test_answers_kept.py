"""What a receiver answered can be read where the delivery is, cut short and without card numbers."""

import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from mockpsp.sandbox_client import Sandbox

Start = Callable[[bytes], str]


@pytest.fixture
def answering() -> Iterator[Start]:
    """Starts a receiver that answers 500 with a body; its address."""
    servers: list[HTTPServer] = []

    def start(body: bytes) -> str:
        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                self.rfile.read(int(self.headers["Content-Length"]))
                self.send_response(500)
                self.send_header("X-Shop", "north")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: object) -> None:
                pass

        server = HTTPServer(("127.0.0.1", 0), Handler)
        servers.append(server)
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
        return f"http://127.0.0.1:{server.server_port}/"

    yield start
    for server in servers:
        server.shutdown()
        server.server_close()


def webhook(mockpsp: Sandbox, url: str) -> dict[str, str]:
    mockpsp.post("/sandbox/webhook-endpoints", {"url": url})
    mockpsp.post("/customers")
    mockpsp.advance("0s")
    event = mockpsp.get("/events")["events"][0]["id"]
    return dict(mockpsp.get(f"/events/{event}/webhooks")["webhooks"][0])


def test_a_webhook_shows_what_came_back(mockpsp: Sandbox, answering: Start) -> None:
    shown = webhook(mockpsp, answering(b"no such \xc3\xb6rder"))

    assert (shown["response_code"], shown["response_body"]) == ("500", "no such örder")
    assert "X-Shop: north" in shown["response_headers"].splitlines()


@pytest.mark.parametrize(
    ("body", "kept"),
    [
        (b"a" * 10_000, "a" * 4_096),
        (b"card 4556737586899855!", "card [hidden]!"),
        (b"\x00\xff", "\N{REPLACEMENT CHARACTER}\N{REPLACEMENT CHARACTER}"),
        (b"", ""),
    ],
)
def test_it_is_cut_short_and_hides_card_numbers(mockpsp: Sandbox, answering: Start, body: bytes, kept: str) -> None:
    assert webhook(mockpsp, answering(body))["response_body"] == kept


def test_what_nobody_answered_is_empty(mockpsp: Sandbox) -> None:
    shown = webhook(mockpsp, "http://127.0.0.1:9/")

    assert (shown["response_code"], shown["response_body"], shown["response_headers"]) == ("", "", "")
