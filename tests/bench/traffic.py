"""Requests a second, in rounds: the peer, the bare view and ours take turns within each.

Whatever else this machine does meanwhile meets all of them alike, and a ratio is taken within a round.
"""

import tempfile
import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path

from tests.bench import kinds, peer, processes, serving
from tests.bench.books import EVENTS_A_SALE
from tests.bench.failing import Failed
from tests.bench.load import Asked, Job
from tests.bench.options import Effort
from tests.bench.rates import Rate, Sample, rate
from tests.bench.seeder import seed
from tests.bench.serving import AUTHORIZATION, Serving
from tests.bench.shop import Shop, measured

PEER = -1

#: What is answered fast is asked more often, so that its processor time, counted in hundredths, counts for something.
_CHEAP_TIMES = 2
#: And lists less often: one takes as long as a dozen others.
_LISTS_PART = 10

_CHARGE: Asked = ("POST", "/v1/charges", dict(peer.CHARGE))

#: How many connections, how many requests -> what came of each kind.
_Round = Callable[[int, int], Iterator[tuple[str, Sample]]]


def measure(pythons: Sequence[str], effort: Effort, *, has_peer: bool, stored: int | None) -> dict[int, list[Rate]]:
    """Who -> its rates: PEER, or the place of an interpreter. `stored`: captures also over so many payments."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="mockpsp-bench-")))
        rounds: list[tuple[int, _Round]] = [(PEER, _peer(stack))] if has_peer else []
        checks: list[Callable[[], None]] = []
        for place, python in enumerate(pythons):
            one = stack.enter_context(serving.bare_flask(python))
            rounds.append((place, _bare(one)))
            for name, add in (("seeded", _ours), ("listed", _lists), ("hooked", _hooked)):
                found, check = add(stack, folder / f"{name}-{place}.db", python)
                rounds.append((place, found))
                checks.append(check)
        for kind, count in ((kinds.FEW, kinds.STORED), (kinds.FULL, stored)) if stored else ():
            found, check = _captures(stack, folder / f"{count}.db", kind, count)
            rounds.append((0, found))
            checks.append(check)
        rates = _rates(rounds, effort)
        for check in checks:
            check()
        return rates


def _rates(rounds: Sequence[tuple[int, _Round]], effort: Effort) -> dict[int, list[Rate]]:
    samples: dict[tuple[int, str, int], list[Sample]] = defaultdict(list)
    for _, ask in rounds:
        for _ in ask(1, effort.warm_up):
            pass
    for _ in range(effort.rounds):
        for connections in kinds.CONNECTIONS:
            for who, ask in rounds:
                for kind, sample in ask(connections, effort.requests):
                    samples[who, kind, connections].append(sample)
    rates: dict[int, list[Rate]] = defaultdict(list)
    for (who, kind, connections), found in samples.items():
        rates[who].append(rate(kind, connections, found))
    return rates


def _peer(stack: ExitStack) -> _Round:
    server, full, fresh = (stack.enter_context(peer.serving()) for _ in range(3))

    def asked(to: Serving, connections: int, requests: Sequence[Asked], keeps: Sequence[str] | None = None) -> Sample:
        job = Job(to.host, to.port, peer.AUTHORIZATION, connections, requests, keeps, is_form=True)
        return measured(to, job)

    def ask(connections: int, count: int) -> Iterator[tuple[str, Sample]]:
        charges = asked(server, connections, [_CHARGE] * count * _CHEAP_TIMES, ("id",))
        yield kinds.CHARGE, charges
        ids = charges.load.ids
        yield kinds.PEER_GET, asked(server, connections, [("GET", f"/v1/charges/{one}", None) for one in ids])
        refunds: list[Asked] = [("POST", "/v1/refunds", {"charge": one, "amount": peer.REFUND_AMOUNT}) for one in ids]
        yield kinds.PEER_REFUND, asked(server, connections, refunds)
        lists: list[Asked] = [("GET", f"/v1/charges?limit={kinds.LIST}", None)] * max(count // _LISTS_PART, 1)
        yield kinds.LISTED, asked(full, connections, lists)
        yield kinds.LISTED_OF_FEW, asked(fresh, connections, lists)

    asked(full, 1, [_CHARGE] * kinds.LISTED_OF)
    asked(fresh, 1, [_CHARGE] * kinds.STORED)
    return ask


def _bare(server: Serving) -> _Round:
    def ask(connections: int, count: int) -> Iterator[tuple[str, Sample]]:
        requests: list[Asked] = [("GET", "/", None)] * count * _CHEAP_TIMES
        yield kinds.PING, measured(server, Job(server.host, server.port, AUTHORIZATION, connections, requests))

    return ask


def _ours(stack: ExitStack, db: Path, python: str) -> tuple[_Round, Callable[[], None]]:
    seed(db, kinds.STORED)
    shop = Shop(stack.enter_context(serving.mockpsp(db, python=python)))

    def ask(connections: int, count: int) -> Iterator[tuple[str, Sample]]:
        invoices, captures = shop.sales(connections, count)
        yield kinds.CREATE, invoices
        captured = shop.capture(connections, captures)
        yield kinds.CAPTURE, captured
        ids = captured.load.ids
        yield kinds.GET, shop.send(connections, [("GET", f"/transactions/{one}", None) for one in ids])
        yield kinds.REFUND, shop.refund(connections, ids)

    return ask, shop.check


def _lists(stack: ExitStack, db: Path, python: str) -> tuple[_Round, Callable[[], None]]:
    seed(db, kinds.LISTED_OF)
    shop = Shop(stack.enter_context(serving.mockpsp(db, python=python)))

    def ask(connections: int, count: int) -> Iterator[tuple[str, Sample]]:
        requests: list[Asked] = [("GET", f"/transactions?limit={kinds.LIST}", None)] * max(count // _LISTS_PART, 1)
        yield kinds.LISTED, shop.send(connections, requests)

    return ask, shop.check


def _hooked(stack: ExitStack, db: Path, python: str) -> tuple[_Round, Callable[[], None]]:
    """As `serve` starts, with one endpoint: what is due is delivered while the next payments come in."""
    sink = stack.enter_context(serving.sink())
    server = stack.enter_context(serving.mockpsp(db, clock="wall", python=python))
    server.call("POST", "/sandbox/webhook-endpoints", {"url": f"{sink.url}/hook"})
    shop = Shop(server)

    def ask(connections: int, count: int) -> Iterator[tuple[str, Sample]]:
        _, captures = shop.sales(connections, count)
        cpu_before = processes.cpu_s(server.pid)
        captured = shop.capture(connections, captures)
        ended = time.perf_counter()
        # Nobody else is asked before the last of them was delivered.
        server.settle()
        cpu_s = processes.cpu_s(server.pid) - cpu_before
        yield kinds.HOOKED, Sample(captured.load, cpu_s)
        seconds = captured.load.seconds + time.perf_counter() - ended
        yield kinds.DRAINED, Sample(replace(captured.load, seconds=seconds), cpu_s)

    def check() -> None:
        shop.check()
        taken, wanted = sink.call("GET", "/")["taken"], shop.captures * EVENTS_A_SALE
        if taken != wanted:
            raise Failed(f"the endpoint took {taken:,} deliveries of {wanted:,}")

    return ask, check


def _captures(stack: ExitStack, db: Path, kind: str, stored: int) -> tuple[_Round, Callable[[], None]]:
    seed(db, stored)
    shop = Shop(stack.enter_context(serving.mockpsp(db)))

    def ask(connections: int, count: int) -> Iterator[tuple[str, Sample]]:
        _, captures = shop.sales(connections, count)
        yield kind, shop.capture(connections, captures)

    return ask, shop.check
