"""Who issued a card, as far as its first digits say: the test cards' own issuers, else the scheme of the range.

Read iins.toml for the issuers, which are invented. The ranges are the schemes' published ones.
"""

from collections.abc import Mapping
from typing import Any, NamedTuple

#: (first prefix, last prefix, scheme): prefixes of one length. The first line that holds wins.
_RANGES: tuple[tuple[str, str, str], ...] = (
    ("34", "34", "american express"),
    ("37", "37", "american express"),
    ("3528", "3589", "jcb"),
    ("300", "305", "diners club"),
    ("3095", "3095", "diners club"),
    ("36", "36", "diners club"),
    ("38", "39", "diners club"),
    ("6011", "6011", "discover"),
    ("644", "649", "discover"),
    ("65", "65", "discover"),
    ("62", "62", "china union pay"),
    ("5018", "5018", "maestro"),
    ("5020", "5020", "maestro"),
    ("5038", "5038", "maestro"),
    ("6304", "6304", "maestro"),
    ("6759", "6763", "maestro"),
    ("51", "55", "mastercard"),
    ("2221", "2720", "mastercard"),
    ("4", "4", "visa"),
)
#: Where a card in a sandbox is from unless its number says otherwise.
_COUNTRY = "US"


class Issuer(NamedTuple):
    """What an IIN says; None: not known."""

    scheme: str
    co_scheme: str | None = None
    type: str | None = None
    bank_name: str | None = None
    brand: str | None = None
    category: str | None = None
    country: str | None = None


def issuers_of(cards: Mapping[str, Any], rows: Mapping[str, Any]) -> dict[str, Issuer]:
    """The issuers of the test cards by their first six digits; `cards`: behaviours by key."""
    found: dict[str, Issuer] = {}
    for key, card in cards.items():
        row = {"type": "credit", **rows.get(key[:6], {})}
        found.setdefault(key[:6], Issuer(card.scheme, card.co_scheme, country=card.country_code or _COUNTRY, **row))
    return found


def scheme_of(digits: str) -> str | None:
    """The scheme whose range the digits are in, or None."""
    for low, high, scheme in _RANGES:
        if low <= digits[: len(low)] <= high:
            return scheme
    return None
