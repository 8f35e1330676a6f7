"""The merchant's books over HTTP."""

from typing import Any

from flask import Blueprint, Response, request

from mockpsp.api.wire.fields import Anything, Items, StrictBody, Text
from mockpsp.api.wire.guard import takes_query
from mockpsp.api.wire.http import reads, state, writes
from mockpsp.domain.codes import Refused
from mockpsp.domain.json_text import dump_text
from mockpsp.engine.universes import UniverseTx
from mockpsp.ledger import exports, own_exports, reconciliation
from mockpsp.ledger.records import RecordsError

blueprint = Blueprint("sandbox_books", __name__)

_TYPES = {"json": "application/json", "csv": "text/csv; charset=utf-8"}
_RECORDS_MAX = 100_000
#: The journal in the envelope of every answer.
_AS_ANSWER = exports.Journal(
    lambda *_: '{"journal":[',
    lambda key, entry: dump_text(exports.entry_json(key, entry)),
    between=",",
    tail='],"success":true}',
)
_FORMATS = ("json", "csv", "text", "hledger", "beancount")


class ReconcileRequest(StrictBody):
    """The merchant's own records: rows of reference (or the key's name), kind, currency, amount or amount_minor."""

    key = Text(load_default="transaction_id")
    records = Items(Anything(), _RECORDS_MAX, required=True)


@blueprint.get("/sandbox/ledger/balances")
@reads
def show_balances(tx: UniverseTx) -> dict[str, Any]:
    """Each account's balance per currency, debits positive, with exactly the currency's decimals."""
    return {"balances": exports.balances_json(tx.conn, tx.project.no)}


@blueprint.get("/sandbox/ledger/journal")
@takes_query("format")
@reads
def show_journal(tx: UniverseTx) -> Response:
    """The journal, oldest entry first, in one of several formats."""
    wanted = request.args.get("format") or "json"
    if wanted not in _FORMATS:
        raise Refused(
            "request.validation.error", f"format is {wanted[:40]!r}; known: {', '.join(_FORMATS)}", field="format"
        )
    journal = _AS_ANSWER if wanted == "json" else exports.JOURNALS[wanted]
    # Made while it is sent: the books of a large universe are too much for the memory.
    pages = exports.render_pages(state().database.reading, tx.project.no, journal)
    return Response(
        (page.encode() for page in pages if page),
        content_type=_TYPES.get(wanted, "text/plain; charset=utf-8"),
        headers={"Transfer-Encoding": "chunked"},
    )


@blueprint.post("/sandbox/reconcile")
@writes(ReconcileRequest())
def reconcile(tx: UniverseTx, body: dict[str, Any]) -> dict[str, Any]:
    """Hold the merchant's records against the books: whether they agree, and where not, the earliest entry first."""
    try:
        own, kinds = own_exports.read_rows(body["records"], reconciliation.check_key(body["key"]))
    except RecordsError as error:
        raise Refused("request.validation.error", str(error)[:500], field="records") from None
    found = reconciliation.reconcile(tx.conn, tx.project.no, own, body["key"], kinds)
    return {"reconciliation": reconciliation.report_json(tx.conn, tx.project.no, own, found)}
