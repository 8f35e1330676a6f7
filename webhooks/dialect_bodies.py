"""What a dialect's own sender writes: its envelope, as its own client library parses it, around our events.

The envelope is theirs; events keep our names and objects our ids, but for Adyen, whose codes are a closed list and are
what is signed. A body says what it is about and leaves the rest to be fetched. Pure, and the same at each attempt. To
add one: its function, and a row in `BODIES`.
"""

import json
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from functools import lru_cache
from html import escape
from typing import Any, NamedTuple

#: The item's own reference is what was stored.
_ADYEN_TOKEN = "RECURRING_CONTRACT"
#: Our event -> Adyen's code, and whether it says that something went well. The codes are those of Adyen's own list
#: (docs.adyen.com/api-explorer/Webhooks, and `EventCodeEnum` of its package); what has none there keeps its name.
ADYEN_CODES: Mapping[str, tuple[str, bool]] = {
    "transaction.authorized": ("AUTHORISATION", True),
    "transaction.failed": ("AUTHORISATION", False),
    "transaction.captured": ("CAPTURE", True),
    "transaction.voided": ("CANCELLATION", True),
    "transaction.refunded": ("REFUND", True),
    "transaction.operation.refund.failed": ("REFUND_FAILED", True),
    "transaction.chargeback.created": ("CHARGEBACK", True),
    "transaction.chargeback.won": ("CHARGEBACK_REVERSED", True),
    # The issuer declined the defense.
    "transaction.chargeback.lost": ("SECOND_CHARGEBACK", True),
    "transaction.chargeback.retrieval-request": ("REQUEST_FOR_INFORMATION", True),
    "transaction.chargeback.fraud-notification": ("NOTIFICATION_OF_FRAUD", True),
    "customer.token.created": (_ADYEN_TOKEN, True),
}


_json = json.JSONEncoder(separators=(",", ":")).encode


class Facts(NamedTuple):
    """What a body may say of the payment that an event is about, or `other`: the id of what else it is about."""

    transaction: str = ""
    invoice: str = ""
    amount_minor: int = 0
    amount: str = ""
    currency: str = ""
    merchant: str = ""
    other: str = ""

    @property
    def subject(self) -> str:
        """The id of what the event is about."""
        return self.transaction or self.other

    def text(self) -> str:
        """As a message keeps them."""
        return _json(self)


class Told(NamedTuple):
    """A message: the event's id and name, its moment (virtual), and its facts as they are kept."""

    event_id: str
    event: str
    at_ms: int
    facts: str | None

    def about(self) -> Facts:
        """Its facts."""
        return _read(self.facts) if self.facts else Facts()

    @property
    def resource(self) -> str:
        """What kind of thing it is about, such as `transaction` or `token`."""
        return "transaction" if self.about().transaction else self.event.split(".")[-2]

    @property
    def at_s(self) -> int:
        """Its moment in whole seconds."""
        return self.at_ms // 1000

    @property
    def at(self) -> str:
        """Its moment as text, such as `2026-01-01T00:00:00Z`."""
        return datetime.fromtimestamp(self.at_s, UTC).isoformat()[:19] + "Z"


@lru_cache(64)  # a body asks several times, and a payment's events go out one after another
def _read(facts: str) -> Facts:
    return Facts(*json.loads(facts))


Body = Mapping[str, Any]


def write(dialect: str, told: Told) -> bytes:
    """The body, before it is signed."""
    if dialect == "braintree":
        return _braintree(told)
    return _json(BODIES[dialect](told)).encode()


def _object(told: Told) -> Body:
    """What the event is about, with our names."""
    about = told.about()
    if not about.transaction:
        return {"id": about.other} if about.other else {}
    return {
        "id": about.transaction,
        "invoice_id": about.invoice,
        "amount": about.amount_minor,
        "currency": about.currency,
    }


def _standard(told: Told) -> Body:
    return {"type": told.event, "timestamp": told.at, "data": {"event_id": told.event_id, **_object(told)}}


def _stripe(told: Told) -> Body:
    return {
        "id": told.event_id,
        "object": "event",
        "created": told.at_s,
        "livemode": False,
        "type": told.event,
        "data": {"object": {"object": told.resource, **_object(told)}},
    }


def _square(told: Told) -> Body:
    about = told.about()
    data = {"type": told.resource, "id": about.subject, "object": _object(told)}
    return {
        "merchant_id": about.merchant,
        "type": told.event,
        "event_id": told.event_id,
        "created_at": told.at,
        "data": data,
    }


def _gocardless(told: Told) -> Body:
    resource, action = told.resource, told.event.partition(".")[2]
    event = {
        "id": told.event_id,
        "created_at": told.at,
        "resource_type": f"{resource}s",
        "action": action,
        "links": {resource: told.about().subject},
        "details": {"origin": "api", "cause": told.event, "description": told.event},
        "metadata": {},
    }
    return {"events": [event], "meta": {"webhook_id": told.event_id}}


def _razorpay(told: Told) -> Body:
    resource = told.resource
    return {
        "entity": "event",
        "account_id": told.about().merchant,
        "event": told.event,
        "contains": [resource],
        "payload": {resource: {"entity": _object(told)}},
        "created_at": told.at_s,
    }


def _checkout(told: Told) -> Body:
    return {"id": told.event_id, "type": told.event, "version": "1.0.0", "created_on": told.at, "data": _object(told)}


def _mollie(told: Told) -> Body:
    return {
        "resource": "event",
        "id": told.event_id,
        "type": told.event,
        "entityId": told.about().subject,
        "createdAt": told.at,
    }


def _worldpay(told: Told) -> Body:
    """Only what is about a payment has a class and an amount; the reference is what it is about."""
    about = told.about()
    details: dict[str, Any] = {
        "downstreamReference": about.subject,
        "transactionReference": about.invoice,
        "type": told.event,
    }
    if about.transaction:
        details |= {
            "classification": "chargeback" if ".chargeback." in told.event else "payment",
            "amount": {"value": about.amount_minor, "currencyCode": about.currency},
        }
    return {"eventId": told.event_id, "eventTimestamp": told.at, "eventDetails": details}


def _authorize_net(told: Told) -> Body:
    about = told.about()
    payload = {"entityName": told.resource, "id": about.subject, "invoiceNumber": about.invoice}
    return {"notificationId": told.event_id, "eventType": told.event, "eventDate": told.at, "payload": payload}


def _adyen(told: Told) -> Body:
    about = told.about()
    code, is_success = ADYEN_CODES.get(told.event, (told.event, True))
    is_itself = code in ("AUTHORISATION", _ADYEN_TOKEN) and about.subject != ""
    item = {
        # A payment or a token is known by its reference; what follows has one of its own, and names the other's.
        "pspReference": about.subject if is_itself else told.event_id,
        **({} if is_itself or not about.subject else {"originalReference": about.subject}),
        "merchantAccountCode": about.merchant,
        "merchantReference": about.invoice,
        "amount": {"value": about.amount_minor, "currency": about.currency or "XXX"},
        "eventCode": code,
        "eventDate": told.at,
        "success": "true" if is_success else "false",
        "additionalData": {"eventId": told.event_id},
    }
    return {"live": "false", "notificationItems": [{"NotificationRequestItem": item}]}


def _adyen_platform(told: Told) -> Body:
    data = {"id": told.event_id, "merchantAccount": told.about().merchant, "object": _object(told)}
    return {"type": told.event, "environment": "test", "timestamp": told.at, "data": data}


def _paypal(told: Told) -> Body:
    return {
        "id": told.event_id,
        "event_version": "1.0",
        "create_time": told.at,
        "resource_type": told.resource,
        "event_type": told.event,
        "summary": told.event,
        "resource": _object(told),
    }


def _braintree(told: Told) -> bytes:
    """XML, which its client takes apart by the names of the elements."""
    about = told.about()
    subject = '<check type="boolean">true</check>'
    if about.other:
        subject = f"<{told.resource}><id>{escape(about.other)}</id></{told.resource}>"
    if about.transaction:
        fields = {
            "id": about.transaction,
            "order-id": about.invoice,
            "currency-iso-code": about.currency,
            "amount": about.amount,
        }
        inner = "".join(f"<{name}>{escape(value, quote=False)}</{name}>" for name, value in fields.items())
        subject = f"<transaction>{inner}</transaction>"
    kind = told.event.replace(".", "_").replace("-", "_")
    return (
        f'<notification><timestamp type="datetime">{told.at}</timestamp><kind>{kind}</kind>'
        f"<event-id>{told.event_id}</event-id><subject>{subject}</subject></notification>"
    ).encode()


#: Dialect -> its body; one that has none of its own is not here, and its endpoints can only have thin ones.
BODIES: Mapping[str, Callable[[Told], Body]] = {
    "standard": _standard,
    "standard-text": _standard,
    "standard-ed25519": _standard,
    "stripe": _stripe,
    "square": _square,
    "gocardless": _gocardless,
    "razorpay": _razorpay,
    "checkout": _checkout,
    "mollie": _mollie,
    "worldpay": _worldpay,
    "authorize-net": _authorize_net,
    "adyen": _adyen,
    "adyen-platform": _adyen_platform,
    "paypal": _paypal,
}


def has_own(dialect: str) -> bool:
    """Whether the dialect has a body of its own."""
    return dialect in BODIES or dialect == "braintree"
