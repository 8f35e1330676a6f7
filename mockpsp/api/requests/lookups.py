"""From the ids of a request to rows, or a 404 that names what is missing."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from mockpsp.api.requests import gateway_requests
from mockpsp.api.shapes.payments import PaymentRow
from mockpsp.api.shapes.products import PRODUCT
from mockpsp.api.wire import public
from mockpsp.domain.commands import GatewayRequest, Source
from mockpsp.domain.text import ids
from mockpsp.domain.text.card_numbers import hide_card_numbers
from mockpsp.domain.text.codes import Refused
from mockpsp.engine import gateways
from mockpsp.engine.universes import UniverseTx
from mockpsp.store import payments, payouts, products, resources
from mockpsp.store.payments import RefundRow
from mockpsp.store.payouts import PayoutRow
from mockpsp.store.products import ProductRow
from mockpsp.store.resources import CardRow, CustomerRow, EventRow, TokenRow


def not_found(kind: str) -> Refused:
    """The 404 of a kind of object."""
    return Refused(f"resource.{kind.replace(' ', '-')}.not-found", f"the {kind} could not be found", 404)


@contextmanager
def by_hand(text: str) -> Iterator[None]:
    """A 404 about an id that a person typed says so where a part of it is missing."""
    try:
        yield
    except Refused as error:
        if error.status == 404:
            error.message += ids.cut(text)
        raise


def invoice(tx: UniverseTx, invoice_id: str) -> PaymentRow:
    """The invoice of that id with its payment."""
    seq = tx.seq("iv_", invoice_id)
    found = None if seq is None else payments.load_by_invoice(tx.conn, tx.project.no, seq)
    if found is None or seq is None:
        raise not_found("invoice")
    public.guard_client_secret(tx, seq)
    return PaymentRow(*found)


def transaction(tx: UniverseTx, transaction_id: str) -> PaymentRow:
    """The transaction of that id with its invoice's body."""
    seq = tx.seq("tr_", transaction_id)
    found = None if seq is None else payments.load_payment(tx.conn, tx.project.no, seq)
    if found is None:
        raise not_found("transaction")
    return PaymentRow(*found)


def refund(tx: UniverseTx, refund_id: str, payment_seq: int | None = None) -> RefundRow:
    """The refund of that id, of that payment if one is named."""
    seq = tx.seq("refd_", refund_id)
    row = None if seq is None else payments.load_refund(tx.conn, tx.project.no, seq)
    if row is None or payment_seq not in (None, row.payment_seq):
        raise not_found("refund")
    return row


def customer(tx: UniverseTx, customer_id: str) -> CustomerRow:
    """The customer of that id, made here or chosen by the client."""
    seq = tx.seq("cust_", customer_id)
    if seq is not None:
        row = resources.load_customer(tx.conn, tx.project.no, seq)
    else:
        row = resources.load_chosen_customer(tx.conn, tx.project.no, customer_id)
    if row is None:
        raise not_found("customer")
    return row


def card(tx: UniverseTx, card_id: str) -> CardRow:
    """The card of that id."""
    seq = tx.seq("card_", card_id)
    row = None if seq is None else resources.load_card(tx.conn, tx.project.no, seq)
    if row is None or "anonymised" in row.body:
        raise not_found("card")
    return row


def token(tx: UniverseTx, token_id: str, customer_seq: int | None = None) -> TokenRow:
    """The token of that id, of that customer if one is named."""
    seq = tx.seq("tok_", token_id)
    row = None if seq is None else resources.load_token(tx.conn, tx.project.no, seq)
    if row is None or customer_seq not in (None, row.customer_seq):
        raise not_found("token")
    return row


def product(tx: UniverseTx, product_id: str) -> ProductRow:
    """The product of that id."""
    seq = tx.seq(PRODUCT, product_id)
    row = None if seq is None else products.load(tx.conn, tx.project.no, [seq]).get(seq)
    if row is None:
        raise not_found("product")
    return row


def payout(tx: UniverseTx, payout_id: str) -> PayoutRow:
    """The payout of that id."""
    seq = tx.seq("payt_", payout_id)
    row = None if seq is None else payouts.load(tx.conn, tx.project.no, [seq]).get(seq)
    if row is None:
        raise not_found("payout")
    return row


def event(tx: UniverseTx, event_id: str) -> EventRow:
    """The event of that id."""
    seq = tx.seq("ev_", event_id)
    row = None if seq is None else resources.load_event(tx.conn, tx.project.no, seq)
    if row is None:
        raise not_found("event")
    return row


def gateway(tx: UniverseTx, configuration_id: str) -> str:
    """The key of the gateway configuration of that id."""
    key = gateways.key_of_id(tx, configuration_id)
    if key is None:
        raise not_found("gateway configuration")
    return key


def source(tx: UniverseTx, text: Any) -> Source | None:
    """What pays: a card, a customer's token or default token, a gateway request. None for none given."""
    if text is None:
        return None
    if text.startswith("card_"):
        seq = tx.seq("card_", text)
        if seq is None:
            raise not_found("card")
        return Source(seq)  # the engine reads the row
    if text.startswith("cust_"):
        default = customer(tx, text).body.get("default_token_seq")
        row = None if default is None else resources.load_token(tx.conn, tx.project.no, default)
        if row is None:
            raise Refused("request.source.invalid", "the customer has no default token to pay with", field="source")
    elif text.startswith("tok_"):
        row = token(tx, text)
    elif text.startswith(gateway_requests.PREFIX):
        return Source(request=gateway_requests.read(tx, text))
    else:
        shown = hide_card_numbers(text)[:40]
        raise Refused(
            "request.source.invalid",
            f"{shown!r} is no source: expected an id starting with card_, tok_, cust_ or gway_req_",
            field="source",
        )
    return _behind(row)


def _behind(row: TokenRow) -> Source:
    """What stands behind a token."""
    body = row.body
    if body.get("verification_status") == "failed":
        raise Refused("request.source.invalid", "the token's card did not pass its verification", field="source")
    if body.get("is_bare"):
        raise Refused("request.source.invalid", "the token's card was deleted", field="source")
    if "gateway" in body:
        revoked = "customer.payment-method-revoked" if body.get("revoked") else None
        request = GatewayRequest(body["gateway"], body["method_token"], revoked, account=body.get("account"))
        return Source(None, row.seq, request)
    if row.card_seq is None:
        raise Refused("request.source.invalid", "the token has no card behind it yet", field="source")
    return Source(row.card_seq, row.seq)
