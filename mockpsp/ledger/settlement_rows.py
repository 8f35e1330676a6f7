"""Payouts as rows, in CSV (RFC 4180) or JSON: for each payout a row a line, then one with their totals, which is what
was paid.

Only what a payout paid: what is still at the PSP is in the account statement (statements.py). Written while the lines
are walked, once.
"""

import csv
import io
import json
from collections.abc import Iterable, Iterator, Sequence

from mockpsp.domain.payments.money import format_exact
from mockpsp.domain.time.moments import rfc3339
from mockpsp.ledger.settlement_report import AS_IT_IS, Instead, Piece, Report, ReportLine, ReportPayout

COLUMNS = (
    "record payout_id payout_status payout_date gateway item_id type transaction_id booked_at booking_date value_date "
    "currency gross fee net made_date capture_date invoice_id order"
).split()
#: How rows in JSON end.
JSON_END = "]}\n"
#: (number of the line that it shows, its values; None is nothing to say).
Row = tuple[int | None, Sequence[str | None]]


def render_csv(report: Report, instead: Instead = AS_IT_IS) -> Iterator[Piece]:
    """The rows under their names, as a table."""
    return table(COLUMNS, _rows(report, instead))


def render_json(report: Report, instead: Instead = AS_IT_IS) -> Iterator[Piece]:
    """The rows as objects, each on a line of its own."""
    return objects(COLUMNS, _rows(report, instead))


def table(columns: Sequence[str], rows: Iterable[Row]) -> Iterator[Piece]:
    """Rows as CSV."""
    buffer = io.StringIO()
    write = csv.writer(buffer, lineterminator="\r\n").writerow

    def line(values: Sequence[str | None]) -> str:
        write(values)
        text = buffer.getvalue()
        buffer.seek(0)
        buffer.truncate()
        return text

    yield Piece(None, line(columns))
    for seq, values in rows:
        yield Piece(seq, line(values))


def objects(columns: Sequence[str], rows: Iterable[Row]) -> Iterator[Piece]:
    """Rows as JSON."""
    yield Piece(None, '{"rows": [\n')
    held: Piece | None = None
    for seq, values in rows:
        # A comma goes after every row but the last, which is always a total: no line of the report decides about it.
        if held is not None:
            yield held._replace(text=f"{held.text},\n")
        held = Piece(seq, json.dumps(dict(zip(columns, values, strict=True))))
    if held is not None:
        yield held._replace(text=f"{held.text}\n")
    yield Piece(None, JSON_END)


def about_order(report: Report, line: ReportLine) -> tuple[str | None, ...]:
    """When what a line is about happened, when its money was captured, and for what the shop was paid."""
    made_ms = line.at_ms if line.made_ms is None else line.made_ms
    captured = None if line.captured_ms is None else report.day(line.gateway, line.captured_ms)
    return report.day(line.gateway, made_ms), captured, line.invoice_id, line.order


def _rows(report: Report, instead: Instead) -> Iterator[Row]:
    """Totals are of the report's own lines."""
    lines = report.lines.by_payout()
    line = next(lines, None)
    for payout in report.payouts:
        if not report.is_sent_in_period(payout):
            while line is not None and line.payout_id == payout.payout_id:
                line = next(lines, None)
            continue
        start = (payout.payout_id, payout.status, report.day(payout.gateway, payout.settled_ms), payout.gateway)
        gross_minor = fee_minor = 0
        while line is not None and line.payout_id == payout.payout_id:
            gross_minor, fee_minor = gross_minor + line.gross_minor, fee_minor + line.fee_minor
            for shown in instead.get(line.seq, (line,)):
                yield line.seq, _item(report, start, shown)
            line = next(lines, None)
        yield None, _total(report, start, payout, gross_minor, fee_minor)


def _item(report: Report, start: tuple[str, ...], line: ReportLine) -> list[str | None]:
    about = (line.item_id, line.type, line.transaction_id)
    days = _days(report, line.gateway, line.at_ms, line.value_ms)
    minors = (line.gross_minor, line.fee_minor, line.gross_minor + line.fee_minor)
    amounts = (format_exact(minor, line.currency) for minor in minors)
    return ["item", *start, *about, *days, line.currency, *amounts, *about_order(report, line)]


def _total(
    report: Report, start: tuple[str, ...], payout: ReportPayout, gross_minor: int, fee_minor: int
) -> list[str | None]:
    days = _days(report, payout.gateway, payout.at_ms, payout.settled_ms)
    minors = (gross_minor, fee_minor, payout.amount_minor)
    amounts = (format_exact(minor, payout.currency) for minor in minors)
    return ["total", *start, None, "payout", None, *days, payout.currency, *amounts, None, None, None, None]


def _days(report: Report, gateway: str, at_ms: int, value_ms: int) -> tuple[str, str, str]:
    return rfc3339(at_ms), report.day(gateway, at_ms), report.day(gateway, value_ms)
