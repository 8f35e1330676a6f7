"""`mockpsp payouts`: payouts as files for a finance team, read from the file."""

import json
from collections.abc import Mapping
from pathlib import Path

import click

from mockpsp.cli import InputError
from mockpsp.cli.files import (
    check_apart,
    check_apart_from_database,
    db_option,
    json_option,
    project_option,
    psps_option,
    reading,
)
from mockpsp.cli.naming import Choice, Group
from mockpsp.cli.payout_report import (
    MARK,
    from_option,
    gateway_option,
    output_option,
    period_of,
    report_of,
    source_of,
    to_option,
    told_as_input,
    write_all,
)
from mockpsp.cli.payout_statement import statement
from mockpsp.cli.progress import working
from mockpsp.cli.screen import NAME, QUIET, Column, is_terminal, table
from mockpsp.cli.served import check_alone, may_ask_server, pieces_of
from mockpsp.engine.payout_reports import listed
from mockpsp.ledger import camt053, settlement_rows
from mockpsp.ledger.planted_defects import DEFECTS, CannotPlant, plant
from mockpsp.ledger.settlement_report import AS_IT_IS, Period, Render, Report

_FORMATS: Mapping[str, Render] = {
    "csv": settlement_rows.render_csv,
    "json": settlement_rows.render_json,
    "camt053": camt053.render_report,
}


@click.group(cls=Group)
def payouts() -> None:
    """List payouts, or export them as the files a finance team gets."""


payouts.add_command(statement)


@payouts.command("list")
@gateway_option
@may_ask_server
@psps_option
@project_option
@db_option
@json_option
def list_(
    gateway: str | None,
    url: str | None,
    key: str | None,
    folder: str,
    project_id: str | None,
    db: str | None,
    as_json: bool,
) -> None:
    """List payouts, oldest first."""
    if url is not None:
        check_alone("--url", {"--psps": folder, "--db": db})
        shown = json.loads("".join(pieces_of(url, project_id, key, "/sandbox/payouts", {"gateway": gateway})))[
            "payouts"
        ]
    else:
        with reading(db, project_id) as found, told_as_input():
            shown = listed(source_of(found, folder), gateway, mark=MARK)
    if as_json:
        click.echo(json.dumps({"payouts": shown}))
        return
    if is_terminal():
        columns = (
            Column("at", QUIET, is_whole=False),
            Column("payout", NAME),
            Column("amount", is_right=True),
            Column("", is_whole=False),
        )
        sums = [f"{one['amount']} {one['currency']}" for one in shown]
        states = [f"{one['status']} at {one['gateway']}" for one in shown]
        table(columns, [(one["created_at"], one["id"], *more) for one, *more in zip(shown, sums, states, strict=True)])
    for one in () if is_terminal() else shown:
        amount = f"{one['amount'].rjust(12)} {one['currency']}"
        click.echo(f"{one['created_at']}  {one['id']}  {amount}  {one['status']} at {one['gateway']}")
    click.echo(f"{len(shown)} payouts")


@payouts.command()
@click.option("--format", "form", type=Choice(tuple(_FORMATS)), help="[default: csv]")
@gateway_option
@click.option("--payout", "payout_id", metavar="ID", help="Only this payout.")
@from_option
@to_option
@output_option
@click.option("--defect", type=Choice(tuple(DEFECTS)), help="Plant exactly one error of this kind.")
@click.option(
    "--answer-key",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Write what --defect planted, and where, as JSON.",
)
@may_ask_server
@psps_option
@project_option
@db_option
@json_option
def export(
    form: str | None,
    gateway: str | None,
    payout_id: str | None,
    since: str | None,
    until: str | None,
    output: Path | None,
    defect: str | None,
    answer_key: Path | None,
    url: str | None,
    key: str | None,
    folder: str,
    project_id: str | None,
    db: str | None,
    as_json: bool,
) -> None:
    """Write payouts line by line: as CSV or JSON, or as an ISO 20022 account statement (camt.053.001.08).

    The statement also tells what no payout has paid yet. A period takes payouts by the day they were sent, and what the
    statement tells by the day it was booked. Without a payout a table is its head alone; a statement is refused, since
    ISO's has at least one account. --defect leaves totals and balances as they should be, so that the error can be
    found.
    """
    if as_json and form not in (None, "json"):
        raise click.UsageError(f"--json and --format {form} don't go together")
    form = "json" if as_json else form or "csv"
    if answer_key is not None and defect is None:
        raise click.UsageError("--answer-key says what --defect planted; give both")
    if payout_id is not None and (since or until):
        raise click.UsageError("--payout names one payout whenever it was made; leave out --from and --to")
    period = period_of(since, until)
    if url is not None:
        check_alone("--url", {"--defect": defect, "--psps": folder, "--db": db})
        asked = {"format": form, "gateway": gateway, "payout": payout_id, "from": since, "to": until}
        write_all({}, pieces_of(url, project_id, key, "/sandbox/payouts/export", asked), output)
        return
    with reading(db, project_id) as found:
        check_apart_from_database(output, found.path)
        check_apart_from_database(answer_key, found.path)
        check_apart(answer_key, output, "the output")
        with working("reading the payouts"):
            report = report_of(source_of(found, folder), gateway, payout_id, period)
        if form == "camt053" and not camt053.has_accounts(report):
            when = " in that period" if period != Period() else ""
            raise InputError(f"there is no payout to export{when}, nor any account that a statement could be of")
        _write(report, form, defect, answer_key, output)


def _write(report: Report, form: str, defect: str | None, answer_key: Path | None, output: Path | None) -> None:
    """The file, with what is planted in it, and beside it where that is."""
    render, instead, beside = _FORMATS[form], AS_IT_IS, {}
    if defect is not None:
        try:
            instead, key = plant(defect, report, render)
        except CannotPlant as error:
            raise InputError(str(error)) from None
        if answer_key is not None:
            beside[answer_key] = [json.dumps({"answer_key": {"format": form, **key}}, indent=2) + "\n"]
    write_all(beside, (piece.text for piece in render(report, instead)), output)
