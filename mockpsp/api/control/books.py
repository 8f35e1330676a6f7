"""The merchant's books over HTTP."""

from typing import Any

from flask import Blueprint, Response

from mockpsp.api.control.report_queries import (
    MEDIA,
    PERIOD,
    asked_period,
    asked_word,
    format_of,
    guard_days,
    sent,
    sent_as_file,
)
from mockpsp.api.wire.fields import Anything, Items, StrictBody, Text
from mockpsp.api.wire.guard import answers_in, takes_query
from mockpsp.api.wire.http import reads, state, writes
from mockpsp.domain.text.codes import Refused
from mockpsp.domain.text.json_text import dump_text
from mockpsp.engine.universes import UniverseTx
from mockpsp.ledger import exports, own_exports, period_exports, reconciliation
from mockpsp.ledger.records import RecordsError
from mockpsp.ledger.settlement_report import Period

blueprint = Blueprint("sandbox_books", __name__)

_RECORDS_MAX = 100_000
#: The journal in the envelope of every answer.
_AS_ANSWER = exports.Journal(
    lambda *_: '{"journal":[',
    lambda key, entry: dump_text(exports.entry_json(key, entry)),
    between=",",
    tail='],"success":true}',
)
_JOURNALS = ("json", "csv", "text", "hledger", "beancount")
_BALANCES = ("json", "csv", "text")


class ReconcileRequest(StrictBody):
    """The merchant's own records: rows of reference (or the key's name), kind, currency, amount or amount_minor."""

    key = Text(load_default="transaction_id")
    records = Items(Anything(is_read=True), _RECORDS_MAX, required=True)


@blueprint.get("/sandbox/ledger/balances")
@answers_in(**{form: MEDIA[form] for form in _BALANCES})
@takes_query(format=format_of(*_BALANCES), **PERIOD)
@reads
def show_balances(tx: UniverseTx) -> dict[str, Any] | Response:
    """Each account's balance per currency, debits positive, with exactly the currency's decimals.

    With `to`, as it was at the end of that day; with `from` too, beside it what it opened with and what was moved. Days
    are those of UTC.
    """
    form, period = asked_word("format", _BALANCES), asked_period()
    guard_days(tx, period)
    if form != "json":
        return sent_as_file(form, period_exports.render(tx.conn, tx.project.no, "balances", form, period))
    if period == Period():
        return {"balances": exports.balances_json(tx.conn, tx.project.no)}
    return period_exports.balances_json(tx.conn, tx.project.no, period)


@blueprint.get("/sandbox/ledger/journal")
@answers_in(**{form: MEDIA[form] for form in _JOURNALS})
@takes_query(format=format_of(*_JOURNALS), **PERIOD)
@reads
def show_journal(tx: UniverseTx) -> Response:
    """The journal, oldest entry first, in one of several formats.

    Of a period it has the entries of its days, those of UTC; for a bookkeeping program it begins with the balances
    before them.
    """
    form, period = asked_word("format", _JOURNALS), asked_period()
    journal = _AS_ANSWER if form == "json" else exports.JOURNALS[form]
    # Made while it is sent: the books of a large universe are too much for the memory.
    read, no = state().database.reading, tx.project.no
    if period == Period():
        pages = exports.render_pages(read, no, journal)
    else:
        pages = period_exports.render_pages(read, no, journal, form, period)
    return sent(form, (page.encode() for page in pages if page))


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
