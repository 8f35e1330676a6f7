"""How webhooks are to misbehave: the rules of `/sandbox/delivery`."""

from typing import Any

from flask import Blueprint

from mockpsp.api.wire.fields import Count, Items, Known, StrictBody, Text, ValidationError
from mockpsp.api.wire.fields import fields as schema_fields
from mockpsp.api.wire.http import reads, writes
from mockpsp.domain.events import FIRED_EVENTS, unknown_event
from mockpsp.domain.text.codes import Refused
from mockpsp.engine import misdelivery
from mockpsp.engine.universes import UniverseTx
from mockpsp.webhooks import outbox, targets
from mockpsp.webhooks.errors import MalformedUrl

blueprint = Blueprint("sandbox_delivery", __name__)

_MAX_TIMES = 1_000_000
_INVALID = "request.validation.error"


class Misdelivery(schema_fields.Raw):
    """What goes wrong: `duplicate`, `delay 5m`; or a list of several at once."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **more: Any) -> dict[str, int]:
        texts = value if isinstance(value, list) else [value]
        if not texts or not all(isinstance(text, str) for text in texts):
            raise ValidationError("must be a text such as duplicate or delay 5m, or a list of such texts")
        try:
            return misdelivery.parse(texts)
        except ValueError as error:
            raise ValidationError(str(error)) from None


def _check_event(name: str) -> None:
    if wrong := unknown_event(name, FIRED_EVENTS):
        raise ValidationError(wrong)


class DeliveryMatchRequest(StrictBody):
    """Which deliveries: of an event, to an endpoint (its id or its address, or an invoice's `webhook_url`), or all."""

    event = Text(80, validate=Known(_check_event, lambda: sorted(FIRED_EVENTS)))
    endpoint = Text(2_048)


class DeliveryRuleRequest(StrictBody):
    """What deliveries that match are to do, for so many messages or until the rules are replaced."""

    match = schema_fields.Nested(DeliveryMatchRequest(), load_default=dict)
    times = Count(1, _MAX_TIMES)
    do = Misdelivery(required=True)


class DeliveryRequest(StrictBody):
    """All rules, tried in order; an empty list has every webhook behave. A condition that is given and empty would
    have webhooks misbehave that aren't meant.
    """

    never_empty = frozenset({"event", "endpoint"})

    rules = Items(schema_fields.Nested(DeliveryRuleRequest()), misdelivery.RULES_MAX, required=True)


@blueprint.get("/sandbox/delivery")
@reads
def show_delivery(tx: UniverseTx) -> dict[str, Any]:
    """How webhooks are to misbehave, and how many messages each rule has met."""
    return {"delivery": {"rules": [_shown(tx, rule) for rule in misdelivery.rules(tx)]}}


@blueprint.put("/sandbox/delivery")
@writes(DeliveryRequest())
def change_delivery(tx: UniverseTx, body: dict[str, Any]) -> dict[str, Any]:
    """Have webhooks misbehave: duplicate, late, early, forged; the rules replace those before them."""
    misdelivery.put_rules(tx, [_rule(tx, place, rule) for place, rule in enumerate(body["rules"])])
    return {"delivery": {"rules": [_shown(tx, rule) for rule in misdelivery.rules(tx)]}}


def _rule(tx: UniverseTx, place: int, rule: dict[str, Any]) -> dict[str, Any]:
    match = rule["match"]
    seq, address = _about(tx, place, match["endpoint"]) if "endpoint" in match else (None, None)
    kept = {"event": match.get("event"), "endpoint_seq": seq, "times": rule.get("times"), "do": rule["do"]}
    return kept if address is None else {"deliver_to": address, **kept}


def _about(tx: UniverseTx, place: int, text: str) -> tuple[int | None, str | None]:
    """The endpoint of that id; or what goes to that address: to the oldest endpoint there is, and what invoices and
    tokens have sent there themselves, which need not be known yet.
    """
    seq = tx.seq("wbe_", text)
    listed = outbox.list_endpoints(tx.conn, tx.project.no)
    found = next((one for one in listed if seq == one.seq or (seq is None and text == one.url)), None)
    if found is not None and seq is not None:
        return found.seq, None
    if found is None and not _is_address(text):
        name = f"rules.{place}.match.endpoint"
        raise Refused(
            _INVALID,
            f"{name}: {text[:80]!r} is no webhook endpoint of this universe; say an id or an address of GET "
            "/sandbox/webhook-endpoints, or the address that invoices and tokens name as `webhook_url`",
            field=name,
        )
    return None if found is None else found.seq, text


def _is_address(text: str) -> bool:
    try:
        targets.parse(text)
    except MalformedUrl:
        return False
    return True


def _shown(tx: UniverseTx, rule: dict[str, Any]) -> dict[str, Any]:
    words = [misdelivery.spelled(word, span_ms) for word, span_ms in rule["do"].items()]
    endpoint = tx.optional_id("wbe_", rule["endpoint_seq"]) or rule.get("deliver_to")
    match = {"event": rule["event"], "endpoint": endpoint}
    return {
        "match": {name: value for name, value in match.items() if value is not None},
        "times": rule["times"],
        "do": words[0] if len(words) == 1 else words,
        "met": rule["met"],
    }
