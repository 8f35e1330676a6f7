"""What stands behind a customer's token, a card or a payment method, and which of the tokens is the default."""

from typing import Any

from mockpsp.api.requests import gateway_requests, lookups, network_tokens, verification
from mockpsp.api.wire.http import Declined
from mockpsp.domain.commands import GatewayRequest
from mockpsp.domain.text.codes import Refused
from mockpsp.engine import card_use
from mockpsp.engine.universes import UniverseTx
from mockpsp.store import resources
from mockpsp.store.resources import CustomerRow, TokenRow


def attach(tx: UniverseTx, row: TokenRow, source: str, summary: str | None = None) -> TokenRow | Declined:
    """The token with this source behind it, which nothing else may use from now on."""
    if source.startswith(gateway_requests.PREFIX):
        found = gateway_requests.read(tx, source)
        gateway_requests.guard_page(tx, source, tx.id("tok_", row.seq))
        if found.error_code is not None:
            return Declined(found.error_code, tx.catalog.decline_message(found.error_code))
        if found.digest and not resources.use_gateway_request(tx.conn, tx.project.no, found.digest, row.seq):
            raise Refused(
                card_use.ALREADY_USED, "source: this gateway request was used before; it is good once", field="source"
            )
        return with_method(row, found, summary)
    if not source.startswith("card_"):
        raise Refused(
            "request.source.invalid",
            "source: a token is made of a card (card_...) or a gateway request (gway_req_...)",
            field="source",
        )
    card = card_use.attach(tx, lookups.card(tx, source), row.seq)
    kept = _rest(row)
    kept["summary"] = f"**** **** **** {card.test_card[-4:]}"
    if kept.get("provision_network_token") and "network_token" not in card.body:
        card = network_tokens.provision(tx, card)
    if "network_token" in card.body:
        kept["network_token"] = card.body["network_token"]
    return row._replace(card_seq=card.seq, body=kept)


def with_method(row: TokenRow, found: GatewayRequest, summary: str | None = None) -> TokenRow:
    """The token with a payment method behind it."""
    kept = _rest(row) | {
        "gateway": found.gateway,
        "method_token": found.token,
        "summary": summary or found.gateway,
    }
    if found.account:
        kept["account"] = found.account
    return row._replace(card_seq=None, body=kept)


def become_default(tx: UniverseTx, row: TokenRow) -> TokenRow:
    """The token as its customer's default, which the one before no longer is."""
    row = row._replace(body={**row.body, "is_default": True})
    loaded = resources.load_customer(tx.conn, tx.project.no, row.customer_seq)
    assert loaded is not None
    customer = loaded._replace(body={**loaded.body, "default_token_seq": row.seq})
    resources.update_customer(tx.conn, tx.project.no, customer)
    mark_default(tx, customer, loaded)
    return row


def mark_default(tx: UniverseTx, customer: CustomerRow, before: CustomerRow) -> None:
    """Exactly the customer's default token says that it is, where it was so before."""
    default_seq = customer.body["default_token_seq"]
    for seq in {default_seq, before.body.get("default_token_seq", default_seq)}:
        token = resources.load_token(tx.conn, tx.project.no, seq)
        is_default = seq == default_seq
        if token is not None and token.body.get("is_default", False) != is_default:
            token = token._replace(body={**token.body, "is_default": is_default})
            resources.update_token(tx.conn, tx.project.no, token)


def _rest(row: TokenRow) -> dict[str, Any]:
    """What a token keeps when another source comes."""
    return {name: value for name, value in row.body.items() if name not in verification.OF_SOURCE}
