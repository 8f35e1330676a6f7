"""`save_source`: what paid is kept as a token of the invoice's customer, for payments to come.

A card is kept by the payment itself. Who saves a method that sends them away first asks for the way there, with the
configuration as the source: a token is made for them then, which the way names, and the payment they come back for
puts the method behind it.
"""

from typing import Any
from urllib.parse import urlsplit

from mockpsp.api.requests import gateway_requests, token_events, token_sources
from mockpsp.api.shapes import customers
from mockpsp.api.shapes.invoices import redirect_address
from mockpsp.api.shapes.parts import Shape
from mockpsp.api.shapes.payments import PaymentRow
from mockpsp.domain.commands import GatewayRequest
from mockpsp.domain.payments.payment import Payment
from mockpsp.engine.universes import UniverseTx
from mockpsp.store import resources
from mockpsp.store.resources import CustomerRow, TokenRow

#: In a method's address: what follows is the token that the method is to stand behind.
_NAMED = "tokenized"


def save(tx: UniverseTx, payment: Payment, request: GatewayRequest | None, text: str | None) -> TokenRow | None:
    """Keep what paid as the customer's token; nothing without a customer, or paid by token.

    `request`: the method that the customer came back from, and `text` its source as it was given.
    """
    if payment.customer_seq is None or payment.token_seq is not None:
        return None
    customer = resources.load_customer(tx.conn, tx.project.no, payment.customer_seq)
    if customer is None:
        return None
    if request is not None:
        return _keep_method(tx, customer, request, text)
    return None if payment.card_seq is None else _keep_card(tx, customer, payment.card_seq)


def way(tx: UniverseTx, row: PaymentRow, configuration_id: str) -> str:
    """Where a customer pays by a method."""
    return redirect_address(tx, tx.id("iv_", row.payment.invoice_seq), configuration_id)


def way_to_save(tx: UniverseTx, row: PaymentRow, configuration_id: str) -> tuple[str, TokenRow | None]:
    """Where a customer pays by a method that is to be saved, and the token made for it; None: there is no customer."""
    address = way(tx, row, configuration_id)
    seq = row.payment.customer_seq
    customer = None if seq is None else resources.load_customer(tx.conn, tx.project.no, seq)
    if customer is None:
        return address, None
    made = _make(tx, customer, None, {})
    token_events.tell(tx, "customer.token.created", made)
    return f"{address}/{_NAMED}/{tx.id('tok_', made.seq)}", made


def action(address: str) -> Shape:
    """The way to a method's page, as pages are told it."""
    return {"type": "redirect", "value": address, "metadata": None}


def _keep_card(tx: UniverseTx, customer: CustomerRow, card_seq: int) -> TokenRow | None:
    card = resources.load_card(tx.conn, tx.project.no, card_seq)
    if card is None or "token_seq" in card.body:
        return None
    row = _make(tx, customer, card.seq, {"summary": f"**** **** **** {card.test_card[-4:]}"})
    resources.update_card(tx.conn, tx.project.no, card._replace(body={**card.body, "token_seq": row.seq}))
    row = _first_is_default(tx, customer, row)
    token_events.tell(tx, "customer.token.created", row)
    return row


def _keep_method(tx: UniverseTx, customer: CustomerRow, request: GatewayRequest, text: str | None) -> TokenRow:
    named = _named_by(tx, customer, text)
    row = named or _make(tx, customer, None, {})
    row = token_sources.with_method(row, request)
    row = row._replace(body={**row.body, "verification_status": "success"})
    resources.update_token(tx.conn, tx.project.no, row)
    row = _first_is_default(tx, customer, row)
    token_events.tell(tx, "customer.token.created" if named is None else "customer.token.updated", row)
    return row


def _named_by(tx: UniverseTx, customer: CustomerRow, text: str | None) -> TokenRow | None:
    """The token of theirs, still without a source, that the page named from which they came back."""
    address = "" if text is None else urlsplit(gateway_requests.address_of(text)).path
    before, _, token_id = address.rpartition("/")
    seq = tx.seq("tok_", token_id) if before.endswith(f"/{_NAMED}") else None
    row = None if seq is None else resources.load_token(tx.conn, tx.project.no, seq)
    if row is None or row.customer_seq != customer.seq or row.card_seq is not None or "gateway" in row.body:
        return None
    return row


def _make(tx: UniverseTx, customer: CustomerRow, card_seq: int | None, about: dict[str, Any]) -> TokenRow:
    body = {"customer_id": customers.customer_id(tx, customer), **about, "created_at_ms": tx.now_ms}
    row = TokenRow(tx.mint.next(), customer.seq, card_seq, body)
    resources.insert_token(tx.conn, tx.project.no, row)
    return row


def _first_is_default(tx: UniverseTx, customer: CustomerRow, row: TokenRow) -> TokenRow:
    """The token, its customer's default where they had none."""
    return row if "default_token_seq" in customer.body else token_sources.become_default(tx, row)
