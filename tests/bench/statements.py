"""SQL statements that each request costs, counted by SQLite's own trace."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.bench.in_process import Caller, calling


@contextmanager
def traced(caller: Caller) -> Iterator[list[str]]:
    """Every statement of writing requests, as text, BEGIN and COMMIT among them; one of many rows counts as many."""
    seen: list[str] = []
    database = caller.app.extensions["mockpsp"].database
    # The connection is other threads' too: it is changed while none of them uses it, or they wait for each other.
    with database.writing() as conn:
        conn.set_trace_callback(seen.append)
    seen.clear()
    try:
        yield seen
    finally:
        with database.writing() as conn:
            conn.set_trace_callback(None)
        seen.pop()  # how that began


def statements_by_request(db: Path) -> dict[str, list[str]]:
    """The statements of each request of a sale and its refund, in a universe that has seen such requests before."""
    with calling(db) as caller:
        caller.pay_and_refund()
        card_id = caller.card()
        with traced(caller) as create:
            invoice_id = caller.invoice()
        with traced(caller) as capture:
            transaction_id = caller.capture(invoice_id, card_id)
        with traced(caller) as refund:
            caller.refund(transaction_id)
    return {"create invoice": create, "capture": capture, "refund": refund}
