"""`mockpsp reconcile`: the merchant's own records held against the books."""

import json
from collections.abc import Mapping
from typing import Any

import click

from mockpsp.cli import InputError
from mockpsp.cli.files import db_option, json_option, project_option, reading
from mockpsp.cli.progress import working
from mockpsp.cli.screen import BAD, GOOD, NAME, QUIET, Cell, Column, is_terminal, say, table
from mockpsp.ledger import own_exports, reconciliation
from mockpsp.ledger.records import RecordsError

#: So many differences are listed.
_SHOWN_MAX = 20


@click.command()
@click.option(
    "--with",
    "source",
    required=True,
    metavar="FILE|SQLITE:QUERY",
    help="A CSV file with a header (commas, semicolons or tabs), or an SQLite file, a colon and a SELECT.",
)
@click.option(
    "--key",
    default="transaction_id",
    show_default=True,
    metavar="NAME",
    help="What the records are known by: transaction_id, invoice_id or metadata.NAME of the invoice.",
)
@project_option
@db_option
@json_option
def reconcile(source: str, key: str, project_id: str | None, db: str | None, as_json: bool) -> None:
    """Hold your own records against the books, and name the first place where they part.

    Columns: KEY (or reference), kind, currency, and amount in major units or amount_minor. Kinds: capture, refund and
    chargeback are always compared, fee and payout (by its id) where the records name them. A reversal is below zero.
    What this command's own siblings export as CSV is taken as it is: payouts, statements of either side, the journal.
    Exit code 1: they differ.
    """
    try:
        own, kinds = own_exports.read_source(source, reconciliation.check_key(key))
    except RecordsError as error:
        raise InputError(str(error)) from None
    with reading(db, project_id) as found, working("holding it against the books"):
        divergences = reconciliation.reconcile(found.conn, found.project.no, own, key, kinds)
        report = reconciliation.report_json(found.conn, found.project.no, own, divergences)
    if as_json or not is_terminal():
        click.echo(
            json.dumps({"reconciliation": report}) if as_json else reconciliation.report_text(report), nl=as_json
        )
    else:
        _show(report)
    if divergences:
        raise SystemExit(1)


def _show(report: Mapping[str, Any]) -> None:
    """Every difference within a terminal's width, below the first one what was booked there."""
    found = report["divergences"]
    text = reconciliation.report_text(report).splitlines()
    say(Cell(text[0], BAD if found else GOOD))
    if not found:
        return
    columns = (
        Column("at", QUIET, is_whole=False),
        Column("kind"),
        Column("of", NAME, is_whole=False),
        Column("yours", is_right=True),
        Column("books", is_right=True),
        Column(""),
    )
    table(
        columns,
        [
            (one["at"] or "never", *(one[name] for name in ("kind", "reference", "recorded", "booked", "currency")))
            for one in found[:_SHOWN_MAX]
        ],
    )
    if len(found) > _SHOWN_MAX:
        say(Cell(f"and {len(found) - _SHOWN_MAX} more", QUIET))
    say("the first of them:")
    for line in reconciliation.in_full(found[0])[1:]:
        say(line)
