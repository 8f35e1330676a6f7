"""Phone numbers: asked for as an object or, older, as one text; kept and answered as `{number, dialing_code}`."""

import re
from collections.abc import Mapping
from typing import Any

from mockpsp.api.wire.fields import fields, kind_of
from mockpsp.domain.text.countries import split_dialling

#: Longest number without its dialling code, and longest older form with everything.
NUMBER_MAX = 14
TEXT_MAX = 17
_SEPARATORS = re.compile(r"[\s().-]+")
_DIALLING = re.compile(r"(?:00|\+)?([1-9][0-9]{0,3})", re.ASCII)
_DIGITS = re.compile(r"[0-9]+", re.ASCII)

Phone = dict[str, str | None]


class PhoneNumber(fields.Field[Phone]):
    """`{number, dialing_code}`, or one text in which `+` reads as `00`."""

    default_error_messages = {
        "type": "must be an object of number and dialing_code, or text, not {kind}",
        "long": "has {length} characters; at most {limit} go",
        "number": "{input!r} is not a phone number: digits are expected",
        "code": "{input!r} is not a dialling code such as 0033",
    }

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **more: Any) -> Phone:
        if isinstance(value, dict):
            return self._from_parts(value)
        if isinstance(value, int) and not isinstance(value, bool):
            value = str(value)
        if not isinstance(value, str):
            raise self.make_error("type", kind=kind_of(value))
        return self._from_text(value)

    def _from_parts(self, value: dict[str, Any]) -> Phone:
        number, code = value.get("number"), value.get("dialing_code")
        for part in (number, code):
            if part is not None and (isinstance(part, bool) or not isinstance(part, str | int)):
                raise self.make_error("number", input=str(part)[:40])
        digits = None if number is None else self._digits(str(number), NUMBER_MAX)
        match = None if code is None else _DIALLING.fullmatch(_SEPARATORS.sub("", str(code)))
        if code is not None and match is None:
            raise self.make_error("code", input=str(code)[:20])
        return {"number": digits, "dialing_code": f"00{match[1]}" if match else None}

    def _from_text(self, text: str) -> Phone:
        if len(text) > TEXT_MAX:
            raise self.make_error("long", length=len(text), limit=TEXT_MAX)
        plus = "00" if text.strip().startswith("+") else ""
        digits = plus + self._digits(text.strip().removeprefix("+"), TEXT_MAX)
        if not digits.startswith("00"):
            return {"number": digits, "dialing_code": None}
        code, number = split_dialling(digits[2:])
        return {"number": number, "dialing_code": f"00{code}"}

    def _digits(self, text: str, limit: int) -> str:
        digits = _SEPARATORS.sub("", text)
        if not _DIGITS.fullmatch(digits):
            raise self.make_error("number", input=text[:40])
        if len(digits) > limit:
            raise self.make_error("long", length=len(digits), limit=limit)
        return digits


def as_text(phone: Phone | None) -> str | None:
    """The older form of a phone: dialling code and number in one."""
    return None if phone is None else (phone.get("dialing_code") or "") + (phone.get("number") or "")
