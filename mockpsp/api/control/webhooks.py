"""Where webhooks go, and what became of them."""

from typing import Any

from flask import Blueprint, Response, request

from mockpsp.api.requests import lookups
from mockpsp.api.wire.fields import Flag, Items, Known, StrictBody, Text, ValidationError, WebUrl, one_of
from mockpsp.api.wire.guard import takes_query
from mockpsp.api.wire.http import reads, writes
from mockpsp.domain.events import TOPICS, unknown_event
from mockpsp.domain.text.codes import Refused
from mockpsp.domain.text.nearest import meant
from mockpsp.domain.time.moments import rfc3339
from mockpsp.engine.universes import UniverseTx
from mockpsp.webhooks import asymmetric, dialect_bodies, dialects, outbox, records, schedules
from mockpsp.webhooks.errors import EndpointUnavailable, MalformedSecret, WebhookError
from mockpsp.webhooks.outbox import Endpoint
from mockpsp.webhooks.records import Delivery

blueprint = Blueprint("sandbox_webhooks", __name__)

#: Where receivers fetch the certificate of the scheme that has one.
_CERTIFICATE = "/sandbox/certificate.pem"
_PAGE = 1_000
_TOPICS_MAX = 100
_STATES = ("pending", "delivered", "dead")
_INVALID = "request.validation.error"


def _check_event(name: str) -> None:
    if wrong := unknown_event(name):
        raise ValidationError(wrong)


class EndpointRequest(StrictBody):
    """A new endpoint; without a secret it gets the universe's or one made of it, without topics every event.

    `key` says what a secret of the scheme `standard` is; `body` whether bodies are ours or the scheme's own.
    """

    url = WebUrl(required=True)
    secret = Text(200)
    topics = Items(Text(80, validate=Known(_check_event, lambda: TOPICS)), _TOPICS_MAX)
    scheme = Text(validate=one_of(dialects.SCHEMES))
    key = Text(validate=one_of(dialects.KEYS))
    body = Text(validate=one_of((outbox.THIN, outbox.OF_DIALECT)))
    schedule = Text(validate=one_of(schedules.SCHEDULES))
    order = Text(validate=one_of(schedules.ORDERINGS))
    reserializable = Flag()


class ChangeRequest(StrictBody):
    """What changes of an endpoint; no topics, as an empty list, are every event. The rest is what it was made with."""

    never_empty = frozenset({"url", "schedule"})

    url = WebUrl()
    topics = Items(Text(80, validate=_check_event), _TOPICS_MAX)
    schedule = Text(validate=one_of(schedules.SCHEDULES))
    reserializable = Flag()


class ResendRequest(StrictBody):
    """Which dead deliveries are sent again: those to an endpoint, by its id, or all."""

    never_empty = frozenset({"endpoint"})

    endpoint = Text(40)


class SecretRequest(StrictBody):
    """A new secret; what becomes of the one before it is the scheme's."""

    secret = Text(200, required=True)


@blueprint.post("/sandbox/webhook-endpoints")
@writes(EndpointRequest())
def create_endpoint(tx: UniverseTx, body: dict[str, Any]) -> dict[str, Any]:
    """Send every event, or those of some topics, to an address."""
    dialect, body_form = _spoken(body)
    secret = body.get("secret") or dialects.secret_of(dialect, tx.webhook_secret)
    has_certificate = dialects.DIALECTS[dialect].has_certificate
    try:
        endpoint = outbox.create_endpoint(
            tx.conn,
            tx.project.no,
            seq=tx.mint.next(),
            url=body["url"],
            secret=secret,
            topics=body.get("topics") or None,
            dialect=dialect,
            body_form=body_form,
            certificate_url=f"{request.url_root}{_CERTIFICATE[1:]}" if has_certificate else "",
            schedule=body.get("schedule") or schedules.DEFAULT,
            ordering=body.get("order"),
            is_reserializable=body.get("reserializable", True),
        )
    except MalformedSecret as error:
        raise Refused(_INVALID, f"secret: {error}", field="secret") from None
    except WebhookError as error:
        raise Refused(_INVALID, str(error)) from None
    return {"webhook_endpoint": {**_shown(tx, endpoint), "secret": secret or None, **_public(dialect, secret)}}


@blueprint.get("/sandbox/webhook-endpoints")
@reads
def list_endpoints(tx: UniverseTx) -> dict[str, Any]:
    """List the endpoints, without their secrets."""
    return {"webhook_endpoints": [_shown(tx, e) for e in outbox.list_endpoints(tx.conn, tx.project.no)]}


@blueprint.get("/sandbox/webhook-endpoints/<endpoint_id>")
@reads
def fetch_endpoint(tx: UniverseTx, endpoint_id: str) -> dict[str, Any]:
    """Fetch an endpoint, without its secret."""
    return {"webhook_endpoint": _shown(tx, _endpoint(tx, endpoint_id))}


@blueprint.put("/sandbox/webhook-endpoints/<endpoint_id>")
@writes(ChangeRequest())
def change_endpoint(tx: UniverseTx, body: dict[str, Any], endpoint_id: str) -> dict[str, Any]:
    """Change an endpoint's address, topics or schedule; what waits for it goes by them, with the secret it has."""
    endpoint = _endpoint(tx, endpoint_id)
    changed = endpoint._replace(
        url=body.get("url", endpoint.url),
        topics=(tuple(body["topics"]) or None) if "topics" in body else endpoint.topics,
        schedule=body.get("schedule", endpoint.schedule),
        is_reserializable=body.get("reserializable", endpoint.is_reserializable),
    )
    try:
        outbox.change_endpoint(tx.conn, tx.project.no, changed)
    except WebhookError as error:
        raise Refused(_INVALID, str(error)) from None
    return {"webhook_endpoint": _shown(tx, _endpoint(tx, endpoint_id))}


@blueprint.delete("/sandbox/webhook-endpoints/<endpoint_id>")
@writes(StrictBody())
def delete_endpoint(tx: UniverseTx, body: dict[str, Any], endpoint_id: str) -> dict[str, Any]:
    """Remove an endpoint; what waited for it is dead."""
    outbox.delete_endpoint(tx.conn, tx.project.no, _endpoint(tx, endpoint_id).seq)
    return {}


@blueprint.post("/sandbox/webhook-endpoints/<endpoint_id>/rotate")
@writes(SecretRequest())
def rotate_secret(tx: UniverseTx, body: dict[str, Any], endpoint_id: str) -> dict[str, Any]:
    """Give an endpoint a new secret; what the old one still signs is its scheme's."""
    endpoint = _endpoint(tx, endpoint_id)
    try:
        outbox.rotate_secret(tx.conn, tx.project.no, endpoint.seq, secret=body["secret"], next_seq=tx.mint.next_seq)
    except WebhookError as error:
        raise Refused(_INVALID, f"secret: {error}", field="secret") from None
    shown = {**_shown(tx, endpoint), "secret": body["secret"]}
    return {"webhook_endpoint": {**shown, **_public(endpoint.dialect, body["secret"])}}


@blueprint.post("/sandbox/webhook-endpoints/<endpoint_id>/enable")
@writes(StrictBody())
def enable_endpoint(tx: UniverseTx, body: dict[str, Any], endpoint_id: str) -> dict[str, Any]:
    """Switch on an endpoint that was disabled, by a call or by answering 410; what died meanwhile stays dead."""
    outbox.enable_endpoint(tx.conn, tx.project.no, _endpoint(tx, endpoint_id).seq)
    return {"webhook_endpoint": _shown(tx, _endpoint(tx, endpoint_id))}


@blueprint.post("/sandbox/webhook-endpoints/<endpoint_id>/disable")
@writes(StrictBody())
def disable_endpoint(tx: UniverseTx, body: dict[str, Any], endpoint_id: str) -> dict[str, Any]:
    """Switch off an endpoint, as if it had answered 410: it gets nothing more, and what waited for it is dead."""
    outbox.disable_endpoint(tx.conn, tx.project.no, _endpoint(tx, endpoint_id).seq)
    return {"webhook_endpoint": _shown(tx, _endpoint(tx, endpoint_id))}


@blueprint.get(_CERTIFICATE)
def show_certificate() -> Response:
    """The certificate that webhooks of the scheme `paypal` are signed by; needs no credentials."""
    return Response(asymmetric.certificate(), content_type="application/x-pem-file")


@blueprint.get("/sandbox/deliveries")
@takes_query(
    event_id={"description": "those that tell of this event"},
    state={"schema": {"enum": list(_STATES)}, "description": "those in this state"},
    start_after={"description": "the id of a delivery; the list begins after it"},
)
@reads
def list_deliveries(tx: UniverseTx) -> dict[str, Any]:
    """List deliveries with their attempts, oldest first: of one event, in one state, after one of them."""
    event_id, state, after = (request.args.get(name) or None for name in ("event_id", "state", "start_after"))
    if state not in (None, *_STATES):
        raise Refused(
            _INVALID,
            f"state is {str(state)[:40]!r}; known: {', '.join(_STATES)}{meant(str(state), _STATES)}",
            field="state",
        )
    found = records.deliveries(
        tx.conn,
        tx.project.no,
        message_seq=lookups.event(tx, event_id).seq if event_id else None,
        state=state,
        after_seq=_delivery_seq(tx, after) if after else 0,
        limit=_PAGE + 1,
    )
    return {"deliveries": [_delivery(tx, item) for item in found[:_PAGE]], "has_more": len(found) > _PAGE}


@blueprint.get("/sandbox/deliveries/<delivery_id>")
@reads
def fetch_delivery(tx: UniverseTx, delivery_id: str) -> dict[str, Any]:
    """Fetch a delivery, and of each attempt what was sent and what came back."""
    item = _found(tx, delivery_id)
    shown = _delivery(tx, item)
    sent = records.sent(tx.conn, tx.project.no, item)
    shown["attempts"] = [attempt | more for attempt, more in zip(shown["attempts"], sent, strict=True)]
    return {"delivery": shown}


@blueprint.post("/sandbox/deliveries/retry")
@writes(ResendRequest())
def retry_dead_deliveries(tx: UniverseTx, body: dict[str, Any]) -> dict[str, Any]:
    """Make every dead delivery due now, or those to one endpoint; each gets one more attempt."""
    seq = _endpoint(tx, body["endpoint"]).seq if "endpoint" in body else None
    return {"retried": records.retry_dead(tx.conn, tx.project.no, tx.now_ms, endpoint_seq=seq)}


@blueprint.post("/sandbox/deliveries/<delivery_id>/retry")
@writes(StrictBody())
def retry_delivery(tx: UniverseTx, body: dict[str, Any], delivery_id: str) -> dict[str, Any]:
    """Make a delivery due now, whatever became of it; a dead one gets one more attempt."""
    seq = _delivery_seq(tx, delivery_id)
    try:
        records.retry_now(tx.conn, tx.project.no, seq, tx.now_ms)
    except EndpointUnavailable:
        endpoint = outbox.get_endpoint(tx.conn, tx.project.no, _found(tx, delivery_id).endpoint_seq)
        what = "was deleted" if endpoint is None else f"is {endpoint.state}; enable it first"
        raise Refused(_INVALID, f"the endpoint of delivery {delivery_id} {what}") from None
    except WebhookError:
        raise lookups.not_found("delivery") from None
    return {"delivery": _delivery(tx, _found(tx, delivery_id))}


def _endpoint(tx: UniverseTx, endpoint_id: str) -> Endpoint:
    seq = tx.seq("wbe_", endpoint_id)
    endpoint = None if seq is None else outbox.get_endpoint(tx.conn, tx.project.no, seq)
    if endpoint is None or endpoint.kind != "endpoint":
        raise lookups.not_found("webhook endpoint")
    return endpoint


def _found(tx: UniverseTx, delivery_id: str) -> Delivery:
    seq = _delivery_seq(tx, delivery_id)
    page = records.deliveries(tx.conn, tx.project.no, after_seq=seq - 1, limit=1)
    if not page or page[0].seq != seq:
        raise lookups.not_found("delivery")
    return page[0]


def _delivery_seq(tx: UniverseTx, delivery_id: str) -> int:
    seq = tx.seq("wbk_", delivery_id)
    if seq is None:
        raise lookups.not_found("delivery")
    return seq


def _spoken(body: dict[str, Any]) -> tuple[str, str]:
    """The dialect and the form of the bodies that a new endpoint is to have."""
    scheme = body.get("scheme") or dialects.STANDARD
    key = body.get("key") or None
    if key and scheme != dialects.STANDARD:
        raise Refused(
            _INVALID, f"key: the scheme {scheme} has one form of secrets; only standard has several", field="key"
        )
    dialect = dialects.named(scheme, key)
    implied = outbox.OF_DIALECT if dialects.DIALECTS[dialect].implies_body else outbox.THIN
    body_form = body.get("body") or implied
    if body_form == outbox.THIN and implied != outbox.THIN:
        raise Refused(_INVALID, f"body: {scheme} signs inside its own body, so that it can't be thin", field="body")
    if body_form == outbox.OF_DIALECT and not dialect_bodies.has_own(dialect):
        raise Refused(_INVALID, f"body: {scheme} has no body of its own; it is thin", field="body")
    return dialect, body_form


def _public(dialect: str, secret: str) -> dict[str, str]:
    """What receivers of an asymmetric scheme check with."""
    return {"public_key": asymmetric.ed25519_public(secret)} if dialect == dialects.KEYS["ed25519"] else {}


def _shown(tx: UniverseTx, endpoint: Endpoint) -> dict[str, Any]:
    scheme, key = dialects.scheme_of(endpoint.dialect)
    return {
        "id": tx.id("wbe_", endpoint.seq),
        "url": endpoint.url,
        "secret": None,
        "topics": list(endpoint.topics) if endpoint.topics is not None else None,
        "scheme": scheme,
        **({"key": key} if key else {}),
        "body": endpoint.body_form,
        "state": endpoint.state,
        "schedule": endpoint.schedule,
        "order": endpoint.ordering,
        "reserializable": endpoint.is_reserializable,
    }


def _delivery(tx: UniverseTx, item: Delivery) -> dict[str, Any]:
    return {
        "id": tx.id("wbk_", item.seq),
        "event_id": item.webhook_id,
        "event_type": item.topic,
        "endpoint_id": tx.id("wbe_", item.endpoint_seq),
        "url": item.url,
        "state": item.state,
        "due_at": None if item.due_at_ms is None else rfc3339(item.due_at_ms),
        "next_attempt_at": rfc3339(item.due_at_ms) if item.due_at_ms is not None and item.state == "pending" else None,
        "error": item.last_error,
        "misbehaves": item.misbehaves.split() if item.misbehaves else [],
        "attempts": [
            {"n": a.n, "at": rfc3339(a.at_ms), "status_code": a.status_code, "error": a.error} for a in item.attempts
        ],
    }
