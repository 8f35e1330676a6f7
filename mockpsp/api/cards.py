"""Cards. Only published test numbers are taken; no number, test or real, is ever stored or shown."""

import hashlib
from typing import Any

from flask import Blueprint

from mockpsp.api import lookups, paging
from mockpsp.api.expanding import request_expansion
from mockpsp.api.expansions import show, show_seqs
from mockpsp.api.fields import Body, Count, Text, Texts
from mockpsp.api.http import reads, writes
from mockpsp.api.shapes import CARD_TEXTS
from mockpsp.domain.codes import Refused
from mockpsp.store import listing, resources
from mockpsp.store.resources import CardRow
from mockpsp.universes import UniverseTx

blueprint = Blueprint("cards", __name__)

CardRequest = Body.from_dict(
    {
        "number": Text(40, required=True),
        "exp_month": Count(1, 12, required=True),
        "exp_year": Count(0, 2100, required=True),
        "cvc2": Text(4),
        "country_code": Text(2),
        "preferred_scheme": Text(40),
        "metadata": Texts(),
        **{name: Text(80) for name in CARD_TEXTS if name != "name"},
        "name": Text(255),
        "zip": Text(16),
    },
    name="CardRequest",
)


@blueprint.post("/cards")
@writes(CardRequest())
def create_card(tx: UniverseTx, body: dict[str, Any]) -> dict[str, Any]:
    """Keep a test card; its number leaves nothing but its first six and last four digits."""
    number = body.pop("number").replace(" ", "").replace("-", "")
    test_card = _test_card(tx, number)
    year = body["exp_year"]
    body["exp_year"] = year + 2000 if year < 100 else year
    if body.pop("cvc2", None):
        body["cvc"] = True
    body["fingerprint"] = hashlib.blake2b(number.encode(), key=tx.key, digest_size=32).hexdigest()
    body["created_at_ms"] = tx.now_ms
    row = CardRow(tx.mint.next(), test_card, body)
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


def _test_card(tx: UniverseTx, number: str) -> str:
    """The catalog's key of a test number; Refused for any other, without repeating it."""
    key = tx.catalog.card_key(number)
    if key is None:
        raise Refused(
            "card.invalid-number",
            "number: not a published test card; real card numbers don't belong in a sandbox, and this one was not kept",
            field="number",
        )
    if tx.catalog.behaviour(key).three_d_s is not None:
        raise Refused(
            "sandbox.not-supported",
            f"number: the test card ending in {number[-4:]} asks for 3-D Secure, which is not simulated yet",
            field="number",
        )
    return key
