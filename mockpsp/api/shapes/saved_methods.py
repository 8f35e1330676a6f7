"""What a returning customer paid by before, as a checkout offers it again: tokens, each paid by with one press."""

from collections.abc import Sequence

from mockpsp.api.shapes.gateways import gateway, logo
from mockpsp.api.shapes.invoices import display
from mockpsp.api.shapes.parts import Shape
from mockpsp.engine.gateways import configuration_id, is_enabled
from mockpsp.engine.universes import UniverseTx
from mockpsp.store.resources import TokenRow

#: So many are offered, the newest first.
_SHOWN_MAX = 20


def saved_methods(tx: UniverseTx, tokens: Sequence[TokenRow]) -> list[Shape]:
    """The good ones among a customer's tokens, newest first; a page may delete each."""
    good = [row for row in tokens if row.is_chargeable and _is_open(tx, row)]
    return [_saved(tx, row) for row in good[:_SHOWN_MAX]]


def _is_open(tx: UniverseTx, row: TokenRow) -> bool:
    name = row.body.get("gateway")
    return name is None or is_enabled(tx, name)


def _saved(tx: UniverseTx, row: TokenRow) -> Shape:
    name = row.body.get("gateway")
    kind = "card_customer_token" if name is None else "apm_customer_token"
    token: Shape = {"customer_token_id": tx.id("tok_", row.seq), "deleting_allowed": True, "saving_allowed": False}
    if name is not None:
        token |= _method(tx, name)
    shown = display("Card" if name is None else gateway(tx, name)["display_name"], row.body.get("summary"))
    saved: Shape = {"type": kind, "flow": "express", "display": shown, kind: token}
    # Once one was deleted the browser library names it by the method, which it looks for where a new one's would be.
    return saved if name is None else {**saved, "apm": {**_method(tx, name), "saving_allowed": False}}


def _method(tx: UniverseTx, name: str) -> Shape:
    return {"gateway_configuration_id": configuration_id(tx, name), "gateway_name": name, "gateway_logo": logo()}
