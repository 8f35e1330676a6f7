"""Sending what the outbox holds: what is due, one attempt without a connection, and its record.

The three steps are apart on purpose. No transaction is open while a receiver answers, for it may call back and write.
A crash between `post` and `record` sends a message twice, under the same id: at least once, never lost.
The caller decides when, in which thread, and by which clock.
"""

import json
import sqlite3
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from mockpsp.webhooks import dialect_bodies, dialects, misbehaving, outbox, retries, targets, transport
from mockpsp.webhooks.dialect_signing import Call
from mockpsp.webhooks.errors import MalformedUrl, WebhookError
from mockpsp.webhooks.retries import Dead, Delivered, RetryAfter, Step
from mockpsp.webhooks.schedules import DEFAULT, ONE_BY_ONE, PARALLEL, SCHEDULES, STRICT
from mockpsp.webhooks.transport import Session

#: How many due deliveries are looked at for those of different endpoints.
_LOOK = 128
#: How many deliveries to one endpoint that takes several at once go out side by side.
SIDE_BY_SIDE = 10
#: How many attempts of a delivery are kept, the newest: more than any schedule makes, fewer than somebody's loop.
ATTEMPTS_KEPT = 100
_EVER = (1 << 63) - 1
#: Where a row of what is due has the endpoint's ordering.
_ORDERING = 13

# Partial index webhook_delivery_due (tenant_id, due_at_ms, seq), from its beginning.
_FIRST_DUE = """SELECT due_at_ms, seq, endpoint_seq FROM webhook_delivery
WHERE tenant_id = ? AND state = 'pending' AND due_at_ms <= ? ORDER BY due_at_ms, seq LIMIT ?"""
# Partial index webhook_delivery_queue (tenant_id, endpoint_seq, due_at_ms, seq): `waiting` hops from one endpoint with
# a queue to the next, so the cost is the number of endpoints, not of deliveries.
_WAITING = """WITH RECURSIVE waiting(endpoint_seq) AS (
  SELECT min(endpoint_seq) FROM webhook_delivery WHERE tenant_id = :tenant_id AND state = 'pending'
  UNION ALL
  SELECT (SELECT min(q.endpoint_seq) FROM webhook_delivery q WHERE q.tenant_id = :tenant_id AND q.state = 'pending'
          AND q.endpoint_seq > waiting.endpoint_seq)
  FROM waiting WHERE waiting.endpoint_seq IS NOT NULL LIMIT :most
)"""
_WHO_WAITS = f"{_WAITING} SELECT endpoint_seq FROM waiting WHERE endpoint_seq IS NOT NULL -- of one tenant_id"
_NEXT_OF_WAITING = f"""{_WAITING}
SELECT q.due_at_ms, q.seq FROM waiting
JOIN webhook_delivery q ON q.tenant_id = :tenant_id AND q.seq = (
  SELECT f.seq FROM webhook_delivery f WHERE f.tenant_id = :tenant_id AND f.endpoint_seq = waiting.endpoint_seq
  AND f.state = 'pending' ORDER BY f.due_at_ms, f.seq LIMIT 1)
WHERE waiting.endpoint_seq NOT IN (SELECT value FROM json_each(:busy)) ORDER BY q.due_at_ms, q.seq LIMIT 1"""
# The rest by primary key. Sorted by the caller: SQLite's sorter costs 160 us, six times the rest.
_COLUMNS = """d.seq, d.endpoint_seq, d.attempts + 1, d.due_at_ms, d.misbehaves, m.topic, m.webhook_id, m.body, m.at_ms,
m.facts, m.seq < e.rotated_seq, e.url, e.schedule, e.ordering, e.is_reserializable, e.secret, e.old_secret, e.dialect,
e.body_form, e.rotations, e.certificate_url"""
# The first due of each endpoint named, by webhook_delivery_queue.
_DUE = f"""SELECT {_COLUMNS} FROM json_each(:endpoints) waiting
CROSS JOIN webhook_delivery d ON d.tenant_id = :tenant_id AND d.seq = (
  SELECT q.seq FROM webhook_delivery q WHERE q.tenant_id = :tenant_id AND q.endpoint_seq = waiting.value
  AND q.state = 'pending' AND q.due_at_ms <= :at_ms ORDER BY q.due_at_ms, q.seq LIMIT 1)
JOIN webhook_message m ON m.tenant_id = d.tenant_id AND m.seq = d.message_seq
JOIN webhook_endpoint e ON e.tenant_id = d.tenant_id AND e.seq = d.endpoint_seq"""
# Primary keys.
_THESE = f"""SELECT {_COLUMNS} FROM json_each(:seqs) wanted
CROSS JOIN webhook_delivery d ON d.tenant_id = :tenant_id AND d.seq = wanted.value
JOIN webhook_message m ON m.tenant_id = d.tenant_id AND m.seq = d.message_seq
JOIN webhook_endpoint e ON e.tenant_id = d.tenant_id AND e.seq = d.endpoint_seq"""
# Partial index webhook_delivery_queue (tenant_id, endpoint_seq, due_at_ms, seq).
_QUEUE = """SELECT seq FROM webhook_delivery INDEXED BY webhook_delivery_queue WHERE tenant_id = ? AND endpoint_seq = ?
AND state = 'pending' AND due_at_ms <= ? ORDER BY due_at_ms, seq LIMIT ?"""
# The same index, the rest by primary keys.
_NEXT_IN_QUEUE = f"""SELECT {_COLUMNS} FROM webhook_delivery d INDEXED BY webhook_delivery_queue
JOIN webhook_message m ON m.tenant_id = d.tenant_id AND m.seq = d.message_seq
JOIN webhook_endpoint e ON e.tenant_id = d.tenant_id AND e.seq = d.endpoint_seq
WHERE d.tenant_id = ? AND d.endpoint_seq = ? AND d.state = 'pending' AND d.due_at_ms <= ?
ORDER BY d.due_at_ms, d.seq LIMIT 1"""
# Primary key (tenant_id, seq).
_CURRENT = "SELECT state, attempts FROM webhook_delivery WHERE tenant_id = ? AND seq = ?"
_UPDATE = """UPDATE webhook_delivery SET state = ?, attempts = ?, due_at_ms = ?, last_error = ?
WHERE tenant_id = ? AND seq = ?"""
_ONCE_MORE = """UPDATE webhook_delivery SET attempts = ?, due_at_ms = ?, last_error = NULL, misbehaves = ?
WHERE tenant_id = ? AND seq = ?"""
_COUNT_ATTEMPT = "UPDATE webhook_delivery SET attempts = ? WHERE tenant_id = ? AND seq = ?"
# Primary key (tenant_id, delivery_seq, n).
_INSERT_ATTEMPT = """INSERT INTO webhook_attempt (tenant_id, delivery_seq, n, at_ms, status_code, error, took_ms,
response_body, response_headers, request_headers, request_body) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"""

# The same key, from its beginning.
_FORGET_ATTEMPTS = "DELETE FROM webhook_attempt WHERE tenant_id = ? AND delivery_seq = ? AND n <= ?"


@dataclass(frozen=True, slots=True)
class DueDelivery:
    """One attempt to make, with all it needs. `attempt` counts from 1; `secrets` newest first.

    `body` is what is sent but for a signature that lies inside.
    """

    seq: int
    endpoint_seq: int
    attempt: int
    due_at_ms: int
    topic: str
    webhook_id: str
    body: bytes
    url: str = field(repr=False)
    secrets: tuple[str, ...] = field(repr=False)
    dialect: str = dialects.STANDARD
    #: The number of the newest secret.
    key_no: int = 1
    certificate_url: str = ""
    schedule: str = DEFAULT
    ordering: str = ONE_BY_ONE
    is_reserializable: bool = True
    #: Words of misbehaving.py; None for nearly all.
    misbehaves: str | None = None

    @property
    def words(self) -> Mapping[str, int]:
        """What goes wrong with this attempt, on purpose: only the first one misbehaves."""
        return misbehaving.read(self.misbehaves) if self.misbehaves and self.attempt == 1 else {}

    def sign(self, timestamp_s: int) -> tuple[Mapping[str, str], bytes]:
        """The headers and the body of an attempt at that moment, in seconds of real time: `body` itself, unless the
        dialect signs inside it or something else was asked for.
        """

        def signed(secrets: Sequence[str], at_s: int, text: bytes) -> tuple[Mapping[str, str], bytes]:
            call = Call(self.webhook_id, at_s, text, self.url, self.key_no, self.certificate_url)
            headers, sent = dialects.sign(self.dialect, secrets, call)
            # Where the signature lies inside, signing writes the body.
            return headers, sent if self.is_reserializable or not signs_inside else misbehaving.not_reserializable(sent)

        signs_inside = dialects.DIALECTS[self.dialect].implies_body
        body = self.body
        if not self.is_reserializable and not signs_inside:
            body = misbehaving.not_reserializable(body)
        words = self.words
        if not words:
            return signed(self.secrets, timestamp_s, body)
        secrets = self.secrets
        if "wrong_secret" in words:
            secrets = tuple(dialects.wrong_secret(self.dialect, secret) for secret in secrets)
        return misbehaving.request(
            words,
            signed,
            secrets,
            webhook_id=self.webhook_id,
            timestamp_s=timestamp_s,
            body=body,
            event_header=dialects.DIALECTS[self.dialect].event_header,
        )


class AttemptResult(NamedTuple):
    """What an attempt met, and the beginning of what came back. `took_ms` is real time."""

    status_code: int | None
    error: str | None
    took_ms: int
    #: The beginning of what was answered.
    response_body: str = ""
    response_headers: str = ""
    #: What was sent: headers, a line each, and the body unless it was the message's own.
    request_headers: str = ""
    request_body: str | None = None


def next_due(conn: sqlite3.Connection, tenant_id: int, *, busy: Collection[int] = ()) -> tuple[int, int] | None:
    """When the first pending delivery falls due, and its number; None when nothing waits.

    `busy` are endpoints an attempt is being made at: what waits for them is not counted.
    """
    look = _LOOK if busy else 1
    rows = conn.execute(_FIRST_DUE, (tenant_id, _EVER, look)).fetchall()
    found = next(((due_at_ms, seq) for due_at_ms, seq, endpoint_seq in rows if endpoint_seq not in busy), None)
    if found is None and len(rows) == look:
        # Busy endpoints have long queues, and whoever comes after them is found by endpoint.
        values = {"tenant_id": tenant_id, "busy": json.dumps(list(busy)), "most": -1}
        found = conn.execute(_NEXT_OF_WAITING, values).fetchone()
    return found


def due_batch(
    conn: sqlite3.Connection, tenant_id: int, at_ms: int, *, busy: Collection[int] = (), limit: int = 64
) -> list[DueDelivery]:
    """What can be sent side by side at this moment, by number: the first due of each endpoint not in `busy`, and of
    one that takes several at once, several.

    Of more endpoints than `limit`, those come whose deliveries fell due first.
    """
    waiting = conn.execute(_WHO_WAITS, {"tenant_id": tenant_id, "most": limit + 1}).fetchall()
    rows: list[Any] = []
    if len(waiting) > limit:
        # Each round would look at all of them, and there are as many rounds: look at what comes first instead.
        seq_by_endpoint: dict[int, int] = {}
        for _, seq, endpoint_seq in conn.execute(_FIRST_DUE, (tenant_id, at_ms, _LOOK)):
            if endpoint_seq not in busy:
                seq_by_endpoint.setdefault(endpoint_seq, seq)
        rows = conn.execute(
            _THESE, {"tenant_id": tenant_id, "seqs": json.dumps(list(seq_by_endpoint.values()))}
        ).fetchall()
        if not rows:
            waiting = conn.execute(_WHO_WAITS, {"tenant_id": tenant_id, "most": -1}).fetchall()
    free = [] if rows else [endpoint_seq for (endpoint_seq,) in waiting if endpoint_seq not in busy]
    if free:
        values = {"tenant_id": tenant_id, "at_ms": at_ms, "endpoints": json.dumps(free)}
        rows = conn.execute(_DUE, values).fetchall()
    for row in [row for row in rows if row[_ORDERING] == PARALLEL]:
        found = conn.execute(_QUEUE, (tenant_id, row[1], at_ms, SIDE_BY_SIDE)).fetchall()
        beside = [seq for (seq,) in found if seq != row[0]]
        rows += conn.execute(_THESE, {"tenant_id": tenant_id, "seqs": json.dumps(beside)}).fetchall()
    # A row starts with the delivery's number, which no two share: nothing after it is compared.
    return [_due_delivery(row) for row in sorted(rows)[:limit]]


def due_one(conn: sqlite3.Connection, tenant_id: int, seq: int, at_ms: int) -> DueDelivery | None:
    """The delivery of that number, if it waits and is due."""
    row = conn.execute(_CURRENT, (tenant_id, seq)).fetchone()
    found = conn.execute(_THESE, {"tenant_id": tenant_id, "seqs": json.dumps([seq])}).fetchone()
    due = None if found is None else _due_delivery(found)
    return None if due is None or row[0] != "pending" or due.due_at_ms > at_ms else due


def following(conn: sqlite3.Connection, tenant_id: int, done: DueDelivery, at_ms: int) -> DueDelivery | None:
    """The next that is due to the endpoint of one that was made; none where it takes several at once."""
    if done.ordering == PARALLEL:
        return None
    row = conn.execute(_NEXT_IN_QUEUE, (tenant_id, done.endpoint_seq, at_ms)).fetchone()
    return None if row is None else _due_delivery(row)


def open_session() -> Session:
    """What all attempts share; one is enough for any number of threads."""
    return Session()


def post(
    session: Session, due: DueDelivery, *, timestamp_s: int, timeout_s: float, allowed_hosts: Collection[str]
) -> AttemptResult:
    """One attempt, signed for `timestamp_s` (real time: receivers check it against their own clock).

    Ends within `timeout_s`, however slowly the receiver answers. Whatever goes wrong is in the result.
    """
    words = due.words
    if "drop" in words:
        return AttemptResult(None, misbehaving.DROPPED, 0)
    try:
        target = targets.parse(due.url)
        signed, body = due.sign(timestamp_s)
    except MalformedUrl:
        return AttemptResult(None, retries.MALFORMED_URL, 0)
    except WebhookError:
        return AttemptResult(None, retries.UNSIGNABLE, 0)
    if not targets.is_allowed(target, allowed_hosts):
        return AttemptResult(None, retries.HOST_NOT_ALLOWED, 0)
    headers = {"Content-Type": "application/json", "User-Agent": "mockpsp-webhooks", "Accept": "*/*", **signed}
    slow_s = words.get("slow", 0) / 1_000
    reply = transport.send(session, target, headers, body, timeout_s=timeout_s + slow_s, slow_s=slow_s)
    error = reply.error
    if error is None and reply.status_code is not None and 300 <= reply.status_code <= 399:
        error = "redirect not followed"
    return AttemptResult(
        reply.status_code,
        error,
        reply.took_ms,
        reply.body,
        reply.headers,
        "\n".join(f"{name}: {value}" for name, value in headers.items()),
        None if body is due.body else body.decode("utf-8", "replace"),
    )


def record(
    conn: sqlite3.Connection,
    tenant_id: int,
    due: DueDelivery,
    result: AttemptResult,
    *,
    at_ms: int,
    jitter: float,
) -> Step | None:
    """The attempt is kept and its consequence drawn; answers that, or None when the delivery had ended meanwhile.

    An attempt already recorded changes nothing; of very many the newest are kept. A caller that can empty a tenant
    while an attempt is under way must not record that attempt: numbers start again, and it could be taken for
    another's.
    """
    row = conn.execute(_CURRENT, (tenant_id, due.seq)).fetchone()
    if row is None or row[1] != due.attempt - 1:
        return None
    attempt = (tenant_id, due.seq, due.attempt, at_ms, result.status_code, result.error, result.took_ms)
    conn.execute(_INSERT_ATTEMPT, (*attempt, *result[3:]))
    if due.attempt > ATTEMPTS_KEPT:
        conn.execute(_FORGET_ATTEMPTS, (tenant_id, due.seq, due.attempt - ATTEMPTS_KEPT))
    step = retries.next_step(
        due.attempt,
        result.status_code,
        result.error,
        jitter=jitter,
        schedule=SCHEDULES[due.schedule],
        response_headers=result.response_headers,
    )
    if row[0] != "pending" and not isinstance(step, Delivered):
        # Its endpoint went away while the receiver was thinking: it stays dead.
        conn.execute(_COUNT_ATTEMPT, (due.attempt, tenant_id, due.seq))
        return None
    _apply(conn, tenant_id, due, result, step, at_ms)
    return step


def _apply(
    conn: sqlite3.Connection, tenant_id: int, due: DueDelivery, result: AttemptResult, step: Step, at_ms: int
) -> None:
    """Write what follows the attempt. A delivery that ended keeps the moment it was due."""
    match step:
        case Delivered() if due.misbehaves and "duplicate" in (words := misbehaving.read(due.misbehaves)):
            again = {misbehaving.DUPLICATED if word == "duplicate" else word: words[word] for word in words}
            values = (due.attempt, at_ms, misbehaving.written(again), tenant_id, due.seq)
            conn.execute(_ONCE_MORE, values)
            return
        case Delivered():
            state, due_at_ms, error = "delivered", due.due_at_ms, None
        case RetryAfter(wait_ms):
            state, due_at_ms, error = "pending", at_ms + wait_ms, result.error or f"status {result.status_code}"
        case Dead(reason, disable_endpoint):
            state, due_at_ms, error = "dead", due.due_at_ms, reason
            if disable_endpoint:
                outbox.disable_endpoint(conn, tenant_id, due.endpoint_seq)
    conn.execute(_UPDATE, (state, due.attempt, due_at_ms, error, tenant_id, due.seq))
    if due.ordering == STRICT and state != "pending":
        outbox.let_next(conn, tenant_id, due.endpoint_seq, at_ms)


def _due_delivery(row: tuple[Any, ...]) -> DueDelivery:
    seq, endpoint_seq, attempt, due_at_ms, misbehaves, topic, webhook_id, body, at_ms, facts, is_older, *endpoint = row
    url, *how, secret, old_secret, dialect, body_form, rotations, certificate_url = endpoint
    schedule, ordering, is_reserializable = how
    sent = body.encode()
    if body_form == outbox.OF_DIALECT:
        sent = dialect_bodies.write(dialect, dialect_bodies.Told(webhook_id, topic, at_ms, facts))
    return DueDelivery(
        seq,
        endpoint_seq,
        attempt,
        due_at_ms,
        topic,
        webhook_id,
        sent,
        url,
        dialects.secrets_for(dialect, secret, old_secret, is_older=bool(is_older)),
        dialect,
        rotations + 1,
        certificate_url,
        schedule,
        ordering,
        bool(is_reserializable),
        misbehaves,
    )
