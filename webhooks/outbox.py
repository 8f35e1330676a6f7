"""Endpoints, and the outbox: messages queued for them in the caller's own transaction.

`enqueue` runs inside the commit that made the event, so a message exists exactly when its cause does. It decides who
gets a message; sending is in delivery.py. Sequence numbers and moments come from the caller.
"""

import json
import sqlite3
from collections.abc import Callable, Iterable
from typing import Any, NamedTuple

from mockpsp.webhooks import dialects, misbehaving, schedules, targets
from mockpsp.webhooks.errors import UnknownEndpoint

# Partial index webhook_endpoint_listening (tenant_id, seq), then topics by primary key. Named, because the
# planner, without statistics, takes the primary key and so walks over every address that came with a message.
_LISTENING = """SELECT seq, topics, body_form, ordering FROM webhook_endpoint INDEXED BY webhook_endpoint_listening
WHERE tenant_id = ? AND kind = 'endpoint' AND state = 'enabled' ORDER BY seq"""
# Partial unique index webhook_endpoint_adhoc (tenant_id, url).
_ADHOC = "SELECT seq, state FROM webhook_endpoint WHERE tenant_id = ? AND url = ? AND kind = 'adhoc'"
# Primary keys of the tables they insert into.
_INSERT_ENDPOINT = """INSERT INTO webhook_endpoint (tenant_id, seq, url, secret, topics, state, kind, dialect,
body_form, certificate_url, schedule, ordering, is_reserializable)
VALUES (?, ?, ?, ?, ?, 'enabled', ?, ?, ?, ?, ?, ?, ?)"""
_INSERT_MESSAGE = """INSERT INTO webhook_message (tenant_id, seq, topic, webhook_id, body, at_ms, facts)
VALUES (?, ?, ?, ?, ?, ?, ?)"""
_INSERT_DELIVERY = """INSERT INTO webhook_delivery
(tenant_id, seq, message_seq, endpoint_seq, due_at_ms, misbehaves, state, attempts)
VALUES (?, ?, ?, ?, ?, ?, 'pending', 0)"""
# Partial index webhook_delivery_queue (tenant_id, endpoint_seq, due_at_ms, seq).
_FIRST_IN_QUEUE = """SELECT seq, due_at_ms FROM webhook_delivery INDEXED BY webhook_delivery_queue
WHERE tenant_id = ? AND endpoint_seq = ? AND state = 'pending' ORDER BY due_at_ms, seq LIMIT 1"""
# Primary key (tenant_id, seq).
_SET_DUE = "UPDATE webhook_delivery SET due_at_ms = ? WHERE tenant_id = ? AND seq = ? AND state = 'pending'"
# Primary keys.
_TOLD = """SELECT d.misbehaves, m.at_ms FROM webhook_delivery d
JOIN webhook_message m ON m.tenant_id = d.tenant_id AND m.seq = d.message_seq WHERE d.tenant_id = ? AND d.seq = ?"""
# Primary keys.
_UNSENT = """SELECT d.message_seq, m.topic, m.webhook_id, m.body, m.at_ms, d.due_at_ms, d.misbehaves, e.ordering
FROM webhook_delivery d JOIN webhook_endpoint e ON e.tenant_id = d.tenant_id AND e.seq = d.endpoint_seq
JOIN webhook_message m ON m.tenant_id = d.tenant_id AND m.seq = d.message_seq
WHERE d.tenant_id = ? AND d.seq = ? AND d.state = 'pending' AND d.attempts = 0"""
# Primary key (tenant_id, seq).
_TELL = "UPDATE webhook_delivery SET message_seq = ?, misbehaves = ?, due_at_ms = ? WHERE tenant_id = ? AND seq = ?"
# Primary key (tenant_id, seq), in order; what came with messages is left out.
_LIST = """SELECT seq, url, secret, old_secret, topics, state, kind, dialect, body_form, schedule, ordering,
is_reserializable FROM webhook_endpoint WHERE tenant_id = ? AND kind = 'endpoint' ORDER BY seq"""
# Primary key (tenant_id, seq).
_GET = """SELECT seq, url, secret, old_secret, topics, state, kind, dialect, body_form, schedule, ordering,
is_reserializable FROM webhook_endpoint WHERE tenant_id = ? AND seq = ?"""
_DELETE = "DELETE FROM webhook_endpoint WHERE tenant_id = ? AND seq = ?"
_ROTATE = """UPDATE webhook_endpoint SET old_secret = secret, secret = ?, rotations = rotations + 1, rotated_seq = ?
WHERE tenant_id = ? AND seq = ?"""
_CHANGE = """UPDATE webhook_endpoint SET url = ?, topics = ?, schedule = ?, is_reserializable = ?
WHERE tenant_id = ? AND seq = ?"""
_END_ROTATION = "UPDATE webhook_endpoint SET old_secret = NULL WHERE tenant_id = ? AND seq = ?"
_SET_STATE = "UPDATE webhook_endpoint SET state = ? WHERE tenant_id = ? AND seq = ?"
# Partial index webhook_delivery_queue (tenant_id, endpoint_seq, ...), named for the same reason.
_DROP_QUEUE = """UPDATE webhook_delivery INDEXED BY webhook_delivery_queue SET state = 'dead', last_error = ?
WHERE tenant_id = ? AND endpoint_seq = ? AND state = 'pending'"""
# Primary keys, which all start with tenant_id.
_CLEAR = (
    "DELETE FROM webhook_attempt WHERE tenant_id = ?",
    "DELETE FROM webhook_delivery WHERE tenant_id = ?",
    "DELETE FROM webhook_message WHERE tenant_id = ?",
    "DELETE FROM webhook_endpoint WHERE tenant_id = ?",
)
#: Due when the one before it has ended: behind everything that has a moment.
BEHIND_MS = 1 << 62

#: What an endpoint's bodies are: ours, or what the dialect's own sender writes.
THIN, OF_DIALECT = "thin", "dialect"
#: An address that came with a message: dialect, form of the body, where the certificate is, how it is delivered to.
_AS_USUAL = (dialects.STANDARD, THIN, "", schedules.DEFAULT, schedules.ONE_BY_ONE, 1)


class Message(NamedTuple):
    """What is told. `webhook_id` is the id receivers see; `body` is sent and signed as it stands, as UTF-8."""

    seq: int
    topic: str
    webhook_id: str
    body: str
    at_ms: int
    #: What bodies of a dialect's own are made of (dialect_bodies.py), asked for where an endpoint wants one.
    facts: Callable[[], str] | None = None


class Endpoint(NamedTuple):
    """Where messages go. `topics` None means every topic; `old_secret` signs too until its rotation ends."""

    seq: int
    url: str
    secret: str
    old_secret: str | None
    topics: tuple[str, ...] | None
    state: str
    kind: str
    dialect: str = dialects.STANDARD
    body_form: str = THIN
    schedule: str = schedules.DEFAULT
    ordering: str = schedules.ONE_BY_ONE
    is_reserializable: bool = True


class Queued(NamedTuple):
    """A delivery that is about to be queued; `misbehaves` are words of misbehaving.py."""

    seq: int
    message: Message
    endpoint_seq: int
    due_at_ms: int
    misbehaves: str | None = None


class Unsent(NamedTuple):
    """A delivery that waits for its first attempt; in a strict line, it may wait for those before it."""

    seq: int
    message: Message
    due_at_ms: int
    misbehaves: str | None
    is_strict: bool


#: Changes what is about to be queued: when, in which order, and what goes wrong with it.
Arrange = Callable[[list[Queued]], list[Queued]]


def create_endpoint(
    conn: sqlite3.Connection,
    tenant_id: int,
    *,
    seq: int,
    url: str,
    secret: str,
    topics: Iterable[str] | None,
    dialect: str = dialects.STANDARD,
    body_form: str = THIN,
    certificate_url: str = "",
    schedule: str = schedules.DEFAULT,
    ordering: str | None = None,
    is_reserializable: bool = True,
) -> Endpoint:
    """A new, enabled endpoint; MalformedUrl or MalformedSecret, before anything is written, for what can't work.

    A host that may not be called is accepted here: its deliveries die and say why. `schedule` is a name of
    schedules.py; without an ordering it is the schedule's.
    """
    targets.parse(url)
    dialects.check_secret(dialect, secret)
    chosen = None if topics is None else tuple(topics)
    stored = _stored(chosen)
    ordering = ordering or schedules.SCHEDULES[schedule].ordering
    how = (dialect, body_form, certificate_url, schedule, ordering, int(is_reserializable))
    conn.execute(_INSERT_ENDPOINT, (tenant_id, seq, url, secret, stored, "endpoint", *how))
    spoken = (dialect, body_form, schedule, ordering, is_reserializable)
    return Endpoint(seq, url, secret, None, chosen, "enabled", "endpoint", *spoken)


def list_endpoints(conn: sqlite3.Connection, tenant_id: int) -> list[Endpoint]:
    """The endpoints set up on purpose, oldest first; addresses that came with messages are not among them."""
    return [_endpoint(row) for row in conn.execute(_LIST, (tenant_id,))]


def get_endpoint(conn: sqlite3.Connection, tenant_id: int, seq: int) -> Endpoint | None:
    """The endpoint of that number, of either kind, or None."""
    row = conn.execute(_GET, (tenant_id, seq)).fetchone()
    return None if row is None else _endpoint(row)


def endpoint_of_address(conn: sqlite3.Connection, tenant_id: int, url: str) -> int | None:
    """The number behind an address that came with messages; None where none has come with it yet."""
    row = conn.execute(_ADHOC, (tenant_id, url)).fetchone()
    return None if row is None else int(row[0])


def delete_endpoint(conn: sqlite3.Connection, tenant_id: int, seq: int) -> None:
    """The endpoint is gone and what waited for it is dead; raises UnknownEndpoint. Past deliveries stay listed."""
    _expect_one(conn.execute(_DELETE, (tenant_id, seq)), seq)
    conn.execute(_DROP_QUEUE, ("endpoint deleted", tenant_id, seq))


def change_endpoint(conn: sqlite3.Connection, tenant_id: int, endpoint: Endpoint) -> None:
    """The endpoint has this address, these topics and this schedule from now on; MalformedUrl or UnknownEndpoint.

    What waits for it goes to the new address, by the new schedule; its topics decide about messages to come.
    """
    targets.parse(endpoint.url)
    how = (endpoint.url, _stored(endpoint.topics), endpoint.schedule, int(endpoint.is_reserializable))
    _expect_one(conn.execute(_CHANGE, (*how, tenant_id, endpoint.seq)), endpoint.seq)


def rotate_secret(conn: sqlite3.Connection, tenant_id: int, seq: int, *, secret: str, next_seq: int = 0) -> None:
    """The new secret signs, and the one before it as the dialect has it, until `end_rotation` or the next rotation.

    Messages from number `next_seq` on count as made after it. Raises MalformedSecret, NothingToRotate or
    UnknownEndpoint, with nothing changed.
    """
    endpoint = get_endpoint(conn, tenant_id, seq)
    if endpoint is None:
        raise UnknownEndpoint(f"there is no endpoint {seq}")
    dialects.check_rotation(endpoint.dialect, secret)
    conn.execute(_ROTATE, (secret, next_seq, tenant_id, seq))


def end_rotation(conn: sqlite3.Connection, tenant_id: int, seq: int) -> None:
    """Only the newest secret signs; raises UnknownEndpoint."""
    _expect_one(conn.execute(_END_ROTATION, (tenant_id, seq)), seq)


def enable_endpoint(conn: sqlite3.Connection, tenant_id: int, seq: int) -> None:
    """The endpoint gets what is enqueued from now on; raises UnknownEndpoint. What died meanwhile stays dead."""
    _expect_one(conn.execute(_SET_STATE, ("enabled", tenant_id, seq)), seq)


def disable_endpoint(conn: sqlite3.Connection, tenant_id: int, seq: int) -> None:
    """The endpoint gets nothing more and what waited for it is dead; raises UnknownEndpoint."""
    _expect_one(conn.execute(_SET_STATE, ("disabled", tenant_id, seq)), seq)
    conn.execute(_DROP_QUEUE, ("endpoint disabled", tenant_id, seq))


def clear(conn: sqlite3.Connection, tenant_id: int) -> None:
    """The tenant has no endpoints, messages or deliveries any more."""
    for statement in _CLEAR:
        conn.execute(statement, (tenant_id,))


def enqueue(
    conn: sqlite3.Connection,
    tenant_id: int,
    messages: Iterable[Message],
    *,
    next_seq: Callable[[], int],
    extra_url: str | None = None,
    extra_secret: str | None = None,
    arrange: Arrange | None = None,
) -> list[int]:
    """Each message has a pending delivery, due at once, per enabled endpoint that wants its topic; answers with the
    number of the endpoint of each delivery.

    `extra_url` gets every one of them too, signed with `extra_secret`, unless it answered 410 before; it need not be
    well-formed. A message nobody listens to is not stored, and where nobody listens at all none is even made.
    """
    listening = conn.execute(_LISTENING, (tenant_id,)).fetchall()
    if not listening and extra_url is None:
        return []
    wanted = [(seq, None if topics is None else frozenset(json.loads(topics))) for seq, topics, *_ in listening]
    has_facts = any(body_form == OF_DIALECT for _, _, body_form, _ in listening)
    messages = list(messages)
    if extra_url is not None and messages:
        assert extra_secret is not None, "an extra address needs a secret"
        extra = _adhoc_endpoint(conn, tenant_id, extra_url, extra_secret, next_seq)
        wanted += [] if extra is None else [(extra, None)]
    message_rows: list[tuple[object, ...]] = []
    queued: list[Queued] = []
    for message in messages:
        receivers = [seq for seq, topics in wanted if topics is None or message.topic in topics]
        if receivers:
            facts = message.facts() if has_facts and message.facts is not None else None
            message_rows.append(
                (tenant_id, message.seq, message.topic, message.webhook_id, message.body, message.at_ms, facts)
            )
        queued += [Queued(next_seq(), message, seq, message.at_ms) for seq in receivers]
    if queued:
        if arrange is not None:
            queued = arrange(queued)
        strict = [seq for seq, *_, ordering in listening if ordering == schedules.STRICT]
        if strict:
            queued = _in_line(conn, tenant_id, queued, strict)
        conn.executemany(_INSERT_MESSAGE, message_rows)
        conn.executemany(
            _INSERT_DELIVERY,
            [(tenant_id, seq, message.seq, *rest) for seq, message, *rest in queued],
        )
    return [one.endpoint_seq for one in queued]


def set_due(conn: sqlite3.Connection, tenant_id: int, delivery_seq: int, due_at_ms: int) -> None:
    """The delivery falls due at that moment, if it still waits."""
    conn.execute(_SET_DUE, (due_at_ms, tenant_id, delivery_seq))


def let_next(conn: sqlite3.Connection, tenant_id: int, endpoint_seq: int, at_ms: int) -> None:
    """Of a line whose first has ended, the next one is due, or once it has been delayed for as long as was asked."""
    first = conn.execute(_FIRST_IN_QUEUE, (tenant_id, endpoint_seq)).fetchone()
    if first is not None and first[1] == BEHIND_MS:
        misbehaves, told_at_ms = conn.execute(_TOLD, (tenant_id, first[0])).fetchone()
        delay_ms = misbehaving.read(misbehaves).get("delay", 0) if misbehaves else 0
        set_due(conn, tenant_id, first[0], max(at_ms, told_at_ms + delay_ms))


def unsent(conn: sqlite3.Connection, tenant_id: int, seq: int) -> Unsent | None:
    """The delivery of that number, or None once it was sent or came to nothing."""
    row = conn.execute(_UNSENT, (tenant_id, seq)).fetchone()
    if row is None:
        return None
    *told, due_at_ms, misbehaves, ordering = row
    return Unsent(seq, Message(*told), due_at_ms, misbehaves, ordering == schedules.STRICT)


def change_places(conn: sqlite3.Connection, tenant_id: int, one: Unsent, new: Queued, due_at_ms: int) -> Queued:
    """A delivery that waits and a new one behind it tell each other's message: the one that waits at that moment, the
    new one when it would have gone out. Both stay where they are in their endpoint's queue.
    """
    conn.execute(_TELL, (new.message.seq, new.misbehaves, due_at_ms, tenant_id, one.seq))
    return new._replace(message=one.message, misbehaves=one.misbehaves)


def _in_line(conn: sqlite3.Connection, tenant_id: int, queued: list[Queued], strict: list[int]) -> list[Queued]:
    """Deliveries to endpoints that are strict about order wait behind what waits there already, and each other."""
    has_line = {seq: conn.execute(_FIRST_IN_QUEUE, (tenant_id, seq)).fetchone() is not None for seq in strict}
    lined = []
    for one in queued:
        if has_line.get(one.endpoint_seq):
            one = one._replace(due_at_ms=BEHIND_MS)
        elif one.endpoint_seq in has_line:
            has_line[one.endpoint_seq] = True
        lined.append(one)
    return lined


def _adhoc_endpoint(
    conn: sqlite3.Connection, tenant_id: int, url: str, secret: str, next_seq: Callable[[], int]
) -> int | None:
    """The number behind an address that came with a message, made if new; None when it was switched off."""
    row = conn.execute(_ADHOC, (tenant_id, url)).fetchone()
    if row is not None:
        seq, state = row
        return int(seq) if state == "enabled" else None
    seq = next_seq()
    conn.execute(_INSERT_ENDPOINT, (tenant_id, seq, url, secret, None, "adhoc", *_AS_USUAL))
    return seq


def _stored(topics: tuple[str, ...] | None) -> str | None:
    return None if topics is None else json.dumps(topics, separators=(",", ":"))


def _expect_one(cursor: sqlite3.Cursor, seq: int) -> None:
    if cursor.rowcount != 1:
        raise UnknownEndpoint(f"there is no endpoint {seq}")


def _endpoint(row: tuple[Any, ...]) -> Endpoint:
    seq, url, secret, old_secret, topics, *rest = row
    chosen = None if topics is None else tuple(json.loads(topics))
    found = Endpoint(seq, url, secret, old_secret, chosen, *rest)
    return found._replace(is_reserializable=bool(found.is_reserializable))
