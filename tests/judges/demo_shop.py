"""A universe with something of everything in it, the same every time: what judges of the page look at, and pictures."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import requests

PROJECT_ID, SECRET = "test-proj_umbrellas", "key_sandbox_umbrellas"
_CARDS = ("4242424242424242", "4242424242424242", "4000000000000002", "4242424242424242", "4000000000000069")
_ORDERS = (
    ("Blue umbrella", "40.00", "EUR"),
    ("Concert ticket", "129.90", "USD"),
    ("Two books", "18.50", "GBP"),
    ("Hotel, two nights", "310.00", "EUR"),
    ("Raincoat, yellow", "64.00", "EUR"),
)
#: Which order is paid where.
_PSPS = ("card-standard", "north")


class Shop:
    """Calls of a universe, by an application that has its secret key."""

    def __init__(self, url: str, authority: str = "") -> None:
        self._url, self._session = url, requests.Session()
        self._verify = authority or True
        self._session.auth = (PROJECT_ID, SECRET)

    def call(self, method: str, path: str, body: Any = None) -> Any:
        """The body of an answer; a decline is one."""
        answer = self._session.request(method, self._url + path, json=body or {}, timeout=60, verify=self._verify)
        assert answer.status_code in (200, 202, 410), answer.text
        return answer.json()

    def secret_of(self, invoice_id: str) -> str:
        """The client secret of an invoice, which a page reads it by."""
        answer = self._session.get(f"{self._url}/invoices/{invoice_id}", timeout=60, verify=self._verify)
        return answer.headers["x-processout-client-secret"]

    def pay(self, n: int = 0, name: str | None = None) -> str:
        """The id of the transaction of the n-th order, which may be declined."""
        title, amount, currency = _ORDERS[n % len(_ORDERS)]
        order = {"name": name or f"{title} #{1001 + n}", "amount": amount, "currency": currency}
        metadata = {"order": str(1001 + n), "mockpsp_gateway": _PSPS[n % len(_PSPS)]}
        invoice = self.call("POST", "/invoices", {**order, "metadata": metadata})["invoice"]
        card = {"number": _CARDS[n % len(_CARDS)], "exp_month": 12, "exp_year": 2030, "cvc2": "123"}
        source = self.call("POST", "/cards", card)["card"]["id"]
        step = "authorize" if n % 5 == 3 else "capture"
        self.call("POST", f"/invoices/{invoice['id']}/{step}", {"source": source})
        shown = self.call("GET", f"/invoices/{invoice['id']}?expand=transaction")["invoice"]
        return str(shown["transaction"]["id"])


@contextmanager
def receiving(port: int = 0) -> Iterator[str]:
    """The address of the shop's own receiver, which fails at every fourth webhook."""
    count = iter(range(1, 1_000_000))

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["Content-Length"]))
            self.send_response(500 if next(count) % 4 == 0 else 200)
            self.send_header("Content-Length", "2")
            self.end_headers()
            self.wfile.write(b"ok")

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", port), Handler)
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/webhooks"
    finally:
        server.shutdown()
        server.server_close()


def furnish(url: str, receiver: str, orders: int = 12) -> Shop:
    """Orders of a few days, their webhooks, refunds, payouts, and what is scripted for later."""
    shop = Shop(url)
    shop.call("POST", "/sandbox/reset", {"seed": 7, "mode": "manual", "clock": "2026-03-02T09:30:00Z"})
    north = {"like": "sandbox", "settlement_delay": "1d", "payout_schedule": "daily", "refund_outcome": "async"}
    shop.call("PUT", "/sandbox/psps/north", {**north, "refund_delay": "2d"})
    shop.call("POST", "/sandbox/webhook-endpoints", {"url": receiver})
    shop.call(
        "POST", "/sandbox/webhook-endpoints", {"url": "http://127.0.0.1:1/nobody", "topics": ["customer.created"]}
    )
    shop.call("POST", "/customers", {"first_name": "Ada"})
    for n in range(orders):
        transaction_id = shop.pay(n)
        if n % 5 == 0:
            shop.call(
                "POST", f"/transactions/{transaction_id}/refunds", {"amount": "15.00", "reason": "customer_request"}
            )
        shop.call("POST", "/sandbox/clock/advance", {"by": "7h"})
    shop.call(
        "POST",
        "/sandbox/rules",
        {"match": {"on": "refund", "metadata": {"order": "1001"}}, "outcome": {"fail_after": "2h"}},
    )
    shop.call(
        "POST", "/sandbox/faults", {"match": "POST /invoices", "do": "status 503", "when": "before_commit", "nth": 1000}
    )
    shop.call("PUT", "/sandbox/delivery", {"rules": [{"do": "duplicate", "match": {"event": "transaction.voided"}}]})
    return shop
