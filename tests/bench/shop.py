"""A universe that is paid in, and asked afterwards whether all of it is there."""

from collections.abc import Sequence

from tests.bench import books, processes
from tests.bench.books import State
from tests.bench.failing import Failed
from tests.bench.in_process import CARD, INVOICE, REFUND
from tests.bench.load import Asked, Job, send
from tests.bench.rates import Sample
from tests.bench.serving import AUTHORIZATION, Serving


def measured(server: Serving, job: Job) -> Sample:
    """A job sent to a server, with what the server took."""
    before = processes.cpu_s(server.pid)
    load = send(job)
    return Sample(load, processes.cpu_s(server.pid) - before)


class Shop:
    """Sales and refunds in the benchmark's universe, counted, until `check` asks whether they are all there."""

    def __init__(self, server: Serving) -> None:
        self.server = server
        self.captures = 0
        self._refunds = 0
        self._before = self._state()

    def send(self, connections: int, requests: Sequence[Asked], keeps: Sequence[str] | None = None) -> Sample:
        """Requests of any kind that book nothing."""
        server = self.server
        return measured(server, Job(server.host, server.port, AUTHORIZATION, connections, requests, keeps))

    def sales(self, connections: int, count: int) -> tuple[Sample, list[Asked]]:
        """New invoices, and the requests that pay them with a card each."""
        cards = self.send(connections, [("POST", "/cards", CARD)] * count, ("card", "id"))
        invoices = self.send(connections, [("POST", "/invoices", INVOICE)] * count, ("invoice", "id"))
        pairs = zip(invoices.load.ids, cards.load.ids, strict=True)
        return invoices, [("POST", f"/invoices/{invoice}/capture", {"source": card}) for invoice, card in pairs]

    def capture(self, connections: int, captures: Sequence[Asked]) -> Sample:
        """The requests of `sales`, whose answers have the transactions' ids."""
        self.captures += len(captures)
        return self.send(connections, captures, ("transaction", "id"))

    def refund(self, connections: int, transaction_ids: Sequence[str]) -> Sample:
        """A part of each given back."""
        self._refunds += len(transaction_ids)
        return self.send(connections, [("POST", f"/transactions/{one}/refunds", REFUND) for one in transaction_ids])

    def check(self) -> None:
        """Raises Failed unless the books balance and have every sale and refund, and each has its events."""
        wrong = books.problems(self._before, self._state(), captures=self.captures, refunds=self._refunds)
        if wrong:
            raise Failed("; ".join(wrong))

    def _state(self) -> State:
        counts = self.server.call("GET", "/sandbox")["universe"]["counts"]
        return State(counts.get("event", 0), self.server.call("GET", "/sandbox/ledger/balances")["balances"])
