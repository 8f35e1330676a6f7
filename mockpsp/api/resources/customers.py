"""Customers. Their tokens are in tokens.py."""

from typing import Any

from flask import Blueprint

from mockpsp.api.requests import lookups, token_sources
from mockpsp.api.resources import tokens
from mockpsp.api.shapes.expansions import event_data, show, show_seqs
from mockpsp.api.wire import paging
from mockpsp.api.wire.expand_parameter import request_expansion
from mockpsp.api.wire.fields import (
    AmountText,
    Body,
    Country,
    Email,
    Flag,
    IpAddress,
    Moment,
    Name,
    Text,
    TextMap,
    one_of,
    shaped,
)
from mockpsp.api.wire.http import reads, writes
from mockpsp.api.wire.phones import PhoneNumber
from mockpsp.domain.payments import money
from mockpsp.domain.text.codes import Refused
from mockpsp.engine.announce import announce
from mockpsp.engine.universes import UniverseTx
from mockpsp.store import listing, resources
from mockpsp.store.resources import CustomerRow

blueprint = Blueprint("customers", __name__)


class CustomerRequest(Body):
    """The body of a customer; every field may be left out."""

    id = Text(64, validate=shaped(r"[A-Za-z0-9._~-]+", "letters, digits, '.', '_', '~' or '-'"))
    balance = AmountText()
    currency = Text(3)
    default_token_id = Text()
    email = Email()
    first_name = Name(80)
    last_name = Name(80)
    company_name = Name(80)
    address1 = Text(80)
    address2 = Text(80)
    city = Text(80)
    state = Text(80)
    zip = Text(16)
    country_code = Country()
    ip_address = IpAddress()
    phone = PhoneNumber()
    phone_number = PhoneNumber()
    legal_document = Text(255)
    date_of_birth = Moment()
    is_business = Flag()
    sex = Text(validate=one_of(("male", "female")))
    metadata = TextMap()
    registered_at = Moment()
    reference_id = Text(80, validate=shaped("[!-~]+", "printable ASCII without spaces"))


@blueprint.post("/customers")
@writes(CustomerRequest())
def create_customer(tx: UniverseTx, body: dict[str, Any]) -> dict[str, Any]:
    """Create a customer; the client may choose its id."""
    chosen_id = body.pop("id", None)
    body.pop("default_token_id", None)
    if chosen_id is not None and _is_taken(tx, chosen_id):
        raise Refused("request.validation.invalid-id", f"there is a customer {chosen_id[:64]!r} already", field="id")
    _settle_balance(body, None)
    _settle_phone(body)
    row = CustomerRow(tx.mint.next(), chosen_id, {**body, "created_at_ms": tx.now_ms})
    resources.insert_customer(tx.conn, tx.project.no, row)
    resources.count(tx.conn, tx.project.no, "customer", 1)
    announce(tx, "customer.created", event_data(tx, "customer", row))
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
    _settle_phone(body)
    before, row = row, row._replace(body={**row.body, **body})
    resources.update_customer(tx.conn, tx.project.no, row)
    if "default_token_seq" in body:
        token_sources.mark_default(tx, row, before)
    announce(tx, "customer.updated", event_data(tx, "customer", row))
    return {"customer": show(tx, "customer", row, request_expansion())}


@blueprint.delete("/customers/<customer_id>")
@writes()
def delete_customer(tx: UniverseTx, body: dict[str, Any], customer_id: str) -> dict[str, Any]:
    """Delete a customer with its tokens; its payments stay."""
    row = lookups.customer(tx, customer_id)
    for token in resources.load_tokens(tx.conn, tx.project.no, row.seq):
        tokens.remove(tx, token)
    resources.delete_customer(tx.conn, tx.project.no, row.seq)
    resources.count(tx.conn, tx.project.no, "customer", -1)
    announce(tx, "customer.deleted", event_data(tx, "customer", row))
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


def _is_taken(tx: UniverseTx, chosen_id: str) -> bool:
    return tx.seq("cust_", chosen_id) is not None or _chosen_seq(tx, chosen_id) is not None


def _chosen_seq(tx: UniverseTx, chosen_id: str) -> int | None:
    row = resources.load_chosen_customer(tx.conn, tx.project.no, chosen_id)
    return None if row is None else row.seq


def _settle_phone(body: dict[str, Any]) -> None:
    """Keep one phone; the object goes before its older form."""
    older = body.pop("phone_number", None)
    if older is not None:
        body.setdefault("phone", older)


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
        try:
            minor = money.parse(body["balance"], known, allow_zero=True)
        except Refused as error:
            raise Refused(error.code, error.message.replace("amount", "balance", 1), field="balance") from None
        body["balance"] = money.format_trimmed(minor, known)
