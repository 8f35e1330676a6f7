"""How events and their webhooks look on the wire."""

from mockpsp.api.shapes.parts import Shape
from mockpsp.domain.time.moments import rfc3339_fraction
from mockpsp.engine.universes import UniverseTx
from mockpsp.store.resources import EventRow
from mockpsp.webhooks.records import Delivery


def webhook(tx: UniverseTx, row: Delivery) -> Shape:
    """A delivery of an event, as its last attempt left it."""
    last = row.attempts[-1] if row.attempts else None
    return {
        "id": tx.id("wbk_", row.seq),
        "project_id": tx.project.public_id,
        "event_id": row.webhook_id,
        "request_url": row.url or "",
        "request_method": "POST",
        "response_body": last.response_body if last else "",
        "response_code": str(last.status_code) if last and last.status_code else "",
        "response_headers": last.response_headers if last else "",
        "response_time_ms": last.took_ms if last else 0,
        "status": {"delivered": "delivered", "dead": "failed"}.get(row.state, row.state),
        "created_at": rfc3339_fraction(row.created_at_ms),
        "release_at": None if row.due_at_ms is None else rfc3339_fraction(row.due_at_ms),
    }


def event(tx: UniverseTx, row: EventRow, data: Shape) -> Shape:
    """An event; `data` is what it is about, as it then was."""
    return {
        "id": tx.id("ev_", row.seq),
        "project_id": tx.project.public_id,
        "name": row.name,
        "data": {"name": row.name, "sandbox": True, **data},
        "webhooks": None,
        "sandbox": True,
        "fired_at": rfc3339_fraction(row.at_ms),
    }
