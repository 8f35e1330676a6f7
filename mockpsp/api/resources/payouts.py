"""Payouts to the merchant's bank and what they are made of. They come about by `payout.run` (control/moves.py)."""

from typing import Any

from flask import Blueprint

from mockpsp.api.requests import lookups
from mockpsp.api.shapes.expansions import show, show_seqs
from mockpsp.api.wire import paging
from mockpsp.api.wire.expand_parameter import request_expansion
from mockpsp.api.wire.http import reads, writes
from mockpsp.engine.universes import UniverseTx
from mockpsp.store import listing, payouts, resources

blueprint = Blueprint("payouts", __name__)


@blueprint.get("/payouts")
@reads
def list_payouts(tx: UniverseTx) -> dict[str, Any]:
    """List payouts."""
    tree = {"gateway_configuration": {}, **request_expansion()}
    return paging.page(tx, "payouts", "payt_", listing.PAYOUTS, (), lambda seqs: show_seqs(tx, "payout", seqs, tree))


@blueprint.get("/payouts/<payout_id>")
@reads
def fetch_payout(tx: UniverseTx, payout_id: str) -> dict[str, Any]:
    """Fetch a payout."""
    tree = {"gateway_configuration": {}, **request_expansion()}
    return {"payout": show(tx, "payout", lookups.payout(tx, payout_id), tree)}


@blueprint.delete("/payouts/<payout_id>")
@writes()
def delete_payout(tx: UniverseTx, body: dict[str, Any], payout_id: str) -> dict[str, Any]:
    """Show a payout and its items no more; the money was sent all the same, and nothing is paid twice."""
    row = lookups.payout(tx, payout_id)
    payouts.hide(tx.conn, tx.project.no, row.seq, tx.now_ms)
    resources.count(tx.conn, tx.project.no, "payout", -1)
    return {}


@blueprint.get("/payouts/<payout_id>/items")
@reads
def list_payout_items(tx: UniverseTx, payout_id: str) -> dict[str, Any]:
    """List what a payout is made of: amounts and fees of all its items add up to it."""
    tree, row = request_expansion(), lookups.payout(tx, payout_id)
    return paging.page(
        tx,
        "items",
        "payt_itm_",
        listing.PAYOUT_ITEMS,
        (row.seq,),
        lambda seqs: show_seqs(tx, "payout_item", seqs, tree),
    )
