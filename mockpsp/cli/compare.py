"""`mockpsp compare`: one story replayed at many PSPs, side by side."""

import sys
from collections.abc import Sequence
from pathlib import Path

import click

from mockpsp.catalog import CatalogError, load_catalog
from mockpsp.cli import InputError
from mockpsp.cli.files import check_writable, psps_option
from mockpsp.cli.jobs import jobs_option, warn_of_missing
from mockpsp.cli.naming import hint
from mockpsp.cli.progress import Progress
from mockpsp.cli.screen import BAD, LOUD, NAME, Cell, Column, is_terminal, say, table
from mockpsp.config import SettingsError
from mockpsp.scenarios.comparing import compare as comparing
from mockpsp.scenarios.comparing import report
from mockpsp.scenarios.comparing.compare import PspResult
from mockpsp.scenarios.language.errors import ReplayError, ScenarioErrors
from mockpsp.scenarios.replaying import replay
from mockpsp.scenarios.replaying.application import own_application
from mockpsp.scenarios.replaying.crew import Crew
from mockpsp.scenarios.replaying.worker import Opening


@click.command()
@click.argument("scenario", metavar="SCENARIO", type=click.Path(path_type=Path))
@click.option("--psp", "psps", default=replay.ALL_PSPS, metavar="NAME[,NAME...]|all", help="Where.  [default: all]")
@psps_option
@click.option("--chart", type=click.Path(path_type=Path, dir_okay=False), help="Draw it too, as .svg or .png.")
@jobs_option
@click.option("--json", "as_json", is_flag=True, help="Print the comparison as JSON.")
def compare(scenario: Path, psps: str, folder: str, chart: Path | None, jobs: int, as_json: bool) -> None:
    """Replay one story at many PSPs: where it survives, what is kept, what it cost, when the money arrives.

    SCENARIO is a file, or the name of a built-in story. Its expectations are left aside, since they hold for the PSP it
    was written for; a call that isn't answered as the story says is where the flow was refused.
    """
    if chart is not None and chart.suffix not in report.CHARTS:
        raise click.UsageError(f"--chart {chart}: it must end in {' or '.join(report.CHARTS)}")
    if chart is not None:
        check_writable(chart)
    try:
        with Crew(jobs, Opening(psps=folder)) as crew:
            story = replay.find(scenario, load_catalog(folder))
            if chosen := comparing.chosen_gateways(story):
                raise InputError(
                    f"{story.path}: its steps choose their PSP by `via`, so it can't be moved: {', '.join(chosen)}"
                )
            with own_application(psps=folder) as place:
                known = comparing.available_psps(story, place)
                wanted = _wanted(psps, known)
                with Progress(len(wanted) * len(comparing.strategies(story)), sys.stderr) as progress:
                    fates = comparing.compare(
                        story, place, wanted, crew=crew, told=lambda done, fate: progress.note(done, "", fate.psp)
                    )
            warn_of_missing(crew)
        if chart is not None:
            report.draw(story.name, fates, chart)
    except (ScenarioErrors, ReplayError, CatalogError, SettingsError) as error:
        raise InputError(str(error)) from None
    except OSError as error:
        raise InputError(f"{chart}: {error.strerror}") from None
    if as_json:
        click.echo(report.as_json(story.name, fates))
    elif is_terminal():
        _show(story.name, fates)
    else:
        click.echo(report.table(story.name, fates))


def _show(name: str, fates: Sequence[PspResult]) -> None:
    """The table within a terminal's width, and below it what each PSP refused."""
    rows = report.rows_of(fates)
    say(Cell(name, LOUD))
    table([Column(head, NAME if not n else "", is_right=n > 1) for n, head in enumerate(rows[0])], rows[1:])
    for row, fate in zip(rows[1:], fates, strict=True):
        for trouble in report.troubles(fate):
            say(Cell(row[0], NAME), Cell(trouble, BAD))
    for line in "\n".join(report.ending(fates)).splitlines():
        say(line)


def _wanted(psps: str, known: dict[str, str]) -> list[str]:
    """The PSPs named, by their names or aliases, each once."""
    names = list(dict.fromkeys(known.values()))
    if psps == replay.ALL_PSPS:
        return names
    wanted = [name.strip() for name in psps.split(",")]
    for name in wanted:
        if name not in known:
            raise InputError(f"--psp: there is no PSP {name!r}{hint(name, known)}")
    return list(dict.fromkeys(known[name] for name in wanted))
