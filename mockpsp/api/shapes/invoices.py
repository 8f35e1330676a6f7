"""How invoices and what they hold look on the wire: every documented key, null where unset."""

from collections.abc import Callable, Mapping
from typing import Any

from mockpsp.api.shapes.gateways import logo
from mockpsp.api.shapes.parts import Shape
from mockpsp.api.shapes.payments import PaymentRow
from mockpsp.api.wire import phones
from mockpsp.api.wire.public_address import page_url
from mockpsp.domain.payments.money import format_trimmed
from mockpsp.domain.psps.fees import missing_price
from mockpsp.domain.time.moments import rfc3339_fraction
from mockpsp.engine.gateways import configuration_id, configuration_keys, gateway_profile, is_enabled
from mockpsp.engine.universes import UniverseTx

#: Fields that are shown as they were given, null where unset.
_AS_GIVEN = (
    "order_id reference_id statement_descriptor statement_descriptor_phone statement_descriptor_city "
    "statement_descriptor_company statement_descriptor_url merchant_initiator_type initiation_type payment_intent "
    "payment_type return_url cancel_url webhook_url expires_at auto_capture_at require_backend_capture incremental "
    "verification native_apm"
).split()
_EMPTY_WHEN_UNSET = "sca_exemption_reason exemption_reason_3ds2 challenge_indicator".split()
_DETAIL = (
    "type reference description brand model condition category marketplace_merchant marketplace_merchant_is_business "
    "marketplace_merchant_created_at"
).split()
_RISK = "score is_legit skip_gateway_rules".split()
_DEVICE = "id ip_address channel threeds_sdk platform".split()
_BILLING = "address1 address2 city state zip country_code".split()
_TAX = "amount rate".split()
_FRAUD_TOOLS = "forter ravelin signifyd riskified".split()
_BYPASS = "incremental_authorization split_payments".split()
_SHIPPING = (
    "amount method provider delay address1 address2 city state country_code zip phone expects_shipping_at "
    "relay_store_name first_name last_name email"
).split()
_SUBMERCHANT = "name reference mcc email tax_reference service_establishment_number phone_number".split()
_SUBMERCHANT_ADDRESS = "line1 line2 city state country_code zip county".split()
_APM_CONFIG = "return_redirect_type preferred_finalization_mode".split()
_SPLIT = "provider_recipient_reference type amount currency description payment_reference".split()


def invoice(tx: UniverseTx, row: PaymentRow) -> Shape:
    """An invoice; it has no status, its transaction has. `url_qrcode` is drawn where one invoice is fetched."""
    payment, body = row.payment, row.body
    invoice_id = tx.id("iv_", payment.invoice_seq)
    submerchant_seq = (body.get("submerchant") or {}).get("seq")
    return {
        "id": invoice_id,
        "project_id": tx.project.public_id,
        "transaction_id": tx.id("tr_", payment.seq),
        "customer_id": body.get("customer_id"),
        "subscription_id": None,
        "token_id": tx.optional_id("tok_", payment.token_seq),
        "details": [detail(tx, line, payment.currency) for line in body.get("details", ())],
        "name": body["name"],
        "amount": format_trimmed(payment.amount_minor - payment.incremented_minor, payment.currency),
        "currency": payment.currency,
        "url": page_url(f"checkout/{tx.project.id}/{invoice_id}"),
        "url_qrcode": None,
        "metadata": body.get("metadata", {}),
        "gateway_data": body.get("gateway_data", {}),
        **{name: body.get(name) for name in _AS_GIVEN},
        **{name: body.get(name, "") for name in _EMPTY_WHEN_UNSET},
        **{name: show(tx, body[name]) if name in body else None for name, show in _PARTS.items()},
        "submerchant_id": body.get("submerchant_id") or tx.optional_id(SUBMERCHANT, submerchant_seq),
        "split_allocations": [_keys(split, _SPLIT) for split in body.get("split_allocations", ())],
        "card_verification": None,
        "payment_methods": None,
        "sandbox": True,
        "created_at": rfc3339_fraction(payment.created_at_ms),
    }


def detail(tx: UniverseTx, line: dict[str, Any], currency: str) -> Shape:
    """A line of an invoice."""
    return {
        "id": tx.id("iv_det_", line["seq"]),
        "name": line["name"],
        "amount": format_trimmed(line["amount_minor"], currency),
        "quantity": line["quantity"],
        "discount_amount": format_trimmed(line.get("discount_minor", 0), currency),
        "metadata": line.get("metadata", {}),
        **_keys(line, _DETAIL),
    }


def qr_code(url: str) -> str:
    """A PNG of the address as a QR code, in base64. Drawing takes some milliseconds, so lists do without."""
    import base64

    return base64.b64encode(qr_picture(url)).decode()


def qr_picture(text: str) -> bytes:
    """A PNG of a text as a QR code."""
    import io

    import segno

    picture = io.BytesIO()
    # A fixed mask spares the trial of all eight; the lowest error level fits a screen.
    segno.make_qr(text, error="l", boost_error=False, mask=0).save(picture, kind="png", scale=4)
    return picture.getvalue()


def payment_methods(tx: UniverseTx, row: PaymentRow) -> list[Shape]:
    """How a payer may pay: by card, or by what the universe's gateways offer beside, on this server's own page."""
    invoice_id = tx.id("iv_", row.payment.invoice_seq)
    found: list[Shape] = [{"type": "card", "display": display("Card"), "card": _card(row)}]
    for name in configuration_keys(tx):
        if not is_enabled(tx, name):
            continue
        _, profile = gateway_profile(tx, name)
        if profile.takes_cards_alone or missing_price(profile, row.payment.currency):
            continue
        configuration = configuration_id(tx, name)
        apm: Shape = {
            "gateway_configuration_id": configuration,
            "gateway_name": name,
            "gateway_logo": logo(),
            "saving_allowed": row.payment.customer_seq is not None and not profile.native,
        }
        # With an address clients send the customer there; without one they show the method's form.
        if not profile.native:
            apm["redirect_url"] = redirect_address(tx, invoice_id, configuration)
        found.append({"type": "apm", "display": display(name), "apm": apm})
    return found


def display(name: str, description: str | None = None) -> Shape:
    """What a client paints a method's button with."""
    return {"name": name, "description": description, "logo": logo(), "brand_color": dict(_BRAND_COLOR)}


def redirect_address(tx: UniverseTx, invoice_id: str, configuration_id: str) -> str:
    """Where a customer pays an invoice by a method that sends them away and back."""
    return page_url(f"checkout/{tx.project.id}/{invoice_id}/redirect/{configuration_id}")


#: What a checkout asks of a card.
_CARD: Shape = {
    "cvc_required": True,
    "cardholder_name_required": False,
    "scheme_selection_allowed": True,
    "scheme_selection_enabled": False,
    "scheme_selection_default_order": [],
    "restrict_to_iins": None,
    "restrict_to_schemes": None,
    "billing_address": {"collection_mode": "automatic", "restrict_to_country_codes": None},
}
#: What clients paint a method's button with; all of them decode it, so it is never null.
#: Red, green, blue and opacity, as the published examples write them: iOS reads no colour that begins with "#".
_BRAND_COLOR = {"light": "0x1D4ED8FF", "dark": "0x93C5FDFF"}
#: What a submerchant's id begins with.
SUBMERCHANT = "subm_"


def _card(row: PaymentRow) -> Shape:
    """What a checkout asks of a card; `save_source` keeps it where there is a customer whose it is."""
    return {**_CARD, "saving_allowed": row.payment.customer_seq is not None}


def _keys(found: Mapping[str, Any], known: list[str]) -> Shape:
    return {name: found.get(name) for name in known}


def _part(known: list[str]) -> Callable[[UniverseTx, Mapping[str, Any]], Shape]:
    return lambda tx, found: _keys(found, known)


def _shipping(tx: UniverseTx, found: Mapping[str, Any]) -> Shape:
    return {**_keys(found, _SHIPPING), "phone_number": phones.as_text(found.get("phone"))}


def _submerchant(tx: UniverseTx, found: Mapping[str, Any]) -> Shape:
    address = found.get("address")
    return {
        "id": tx.optional_id(SUBMERCHANT, found.get("seq")),
        **_keys(found, _SUBMERCHANT),
        "address": None if address is None else _keys(address, _SUBMERCHANT_ADDRESS),
    }


def _processing(tx: UniverseTx, found: Mapping[str, Any]) -> Shape:
    config = found.get("apm_payment_config")
    return {
        "bypass_unsupported_split_payments": found.get("bypass_unsupported_split_payments"),
        "apm_payment_config": None if config is None else _keys(config, _APM_CONFIG),
    }


#: Object within an invoice -> how it is shown.
_PARTS: dict[str, Callable[[UniverseTx, Mapping[str, Any]], Shape]] = {
    "risk": _part(_RISK),
    "shipping": _shipping,
    "device": _part(_DEVICE),
    "billing": _part(_BILLING),
    "tax": _part(_TAX),
    "external_fraud_tools": _part(_FRAUD_TOOLS),
    "submerchant": _submerchant,
    "unsupported_feature_bypass": _part(_BYPASS),
    "payment_processing_config": _processing,
}
