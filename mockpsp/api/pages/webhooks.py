"""The inbox of a universe's webhooks, and one delivery with everything that was sent and came back."""

from typing import Any

from flask import Blueprint, Response

from mockpsp.api.control import timeline
from mockpsp.api.control import webhooks as control
from mockpsp.api.pages import lists, screens
from mockpsp.api.pages.payments import around
from mockpsp.api.pages.session import UI, needs_sign_in
from mockpsp.api.wire.guard import takes_query
from mockpsp.api.wire.http import reads
from mockpsp.domain.events import TOPICS
from mockpsp.domain.time.moments import rfc3339
from mockpsp.engine.universes import UniverseTx
from mockpsp.store import browsing, history, payments
from mockpsp.webhooks import outbox, records
from mockpsp.webhooks.records import Delivery, Told

blueprint = Blueprint("ui_webhooks", __name__)

_STATES = ("pending", "delivered", "dead")


@blueprint.get(f"{UI}/webhooks")
@takes_query("q", "event", "endpoint", "state", "payment", "before")
@needs_sign_in
@reads
def list_webhooks(tx: UniverseTx) -> Response:
    """Deliveries, the newest first: all, or those that are looked for."""
    chosen: dict[str, str | None] = {
        "q": lists.asked("q"),
        "event": lists.chosen("event", TOPICS),
        "state": lists.chosen("state", _STATES),
        "endpoint": lists.asked("endpoint"),
        "payment": lists.asked("payment"),
    }
    before_seq = lists.before(tx, "wbk_")
    found = _found(tx, chosen, browsing.LAST if before_seq is None else before_seq)
    shown = records.with_attempts(tx.conn, tx.project.no, [told.delivery for told in found.lines])
    about = browsing.payments_of_events(tx.conn, tx.project.no, [one.message_seq for one in shown])
    return screens.screen(
        "ui/webhooks.html",
        **around(tx, "webhooks"),
        **lists.older(found, found.until and tx.id("wbk_", found.until.delivery.seq)),
        deliveries=[_line(tx, one, about.get(one.message_seq)) for one in shown],
        chosen=chosen,
        topics=TOPICS,
        states=_STATES,
        endpoints=[(tx.id("wbe_", one.seq), one.url) for one in outbox.list_endpoints(tx.conn, tx.project.no)],
        is_first=before_seq is None,
    )


@blueprint.get(f"{UI}/webhooks/<delivery_id>")
@takes_query()
@needs_sign_in
@reads
def show_webhook(tx: UniverseTx, delivery_id: str) -> Response:
    """One delivery: each attempt with what was sent and what came back, and the next one."""
    found: dict[str, Any] = control.fetch_delivery.__wrapped__(tx, delivery_id)["delivery"]  # type: ignore[attr-defined]
    event_seq = tx.seq("ev_", found["event_id"])
    about = browsing.payments_of_events(tx.conn, tx.project.no, [] if event_seq is None else [event_seq])
    payment_seq = next(iter(about.values()), None)
    return screens.screen(
        "ui/webhook.html",
        **around(tx, "webhooks"),
        delivery=found,
        payment_id=tx.optional_id("tr_", payment_seq),
        name=None if payment_seq is None else browsing.names(tx.conn, tx.project.no, [payment_seq]).get(payment_seq),
    )


def _found(tx: UniverseTx, chosen: dict[str, str | None], before_seq: int) -> browsing.Found:
    """A page of deliveries: of one payment by its events, others among so many of the newest."""
    conn, no = tx.conn, tx.project.no
    endpoint_seq = tx.seq("wbe_", chosen["endpoint"]) if chosen["endpoint"] else None
    text = chosen["q"].lower() if chosen["q"] else None

    def is_wanted(told: Told) -> bool:
        one = told.delivery
        if chosen["state"] not in (None, one.state) or chosen["event"] not in (None, one.topic):
            return False
        if chosen["endpoint"] is not None and one.endpoint_seq != endpoint_seq:
            return False
        words = (one.topic, one.webhook_id, one.url, one.last_error, told.body, tx.id("wbk_", one.seq))
        return text is None or any(text in word.lower() for word in words if word)

    if chosen["payment"] is not None:
        of_payment = [told for told in _of_payment(tx, chosen["payment"]) if told.delivery.seq < before_seq]
        return browsing.looked_through(of_payment, is_wanted, limit=lists.PAGE)
    is_searched = any(chosen.values())
    most = browsing.LOOKED_MAX if is_searched else lists.PAGE
    rows = records.newest(conn, no, before_seq=before_seq, limit=most + 1)
    return browsing.looked_through(rows, is_wanted if is_searched else None, limit=lists.PAGE)


def _of_payment(tx: UniverseTx, subject_id: str) -> list[Told]:
    """The deliveries about a payment, the newest first; of a long history, what its newest facts brought."""
    conn, no, payment_seq = tx.conn, tx.project.no, timeline.found(tx, subject_id).payment.seq
    facts = payments.load_facts(conn, no, payment_seq)[-timeline.FACTS_MAX :]
    events = history.events_of_facts(conn, no, payment_seq, [fact.seq for fact in facts])
    sent = records.deliveries_of_messages(conn, no, [event.seq for event in events])
    found = sorted((one for some in sent.values() for one in some), key=lambda one: -one.seq)
    return [Told(one, "") for one in found]


def _line(tx: UniverseTx, one: Delivery, payment_seq: int | None) -> dict[str, Any]:
    last = one.attempts[-1] if one.attempts else None
    return {
        "id": tx.id("wbk_", one.seq),
        "event_id": one.webhook_id,
        "topic": one.topic,
        "url": one.url,
        "state": one.state,
        "made_at": rfc3339(one.created_at_ms),
        "due_at": None if one.due_at_ms is None or one.state != "pending" else rfc3339(one.due_at_ms),
        "attempts_count": last.n if last else 0,
        "status_code": None if last is None else last.status_code,
        "error": one.last_error if last is None else last.error,
        "is_tried": last is not None,
        "payment_id": tx.optional_id("tr_", payment_seq),
    }
