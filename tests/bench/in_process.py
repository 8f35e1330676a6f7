"""The application in this process, without a web server: for counting statements and recording what requests write."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import orjson
from flask import Flask

from mockpsp.config import Settings
from mockpsp.serving.app import create_app
from tests.bench.serving import AUTHORIZATION

CARD = {"number": "4242424242424242", "exp_month": 12, "exp_year": 2030, "cvc2": "123"}
INVOICE = {"name": "Order 1001", "amount": "10.00", "currency": "EUR", "metadata": {"order": "1001"}}
REFUND = {"amount": "4.00", "reason": "customer_request"}


class Caller:
    """Requests of the benchmark's universe, answered by an application of this process."""

    def __init__(self, app: Flask) -> None:
        self.app = app
        self._client = app.test_client()

    def post(self, path: str, body: Any) -> Any:
        """The body of an answer, which must be a success."""
        answer = self._client.post(path, json=body, headers={"Authorization": AUTHORIZATION})
        assert answer.status_code == 200, answer.text
        return orjson.loads(answer.data)

    def put(self, path: str, body: Any) -> Any:
        """The body of an answer to a change, which must be a success."""
        answer = self._client.put(path, json=body, headers={"Authorization": AUTHORIZATION})
        assert answer.status_code == 200, answer.text
        return orjson.loads(answer.data)

    def get(self, path: str) -> Any:
        """The body of an answer to a reading request, which must be a success."""
        answer = self._client.get(path, headers={"Authorization": AUTHORIZATION})
        assert answer.status_code == 200, answer.text
        return orjson.loads(answer.data)

    def card(self) -> str:
        """The id of a new card."""
        return str(self.post("/cards", CARD)["card"]["id"])

    def invoice(self) -> str:
        """The id of a new invoice."""
        return str(self.post("/invoices", INVOICE)["invoice"]["id"])

    def capture(self, invoice_id: str, card_id: str) -> str:
        """The id of the transaction of a sale: authorized and captured at once."""
        answer = self.post(f"/invoices/{invoice_id}/capture", {"source": card_id})
        return str(answer["transaction"]["id"])

    def refund(self, transaction_id: str) -> str:
        """The id of a refund of a part."""
        return str(self.post(f"/transactions/{transaction_id}/refunds", REFUND)["refund"]["id"])

    def pay_and_refund(self) -> str:
        """The id of a transaction with a card of its own, paid and refunded in part."""
        transaction_id = self.capture(self.invoice(), self.card())
        self.refund(transaction_id)
        return transaction_id


@contextmanager
def calling(db: Path) -> Iterator[Caller]:
    """An application on a file, closed at the end of the block."""
    app = create_app(Settings(db=str(db), clock="manual"))
    try:
        yield Caller(app)
    finally:
        app.extensions["mockpsp"].close()
