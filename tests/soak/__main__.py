"""Deliveries through failures and kills, and a backlog: `python -m tests.soak [--deliveries N] [--kills N]`.

First a server on the wall clock, killed (`kill -9`) and started again while shops are busy and their receivers fail
one attempt in five; the rest of the retries by a move of the clock, killed too. Then a backlog on a manual clock,
drained at constant memory.
"""

import argparse
import os
import signal
import subprocess
import sys
import threading
import time
import urllib.error
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from http.client import HTTPException
from itertools import pairwise
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple

from tests.bench import serving
from tests.bench.failing import Failed
from tests.bench.serving import Serving
from tests.soak.judge import judge

ENDPOINTS = 8
CLIENTS = 2
#: Nothing happens for so long: something hangs.
_PATIENCE_S = 120
_LOOK_S = 0.02
#: Of ten kills, so many come while the clock is moved on.
_KILLS_OF_ADVANCE = 3
#: How much more memory a drained backlog may take at its end than when a tenth of it was gone.
_GROWTH_MB = 24
_BROKEN = (OSError, HTTPException, urllib.error.URLError)


class Tenth(NamedTuple):
    """A moment of a drain, and the memory that the server held then."""

    at_s: float
    resident_mb: float


class Server:
    """A server on one file that is killed and started again."""

    def __init__(self, db: Path, clock: str) -> None:
        self._db, self._clock = db, clock
        self._changed = threading.Condition()
        self._now: Serving | None = None
        self._stack = ExitStack()
        self._start()

    def _start(self) -> None:
        found = self._stack.enter_context(serving.mockpsp(self._db, clock=self._clock))
        with self._changed:
            self._now = found
            self._changed.notify_all()

    def kill(self) -> None:
        """`kill -9`, then another one on the same file."""
        with self._changed:
            assert self._now is not None
            pid, self._now = self._now.pid, None
        os.kill(pid, signal.SIGKILL)
        self._stack.close()
        self._start()

    def stop(self) -> None:
        """End it as it should be ended."""
        self._stack.close()

    @property
    def pid(self) -> int:
        """Of the process that runs now."""
        return self.serving().pid

    def serving(self) -> Serving:
        """The one that runs now, as soon as there is one."""
        with self._changed:
            if not self._changed.wait_for(lambda: self._now is not None, _PATIENCE_S):
                raise Failed("the server did not come back")
            assert self._now is not None
            return self._now

    def call(self, method: str, path: str, body: Mapping[str, Any] | None = None, key: str | None = None) -> Any:
        """An answer, asked for again, under the same key, as often as the server is killed over it."""
        while True:
            try:
                return self.serving().call(method, path, body, key=key)
            except _BROKEN:
                threading.Event().wait(_LOOK_S)


def main() -> int:
    """Both parts; 1 where anything was lost, doubled or held on to."""
    parser = argparse.ArgumentParser(prog="python -m tests.soak", description=__doc__)
    parser.add_argument("--deliveries", type=int, default=100_000, help="how many in each part [100000]")
    parser.add_argument("--kills", type=int, default=10, help="how often the server is killed [10]")
    options = parser.parse_args()
    with TemporaryDirectory(prefix="mockpsp-soak-") as folder:
        try:
            wrong = soak(Path(folder), options.deliveries, options.kills)
            wrong += drain(Path(folder), options.deliveries)
        except Failed as failed:
            wrong = [str(failed)]
    for one in wrong[:20]:
        print(one, file=sys.stderr)
    return int(bool(wrong))


def soak(folder: Path, count: int, kills: int) -> list[str]:
    """The part with failures and kills; what was wrong."""
    db, log = folder / "soak.db", folder / "soak.log"
    events = -(-count // ENDPOINTS)
    started = time.perf_counter()
    with sink(log) as receivers:
        server = Server(db, "wall")
        listen(server, receivers)
        clients = [threading.Thread(target=_customers, args=(server, n, events), daemon=True) for n in range(CLIENTS)]
        for client in clients:
            client.start()
        early = max(kills - _KILLS_OF_ADVANCE, 0)
        for number in range(1, early + 1):
            _await(receivers, number * count // (early + 1))
            server.kill()
        for client in clients:
            client.join()
        _await(receivers, count)
        _finish(server, receivers, kills - early, step=max(count // 200, 1))
        server.stop()
        receivers.call("GET", "/")
    sums, wrong = judge(db, log, expected=events * ENDPOINTS)
    took_s = time.perf_counter() - started
    print(
        f"{sums.deliveries:,} deliveries in {took_s:.0f} s, the server killed {kills} times: {sums.delivered:,} "
        f"delivered, {sums.dead:,} given up, none lost; {sums.attempts:,} attempts, {sums.failed / sums.attempts:.1%} "
        f"of them failed, {sums.repeated:,} repeated after a kill, all under their own id"
        if not wrong
        else f"{len(wrong):,} things are wrong",
        flush=True,
    )
    return wrong


def drain(folder: Path, count: int) -> list[str]:
    """The part with a backlog; whether the memory grew."""
    events = -(-count // ENDPOINTS)
    with serving.sink() as receivers:
        server = Server(folder / "drain.db", "manual")
        listen(server, receivers)
        clients = [threading.Thread(target=_customers, args=(server, n, events)) for n in range(CLIENTS)]
        for client in clients:
            client.start()
        for client in clients:
            client.join()
        moving = threading.Thread(target=_move, args=(server,))
        moving.start()
        tenths = [_tenth(server, receivers, number * count // 10) for number in range(11)]
        moving.join()
        taken = _taken(receivers)
        server.stop()
    rates = [count / 10 / (after.at_s - before.at_s) for before, after in pairwise(tenths)]
    print(
        f"a backlog of {taken:,} drained in {tenths[-1].at_s - tenths[0].at_s:.0f} s, tenth by tenth "
        f"{', '.join(f'{rate:,.0f}' for rate in rates)} a second, with "
        f"{', '.join(f'{tenth.resident_mb:.0f}' for tenth in tenths)} MB",
        flush=True,
    )
    wrong = [] if taken == events * ENDPOINTS else [f"{events * ENDPOINTS:,} were due, {taken:,} arrived"]
    # The first tenth warms up: caches, threads, the longest list of what ran.
    grown_mb = tenths[-1].resident_mb - tenths[1].resident_mb
    return wrong if grown_mb <= _GROWTH_MB else [*wrong, f"the backlog took {grown_mb:.0f} MB more as it was drained"]


def _tenth(server: Server, receivers: Serving, count: int) -> Tenth:
    """When so many had arrived, and what the server took then."""
    _await(receivers, count)
    return Tenth(time.perf_counter(), resident_mb(server.pid))


def listen(server: Server, receivers: Serving) -> None:
    """The endpoints of the universe."""
    for number in range(ENDPOINTS):
        server.call("POST", "/sandbox/webhook-endpoints", {"url": f"{receivers.url}/{number}"})


@contextmanager
def sink(log: Path) -> Iterator[Serving]:
    """The receivers' process, which fails one attempt in five."""
    with serving.running([sys.executable, "-m", "tests.soak.sink", str(log)]) as found:
        yield found


def _customers(server: Server, first: int, events: int) -> None:
    """One client's share of the events: a customer each, made once, whoever is killed over it."""
    for number in range(first, events, CLIENTS):
        server.call("POST", "/customers", {"first_name": f"C{number}"}, key=f"customer-{number}")


def _finish(server: Server, receivers: Serving, kills: int, *, step: int) -> None:
    """Move the clock over the retries that are left, and kill the server while it does."""
    moving = threading.Thread(target=_move, args=(server,))
    moving.start()
    for _ in range(kills):
        wanted = _taken(receivers) + step
        while moving.is_alive() and _taken(receivers) < wanted:
            threading.Event().wait(_LOOK_S)
        if moving.is_alive():
            server.kill()
    moving.join()


def _move(server: Server) -> None:
    """Everything that is due happens."""
    while True:
        ran = server.call("POST", "/sandbox/clock/advance", {"until": "idle", "max": "30d", "wait_ms": 60_000})
        if ran is not None and not ran["more"]:
            return


def _taken(receivers: Serving) -> int:
    return int(receivers.call("GET", "/")["taken"])


def _await(receivers: Serving, count: int) -> None:
    """So many attempts have come; Failed where none comes any more."""
    last, since = -1, time.monotonic()
    while (taken := _taken(receivers)) < count:
        if taken > last:
            last, since = taken, time.monotonic()
        elif time.monotonic() - since > _PATIENCE_S:
            raise Failed(f"{taken:,} attempts came, and no other for {_PATIENCE_S} s; {count:,} were waited for")
        threading.Event().wait(_LOOK_S)


def resident_mb(pid: int) -> float:
    """Memory that a process holds now."""
    found = subprocess.run(["ps", "-o", "rss=", "-p", str(pid)], capture_output=True, text=True, check=True)
    return int(found.stdout) / 1024


if __name__ == "__main__":
    sys.exit(main())
