"""Webhooks delivered a second, beside bare `requests` to the same sink, and in every dialect beside the standard one.

Beside `requests`, as many threads post as there are endpoints.
"""

import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

from mockpsp.webhooks import dialect_bodies, dialects
from tests.bench import processes, serving
from tests.bench.books import EVENTS_A_SALE
from tests.bench.failing import Failed
from tests.bench.interpreter import ROOT
from tests.bench.serving import Serving
from tests.bench.shop import Shop

ENDPOINTS = (1, 8)
#: Dialects whose signatures cost what public keys cost.
ASYMMETRIC = ("standard-ed25519", "paypal")


class _Ratios(NamedTuple):
    """Of a dialect in one round."""

    of_standard: float
    of_standard_by_cpu: float
    of_bare: float


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


def measure_dialects(python: str = sys.executable, *, rounds: int, count: int) -> list[dict[str, Any]]:
    """For each dialect: deliveries to one endpoint, of those by the standard one just before or after; and by CPU; and
    of what bare `requests` posts to the same sink, once a round.

    All by one server, a few at a time. Bodies are the dialect's own, which cost more than ours. The ratios are the
    medians of the rounds'.
    """
    found: dict[str, list[_Ratios]] = {dialect: [] for dialect in dialects.DIALECTS}
    with (
        tempfile.TemporaryDirectory(prefix="mockpsp-bench-") as folder,
        serving.sink() as sink,
        serving.mockpsp(Path(folder) / "dialects.db", python=python) as server,
    ):
        shop = Shop(server)
        for number in range(rounds):
            bare = _posted(python, sink, 1, count)
            for dialect, ratios in found.items():
                # They take turns in going first: the machine may be slower a moment later.
                order = (dialects.STANDARD, dialect) if number % 2 else (dialect, dialects.STANDARD)
                made = [_sent(shop, sink, [_words(one)], count) for one in order]
                (standard, its) = made if number % 2 else reversed(made)
                ratios.append(_Ratios(its[0] / standard[0], standard[1] / its[1], its[0] / bare))
        shop.check()
    return [
        {
            "dialect": dialect,
            "is_asymmetric": dialect in ASYMMETRIC,
            **{name: statistics.median(getattr(one, name) for one in ratios) for name in _Ratios._fields},
        }
        for dialect, ratios in found.items()
    ]


def _words(dialect: str) -> dict[str, str]:
    """What an endpoint is asked for; the standard one is the usual one, with thin bodies."""
    scheme, key = dialects.scheme_of(dialect)
    has_own_body = dialect != dialects.STANDARD and dialect_bodies.has_own(dialect)
    return {"scheme": scheme, "body": "dialect" if has_own_body else "thin", **({"key": key} if key else {})}


def _delivered(python: str, db: Path, sink: Serving, *, endpoints: int, count: int) -> float:
    """Deliveries a second of a new server to so many endpoints."""
    with serving.mockpsp(db, python=python) as server:
        shop = Shop(server)
        rate, _ = _sent(shop, sink, [{}] * endpoints, count)
        shop.check()
    return rate


def _sent(shop: Shop, sink: Serving, endpoints: Sequence[dict[str, str]], count: int) -> tuple[float, float]:
    """Events of many sales, sent by one move of the clock: deliveries a second, and processor seconds of one."""
    server = shop.server
    taken_before = sink.call("GET", "/")["taken"]
    made = [
        server.call("POST", "/sandbox/webhook-endpoints", {"url": f"{sink.url}/{number}", **words})
        for number, words in enumerate(endpoints)
    ]
    _, captures = shop.sales(1, -(-count // (EVENTS_A_SALE * len(endpoints))))
    shop.capture(1, captures)
    started, cpu_before = time.perf_counter(), processes.cpu_s(server.pid)
    ran = server.call("POST", "/sandbox/clock/advance", {"by": "1s"})["ran"]
    seconds, cpu_s = time.perf_counter() - started, processes.cpu_s(server.pid) - cpu_before
    for one in made:
        server.call("DELETE", f"/sandbox/webhook-endpoints/{one['webhook_endpoint']['id']}")
    delivered = sum(step["kind"] == "delivery" and step["result"] == "delivered" for step in ran)
    wanted, taken = len(captures) * EVENTS_A_SALE * len(endpoints), sink.call("GET", "/")["taken"] - taken_before
    if not delivered == taken == wanted:
        raise Failed(f"{wanted} deliveries were due, {delivered} were made, {taken} arrived")
    return delivered / seconds, cpu_s / delivered


def _posted(python: str, sink: Serving, threads: int, count: int) -> float:
    command = [python, "-m", "tests.bench.posting", sink.url, str(threads), str(count)]
    done = subprocess.run(command, cwd=ROOT, env=serving.environment(), capture_output=True, text=True)
    if done.returncode:
        raise Failed(f"bare requests: {done.stderr.strip().splitlines()[-1]}")
    return float(done.stdout)
