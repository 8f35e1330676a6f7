"""`mockpsp trigger`: fire an event by the shortest flow that brings it about."""

import json

import click

from mockpsp.cli.files import json_option
from mockpsp.cli.flows import FLOWS, fire, from_nothing
from mockpsp.cli.screen import BAD, QUIET, Cell, Column, say, table
from mockpsp.cli.servers import Caller, calls_server
from mockpsp.domain.events import unknown_event


@click.command()
@click.argument("event", required=False)
@click.option("--on", metavar="ID", help="About this object of yours, instead of a new one.")
@click.option("--psp", metavar="NAME", help="Where the payment is made, by a gateway's name or alias.")
@json_option
@calls_server
def trigger(caller: Caller, event: str | None, on: str | None, psp: str | None, as_json: bool) -> None:
    """Fire EVENT for good: the calls and moves that bring it about are made. Without EVENT, list those there are.

    Exit code 1: it did not fire, such as a refund that is pending where the PSP's look final at once.
    """
    if event is None:
        flows = {name: [step.removeprefix("!") for step in from_nothing(name)] for name in FLOWS}
        if as_json:
            click.echo(json.dumps({"events": flows}))
        else:
            columns = (Column("event"), Column("by", QUIET, is_whole=False))
            table(columns, [(name, ", ".join(steps)) for name, steps in flows.items()])
        return
    if wrong := unknown_event(event, FLOWS):
        raise click.UsageError(wrong)
    found, steps, subject = fire(caller, event, on, psp)
    if as_json:
        fired = None if found is None else found["id"]
        click.echo(json.dumps({"triggered": {"event": event, "id": fired, "steps": steps, "on": subject}}))
    elif found is not None:
        say(f"{event}  ", found["id"], Cell(f"  by {', '.join(steps)}, on {subject}", QUIET))
    else:
        say(Cell(f"{event} did not fire, by {', '.join(steps)} on {subject}; mockpsp show {subject}", BAD))
    if found is None:
        raise SystemExit(1)
