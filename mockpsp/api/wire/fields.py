"""Schema fields shared by the routes. Lengths and lists of words are the API's documented ones."""

import ipaddress
import re
import unicodedata
from collections.abc import Callable, Iterable, Mapping
from decimal import Decimal
from typing import Any

from marshmallow import EXCLUDE, RAISE, Schema, ValidationError, fields, validate

from mockpsp.api.wire import loading
from mockpsp.domain.payments.money import written
from mockpsp.domain.text import app_links
from mockpsp.domain.text.countries import COUNTRIES
from mockpsp.domain.text.nearest import nearest_name
from mockpsp.domain.time.moments import parse_moment, rfc3339_fraction
from mockpsp.webhooks import targets
from mockpsp.webhooks.errors import MalformedUrl


class _Read(Schema):
    """What every body has: how a route reads it (wire/http.py)."""

    #: Keys that are refused where they are given and empty: elsewhere empty means absent.
    never_empty: frozenset[str] = frozenset()

    def read_body(self, raw: dict[str, Any]) -> dict[str, Any]:
        """The loaded body; Refused with every field's error at once."""
        return loading.read(self, raw)


class Body(_Read):
    """A body of ProcessOut's own routes: unknown keys are ignored, as its SDKs need."""

    class Meta:
        unknown = EXCLUDE


class StrictBody(_Read):
    """A body of `/sandbox`: unknown keys are refused."""

    class Meta:
        unknown = RAISE


class Text(fields.Field[str]):
    """Text of at most `limit` characters; a bare number is taken as text, as loosely typed clients send them."""

    default_error_messages = {
        "type": "must be text, not {kind}",
        "long": "has {length} characters; at most {limit} go",
    }

    def __init__(self, limit: int = 255, **more: Any) -> None:
        super().__init__(**more)
        self.limit = limit

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **more: Any) -> str:
        if isinstance(value, int | Decimal) and not isinstance(value, bool):
            value = str(value)
        if not isinstance(value, str):
            raise self.make_error("type", kind=kind_of(value))
        if len(value) > self.limit:
            raise self.make_error("long", length=len(value), limit=self.limit)
        return value


class Name(Text):
    """A person's name; emoji, currency signs and control characters are dropped, `_` becomes a space."""

    #: Unicode categories: control, format, surrogate, private use, unassigned; currency signs; symbols such as emoji.
    _DROPPED = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Sc", "So"})
    #: Parts of emoji whose categories say otherwise: variation selectors, the keycap, skin tones.
    _GLUE = frozenset("\ufe0e\ufe0f\u20e3\U0001f3fb\U0001f3fc\U0001f3fd\U0001f3fe\U0001f3ff")

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **more: Any) -> str:
        text = super()._deserialize(value, attr, data, **more)
        if text.isascii() and text.isprintable() and "_" not in text and "$" not in text:
            return text
        kept = (c for c in text if unicodedata.category(c) not in self._DROPPED and c not in self._GLUE)
        return "".join(kept).replace("_", " ").strip()


class Email(Text):
    """An e-mail address."""

    default_error_messages = {"email": "must be an e-mail address"}
    _SHAPE = re.compile(r"[^@\s]+@[^@\s]+\Z")

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **more: Any) -> str:
        text = super()._deserialize(value, attr, data, **more)
        if not self._SHAPE.match(text):
            raise self.make_error("email")
        return text


class Country(Text):
    """A country's two letters, kept in capitals."""

    default_error_messages = {"country": "{input!r} is not an ISO 3166 country code of two letters"}

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **more: Any) -> str:
        text = super()._deserialize(value, attr, data, **more)
        if not text.isascii() or text.upper() not in COUNTRIES:
            raise self.make_error("country", input=text[:20])
        return text.upper()


class IpAddress(Text):
    """An address of IP version 4 or 6."""

    default_error_messages = {"ip": "{input!r} is not an IP address"}

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **more: Any) -> str:
        text = super()._deserialize(value, attr, data, **more)
        try:
            ipaddress.ip_address(text)
        except ValueError:
            raise self.make_error("ip", input=text[:50]) from None
        return text


class Moment(Text):
    """A moment, kept as RFC 3339 in UTC: given so, as an RFC 1123 date, a day, or seconds since 1970.

    `drops_offset`: an offset is taken off, not converted, as the API does with automatic captures.
    """

    default_error_messages = {"moment": "{why}"}

    def __init__(self, *, drops_offset: bool = False, **more: Any) -> None:
        super().__init__(limit=64, **more)
        self.drops_offset = drops_offset

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **more: Any) -> str:
        text = super()._deserialize(value, attr, data, **more)
        try:
            return rfc3339_fraction(parse_moment(text, drops_offset=self.drops_offset))
        except ValueError as error:
            raise self.make_error("moment", why=str(error)) from None


class Anything(fields.Field[Any]):
    """Any JSON, kept as it came; `is_read`: it is read, and not kept, so its numbers stay numbers."""

    def __init__(self, *, is_read: bool = False, **more: Any) -> None:
        super().__init__(**more)
        self.is_read = is_read

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **more: Any) -> Any:
        return value if self.is_read else plain(value)


class Part(fields.Nested):
    """An object within the body; an empty list is an empty object, as some languages write it."""

    default_error_messages = {"part": "must be an object, not {kind}"}

    def _deserialize(
        self, value: Any, attr: str | None, data: Mapping[str, Any] | None, partial: Any = None, **more: Any
    ) -> Any:
        if value == []:
            if not self.required:
                return self.load_default
            value = {}
        if not isinstance(value, dict):
            raise self.make_error("part", kind=kind_of(value))
        return super()._deserialize(value, attr, data, partial=partial, **more)


class Items(fields.List[Any]):
    """A list of at most `limit` items; a longer one is refused before any of them is looked at."""

    default_error_messages = {"invalid": "must be a list", "many": "has {count} items; at most {limit} go"}

    def __init__(self, item: fields.Field[Any], limit: int = 500, **more: Any) -> None:
        super().__init__(item, **more)
        self.limit = limit

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **more: Any) -> list[Any]:
        if isinstance(value, list) and len(value) > self.limit:
            raise self.make_error("many", count=len(value), limit=self.limit)
        return super()._deserialize(value, attr, data, **more)


class Parts(Items):
    """A list of objects."""

    default_error_messages = {"invalid": "must be a list of objects"}

    def __init__(self, part: Schema, limit: int = 500, **more: Any) -> None:
        # Required, since a list has no place for an object left out: an empty one is held to its required fields.
        super().__init__(Part(part, required=True), limit, **more)


class AmountText(Text):
    """An amount in major units as text; what it is worth depends on the currency (domain.payments.money).

    The API has text for amounts, and its JavaScript client sends a number: one is taken at its exact value.
    """

    def __init__(self, **more: Any) -> None:
        super().__init__(limit=64, **more)

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **more: Any) -> str:
        return super()._deserialize(number_written(value), attr, data, **more)


class Flag(fields.Field[bool]):
    """A boolean, also in the spellings that form bodies and some SDKs use; their word for none means absent."""

    default_error_messages = {"type": "must be true or false"}
    _BY_TEXT = {"true": True, "1": True, "false": False, "0": False}
    _ABSENT = frozenset({"none", "null"})

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **more: Any) -> Any:
        if isinstance(value, str) and value.lower() in self._ABSENT:
            return self.load_default
        found = self._BY_TEXT.get(str(value).lower()) if isinstance(value, bool | int | str) else None
        if found is None:
            raise self.make_error("type")
        return found


class TextMap(fields.Field[dict[str, str]]):
    """A map of text to text, such as metadata. A bare number or boolean is not text."""

    default_error_messages = {
        "type": "must be an object of text to text, not {kind}",
        "value": "{name!r} must be text, not {kind}",
        "many": "has {count} keys; at most {limit} go",
        "long": "{name!r} is longer than {limit} characters",
    }
    LIMIT_KEYS = 100
    LIMIT_VALUE = 4_096

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **more: Any) -> dict[str, str]:
        if value == []:  # an empty map as some languages write it
            return {}
        if not isinstance(value, dict):
            raise self.make_error("type", kind=kind_of(value))
        if len(value) > self.LIMIT_KEYS:
            raise self.make_error("many", count=len(value), limit=self.LIMIT_KEYS)
        for key, text in value.items():
            if not isinstance(text, str):
                raise self.make_error("value", name=key[:80], kind=kind_of(text))
            if len(text) > self.LIMIT_VALUE or len(key) > self.LIMIT_VALUE:
                raise self.make_error("long", name=key[:80], limit=self.LIMIT_VALUE)
        return value


class Object(Anything):
    """An object that is kept and shown as it came."""

    default_error_messages = {"type": "must be an object, not {kind}"}

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **more: Any) -> Any:
        if not isinstance(value, dict):
            raise self.make_error("type", kind=kind_of(value))
        return super()._deserialize(value, attr, data, **more)


class WebUrl(Text):
    """An http or https address, with a host that can be one: what is refused here can't end a payment half-way."""

    default_error_messages = {"url": "must be an http:// or https:// address: {why}"}

    def __init__(self, **more: Any) -> None:
        super().__init__(limit=2_048, **more)

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **more: Any) -> str:
        text = super()._deserialize(value, attr, data, **more)
        try:
            targets.parse(text)
        except MalformedUrl as error:
            raise self.make_error("url", why=str(error)) from None
        return text


class ReturnUrl(WebUrl):
    """Where a customer comes back to: a page of the web, or an app by a link of its own (`shop.example://back`)."""

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **more: Any) -> str:
        if isinstance(value, str) and len(value) <= self.limit and app_links.is_app_link(value):
            return value
        return super()._deserialize(value, attr, data, **more)


class Count(fields.Field[int]):
    """A whole number within bounds, also as text of digits."""

    default_error_messages = {"type": "must be a whole number from {low} to {high}"}

    def __init__(self, low: int, high: int, **more: Any) -> None:
        super().__init__(**more)
        self.low, self.high = low, high

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **more: Any) -> int:
        text = str(value)
        is_number = isinstance(value, int | str) and not isinstance(value, bool) and text.isascii() and text.isdigit()
        if not is_number or len(text) > 18 or not self.low <= int(text) <= self.high:
            raise self.make_error("type", low=self.low, high=self.high)
        return int(text)


def one_of(words: Iterable[str]) -> validate.OneOf:
    """A validator that names the words, and the nearest of them."""
    known = tuple(words)
    return _OneOf(known, error=f"{{input!r}} is not one of {', '.join(known)}")


class _OneOf(validate.OneOf):
    def _format_error(self, value: Any) -> str:
        near = nearest_name(value, self.choices) if isinstance(value, str) else None
        return super()._format_error(value) + (f"; did you mean {near!r}?" if near else "")


class Known(validate.Validator):
    """A validator of words by a function of its own; what they are is asked for by the document alone."""

    def __init__(self, check: Callable[[str], None], words: Callable[[], Iterable[str]]) -> None:
        self._check = check
        self.words = words

    def __call__(self, value: str) -> str:
        """The word, if it is known."""
        self._check(value)
        return value


def in_any_case(words: Iterable[str]) -> validate.OneOf:
    """The same for words that some write in capitals; the document names them once, as generators of clients want."""
    known = tuple(words)
    return _InAnyCase(known, error=f"{{input!r}} is not one of {', '.join(known)}, in small letters or capitals")


class _InAnyCase(_OneOf):
    def __call__(self, value: Any) -> Any:
        super().__call__(value.lower() if isinstance(value, str) and value.isupper() else value)
        return value


def shaped(pattern: str, what: str) -> validate.Regexp:
    """A validator of the whole text's shape."""
    return validate.Regexp(rf"(?:{pattern})\Z", error=f"must be {what}")


def plain(value: Any) -> Any:
    """The value as JSON can keep it: decimals as the text they came as."""
    if isinstance(value, Decimal):
        return str(value)
    if isinstance(value, dict):
        return {key: plain(item) for key, item in value.items()}
    if isinstance(value, list):
        return [plain(item) for item in value]
    return value


def number_written(value: Any) -> Any:
    """A number as plain decimal text of its exact value; anything else as it is."""
    return written(value) if isinstance(value, int | Decimal) and not isinstance(value, bool) else value


def kind_of(value: object) -> str:
    """What JSON calls the value's type."""
    names = {dict: "an object", list: "an array", str: "text", bool: "a boolean", type(None): "null"}
    return names.get(type(value), "a number")


__all__ = [
    "AmountText",
    "Anything",
    "Body",
    "Count",
    "Country",
    "Email",
    "Flag",
    "IpAddress",
    "Items",
    "Moment",
    "Name",
    "Object",
    "Part",
    "Parts",
    "ReturnUrl",
    "StrictBody",
    "Text",
    "TextMap",
    "ValidationError",
    "WebUrl",
    "fields",
    "in_any_case",
    "number_written",
    "one_of",
    "plain",
    "shaped",
]
