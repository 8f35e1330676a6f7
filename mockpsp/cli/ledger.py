"""`mockpsp ledger`: the merchant's books, read from the file."""

import json
from datetime import date

import click

from mockpsp.cli.files import db_option, json_option, print_pieces, project_option, reading
from mockpsp.cli.naming import Choice
from mockpsp.cli.payout_report import MARK, from_option, period_of, to_option, told_as_input
from mockpsp.cli.screen import BAD, NAME, Cell, Column, is_terminal, table
from mockpsp.cli.served import check_alone, may_ask_server, pieces_of
from mockpsp.domain.time.moments import rfc3339
from mockpsp.ledger import exports, period_exports
from mockpsp.ledger.periods import guard_seen


@click.command()
@click.argument("what", type=Choice(("balances", "journal", "export")))
@click.option("--format", "form", type=Choice(exports.FORMATS), help="[default: text; for export: hledger]")
@from_option
@to_option
@may_ask_server
@project_option
@db_option
@json_option
def ledger(
    what: str,
    form: str | None,
    since: str | None,
    until: str | None,
    url: str | None,
    key: str | None,
    project_id: str | None,
    db: str | None,
    as_json: bool,
) -> None:
    """Show balances, the journal, or all of it for another bookkeeping program.

    A period's days are those of UTC: balances are those at its end, with --from beside what they opened with and what
    was moved, and an export begins with the balances before it.
    """
    period = period_of(since, until)
    if as_json and form not in (None, "json"):
        raise click.UsageError(f"--json and --format {form} don't go together")
    form = "json" if as_json else form or ("hledger" if what == "export" else "text")
    if url is not None:
        check_alone("--url", {"--db": db})
        path = "balances" if what == "balances" and form in ("text", "json", "csv") else "journal"
        asked = {"format": form, "from": since, "to": until}
        print_pieces(pieces_of(url, project_id, key, f"/sandbox/ledger/{path}", asked))
        return
    with reading(db, project_id) as found:
        if what == "balances":
            with told_as_input():
                today = date.fromisoformat(rfc3339(found.project.clock_ms)[:10])
                guard_seen(period, today, found.project.id, mark=MARK)
        if what == "balances" and form == "text" and since is None and is_terminal():
            _show("".join(period_exports.render(found.conn, found.project.no, what, "json", period)))
            return
        print_pieces(period_exports.render(found.conn, found.project.no, what, form, period))


def _show(balances: str) -> None:
    """Balances within a terminal's width, those below zero in red."""
    rows = [
        (account, Cell(amount, BAD if amount.startswith("-") else ""), currency)
        for account, amounts in json.loads(balances)["balances"].items()
        for currency, amount in amounts.items()
    ]
    if rows:
        table((Column("account", NAME, is_whole=False), Column("balance", is_right=True), Column("")), rows)
    else:
        click.echo("nothing is booked yet")
