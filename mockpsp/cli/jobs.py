"""`--jobs`: how many processes share the work of a command."""

import click

from mockpsp.scenarios.replaying.crew import JOBS_MAX, Crew

jobs_option = click.option(
    "-j",
    "--jobs",
    metavar="N",
    type=click.IntRange(1, JOBS_MAX),
    default=1,
    help="Share the work among N processes; the results stay the same.  [default: 1]",
)


def warn_of_missing(crew: Crew) -> None:
    """Say on standard error which processes could not take part: the work was done without them, and took longer."""
    for why in crew.missing:
        click.echo(f"warning: done with one process less: {why}", err=True)
