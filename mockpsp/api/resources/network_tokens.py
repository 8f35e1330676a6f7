"""Network tokens: a scheme's own stand-in for a card. Asked for, they are pending for a minute, then active."""

from typing import Any

from flask import Blueprint

from mockpsp.api.requests import lookups, network_tokens
from mockpsp.api.shapes import customers
from mockpsp.api.wire.fields import Body, Text
from mockpsp.api.wire.http import Accepted, writes
from mockpsp.domain.text.codes import Refused
from mockpsp.engine.universes import UniverseTx

blueprint = Blueprint("network_tokens", __name__)


class NetworkTokenRequest(Body):
    """The body of a request for a network token."""

    card_id = Text(required=True)


@blueprint.post("/network-tokens")
@writes(NetworkTokenRequest())
def create_network_token(tx: UniverseTx, body: dict[str, Any]) -> Accepted:
    """Ask the network for a token of a card; it is active a minute later. An active one is not made again."""
    card = lookups.card(tx, body["card_id"])
    kept = card.body.get("network_token")
    if kept is not None and tx.now_ms >= kept["active_at_ms"]:
        raise Refused(
            "request.validation.provisioning-not-possible",
            "the card's network token is active already, so none can be made",
            422,
            field="card_id",
        )
    if kept is None:
        card = network_tokens.provision(tx, card)
        network_tokens.show_on_token(tx, card)
    return Accepted({"network_token": {"status": customers.network_token(tx, card.body["network_token"])["status"]}})
