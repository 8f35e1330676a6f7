"""What must be true after a call that met a fault, told by what the same calls do where none is met.

Worlds are compared row by row in four parts: the books, the events, the outbox, and all other state. Faults themselves
and idempotency keys are left out; what a key keeps is looked at by itself.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NamedTuple

from mockpsp.scenarios.replaying.application import Application
from mockpsp.scenarios.replaying.lines import Answer, DirectLine

PROJECT = "test-proj_faults"
CARD = {"number": "4242424242424242", "exp_month": 12, "exp_year": 2030, "cvc2": "123"}
_PART_BY_TABLE = {
    "journal_entry": "books",
    "posting": "books",
    "account_balance": "books",
    "event": "events",
    "webhook_message": "outbox",
    "webhook_delivery": "outbox",
    "webhook_attempt": "outbox",
}
_NOT_COMPARED = ("project", "idempotency", "sqlite_sequence")

#: Part -> table -> its rows.
Rows = dict[str, dict[str, list[tuple[Any, ...]]]]


class World:
    """One universe in this process, begun anew for each case with the same seed, so that ids repeat."""

    def __init__(self, application: Application) -> None:
        self._database = application.app.extensions["mockpsp"].database
        self._line = DirectLine(application, PROJECT, "key_sandbox_faults")
        self._tables: list[tuple[str, str]] = []

    def close(self) -> None:
        self._line.close()

    def ask(self, method: str, path: str, body: Any = None, key: str | None = None) -> Answer:
        sent = None if body is None else json.dumps(body).encode()
        return self._line.ask(method, path, sent, {} if key is None else {"Idempotency-Key": key})

    def post(self, path: str, body: Any = None, method: str = "POST") -> Any:
        answer = self.ask(method, path, {} if body is None else body)
        assert answer.status is not None and answer.status < 300, (path, answer)
        return answer.body

    def begin(self) -> None:
        """An empty universe whose events are sent somewhere."""
        self.post("/sandbox/reset", {"seed": 7})
        self.post("/sandbox/webhook-endpoints", {"url": "http://127.0.0.1:9/hooks", "secret": "whsec_" + "A" * 32})

    def card(self) -> str:
        return str(self.post("/cards", CARD)["card"]["id"])

    def customer(self) -> str:
        return str(self.post("/customers", {"email": "ada@shop.example"})["customer"]["id"])

    def invoice(self, gateway: str = "card-flexible", **more: Any) -> str:
        body = {"name": "Order", "amount": "20.00", "currency": "EUR", "metadata": {"mockpsp_gateway": gateway}, **more}
        return str(self.post("/invoices", body)["invoice"]["id"])

    def held(self, **more: Any) -> str:
        """The id of an invoice whose amount is authorized."""
        found = self.invoice("sandbox")
        self.post(f"/invoices/{found}/authorize", {"source": self.card(), **more})
        return found

    def paid(self) -> tuple[str, str]:
        """Ids of a paid invoice and of its transaction."""
        found = self.invoice()
        made = self.post(f"/invoices/{found}/capture", {"source": self.card()})
        return found, str(made["transaction"]["id"])

    def rows(self) -> Rows:
        """All of the universe, but for faults and keys."""
        found: Rows = {"books": {}, "events": {}, "outbox": {}, "state": {}}
        with self._database.reading() as conn:
            (no, settings, next_seq) = conn.execute(
                "SELECT no, settings, next_seq FROM project WHERE id = ?", (PROJECT,)
            ).fetchone()
            kept = {name: one for name, one in json.loads(settings).items() if not name.startswith("faults")}
            found["state"]["project"] = [(json.dumps(kept, sort_keys=True), next_seq)]
            for table, statement in self._statements(conn):
                rows = [tuple(row) for row in conn.execute(statement, (no,))]
                found[_PART_BY_TABLE.get(table, "state")][table] = rows
        return found

    def kept(self, key: str) -> dict[str, Any] | None:
        """The answer that an idempotency key keeps."""
        with self._database.reading() as conn:
            row = conn.execute(
                "SELECT response FROM idempotency WHERE project_id = (SELECT no FROM project WHERE id = ?) AND key = ?",
                (PROJECT, key),
            ).fetchone()
        return None if row is None else json.loads(row[0])

    def _statements(self, conn: Any) -> list[tuple[str, str]]:
        if not self._tables:
            names = [
                name for (name,) in conn.execute("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name")
            ]
            for name in names:
                columns = {row[1] for row in conn.execute(f"PRAGMA table_info({name})")}
                owner = next((one for one in ("project_id", "tenant_id") if one in columns), None)
                if owner is not None and name not in _NOT_COMPARED:
                    self._tables.append((name, f"SELECT * FROM {name} WHERE {owner} = ?"))
        return self._tables


class Call(NamedTuple):
    """A call that changes something, ready to be made."""

    path: str
    body: Any = None


@dataclass(frozen=True)
class Reference:
    """What a call does where nothing is in its way: the world before it, after it, and after it was made twice."""

    before: Rows
    once: Rows
    twice: Rows
    first: Answer
    #: Of the same request under another key.
    second: Answer


def reference(world: World, method: str, prepare: Callable[[World], Call]) -> Reference:
    """The reference for a call; a fault that waits for another one takes its number of the universe's, as in a case."""
    call = begun(world, prepare, {"match": "*", "key": "of-nobody", "do": "truncate"})
    before = world.rows()
    first = world.ask(method, call.path, call.body, "a")
    once = world.rows()
    second = world.ask(method, call.path, call.body, "b")
    return Reference(before, once, world.rows(), first, second)


def begun(world: World, prepare: Callable[[World], Call], fault: dict[str, Any]) -> Call:
    """A world at the moment before the call, in which it will meet the fault."""
    world.begin()
    call = prepare(world)
    world.post("/sandbox/faults", fault)
    return call
