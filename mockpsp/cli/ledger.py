"""`mockpsp ledger`: the merchant's books, read from the file."""

import click

from mockpsp.cli.files import db_option, json_option, print_pieces, project_option, reading
from mockpsp.ledger import exports


@click.command()
@click.argument("what", type=click.Choice(("balances", "journal", "export")))
@click.option("--format", "form", type=click.Choice(exports.FORMATS), help="[default: text; for export: hledger]")
@project_option
@db_option
@json_option
def ledger(what: str, form: str | None, project_id: str | None, db: str | None, as_json: bool) -> None:
    """Show balances, the journal, or all of it for another bookkeeping program."""
    if as_json and form not in (None, "json"):
        raise click.UsageError(f"--json and --format {form} don't go together")
    form = "json" if as_json else form or ("hledger" if what == "export" else "text")
    with reading(db, project_id) as found:
        print_pieces(exports.render(found.conn, found.project.no, what, form))
