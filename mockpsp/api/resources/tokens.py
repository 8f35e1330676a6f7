"""Customers' tokens: of a card, of a payment method, or pending until they get a source; and what they stand for.

The card or gateway request a token is made of pays through it any number of times. Read verification.py for what
`verify` does.
"""

from typing import Any

from flask import Blueprint, request

from mockpsp.api.requests import gateway_requests, lookups, three_d_s, token_events, token_sources, verification
from mockpsp.api.requests.cards import DeviceRequest
from mockpsp.api.shapes import customers
from mockpsp.api.shapes.expansions import show, show_seqs
from mockpsp.api.wire import paging, public
from mockpsp.api.wire.expand_parameter import request_expansion
from mockpsp.api.wire.fields import Body, Flag, Object, ReturnUrl, Text, TextMap, WebUrl, fields
from mockpsp.api.wire.http import Declined, reads, writes
from mockpsp.engine import gateways
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
    if body["verify"] and "source" not in body:
        kept["is_to_verify"], body["verify"] = True, False
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


def _give_source(
    tx: UniverseTx, customer: CustomerRow, row: TokenRow, body: dict[str, Any]
) -> "verification.Verified | Declined":
    """The token with its source, verified and made the default where that is asked for; or the source's decline."""
    # A token made to be verified, as apps make it, is so when its card comes.
    is_to_verify = body["verify"] or ("source" in body and row.body.get("is_to_verify", False))
    said = three_d_s.parse_challenge_answer(body.get("source"))
    if said is not None:
        return _gone_on(tx, customer, row, said, is_default=body["set_default"])
    if "source" in body:
        attached = token_sources.attach(tx, row, body["source"], body.get("summary"))
        if isinstance(attached, Declined):
            return attached
        row = attached
    resources.update_token(tx.conn, tx.project.no, row)
    verified = verification.Verified(row)
    if is_to_verify and "gateway" in row.body:
        # Its customer was sent to the method and came back: more there is not to ask.
        row = row._replace(body={**row.body, "verification_status": "success"})
        resources.update_token(tx.conn, tx.project.no, row)
    elif is_to_verify:
        verified = verification.verify(tx, customer, row, body, _verifying_gateway(tx, customer, body))
        row = verified.row
    is_wanted = body["set_default"] or ("default_token_seq" not in customer.body and "source" in body)
    if row.is_chargeable and is_wanted:
        row = token_sources.become_default(tx, row)
    return verified._replace(row=row)


def _gone_on(
    tx: UniverseTx, customer: CustomerRow, row: TokenRow, said: dict[str, Any], *, is_default: bool
) -> "verification.Verified | Declined":
    """The token after what its customer brought back of 3-D Secure, the default where that is asked for."""
    found = verification.go_on(tx, row, said)
    if isinstance(found, Declined) or found.customer_action or not found.row.is_chargeable:
        return found
    if is_default or "default_token_seq" not in customer.body:
        return found._replace(row=token_sources.become_default(tx, found.row))
    return found


def _verifying_gateway(tx: UniverseTx, customer: CustomerRow, body: dict[str, Any]) -> str:
    """The gateway that verifies: the configuration that was named, else where a payment would go."""
    wanted = body.get("gateway_configuration_id")
    if wanted is None:
        currency = verification.currency_of(customer)
        return gateways.route(
            tx, request.headers.get("Mockpsp-Gateway"), {"metadata": body.get("verify_metadata")}, currency
        )
    return lookups.gateway(tx, wanted)


def _answer(tx: UniverseTx, answer: "verification.Verified | Declined") -> Any:
    if isinstance(answer, Declined):
        return answer
    shown = _shown(tx, answer.row)
    return {**shown, "customer_action": answer.customer_action} if answer.customer_action else shown


def _shown(tx: UniverseTx, row: TokenRow) -> dict[str, Any]:
    """The token with its card, asked for or not."""
    tree = {"card": {}, **request_expansion()} if row.card_seq is not None else request_expansion()
    return {"token": show(tx, "token", row, tree)}
