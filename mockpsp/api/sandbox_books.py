"""The merchant's books over HTTP."""

from typing import Any

from flask import Blueprint, Response, request

from mockpsp.api.http import answer, reads
from mockpsp.domain.codes import Refused
from mockpsp.ledger import exports
from mockpsp.universes import UniverseTx

blueprint = Blueprint("sandbox_books", __name__)

_TYPES = {"json": "application/json", "csv": "text/csv; charset=utf-8"}
_FORMATS = ("json", "csv", "text", "hledger", "beancount")


@blueprint.get("/sandbox/ledger/balances")
@reads
def show_balances(tx: UniverseTx) -> dict[str, Any]:
    """Each account's balance per currency, debits positive, with exactly the currency's decimals."""
    return {"balances": exports.balances_json(tx.conn, tx.project.no)}


@blueprint.get("/sandbox/ledger/journal")
@reads
def show_journal(tx: UniverseTx) -> Response:
    """The journal, oldest entry first, in one of several formats."""
    wanted = request.args.get("format") or "json"
    if wanted not in _FORMATS:
        raise Refused(
            "request.validation.error", f"format is {wanted[:40]!r}; known: {', '.join(_FORMATS)}", field="format"
        )
    if wanted == "json":
        return answer({"journal": list(exports.journal_json(tx.conn, tx.project.no))})
    text = "".join(exports.render(tx.conn, tx.project.no, "journal", wanted))
    return Response(text, content_type=_TYPES.get(wanted, "text/plain; charset=utf-8"))
