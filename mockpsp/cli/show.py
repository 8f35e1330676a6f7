"""`mockpsp show`: one payment's history, whatever id leads to it."""

import json

import click

from mockpsp.cli import histories
from mockpsp.cli.files import json_option
from mockpsp.cli.newest import newest_payment
from mockpsp.cli.servers import Caller, calls_server


@click.command()
@click.argument("subject_id", metavar="[ID]", required=False)
@json_option
@calls_server
def show(caller: Caller, subject_id: str | None, as_json: bool) -> None:
    """Show one payment's history: calls, decisions with the PSP's rules behind them, postings, events, deliveries.

    Then what is to come, and the moves that can be made. ID is the invoice's, the transaction's, a refund's, an event's
    or a delivery's; the newest payment's unless given.
    """
    found = caller.get(f"/sandbox/timeline/{subject_id or newest_payment(caller)}")["timeline"]
    if as_json:
        click.echo(json.dumps({"timeline": found}))
    else:
        histories.show(found)
