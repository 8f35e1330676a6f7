"""What became of deliveries: listed with their attempts, and made due again.

Read by whoever shows them; sending is delivery.py's.
"""

import json
import sqlite3
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, NamedTuple

from mockpsp.webhooks.errors import EndpointUnavailable, UnknownDelivery
from mockpsp.webhooks.outbox import BEHIND_MS, let_next

# Primary key (tenant_id, seq).
_AGAIN = "UPDATE webhook_delivery SET state = 'pending', due_at_ms = ? WHERE tenant_id = ? AND seq = ?"
# Primary key (tenant_id, ...): every delivery is looked at, once a resend of all that are dead.
_DEAD_AGAIN = """UPDATE webhook_delivery SET state = 'pending', due_at_ms = CASE WHEN endpoint_seq IN
(SELECT seq FROM webhook_endpoint WHERE tenant_id = :tenant_id AND ordering = 'strict') THEN :behind_ms ELSE :at_ms END
WHERE tenant_id = :tenant_id AND state = 'dead' AND (:endpoint_seq IS NULL OR endpoint_seq = :endpoint_seq)
AND endpoint_seq IN (SELECT seq FROM webhook_endpoint WHERE tenant_id = :tenant_id AND state = 'enabled')"""
# Primary key (tenant_id, ...): every endpoint is looked at.
_STRICT = (
    "SELECT seq FROM webhook_endpoint WHERE tenant_id = ? AND ordering = 'strict' AND state = 'enabled' ORDER BY seq"
)
# Primary key (tenant_id, seq).
_BODY = "SELECT body FROM webhook_message WHERE tenant_id = ? AND seq = ?"
# Primary keys of both tables.
_ENDPOINT_STATE = """SELECT e.state FROM webhook_delivery d
LEFT JOIN webhook_endpoint e ON e.tenant_id = d.tenant_id AND e.seq = d.endpoint_seq
WHERE d.tenant_id = ? AND d.seq = ?"""
# Primary key (tenant_id, seq) in order; message and endpoint by theirs.
_LIST = """SELECT d.seq, d.message_seq, d.endpoint_seq, m.topic, m.webhook_id, m.at_ms, e.url, d.state, d.due_at_ms,
d.last_error, d.misbehaves FROM webhook_delivery d
JOIN webhook_message m ON m.tenant_id = d.tenant_id AND m.seq = d.message_seq
LEFT JOIN webhook_endpoint e ON e.tenant_id = d.tenant_id AND e.seq = d.endpoint_seq
WHERE d.tenant_id = :tenant_id AND d.seq > :after_seq AND (:state IS NULL OR d.state = :state)
ORDER BY d.seq LIMIT :limit"""
# Index webhook_delivery_message (tenant_id, message_seq, seq); named, or the planner walks the primary key.
_LIST_OF_MESSAGE = """SELECT d.seq, d.message_seq, d.endpoint_seq, m.topic, m.webhook_id, m.at_ms, e.url, d.state,
d.due_at_ms, d.last_error, d.misbehaves FROM webhook_delivery d INDEXED BY webhook_delivery_message
JOIN webhook_message m ON m.tenant_id = d.tenant_id AND m.seq = d.message_seq
LEFT JOIN webhook_endpoint e ON e.tenant_id = d.tenant_id AND e.seq = d.endpoint_seq
WHERE d.tenant_id = :tenant_id AND d.message_seq = :message_seq AND d.seq > :after_seq
AND (:state IS NULL OR d.state = :state) ORDER BY d.seq LIMIT :limit"""
# The same index, once for each message; newest deliveries first.
_LIST_OF_MESSAGES = """SELECT d.seq, d.message_seq, d.endpoint_seq, m.topic, m.webhook_id, m.at_ms, e.url, d.state,
d.due_at_ms, d.last_error, d.misbehaves FROM webhook_delivery d INDEXED BY webhook_delivery_message
JOIN webhook_message m ON m.tenant_id = d.tenant_id AND m.seq = d.message_seq
LEFT JOIN webhook_endpoint e ON e.tenant_id = d.tenant_id AND e.seq = d.endpoint_seq
WHERE d.tenant_id = ? AND d.message_seq IN (SELECT value FROM json_each(?)) ORDER BY d.seq DESC"""
# Primary key (tenant_id, seq) backwards; message and endpoint by theirs. Read on as far as a page needs.
_NEWEST = """SELECT d.seq, d.message_seq, d.endpoint_seq, m.topic, m.webhook_id, m.at_ms, e.url, d.state, d.due_at_ms,
d.last_error, d.misbehaves, m.body FROM webhook_delivery d
JOIN webhook_message m ON m.tenant_id = d.tenant_id AND m.seq = d.message_seq
LEFT JOIN webhook_endpoint e ON e.tenant_id = d.tenant_id AND e.seq = d.endpoint_seq
WHERE d.tenant_id = ? AND d.seq < ? ORDER BY d.seq DESC LIMIT ?"""
# Partial index webhook_delivery_due (tenant_id, due_at_ms, seq), in its order.
_PENDING = """SELECT d.seq, d.message_seq, d.endpoint_seq, m.topic, m.webhook_id, m.at_ms, e.url, d.state, d.due_at_ms,
d.last_error, d.misbehaves FROM webhook_delivery d INDEXED BY webhook_delivery_due
JOIN webhook_message m ON m.tenant_id = d.tenant_id AND m.seq = d.message_seq
LEFT JOIN webhook_endpoint e ON e.tenant_id = d.tenant_id AND e.seq = d.endpoint_seq
WHERE d.tenant_id = ? AND d.state = 'pending' ORDER BY d.due_at_ms, d.seq LIMIT ?"""
# Primary key (tenant_id, delivery_seq, n), once for each delivery listed.
_ATTEMPTS = """SELECT delivery_seq, n, at_ms, status_code, error, took_ms, response_body, response_headers,
request_headers, request_body FROM webhook_attempt
WHERE tenant_id = ? AND delivery_seq IN (SELECT value FROM json_each(?)) ORDER BY delivery_seq, n"""


class Attempt(NamedTuple):
    """An attempt that was made, `n` counting from 1."""

    n: int
    at_ms: int
    status_code: int | None
    error: str | None
    took_ms: int
    response_body: str = ""
    response_headers: str = ""
    request_headers: str = ""
    #: None: the message's own.
    request_body: str | None = None


@dataclass(frozen=True, slots=True)
class Delivery:
    """A message on its way to one endpoint. `created_at_ms` is the message's moment; `url` None: endpoint deleted."""

    seq: int
    message_seq: int
    endpoint_seq: int
    topic: str
    webhook_id: str
    created_at_ms: int
    url: str | None = field(repr=False)
    state: str
    #: None: when the one before it has ended.
    due_at_ms: int | None
    last_error: str | None
    #: Words of misbehaving.py.
    misbehaves: str | None
    attempts: tuple[Attempt, ...]


def retry_now(conn: sqlite3.Connection, tenant_id: int, delivery_seq: int, at_ms: int) -> None:
    """The delivery is due at `at_ms`, whatever its state; a dead one gets one more attempt.

    Raises UnknownDelivery, or EndpointUnavailable when its endpoint is disabled or deleted.
    """
    row = conn.execute(_ENDPOINT_STATE, (tenant_id, delivery_seq)).fetchone()
    if row is None:
        raise UnknownDelivery(f"there is no delivery {delivery_seq}")
    if row[0] != "enabled":
        raise EndpointUnavailable(f"the endpoint of delivery {delivery_seq} is {row[0] or 'deleted'}")
    conn.execute(_AGAIN, (at_ms, tenant_id, delivery_seq))


def retry_dead(conn: sqlite3.Connection, tenant_id: int, at_ms: int, *, endpoint_seq: int | None = None) -> int:
    """Every dead delivery, or those to one endpoint, gets one more attempt, due at `at_ms`; answers how many.

    What is meant for an endpoint that is disabled or deleted stays dead. Where order is strict they stand in line, the
    oldest first.
    """
    values = {"tenant_id": tenant_id, "at_ms": at_ms, "endpoint_seq": endpoint_seq, "behind_ms": BEHIND_MS}
    retried = conn.execute(_DEAD_AGAIN, values).rowcount
    for (strict_seq,) in conn.execute(_STRICT, (tenant_id,)).fetchall() if retried else ():
        let_next(conn, tenant_id, strict_seq, at_ms)
    return retried


def sent(conn: sqlite3.Connection, tenant_id: int, delivery: Delivery) -> list[dict[str, str]]:
    """Of each attempt what was sent and the beginning of what came back, headers a line each; nothing sent is empty."""
    row = conn.execute(_BODY, (tenant_id, delivery.message_seq)).fetchone()
    return [
        {
            "request_headers": attempt.request_headers,
            "request_body": "" if not attempt.request_headers else attempt.request_body or str(row[0]),
            "response_headers": attempt.response_headers,
            "response_body": attempt.response_body,
        }
        for attempt in delivery.attempts
    ]


def deliveries(
    conn: sqlite3.Connection,
    tenant_id: int,
    *,
    message_seq: int | None = None,
    state: str | None = None,
    after_seq: int = 0,
    limit: int = 1000,
) -> list[Delivery]:
    """Deliveries with their attempts, oldest first: all, or those of one message, in one state, after a number."""
    values = {"tenant_id": tenant_id, "state": state, "after_seq": after_seq, "limit": limit}
    if message_seq is None:
        rows = conn.execute(_LIST, values).fetchall()
    else:
        rows = conn.execute(_LIST_OF_MESSAGE, {**values, "message_seq": message_seq}).fetchall()
    return _with_attempts(conn, tenant_id, rows)


class Told(NamedTuple):
    """A delivery as a list of the newest reads it, with the message's own body."""

    delivery: Delivery
    body: str


def newest(conn: sqlite3.Connection, tenant_id: int, *, before_seq: int, limit: int) -> Iterator[Told]:
    """Deliveries before a number, the newest first, one at a time and without their attempts; `limit` at most."""
    for *row, body in conn.execute(_NEWEST, (tenant_id, before_seq, limit)):
        yield Told(_delivery(tuple(row), ()), body)


def with_attempts(conn: sqlite3.Connection, tenant_id: int, found: Sequence[Delivery]) -> list[Delivery]:
    """The same deliveries with their attempts."""
    attempts = _attempts(conn, tenant_id, [one.seq for one in found])
    return [replace(one, attempts=tuple(attempts[one.seq])) for one in found]


def pending(conn: sqlite3.Connection, tenant_id: int, limit: int) -> list[Delivery]:
    """What waits to be delivered, in the order of falling due, with the attempts that were made."""
    return _with_attempts(conn, tenant_id, conn.execute(_PENDING, (tenant_id, limit)).fetchall())


def deliveries_of_messages(
    conn: sqlite3.Connection, tenant_id: int, message_seqs: Collection[int]
) -> dict[int, list[Delivery]]:
    """The deliveries of each message that has some, newest first, with their attempts."""
    rows = conn.execute(_LIST_OF_MESSAGES, (tenant_id, json.dumps(list(message_seqs)))).fetchall()
    found: dict[int, list[Delivery]] = {}
    for one in _with_attempts(conn, tenant_id, rows):
        found.setdefault(one.message_seq, []).append(one)
    return found


def _with_attempts(conn: sqlite3.Connection, tenant_id: int, rows: Sequence[tuple[Any, ...]]) -> list[Delivery]:
    attempts = _attempts(conn, tenant_id, [row[0] for row in rows])
    return [_delivery(row, tuple(attempts[row[0]])) for row in rows]


def _attempts(conn: sqlite3.Connection, tenant_id: int, seqs: Sequence[int]) -> dict[int, list[Attempt]]:
    """The attempts of each of these deliveries."""
    found: dict[int, list[Attempt]] = {seq: [] for seq in seqs}
    for seq, *columns in conn.execute(_ATTEMPTS, (tenant_id, json.dumps(list(found)))):
        found[seq].append(Attempt(*columns))
    return found


def _delivery(row: tuple[Any, ...], attempts: tuple[Attempt, ...]) -> Delivery:
    *before, due_at_ms, last_error, misbehaves = row
    due = None if due_at_ms == BEHIND_MS else due_at_ms
    return Delivery(*(*before, due, last_error, misbehaves, attempts))
