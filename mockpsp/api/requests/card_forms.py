"""What the body of a new card may be, for the document: a card's number, or the test payload of a wallet.

Made of the one schema that all of them are read by (cards.py). To describe a form: an entry in `described`.
"""

from collections.abc import Callable, Iterable
from typing import Any

from mockpsp.api.requests import wallets
from mockpsp.api.requests.cards import CardRequest
from mockpsp.api.wire.fields import Body

Document = dict[str, Any]

#: What goes beside a wallet's payload.
_BESIDE = "name contact shipping device preferred_scheme preferred_card_type metadata scheme_details".split()
#: What belongs to a wallet's payload and to no card's number.
_WALLETS_OWN = {*wallets.WALLETS, "applepay_mid"}


def described(inline: Callable[[Body], Document]) -> Document:
    """The body of `POST /cards` as JSON schema; `inline` makes that of a body."""
    card = inline(CardRequest())
    known: Document = card["properties"]
    by_number = {
        **card,
        "title": "CardRequest",
        "description": "A card by its number; with `token_type`, one that stands in a wallet.",
        "properties": {name: one for name, one in known.items() if name not in _WALLETS_OWN},
    }
    test_card = {
        "title": "WalletTestCard",
        "type": "object",
        "description": "The test card that a wallet's test payload stands for; what is left out is made up.",
        "properties": _of(known, wallets.MEANT),
        "required": ["number"],
        "additionalProperties": False,
    }
    return {
        "title": "NewCardRequest",
        "description": "The body of a new card: by its number, or by a wallet's test payload alone.",
        "oneOf": [
            by_number,
            _wallet(
                "ApplePayCardRequest",
                "applepay",
                {"applepay_response": _apple_pay(test_card), **_of(known, ["applepay_mid", *_BESIDE])},
            ),
            _wallet(
                "GooglePayCardRequest", "googlepay", {"payment_token": _google_pay(test_card), **_of(known, _BESIDE)}
            ),
        ],
    }


def _of(known: Document, names: Iterable[str]) -> Document:
    return {name: known[name] for name in names}


def _wallet(title: str, token_type: str, properties: Document) -> Document:
    """The form of a wallet: its payload, which comes first, and what goes beside it."""
    payload = next(iter(properties))
    return {
        "title": title,
        "type": "object",
        "description": f"A card in a wallet, by the wallet's test payload in `{payload}`.",
        "properties": {**properties, "token_type": {"type": "string", "const": token_type}},
        "required": [payload],
    }


def _apple_pay(test_card: Document) -> Document:
    data = {"anyOf": [_holding("ApplePayTestData", test_card), _holding("ApplePayPackedTestData", _PACKED, "data")]}
    token = _holding("ApplePayToken", data, "paymentData")
    return _holding("ApplePayResponse", token, "token")


def _google_pay(test_card: Document) -> Document:
    return {"oneOf": [_PACKED, _holding("GooglePayTestToken", test_card)]}


def _holding(title: str, inner: Document, name: str = "mockpsp") -> Document:
    """An object that holds this one thing that is read here; whatever else is in it is passed over."""
    return {"title": title, "type": "object", "properties": {name: inner}, "required": [name]}


#: A test payload as text, where its place takes nothing else.
_PACKED: Document = {
    "type": "string",
    "maxLength": wallets.LENGTH_MAX,
    "description": 'JSON such as `{"mockpsp": {"number": "4242424242424242"}}`, or base64 of it',
}
