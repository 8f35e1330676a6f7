"""`mockpsp payouts`: payouts as files for a finance team, read from the file."""

import hashlib
import json
from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import click

from mockpsp.catalog import CatalogError, load_catalog
from mockpsp.cli import InputError
from mockpsp.cli.files import (
    OpenProject,
    check_apart,
    check_apart_from_database,
    check_writable,
    db_option,
    json_option,
    print_pieces,
    project_option,
    psps_option,
    reading,
    write_text,
)
from mockpsp.domain import ids
from mockpsp.domain.business_days import zone_of
from mockpsp.domain.moments import rfc3339
from mockpsp.domain.money import format_exact
from mockpsp.domain.profiles import PspProfile
from mockpsp.domain.schedules import value_ms
from mockpsp.engine.gateways import kept_profile
from mockpsp.ledger import camt053, settlement_rows
from mockpsp.ledger.planted_defects import DEFECTS, CannotPlant, plant
from mockpsp.ledger.settlement_report import Render, Report, ReportLine, ReportPayout
from mockpsp.store import payouts as stored

_FORMATS: Mapping[str, Render] = {
    "csv": settlement_rows.render_csv,
    "json": settlement_rows.render_json,
    "camt053": camt053.render,
}
gateway_option = click.option("--gateway", metavar="NAME", help="Only payouts of this gateway, by its name or alias.")


@click.group()
def payouts() -> None:
    """List payouts, or export them as the files a finance team gets."""


@payouts.command("list")
@gateway_option
@psps_option
@project_option
@db_option
@json_option
def list_(gateway: str | None, folder: str, project_id: str | None, db: str | None, as_json: bool) -> None:
    """List payouts, oldest first."""
    with reading(db, project_id) as found:
        report = report_of(found, gateway, folder=folder)
    counts: dict[str | None, int] = {}
    for line in report.lines:
        counts[line.payout_id] = counts.get(line.payout_id, 0) + 1
    shown = [_shape(payout, counts.get(payout.payout_id, 0)) for payout in report.payouts]
    if as_json:
        click.echo(json.dumps({"payouts": shown}))
        return
    for one in shown:
        amount = f"{one['amount'].rjust(12)} {one['currency']}"
        click.echo(f"{one['created_at']}  {one['id']}  {amount}  {one['status']} at {one['gateway']}")
    click.echo(f"{len(shown)} payouts")


@payouts.command()
@click.option("--format", "form", type=click.Choice(tuple(_FORMATS)), help="[default: csv]")
@gateway_option
@click.option("--payout", "payout_id", metavar="ID", help="Only this payout.")
@click.option("--output", type=click.Path(path_type=Path, dir_okay=False), help="[default: standard output]")
@click.option("--defect", type=click.Choice(tuple(DEFECTS)), help="Plant exactly one error of this kind.")
@click.option(
    "--answer-key",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Write what --defect planted, and where, as JSON.",
)
@psps_option
@project_option
@db_option
@json_option
def export(
    form: str | None,
    gateway: str | None,
    payout_id: str | None,
    output: Path | None,
    defect: str | None,
    answer_key: Path | None,
    folder: str,
    project_id: str | None,
    db: str | None,
    as_json: bool,
) -> None:
    """Write payouts line by line: as CSV or JSON, or as an ISO 20022 account statement (camt.053.001.08).

    The statement also tells what no payout has paid yet. --defect leaves totals and balances as they should be, so that
    the error can be found.
    """
    if as_json and form not in (None, "json"):
        raise click.UsageError(f"--json and --format {form} don't go together")
    form = "json" if as_json else form or "csv"
    if answer_key is not None and defect is None:
        raise click.UsageError("--answer-key says what --defect planted; give both")
    with reading(db, project_id) as found:
        report = report_of(found, gateway, payout_id, folder)
        check_apart_from_database(output, found.path)
        check_apart_from_database(answer_key, found.path)
    check_apart(answer_key, output, "the output")
    if not report.payouts and not (form == "camt053" and report.lines):
        raise InputError("there is no payout to export; payout.run makes one of what has settled")
    lines, render = report.lines, _FORMATS[form]
    files: dict[Path, Iterable[str]] = {}
    if defect is not None:
        try:
            lines, key = plant(defect, report, render)
        except CannotPlant as error:
            raise InputError(str(error)) from None
        if answer_key is not None:
            files[answer_key] = [json.dumps({"answer_key": {"format": form, **key}}, indent=2) + "\n"]
    pieces = (piece.text for piece in render(report, lines))
    if output is not None:
        files[output] = pieces
    for path in files:
        check_writable(path)
    for path, contents in files.items():
        write_text(path, contents)
    if output is None:
        print_pieces(pieces)


def report_of(found: OpenProject, gateway: str | None = None, payout_id: str | None = None, folder: str = "") -> Report:
    """What is asked for; `InputError` for a gateway or a payout that has none of it."""
    rows, items = stored.shown(found.conn, found.project.no), stored.shown_items(found.conn, found.project.no)
    known = sorted({row.gateway for row in rows} | {item.gateway for item in items})
    if gateway is not None and gateway not in known:
        profile = load_catalog().find(gateway)
        gateway = profile.name if profile is not None else gateway
    if gateway is not None and gateway not in known:
        raise InputError(f"nothing has settled at a gateway {gateway}; there is {', '.join(known) or 'none'}")
    rows = [row for row in rows if gateway in (None, row.gateway)]
    items = [item for item in items if gateway in (None, item.gateway)]
    if payout_id is not None:
        seq = ids.decode(found.key, "payt_", payout_id)
        rows = [row for row in rows if row.seq == seq]
        if not rows:
            raise InputError(f"{found.project.id} has no payout {payout_id}{f' at {gateway}' if gateway else ''}")
        items = [item for item in items if item.payout_seq == seq]
    last_ms = max([item.at_ms for item in items] + [row.body["created_at_ms"] for row in rows], default=0)
    at_ms = last_ms if payout_id is not None else max(found.project.clock_ms, last_ms)
    contents = f"{found.project.id} {at_ms} {[item.seq for item in items]} {[(row.seq, row.status) for row in rows]}"
    reference = f"mockpsp-{hashlib.blake2b(contents.encode(), digest_size=8).hexdigest()}"
    profiles = _profiles(found, known, folder)

    @cache
    def counts_at_ms(key: str, booked_ms: int) -> int:
        return value_ms(profiles[key], booked_ms) if key in profiles else booked_ms

    lines = [_line(found.key, item, counts_at_ms(item.gateway, item.at_ms)) for item in items]
    paid = [_payout(found.key, row) for row in rows]
    zones = {key: zone_of(profile) for key, profile in profiles.items()}
    return Report(found.project.public_id, reference, at_ms, lines, paid, zones)


def _profiles(found: OpenProject, keys: Iterable[str], folder: str) -> dict[str, PspProfile]:
    """The profile of each gateway, whose banks and time zone the dates are of."""
    try:
        catalog = load_catalog(folder)
    except CatalogError as error:
        raise InputError(str(error)) from None
    found_by_key = {key: kept_profile(catalog, found.project.settings, key) for key in keys}
    return {key: profile for key, profile in found_by_key.items() if profile is not None}


def _line(key: bytes, item: stored.ItemRow, counts_at_ms: int) -> ReportLine:
    return ReportLine(
        item.seq,
        ids.encode(key, "payt_itm_", item.seq),
        None if item.payout_seq is None else ids.encode(key, "payt_", item.payout_seq),
        None if item.payment_seq is None else ids.encode(key, "tr_", item.payment_seq),
        item.gateway,
        item.currency,
        item.type,
        item.amount_minor,
        item.fees_minor,
        item.at_ms,
        counts_at_ms,
    )


def _payout(key: bytes, row: stored.PayoutRow) -> ReportPayout:
    return ReportPayout(
        row.seq,
        ids.encode(key, "payt_", row.seq),
        row.gateway,
        row.currency,
        row.status,
        row.amount_minor,
        row.body["created_at_ms"],
        row.body["settled_at_ms"] or row.body["arrives_at_ms"],
    )


def _shape(payout: ReportPayout, items_count: int) -> dict[str, Any]:
    return {
        "id": payout.payout_id,
        "gateway": payout.gateway,
        "status": payout.status,
        "amount": format_exact(payout.amount_minor, payout.currency),
        "currency": payout.currency,
        "items_count": items_count,
        "created_at": rfc3339(payout.at_ms),
    }
