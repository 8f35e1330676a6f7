"""Telling the world of a customer's token."""

from mockpsp.api.shapes.expansions import event_data
from mockpsp.engine.announce import announce
from mockpsp.engine.universes import UniverseTx
from mockpsp.store.resources import TokenRow


def tell(tx: UniverseTx, name: str, row: TokenRow) -> None:
    """Fire an event about a token, which also goes to the token's own webhook address."""
    announce(tx, name, event_data(tx, "token", row), row.body.get("webhook_url"))
