"""How cards and what their first digits say look on the wire: plain dicts, nothing expanded."""

from typing import Any

from mockpsp.api.shapes.parts import Shape, checks
from mockpsp.domain.time.moments import rfc3339_fraction
from mockpsp.engine.universes import UniverseTx
from mockpsp.store.resources import CardRow

#: Fields of a card that are shown as they were given.
CARD_TEXTS = (
    "name address1 address2 city state zip billing_country_code preferred_scheme preferred_card_type token_type "
    "initial_scheme_transaction_id update_type update_reason_code"
).split()
#: What is known of the customer's device: of browsers their own, of servers what they pass on.
DEVICE_FIELDS = (
    "request_origin ip_address user_agent header_accept header_referer app_color_depth app_java_enabled app_language "
    "app_screen_height app_screen_width app_timezone_offset"
).split()


def card(tx: UniverseTx, row: CardRow) -> Shape:
    """A card. Its number is not known any more; what the number meant is in the catalog."""
    body = row.body
    issuer = tx.catalog.issuer(row.test_card[:6])
    behaviour = tx.catalog.behaviour(row.test_card)
    found, device = body.get("checks", {}), body.get("device", {})
    return {
        "id": tx.id("card_", row.seq),
        "project_id": tx.project.public_id,
        "token_id": tx.optional_id("tok_", body.get("token_seq")),
        "scheme": behaviour.scheme,
        "co_scheme": behaviour.co_scheme,
        "type": issuer.type,
        "bank_name": issuer.bank_name,
        "brand": issuer.brand,
        "category": issuer.category,
        "iin": row.test_card[:6],
        "last_4_digits": row.test_card[-4:],
        "fingerprint": body.get("fingerprint"),
        "exp_month": body["exp_month"],
        "exp_year": body["exp_year"],
        "cvc_check": found.get("cvc", "unavailable"),
        "avs_check": found.get("avs", "unavailable"),
        "checks": checks(found, "unavailable"),
        **{name: body.get(name) for name in CARD_TEXTS},
        **{name: device.get(name) for name in DEVICE_FIELDS},
        "country_code": issuer.country,
        "used": body.get("used"),
        "has_been_authorized": body.get("has_been_authorized", False),
        "expires_soon": _expires_soon(body, tx.now_ms),
        "metadata": body.get("metadata", {}),
        "sandbox": True,
        "created_at": rfc3339_fraction(body["created_at_ms"]),
        "updated_at": rfc3339_fraction(body.get("updated_at_ms", body["created_at_ms"])),
        "cvc_tokenized": "cvc" in body,
        "tokenization_method": None,
        "payment_source_detail": None,
        "payment_account_reference": _account_reference(body, tx.now_ms),
    }


def card_information(tx: UniverseTx, digits: str) -> Shape | None:
    """What the first digits of a number say, or None when they say nothing. No more than the first six are shown."""
    issuer = tx.catalog.find_issuer(digits)
    if issuer is None:
        return None
    return {
        "iin": digits[:6],
        "scheme": issuer.scheme,
        "co_scheme": issuer.co_scheme,
        "type": issuer.type,
        "bank_name": issuer.bank_name,
        "brand": issuer.brand,
        "category": issuer.category,
        "country": issuer.country,
    }


def _account_reference(body: dict[str, Any], now_ms: int) -> str | None:
    """The network's 29 characters for the account behind the card, known once it has made a network token of it."""
    network_token = body.get("network_token")
    if network_token is None or now_ms < network_token["active_at_ms"]:
        return None
    return f"Q1{body['fingerprint'][:27].upper()}"


def _expires_soon(body: dict[str, Any], now_ms: int) -> bool:
    """Whether the card's last month has begun, or is over."""
    now = rfc3339_fraction(now_ms)
    return (body["exp_year"], body["exp_month"]) <= (int(now[:4]), int(now[5:7]))
