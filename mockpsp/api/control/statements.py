"""Payouts and statements of accounts over HTTP: the files that `mockpsp payouts` writes, of a server that runs."""

from collections.abc import Iterator
from typing import Any

from flask import Blueprint, Response, request

from mockpsp.api.control.report_queries import (
    MEDIA,
    PERIOD,
    asked_period,
    asked_word,
    format_of,
    sent_as_file,
    told_as_refusal,
)
from mockpsp.api.wire.guard import answers_in, takes_query
from mockpsp.api.wire.http import reads
from mockpsp.domain.payments.money import check_currency
from mockpsp.domain.text.codes import Refused
from mockpsp.engine.payout_reports import Source, listed, report_of, told_by
from mockpsp.engine.universes import UniverseTx
from mockpsp.ledger import camt053, settlement_rows, statement_rows
from mockpsp.ledger.settlement_report import Period, Piece
from mockpsp.ledger.statements import Side

blueprint = Blueprint("sandbox_statements", __name__)

_INVALID = "request.validation.error"
_FORMATS = ("json", "csv", "camt053")
_SIDES = tuple(side.value for side in Side)
_FLAGS = {"": False, "false": False, "true": True}
_GATEWAY = {"description": "of this gateway alone, by its name or a PSP's alias"}


@blueprint.get("/sandbox/payouts")
@takes_query(gateway=_GATEWAY)
@reads
def list_sent(tx: UniverseTx) -> dict[str, Any]:
    """Payouts in brief, oldest first, as `mockpsp payouts list` shows them."""
    with told_as_refusal():
        return {"payouts": listed(_source(tx), request.args.get("gateway") or None)}


@blueprint.get("/sandbox/payouts/export")
@answers_in(**{form: MEDIA[form] for form in _FORMATS})
@takes_query(
    format=format_of(*_FORMATS),
    gateway=_GATEWAY,
    payout={"description": "this payout alone, by its id, whenever it was made"},
    **PERIOD,
)
@reads
def export_payouts(tx: UniverseTx) -> Response:
    """Payouts line by line, as `mockpsp payouts export` writes them.

    As rows, of the payouts that were sent on the period's days; or as an account statement (camt.053.001.08), which
    also tells what no payout has paid yet, and is of the days on which that was booked.
    """
    form, payout, period = asked_word("format", _FORMATS), request.args.get("payout") or None, asked_period()
    if payout is not None and period != Period():
        raise Refused(_INVALID, "payout names one whenever it was made; leave out from and to", field="payout")
    with told_as_refusal():
        report = report_of(_source(tx), request.args.get("gateway") or None, payout, period)
    if form == "camt053":
        if not camt053.has_accounts(report):
            raise Refused(_INVALID, "there is no account that a statement could be of: nothing has settled")
        return sent_as_file(form, _texts(camt053.render_report(report)))
    render = settlement_rows.render_csv if form == "csv" else settlement_rows.render_json
    return sent_as_file(form, _texts(render(report)))


@blueprint.get("/sandbox/payouts/statement")
@answers_in(**{form: MEDIA[form] for form in _FORMATS})
@takes_query(
    format=format_of(*_FORMATS),
    side={"schema": {"enum": list(_SIDES), "default": _SIDES[0]}, "description": "who tells of the money"},
    daily={"schema": {"type": "boolean"}, "description": "a statement for each day, also where nothing was booked"},
    gateway=_GATEWAY,
    currency={"description": "of accounts in this currency alone, by its ISO 4217 code"},
    **PERIOD,
)
@reads
def show_statement(tx: UniverseTx) -> Response:
    """What accounts open with, what was booked, and what they close with, by period.

    At the PSPs, an account for each gateway and currency; at the merchant's bank (`side=bank`), one for each currency,
    where each payout is one credit on the day it arrives. Closing balances open the next period. Days are those of each
    PSP's time zone.
    """
    form, side, period = asked_word("format", _FORMATS), Side(asked_word("side", _SIDES)), asked_period()
    gateway = request.args.get("gateway") or None
    if side is Side.BANK and gateway is not None:
        why = "gateway goes with side=psp; the bank's account has the money of every gateway"
        raise Refused(_INVALID, why, field="gateway")
    source, asked = _source(tx), request.args.get("currency") or None
    currency = check_currency(asked) if asked is not None else None
    with told_as_refusal():
        told = told_by(source, report_of(source, gateway, None, period), side, is_daily=_is_daily())
    told = told.in_currency(currency)
    if form == "camt053":
        if next(told.statements(), None) is None:
            raise Refused(_INVALID, f"there is no account to tell of: {told.why_empty()}")
        return sent_as_file(form, _texts(camt053.render(told)))
    render = statement_rows.render_csv if form == "csv" else statement_rows.render_json
    return sent_as_file(form, _texts(render(told)))


def _source(tx: UniverseTx) -> Source:
    return Source(tx.conn, tx.project, tx.key, tx.catalog)


def _is_daily() -> bool:
    text = request.args.get("daily", "")
    if text.lower() not in _FLAGS:
        raise Refused(_INVALID, f"daily is {text[:40]!r}; it must be true or false", field="daily")
    return _FLAGS[text.lower()]


def _texts(pieces: Iterator[Piece]) -> Iterator[str]:
    """The texts of a file; one of JSON says at its end, as every answer does, that all went well."""
    for piece in pieces:
        yield _END if piece.text == settlement_rows.JSON_END else piece.text


_END = settlement_rows.JSON_END.replace("]}", '],"success":true}')
