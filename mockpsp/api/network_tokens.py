"""Network tokens: a scheme's own stand-in for a card. Asked for, they are pending for a minute, then active."""

from dataclasses import replace
from typing import Any

from flask import Blueprint

from mockpsp.api import lookups, shapes
from mockpsp.api.fields import Body, Text
from mockpsp.api.http import Accepted, writes
from mockpsp.domain.codes import Refused
from mockpsp.domain.payment import Payment
from mockpsp.store import resources
from mockpsp.store.resources import CardRow
from mockpsp.universes import UniverseTx

blueprint = Blueprint("network_tokens", __name__)

#: How long the network takes. A choice: no public source says.
PROVISIONING_MS = 60_000


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
        card = provision(tx, card)
        _tell_token(tx, card)
    return Accepted({"network_token": {"status": shapes.network_token(tx, card.body["network_token"])["status"]}})


def provision_for(tx: UniverseTx, payment: Payment) -> None:
    """The card that paid gets a network token, unless it has one; its customer's token shows it."""
    card = None if payment.card_seq is None else resources.load_card(tx.conn, tx.project.no, payment.card_seq)
    if card is not None and "network_token" not in card.body:
        _tell_token(tx, provision(tx, card))


def provision(tx: UniverseTx, card: CardRow) -> CardRow:
    """The card with a network token on its way."""
    kept = {"seq": tx.mint.next(), "active_at_ms": tx.now_ms + PROVISIONING_MS}
    card = replace(card, body={**card.body, "network_token": kept})
    resources.update_card(tx.conn, tx.project.no, card)
    return card


def _tell_token(tx: UniverseTx, card: CardRow) -> None:
    """A customer's token shows the network token of its card."""
    token_seq = card.body.get("token_seq")
    token = None if token_seq is None else resources.load_token(tx.conn, tx.project.no, token_seq)
    if token is not None:
        token = replace(token, body={**token.body, "network_token": card.body["network_token"]})
        resources.update_token(tx.conn, tx.project.no, token)
