"""What the commands of payouts share: the report of a file, read line by line, its period, and where it is written."""

import hashlib
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from pathlib import Path

import click

from mockpsp.catalog import CatalogError, load_catalog
from mockpsp.cli import InputError
from mockpsp.cli.files import OpenProject, check_writable, print_pieces, write_text
from mockpsp.domain import ids
from mockpsp.domain.business_days import zone_of
from mockpsp.domain.profiles import PspProfile
from mockpsp.domain.schedules import value_ms
from mockpsp.engine.gateways import kept_profile
from mockpsp.ledger import book, chart
from mockpsp.ledger.settlement_report import Movement, Period, Report, ReportLine, ReportPayout
from mockpsp.ledger.statements import BANK, Entry
from mockpsp.ledger.telling import order_name
from mockpsp.store import payouts as stored
from mockpsp.store.payouts import PayoutRow, ToldRow, Wanted

gateway_option = click.option("--gateway", metavar="NAME", help="Only payouts of this gateway, by its name or alias.")
from_option = click.option("--from", "since", metavar="DAY", help="From this day on, as in 2026-01-31.")
to_option = click.option("--to", "until", metavar="DAY", help="Up to and with this day.")
output_option = click.option(
    "--output", type=click.Path(path_type=Path, dir_okay=False), help="[default: standard output]"
)
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", re.ASCII)
#: What the bank's account shows -> its type there.
_AT_BANK = {
    "payout-sent": "payout",
    "payout-arrived": "payout",
    "payout-failed": "payout-returned",
    "balance-added": "top-up",
}


def period_of(since: str | None, until: str | None) -> Period:
    """The days given, both of them in it; `InputError` for what is no day, or a period that ends before it begins."""
    period = Period(_day("--from", since), _day("--to", until))
    if period.first is not None and period.last is not None and period.last < period.first:
        raise InputError(f"--from {period.first} comes after --to {period.last}")
    return period


def _day(option: str, text: str | None) -> date | None:
    if text is None:
        return None
    try:
        if _DAY.fullmatch(text):
            return date.fromisoformat(text)
    except ValueError:
        pass
    raise InputError(f"{option} is {text[:40]!r}; it must be a day such as 2026-01-31")


def report_of(
    found: OpenProject,
    gateway: str | None = None,
    payout_id: str | None = None,
    folder: str = "",
    period: Period = Period(),  # noqa: B008 (a value)
) -> Report:
    """What is asked for; `InputError` for a gateway or a payout that has none of it, or a period that isn't over.

    Its lines are read from the open file whenever they are walked.
    """
    conn, no = found.conn, found.project.no
    rows = stored.shown(conn, no)
    known = sorted({row.gateway for row in rows} | {key for key, *_ in stored.extent(conn, Wanted(no))})
    gateway = _gateway(gateway, known)
    rows = [row for row in rows if gateway in (None, row.gateway)]
    payout_seq = None
    if payout_id is not None:
        payout_seq = ids.decode(found.key, "payt_", payout_id)
        rows = [row for row in rows if row.seq == payout_seq]
        if not rows:
            raise InputError(f"{found.project.id} has no payout {payout_id}{f' at {gateway}' if gateway else ''}")
    wanted = Wanted(no, gateway, payout_seq)
    extent = stored.extent(conn, wanted)
    last_ms = max([at_ms for *_, at_ms in extent] + [row.body["created_at_ms"] for row in rows], default=0)
    at_ms = last_ms if payout_id is not None else max(found.project.clock_ms, last_ms)
    contents = f"{found.project.id} {at_ms} {extent} {[(row.seq, row.status) for row in rows]} {period}"
    profiles = profiles_of(found, known, folder)
    report = Report(
        found.project.public_id,
        f"mockpsp-{hashlib.blake2b(contents.encode(), digest_size=8).hexdigest()}",
        at_ms,
        _Stored(found, wanted, profiles),
        [_payout(found.key, row) for row in rows],
        {key: zone_of(profile) for key, profile in profiles.items()},
        period,
    )
    today = max(report.date(key, at_ms) for key in (*known, BANK))
    guard_over(found, period, today)
    return report


def guard_over(found: OpenProject, period: Period, today: date) -> None:
    """Refuse a period that ends with a day that the universe has not seen."""
    if period.last is not None and period.last > today:
        raise InputError(f"--to {period.last} is still to come: in {found.project.id} it is {today}")


def bank_entries(found: OpenProject, report: Report, folder: str) -> list[Entry]:
    """All that the merchant's bank ever booked, as the books have it, oldest first."""
    moved = list(book.of_account(found.conn, found.project.no, chart.BANK))
    seqs = {one.payment_seq for one in moved}
    rows = stored.load(found.conn, found.project.no, seqs, with_hidden=True)
    lines = stored.items(found.conn, found.project.no, seqs)
    gateways = {row.gateway for row in rows.values()} | {line.gateway for line in lines.values()}
    profiles = profiles_of(found, sorted(gateways), folder)
    entries = []
    for one in moved:
        row = rows.get(one.payment_seq)
        line = lines.get(one.payment_seq)
        gateway = row.gateway if row is not None else line.gateway if line is not None else ""
        profile = profiles.get(gateway)
        type_name = _AT_BANK.get(one.fact, one.fact)
        entries.append(
            Entry(
                BANK,
                one.currency,
                one.at_ms,
                one.seq,
                gateway,
                type_name,
                one.amount_minor,
                one.at_ms if profile is None else value_ms(profile, one.at_ms),
                ids.encode(found.key, "payt_itm_" if row is None else "payt_", one.payment_seq),
                payout=None if row is None else _payout(found.key, row),
                reason=row.body.get("failure_reason") if row is not None and one.fact == "payout-failed" else None,
            )
        )
    return entries


def items_counts(found: OpenProject) -> dict[int, int]:
    """Number of a payout -> how many lines it paid."""
    rows = stored.shown(found.conn, found.project.no)
    return {row.seq: sum(sums[0] for sums in row.body["sums"].values()) for row in rows}


def profiles_of(found: OpenProject, keys: Iterable[str], folder: str) -> dict[str, PspProfile]:
    """The profile of each gateway, whose banks and time zone the dates are of."""
    try:
        catalog = load_catalog(folder)
    except CatalogError as error:
        raise InputError(str(error)) from None
    found_by_key = {key: kept_profile(catalog, found.project.settings, key) for key in keys}
    return {key: profile for key, profile in found_by_key.items() if profile is not None}


def write_all(beside: Mapping[Path, Iterable[str]], pieces: Iterable[str], output: Path | None) -> None:
    """Write files beside the output, and it, or print it; nothing is written where one of them can't be."""
    files = {**beside, **({output: pieces} if output is not None else {})}
    for path in files:
        check_writable(path)
    for path, contents in files.items():
        write_text(path, contents)
    if output is None:
        print_pieces(pieces)


@dataclass(frozen=True)
class _Stored:
    """The lines of a report as the file has them."""

    found: OpenProject
    wanted: Wanted
    profiles: Mapping[str, PspProfile]

    def by_payout(self) -> Iterator[ReportLine]:
        """Of all payouts that are wanted."""
        return self._lines(stored.told_by_payout(self.found.conn, self.wanted))

    def by_account(self) -> Iterator[ReportLine]:
        """Of all accounts that are wanted."""
        return self._lines(stored.told_by_account(self.found.conn, self.wanted))

    def movements(self) -> Iterator[Movement]:
        """Of all accounts that are wanted."""
        return stored.movements(self.found.conn, self.wanted)

    def _lines(self, rows: Iterable[ToldRow]) -> Iterator[ReportLine]:
        key, profiles = self.found.key, self.profiles

        @lru_cache(maxsize=8_192)
        def counts_at_ms(gateway: str, booked_ms: int) -> int:
            return value_ms(profiles[gateway], booked_ms) if gateway in profiles else booked_ms

        for row in rows:
            item = row.item
            yield ReportLine(
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
                counts_at_ms(item.gateway, item.at_ms),
                item.made_at_ms,
                item.captured_at_ms,
                None if row.invoice_seq is None else ids.encode(key, "iv_", row.invoice_seq),
                order_name(row.order_id, row.reference_id, row.name),
            )


def _gateway(name: str | None, known: list[str]) -> str | None:
    if name is None or name in known:
        return name
    profile = load_catalog().find(name)
    name = profile.name if profile is not None else name
    if name not in known:
        raise InputError(f"nothing has settled at a gateway {name}; there is {', '.join(known) or 'none'}")
    return name


def _payout(key: bytes, row: PayoutRow) -> ReportPayout:
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
