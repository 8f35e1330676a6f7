"""Telling the world of a customer's token."""

from mockpsp import engine
from mockpsp.api.expansions import told
from mockpsp.store.resources import TokenRow
from mockpsp.universes import UniverseTx


def tell(tx: UniverseTx, name: str, row: TokenRow) -> None:
    """Fire an event about a token, which also goes to the token's own webhook address."""
    engine.announce(tx, name, told(tx, "token", row), row.body.get("webhook_url"))
