"""Transactions and their refunds."""

from typing import Any

from flask import Blueprint

from mockpsp.api import lookups, paging
from mockpsp.api.expanding import request_expansion
from mockpsp.api.expansions import show, show_seqs
from mockpsp.api.http import reads, writes
from mockpsp.api.refunds import RefundRequest, make_refund
from mockpsp.store import listing
from mockpsp.universes import UniverseTx

blueprint = Blueprint("transactions", __name__)


@blueprint.get("/transactions")
@reads
def list_transactions(tx: UniverseTx) -> dict[str, Any]:
    """List transactions."""
    tree = request_expansion()
    return paging.page(
        tx,
        "transactions",
        "tr_",
        listing.TRANSACTIONS,
        (),
        lambda seqs: show_seqs(tx, "transaction", seqs, tree),
    )


@blueprint.get("/transactions/<transaction_id>")
@reads
def fetch_transaction(tx: UniverseTx, transaction_id: str) -> dict[str, Any]:
    """Fetch a transaction."""
    return {"transaction": show(tx, "transaction", lookups.transaction(tx, transaction_id), request_expansion())}


@blueprint.post("/transactions/<transaction_id>/refunds")
@writes(RefundRequest())
def refund_transaction(tx: UniverseTx, body: dict[str, Any], transaction_id: str) -> Any:
    """Refund a transaction, in full or `amount` of it."""
    return make_refund(tx, lookups.transaction(tx, transaction_id), body)


@blueprint.get("/transactions/<transaction_id>/refunds")
@reads
def list_refunds(tx: UniverseTx, transaction_id: str) -> dict[str, Any]:
    """List a transaction's refunds."""
    payment = lookups.transaction(tx, transaction_id).payment
    tree = request_expansion()
    return paging.page(
        tx,
        "refunds",
        "refd_",
        listing.TRANSACTION_REFUNDS,
        (payment.seq,),
        lambda seqs: show_seqs(tx, "refund", seqs, tree),
    )


@blueprint.get("/transactions/<transaction_id>/refunds/<refund_id>")
@reads
def fetch_refund(tx: UniverseTx, transaction_id: str, refund_id: str) -> dict[str, Any]:
    """Fetch one refund of a transaction."""
    payment = lookups.transaction(tx, transaction_id).payment
    row = lookups.refund(tx, refund_id, payment.seq)
    return {"refund": show(tx, "refund", (row, payment.currency), request_expansion())}
