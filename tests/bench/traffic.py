"""Requests a second: rounds of create, capture and refund against servers with more and fewer payments stored.

The servers run side by side and take turns, and what is reported is the median of the rounds, so that whatever else
this machine does meets all of them alike.
"""

import statistics
from collections.abc import Sequence
from dataclasses import dataclass

from tests.bench.in_process import CARD, INVOICE, REFUND
from tests.bench.load import Asked, Job, Load, send
from tests.bench.serving import AUTHORIZATION, Serving

CONNECTIONS = (1, 8)
ROUNDS = 3
#: The bare Flask view, as a kind of request.
PING = "bare Flask view"
KINDS = ("create invoice", "capture", "refund")
_WARM_UP = 100
#: A view that does nothing is answered so fast that a round needs more of them to take its time.
_PING_TIMES = 4


@dataclass(frozen=True)
class Rate:
    """How often a kind of request was answered, over so many connections, with so many payments stored (None: n/a)."""

    kind: str
    stored: int | None
    connections: int
    per_second: float
    p50_ms: float
    p99_ms: float


def measure(serving_by_stored: dict[int, Serving], ping: Serving, *, requests: int) -> list[Rate]:
    """The rates of every kind of request on every server; `requests` of each kind, over all rounds."""
    count = max(requests // ROUNDS, 1)
    loads: dict[tuple[str, int | None, int], list[Load]] = {}
    for server in serving_by_stored.values():
        _pay(server, 1, _WARM_UP)
    _get(ping, 1, _WARM_UP)
    for _ in range(ROUNDS):
        for connections in CONNECTIONS:
            loads.setdefault((PING, None, connections), []).append(_get(ping, connections, count * _PING_TIMES))
            for stored, server in serving_by_stored.items():
                for kind, load in _pay(server, connections, count).items():
                    loads.setdefault((kind, stored, connections), []).append(load)
    return [_rate(*key, found) for key, found in loads.items()]


def per_second(rates: Sequence[Rate], kind: str, stored: int | None, connections: int) -> float:
    """One of the rates."""
    wanted = (kind, stored, connections)
    return next(rate.per_second for rate in rates if (rate.kind, rate.stored, rate.connections) == wanted)


def post(server: Serving, connections: int, requests: Sequence[Asked], keeps: str | None = None) -> Load:
    """What came of requests in the benchmark's universe."""
    return send(Job(server.host, server.port, AUTHORIZATION, connections, requests, keeps))


def sales(server: Serving, connections: int, count: int) -> tuple[Load, list[Asked]]:
    """New invoices, and the requests that pay them with a card each."""
    cards = post(server, connections, [("POST", "/cards", CARD)] * count, "card")
    invoices = post(server, connections, [("POST", "/invoices", INVOICE)] * count, "invoice")
    pairs = zip(invoices.ids, cards.ids, strict=True)
    return invoices, [("POST", f"/invoices/{invoice}/capture", {"source": card}) for invoice, card in pairs]


def _pay(server: Serving, connections: int, count: int) -> dict[str, Load]:
    invoices, captures = sales(server, connections, count)
    captured = post(server, connections, captures, "transaction")
    refunds: list[Asked] = [("POST", f"/transactions/{paid}/refunds", REFUND) for paid in captured.ids]
    return dict(zip(KINDS, (invoices, captured, post(server, connections, refunds)), strict=True))


def _get(server: Serving, connections: int, count: int) -> Load:
    return post(server, connections, [("GET", "/", None)] * count)


def _rate(kind: str, stored: int | None, connections: int, loads: Sequence[Load]) -> Rate:
    return Rate(
        kind,
        stored,
        connections,
        statistics.median(load.per_second for load in loads),
        statistics.median(load.p50_ms for load in loads),
        statistics.median(load.p99_ms for load in loads),
    )
