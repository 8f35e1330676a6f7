"""Webhooks delivered a second, beside bare `requests` to the same sink: as many threads as endpoints."""

import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from tests.bench import serving
from tests.bench.books import EVENTS_A_SALE
from tests.bench.failing import Failed
from tests.bench.interpreter import ROOT
from tests.bench.serving import Serving
from tests.bench.shop import Shop

ENDPOINTS = (1, 8)


def measure(python: str = sys.executable, *, rounds: int, count: int) -> list[dict[str, float]]:
    """For one endpoint and for eight: deliveries signed, sent, answered and recorded in a second, and bare POSTs.

    They take turns; at least `count` are made each time, and the ratio is the median of the rounds' ratios.
    """
    found: dict[int, list[tuple[float, float]]] = {endpoints: [] for endpoints in ENDPOINTS}
    with tempfile.TemporaryDirectory(prefix="mockpsp-bench-") as folder:
        for number in range(rounds):
            for endpoints in ENDPOINTS:
                with serving.sink() as sink:
                    db = Path(folder) / f"{number}-{endpoints}.db"
                    delivered = _delivered(python, db, sink, endpoints=endpoints, count=count)
                    found[endpoints].append((delivered, _posted(python, sink, endpoints, count)))
    return [
        {
            "endpoints": endpoints,
            "per_second": statistics.median(ours for ours, _ in pairs),
            "bare_per_second": statistics.median(bare for _, bare in pairs),
            "of_bare": statistics.median(ours / bare for ours, bare in pairs),
        }
        for endpoints, pairs in found.items()
    ]


def _delivered(python: str, db: Path, sink: Serving, *, endpoints: int, count: int) -> float:
    """Events of many sales, sent by one move of the clock."""
    with serving.mockpsp(db, python=python) as server:
        for number in range(endpoints):
            server.call("POST", "/sandbox/webhook-endpoints", {"url": f"{sink.url}/{number}"})
        shop = Shop(server)
        _, captures = shop.sales(1, -(-count // (EVENTS_A_SALE * endpoints)))
        shop.capture(1, captures)
        shop.check()
        started = time.perf_counter()
        ran = server.call("POST", "/sandbox/clock/advance", {"by": "1s"})["ran"]
        seconds = time.perf_counter() - started
    delivered = sum(step["kind"] == "delivery" and step["result"] == "delivered" for step in ran)
    wanted, taken = len(captures) * EVENTS_A_SALE * endpoints, sink.call("GET", "/")["taken"]
    if not delivered == taken == wanted:
        raise Failed(f"{wanted} deliveries were due, {delivered} were made, {taken} arrived")
    return delivered / seconds


def _posted(python: str, sink: Serving, threads: int, count: int) -> float:
    command = [python, "-m", "tests.bench.posting", sink.url, str(threads), str(count)]
    done = subprocess.run(command, cwd=ROOT, env=serving.environment(), capture_output=True, text=True)
    if done.returncode:
        raise Failed(f"bare requests: {done.stderr.strip().splitlines()[-1]}")
    return float(done.stdout)
