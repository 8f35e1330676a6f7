"""Cards. Only published test numbers are taken; no number, test or real, is ever stored or shown."""

import hashlib
from typing import Any

from flask import Blueprint, request

from mockpsp.api.requests import card_forms, lookups, token_events
from mockpsp.api.requests.cards import CardRequest, CardUpdateRequest
from mockpsp.api.shapes import cards
from mockpsp.api.shapes.expansions import show, show_seqs
from mockpsp.api.wire import paging
from mockpsp.api.wire.expand_parameter import request_expansion
from mockpsp.api.wire.http import described_by, reads, writes
from mockpsp.domain.text.card_numbers import hide_card_numbers
from mockpsp.domain.text.codes import Refused
from mockpsp.engine.universes import UniverseTx
from mockpsp.store import listing, resources
from mockpsp.store.resources import CardRow

blueprint = Blueprint("cards", __name__)

_KEPT = "exp_month exp_year exp_day name preferred_card_type metadata token_type eci".split()
_ADDRESS = "address1 address2 city state zip".split()
#: What is left of a deleted card: what its payments show, nothing of who held it.
_ANONYMOUS = "exp_month exp_year created_at_ms used used_by has_been_authorized checks token_seq".split()


@blueprint.post("/cards")
@described_by(card_forms.described)
@writes(CardRequest())
def create_card(tx: UniverseTx, body: dict[str, Any]) -> dict[str, Any]:
    """Keep a test card; its number leaves nothing but its first six and last four digits."""
    number = body["number"]
    test_card = _test_card(tx, body)
    contact, device = body.get("contact", {}), body.get("device", {})
    kept = {name: body[name] for name in _KEPT if name in body}
    kept |= {name: contact[name] for name in _ADDRESS if name in contact}
    if country := contact.get("billing_country_code") or contact.get("country_code"):
        kept["billing_country_code"] = country
    kept["device"] = {**_caller(device), **device}
    if body.keys() & {"cvc", "cvc2"}:
        kept["cvc"] = True
    kept |= _preferences(body)
    kept["fingerprint"] = hashlib.blake2b(number.encode(), key=tx.key, digest_size=32).hexdigest()
    kept["created_at_ms"] = tx.now_ms
    row = CardRow(tx.mint.next(), test_card, kept)
    resources.insert_card(tx.conn, tx.project.no, row)
    resources.count(tx.conn, tx.project.no, "card", 1)
    return {"card": show(tx, "card", row, request_expansion())}


@blueprint.get("/cards")
@reads
def list_cards(tx: UniverseTx) -> dict[str, Any]:
    """List cards."""
    tree = request_expansion()
    return paging.page(
        tx,
        "cards",
        "card_",
        listing.CARDS,
        (),
        lambda seqs: show_seqs(tx, "card", seqs, tree),
    )


@blueprint.get("/cards/<card_id>")
@reads
def fetch_card(tx: UniverseTx, card_id: str) -> dict[str, Any]:
    """Fetch a card."""
    return {"card": show(tx, "card", lookups.card(tx, card_id), request_expansion())}


@blueprint.put("/cards/<card_id>")
@writes(CardUpdateRequest())
def update_card(tx: UniverseTx, body: dict[str, Any], card_id: str) -> dict[str, Any]:
    """Put a card's CVC back, or say which scheme to prefer; `none` prefers none."""
    row = lookups.card(tx, card_id)
    kept = {**row.body, **_preferences(body), "updated_at_ms": tx.now_ms}
    if body.get("preferred_scheme") == "none":
        kept.pop("preferred_scheme", None)
    if "preferred_card_type" in body:
        kept["preferred_card_type"] = body["preferred_card_type"]
    if body.keys() & {"cvc", "cvc2"}:
        kept |= {"cvc": True, "update_type": "new-cvc2", "update_reason_code": "request"}
    row = row._replace(body=kept)
    resources.update_card(tx.conn, tx.project.no, row)
    return {"card": show(tx, "card", row, request_expansion())}


@blueprint.delete("/cards/<card_id>")
@writes()
def anonymise_card(tx: UniverseTx, body: dict[str, Any], card_id: str) -> dict[str, Any]:
    """Forget who held a card; it pays nothing more. Its payments go on showing its scheme and last four digits."""
    row = lookups.card(tx, card_id)
    left = {name: row.body[name] for name in _ANONYMOUS if name in row.body}
    resources.anonymise_card(tx.conn, tx.project.no, row._replace(body={**left, "anonymised": True}), tx.now_ms)
    resources.count(tx.conn, tx.project.no, "card", -1)
    token_seq = row.body.get("token_seq")
    token = None if token_seq is None else resources.load_token(tx.conn, tx.project.no, token_seq)
    if token is not None and token.card_seq == row.seq:
        token = token._replace(body={**token.body, "is_bare": True})
        resources.update_token(tx.conn, tx.project.no, token)
        token_events.tell(tx, "customer.token.updated", token)
    return {}


@blueprint.get("/iins/<digits>")
@reads
def fetch_card_information(tx: UniverseTx, digits: str) -> dict[str, Any]:
    """Say what a card number's first digits tell: its scheme and, of the test cards, its issuer."""
    if not (digits.isascii() and digits.isdigit() and 6 <= len(digits) <= 19):
        raise Refused("request.validation.error", "the IIN must be the first six or more digits of a card number")
    found = cards.card_information(tx, digits)
    if found is None:
        raise Refused("resource.not-found", f"no scheme is known for numbers that begin with {digits[:6]}", 404)
    return {"card_information": found}


def _test_card(tx: UniverseTx, body: dict[str, Any]) -> str:
    """The catalog's key of a test number; Refused for any other, without repeating it."""
    key = tx.catalog.card_key(body["number"])
    if key is None:
        raise Refused(
            "card.invalid-number",
            "number: not a published test card; real card numbers don't belong in a sandbox, and this one was not kept",
            field="number",
        )
    return key


def _preferences(body: dict[str, Any]) -> dict[str, Any]:
    """Which scheme to use, and what it called an earlier payment."""
    kept = {}
    if "preferred_scheme" in body:
        kept["preferred_scheme"] = body["preferred_scheme"]
        if kept["preferred_scheme"] == "none":
            kept = {}
    details = body.get("scheme_details", {})
    if "transaction_id" in details:
        kept["initial_scheme_transaction_id"] = details["transaction_id"]
    if "transaction_link_id" in details:
        kept["transaction_link_id"] = details["transaction_link_id"]
    return kept


def _caller(device: dict[str, Any]) -> dict[str, Any]:
    """What the request itself tells of a customer's device; of a server that calls, nothing."""
    if device.get("request_origin") == "backend":
        return {}
    seen = {
        "ip_address": request.remote_addr,
        "user_agent": request.headers.get("User-Agent"),
        "header_accept": request.headers.get("Accept"),
        "header_referer": request.headers.get("Referer"),
    }
    return {name: hide_card_numbers(text[:1_000]) for name, text in seen.items() if text}
