"""SIGKILL under load: nothing answered is lost, nothing is doubled, everything owed is delivered, the books balance."""

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

from mockpsp.domain.payments.apply import fold_all
from mockpsp.domain.payments.payment import Payment
from mockpsp.ledger import book
from mockpsp.sandbox_client import Sandbox
from mockpsp.scenarios.replaying.receiver import Receiver
from mockpsp.store import payments

pytestmark = pytest.mark.slow

AUTH = ("test-proj_crash", "key_test_crash")
CARD: dict[str, object] = {"number": "4242424242424242", "exp_month": 12, "exp_year": 2030}
KILLS = 4
CLIENTS = 4


class Served:
    """`mockpsp serve` as a process of its own on a file."""

    def __init__(self, file: Path) -> None:
        command = [sys.executable, "-m", "mockpsp", "serve", "--port", "0", "--json", "--db", str(file)]
        self.process = subprocess.Popen([*command, "--clock", "manual"], stdout=subprocess.PIPE, text=True)
        assert self.process.stdout is not None
        self.url = json.loads(self.process.stdout.readline())["url"]

    def kill(self, how: signal.Signals = signal.SIGKILL) -> None:
        self.process.send_signal(how)
        self.process.wait()
        assert self.process.stdout is not None
        self.process.stdout.close()


@contextmanager
def served(file: Path) -> Iterator[Served]:
    server = Served(file)
    try:
        yield server
    finally:
        server.kill()


class Client(threading.Thread):
    """Pays and refunds until the server is gone; keeps every answer by its key."""

    def __init__(self, url: str, name: str, stop_after: int) -> None:
        super().__init__()
        self.url, self.key, self.stop_after = url, name, stop_after
        self.answers: dict[str, tuple[str, dict[str, object], str]] = {}
        self.session = requests.Session()
        self.session.auth = AUTH
        self.reached = threading.Event()

    def run(self) -> None:
        try:
            for n in range(10_000):
                if n == self.stop_after:
                    self.reached.set()
                self.pay(f"{self.key}-{n}")
        except requests.RequestException:
            pass
        finally:
            self.reached.set()
            self.session.close()

    def pay(self, key: str) -> None:
        made = self.call(f"{key}-invoice", "/invoices", {"name": "A", "amount": "10", "currency": "EUR"})
        invoice = json.loads(made)["invoice"]["id"]
        card = json.loads(self.call(f"{key}-card", "/cards", CARD))["card"]["id"]
        self.call(f"{key}-capture", f"/invoices/{invoice}/capture", {"source": card})
        self.call(f"{key}-refund", f"/invoices/{invoice}/refunds", {"amount": "4"})

    def call(self, key: str, path: str, body: dict[str, object]) -> str:
        answer = self.session.post(self.url + path, json=body, headers={"Idempotency-Key": key}, timeout=10)
        assert answer.status_code == 200, answer.text
        self.answers[key] = (path, body, answer.text)
        return answer.text


def assert_sound(file: Path) -> None:
    """Books balance, and each payment is the fold of its facts."""
    with closing(sqlite3.connect(file)) as conn:
        (no,) = conn.execute("SELECT no FROM project WHERE id = ?", AUTH[:1]).fetchone()
        assert book.problems(conn, no) == []
        for (seq,) in conn.execute("SELECT seq FROM payment WHERE project_id = ?", (no,)).fetchall():
            loaded = payments.load_payment(conn, no, seq)
            assert loaded is not None
            kept = loaded[0]
            blank = Payment(seq, kept.invoice_seq, kept.customer_seq, kept.currency, 1000, kept.created_at_ms)
            assert fold_all(blank, payments.load_facts(conn, no, seq)) == kept
        counted = conn.execute("SELECT kind, n FROM resource_count WHERE project_id = ?", (no,)).fetchall()
        assert {kind for kind, _ in counted} >= {"invoice", "payment", "refund", "event"}
        for kind, count in counted:
            rows = conn.execute(f"SELECT COUNT(*) FROM {kind} WHERE project_id = ?", (no,))
            assert rows.fetchone()[0] == count, kind


def under_load(file: Path, round_: int, chance: random.Random) -> list[Client]:
    """Load a server from several clients, kill it somewhere in the middle, answer what they had been told."""
    server = Served(file)
    clients = [Client(server.url, f"{round_}-{n}", chance.randint(1, 12)) for n in range(CLIENTS)]
    for client in clients:
        client.start()
    chance.choice(clients).reached.wait(30)
    server.kill()
    for client in clients:
        client.join()
    return clients


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    receiver = Receiver()
    yield receiver
    receiver.close()


def test_a_killed_server_keeps_every_answer_and_owes_every_delivery(tmp_path: Path, receiver: Receiver) -> None:
    file, chance = tmp_path / "crash.db", random.Random(20260105)
    with served(file) as server:
        sandbox = Sandbox(server.url, *AUTH)
        sandbox.post("/sandbox/webhook-endpoints", {"url": receiver.url})
        sandbox.close()
    answered: dict[str, tuple[str, dict[str, object], str]] = {}
    for round_ in range(KILLS):
        for client in under_load(file, round_, chance):
            answered.update(client.answers)
        assert_sound(file)

    with served(file) as server:
        sandbox = Sandbox(server.url, *AUTH)
        for key, (path, body, text) in answered.items():
            assert sandbox.call("POST", path, body, Idempotency_Key=key).text == text
        sandbox.settle()
        assert not sandbox.get("/sandbox/deliveries?state=pending")["deliveries"]
        events = sandbox.get("/events")["total_count"]
        sandbox.close()
    assert len(answered) > KILLS * 3
    assert len({received.webhook_id for received in receiver.received()}) == events
    assert_sound(file)


def test_a_server_killed_while_delivering_sends_again_under_the_same_id(tmp_path: Path, receiver: Receiver) -> None:
    file = tmp_path / "crash.db"
    receiver.hold()
    with served(file) as server:
        sandbox = Sandbox(server.url, *AUTH)
        sandbox.post("/sandbox/webhook-endpoints", {"url": receiver.url})
        sandbox.post("/customers")
        settling = threading.Thread(target=lambda: sandbox.call("POST", "/sandbox/settle", {}), daemon=True)
        threading.excepthook = lambda args: None
        settling.start()
        assert receiver.arrived(1)
    settling.join(10)
    threading.excepthook = threading.__excepthook__
    sandbox.close()
    receiver.release()

    with served(file) as server:
        sandbox = Sandbox(server.url, *AUTH)
        sandbox.settle()
        sandbox.close()

    assert len(receiver.received()) == 2
    assert len({received.webhook_id for received in receiver.received()}) == 1


def test_ctrl_c_ends_the_server_cleanly_and_nothing_is_lost(tmp_path: Path) -> None:
    file = tmp_path / "clean.db"
    server = Served(file)
    sandbox = Sandbox(server.url, *AUTH)
    customer = sandbox.post("/customers")["customer"]
    sandbox.close()

    server.kill(signal.SIGINT)

    assert server.process.returncode == 0
    with served(file) as again:
        sandbox = Sandbox(again.url, *AUTH)
        assert sandbox.get(f"/customers/{customer['id']}")["customer"] == customer
        sandbox.close()
