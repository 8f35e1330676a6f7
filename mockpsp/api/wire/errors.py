"""Which `error_type` answers a bad field. To add one: a row in a table below."""

from collections.abc import Mapping
from typing import Any

_VALIDATION = "request.validation."
#: Field of a card -> code, whether it is wrong or missing.
_OF_CARDS = {
    "number": "card.invalid-number",
    "exp_month": "card.invalid-month",
    "exp_year": "card.invalid-year",
    "exp_day": "card.invalid-date",
    "cvc": "request.card.invalid",
    "cvc2": "request.card.invalid",
    "token_type": "request.card.invalid",
    "eci": "request.card.invalid",
    "cryptogram": "request.card.invalid",
}

#: Field, wherever it is -> code when it is missing.
_MISSING = {
    "name": "missing-name",
    "amount": "invalid-amount",
    "currency": "missing-currency",
    "source": "missing-source",
    "email": "missing-email",
    "type": "missing-type",
    "description": "missing-description",
}

#: Path without the places in lists -> code when it is wrong; goes before the tables below.
_BY_PATH = {
    "tax.amount": "invalid-tax-amount",
    "tax.rate": "invalid-tax-rate",
    "details.category": "invalid-detail-category",
    "details.condition": "invalid-detail-condition",
    "shipping.method": "invalid-shipping-method",
    "shipping.delay": "invalid-shipping-delay",
    "shipping.relay_store_name": "invalid-relay-store-name",
    "device.ip_address": "invalid-ip-address",
    "submerchant.phone_number": "invalid-phone-number",
}

#: First part of the path -> code when anything in it is wrong.
_BY_FIRST = {
    "metadata": "invalid-metadata",
    "gateway_data": "invalid-gateway-data",
    "external_fraud_tools": "invalid-external-fraud-tools",
    "device": "invalid-device-channel",
    "tax": "invalid-tax-amount",
    "phone": "invalid-phone-number",
    "settings": "invalid-settings",
    "sub_accounts_enabled": "invalid-subaccount",
}

#: Last part of the path -> code when it is wrong; other fields: `error`.
_BY_LAST = {
    **dict.fromkeys("amount capture_amount discount_amount balance".split(), "invalid-amount"),
    **dict.fromkeys("webhook_url return_url cancel_url invoice_return_url".split(), "invalid-url"),
    **dict.fromkeys("phone phone_number".split(), "invalid-phone-number"),
    **dict.fromkeys("address1 address2 city state zip line1 line2 county".split(), "invalid-address"),
    **dict.fromkeys("name first_name last_name company_name".split(), "invalid-name"),
    **dict.fromkeys("metadata verify_metadata".split(), "invalid-metadata"),
    **dict.fromkeys("description reference brand model provider".split(), "invalid-description"),
    **dict.fromkeys(
        "statement_descriptor statement_descriptor_phone statement_descriptor_city statement_descriptor_company "
        "statement_descriptor_url capture_statement_descriptor verify_statement_descriptor".split(),
        "invalid-description",
    ),
    **dict.fromkeys(
        "date_of_birth registered_at expires_at auto_capture_at expects_shipping_at "
        "marketplace_merchant_created_at".split(),
        "invalid-date",
    ),
    **dict.fromkeys("sca_exemption_reason exemption_reason_3ds2".split(), "invalid-exemption-reason"),
    **dict.fromkeys("id reference_id order_id customer_id submerchant_id".split(), "invalid-id"),
    "currency": "invalid-currency",
    "email": "invalid-email",
    "country_code": "invalid-country",
    "billing_country_code": "invalid-country",
    "ip_address": "invalid-ip-address",
    "sex": "invalid-sex",
    "legal_document": "invalid-legal-document",
    "quantity": "invalid-quantity",
    "payment_type": "invalid-payment-type",
    "challenge_indicator": "invalid-challenge-indicator",
    "type": "invalid-type",
}


def error_type(path: str, *, is_missing: bool) -> str:
    """The code for the field at this path, such as `details.0.amount`."""
    # A key that is a number by itself is no place in a list.
    parts = [part for part in path.split(".") if not part.isdigit()] or [path]
    first, last = parts[0], parts[-1]
    if len(parts) == 1 and first in _OF_CARDS:
        return _OF_CARDS[first]
    if is_missing and last in _MISSING:
        return _VALIDATION + _MISSING[last]
    code = _BY_PATH.get(".".join(parts)) or _BY_FIRST.get(first) or _BY_LAST.get(last)
    return _VALIDATION + (code or "error")


def is_missing(path: str, raw: Mapping[str, Any]) -> bool:
    """Whether the body has nothing at this path."""
    found: Any = raw
    for part in path.split("."):
        if isinstance(found, Mapping) and part in found:
            found = found[part]
        elif isinstance(found, list) and part.isdigit() and int(part) < len(found):
            found = found[int(part)]
        else:
            return True
    return False
