"""Cards of wallets: test payloads of this sandbox's own making, in the place of what a wallet encrypts.

A payload is ours where it holds an object `mockpsp` that names a published test card. Apple Pay's is the paymentData of
its token (`applepay_response.token.paymentData.mockpsp`), Google Pay's a part of the token beside or instead of the
signed message (`payment_token`: the token's JSON, or base64 of it, as the browser library sends it). Any other payload
may be somebody's real card: it is refused, and nothing of it is kept, shown or repeated.
"""

import base64
import binascii
import json
from collections.abc import Mapping
from typing import Any, NoReturn

from mockpsp.domain.text.codes import Refused

#: Field of a card's body -> the wallet it belongs to.
WALLETS = {"applepay_response": "applepay", "payment_token": "googlepay"}
_OURS = "mockpsp"
_MEANT = ("number", "exp_month", "exp_year", "cryptogram", "eci")
#: What a payload need not say.
_DATES = {"exp_month": 12, "exp_year": 2035}
#: Longer ones are no test payload.
_LENGTH_MAX = 16_384


def unfolded(raw: dict[str, Any]) -> dict[str, Any]:
    """The body with the card that its wallet's payload stands for; as it was, where it holds none."""
    field = next((name for name in WALLETS if name in raw), None)
    if field is None:
        return raw
    if all(name in raw for name in WALLETS):
        _refuse(field, "belongs to another wallet than payment_token; a card has one of them", "request.card.invalid")
    wallet = WALLETS[field]
    if raw.get("token_type", wallet) != wallet:
        _refuse(field, f"is a payload of {wallet}, and token_type says otherwise", "request.card.invalid")
    if "number" in raw:
        _refuse(field, "stands for a card, and so does number; a card has one of them", "request.card.invalid")
    card = _apple(raw[field]) if wallet == "applepay" else _google(raw[field])
    if not isinstance(card, Mapping) or "number" not in card:
        place = "token.paymentData" if wallet == "applepay" else "the token"
        _refuse(
            field,
            "is no test payload of this sandbox. A wallet's own is encrypted for the real API and belongs in no "
            f'sandbox; this one was not kept. Send one whose {place} holds {{"mockpsp": {{"number": a test card}}}}, '
            "or a test card's number with token_type",
            "sandbox.not-supported",
        )
    rest = {name: value for name, value in raw.items() if name not in WALLETS}
    return {**_DATES, **rest, "token_type": wallet, **{name: card[name] for name in _MEANT if name in card}}


def _apple(payload: Any) -> Any:
    for name in ("token", "paymentData", _OURS):
        payload = payload.get(name) if isinstance(payload, Mapping) else None
    return payload


def _google(payload: Any) -> Any:
    if isinstance(payload, str):
        payload = _json(payload)
    return payload.get(_OURS) if isinstance(payload, Mapping) else None


def _json(text: str) -> Any:
    """The JSON of a text, or of what is base64 of one; None for anything else."""
    if len(text) > _LENGTH_MAX:
        return None
    try:
        plain = text if text.lstrip().startswith("{") else base64.b64decode(text, validate=True).decode()
        return json.loads(plain)
    except (binascii.Error, ValueError, RecursionError):
        return None


def _refuse(field: str, why: str, code: str) -> NoReturn:
    raise Refused(code, f"{field}: {why}", field=field)
