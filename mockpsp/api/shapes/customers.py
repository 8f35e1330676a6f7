"""How customers and tokens look on the wire: plain dicts, nothing expanded (expansions.py does that).

Every documented field is there, null where unset.
"""

from mockpsp.api.shapes.parts import Shape
from mockpsp.api.wire.phones import as_text
from mockpsp.domain.time.moments import rfc3339_fraction
from mockpsp.engine.gateways import configuration_id
from mockpsp.engine.universes import UniverseTx
from mockpsp.store.resources import CustomerRow, TokenRow

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
        "created_at": rfc3339_fraction(body["created_at_ms"]),
        "registered_at": body.get("registered_at") or rfc3339_fraction(body["created_at_ms"]),
    }


def customer_id(tx: UniverseTx, row: CustomerRow) -> str:
    """The customer's id: the client's own choice, or made here."""
    return row.chosen_id or tx.id("cust_", row.seq)


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
        "created_at": rfc3339_fraction(body["created_at_ms"]),
    }


def network_token(tx: UniverseTx, kept: dict[str, int]) -> Shape:
    """A network token: pending until the network has made it."""
    status = "active" if tx.now_ms >= kept["active_at_ms"] else "pending"
    return {"id": tx.id("nt_", kept["seq"]), "status": status}
