"""What a customer still has at a payment method: balances of tokens that are no cards.

Nobody fills these wallets, so a token's metadata says what is in them: `mockpsp_balance: "15.00 EUR"`, and
`mockpsp_vouchers: "5.00 EUR, 10.00 EUR until 2026-03-01T00:00:00Z"`.
"""

import re
from typing import Any

from flask import Blueprint

from mockpsp.api.requests import lookups, verification
from mockpsp.api.wire.http import reads
from mockpsp.domain.payments import money
from mockpsp.domain.text.codes import OPERATION_NOT_SUPPORTED, Refused
from mockpsp.domain.time.moments import parse_rfc3339, rfc3339_fraction
from mockpsp.engine.universes import UniverseTx
from mockpsp.store import resources

blueprint = Blueprint("balances", __name__)

_BALANCE = re.compile(r"\s*([0-9]+(?:\.[0-9]+)?)\s+([A-Z]{3})(?:\s+until\s+(\S+))?\s*", re.ASCII)


@blueprint.get("/balances/tokens/<token_id>")
@reads
def fetch_balances(tx: UniverseTx, token_id: str) -> dict[str, Any]:
    """Say what is left behind a token of a payment method; a card's balance nobody can tell."""
    row = lookups.token(tx, token_id)
    if "gateway" not in row.body:
        raise Refused(OPERATION_NOT_SUPPORTED, "this token has no balance to tell: it is not of a wallet or the like")
    metadata = row.body.get("metadata", {})
    customer = resources.load_customer(tx.conn, tx.project.no, row.customer_seq)
    assert customer is not None, "a token never outlives its customer"
    vouchers = [text for text in metadata.get("mockpsp_vouchers", "").split(",") if text.strip()]
    nothing = f"0 {verification.currency_of(customer)}"
    return {
        "balances": {
            "vouchers": [_balance("mockpsp_vouchers", text) for text in vouchers],
            "available_balance": _balance("mockpsp_balance", metadata.get("mockpsp_balance", nothing)),
            "customer_action": None,
        }
    }


def _balance(name: str, text: str) -> dict[str, Any]:
    match = _BALANCE.fullmatch(text)
    if match is None:
        raise Refused(
            "request.validation.invalid-metadata",
            f"the token's metadata {name} is {text[:60]!r}; expected an amount and its currency, such as 15.00 EUR",
            field="metadata",
        )
    currency = money.check_currency(match[2])
    minor = money.parse(match[1], currency, allow_zero=True)
    try:
        expiry = None if match[3] is None else rfc3339_fraction(parse_rfc3339(match[3]))
    except ValueError as error:
        raise Refused("request.validation.invalid-metadata", f"{name}: {error}", field="metadata") from None
    return {"amount": money.format_trimmed(minor, currency), "currency": currency, "expiry": expiry}
