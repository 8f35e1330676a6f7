"""Reports of payouts and accounts, of a universe as it is now: for the command line, and for routes under /sandbox.

A report reads its lines from the snapshot it was made of whenever they are walked, and holds none of them. What files
are made of it stands in the ledger (settlement_rows.py, camt053.py, statement_rows.py).
"""

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache, partial
from typing import Any, NamedTuple

from mockpsp.catalog import Catalog
from mockpsp.domain.payments.money import format_exact
from mockpsp.domain.psps.business_days import zone_of
from mockpsp.domain.psps.profiles import PspProfile
from mockpsp.domain.psps.schedules import value_ms
from mockpsp.domain.text import ids
from mockpsp.domain.text.nearest import nearest_name
from mockpsp.domain.time.moments import rfc3339
from mockpsp.engine.gateways import kept_gateway, kept_profile
from mockpsp.ledger import book, chart
from mockpsp.ledger.periods import guard_seen
from mockpsp.ledger.settlement_report import Movement, Period, Report, ReportLine, ReportPayout
from mockpsp.ledger.statements import BANK, Entry, Side, Told, bank_side, psp_side
from mockpsp.ledger.telling import order_name
from mockpsp.store import payouts as stored
from mockpsp.store.payouts import PayoutRow, ToldRow, Wanted
from mockpsp.store.tx import Project

#: What the bank's account shows -> its type there.
_AT_BANK = {
    "payout-sent": "payout",
    "payout-arrived": "payout",
    "payout-failed": "payout-returned",
    "balance-added": "top-up",
}


class ReportError(Exception):
    """What is asked for isn't there; `name` is what was given wrongly: gateway or payout."""

    def __init__(self, name: str, message: str) -> None:
        super().__init__(message)
        self.name = name


class Source(NamedTuple):
    """A snapshot of one universe, and the profiles behind its gateways."""

    conn: Any
    project: Project
    #: What ids are made with.
    key: bytes
    catalog: Catalog


def report_of(
    source: Source,
    gateway: str | None = None,
    payout_id: str | None = None,
    period: Period = Period(),  # noqa: B008 (a value)
    *,
    mark: str = "",
) -> Report:
    """What is asked for. ReportError for a gateway or a payout that isn't there, PeriodError for days to come.

    `mark` stands before what messages name, as in `--to`.
    """
    conn, no, project = source.conn, source.project.no, source.project
    rows = stored.shown(conn, no)
    known = sorted({row.gateway for row in rows} | {key for key, *_ in stored.extent(conn, Wanted(no))})
    if gateway is not None:
        gateway = _gateway(source, gateway, known)
        rows = [row for row in rows if row.gateway == gateway]
    payout_seq = None
    if payout_id is not None:
        payout_seq = ids.decode(source.key, "payt_", payout_id)
        rows = [row for row in rows if row.seq == payout_seq]
        if not rows:
            where = f" at {gateway}" if gateway else ""
            raise ReportError("payout", f"{project.id} has no payout {payout_id[:80]}{where}")
    wanted = Wanted(no, gateway, payout_seq)
    extent = stored.extent(conn, wanted)
    last_ms = max([at_ms for *_, at_ms in extent] + [row.body["created_at_ms"] for row in rows], default=0)
    at_ms = last_ms if payout_id is not None else max(project.clock_ms, last_ms)
    contents = f"{project.id} {at_ms} {extent} {[(row.seq, row.status) for row in rows]} {period}"
    profiles = profiles_of(source, known)
    report = Report(
        project.public_id,
        f"mockpsp-{hashlib.blake2b(contents.encode(), digest_size=8).hexdigest()}",
        at_ms,
        _Stored(source, wanted, profiles),
        [_payout(source.key, row) for row in rows],
        {key: zone_of(profile) for key, profile in profiles.items()},
        period,
    )
    guard_seen(period, max(report.date(key, at_ms) for key in (*known, BANK)), project.id, mark=mark)
    return report


def told_by(source: Source, report: Report, side: Side, *, is_daily: bool = False) -> Told:
    """What the PSPs, or the merchant's bank, tell of a report's accounts."""
    if side is Side.BANK:
        return bank_side(report, bank_entries(source), is_daily=is_daily)
    return psp_side(report, is_daily=is_daily)


def bank_entries(source: Source) -> list[Entry]:
    """All that the merchant's bank ever booked, as the books have it, oldest first."""
    conn, no, key = source.conn, source.project.no, source.key
    moved = list(book.of_account(conn, no, chart.BANK))
    seqs = {one.payment_seq for one in moved}
    rows = stored.load(conn, no, seqs, with_hidden=True)
    lines = stored.items(conn, no, seqs)
    gateways = {row.gateway for row in rows.values()} | {line.gateway for line in lines.values()}
    profiles = profiles_of(source, sorted(gateways))
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
                ids.encode(key, "payt_itm_" if row is None else "payt_", one.payment_seq),
                payout=None if row is None else _payout(key, row),
                reason=row.body.get("failure_reason") if row is not None and one.fact == "payout-failed" else None,
            )
        )
    return entries


def items_counts(source: Source) -> dict[int, int]:
    """Number of a payout -> how many lines it paid."""
    rows = stored.shown(source.conn, source.project.no)
    return {row.seq: sum(sums[0] for sums in row.body["sums"].values()) for row in rows}


def listed(source: Source, gateway: str | None = None, *, mark: str = "") -> list[dict[str, Any]]:
    """Payouts as a list of them shows each, oldest first."""
    report, counts = report_of(source, gateway, mark=mark), items_counts(source)
    return [
        {
            "id": payout.payout_id,
            "gateway": payout.gateway,
            "status": payout.status,
            "amount": format_exact(payout.amount_minor, payout.currency),
            "currency": payout.currency,
            "items_count": counts.get(payout.seq, 0),
            "created_at": rfc3339(payout.at_ms),
        }
        for payout in report.payouts
    ]


def profiles_of(source: Source, keys: Iterable[str]) -> dict[str, PspProfile]:
    """The profile of each gateway, whose banks and time zone the dates are of."""
    found = {key: kept_profile(source.catalog, source.project.settings, key) for key in keys}
    return {key: profile for key, profile in found.items() if profile is not None}


@dataclass(frozen=True)
class _Stored:
    """The lines of a report as the file has them."""

    source: Source
    wanted: Wanted
    profiles: Mapping[str, PspProfile]

    def by_payout(self) -> Iterator[ReportLine]:
        """Of all payouts that are wanted."""
        return self._lines(stored.told_by_payout(self.source.conn, self.wanted))

    def by_account(self) -> Iterator[ReportLine]:
        """Of all accounts that are wanted."""
        return self._lines(stored.told_by_account(self.source.conn, self.wanted))

    def movements(self) -> Iterator[Movement]:
        """Of all accounts that are wanted."""
        return stored.movements(self.source.conn, self.wanted)

    def _lines(self, rows: Iterable[ToldRow]) -> Iterator[ReportLine]:
        key, profiles = self.source.key, self.profiles
        # An id of a line is named once; one of a payout with each of its lines.
        write, payout_id = ids.write, lru_cache(maxsize=64)(partial(ids.write, key, "payt_"))

        @lru_cache(maxsize=8_192)
        def counts_at_ms(gateway: str, booked_ms: int) -> int:
            return value_ms(profiles[gateway], booked_ms) if gateway in profiles else booked_ms

        for row in rows:
            yield ReportLine(
                row.seq,
                write(key, "payt_itm_", row.seq),
                None if row.payout_seq is None else payout_id(row.payout_seq),
                None if row.payment_seq is None else write(key, "tr_", row.payment_seq),
                row.gateway,
                row.currency,
                row.type,
                row.amount_minor,
                row.fees_minor,
                row.at_ms,
                counts_at_ms(row.gateway, row.at_ms),
                row.made_at_ms,
                row.captured_at_ms,
                None if row.invoice_seq is None else write(key, "iv_", row.invoice_seq),
                order_name(row.order_id, row.reference_id, row.name),
            )


def _gateway(source: Source, name: str, settled: list[str]) -> str:
    """The gateway that is meant: one where something has settled, or any other that the universe has."""
    if name in settled:
        return name
    found = kept_gateway(source.catalog, source.project.settings, name)
    if found is None:
        near = nearest_name(name, [*settled, *source.catalog.profiles])
        hint = f"did you mean {near!r}?" if near else f"something has settled at {', '.join(settled) or 'none yet'}"
        raise ReportError("gateway", f"there is no gateway {name[:80]!r}; {hint}")
    return found


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
