"""What a server holds in memory after it was asked over 64 connections at once: payments, reads and lists."""

import sys
import tempfile
from pathlib import Path

from tests.bench import processes, serving
from tests.bench.load import Asked
from tests.bench.seeder import seed
from tests.bench.shop import Shop

CONNECTIONS = 64
_PAYMENTS = 640
_LISTS = 64
_PAGE = 100


def measure(python: str = sys.executable, *, stored: int) -> dict[str, float]:
    """Megabytes after the start and after the load, on a file with so many payments."""
    with tempfile.TemporaryDirectory(prefix="mockpsp-bench-") as folder:
        db = Path(folder) / "memory.db"
        seed(db, stored)
        with serving.mockpsp(db, python=python) as server:
            started = processes.resident_mb(server.pid)
            shop = Shop(server)
            reads: list[Asked] = [("GET", f"/transactions/{one}", None) for one in _all_ids(shop, stored)]
            _, captures = shop.sales(CONNECTIONS, _PAYMENTS)
            shop.refund(CONNECTIONS, shop.capture(CONNECTIONS, captures).load.ids)
            shop.send(CONNECTIONS, reads)
            shop.send(CONNECTIONS, [("GET", f"/transactions?limit={_PAGE}", None)] * _LISTS)
            loaded = processes.resident_mb(server.pid)
            shop.check()
    return {"start_mb": started, "loaded_mb": loaded}


def _all_ids(shop: Shop, count: int) -> list[str]:
    """Of every transaction: read all over the file, so that each connection's reader fills its cache."""
    found: list[str] = []
    after = ""
    while len(found) < count:
        page = shop.server.call("GET", f"/transactions?limit={_PAGE}{after}")["transactions"]
        found += [one["id"] for one in page]
        after = f"&start_after={found[-1]}"
    return found
