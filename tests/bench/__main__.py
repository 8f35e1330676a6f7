"""`python -m tests.bench`: every figure of one run, as one table or as JSON."""

import argparse
import dataclasses
import json
import statistics
import sys
import tempfile
import urllib.request
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from tests.bench import bare_sql, report, serving, sizes, traffic
from tests.bench.replays import steps_per_second
from tests.bench.seeder import Seeded, seed
from tests.bench.serving import AUTHORIZATION, Serving
from tests.bench.statements import statements_by_request
from tests.bench.webhooks import deliveries_per_second

_STARTS = 5
_ROWS = (100, 10_000)
_REQUESTS = 900
_SIZED_PAYMENTS = 400
_RECORDED_CAPTURES = 300
_DELIVERIES = 900
_ENDPOINTS = (1, 8)


def main() -> None:
    """Measure everything, print it."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    rows_help = "payments stored beforehand, separated by commas  [default: 100,10000]"
    parser.add_argument("--rows", type=_counts, default=_ROWS, help=rows_help)
    requests_help = f"requests measured of each kind  [default: {_REQUESTS}]"
    parser.add_argument("--requests", type=int, default=_REQUESTS, help=requests_help)
    parser.add_argument("--json", action="store_true", help="print JSON instead of a table")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="mockpsp-bench-") as folder:
        figures = measure(Path(folder), rows=options.rows, requests=options.requests)
    print(json.dumps(figures, indent=2) if options.json else report.table(figures))


def measure(folder: Path, *, rows: tuple[int, ...], requests: int) -> dict[str, Any]:
    """All figures of one run; its files go into `folder`."""
    figures: dict[str, Any] = {"rows": rows, "requests": requests}
    _say("statements, sizes, starts")
    found = statements_by_request(folder / "statements.db")
    figures["statements"] = {kind: len(texts) for kind, texts in found.items()}
    figures["bytes"] = sizes.bytes_by_table(folder / "sizes.db", _SIZED_PAYMENTS)
    # Once more than is counted: the first start compiles.
    _first_answer_s(folder / "first.db")
    figures["first_answer_s"] = statistics.median(_first_answer_s(folder / f"start{n}.db") for n in range(_STARTS))
    figures.update(_traffic(folder, rows, requests))
    _say("bare SQLite, replays, deliveries")
    figures["bare_sql_per_second"] = bare_sql.commits_per_second(folder, _RECORDED_CAPTURES)
    figures["replay_steps_per_second"] = steps_per_second()
    figures["deliveries_per_second"] = {
        endpoints: deliveries_per_second(folder / f"hooks{endpoints}.db", endpoints=endpoints, count=_DELIVERIES)
        for endpoints in _ENDPOINTS
    }
    return figures


def _traffic(folder: Path, rows: tuple[int, ...], requests: int) -> dict[str, Any]:
    with ExitStack() as stack:
        server_by_stored: dict[int, Serving] = {}
        resident: dict[str, float | None] = {}
        for stored in rows:
            _say(f"seeding {stored:,} payments")
            seeded = seed(folder / f"{stored}.db", stored)
            server = server_by_stored[stored] = stack.enter_context(serving.mockpsp(folder / f"{stored}.db"))
            resident["after start"] = server.resident_mb()
            _fetch_both(server, seeded)
        _say("requests")
        rates = traffic.measure(server_by_stored, stack.enter_context(serving.bare_flask()), requests=requests)
        resident |= {f"after load at {stored:,}": one.resident_mb() for stored, one in server_by_stored.items()}
    return {
        "rates": [dataclasses.asdict(rate) for rate in rates],
        "resident_mb": resident,
        "captures_per_ping": {
            connections: traffic.per_second(rates, "capture", rows[0], connections)
            / traffic.per_second(rates, traffic.PING, None, connections)
            for connections in traffic.CONNECTIONS
        },
    }


def _fetch_both(server: Serving, seeded: Seeded) -> None:
    """The first and the last seeded payment are answered like any other."""
    for transaction_id in (seeded.first_id, seeded.last_id):
        url = f"{server.url}/transactions/{transaction_id}?expand=refunds,operations"
        request = urllib.request.Request(url, headers={"Authorization": AUTHORIZATION})
        with urllib.request.urlopen(request) as answer:
            transaction = json.load(answer)["transaction"]
        assert transaction["refunded_amount"] == "4" and len(transaction["refunds"]) == 1, transaction


def _first_answer_s(db: Path) -> float:
    with serving.mockpsp(db) as server:
        return server.first_answer_s


def _counts(text: str) -> tuple[int, ...]:
    return tuple(int(part) for part in text.split(","))


def _say(what: str) -> None:
    """What is measured now, for whoever waits."""
    print(f"... {what}", file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()
