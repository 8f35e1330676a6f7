"""Which `error_type` answers a bad field. To add one: a row in a table below."""

_VALIDATION = "request.validation."
#: Field of a card -> code, whether it is wrong or missing.
_OF_CARDS = {
    "number": "card.invalid-number",
    "exp_month": "card.invalid-month",
    "exp_year": "card.invalid-year",
    "exp_day": "card.invalid-date",
    "cvc2": "request.card.invalid",
    "token_type": "request.card.invalid",
    "eci": "request.card.invalid",
    "cryptogram": "request.card.invalid",
}

#: Field -> code when it is missing.
_MISSING = {
    "name": "missing-name",
    "amount": "invalid-amount",
    "currency": "missing-currency",
    "source": "missing-source",
    "email": "missing-email",
}

#: Field (first part of its path) -> code when it is wrong; other fields: `error`.
_INVALID = {
    "amount": "invalid-amount",
    "capture_amount": "invalid-amount",
    "balance": "invalid-amount",
    "currency": "invalid-currency",
    "name": "invalid-name",
    "metadata": "invalid-metadata",
    "email": "invalid-email",
    "country_code": "invalid-country",
    "billing_country_code": "invalid-country",
    "ip_address": "invalid-ip-address",
    "phone": "invalid-phone-number",
    "phone_number": "invalid-phone-number",
    "sex": "invalid-sex",
    "webhook_url": "invalid-url",
    "return_url": "invalid-url",
    "cancel_url": "invalid-url",
    "id": "invalid-id",
    "date_of_birth": "invalid-date",
    "registered_at": "invalid-date",
    "expires_at": "invalid-date",
    "legal_document": "invalid-legal-document",
}


def error_type(path: str, *, is_missing: bool) -> str:
    """The code for the field at this path, such as `details.0.amount`."""
    first, _, rest = path.partition(".")
    last = path.rsplit(".", 1)[-1]
    if not rest and first in _OF_CARDS:
        return _OF_CARDS[first]
    if is_missing and not rest and first in _MISSING:
        return _VALIDATION + _MISSING[first]
    return _VALIDATION + (_INVALID.get(first) or _INVALID.get(last) or "error")
