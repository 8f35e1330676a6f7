"""A real HTTP server that answers as much of the control plane as a replay needs, from tables a test can change."""

import hashlib
import json
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
import requests

from mockpsp.scenarios.language.errors import ScenarioErrors
from mockpsp.scenarios.language.loader import loads
from mockpsp.scenarios.language.model import Scenario
from mockpsp.scenarios.replaying.application import Application, own_application
from mockpsp.wallclock import now_s
from mockpsp.webhooks import signing

SECRET = signing.secret_from(bytes(range(24)))


@dataclass
class TinyServer:
    """One universe: what it was asked (`requests`), what it answers (`answers`), whom it tells (`endpoints`)."""

    url: str = ""
    requests: list[tuple[str, str, Any, dict[str, str]]] = field(default_factory=list)
    answers: dict[str, tuple[int, Any]] = field(default_factory=dict)
    endpoints: list[str] = field(default_factory=list)
    #: Messages due at the next advance, as (webhook id, body).
    due: list[tuple[str, dict[str, str]]] = field(default_factory=list)

    def answer(self, method: str, path: str, body: Any, headers: dict[str, str]) -> tuple[int, Any]:
        """What the table says for `METHOD /path`, else the empty universe's answer."""
        self.requests.append((method, path, body, headers))
        route = f"{method} {path.partition('?')[0]}"
        if route == "POST /sandbox/webhook-endpoints":
            self.endpoints.append(body["url"])
        if route == "POST /sandbox/clock/advance":
            self.deliver()
        return self.answers.get(route, EMPTY_UNIVERSE.get(route, (404, {"success": False, "message": route})))

    def deliver(self) -> None:
        """Each message goes to each endpoint until it answers 2xx, three times at most."""
        for (webhook_id, body), url in ((message, url) for message in self.due for url in self.endpoints):
            payload = json.dumps(body).encode()
            headers = signing.headers([SECRET], webhook_id=webhook_id, timestamp_s=now_s(), body=payload)
            for _ in range(3):
                if requests.post(url, data=payload, headers=headers, timeout=5).ok:
                    break
        self.due.clear()

    def asked(self, method: str, path: str) -> list[Any]:
        """The bodies of the requests made to a route."""
        return [body for was_method, was_path, body, _ in self.requests if (was_method, was_path) == (method, path)]


EMPTY_UNIVERSE: dict[str, tuple[int, Any]] = {
    "POST /sandbox/reset": (200, {"success": True}),
    "PUT /sandbox/routing": (200, {"success": True}),
    "PUT /sandbox/psps/north": (200, {"success": True}),
    "POST /sandbox/simulate": (200, {"success": True, "simulated": {}}),
    "POST /sandbox/webhook-endpoints": (200, {"webhook_endpoint": {"id": "we_1", "secret": SECRET}}),
    "POST /sandbox/clock/advance": (200, {"clock": {"now": "2026-01-02T00:00:00Z"}, "ran": [], "more": False}),
    "GET /sandbox": (200, {"universe": {"webhook_secret": SECRET}}),
    "GET /sandbox/agenda": (200, {"agenda": []}),
    "GET /sandbox/clock": (200, {"clock": {"mode": "manual", "now": "2026-01-02T00:00:00Z", "offset_seconds": 0}}),
    "GET /sandbox/audit": (200, {"audit": {"unbalanced": [], "unlike_postings": [], "beyond": []}}),
    "GET /sandbox/digest": (200, {"digest": hashlib.sha256(b"empty").hexdigest()}),
    "GET /sandbox/ledger/balances": (200, {"balances": {}}),
    "GET /sandbox/ledger/journal": (200, {"journal": []}),
    "GET /transactions": (200, {"transactions": [], "has_more": False}),
    "GET /events": (200, {"events": [], "has_more": False}),
    "POST /invoices": (200, {"invoice": {"id": "iv_1", "amount": "100"}, "success": True}),
}


class _TinyHandler(BaseHTTPRequestHandler):
    tiny: TinyServer

    def answer(self) -> None:
        length = int(self.headers.get("content-length", "0"))
        body = json.loads(self.rfile.read(length)) if length else None
        headers = {name.lower(): value for name, value in self.headers.items()}
        status, answer = self.tiny.answer(self.command, self.path, body, headers)
        payload = json.dumps(answer).encode()
        self.send_response(status)
        self.send_header("content-length", str(len(payload)))
        self.end_headers()
        self.wfile.write(payload)

    do_GET = do_POST = do_PUT = do_DELETE = answer

    def log_message(self, format: str, *args: Any) -> None:
        """Keeps the test's output clean."""


@pytest.fixture
def tiny() -> Iterator[TinyServer]:
    """A running `TinyServer`."""
    server = TinyServer()
    http = ThreadingHTTPServer(("127.0.0.1", 0), type("Handler", (_TinyHandler,), {"tiny": server}))
    server.url = f"http://127.0.0.1:{http.server_address[1]}"
    thread = threading.Thread(target=http.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield server
    http.shutdown()
    http.server_close()
    thread.join()


@pytest.fixture(scope="module")
def application() -> Iterator[Application]:
    """An application that stories are told to without sockets, in a third of the time; test_both_ways.py says why that
    is the same."""
    with own_application() as opened:
        yield opened


@pytest.fixture
def story() -> Callable[..., Scenario]:
    """Makes a story from its steps in YAML, and from more lines for the head of the file."""

    def make(steps: str, head: str = "") -> Scenario:
        return loads(
            f"format: 1\nname: A story\n{head}\nsteps:\n{steps}\n".encode(), Path("a-story.yaml"), catalog=None
        )

    return make


@pytest.fixture
def problems() -> Callable[[str], list[str]]:
    """The problems of a file as `line:column: what`; an empty list for a good one."""

    def find(source: str | bytes) -> list[str]:
        encoded = source if isinstance(source, bytes) else source.encode()
        try:
            loads(encoded, Path("f.yaml"))
        except ScenarioErrors as error:
            return [str(problem).removeprefix("f.yaml:") for problem in error.problems]
        return []

    return find
