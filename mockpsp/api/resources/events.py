"""Events and the webhooks that told of them."""

from collections.abc import Sequence
from typing import Any

from flask import Blueprint

from mockpsp.api.requests import lookups
from mockpsp.api.shapes.expansions import show_all, show_events
from mockpsp.api.wire import paging
from mockpsp.api.wire.expand_parameter import request_expansion
from mockpsp.api.wire.http import reads
from mockpsp.engine.universes import UniverseTx
from mockpsp.store import batches, listing
from mockpsp.webhooks import records

blueprint = Blueprint("events", __name__)


@blueprint.get("/events")
@reads
def list_events(tx: UniverseTx) -> dict[str, Any]:
    """List events."""
    tree = request_expansion()

    def render(seqs: Sequence[int]) -> list[dict[str, Any]]:
        found = batches.events(tx.conn, tx.project.no, seqs)
        return show_events(tx, [found[seq] for seq in seqs], tree)

    return paging.page(tx, "events", "ev_", listing.EVENTS, (), render)


@blueprint.get("/events/<event_id>")
@reads
def fetch_event(tx: UniverseTx, event_id: str) -> dict[str, Any]:
    """Fetch an event; possible before its first delivery, since both are one commit."""
    return {"event": show_events(tx, [lookups.event(tx, event_id)], request_expansion())[0]}


@blueprint.get("/events/<event_id>/webhooks")
@reads
def list_event_webhooks(tx: UniverseTx, event_id: str) -> dict[str, Any]:
    """List the deliveries of an event, each as its last attempt left it."""
    event, tree = lookups.event(tx, event_id), request_expansion()
    found = records.deliveries_of_messages(tx.conn, tx.project.no, [event.seq]).get(event.seq, [])
    sent = [(tx.id("wbk_", item.seq), item) for item in reversed(found)]
    return paging.page_of("webhooks", sent, lambda items: show_all(tx, "webhook", items, tree))
