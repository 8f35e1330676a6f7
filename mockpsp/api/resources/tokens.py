"""Customers' tokens: of a card, of a payment method, or pending until they get a source; and what they stand for.

The card or gateway request a token is made of pays through it any number of times. Read verification.py for what
`verify` does.
"""

from typing import Any

from flask import Blueprint, request

from mockpsp.api.requests import gateway_requests, lookups, network_tokens, token_events, verification
from mockpsp.api.requests.cards import DeviceRequest
from mockpsp.api.shapes import customers
from mockpsp.api.shapes.expansions import show, show_seqs
from mockpsp.api.wire import paging, public
from mockpsp.api.wire.expand_parameter import request_expansion
from mockpsp.api.wire.fields import Body, Flag, Object, ReturnUrl, Text, TextMap, WebUrl, fields
from mockpsp.api.wire.http import Declined, reads, writes
from mockpsp.domain.text.codes import Refused
from mockpsp.engine import card_use, gateways
from mockpsp.engine.universes import UniverseTx
from mockpsp.store import listing, payments, resources
from mockpsp.store.resources import CustomerRow, TokenRow

blueprint = Blueprint("tokens", __name__)

#: Whose client secrets let a page delete a token of their customer.
_LAST = 100

_KEPT = (
    "description summary metadata return_url cancel_url webhook_url manual_invoice_cancellation provision_network_token"
).split()


class TokenRequest(Body):
    """The body of a customer's token, new or changed."""

    source = Text(gateway_requests.MAX_LENGTH)
    settings = Object()
    device = fields.Nested(DeviceRequest())
    verify = Flag(load_default=False)
    verify_metadata = TextMap()
    verify_statement_descriptor = Text(25)
    set_default = Flag(load_default=False)
    invoice_return_url = ReturnUrl()
    gateway_configuration_id = Text()
    provision_network_token = Flag()
    description = Text()
    summary = Text()
    metadata = TextMap()
    return_url = ReturnUrl()
    cancel_url = ReturnUrl()
    webhook_url = WebUrl()
    invoice_id = Text()
    manual_invoice_cancellation = Flag()
    preferred_scheme = Text(40)


@blueprint.post("/customers/<customer_id>/tokens")
@writes(TokenRequest())
def create_token(tx: UniverseTx, body: dict[str, Any], customer_id: str) -> Any:
    """Create a token: of a card, of a gateway request, or pending until one is given. The first becomes the default."""
    customer = lookups.customer(tx, customer_id)
    kept = {name: body[name] for name in _KEPT if name in body}
    kept |= {"customer_id": customers.customer_id(tx, customer), "created_at_ms": tx.now_ms}
    row = TokenRow(tx.mint.next(), customer.seq, None, kept)
    resources.insert_token(tx.conn, tx.project.no, row)
    answer = _give_source(tx, customer, row, body)
    if isinstance(answer, Declined):
        resources.delete_token(tx.conn, tx.project.no, row.seq)
    else:
        token_events.tell(tx, "customer.token.created", answer.row)
    return _answer(tx, answer)


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
    return _shown(tx, lookups.token(tx, token_id, lookups.customer(tx, customer_id).seq))


@blueprint.put("/customers/<customer_id>/tokens/<token_id>")
@writes(TokenRequest())
def update_token(tx: UniverseTx, body: dict[str, Any], customer_id: str, token_id: str) -> Any:
    """Change what is given: a source is attached in place of the one there was, and verified if asked for."""
    customer = lookups.customer(tx, customer_id)
    row = lookups.token(tx, token_id, customer.seq)
    row = row._replace(body={**row.body, **{name: body[name] for name in _KEPT if name in body}})
    answer = _give_source(tx, customer, row, body)
    if isinstance(answer, verification.Verified):
        token_events.tell(tx, "customer.token.updated", answer.row)
    return _answer(tx, answer)


@blueprint.delete("/customers/<customer_id>/tokens/<token_id>")
@writes()
def delete_token(tx: UniverseTx, body: dict[str, Any], customer_id: str, token_id: str) -> dict[str, Any]:
    """Delete a customer's token; a page needs the client secret of one of the customer's last hundred invoices."""
    customer = lookups.customer(tx, customer_id)
    if tx.is_public:
        scope = (tx.project.no, customer.seq)
        seqs, _ = listing.page(tx.conn, listing.CUSTOMER_TRANSACTIONS, scope, is_ascending=False, limit=_LAST)
        found = (payments.load_payment(tx.conn, tx.project.no, seq) for seq in seqs)
        public.guard_customers_secret(tx, [one[0].invoice_seq for one in found if one is not None])
    row = lookups.token(tx, token_id, customer.seq)
    if customer.body.get("default_token_seq") == row.seq:
        body = {key: value for key, value in customer.body.items() if key != "default_token_seq"}
        resources.update_customer(tx.conn, tx.project.no, customer._replace(body=body))
    remove(tx, row)
    return {}


def remove(tx: UniverseTx, row: TokenRow) -> None:
    """Delete a token, and tell of it as it was."""
    token_events.tell(tx, "customer.token.deleted", row)
    resources.delete_token(tx.conn, tx.project.no, row.seq)


def mark_default(tx: UniverseTx, customer: CustomerRow, before: CustomerRow) -> None:
    """Exactly the customer's default token says that it is, where it was so before."""
    default_seq = customer.body["default_token_seq"]
    for seq in {default_seq, before.body.get("default_token_seq", default_seq)}:
        token = resources.load_token(tx.conn, tx.project.no, seq)
        is_default = seq == default_seq
        if token is not None and token.body.get("is_default", False) != is_default:
            token = token._replace(body={**token.body, "is_default": is_default})
            resources.update_token(tx.conn, tx.project.no, token)


def _give_source(
    tx: UniverseTx, customer: CustomerRow, row: TokenRow, body: dict[str, Any]
) -> "verification.Verified | Declined":
    """The token with its source, verified and made the default where that is asked for; or the source's decline."""
    if "source" in body:
        attached = _attach(tx, row, body)
        if isinstance(attached, Declined):
            return attached
        row = attached
    resources.update_token(tx.conn, tx.project.no, row)
    verified = verification.Verified(row)
    if body["verify"]:
        verified = verification.verify(tx, customer, row, body, _verifying_gateway(tx, customer, body))
        row = verified.row
    is_first = "default_token_seq" not in customer.body and "source" in body
    if row.is_chargeable and (body["set_default"] or is_first):
        row = row._replace(body={**row.body, "is_default": True})
        loaded = resources.load_customer(tx.conn, tx.project.no, customer.seq)
        assert loaded is not None
        customer = loaded._replace(body={**loaded.body, "default_token_seq": row.seq})
        resources.update_customer(tx.conn, tx.project.no, customer)
        mark_default(tx, customer, loaded)
    return verified._replace(row=row)


def _attach(tx: UniverseTx, row: TokenRow, body: dict[str, Any]) -> TokenRow | Declined:
    """The token with this source behind it, which nothing else may use from now on."""
    source = body["source"]
    kept = {name: value for name, value in row.body.items() if name not in verification.OF_SOURCE}
    if source.startswith(gateway_requests.PREFIX):
        found = gateway_requests.read(tx, source)
        if found.error_code is not None:
            return Declined(found.error_code, tx.catalog.decline_message(found.error_code))
        if found.digest and not resources.use_gateway_request(tx.conn, tx.project.no, found.digest, row.seq):
            raise Refused(
                card_use.ALREADY_USED, "source: this gateway request was used before; it is good once", field="source"
            )
        summary = body.get("summary") or found.gateway
        kept |= {"gateway": found.gateway, "method_token": found.token, "summary": summary}
        if found.account:
            kept["account"] = found.account
        return row._replace(card_seq=None, body=kept)
    if not source.startswith("card_"):
        raise Refused(
            "request.source.invalid",
            "source: a token is made of a card (card_...) or a gateway request (gway_req_...)",
            field="source",
        )
    card = card_use.attach(tx, lookups.card(tx, source), row.seq)
    kept["summary"] = f"**** **** **** {card.test_card[-4:]}"
    if kept.get("provision_network_token") and "network_token" not in card.body:
        card = network_tokens.provision(tx, card)
    if "network_token" in card.body:
        kept["network_token"] = card.body["network_token"]
    return row._replace(card_seq=card.seq, body=kept)


def _verifying_gateway(tx: UniverseTx, customer: CustomerRow, body: dict[str, Any]) -> str:
    """The gateway that verifies: the configuration that was named, else where a payment would go."""
    wanted = body.get("gateway_configuration_id")
    if wanted is None:
        currency = verification.currency_of(customer)
        return gateways.route(
            tx, request.headers.get("Mockpsp-Gateway"), {"metadata": body.get("verify_metadata")}, currency
        )
    name = gateways.key_of_id(tx, wanted)
    if name is None:
        raise lookups.not_found("gateway configuration")
    return name


def _answer(tx: UniverseTx, answer: "verification.Verified | Declined") -> Any:
    if isinstance(answer, Declined):
        return answer
    shown = _shown(tx, answer.row)
    return {**shown, "customer_action": answer.customer_action} if answer.customer_action else shown


def _shown(tx: UniverseTx, row: TokenRow) -> dict[str, Any]:
    """The token with its card, asked for or not."""
    tree = {"card": {}, **request_expansion()} if row.card_seq is not None else request_expansion()
    return {"token": show(tx, "token", row, tree)}
