"""`mockpsp coverage`: what of the API works, what partly, what not yet."""

import json
from dataclasses import asdict

import click

from mockpsp.api.described.coverage import KINDS, STATES, WORKS, Entry, counts, entries
from mockpsp.catalog import load_catalog
from mockpsp.cli.files import json_option
from mockpsp.cli.screen import NAME, QUIET, Column, is_terminal, table
from mockpsp.config import Settings
from mockpsp.serving.app import create_app


@click.command()
@click.option("--all", "show_all", is_flag=True, help="List what works too.")
@json_option
def coverage(show_all: bool, as_json: bool) -> None:
    """Show what of the API works, partly or not yet: endpoints, fields, cards, events."""
    app = create_app(Settings(port=0, db=":memory:", clock="manual"))
    found = entries(app, load_catalog())
    app.extensions["mockpsp"].close()
    if as_json:
        summary = {kind: {state: counts(found)[kind][state] for state in STATES} for kind in KINDS}
        click.echo(json.dumps({"summary": summary, "coverage": [asdict(entry) for entry in found]}))
        return
    if is_terminal():
        heads = [Column(""), *(Column(state, is_right=True) for state in STATES)]
        table(heads, [[f"{kind}s", *(str(counts(found)[kind][state]) for state in STATES)] for kind in KINDS])
    else:
        click.echo("\n".join(_summary(found)))
    shown = [entry for entry in found if show_all or entry.state != WORKS]
    if is_terminal():
        columns = (
            Column("state"),
            Column("kind", QUIET),
            Column("name", NAME, is_whole=False),
            Column("why", is_whole=False),
        )
        table(columns, [(entry.state, entry.kind, entry.name, entry.why) for entry in shown])
        return
    width = max((len(entry.name) for entry in shown), default=0)
    for entry in shown:
        click.echo(f"{entry.state:8} {entry.kind:9} {entry.name:{width}}  {entry.why}".rstrip())


def _summary(found: list[Entry]) -> list[str]:
    """How many of each kind are in each state."""
    table = counts(found)
    lines = [" " * 10 + "".join(f"{state:>9}" for state in STATES)]
    lines += [f"{kind + 's':10}" + "".join(f"{table[kind][state]:>9}" for state in STATES) for kind in KINDS]
    return [*lines, ""]
