"""`mockpsp reconcile`: the merchant's own records held against the books."""

import json

import click

from mockpsp.cli import InputError
from mockpsp.cli.files import db_option, json_option, project_option, reading
from mockpsp.ledger import own_exports, reconciliation
from mockpsp.ledger.records import RecordsError


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
    with reading(db, project_id) as found:
        divergences = reconciliation.reconcile(found.conn, found.project.no, own, key, kinds)
        report = reconciliation.report_json(found.conn, found.project.no, own, divergences)
    click.echo(json.dumps({"reconciliation": report}) if as_json else reconciliation.report_text(report), nl=as_json)
    if divergences:
        raise SystemExit(1)
