"""Provisioning a network token for a card: pending for a minute, then active; its customer's token shows it."""

from mockpsp.domain.payments.payment import Payment
from mockpsp.engine.universes import UniverseTx
from mockpsp.store import resources
from mockpsp.store.resources import CardRow

#: How long the network takes. A choice: no public source says.
PROVISIONING_MS = 60_000


def provision_for(tx: UniverseTx, payment: Payment) -> None:
    """The card that paid gets a network token, unless it has one; its customer's token shows it."""
    card = None if payment.card_seq is None else resources.load_card(tx.conn, tx.project.no, payment.card_seq)
    if card is not None and "network_token" not in card.body:
        show_on_token(tx, provision(tx, card))


def provision(tx: UniverseTx, card: CardRow) -> CardRow:
    """The card with a network token on its way."""
    kept = {"seq": tx.mint.next(), "active_at_ms": tx.now_ms + PROVISIONING_MS}
    card = card._replace(body={**card.body, "network_token": kept})
    resources.update_card(tx.conn, tx.project.no, card)
    return card


def show_on_token(tx: UniverseTx, card: CardRow) -> None:
    """A customer's token shows the network token of its card."""
    token_seq = card.body.get("token_seq")
    token = None if token_seq is None else resources.load_token(tx.conn, tx.project.no, token_seq)
    if token is not None:
        token = token._replace(body={**token.body, "network_token": card.body["network_token"]})
        resources.update_token(tx.conn, tx.project.no, token)
