"""A fork of a universe with fifty payments, beside setting them up anew, and one of ten thousand rows."""

import statistics
import tempfile
import time
from collections.abc import Callable
from contextlib import closing
from functools import partial
from pathlib import Path

from mockpsp.config import Settings
from mockpsp.sandbox_client import Sandbox
from mockpsp.serving.app import create_app
from mockpsp.serving.server import Server
from mockpsp.store import universe_rows
from mockpsp.store.db import Database

PAYMENTS = 50
#: An ordinary test makes so many.
PAYMENTS_OF_A_TEST = 5
ROWS = 10_000
_ORDER = {"name": "Order", "amount": "10.00", "currency": "EUR"}


def measure(*, rounds: int) -> dict[str, float]:
    """Medians of the rounds, in milliseconds: both by the same client, over HTTP, on a file."""
    with tempfile.TemporaryDirectory(prefix="mockpsp-bench-") as folder:
        settings = Settings(port=0, db=str(Path(folder) / "forks.db"), clock="manual")
        app = create_app(settings)
        server = Server(app, settings)
        server.start()
        state = app.extensions["mockpsp"]
        try:
            anew, forks = [], []
            for number in range(rounds):
                with closing(Sandbox(server.url, f"test-proj_shop-{number}", "key_test_bench")) as shop:
                    anew.append(_ms(partial(_pay, shop, PAYMENTS)))
                    forks.append(_ms(partial(_fork, shop, "a")))
            with closing(Sandbox(server.url, "test-proj_test", "key_test_bench")) as test:
                _pay(test, PAYMENTS_OF_A_TEST)
                few_rows = _rows(state.database, "test-proj_test")
                of_few = _medians(partial(_fork, test, "a"), 3 * rounds)
            with closing(Sandbox(server.url, "test-proj_large", "key_test_bench")) as large:
                while (rows := _rows(state.database, "test-proj_large")) < ROWS:
                    _pay(large, PAYMENTS)
                of_many = _medians(partial(_fork, large, "b"), rounds)
        finally:
            state.stop_moving()
            server.stop()
            state.close()
    return {
        "payments": PAYMENTS,
        "anew_ms": statistics.median(anew),
        "fork_ms": statistics.median(forks),
        "ratio": statistics.median(one / other for one, other in zip(anew, forks, strict=True)),
        "few_rows": few_rows,
        "fork_of_few_ms": of_few[0],
        "fork_of_few_cpu_ms": of_few[1],
        "rows": rows,
        "fork_of_rows_ms": of_many[0],
        "fork_of_rows_cpu_ms": of_many[1],
    }


def _ms(work: Callable[[], object]) -> float:
    started = time.perf_counter()
    work()
    return (time.perf_counter() - started) * 1_000


def _medians(work: Callable[[], object], times: int) -> tuple[float, float]:
    """Milliseconds by the clock and of processor time, client and server together."""
    taken = []
    for _ in range(times):
        started_cpu = time.process_time()
        taken.append((_ms(work), (time.process_time() - started_cpu) * 1_000))
    by_clock, by_cpu = zip(*taken, strict=True)
    return statistics.median(by_clock), statistics.median(by_cpu)


def _pay(shop: Sandbox, count: int) -> None:
    for _ in range(count):
        invoice = shop.post("/invoices", _ORDER)["invoice"]["id"]
        shop.post(f"/invoices/{invoice}/capture", {"source": shop.card()})


def _fork(shop: Sandbox, name: str) -> None:
    shop.post("/sandbox/forks", {"as": f"{shop.project_id}-{name}", "again": True})


def _rows(database: Database, project_id: str) -> int:
    with database.reading() as conn:
        found = conn.execute("SELECT no FROM project WHERE id = ?", (project_id,)).fetchone()
        if found is None:
            return 0
        counts = (
            conn.execute(f"SELECT COUNT(*) FROM {table} WHERE {owner} = ?", found).fetchone()[0]
            for table, owner in universe_rows.OWNER_BY_TABLE.items()
        )
        return int(sum(counts))
