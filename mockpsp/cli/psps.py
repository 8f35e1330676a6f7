"""`mockpsp psps`: the PSP profiles, all in a table or one in full."""

import json

import click

from mockpsp.catalog import CatalogError, load_catalog, overview, profile_sheet
from mockpsp.catalog.profile_files import near
from mockpsp.cli import InputError
from mockpsp.cli.files import json_option, psps_option
from mockpsp.cli.screen import LOUD, NAME, QUIET, Cell, Column, is_terminal, say, table
from mockpsp.domain.psps.profiles import PspProfile

_HINTS = f"""
captures: of what is held the whole, one of any part, or many. may fail: for how
long a refund that looked final may still fail. Fees: {overview.CURRENCY} where none is named.

  mockpsp psps {{one}}            one in full, with the sources of its figures
  mockpsp psps --all             every rule of all of them, side by side
  mockpsp pay 10 --psp {{one}}    a payment there
Your application chooses one by the header Mockpsp-Gateway: {{one}}, or by the
metadata mockpsp_gateway of an invoice."""
_LEGEND = f"""
in: currencies, counted where there are many. hold: how long one lasts. rules: what else a refund
meets; a twin is another of the same amount. if short, if disputed: what becomes of a refund then.
final: how long until a refund looks final. may fail: for how long after that it still may.
disputes: the money is held or gone, and until when an answer may win it back. Below: one of a
payment or many; a win may be of a part, a dispute come again, more follow a win, a loss turn.
steps: in how many currencies amounts are coarser than the currency. hold ends: it is released or
refunded, or how long its money is sure. may come back: what was paid or captured, for how long.
closes: when a day's batch does, by the PSP's clock. reserve: the share of a sale, and how long.
anew: a capture of a part gives the rest of a hold its time again. unsure: a capture when a hold's
money is sure no more. too late: refunds after their window. asked: refunds while the issuer asks.
waiting: of refunds that wait for money the first is made, or the oldest that fits. again: a capture
that failed late may be through after all. more by: until when what follows a win is answered.
repeat: fee, if a won dispute that comes again costs it anew; kept or back: the fee for an answer
to one that is won in part.
Amounts without a currency are in {overview.CURRENCY}. In full, with the figures' sources: mockpsp psps NAME"""

_FOOTNOTE = """

Pages were read as copies that others keep, and may have changed since; a date is named where the page has one. Figures
marked "choice" are nobody's but ours; what is so "by default" holds until a profile says otherwise."""


@click.command()
@click.argument("name", required=False)
@click.option("--all", "is_whole", is_flag=True, help="Every rule of all of them, in several tables.")
@psps_option
@json_option
def psps(name: str | None, is_whole: bool, folder: str, as_json: bool) -> None:
    """Show the PSPs side by side, or the one of that NAME in full: what it can do, charges and takes its time over."""
    if name is not None and is_whole:
        raise click.UsageError("--all is about all of them; one is shown in full without it")
    try:
        catalog = load_catalog(folder)
    except CatalogError as error:
        raise InputError(str(error)) from None
    if name is None:
        profiles = list(catalog.profiles.values())
        if as_json:
            click.echo(json.dumps({"psps": [profile_sheet.profile_json(one) for one in profiles]}))
        else:
            _side_by_side(profiles, is_whole=is_whole)
        return
    profile = catalog.find(name)
    if profile is None:
        known = [*catalog.profiles, *catalog.profiles.owner_by_alias()]
        raise InputError(f"there is no PSP {name!r}{near(name, known)}")
    if as_json:
        click.echo(json.dumps({"psp": profile_sheet.profile_json(profile)}))
    elif is_terminal():
        _show(profile)
    else:
        click.echo(profile_sheet.profile_sheet(profile) + _FOOTNOTE)


def _side_by_side(profiles: list[PspProfile], *, is_whole: bool) -> None:
    """All of them: what tells them apart at first sight, or everything."""
    if is_terminal():
        for rows in overview.profiles_rows(profiles) if is_whole else [overview.short_rows(profiles)]:
            heads = [Column(head, NAME if not n else "", is_whole=not n) for n, head in enumerate(rows[0])]
            table(heads, rows[1:])
    else:
        click.echo((overview.profiles_table if is_whole else overview.short_table)(profiles))
    click.echo(_LEGEND if is_whole else _HINTS.format(one=profiles[-1].name))


def _show(profile: PspProfile) -> None:
    """One in full; sources are broken by the terminal itself, so that their addresses can be opened and copied."""
    say(Cell(profile.name, NAME))
    for line in profile_sheet.introduction(profile):
        say(line, indent=2)
    for title, facts in profile_sheet.sections(profile).items():
        say()
        say(Cell(title, NAME))
        width = max(len(fact) for fact, _, _ in facts)
        for fact, value, source in facts:
            table([Column("", LOUD), Column("", is_whole=False)], [(fact.ljust(width), value)], indent=2)
            if source:
                say(Cell(source, QUIET), indent=6)
    say()
    say(" ".join(_FOOTNOTE.split()))
