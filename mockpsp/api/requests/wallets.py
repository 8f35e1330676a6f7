"""Cards of wallets: test payloads of this sandbox's own making, in the place of what a wallet encrypts.

A payload is ours where it holds an object `mockpsp` that names a published test card. Apple Pay's is the paymentData of
its token (`applepay_response.token.paymentData.mockpsp`), or packed in that data's own `data`, the one place where the
app library lets anything through. Google Pay's is a part of the token beside or instead of the signed message
(`payment_token`: the token's JSON, or base64 of it, as browsers and apps send it). Any other payload may be somebody's
real card: it is refused, and nothing of it is kept, shown or repeated.
"""

import base64
import binascii
import json
from collections.abc import Mapping
from typing import Any, NoReturn, TypeGuard

from mockpsp.domain.text.codes import Refused

#: Field of a card's body -> the wallet it belongs to.
WALLETS = {"applepay_response": "applepay", "payment_token": "googlepay"}
#: What a test payload says of its card.
MEANT = ("number", "exp_month", "exp_year", "cryptogram", "eci")
_OURS = "mockpsp"
_INVALID = "request.card.invalid"
#: What a payload need not say.
_DATES = {"exp_month": 12, "exp_year": 2035}
#: Longer ones are no test payload.
LENGTH_MAX = 16_384


def unfolded(raw: dict[str, Any]) -> dict[str, Any]:
    """The body with the card that its wallet's payload stands for; as it was, where it holds none."""
    field = next((name for name in WALLETS if name in raw), None)
    if field is None:
        return raw
    if all(name in raw for name in WALLETS):
        _refuse(field, "belongs to another wallet than payment_token; a card has one of them", _INVALID)
    wallet = WALLETS[field]
    if raw.get("token_type", wallet) != wallet:
        _refuse(field, f"is a payload of {wallet}, and token_type says otherwise; leave token_type out", _INVALID)
    if "number" in raw:
        _refuse(field, "stands for a card, and so does number; a card has one of them", _INVALID)
    card = _apple(raw[field]) if wallet == "applepay" else _google(raw[field])
    found = {name: value for name, value in card.items() if value not in (None, "")} if _is_map(card) else {}
    if "number" not in found:
        place = "token.paymentData" if wallet == "applepay" else "the token"
        _refuse(
            field,
            "is no test payload of this sandbox. A wallet's own is encrypted for the real API and belongs in no "
            f'sandbox; this one was not kept. Send one whose {place} holds {{"mockpsp": {{"number": a test card}}}}, '
            "or a test card's number with token_type",
            "sandbox.not-supported",
        )
    if found.keys() - set(MEANT):  # not repeated: whatever else is in a payload stays unseen
        _refuse(field, f"mockpsp: holds a name that is not known here; known: {', '.join(MEANT)}", _INVALID)
    # Apps send the dates of a card that they do not know as zeros.
    unknown = {name for name in _DATES if str(raw.get(name)) == "0"}
    rest = {name: value for name, value in raw.items() if name not in WALLETS.keys() | unknown}
    return {**_DATES, **rest, "token_type": wallet, **found}


def _apple(payload: Any) -> Any:
    for name in ("token", "paymentData"):
        payload = payload.get(name) if _is_map(payload) else None
    if not _is_map(payload):
        return None
    return payload[_OURS] if _OURS in payload else _packed(payload.get("data"))


def _google(payload: Any) -> Any:
    return payload.get(_OURS) if _is_map(payload) else _packed(payload)


def _packed(text: Any) -> Any:
    """What a text says of a test card, where it is our payload's JSON or base64 of that."""
    found = _json(text) if isinstance(text, str) else None
    return found.get(_OURS) if _is_map(found) else None


def _is_map(value: Any) -> TypeGuard[Mapping[str, Any]]:
    return isinstance(value, Mapping)


def _json(text: str) -> Any:
    """The JSON of a text, or of what is base64 of one; None for anything else."""
    if len(text) > LENGTH_MAX:
        return None
    try:
        plain = text if text.lstrip().startswith("{") else base64.b64decode(text, validate=True).decode()
        return json.loads(plain)
    except (binascii.Error, ValueError, RecursionError):
        return None


def _refuse(field: str, why: str, code: str) -> NoReturn:
    raise Refused(code, f"{field}: {why}", field=field)
