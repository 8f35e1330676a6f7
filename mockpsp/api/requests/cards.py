"""What makes a card, checked: its number, its dates, who holds it, and from which device it came.

Messages here never repeat what was given: it may be a real card's number.
"""

import re
from collections.abc import Mapping
from typing import Any

from mockpsp.api.requests import wallets
from mockpsp.api.wire.fields import (
    Body,
    Count,
    Country,
    Email,
    Flag,
    IpAddress,
    Name,
    Text,
    TextMap,
    fields,
    kind_of,
    one_of,
    shaped,
)
from mockpsp.api.wire.phones import PhoneNumber

_SEPARATORS = re.compile(r"[ -]")
_NUMBER = re.compile(r"[0-9]{12,19}", re.ASCII)
_CENTURY = 2000


class CardNumber(fields.Field[str]):
    """A card's number as digits, also with spaces or dashes between them; it must pass the Luhn check."""

    default_error_messages = {
        "type": "must be text, not {kind}",
        "digits": "is not a card number: 12 to 19 digits are expected",
        "luhn": "is not a card number: it does not pass the Luhn check",
    }

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **more: Any) -> str:
        if isinstance(value, bool) or not isinstance(value, str | int):
            raise self.make_error("type", kind=kind_of(value))
        number = _SEPARATORS.sub("", str(value)) if len(str(value)) <= 40 else ""
        if not _NUMBER.fullmatch(number):
            raise self.make_error("digits")
        if not passes_luhn(number):
            raise self.make_error("luhn")
        return number


class Year(Count):
    """A year; two digits mean this century."""

    def __init__(self, **more: Any) -> None:
        super().__init__(0, _CENTURY + 100, **more)

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **more: Any) -> int:
        year = super()._deserialize(value, attr, data, **more)
        if 100 <= year < _CENTURY:
            raise self.make_error("type", low=_CENTURY, high=self.high)
        return year + _CENTURY if year < 100 else year


class ContactRequest(Body):
    """The holder's address; `country_code` is the older name of `billing_country_code`, which wins."""

    address1 = Text(80)
    address2 = Text(80)
    city = Text(80)
    state = Text(80)
    zip = Text(16)
    country_code = Country()
    billing_country_code = Country()


class ShippingRequest(Body):
    """Where goods go: checked, and not shown on the card."""

    address1 = Text(255)
    address2 = Text(255)
    city = Text(80)
    state = Text(80)
    zip = Text(16)
    country_code = Country()
    phone = PhoneNumber()
    first_name = Name(80)
    last_name = Name(80)
    email = Email()


class DeviceRequest(Body):
    """The customer's device. `request_origin: backend` says that the caller is a server and tells nothing about it."""

    request_origin = Text(40)
    id = Text(100)
    channel = Text(validate=one_of(("web", "ios", "android", "other")))
    threeds_sdk = Text(validate=one_of(("web", "ios", "android")))
    platform = Text(validate=one_of(("web", "ios", "android", "other")))
    ip_address = IpAddress()
    user_agent = Text(1_000)
    header_accept = Text(1_000)
    header_referer = Text(1_000)
    app_language = Text(40)
    app_color_depth = Count(0, 1_000)
    app_screen_height = Count(0, 1_000_000)
    app_screen_width = Count(0, 1_000_000)
    app_timezone_offset = fields.Integer(strict=False)
    app_java_enabled = Flag()


class SchemeDetailsRequest(Body):
    """What the scheme called an earlier payment of this card."""

    transaction_id = Text()
    transaction_link_id = Text()


class CardRequest(Body):
    """The body of a new card."""

    number = CardNumber(required=True, metadata={"schema": lambda inline: {"type": ["string", "integer"]}})
    exp_month = Count(1, 12, required=True)
    exp_year = Year(required=True)
    exp_day = Count(1, 31)
    cvc2 = Text(40, validate=shaped("[0-9]{3,4}", "three or four digits"))
    # What apps call it.
    cvc = Text(40, validate=shaped("[0-9]{3,4}", "three or four digits"))
    name = Name(255)
    contact = fields.Nested(ContactRequest())
    shipping = fields.Nested(ShippingRequest())
    device = fields.Nested(DeviceRequest())
    preferred_scheme = Text(40)
    preferred_card_type = Text(40)
    metadata = TextMap()
    token_type = Text(validate=one_of(("applepay", "googlepay")))
    eci = Text(validate=shaped("[0-9]{1,2}", "one or two digits"))
    cryptogram = Text(512)
    scheme_details = fields.Nested(SchemeDetailsRequest())
    # Payloads of wallets stand for a card (wallets.py); none of the fields is read from the body that comes of them.
    applepay_response = fields.Raw()
    applepay_mid = Text()
    payment_token = fields.Raw()

    def read_body(self, raw: dict[str, Any]) -> dict[str, Any]:
        """The loaded body, with the card that a wallet's payload stands for."""
        return super().read_body(wallets.unfolded(raw))


class CardUpdateRequest(Body):
    """The body of a card's update."""

    cvc2 = Text(40, validate=shaped("[0-9]{3,4}", "three or four digits"))
    # What apps call it.
    cvc = Text(40, validate=shaped("[0-9]{3,4}", "three or four digits"))
    preferred_scheme = Text(40)
    preferred_card_type = Text(40)
    scheme_details = fields.Nested(SchemeDetailsRequest())


def passes_luhn(number: str) -> bool:
    """Whether the digits pass the check that every card number passes."""
    doubled = [int(digit) * 2 for digit in number[-2::-2]]
    return (sum(int(digit) for digit in number[-1::-2]) + sum(n - 9 if n > 9 else n for n in doubled)) % 10 == 0


__all__ = ["CardRequest", "CardUpdateRequest", "DeviceRequest", "passes_luhn"]
