"""A shop with many customers: short words for what making.py and draws.py ask of the application."""

import base64
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

from click.testing import CliRunner
from flask import Flask

from mockpsp.cli import mockpsp as command
from tests.bench.in_process import CARD, Caller, calling
from tests.bench.serving import PROJECT_ID as PROJECT

#: Nothing may be called there: a delivery to it is recorded as dead, and no socket is opened.
NOWHERE = "https://shop.example/hook"
DECLINED = "4000000000000002"
Made = TypeVar("Made")


class Shop(Caller):
    """Requests of one universe after the other."""

    db: Path

    def __init__(self, app: Flask) -> None:
        super().__init__(app)
        #: What was made once -> the universe that holds it, and what making it answered.
        self._kept: dict[Any, tuple[str, Any]] = {}

    def anew(self) -> None:
        """The universe is as it was at its opening."""
        self.post("/sandbox/reset", {"seed": 7})

    def once(self, make: Callable[["Shop", int], Made], n: int) -> Made:
        """N of something in the empty universe: made, or a copy of those that were made before, ids and all."""
        if (make, n) not in self._kept:
            project_id, made = f"test-proj_{make.__name__}-{n}", make(self, n)
            self._fork(PROJECT, project_id)
            self._kept[make, n] = project_id, made
            return made
        project_id, made = self._kept[make, n]
        self._fork(project_id, PROJECT)
        return made

    def _fork(self, source: str, target: str) -> None:
        body = {"as": target, "again": True}
        answer = self._client.post("/sandbox/forks", json=body, headers=signed_in(source))
        assert answer.status_code == 200, answer.text

    def psp(self, name: str = "north", **facts: Any) -> None:
        """A PSP of this universe's own; without fees and limits but for these facts."""
        self.put(f"/sandbox/psps/{name}", {"like": "sandbox", "settlement_delay": "1d", **facts})

    def held(self, units: int, gateway: str = "north", **more: Any) -> str:
        """The id of an invoice with a hold of so many whole units."""
        invoice_id = self.billed(units, gateway, **more)
        self.post(f"/invoices/{invoice_id}/authorize", {"source": self.card()})
        return invoice_id

    def billed(self, units: int = 10, gateway: str = "north", **more: Any) -> str:
        """The id of an invoice over so many whole units."""
        metadata = {"mockpsp_gateway": gateway, **more.pop("metadata", {})}
        body = {"name": "Order", "amount": str(units), "currency": "EUR", "metadata": metadata, **more}
        return str(self.post("/invoices", body)["invoice"]["id"])

    def sold(self, units: int = 10, gateway: str = "north", number: str = CARD["number"], **more: Any) -> str:
        """The id of the transaction of a sale."""
        invoice_id = self.billed(units, gateway, **more)
        card_id = self.post("/cards", {**CARD, "number": number})["card"]["id"]
        return str(self.post(f"/invoices/{invoice_id}/capture", {"source": card_id})["transaction"]["id"])

    def captured(self, n: int, gateway: str = "north", *, rest: int = 1) -> str:
        """The id of an invoice captured n times, a unit each, with a rest that is still held."""
        invoice_id = self.held(n + rest, gateway)
        for _ in range(n):
            self.capture_part(invoice_id)
        return invoice_id

    def capture_part(self, invoice_id: str) -> str:
        """Capture a unit more; the id of the transaction."""
        body = {"capture_amount": "1", "capture_type": "non-final"}
        return str(self.post(f"/invoices/{invoice_id}/capture", body)["transaction"]["id"])

    def transaction_of(self, invoice_id: str) -> str:
        """The id of an invoice's transaction."""
        return str(self.get(f"/invoices/{invoice_id}?expand=transaction")["invoice"]["transaction"]["id"])

    def decline(self, invoice_id: str) -> None:
        """Try to pay with a card that is declined."""
        card_id = self.post("/cards", {**CARD, "number": DECLINED})["card"]["id"]
        path, body = f"/invoices/{invoice_id}/capture", {"source": card_id}
        answer = self._client.post(path, json=body, headers=signed_in(PROJECT))
        assert answer.status_code == 410, answer.text

    def delete(self, path: str) -> None:
        """Delete what is there."""
        answer = self._client.delete(path, headers=signed_in(PROJECT))
        assert answer.status_code == 200, answer.text

    def refund_part(self, invoice_id: str, **more: Any) -> str:
        """Refund a unit; the id of the refund."""
        return str(self.post(f"/invoices/{invoice_id}/refunds", {"amount": "1", **more})["refund"]["id"])

    def refunded(self, n: int, gateway: str = "north") -> str:
        """The id of a transaction refunded n times."""
        transaction_id = self.sold(n + 1, gateway)
        for _ in range(n):
            self.post(f"/transactions/{transaction_id}/refunds", {"amount": "1"})
        return transaction_id

    def token(self, customer_id: str) -> None:
        """Make a token of the customer, who has it as the default from then on."""
        self.post(f"/customers/{customer_id}/tokens", {"source": self.card(), "set_default": True})

    def move(self, what: str, on: str, **details: Any) -> Any:
        """Make a move of the world."""
        return self.post("/sandbox/simulate", {"what": what, "on": on, "with": details})["simulated"]

    def advance(self, by: str) -> int:
        """How many steps of the advance ended as they should."""
        ran = self.post("/sandbox/clock/advance", {"by": by})
        assert not ran["more"]
        return sum(step["result"] in ("done", "dead") for step in ran["ran"])

    def pages(self, path: str, key: str, limit: int = 100) -> int:
        """How many items a list has, read page by page."""
        found, cursor, sign = 0, "", "&" if "?" in path else "?"
        while True:
            page = self.get(f"{path}{sign}limit={limit}{cursor}")
            found += len(page[key])
            if not page["has_more"]:
                return found
            cursor = f"&start_after={page[key][-1]['id']}"

    def text(self, path: str) -> str:
        """The text of an answer."""
        answer = self._client.get(path, headers=signed_in(PROJECT))
        assert answer.status_code == 200
        return answer.text

    def open(self, project_id: str) -> None:
        """Open a universe by its first call."""
        answer = self._client.get("/sandbox/clock", headers=signed_in(project_id))
        assert answer.status_code == 200, answer.text

    def run(self, *arguments: str) -> str:
        """What a command prints of the server's file."""
        result = CliRunner().invoke(command, [*arguments, "--db", str(self.db)], catch_exceptions=False)
        assert result.exit_code == 0, result.output
        return result.output


def signed_in(project_id: str) -> dict[str, str]:
    """The header of a universe's own requests."""
    token = base64.b64encode(f"{project_id}:key_sandbox_bench".encode()).decode()
    return {"Authorization": f"Basic {token}"}


@contextmanager
def shopping(db: Path) -> Iterator[Shop]:
    """A shop on a file of its own."""
    with calling(db) as caller:
        shop = Shop(caller.app)
        shop.db = db
        yield shop
