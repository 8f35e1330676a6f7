"""The command `mockpsp`. Each command lives in a file of its own, which is imported when that command runs.

Exit codes: 0 all well; 1 something differed or failed; 2 the input or the command line is wrong. To add a command: a
file here and its row in `_COMMANDS`.
"""

import errno
import gc
import os
import sys
from collections.abc import Mapping
from importlib import import_module

import click

from mockpsp import __version__
from mockpsp.cli.naming import Group

#: Command -> its file and its one line of help, which `mockpsp --help` shows without importing it.
_COMMANDS: Mapping[str, tuple[str, str]] = {
    "serve": ("serve", "Serve the API, for SDKs and your own application."),
    "listen": ("listen", "Send webhooks to your handler, and follow them."),
    "pay": ("pay", "Make a payment, as your application would."),
    "refund": ("pay", "Refund a payment."),
    "simulate": ("moving", "Have something happen: a chargeback, a refund that fails."),
    "trigger": ("trigger", "Fire an event, by the shortest flow that brings it about."),
    "advance": ("moving", "Move time forward."),
    "settle": ("moving", "Deliver what is due, and wait for your handlers."),
    "show": ("show", "Show all that happened to one payment."),
    "logs": ("logs", "Show the API's last calls, or follow them."),
    "replay": ("replay", "Replay stories and compare what happens."),
    "compare": ("compare", "Replay a story at many PSPs."),
    "check": ("stories", "Validate stories."),
    "new": ("stories", "Start one more story, new or as a copy."),
    "init": ("init", "Begin: write a first story, or a first pytest test."),
    "schema": ("stories", "Print the JSON Schema of stories."),
    "coverage": ("coverage", "Show what of the API works."),
    "psps": ("psps", "Show what each PSP does and charges."),
    "ledger": ("ledger", "Read the books: balances, journal, exports."),
    "payouts": ("payouts", "List payouts, export them."),
    "universes": ("universes", "List universes; delete some."),
    "diff": ("diff", "Show where two universes differ."),
    "reconcile": ("reconcile", "Hold your own records against the books."),
    "backup": ("backup", "Copy a file whole, also while its server runs."),
    "webhooks": ("webhooks", "Show deliveries, send one again, check a signature."),
    "completion": ("completion", "Have your shell complete commands."),
}


#: What a full disk or a failing one answers when standard output goes there.
_NO_OUTPUT = (errno.ENOSPC, errno.EDQUOT, errno.EIO) if hasattr(errno, "EDQUOT") else (errno.ENOSPC, errno.EIO)


class InputError(click.ClickException):
    """The input is wrong: the message goes to standard error, the exit code is 2."""

    exit_code = 2


class _LazyGroup(Group):
    """Imports a command's file only when that command runs: `serve` must not wait for the others' imports."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """The commands in the order of the documentation."""
        return list(_COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command, imported now; None when there is none of that name."""
        if cmd_name not in _COMMANDS:
            return None
        # What is imported stays for good: looking through it for garbage, now or later, only takes time.
        gc.disable()
        command: click.Command = getattr(import_module(f"mockpsp.cli.{_COMMANDS[cmd_name][0]}"), cmd_name)
        gc.freeze()
        gc.enable()
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """List the commands from the table, without importing them."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, summary) for name, (_, summary) in _COMMANDS.items()])


@click.group(cls=_LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="mockpsp")
def mockpsp() -> None:
    """A payment sandbox on your own machine: the ProcessOut API over simulated PSPs."""


def main() -> None:
    """Run the command line and exit with its code."""
    try:
        mockpsp(prog_name="mockpsp")
    except OSError as error:
        if error.errno not in _NO_OUTPUT:
            raise
        click.echo(f"Error: the output can't be written: {error.strerror}", err=True)
        # Python would try to write what is left once more, and complain at length.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(1)
