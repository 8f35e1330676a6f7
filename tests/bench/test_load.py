"""The load generator against a server that answers as told: whole answers, ids, failures."""

import json
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import pytest

from tests.bench.failing import Failed
from tests.bench.load import Job, send


class _Echo(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        """Answer the body, in two parts: a status of 400 where it asks for one."""
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.send_response(400 if b"refuse" in body else 200)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body[:1])
        self.wfile.flush()
        self.wfile.write(body[1:])

    def log_message(self, *_: object) -> None:
        """Nothing is logged."""


@pytest.fixture
def port() -> Iterator[int]:
    with ThreadingHTTPServer(("127.0.0.1", 0), _Echo) as server:
        thread = Thread(target=server.serve_forever)
        thread.start()
        yield server.server_port
        server.shutdown()
        thread.join()


@pytest.mark.parametrize("connections", [1, 8])
def test_every_request_is_answered_once(port: int, connections: int) -> None:
    bodies = [{"card": {"id": f"card_{number}" + "x" * 9_000}} for number in range(20)]

    load = send(Job("127.0.0.1", port, "", connections, [("POST", "/", body) for body in bodies], ("card", "id")))

    assert sorted(load.ids) == sorted(body["card"]["id"] for body in bodies)
    assert len(load.took_ms) == 20


def test_one_answer_that_is_no_success_fails_all(port: int) -> None:
    requests = [("POST", "/", {"name": name}) for name in ("accept", "refuse", "accept")]

    with pytest.raises(Failed, match=r"1 of 3 requests failed, first: HTTP/1.1 400 Bad Request .*refuse"):
        send(Job("127.0.0.1", port, "", 1, requests))


def test_a_form_is_sent_as_one(port: int) -> None:
    with pytest.raises(Failed, match="amount=5&name=refuse"):
        send(Job("127.0.0.1", port, "", 1, [("POST", "/", {"amount": 5, "name": "refuse"})], is_form=True))


def test_json_is_sent_as_such(port: int) -> None:
    wanted = {"name": "refuse"}

    with pytest.raises(Failed, match=json.dumps(wanted)):
        send(Job("127.0.0.1", port, "", 1, [("POST", "/", wanted)]))
