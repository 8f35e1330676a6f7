"""Many endpoints and long queues: what comes first is found, nothing is left out, each gets its own in order."""

import sqlite3
from collections.abc import Callable, Collection

import pytest

from mockpsp.webhooks import delivery, outbox
from mockpsp.webhooks.delivery import AttemptResult
from mockpsp.webhooks.outbox import Message

TENANT = 1
OK = AttemptResult(200, None, 7)
NextSeq = Callable[[], int]


@pytest.fixture
def endpoints(conn: sqlite3.Connection, secret: str) -> list[int]:
    """More than a batch has room for."""
    seqs = list(range(1, 71))
    for seq in seqs:
        outbox.create_endpoint(conn, TENANT, seq=seq, url=f"http://127.0.0.1:9/{seq}", secret=secret, topics=None)
    return seqs


def enqueue(conn: sqlite3.Connection, next_seq: NextSeq, message_seq: int, at_ms: int = 5_000) -> None:
    """A delivery for each endpoint that is enabled."""
    message = Message(message_seq, "transaction.captured", f"ev_{message_seq}", "{}", at_ms)
    outbox.enqueue(conn, TENANT, [message], next_seq=next_seq)


def first_of_each(conn: sqlite3.Connection, busy: Collection[int]) -> dict[int, tuple[int, int]]:
    """Endpoint -> moment and number of what it gets next, by reading everything."""
    found: dict[int, tuple[int, int]] = {}
    pending = "SELECT endpoint_seq, due_at_ms, seq FROM webhook_delivery WHERE tenant_id = ? AND state = 'pending'"
    for endpoint_seq, due_at_ms, seq in conn.execute(pending, (TENANT,)):
        if endpoint_seq not in busy:
            found[endpoint_seq] = min(found.get(endpoint_seq, (due_at_ms, seq)), (due_at_ms, seq))
    return found


def test_a_batch_of_many_endpoints_is_those_that_come_first(
    conn: sqlite3.Connection, next_seq: NextSeq, endpoints: list[int]
) -> None:
    enqueue(conn, next_seq, 10)

    batch = delivery.due_batch(conn, TENANT, 5_000, busy=[3])

    assert [due.endpoint_seq for due in batch] == [seq for seq in endpoints if seq != 3][:64]


def test_every_endpoint_gets_everything_in_order(
    conn: sqlite3.Connection, next_seq: NextSeq, endpoints: list[int]
) -> None:
    for message_seq in (10, 11, 12):
        enqueue(conn, next_seq, message_seq)
    sent: dict[int, list[str]] = {}

    while batch := delivery.due_batch(conn, TENANT, 5_000):
        assert {due.endpoint_seq: due.seq for due in batch}.items() <= {
            endpoint: seq for endpoint, (_, seq) in first_of_each(conn, ()).items()
        }.items()
        for due in batch:
            sent.setdefault(due.endpoint_seq, []).append(due.webhook_id)
            delivery.record(conn, TENANT, due, OK, at_ms=5_000, jitter=0.0)

    assert sent == {seq: ["ev_10", "ev_11", "ev_12"] for seq in endpoints}


@pytest.mark.parametrize("others", [1, 69])
def test_a_long_queue_of_a_busy_endpoint_hides_nobody(
    conn: sqlite3.Connection, next_seq: NextSeq, endpoints: list[int], others: int
) -> None:
    for seq in endpoints[1:]:
        outbox.disable_endpoint(conn, TENANT, seq)
    for message_seq in range(10, 210):
        enqueue(conn, next_seq, message_seq)
    for seq in endpoints[1 : others + 1]:
        outbox.enable_endpoint(conn, TENANT, seq)
    enqueue(conn, next_seq, 500, at_ms=5_001)

    for busy in ([], [1], [1, 2], endpoints):
        firsts = first_of_each(conn, busy)
        assert delivery.next_due(conn, TENANT, busy=busy) == min(firsts.values(), default=None)
        batch = delivery.due_batch(conn, TENANT, 5_001, busy=busy)
        assert bool(batch) == bool(firsts)
        assert {due.endpoint_seq: due.seq for due in batch}.items() <= {
            endpoint: seq for endpoint, (_, seq) in firsts.items()
        }.items()
