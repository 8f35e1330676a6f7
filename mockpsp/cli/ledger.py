"""`mockpsp ledger`: the merchant's books, read from the file."""

import csv
from collections.abc import Iterable, Iterator
from datetime import date
from itertools import groupby

import click

from mockpsp.cli.files import db_option, json_option, print_pieces, project_option, reading
from mockpsp.cli.naming import Choice
from mockpsp.cli.payout_report import MARK, from_option, period_of, to_option, told_as_input
from mockpsp.cli.progress import working
from mockpsp.cli.screen import BAD, LOUD, NAME, QUIET, Cell, Column, is_terminal, say, table
from mockpsp.cli.served import check_alone, may_ask_server, pieces_of
from mockpsp.domain.time.moments import rfc3339
from mockpsp.ledger import exports, period_exports
from mockpsp.ledger.periods import guard_seen

_NOTHING = "nothing is booked yet"
#: What is asked for -> what is read for it.
_NAMES = {"balances": "balances", "journal": "journal", "export": "journal"}


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
    # What is told to people is made of the same rows as what is told to programs.
    is_shown = form == "text" and is_terminal()
    if is_shown:
        form = "csv"
    if url is not None:
        check_alone("--url", {"--db": db})
        path = "balances" if what == "balances" and form in ("text", "json", "csv") else "journal"
        asked = {"format": form, "from": since, "to": until}
        _print(pieces_of(url, project_id, key, f"/sandbox/ledger/{path}", asked), what, is_shown=is_shown)
        return
    with reading(db, project_id) as found:
        if what == "balances":
            with told_as_input():
                today = date.fromisoformat(rfc3339(found.project.clock_ms)[:10])
                guard_seen(period, today, found.project.id, mark=MARK)
        pieces = period_exports.render(found.conn, found.project.no, what, form, period)
        _print(pieces, what, is_shown=is_shown)


def _print(pieces: Iterable[str], what: str, *, is_shown: bool) -> None:
    """The pieces as they are, or what they say within a terminal's width."""
    if not is_shown:
        with working(f"reading the {_NAMES[what]}", prints=True):
            print_pieces(pieces)
        return
    rows = csv.reader(_lines(pieces))
    with working(f"reading the {_NAMES[what]}"):
        heads = next(rows, [])
    if what == "balances":
        _show_balances(heads, list(rows))
        return
    is_empty = True
    for (at, fact, on), entry in groupby(rows, key=lambda row: tuple(row[:3])):
        is_empty = False
        say(Cell(at, QUIET), "  ", Cell(fact, LOUD), "  ", Cell(on, NAME))
        columns = (Column("", is_right=True), Column("", is_whole=False))
        table(columns, [(f"{row[5]} {row[6]}", f"{row[3]} <- {row[4]}") for row in entry], indent=4)
    if is_empty:
        say(_NOTHING)


def _show_balances(heads: list[str], rows: list[list[str]]) -> None:
    """Balances, with what they opened with where a period says so; those below zero in red."""
    if not rows:
        say(_NOTHING)
        return
    columns = [Column(heads[0], NAME, is_whole=False)]
    columns += [Column("opened" if head == "opening" else head, is_right=True) for head in heads[2:]]
    amounts = [[Cell(one, BAD if one.startswith("-") else "") for one in row[2:]] for row in rows]
    shown: list[list[str | Cell]] = [[row[0], *more, row[1]] for row, more in zip(rows, amounts, strict=True)]
    table([*columns, Column("")], shown)


def _lines(pieces: Iterable[str]) -> Iterator[str]:
    """The lines of a text that comes in pieces."""
    rest = ""
    for piece in pieces:
        *whole, rest = (rest + piece).split("\n")
        yield from whole
    if rest:
        yield rest
