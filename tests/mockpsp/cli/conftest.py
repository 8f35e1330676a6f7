"""A server's file as commands find it: two refunded payments' worth of books, and a webhook that could not be sent."""

import base64
import json
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from mockpsp.cli import mockpsp as command
from mockpsp.config import Settings
from mockpsp.serving.app import create_app
from mockpsp.serving.lock import FileLock
from mockpsp.serving.server import Server

PROJECT = "test-proj_books"
SECRET = "key_sandbox_books"
Run = Callable[..., Result]


@dataclass(frozen=True)
class Running:
    """A server on a file, and requests to it."""

    server: Server
    client: Any

    def post(self, path: str, body: dict[str, Any], project_id: str = PROJECT) -> Any:
        """The answer's body, which is a success."""
        answer = self.client.post(path, json=body, headers=signed_in(project_id))
        assert answer.json["success"], answer.json
        return answer.json

    def get(self, path: str, project_id: str = PROJECT) -> Any:
        """The answer's body."""
        return self.client.get(path, headers=signed_in(project_id)).json


def signed_in(project_id: str = PROJECT) -> dict[str, str]:
    """The header of a project's own requests."""
    return {"Authorization": "Basic " + base64.b64encode(f"{project_id}:{SECRET}".encode()).decode()}


@pytest.fixture(autouse=True)
def clean_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """No MOCKPSP_ variable of whoever runs the tests."""
    for name in [name for name in os.environ if name.startswith("MOCKPSP_")]:
        monkeypatch.delenv(name)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "books.db"


@pytest.fixture
def running(file: Path) -> Iterator[Running]:
    settings = Settings(db=str(file), port=0, clock="manual")
    app = create_app(settings)
    server = Server(app, settings)
    server.start()
    yield Running(server, app.test_client())
    server.stop()
    app.extensions["mockpsp"].close()


@pytest.fixture
def refunded(running: Running) -> Running:
    """10.00 EUR paid, 4.00 refunded; every event goes to a host that deliveries may not reach."""
    running.post("/sandbox/webhook-endpoints", {"url": "https://shop.example/hook"})
    card = running.post("/cards", {"number": "4242424242424242", "exp_month": 12, "exp_year": 2030, "cvc2": "123"})
    invoice = running.post("/invoices", {"name": "Order", "amount": "10.00", "currency": "EUR"})["invoice"]["id"]
    paid = running.post(f"/invoices/{invoice}/capture", {"source": card["card"]["id"]})
    running.post(f"/transactions/{paid['transaction']['id']}/refunds", {"amount": "4.00"})
    running.post("/sandbox/clock/advance", {"by": "0s"})
    return running


@pytest.fixture
def run(file: Path) -> Run:
    """Runs a command on the file."""

    def run_command(*arguments: str, on_file: bool = True, **options: Any) -> Result:
        tail = ("--db", str(file)) if on_file else ()
        return CliRunner().invoke(command, [*arguments, *tail], **options)

    return run_command


def said(result: Result) -> Any:
    """The JSON that a command that went well printed."""
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout)


@pytest.fixture
def served(running: Running, file: Path) -> Iterator[Running]:
    """A server that says beside its file where it is, as `mockpsp serve` does; the universe has its credentials."""
    running.get("/sandbox")
    with FileLock(str(file)) as lock:
        lock.announce(running.server.url)
        yield running
