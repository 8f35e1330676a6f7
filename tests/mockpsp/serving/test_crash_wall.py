"""SIGKILL on the wall clock: clients send again what got no answer, and the next server delivers what was owed."""

import json
import random
import signal
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest
import requests

from mockpsp.sandbox_client import Sandbox
from tests.mockpsp.worlds import PATIENCE_S, Shop, flaws, holds_soon

pytestmark = pytest.mark.slow

WHO = ("test-proj_crash", "key_test_crash")
CARD: dict[str, object] = {"number": "4242424242424242", "exp_month": 12, "exp_year": 2030}
KILLS = 3
CLIENTS = 3
ORDERS = 18


@contextmanager
def serve(file: Path) -> Iterator[tuple[str, subprocess.Popen[str]]]:
    """The URL of `mockpsp serve` on a file, and its process, which ends by SIGKILL."""
    command = [sys.executable, "-m", "mockpsp", "serve", "--port", "0", "--json", "--db", str(file)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            yield json.loads(process.stdout.readline())["url"], process
        finally:
            process.send_signal(signal.SIGKILL)


class Till:
    """A client with orders to take, each a sale and a refund; `url` None: the server is down, wait for the next.

    A request without an answer is sent again under the same key, as a careful client would.
    """

    def __init__(self, name: str) -> None:
        self.name = name
        self.url: str | None = None
        self.answers_by_key: dict[str, tuple[str, dict[str, object], str]] = {}
        self.changed = threading.Condition()
        self.thread = threading.Thread(target=self.work)

    def work(self) -> None:
        for n in range(ORDERS):
            key = f"{self.name}-{n}"
            made = self.send(f"{key}-invoice", "/invoices", {"name": key, "amount": "10", "currency": "EUR"})
            invoice = json.loads(made)["invoice"]["id"]
            card = json.loads(self.send(f"{key}-card", "/cards", CARD))["card"]["id"]
            self.send(f"{key}-capture", f"/invoices/{invoice}/capture", {"source": card})
            self.send(f"{key}-refund", f"/invoices/{invoice}/refunds", {"amount": "4"})

    def send(self, key: str, path: str, body: dict[str, object]) -> str:
        while True:
            with self.changed:
                assert self.changed.wait_for(lambda: self.url is not None, PATIENCE_S)
                url = self.url
            try:
                headers = {"Idempotency-Key": key}
                answer = requests.post(f"{url}{path}", json=body, auth=WHO, headers=headers, timeout=PATIENCE_S)
            except requests.RequestException:
                with self.changed:
                    self.url = None if self.url == url else self.url
                continue
            assert answer.status_code == 200, answer.text
            with self.changed:
                self.answers_by_key[key] = (path, body, answer.text)
                self.changed.notify_all()
            return answer.text

    def move_to(self, url: str) -> None:
        """The server is there from now on."""
        with self.changed:
            self.url = url
            self.changed.notify_all()

    def wait_for_answers(self, count: int) -> None:
        with self.changed:
            self.changed.wait_for(lambda: len(self.answers_by_key) >= count, PATIENCE_S)


@pytest.fixture
def shop() -> Iterator[Shop]:
    with Shop() as shop:
        yield shop


def opened(file: Path, shop: Shop) -> list[Till]:
    """Clients of a universe that tells the shop everything."""
    with serve(file) as (url, _), Sandbox(url, *WHO) as sandbox:
        sandbox.post("/sandbox/webhook-endpoints", {"url": shop.url})
        return [Till(f"till-{n}") for n in range(CLIENTS)]


def kill_under_load(file: Path, tills: list[Till], chance: random.Random) -> None:
    """Serve, and end the server by SIGKILL after a number of answers that chance decides."""
    with serve(file) as (url, _):
        for till in tills:
            till.move_to(url)
        watched = chance.choice(tills)
        watched.wait_for_answers(len(watched.answers_by_key) + chance.randint(3, 15))


def test_killed_on_the_wall_clock_each_order_is_taken_once_and_each_event_is_told(tmp_path: Path, shop: Shop) -> None:
    file, chance = tmp_path / "crash.db", random.Random(20260105)
    tills = opened(file, shop)
    for till in tills:
        till.thread.start()
    for _ in range(KILLS):
        kill_under_load(file, tills, chance)

    with serve(file) as (url, _), Sandbox(url, *WHO) as sandbox:
        for till in tills:
            till.move_to(url)
        for till in tills:
            till.thread.join(PATIENCE_S)
        assert holds_soon(lambda: not sandbox.get("/sandbox/deliveries?state=pending")["deliveries"])
        for till in tills:
            for key, (path, body, text) in till.answers_by_key.items():
                assert sandbox.call("POST", path, body, Idempotency_Key=key).text == text
        counts = sandbox.get("/sandbox")["universe"]["counts"]

    orders = CLIENTS * ORDERS
    assert (counts["invoice"], counts["payment"], counts["refund"], counts["event"]) == (*[orders] * 3, orders * 4)
    with closing(sqlite3.connect(file)) as conn:
        (no,) = conn.execute("SELECT no FROM project WHERE id = ?", WHO[:1]).fetchone()
        told = {row[0] for row in conn.execute("SELECT webhook_id FROM webhook_message WHERE tenant_id = ?", (no,))}
        assert flaws(conn, no) == []
    assert {hook.webhook_id for hook in shop.hooks} == told
    assert len(told) == orders * 4
