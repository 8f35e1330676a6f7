"""Events and the webhooks that told of them."""

from collections.abc import Sequence
from typing import Any

from flask import Blueprint

from mockpsp.api import lookups, paging
from mockpsp.api.expanding import request_expansion
from mockpsp.api.expansions import show_events
from mockpsp.api.http import reads
from mockpsp.domain.codes import Refused
from mockpsp.domain.moments import rfc3339
from mockpsp.store import batches, listing
from mockpsp.universes import UniverseTx
from mockpsp.webhooks import delivery

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
    event = lookups.event(tx, event_id)
    if request_expansion():
        raise Refused("request.expand.invalid", "nothing can be expanded on a webhook")
    found = delivery.deliveries(tx.conn, tx.project.no, message_seq=event.seq)
    sent = [(tx.id("wbk_", item.seq), item) for item in found]
    return paging.page_of("webhooks", sent, lambda item: _webhook(tx, event_id, item))


def _webhook(tx: UniverseTx, event_id: str, item: Any) -> dict[str, Any]:
    last = item.attempts[-1] if item.attempts else None
    return {
        "id": tx.id("wbk_", item.seq),
        "project_id": tx.project.public_id,
        "event_id": event_id,
        "request_url": item.url,
        "request_method": "POST",
        "response_body": last.response_body if last else "",
        "response_code": str(last.status_code) if last and last.status_code else "",
        "response_headers": last.response_headers if last else "",
        "response_time_ms": last.took_ms if last else 0,
        "status": {"delivered": "delivered", "dead": "failed"}.get(item.state, item.state),
        "created_at": rfc3339(item.created_at_ms),
        "release_at": rfc3339(item.due_at_ms),
    }
