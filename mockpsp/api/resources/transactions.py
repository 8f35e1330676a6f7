"""Transactions and their refunds."""

from typing import Any

from flask import Blueprint

from mockpsp.api.requests import lookups
from mockpsp.api.requests.refunds import RefundRequest, make_refund
from mockpsp.api.shapes.expansions import ROWS, show, show_all, show_seqs
from mockpsp.api.wire import bodies, paging
from mockpsp.api.wire.expand_parameter import request_expansion
from mockpsp.api.wire.fields import Body, Items, Text
from mockpsp.api.wire.http import load, reads, takes, writes
from mockpsp.api.wire.request import current
from mockpsp.domain.text.codes import Refused
from mockpsp.engine.universes import UniverseTx
from mockpsp.store import listing

blueprint = Blueprint("transactions", __name__)


#: How many transactions may be asked for by id at once.
_IDS_MAX = 100


class TransactionsRequest(Body):
    """Which transactions are wanted; nobody documents the key, so two are taken."""

    transaction_ids = Items(Text(), _IDS_MAX)
    ids = Items(Text(), _IDS_MAX)


_WANTED = TransactionsRequest()


@blueprint.post("/transactions")
@reads
@takes(_WANTED)
def list_some_transactions(tx: UniverseTx) -> dict[str, Any]:
    """List the transactions whose ids are given, in that order; without any, all of them."""
    raw = bodies.read(current())
    body = load(_WANTED, raw)
    tree = request_expansion(raw)
    ids = body.get("transaction_ids") or body.get("ids")
    if not ids:
        return _listed(tx)
    wanted = [tx.seq("tr_", transaction_id) for transaction_id in ids]
    found = ROWS["transaction"](tx, [seq for seq in wanted if seq is not None])
    if missing := [ids[place] for place, seq in enumerate(wanted) if seq not in found]:
        raise Refused("resource.transaction.not-found", f"there is no transaction {missing[0][:80]!r}", 404)
    return paging.whole("transactions", show_all(tx, "transaction", [found[seq] for seq in wanted if seq], tree))


@blueprint.get("/transactions")
@reads
def list_transactions(tx: UniverseTx) -> dict[str, Any]:
    """List transactions."""
    return _listed(tx)


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


def _listed(tx: UniverseTx) -> dict[str, Any]:
    tree = request_expansion()
    return paging.page(
        tx,
        "transactions",
        "tr_",
        listing.TRANSACTIONS,
        (),
        lambda seqs: show_seqs(tx, "transaction", seqs, tree),
    )
