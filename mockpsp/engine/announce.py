"""Telling the world: events and their webhooks, in the same commit as what they tell of."""

from collections.abc import Callable, Iterable, Mapping
from functools import partial
from typing import Any

from mockpsp.engine import misdelivery
from mockpsp.engine.universes import UniverseTx
from mockpsp.store import resources
from mockpsp.store.resources import EventRow
from mockpsp.webhooks import outbox
from mockpsp.webhooks.dialect_bodies import Facts


def announce(tx: UniverseTx, name: str, payload: Mapping[str, Any], extra_url: str | None = None) -> None:
    """Record an event about something other than a payment, and queue its webhooks."""
    row = EventRow(tx.mint.next(), name, None, None, dict(payload), tx.now_ms)

    def facts(_: EventRow) -> str:
        other = next((str(shape["id"]) for shape in payload.values() if isinstance(shape, Mapping)), "")
        return Facts(merchant=tx.project.public_id, other=other).text()

    write_events(tx, [row], extra_url, facts)


def write_events(
    tx: UniverseTx,
    events: Iterable[EventRow],
    extra_url: str | None,
    facts: Callable[[EventRow], str] | None = None,
) -> None:
    """Record events and queue a webhook of each for every endpoint that wants it, and for the extra address.

    `facts` says what bodies of a dialect's own hold; it is asked where an endpoint has such bodies.
    """
    rows = list(events)
    if not rows:
        return
    resources.insert_events(tx.conn, tx.project.no, rows)
    resources.count(tx.conn, tx.project.no, "event", len(rows))
    arrange = misdelivery.arranging(tx)
    told = outbox.enqueue(
        tx.conn,
        tx.project.no,
        (_message(tx, row, facts) for row in rows),
        next_seq=tx.mint.next,
        extra_url=extra_url,
        extra_secret=tx.webhook_secret if extra_url else None,
        arrange=arrange,
    )
    if told and arrange is not None:
        # Some of it may be due later, or another's turn may have come.
        tx.has_new_work = True
    tx.told_endpoints.update(told)


def _message(tx: UniverseTx, row: EventRow, facts: Callable[[EventRow], str] | None) -> outbox.Message:
    event_id = tx.id("ev_", row.seq)
    body = f'{{"event_id":"{event_id}","event_type":"{row.name}"}}'
    return outbox.Message(row.seq, row.name, event_id, body, row.at_ms, facts and partial(facts, row))
