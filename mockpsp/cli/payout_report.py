"""What the commands of payouts share: the report of a file, its period, and where it is written."""

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import click

from mockpsp.catalog import CatalogError, load_catalog
from mockpsp.cli import InputError
from mockpsp.cli.files import OpenProject, check_writable, print_pieces, write_text
from mockpsp.cli.progress import working
from mockpsp.engine import payout_reports
from mockpsp.engine.payout_reports import ReportError, Source
from mockpsp.ledger.periods import PeriodError, read_period
from mockpsp.ledger.settlement_report import Period, Report

gateway_option = click.option("--gateway", metavar="NAME", help="Only payouts of this gateway, by its name or alias.")
from_option = click.option("--from", "since", metavar="DAY", help="From this day on, as in 2026-01-31.")
to_option = click.option("--to", "until", metavar="DAY", help="Up to and with this day.")
output_option = click.option(
    "--output", type=click.Path(path_type=Path, dir_okay=False), help="[default: standard output]"
)
#: What stands before the names of options.
MARK = "--"


@contextmanager
def told_as_input() -> Iterator[None]:
    """What is wrong with what was asked for is `InputError`."""
    try:
        yield
    except (PeriodError, ReportError, CatalogError) as error:
        raise InputError(str(error)) from None


def period_of(since: str | None, until: str | None) -> Period:
    """The days given, both of them in it; `InputError` for what is no day, or a period that ends before it begins."""
    with told_as_input():
        return read_period(since, until, mark=MARK)


def source_of(found: OpenProject, folder: str) -> Source:
    """The open file's universe; `InputError` for a folder of profiles that can't be read."""
    with told_as_input():
        return Source(found.conn, found.project, found.key, load_catalog(folder))


def report_of(
    source: Source,
    gateway: str | None = None,
    payout_id: str | None = None,
    period: Period = Period(),  # noqa: B008 (a value)
) -> Report:
    """What is asked for; `InputError` for a gateway or a payout that isn't there, or a period that isn't over."""
    with told_as_input():
        return payout_reports.report_of(source, gateway, payout_id, period, mark=MARK)


def write_all(beside: Mapping[Path, Iterable[str]], pieces: Iterable[str], output: Path | None) -> None:
    """Write files beside the output, and it, or print it; nothing is written where one of them can't be."""
    files = {**beside, **({output: pieces} if output is not None else {})}
    for path in files:
        check_writable(path)
    for path, contents in files.items():
        with working(f"writing {path.name}"):
            write_text(path, contents)
    if output is None:
        with working("writing it", prints=True):
            print_pieces(pieces)
