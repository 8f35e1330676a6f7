"""A thousand of each thing that a user can make many of: how long that takes, and whether the last cost like the first.

Each chain below has a server of its own; its steps build on one another. A step that takes longer than it may, or is
refused, is stopped, its server with it, and what would have followed is left out. To add a thing: a step in a chain.
"""

import http.client
import json
import math
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from itertools import pairwise
from pathlib import Path
from typing import Any, NamedTuple

from tests.bench import serving
from tests.bench.failing import Failed
from tests.bench.in_process import CARD
from tests.bench.seeder import seed
from tests.bench.serving import AUTHORIZATION, Serving, basic

_TENTHS = 10
#: An invoice has no more lines, and a universe no more gateway configurations of its own.
_LINES_MAX, _GATEWAYS_MAX = 500, 100
_EXPORTS = ("json", "csv", "hledger", "beancount")


class Grown(NamedTuple):
    """What became of a step: its seconds (None for one that could not begin), and what else there is to say.

    `last_to_first` is the time of the last tenth of its calls as a multiple of the first tenth's, where it has many.
    """

    what: str
    seconds: float | None = None
    is_over: bool = False
    last_to_first: float | None = None
    problem: str = ""


class _TooSlow(Exception):
    pass


class _Caller:
    """One kept-open connection; a call beyond the deadline raises _TooSlow."""

    def __init__(self, server: Serving) -> None:
        self._wire = http.client.HTTPConnection(server.host, server.port)
        self.deadline = math.inf
        self.tenths: list[float] = []

    def many(self, count: int, call: Callable[[int], Any]) -> list[Any]:
        """What `count` calls answer, with the time of each tenth."""
        answers, marks = [], [time.perf_counter()]
        for number in range(count):
            answers.append(call(number))
            if (number + 1) * _TENTHS // count > number * _TENTHS // count:
                marks.append(time.perf_counter())
        self.tenths = [after - before for before, after in pairwise(marks)]
        return answers

    def text(
        self, method: str, path: str, body: Mapping[str, Any] | None = None, *, authorization: str = AUTHORIZATION
    ) -> bytes:
        """The body of an answer, which must be a success."""
        left_s = self.deadline - time.perf_counter()
        if left_s <= 0:
            raise _TooSlow
        self._wire.timeout = min(left_s, 3_600)
        if self._wire.sock is not None:
            self._wire.sock.settimeout(self._wire.timeout)
        headers = {"Authorization": authorization, "Content-Type": "application/json"}
        try:
            self._wire.request(method, path, None if body is None else json.dumps(body), headers)
            answer = self._wire.getresponse()
            text = answer.read()
        except TimeoutError:
            raise _TooSlow from None
        if answer.status >= 300:
            raise Failed(f"{method} {path} was answered {answer.status}: {text[:300].decode()}")
        return text

    def post(self, path: str, body: Mapping[str, Any]) -> Any:
        return json.loads(self.text("POST", path, body))

    def get(self, path: str) -> Any:
        return json.loads(self.text("GET", path))

    def card(self) -> str:
        return str(self.post("/cards", CARD)["card"]["id"])

    def invoice(self, amount: str, **keys: Any) -> Any:
        return self.post("/invoices", {"name": "Order 1001", "amount": amount, "currency": "EUR", **keys})["invoice"]


_Step = tuple[str, Callable[[_Caller], Any]]
_Chain = Callable[[int], Iterator[_Step]]


def measure(python: str = sys.executable, *, count: int, limit_s: float) -> list[dict[str, Any]]:
    """Every step of every chain with `count` of its things, each within `limit_s`."""
    found: list[Grown] = []
    with tempfile.TemporaryDirectory(prefix="mockpsp-bench-") as folder:
        for number, (chain, is_seeded) in enumerate(CHAINS):
            db = Path(folder) / f"{number}.db"
            if is_seeded:
                seed(db, count)
            with serving.mockpsp(db, python=python) as server:
                found += _chain(chain(count), _Caller(server), limit_s)
    return [one._asdict() for one in found]


def _chain(steps: Iterator[_Step], caller: _Caller, limit_s: float) -> Iterator[Grown]:
    is_stopped = False
    for what, act in steps:
        if is_stopped:
            yield Grown(what)
            continue
        caller.tenths = []
        started = time.perf_counter()
        caller.deadline = started + limit_s
        try:
            act(caller)
        except _TooSlow:
            is_stopped = True
            yield Grown(what, limit_s, is_over=True)
        except Failed as error:
            is_stopped = True
            yield Grown(what, time.perf_counter() - started, problem=str(error))
        else:
            seconds, many = time.perf_counter() - started, caller.tenths
            yield Grown(what, seconds, last_to_first=many[-1] / many[0] if len(many) == _TENTHS else None)


def _captures(count: int) -> Iterator[_Step]:
    paid: dict[str, str] = {}

    def authorize(caller: _Caller) -> None:
        paid["invoice"] = caller.invoice(f"{count}.00")["id"]
        answer = caller.post(f"/invoices/{paid['invoice']}/authorize", {"source": caller.card()})
        paid["transaction"] = answer["transaction"]["id"]

    def capture(caller: _Caller) -> None:
        authorize(caller)
        path = f"/invoices/{paid['invoice']}/capture"
        caller.many(count, lambda _: caller.post(path, {"capture_amount": "1.00"}))

    def refund(caller: _Caller) -> None:
        path = f"/transactions/{paid['transaction']}/refunds"
        caller.many(count, lambda _: caller.post(path, {"amount": "0.10"}))

    yield f"{count:,} captures of one payment", capture
    yield "the same captures settled", lambda caller: caller.post("/sandbox/clock/advance", {"by": "3d"})
    yield f"{count:,} refunds of that payment", refund
    yield "GET /events?limit=100 after them", lambda caller: caller.get("/events?limit=100")


def _refunds(count: int) -> Iterator[_Step]:
    def refund(caller: _Caller) -> None:
        invoice = caller.invoice(f"{count}.00")["id"]
        answer = caller.post(f"/invoices/{invoice}/capture", {"source": caller.card()})
        path = f"/transactions/{answer['transaction']['id']}/refunds"
        caller.many(count, lambda _: caller.post(path, {"amount": "0.10"}))

    yield f"{count:,} refunds of one payment", refund
    yield "GET /events?limit=100 after those", lambda caller: caller.get("/events?limit=100")


def _lines(count: int) -> Iterator[_Step]:
    count = min(count, _LINES_MAX)
    paid: dict[str, Any] = {}

    def create(caller: _Caller) -> None:
        lines = [{"name": f"Line {number}", "amount": "1.00", "quantity": 1} for number in range(count)]
        invoice = caller.invoice(f"{count}.00", details=lines)
        paid["invoice"], paid["lines"] = invoice["id"], [line["id"] for line in invoice["details"]]

    def capture(caller: _Caller) -> None:
        path = f"/invoices/{paid['invoice']}"
        caller.post(f"{path}/authorize", {"source": caller.card()})
        lines = paid["lines"]
        caller.many(count, lambda number: caller.post(f"{path}/capture", {"invoice_detail_ids": [lines[number]]}))

    yield f"{count:,} lines of one invoice", create
    yield "each of them captured by itself", capture


def _rules(count: int) -> Iterator[_Step]:
    def script(caller: _Caller) -> None:
        def post(number: int) -> Any:
            match = {"on": "authorize", "amount": f"{number}.77"}
            return caller.post("/sandbox/rules", {"match": match, "outcome": "card.declined"})

        caller.many(count, post)

    yield f"{count:,} scripted rules", script
    yield f"{count:,} payments beside them", lambda caller: caller.many(count, lambda _: _pay(caller))


def _gateways(count: int) -> Iterator[_Step]:
    made_count = min(count, _GATEWAYS_MAX)

    def make(caller: _Caller) -> None:
        path = "/gateways/sandbox/gateway-configurations"
        caller.many(made_count, lambda number: caller.post(path, {"name": f"shop-{number}"}))

    yield f"{made_count:,} gateway configurations", make
    yield f"{count:,} payments beside those", lambda caller: caller.many(count, lambda _: _pay(caller))


def _endpoints(count: int) -> Iterator[_Step]:
    with serving.sink() as sink:

        def make(caller: _Caller) -> None:
            path = "/sandbox/webhook-endpoints"
            caller.many(count, lambda number: caller.post(path, {"url": f"{sink.url}/{number}"}))

        def deliver(caller: _Caller) -> None:
            while caller.post("/sandbox/clock/advance", {"by": "1s"})["more"]:
                pass

        yield f"{count:,} webhook endpoints", make
        yield "one payment beside them", _pay
        yield "its events delivered to each", deliver


def _universes(count: int) -> Iterator[_Step]:
    def open_each(caller: _Caller) -> None:
        caller.many(
            count, lambda number: caller.text("GET", "/sandbox", authorization=basic(f"test-proj_bench-{number}"))
        )

    yield f"{count:,} universes opened", open_each


def _customers(count: int) -> Iterator[_Step]:
    customer: dict[str, str] = {}

    def tokens(caller: _Caller) -> None:
        customer["id"] = caller.post("/customers", {"first_name": "Ada"})["customer"]["id"]
        path = f"/customers/{customer['id']}/tokens"
        caller.many(count, lambda _: caller.post(path, {"source": caller.card()}))

    yield f"{count:,} tokens of one customer", tokens
    yield "its tokens in full", lambda caller: caller.get(f"/customers/{customer['id']}?expand=tokens")


def _stored(count: int) -> Iterator[_Step]:
    """Over payments that are there from the start, each refunded in part."""
    payments: list[str] = []

    def page_all(caller: _Caller) -> None:
        after = ""
        while len(payments) < count:
            page = caller.get(f"/transactions?limit=100{after}")["transactions"]
            payments.extend(one["id"] for one in page)
            after = f"&start_after={payments[-1]}"

    def move(what: str) -> Callable[[_Caller], Any]:
        def act(caller: _Caller) -> None:
            caller.many(
                len(payments), lambda number: caller.post("/sandbox/simulate", {"what": what, "on": payments[number]})
            )

        return act

    yield f"{count:,} payments listed, a hundred at a time", page_all
    yield (
        "the same payments settled, all at one moment",
        lambda caller: caller.post("/sandbox/clock/advance", {"by": "3d"}),
    )
    yield f"{count:,} disputes opened, one each", move("chargeback.open")
    yield "the same disputes won", move("chargeback.win")
    for export in _EXPORTS:
        path = f"/sandbox/ledger/journal?format={export}"
        yield f"their journal as {export}", lambda caller, path=path: caller.text("GET", path)
    yield "their digest", lambda caller: caller.get("/sandbox/digest")


def _pay(caller: _Caller) -> Any:
    return caller.post(f"/invoices/{caller.invoice('10.00')['id']}/capture", {"source": caller.card()})


#: The steps of a server, and whether as many payments are stored in it beforehand.
CHAINS: tuple[tuple[_Chain, bool], ...] = (
    (_captures, False),
    (_refunds, False),
    (_lines, False),
    (_rules, False),
    (_gateways, False),
    (_endpoints, False),
    (_universes, False),
    (_customers, False),
    (_stored, True),
)
