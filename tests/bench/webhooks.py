"""Webhooks delivered a second: events of many sales, sent to a loopback sink by one move of the clock."""

import json
import time
import urllib.request
from pathlib import Path
from typing import Any

from tests.bench import serving
from tests.bench.serving import AUTHORIZATION, Serving
from tests.bench.traffic import post, sales

_TIMEOUT_S = 300


def deliveries_per_second(db: Path, *, endpoints: int, count: int) -> float:
    """Deliveries, signed, sent, answered and recorded in a second; at least `count` of them are measured."""
    events_per_sale = 3
    with serving.sink() as sink, serving.mockpsp(db) as server:
        for number in range(endpoints):
            _call(server, "/sandbox/webhook-endpoints", {"url": f"{sink.url}/{number}"})
        _, captures = sales(server, 1, -(-count // (events_per_sale * endpoints)))
        post(server, 1, captures)
        started = time.perf_counter()
        ran = _call(server, "/sandbox/clock/advance", {"by": "1s"})["ran"]
        seconds = time.perf_counter() - started
    delivered = [step for step in ran if step["kind"] == "delivery" and step["result"] == "delivered"]
    assert len(delivered) == len(ran) >= count, f"{len(delivered)} of {len(ran)} steps delivered something"
    return len(delivered) / seconds


def _call(server: Serving, path: str, body: dict[str, Any]) -> Any:
    headers = {"Authorization": AUTHORIZATION, "Content-Type": "application/json"}
    request = urllib.request.Request(server.url + path, json.dumps(body).encode(), headers)
    with urllib.request.urlopen(request, timeout=_TIMEOUT_S) as answer:
        return json.load(answer)
