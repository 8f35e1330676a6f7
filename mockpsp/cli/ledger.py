"""`mockpsp ledger`: the merchant's books, read from the file."""

from datetime import date

import click

from mockpsp.cli.files import db_option, json_option, print_pieces, project_option, reading
from mockpsp.cli.payout_report import MARK, from_option, period_of, to_option, told_as_input
from mockpsp.cli.served import check_alone, pieces_of, url_option
from mockpsp.domain.moments import rfc3339
from mockpsp.ledger import exports, period_exports
from mockpsp.ledger.periods import guard_seen


@click.command()
@click.argument("what", type=click.Choice(("balances", "journal", "export")))
@click.option("--format", "form", type=click.Choice(exports.FORMATS), help="[default: text; for export: hledger]")
@from_option
@to_option
@url_option
@project_option
@db_option
@json_option
def ledger(
    what: str,
    form: str | None,
    since: str | None,
    until: str | None,
    url: str | None,
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
        check_alone("--url", {"--project": project_id, "--db": db})
        path = "balances" if what == "balances" and form in ("text", "json", "csv") else "journal"
        asked = {"format": form, "from": since, "to": until}
        print_pieces(pieces_of(url, f"/sandbox/ledger/{path}", asked))
        return
    with reading(db, project_id) as found:
        if what == "balances":
            with told_as_input():
                today = date.fromisoformat(rfc3339(found.project.clock_ms)[:10])
                guard_seen(period, today, found.project.id, mark=MARK)
        print_pieces(period_exports.render(found.conn, found.project.no, what, form, period))
