"""Payouts as rows, in CSV (RFC 4180) or JSON: for each payout a row a line, then one with their totals, which is what
was paid.

Only what a payout paid: what is still at the PSP is in the account statement (camt053.py).
"""

import csv
import io
import json
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence

from mockpsp.domain.moments import rfc3339
from mockpsp.domain.money import format_exact
from mockpsp.ledger.settlement_report import Piece, Report, ReportLine, ReportPayout, money

COLUMNS = (
    "record payout_id payout_status payout_date gateway item_id type transaction_id booked_at booking_date value_date "
    "currency "
    "gross fee net"
).split()
#: (number of the line that it shows, its values; None is nothing to say).
_Row = tuple[int | None, Sequence[str | None]]


def render_csv(report: Report, lines: Sequence[ReportLine]) -> Iterator[Piece]:
    """The rows under their names, as a table."""
    yield Piece(None, _csv_line(COLUMNS))
    for seq, values in _rows(report, lines):
        yield Piece(seq, _csv_line(value or "" for value in values))


def render_json(report: Report, lines: Sequence[ReportLine]) -> Iterator[Piece]:
    """The rows as objects, each on a line of its own."""
    yield Piece(None, '{"rows": [\n')
    held: Piece | None = None
    for seq, values in _rows(report, lines):
        # A comma goes after every row but the last, which is always a total: no line of the report decides about it.
        if held is not None:
            yield held._replace(text=f"{held.text},\n")
        held = Piece(seq, json.dumps(dict(zip(COLUMNS, values, strict=True))))
    if held is not None:
        yield held._replace(text=f"{held.text}\n")
    yield Piece(None, "]}\n")


def _rows(report: Report, lines: Sequence[ReportLine]) -> Iterator[_Row]:
    """Totals are of the report's own lines."""
    true, shown = _by_payout(report.lines), _by_payout(lines)
    for payout in report.payouts:
        for line in shown[payout.payout_id]:
            yield line.seq, _item(report, payout, line)
        yield None, _total(report, payout, true[payout.payout_id])


def _by_payout(lines: Iterable[ReportLine]) -> dict[str, list[ReportLine]]:
    found: dict[str, list[ReportLine]] = defaultdict(list)
    for line in lines:
        if line.payout_id is not None:
            found[line.payout_id].append(line)
    return found


def _item(report: Report, payout: ReportPayout, line: ReportLine) -> list[str | None]:
    about = (line.item_id, line.type, line.transaction_id)
    days = _days(report, line.gateway, line.at_ms, line.value_ms)
    return ["item", *_start(report, payout), *about, *days, line.currency, *money(line).values()]


def _total(report: Report, payout: ReportPayout, lines: Sequence[ReportLine]) -> list[str | None]:
    days = _days(report, payout.gateway, payout.at_ms, payout.settled_ms)
    about = (None, "payout", None, *days, payout.currency)
    minors = (sum(line.gross_minor for line in lines), sum(line.fee_minor for line in lines), payout.amount_minor)
    return ["total", *_start(report, payout), *about, *(format_exact(minor, payout.currency) for minor in minors)]


def _days(report: Report, gateway: str, at_ms: int, value_ms: int) -> tuple[str, str, str]:
    return rfc3339(at_ms), report.day(gateway, at_ms), report.day(gateway, value_ms)


def _start(report: Report, payout: ReportPayout) -> tuple[str, ...]:
    return (payout.payout_id, payout.status, report.day(payout.gateway, payout.settled_ms), payout.gateway)


def _csv_line(values: Iterable[str]) -> str:
    buffer = io.StringIO()
    csv.writer(buffer, lineterminator="\r\n").writerow(values)
    return buffer.getvalue()
