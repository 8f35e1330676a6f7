"""`mockpsp payouts statement`: accounts at PSPs, or the merchant's at the bank, by period."""

from collections.abc import Callable, Iterator
from pathlib import Path

import click

from mockpsp.cli import InputError
from mockpsp.cli.files import (
    check_apart_from_database,
    db_option,
    json_option,
    project_option,
    psps_option,
    reading,
)
from mockpsp.cli.naming import Choice
from mockpsp.cli.payout_report import (
    from_option,
    gateway_option,
    output_option,
    period_of,
    report_of,
    source_of,
    to_option,
    write_all,
)
from mockpsp.cli.progress import working
from mockpsp.cli.served import check_alone, may_ask_server, pieces_of
from mockpsp.domain.payments.money import check_currency
from mockpsp.domain.text.codes import Refused
from mockpsp.engine.payout_reports import told_by
from mockpsp.ledger import camt053, statement_rows
from mockpsp.ledger.settlement_report import Piece
from mockpsp.ledger.statements import Side, Told

_FORMATS: dict[str, Callable[[Told], Iterator[Piece]]] = {
    "csv": statement_rows.render_csv,
    "json": statement_rows.render_json,
    "camt053": camt053.render,
}


@click.command()
@click.option(
    "--side", type=Choice([side.value for side in Side]), default=Side.PSP.value, show_default=True, help="Whose."
)
@click.option("--format", "form", type=Choice(tuple(_FORMATS)), help="[default: csv]")
@from_option
@to_option
@click.option("--daily", "is_daily", is_flag=True, help="A statement for each day, also where nothing was booked.")
@gateway_option
@click.option("--currency", metavar="CODE", help="Only accounts in this currency, as in EUR.")
@output_option
@may_ask_server
@psps_option
@project_option
@db_option
@json_option
def statement(
    side: str,
    form: str | None,
    since: str | None,
    until: str | None,
    is_daily: bool,
    gateway: str | None,
    currency: str | None,
    output: Path | None,
    url: str | None,
    key: str | None,
    folder: str,
    project_id: str | None,
    db: str | None,
    as_json: bool,
) -> None:
    """Write what accounts open with, what was booked, and what they close with, by period.

    A PSP's side has an account for each gateway and currency: every line, and each payout as the debit with which its
    money left. The bank's has one for each currency: each payout is one credit on the day it arrives, and what is under
    way is told apart. Closing balances open the next period. Days are those of each PSP's time zone. Before anything
    was booked a table is its head alone; camt.053 is refused, since ISO's has at least one account.
    """
    if as_json and form not in (None, "json"):
        raise click.UsageError(f"--json and --format {form} don't go together")
    if side == Side.BANK and gateway is not None:
        raise click.UsageError("--gateway goes with --side psp; the bank's account has the money of every gateway")
    if currency is not None:
        currency = _currency(currency)
    form = "json" if as_json else form or "csv"
    period = period_of(since, until)
    if url is not None:
        check_alone("--url", {"--psps": folder, "--db": db})
        asked = {"side": side, "format": form, "gateway": gateway, "from": since, "to": until}
        asked["currency"] = currency
        asked["daily"] = "true" if is_daily else None
        write_all({}, pieces_of(url, project_id, key, "/sandbox/payouts/statement", asked), output)
        return
    with reading(db, project_id) as found:
        check_apart_from_database(output, found.path)
        source = source_of(found, folder)
        with working("reading the payouts"):
            told = told_by(source, report_of(source, gateway, None, period), Side(side), is_daily=is_daily)
            told = told.in_currency(currency)
        if form == "camt053" and next(told.statements(), None) is None:
            raise InputError(f"there is no account to tell of: {told.why_empty()}")
        write_all({}, (piece.text for piece in _FORMATS[form](told)), output)


def _currency(text: str) -> str:
    """The currency that is meant; a usage error where there is none of that code."""
    try:
        return check_currency(text)
    except Refused as error:
        raise click.UsageError(f"--{error.message}") from None
