"""A person who looks at a universe in a browser, and the application that makes things happen in it."""

import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from html import unescape
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from flask import Flask
from werkzeug.test import TestResponse

from mockpsp.api.pages.session import UI
from mockpsp.config import Settings
from mockpsp.serving.app import create_app

PROJECT, SECRET = "test-proj_looked", "key_sandbox_looked"
CARD = {"exp_month": 12, "exp_year": 2030}
#: Nothing may be called there: deliveries to it are dead at once.
NOWHERE = "https://shop.example/hook"


class Looker:
    """Somebody with the credentials of a universe: in a browser, and by its API."""

    def __init__(self, app: Flask, project: str = PROJECT) -> None:
        self.app, self.project = app, project
        self.client = app.test_client()
        self.call("GET", "/sandbox")
        signed = self.client.post(f"{UI}/sign-in", data={"project_id": project, "secret": SECRET})
        assert signed.status_code == 303

    def call(self, method: str, path: str, body: Any = None, **headers: str) -> dict[str, Any]:
        """A call of the API, which must not be refused."""
        answer = self.client.open(path, method=method, json=body or {}, auth=(self.project, SECRET), headers=headers)
        assert answer.status_code in (200, 410), answer.text
        found: dict[str, Any] = answer.get_json()
        return found

    def pay(self, name: str = "umbrella", amount: str = "40", number: str = "4242424242424242", **more: Any) -> str:
        """The id of the transaction of a sale, in euros where nothing else is said."""
        invoice = self.call("POST", "/invoices", {"name": name, "amount": amount, "currency": "EUR", **more})["invoice"]
        card = self.call("POST", "/cards", {"number": number, **CARD})["card"]
        self.call("POST", f"/invoices/{invoice['id']}/capture", {"source": card["id"]})
        shown = self.call("GET", f"/invoices/{invoice['id']}?expand=transaction")["invoice"]
        return str(shown["transaction"]["id"])

    def listen(self, url: str = NOWHERE, **more: Any) -> str:
        """The id of a new endpoint."""
        return str(self.call("POST", "/sandbox/webhook-endpoints", {"url": url, **more})["webhook_endpoint"]["id"])

    def look(self, path: str = "", status: int = 200) -> str:
        """The HTML of a page."""
        answer = self.client.get(f"{UI}{path}")
        assert answer.status_code == status, answer.text
        return answer.text

    def act(self, name: str, fields: dict[str, Any] | None = None, *, on: str = "", back: str = UI) -> TestResponse:
        """What a button's form is answered."""
        query = {"back": back, **({"on": on} if on else {})}
        return self.client.post(f"{UI}/act/{name}", query_string=query, data=fields or {})


def words(html: str) -> str:
    """What a page says, without its markup."""
    inside = html.partition("<main")[2].partition("</main>")[0]
    return re.sub(r"\s+", " ", unescape(re.sub(r"<[^>]*>", " ", f"<main{inside}"))).strip()


def links(html: str, beginning: str) -> list[str]:
    """Where the links of a page lead that lead to such a place, in order."""
    found = re.findall(r'<a [^>]*?href="([^"]*)"', html)
    return [unescape(one) for one in found if unescape(one).startswith(beginning)]


@contextmanager
def serving(db: str = ":memory:") -> Iterator[Flask]:
    """An application whose time stands still."""
    app = create_app(Settings(db=db, clock="manual"))
    try:
        yield app
    finally:
        app.extensions["mockpsp"].close()


@contextmanager
def receiving(*answers: int, body: bytes = b"", headers: dict[str, str] | None = None) -> Iterator[str]:
    """The address of a receiver that answers so in turn, and the last one again and again."""
    left = list(answers)

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["Content-Length"]))
            self.send_response(left.pop(0) if len(left) > 1 else left[0])
            for name, text in {"Content-Length": str(len(body)), **(headers or {})}.items():
                self.send_header(name, text)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/hook"
    finally:
        server.shutdown()
        server.server_close()
