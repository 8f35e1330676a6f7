"""Customers and their tokens."""

from dataclasses import replace
from typing import Any

from flask import Blueprint

from mockpsp import card_use, engine
from mockpsp.api import lookups, paging, shapes
from mockpsp.api.expanding import request_expansion
from mockpsp.api.expansions import show, show_seqs
from mockpsp.api.fields import AmountText, Body, Flag, Object, Text, Texts, WebUrl, one_of, shaped
from mockpsp.api.http import reads, writes
from mockpsp.domain import money
from mockpsp.domain.codes import Refused
from mockpsp.store import listing, resources
from mockpsp.store.resources import CustomerRow, TokenRow
from mockpsp.universes import UniverseTx

blueprint = Blueprint("customers", __name__)

_CUSTOMER: dict[str, Any] = {
    "balance": AmountText(),
    "email": Text(255, validate=shaped(r"[^@\s]+@[^@\s]+", "an e-mail address")),
    "first_name": Text(80),
    "last_name": Text(80),
    "company_name": Text(80),
    "address1": Text(80),
    "address2": Text(80),
    "city": Text(80),
    "state": Text(80),
    "zip": Text(16),
    "country_code": Text(2, validate=shaped("[A-Za-z]{2}", "two letters")),
    "ip_address": Text(45),
    "phone": Object(),
    "phone_number": Text(17),
    "legal_document": Text(255),
    "date_of_birth": Text(40),
    "is_business": Flag(),
    "sex": Text(validate=one_of(("male", "female"))),
    "metadata": Texts(),
    "registered_at": Text(40),
    "reference_id": Text(80),
}
CustomerRequest = Body.from_dict(
    {**_CUSTOMER, "id": Text(64), "currency": Text(3), "default_token_id": Text()}, name="CustomerRequest"
)


class TokenRequest(Body):
    """The body of a customer's token: a card as its source, or none yet."""

    source = Text()
    metadata = Texts()
    description = Text()
    set_default = Flag(load_default=False)
    return_url = WebUrl()
    cancel_url = WebUrl()
    webhook_url = WebUrl()


@blueprint.post("/customers")
@writes(CustomerRequest())
def create_customer(tx: UniverseTx, body: dict[str, Any]) -> dict[str, Any]:
    """Create a customer; the client may choose its id."""
    chosen_id = body.pop("id", None)
    body.pop("default_token_id", None)
    if chosen_id is not None and _is_taken(tx, chosen_id):
        raise Refused("request.validation.invalid-id", f"there is a customer {chosen_id[:64]!r} already", field="id")
    _settle_balance(body, None)
    row = CustomerRow(tx.mint.next(), chosen_id, {**body, "created_at_ms": tx.now_ms})
    resources.insert_customer(tx.conn, tx.project.no, row)
    resources.count(tx.conn, tx.project.no, "customer", 1)
    engine.announce(tx, "customer.created", {"customer": shapes.customer(tx, row)})
    return {"customer": show(tx, "customer", row, request_expansion())}


@blueprint.get("/customers")
@reads
def list_customers(tx: UniverseTx) -> dict[str, Any]:
    """List customers."""
    tree = request_expansion()
    return paging.page(
        tx,
        "customers",
        "cust_",
        listing.CUSTOMERS,
        (),
        lambda seqs: show_seqs(tx, "customer", seqs, tree),
        lambda chosen_id: _chosen_seq(tx, chosen_id),
    )


@blueprint.get("/customers/<customer_id>")
@reads
def fetch_customer(tx: UniverseTx, customer_id: str) -> dict[str, Any]:
    """Fetch a customer."""
    return {"customer": show(tx, "customer", lookups.customer(tx, customer_id), request_expansion())}


@blueprint.put("/customers/<customer_id>")
@writes(CustomerRequest())
def update_customer(tx: UniverseTx, body: dict[str, Any], customer_id: str) -> dict[str, Any]:
    """Change what is given; a currency once set stays."""
    row = lookups.customer(tx, customer_id)
    body.pop("id", None)
    if "default_token_id" in body:
        body["default_token_seq"] = lookups.token(tx, body.pop("default_token_id"), row.seq).seq
    _settle_balance(body, row.body.get("currency"))
    row = replace(row, body={**row.body, **body})
    resources.update_customer(tx.conn, tx.project.no, row)
    if "default_token_seq" in body:
        _mark_default(tx, row)
    engine.announce(tx, "customer.updated", {"customer": shapes.customer(tx, row)})
    return {"customer": show(tx, "customer", row, request_expansion())}


@blueprint.delete("/customers/<customer_id>")
@writes()
def delete_customer(tx: UniverseTx, body: dict[str, Any], customer_id: str) -> dict[str, Any]:
    """Delete a customer with its tokens; its payments stay."""
    row = lookups.customer(tx, customer_id)
    for token in resources.load_tokens(tx.conn, tx.project.no, row.seq):
        resources.delete_token(tx.conn, tx.project.no, token.seq)
    resources.delete_customer(tx.conn, tx.project.no, row.seq)
    resources.count(tx.conn, tx.project.no, "customer", -1)
    engine.announce(tx, "customer.deleted", {"customer": shapes.customer(tx, row)})
    return {}


@blueprint.get("/customers/<customer_id>/transactions")
@reads
def list_customer_transactions(tx: UniverseTx, customer_id: str) -> dict[str, Any]:
    """List a customer's transactions."""
    row = lookups.customer(tx, customer_id)
    tree = request_expansion()
    return paging.page(
        tx,
        "transactions",
        "tr_",
        listing.CUSTOMER_TRANSACTIONS,
        (row.seq,),
        lambda seqs: show_seqs(tx, "transaction", seqs, tree),
    )


@blueprint.post("/customers/<customer_id>/tokens")
@writes(TokenRequest())
def create_token(tx: UniverseTx, body: dict[str, Any], customer_id: str) -> dict[str, Any]:
    """Create a token: of a card, or pending until one is given. The first with a card becomes the default."""
    customer = lookups.customer(tx, customer_id)
    source, is_default = body.pop("source", None), body.pop("set_default")
    card = None if source is None else _source_card(tx, source)
    seq = tx.mint.next()
    is_default = card is not None and (is_default or "default_token_seq" not in customer.body)
    kept = {
        **body,
        "customer_id": shapes.customer_id(tx, customer),
        "summary": f"**** **** **** {card.test_card[-4:]}" if card else None,
        "is_default": is_default,
        "created_at_ms": tx.now_ms,
    }
    if card is not None:
        card_use.attach(tx, card, seq)
    row = TokenRow(seq, customer.seq, card.seq if card else None, kept)
    resources.insert_token(tx.conn, tx.project.no, row)
    if is_default:
        customer = replace(customer, body={**customer.body, "default_token_seq": seq})
        resources.update_customer(tx.conn, tx.project.no, customer)
        _mark_default(tx, customer)
    engine.announce(tx, "customer.token.created", {"token": shapes.token(tx, row)}, row.body.get("webhook_url"))
    return {"token": show(tx, "token", row, {"card": {}, **request_expansion()} if card else request_expansion())}


@blueprint.get("/customers/<customer_id>/tokens")
@reads
def list_tokens(tx: UniverseTx, customer_id: str) -> dict[str, Any]:
    """List a customer's tokens."""
    customer = lookups.customer(tx, customer_id)
    tree = request_expansion()
    return paging.page(
        tx,
        "tokens",
        "tok_",
        listing.CUSTOMER_TOKENS,
        (customer.seq,),
        lambda seqs: show_seqs(tx, "token", seqs, tree),
    )


@blueprint.get("/customers/<customer_id>/tokens/<token_id>")
@reads
def fetch_token(tx: UniverseTx, customer_id: str, token_id: str) -> dict[str, Any]:
    """Fetch a customer's token, with its card."""
    row = lookups.token(tx, token_id, lookups.customer(tx, customer_id).seq)
    tree = {"card": {}, **request_expansion()} if row.card_seq is not None else request_expansion()
    return {"token": show(tx, "token", row, tree)}


@blueprint.delete("/customers/<customer_id>/tokens/<token_id>")
@writes()
def delete_token(tx: UniverseTx, body: dict[str, Any], customer_id: str, token_id: str) -> dict[str, Any]:
    """Delete a customer's token."""
    customer = lookups.customer(tx, customer_id)
    row = lookups.token(tx, token_id, customer.seq)
    resources.delete_token(tx.conn, tx.project.no, row.seq)
    if customer.body.get("default_token_seq") == row.seq:
        body = {key: value for key, value in customer.body.items() if key != "default_token_seq"}
        resources.update_customer(tx.conn, tx.project.no, replace(customer, body=body))
    engine.announce(tx, "customer.token.deleted", {"token": shapes.token(tx, row)}, row.body.get("webhook_url"))
    return {}


def _is_taken(tx: UniverseTx, chosen_id: str) -> bool:
    return tx.seq("cust_", chosen_id) is not None or _chosen_seq(tx, chosen_id) is not None


def _chosen_seq(tx: UniverseTx, chosen_id: str) -> int | None:
    row = resources.load_chosen_customer(tx.conn, tx.project.no, chosen_id)
    return None if row is None else row.seq


def _settle_balance(body: dict[str, Any], currency: str | None) -> None:
    """Check currency and balance together: a balance counts in the customer's currency."""
    if "currency" in body:
        body["currency"] = money.check_currency(body["currency"])
        if currency not in (None, body["currency"]):
            raise Refused(
                "request.validation.invalid-currency",
                f"the customer's currency is {currency} and stays so; {body['currency']} was given",
                field="currency",
            )
    if "balance" in body:
        known = body.get("currency") or currency or "USD"
        body["balance"] = money.format_trimmed(money.parse(body["balance"], known, allow_zero=True), known)


def _source_card(tx: UniverseTx, source: str) -> resources.CardRow:
    if not source.startswith("card_"):
        raise Refused(
            "request.source.invalid", "a token's source must be a card, an id starting with card_", field="source"
        )
    return lookups.card(tx, source)


def _mark_default(tx: UniverseTx, customer: CustomerRow) -> None:
    """Exactly the default token says that it is."""
    for token in resources.load_tokens(tx.conn, tx.project.no, customer.seq):
        is_default = token.seq == customer.body["default_token_seq"]
        if token.body.get("is_default", False) != is_default:
            token = replace(token, body={**token.body, "is_default": is_default})
            resources.update_token(tx.conn, tx.project.no, token)
