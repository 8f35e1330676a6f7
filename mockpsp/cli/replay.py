"""`mockpsp replay`: stories told, and what happens held against what they expect."""

import dataclasses
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click
from click.core import ParameterSource

from mockpsp.catalog import Catalog, CatalogError, load_catalog
from mockpsp.cli import InputError
from mockpsp.cli.files import check_apart_from_database, check_writable, psps_option, write_text
from mockpsp.cli.jobs import jobs_option, warn_of_missing
from mockpsp.cli.naming import meant
from mockpsp.cli.progress import Progress
from mockpsp.cli.screen import BAD, GOOD, LOUD, NAME, QUIET, Cell, Column, is_terminal, say, table
from mockpsp.config import SettingsError
from mockpsp.domain.text.codes import Refused
from mockpsp.domain.time.moments import rfc3339
from mockpsp.engine.universes import Credentials, check_credentials
from mockpsp.scenarios.language.errors import ScenarioErrors
from mockpsp.scenarios.language.matching import Difference
from mockpsp.scenarios.language.model import Scenario
from mockpsp.scenarios.replaying import goldens, listing, report
from mockpsp.scenarios.replaying import replay as replays
from mockpsp.scenarios.replaying.against import Against
from mockpsp.scenarios.replaying.application import own_application
from mockpsp.scenarios.replaying.crew import Crew
from mockpsp.scenarios.replaying.lines import Place
from mockpsp.scenarios.replaying.runner import RunResult, StepResult
from mockpsp.scenarios.replaying.worker import Opening
from mockpsp.serving.lock import FileLock, LockError
from mockpsp.store import migrations
from mockpsp.store.faults import StorageError
from mockpsp.wallclock import now_ms
from mockpsp.webhooks import targets
from mockpsp.webhooks.errors import MalformedUrl

_MEMORY = ":memory:"


#: What is true of built-in stories, which bring their own receivers.
_NOT_ABOUT_IT = (
    "none of these stories tells or calls an application, so --against would change nothing: copy one, and have its "
    "receiver be `url: app`, or call ${app}/path"
)


@click.command()
@click.argument("paths", nargs=-1, metavar="[PATH]...", type=click.Path(path_type=Path))
@click.option("-k", "text", metavar="TEXT", help="Only stories whose name or file holds TEXT.")
@click.option("--tag", help="Only stories with this tag.")
@click.option("--psp", default=replays.ALL_PSPS, metavar="NAME|all", help="Only the runs against this PSP.")
@click.option("--url", help="Replay against a server that runs already.")
@click.option("--against", metavar="URL", help="Your own application: it gets the webhooks, and calls to ${app}.")
@click.option(
    "--as",
    "login",
    metavar="PROJECT:KEY",
    help="Replay in the universe that it uses; each story empties it.",
)
@click.option("--db", default=_MEMORY, metavar="FILE", help="Keep the ledger in this file.  [default: nowhere]")
@psps_option
@jobs_option
@click.option("--junit", type=click.Path(path_type=Path, dir_okay=False), help="Write the results as JUnit XML too.")
@click.option("--until", metavar="STEP", help="Stop after this step.")
@click.option("--update", is_flag=True, help="Keep what each story books beside it, to hold later replays against.")
@click.option("--list", "lists", is_flag=True, help="Say which stories these are, and play none.")
@click.option("--strict", is_flag=True, help="Refuse stories that `mockpsp check` has warnings for.")
@click.option("--json", "as_json", is_flag=True, help="Print the results as JSON.")
@click.pass_context
def replay(ctx: click.Context, /, **options: Any) -> None:
    """Replay stories and compare what happens with what they expect.

    PATH is a file, a folder or the name of a built-in story or theme; without one, all built-in stories are replayed.
    """
    has_folder = ctx.get_parameter_source("folder") is ParameterSource.COMMANDLINE
    wanted = _Wanted(**options)
    _check(wanted, has_folder=has_folder)
    try:
        if wanted.lists:
            click.echo(_listed(wanted))
            return
        results = _replayed(wanted)
    except (ScenarioErrors, LockError, StorageError, CatalogError, SettingsError) as error:
        raise InputError(str(error)) from None
    if not results:
        raise _no_story(wanted, None)
    if wanted.update:
        _update(results)
    else:
        results = [_held(result) for result in results]
    if wanted.junit is not None:
        write_text(wanted.junit, [report.junit(results, rfc3339(now_ms())[:19])])
    if is_terminal() and not wanted.as_json:
        _show(results)
    else:
        click.echo(report.as_json(results) if wanted.as_json else report.table(results))
    ctx.exit(0 if all(result.ok for result in results) else 1)


def _show(results: Sequence[RunResult]) -> None:
    """The runs within a terminal's width, and below them what went wrong in each that failed."""
    columns = [Column("", GOOD), Column("story", is_whole=False), Column("steps", is_right=True)]
    columns += [Column("digest", QUIET), Column("took", QUIET, is_right=True)]
    marks = (Cell("ok", GOOD), Cell("FAIL", BAD))
    table(columns, [(marks[not result.ok], *report.row(result)[1:]) for result in results])
    for result in results:
        if not result.ok:
            say(Cell(report.row(result)[1], BAD))
            for line in report.failures(result):
                say(line)
    say(report.summary(results))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Wanted:
    """What the command line says; its options tell what each means."""

    paths: tuple[Path, ...]
    text: str | None
    tag: str | None
    psp: str
    url: str | None
    against: str | None
    login: str | None
    db: str
    folder: str
    jobs: int
    junit: Path | None
    until: str | None
    update: bool
    lists: bool
    strict: bool
    as_json: bool


def _check(wanted: _Wanted, *, has_folder: bool) -> None:
    """Refuse what doesn't go together, before anything is done."""
    _guard_url("--url", wanted.url, "http://127.0.0.1:8765")
    if wanted.url and wanted.db != _MEMORY:
        raise click.UsageError("--db is for a server of our own, not together with --url")
    if wanted.jobs > 1 and wanted.db != _MEMORY:
        raise click.UsageError(
            f"--db keeps the ledger in one file, which one process writes: leave out --db, or --jobs {wanted.jobs}"
        )
    if wanted.url and has_folder:
        raise click.UsageError("--psps is for a server of our own, not together with --url")
    if wanted.update and wanted.until is not None:
        raise click.UsageError("--update keeps what whole stories book: leave out --until")
    if wanted.junit is not None:
        check_apart_from_database(wanted.junit, wanted.db)
        check_writable(wanted.junit)


def _listed(wanted: _Wanted) -> str:
    """The stories that would be played."""
    catalog = None if wanted.url else load_catalog(wanted.folder)
    chosen = replays.select(replays.load_all(wanted.paths, catalog), text=wanted.text, tag=wanted.tag)
    if not chosen:
        raise _no_story(wanted, catalog)
    if wanted.as_json or not is_terminal():
        return listing.as_json(chosen) if wanted.as_json else listing.as_text(chosen)
    for folder, each in listing.by_folder(chosen).items():
        say(Cell(folder, LOUD))
        table(
            (Column("", NAME), Column("", is_whole=False)), [(Path(one.path).stem, one.name) for one in each], indent=2
        )
    return listing.counted(chosen)


def _no_story(wanted: _Wanted, catalog: Catalog | None) -> InputError:
    """That none of the stories is meant, and the tag or the name that may have been."""
    stories = replays.load_all(wanted.paths, catalog)
    tags = {tag for one in stories for tag in one.tags}
    near = ""
    if wanted.tag is not None and wanted.tag not in tags:
        near = meant(wanted.tag, sorted(tags))
    elif wanted.text is not None:
        near = meant(wanted.text, [Path(one.path).stem for one in stories])
    return InputError(f"no story matches{near}")


def _replayed(wanted: _Wanted) -> list[RunResult]:
    """The results of all runs that are wanted, in their order."""
    application = _against(wanted.against, wanted.login)
    catalog = None if wanted.url else load_catalog(wanted.folder)
    with Crew(wanted.jobs, Opening(wanted.url and wanted.url.rstrip("/"), wanted.folder)) as crew:
        chosen = replays.select(replays.load_all(wanted.paths, catalog), text=wanted.text, tag=wanted.tag)
        _warn(chosen, is_strict=wanted.strict)
        if application is not None and chosen and all(one.app_place is None for one in chosen):
            raise click.UsageError(_NOT_ABOUT_IT)
        runs = replays.planned(chosen, wanted.psp, application, until=wanted.until, updates=wanted.update)
        with _place(wanted.url, wanted.db, wanted.folder) as place, Progress(len(runs), sys.stderr) as progress:
            results = replays.replay_by(crew, runs, place, progress.told)
        warn_of_missing(crew)
    return results


def _held(result: RunResult) -> RunResult:
    """The result with what its golden says against it, if it has one."""
    if not result.ok or result.journal is None:
        return result
    found = goldens.difference(result.path, result.cell, result.journal)
    if not found:
        return result
    golden = goldens.path_of(result.path).name
    differs = Difference("journal", f"what {golden} has (--update writes it anew)", f"\n{found.rstrip()}")
    step = StepResult("journal", "what the story booked", 1, (differs,))
    return dataclasses.replace(result, steps=(*result.steps, step))


def _update(results: Sequence[RunResult]) -> None:
    """Write the goldens of the stories of which no run differed, and say on standard error which have changed."""
    for path in dict.fromkeys(result.path for result in results):
        runs = [result for result in results if result.path == path]
        golden = goldens.path_of(path)
        if not all(result.ok for result in runs):
            click.echo(f"{golden} stays as it was: the story differs from what it expects", err=True)
            continue
        text = goldens.updated(path, [(result.cell, result.journal or "") for result in runs])
        if not golden.is_file() or golden.read_text(encoding="utf-8") != text:
            write_text(golden, [text])
            click.echo(f"{golden} is written", err=True)


def _warn(chosen: Sequence[Scenario], *, is_strict: bool) -> None:
    """Say on standard error what a finished story would not have; `ScenarioErrors` where only such ones go."""
    warnings = [warning for one in chosen for warning in one.warnings]
    if warnings and is_strict:
        raise ScenarioErrors([dataclasses.replace(warning, is_warning=False) for warning in warnings])
    for warning in warnings:
        click.echo(str(warning), err=True)


def _guard_url(option: str, url: str | None, example: str) -> None:
    try:
        targets.parse(url or "http://localhost")
    except MalformedUrl as error:
        raise click.UsageError(f"{option} must be a server's address, such as {example}: {error}") from None


def _against(url: str | None, login: str | None) -> Against | None:
    """The user's own application, and the universe that it uses."""
    _guard_url("--against", url, "http://127.0.0.1:5000")
    if login is None:
        return None if url is None else Against(url.rstrip("/"))
    if url is None:
        raise click.UsageError("--as is the universe of an application: it goes with --against")
    project_id, _, secret = login.partition(":")
    try:
        check_credentials(Credentials(project_id, secret))
    except Refused as refused:
        raise click.UsageError(f"--as PROJECT:KEY: {refused.message}") from None
    return Against(url.rstrip("/"), project_id, secret)


@contextmanager
def _place(url: str | None, db: str, folder: str) -> Iterator[Place]:
    if url:
        yield url.rstrip("/")
        return
    migrations.check_servable(db)
    with FileLock(db), own_application(db, folder) as application:
        yield application
