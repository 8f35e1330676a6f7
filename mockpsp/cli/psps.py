"""`mockpsp psps`: the PSP profiles, all in a table or one in full."""

import json

import click

from mockpsp.catalog import load_catalog, table
from mockpsp.cli import Wrong
from mockpsp.cli.files import json_option


@click.command()
@click.argument("name", required=False)
@json_option
def psps(name: str | None, as_json: bool) -> None:
    """Show all PSP profiles, or one in full: what it can do, charges and takes its time over."""
    catalog = load_catalog()
    if name is None:
        profiles = list(catalog.profiles.values())
        if as_json:
            click.echo(json.dumps({"psps": [table.profile_json(one) for one in profiles]}))
        else:
            click.echo(table.profiles_table(profiles))
        return
    profile = catalog.find(name)
    if profile is None:
        raise Wrong(f"there is no PSP {name!r}; known: {', '.join(catalog.profiles)}")
    click.echo(json.dumps({"psp": table.profile_json(profile)}) if as_json else table.profile_sheet(profile))
