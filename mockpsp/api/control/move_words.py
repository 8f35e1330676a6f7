"""The moves of `/sandbox/simulate` in words, and as the document describes them: from the moves that there are."""

from collections.abc import Callable, Mapping
from typing import Any

from marshmallow import Schema

#: What a move is about -> how its ids begin; a gateway goes by its name.
ID_PREFIXES: Mapping[str, tuple[str, ...]] = {
    "payment": ("tr_", "iv_"),
    "refund": ("refd_",),
    "card": ("card_",),
    "token": ("tok_",),
    "payout": ("payt_",),
}
_SPAN = {"type": "string", "maxLength": 40, "description": "not now but after a span, such as `3d`"}
#: Move -> what it means. To add a move: its words here, beside its row in moves.py.
MOVE_WORDS: Mapping[str, str] = {
    "refund.make": "A refund that the shop's code did not ask for, such as one from the PSP's dashboard.",
    "refund.settle": "The refund has reached the customer.",
    "refund.fail": "The refund did not reach the customer, whether or not it looked final.",
    "refund.fall_back": "An instant refund can't be made at once and goes on at ordinary speed.",
    "refund.cancel": "The merchant takes a pending refund back.",
    "refund.release": "The customer is owed nothing more for refunds that came back after they looked final.",
    "capture.settle": "The PSP has the money of the oldest capture that was not settled.",
    "capture.confirm": "The oldest capture under way is through.",
    "capture.fail": (
        "The oldest capture under way came to nothing; where none is, the last one that was through, and its money is "
        "taken back."
    ),
    "capture.succeed": "The last capture that failed after it was through is through after all.",
    "three_d_s.authenticate": "The payer has proved to be the holder; what waited for it goes on.",
    "three_d_s.fail": "The payer could not prove to be the holder.",
    "three_d_s.abandon": "The payer has left 3-D Secure.",
    "three_d_s.expire": "Nobody answered the challenge in time.",
    "payment.confirm": "The provider has the money of a pending payment.",
    "payment.fail": (
        "The provider will not get the money of a pending payment, or loses that of a confirmed one: `reason` is the "
        "bank's own, and brings a `code`."
    ),
    "authorization.expire": "The hold has run out.",
    "retrieval_request.open": "The issuer asks what the payment was.",
    "fraud_notification.send": "The issuer warns that the payment was fraud.",
    "chargeback.open": "The issuer takes money back: the amount, or all that was not refunded. One that was won is "
    "presented again where it can be; `dispute: new` is another one.",
    "retrieval_request.answer": "The merchant says what the payment was, and the issuer is satisfied.",
    "retrieval_request.expire": "Nobody answered in time, and the issuer disputes.",
    "chargeback.contest": "The merchant answers with evidence; `outcome` is what the issuer will make of it.",
    "chargeback.accept": "The merchant lets the chargeback stand.",
    "chargeback.expire": "The time to answer has run out.",
    "chargeback.win": "The dispute is decided for the merchant: all of it, or `amount`. A lost one turns around.",
    "chargeback.lose": "The dispute is decided for the customer.",
    "pre_arbitration.open": "The issuer does not let a won dispute stand; no money moves until that is decided.",
    "card.expire": "The card is over its last month.",
    "token.revoke": "The customer took back what the token stands for.",
    "settlement.run": "All captures that wait for settlement settle.",
    "balance.add": "The merchant sends money to the gateway's balance.",
    "payout.run": "What is available is paid out, in one currency or in each.",
    "payout.arrive": "A payout that is on its way has reached the bank.",
    "payout.fail": "The bank sends the payout back.",
    "reserve.release": "The PSP gives back what it kept of a payout.",
}


def described(
    moves: Mapping[str, tuple[str, Schema, bool]], inline: Callable[[Schema], dict[str, Any]]
) -> dict[str, Any]:
    """The body of a move as JSON schema, one form for each; a move is what it is about, its details, whether it waits.

    `inline` makes JSON schema of a body.
    """
    return {
        "description": "One move of the world: what, on which object, with which details, now or after a span.",
        "oneOf": [
            _form(what, on, details, inline, may_wait=may_wait) for what, (on, details, may_wait) in moves.items()
        ],
    }


def _form(
    what: str, on: str, details: Schema, inline: Callable[[Schema], dict[str, Any]], *, may_wait: bool
) -> dict[str, Any]:
    needs_details = any(field.required for field in details.fields.values())
    return {
        "type": "object",
        "title": what,
        "description": MOVE_WORDS[what],
        "properties": {
            "what": {"type": "string", "const": what},
            "on": _on(on),
            "with": {"title": type(details).__name__, **inline(details)},
            **({"after": _SPAN} if may_wait else {}),
        },
        "required": ["what", "on", *(["with"] if needs_details else [])],
        "additionalProperties": False,
    }


def _on(on: str) -> dict[str, Any]:
    prefixes = ID_PREFIXES.get(on)
    if prefixes is None:
        return {"type": "string", "description": f"a {on}, by its name"}
    ids = " or ".join(f"{prefix}..." for prefix in prefixes)
    return {"type": "string", "pattern": f"^({'|'.join(prefixes)})", "description": f"a {on}, by its id: {ids}"}
