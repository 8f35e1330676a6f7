"""What payment methods ask a customer for in the merchant's own form, and which answers will do.

A profile names its inputs by key (`native = ["iban"]`), and after them what the customer then does elsewhere
(`"voucher"`). To add one: a row in `INPUTS`, or in `ACTIONS`.
"""

import re
from collections.abc import Callable, Mapping
from typing import NamedTuple

_NAME = re.compile(r"\S.{1,78}\S")
_CODE = re.compile(r"[0-9]{6}", re.ASCII)
_PHONE = re.compile(r"\+?[0-9]{6,15}", re.ASCII)
_EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")
_IBAN = re.compile(r"[A-Z]{2}[0-9]{2}[A-Z0-9]{11,30}", re.ASCII)


class NativeInput(NamedTuple):
    """One input: its type and name as the API shows them, what will do, and how a refusal puts it."""

    key: str
    type: str
    display_name: str
    accepts: Callable[[str], bool]
    wants: str
    length: int | None = None


class NativeAction(NamedTuple):
    """What a customer does away from the shop: how a person is told, and the number that stands for the payment."""

    key: str
    says: str
    number_label: str = ""
    #: What is said beside the method's picture of where it is taken.
    beside_picture: str = ""


def asked(native: tuple[str, ...]) -> tuple[str, ...]:
    """The inputs among the words of a profile."""
    return tuple(key for key in native if key in INPUTS)


def action(native: tuple[str, ...]) -> NativeAction | None:
    """What the customer does elsewhere, if a profile's words name it."""
    return next((ACTIONS[key] for key in native if key in ACTIONS), None)


def check(wanted: tuple[str, ...], given: Mapping[str, str]) -> tuple[dict[str, str], dict[str, str]]:
    """(missing, wrong) inputs, each key with what it has to be."""
    missing = {key: f"is missing: it must be {INPUTS[key].wants}" for key in wanted if not given.get(key)}
    wrong = {
        key: f"must be {INPUTS[key].wants}" for key in wanted if given.get(key) and not INPUTS[key].accepts(given[key])
    }
    return missing, wrong


def _is_iban(text: str) -> bool:
    """Whether the text has an IBAN's form and its two check digits are right (ISO 13616)."""
    packed = text.replace(" ", "").upper()
    if not _IBAN.fullmatch(packed):
        return False
    digits = "".join(str(int(letter, 36)) for letter in packed[4:] + packed[:4])
    return int(digits) % 97 == 1


def _matches(pattern: re.Pattern[str]) -> Callable[[str], bool]:
    return lambda text: pattern.fullmatch(text) is not None


INPUTS: dict[str, NativeInput] = {
    found.key: found
    for found in (
        NativeInput("account_holder", "text", "Account holder", _matches(_NAME), "a name of 3 to 80 characters"),
        NativeInput("iban", "text", "IBAN", _is_iban, "an IBAN such as DE89 3704 0044 0532 0130 00"),
        NativeInput("code", "numeric", "Six-digit code", _matches(_CODE), "six digits", 6),
        NativeInput("phone", "phone", "Phone number", _matches(_PHONE), "a phone number of 6 to 15 digits"),
        NativeInput("email", "email", "E-mail", _matches(_EMAIL), "an e-mail address"),
    )
}

#: At most one of a profile; `app` is left for, and the others are paid while the shop's page waits.
ACTIONS: dict[str, NativeAction] = {
    found.key: found
    for found in (
        NativeAction(
            "voucher",
            "Pay with this voucher in a shop near you: show it at the till.",
            "Voucher number",
            "Any shop that shows this sign takes it.",
        ),
        NativeAction("qr_code", "Scan this code with your bank's app, and confirm the payment there.", "Code to copy"),
        NativeAction("app", "Your bank's app opens. Confirm the payment there."),
    )
}
