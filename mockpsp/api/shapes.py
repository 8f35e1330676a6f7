"""How customers, tokens, products, events and their webhooks look on the wire: plain dicts, nothing
expanded (expansions.py does that). Every documented field is there, null where unset."""

from typing import Any

from mockpsp.api.phones import as_text
from mockpsp.domain.moments import rfc3339
from mockpsp.domain.money import format_trimmed
from mockpsp.gateways import configuration_id
from mockpsp.store.products import ProductRow
from mockpsp.store.resources import CustomerRow, EventRow, TokenRow
from mockpsp.universes import UniverseTx
from mockpsp.webhooks.delivery import Delivery

Shape = dict[str, Any]

#: Where hosted pages are.
CHECKOUT = "https://checkout.processout.com"
#: What a product's id begins with.
PRODUCT = "prod_"

#: Fields of a customer that are shown as they were given.
CUSTOMER_TEXTS = (
    "email first_name last_name company_name address1 address2 city state zip country_code ip_address "
    "legal_document sex date_of_birth reference_id"
).split()


def customer(tx: UniverseTx, row: CustomerRow) -> Shape:
    """A customer."""
    body = row.body
    return {
        "id": customer_id(tx, row),
        "project_id": tx.project.public_id,
        "default_token_id": tx.optional_id("tok_", body.get("default_token_seq")),
        "tokens": None,
        "transactions": None,
        "subscriptions": None,
        "balance": body.get("balance", "0"),
        "currency": body.get("currency"),
        **{name: body.get(name) for name in CUSTOMER_TEXTS},
        "phone": body.get("phone"),
        "phone_number": as_text(body.get("phone")),
        "is_business": body.get("is_business", False),
        "metadata": body.get("metadata", {}),
        "sandbox": True,
        "created_at": rfc3339(body["created_at_ms"]),
        "registered_at": body.get("registered_at") or rfc3339(body["created_at_ms"]),
    }


def customer_id(tx: UniverseTx, row: CustomerRow) -> str:
    """The customer's id: the client's own choice, or made here."""
    return row.chosen_id or tx.id("cust_", row.seq)


def checks(found: dict[str, str], default: str) -> Shape:
    """The card checks of a payment or card, each with its reason, which is never given."""
    values: Shape = {}
    for name in ("cvc_check", "avs_check", "avs_postal_check", "avs_street_check", "avs_name_check"):
        values[name] = found.get(name.removesuffix("_check"), default)
        if name != "avs_check":
            values[f"{name}_reason"] = None
    return values


def token(tx: UniverseTx, row: TokenRow) -> Shape:
    """A customer's token."""
    body = row.body
    gateway = body.get("gateway")
    return {
        "id": tx.id("tok_", row.seq),
        "customer_id": body["customer_id"],
        "card_id": tx.optional_id("card_", row.card_seq),
        "invoice_id": tx.optional_id("iv_", body.get("invoice_seq")),
        "gateway_configuration_id": configuration_id(tx, gateway) if gateway else None,
        "gateway_configuration_sub_account": body.get("account"),
        "type": "card" if row.card_seq is not None else "gateway_token" if gateway else "pending",
        "description": body.get("description"),
        "summary": body.get("summary"),
        "metadata": body.get("metadata", {}),
        "is_subscription_only": False,
        "is_default": body.get("is_default", False),
        "is_chargeable": row.is_chargeable,
        "return_url": body.get("return_url"),
        "cancel_url": body.get("cancel_url"),
        "webhook_url": body.get("webhook_url"),
        "manual_invoice_cancellation": body.get("manual_invoice_cancellation"),
        "verification_status": body.get("verification_status", "not-requested"),
        "can_get_balance": True if gateway else None,
        "provision_network_token": body.get("provision_network_token"),
        "network_token": network_token(tx, body["network_token"]) if "network_token" in body else None,
        "created_at": rfc3339(body["created_at_ms"]),
    }


def network_token(tx: UniverseTx, kept: dict[str, int]) -> Shape:
    """A network token: pending until the network has made it."""
    status = "active" if tx.now_ms >= kept["active_at_ms"] else "pending"
    return {"id": tx.id("nt_", kept["seq"]), "status": status}


def product(tx: UniverseTx, row: ProductRow) -> Shape:
    """A product: something to be invoiced again and again."""
    product_id, body = tx.id(PRODUCT, row.seq), row.body
    return {
        "id": product_id,
        "project_id": tx.project.public_id,
        "url": f"{CHECKOUT}/{tx.project.id}/{product_id}",
        "name": body["name"],
        "amount": format_trimmed(body["amount_minor"], body["currency"]),
        "currency": body["currency"],
        "metadata": body.get("metadata", {}),
        "return_url": body.get("return_url"),
        "cancel_url": body.get("cancel_url"),
        "sandbox": True,
        "created_at": rfc3339(body["created_at_ms"]),
    }


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
        "created_at": rfc3339(row.created_at_ms),
        "release_at": rfc3339(row.due_at_ms),
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
        "fired_at": rfc3339(row.at_ms),
    }
