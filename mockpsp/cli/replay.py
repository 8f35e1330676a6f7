"""`mockpsp replay`: stories told, and what happens held against what they expect."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import click
from click.core import ParameterSource

from mockpsp.catalog import CatalogError, load_catalog
from mockpsp.cli import InputError
from mockpsp.cli.files import check_apart_from_database, check_writable, psps_option, write_text
from mockpsp.cli.jobs import jobs_option, warn_of_missing
from mockpsp.config import SettingsError
from mockpsp.domain.codes import Refused
from mockpsp.engine.universes import Credentials, check_credentials
from mockpsp.scenarios.language.errors import ScenarioErrors
from mockpsp.scenarios.language.model import Scenario
from mockpsp.scenarios.replaying import replay as replays
from mockpsp.scenarios.replaying import report
from mockpsp.scenarios.replaying.against import Against
from mockpsp.scenarios.replaying.application import own_application
from mockpsp.scenarios.replaying.crew import Crew
from mockpsp.scenarios.replaying.lines import Place
from mockpsp.scenarios.replaying.worker import Opening
from mockpsp.serving.lock import FileLock, LockError
from mockpsp.store import migrations
from mockpsp.store.faults import StorageError
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
@click.option("--strict", is_flag=True, help="Refuse stories that `mockpsp check` has warnings for.")
@click.option("--json", "as_json", is_flag=True, help="Print the results as JSON.")
@click.pass_context
def replay(
    ctx: click.Context,
    paths: tuple[Path, ...],
    text: str | None,
    tag: str | None,
    psp: str,
    url: str | None,
    against: str | None,
    login: str | None,
    db: str,
    folder: str,
    jobs: int,
    junit: Path | None,
    strict: bool,
    as_json: bool,
) -> None:
    """Replay stories and compare what happens with what they expect.

    PATH is a file, a folder or the name of a built-in story; without one, all built-in stories are replayed.
    """
    _guard_url("--url", url, "http://127.0.0.1:8765")
    application = _against(against, login)
    if url and db != _MEMORY:
        raise click.UsageError("--db is for a server of our own, not together with --url")
    if jobs > 1 and db != _MEMORY:
        raise click.UsageError(
            f"--db keeps the ledger in one file, which one process writes: leave out --db, or --jobs {jobs}"
        )
    if url and ctx.get_parameter_source("folder") is ParameterSource.COMMANDLINE:
        raise click.UsageError("--psps is for a server of our own, not together with --url")
    if junit is not None:
        check_apart_from_database(junit, db)
        check_writable(junit)
    try:
        with Crew(jobs, Opening(url and url.rstrip("/"), folder)) as crew:
            chosen = replays.select(replays.load_all(paths, None if url else load_catalog(folder)), text=text, tag=tag)
            _warn(chosen, is_strict=strict)
            if application is not None and chosen and all(one.app_place is None for one in chosen):
                raise click.UsageError(_NOT_ABOUT_IT)
            runs = replays.planned(chosen, psp, application)
            with _place(url, db, folder) as place:
                results = replays.replay_by(crew, runs, place)
            warn_of_missing(crew)
    except (ScenarioErrors, LockError, StorageError, CatalogError, SettingsError) as error:
        raise InputError(str(error)) from None
    if not results:
        raise InputError("no story matches")
    if junit is not None:
        write_text(junit, [report.junit(results)])
    click.echo(report.as_json(results) if as_json else report.table(results))
    ctx.exit(0 if all(result.ok for result in results) else 1)


def _warn(chosen: Sequence[Scenario], *, is_strict: bool) -> None:
    """Say on standard error what a finished story would not have; `ScenarioErrors` where only such ones go."""
    warnings = [warning for one in chosen for warning in one.warnings]
    if warnings and is_strict:
        raise ScenarioErrors([replace(warning, is_warning=False) for warning in warnings])
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
