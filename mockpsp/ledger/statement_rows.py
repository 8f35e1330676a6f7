"""Statements of accounts as rows, in CSV (RFC 4180) or JSON: what each opens with, its entries, what it closes with.

A row of an entry has the balance after it. At the bank, what was sent and isn't there yet comes last, a row a payout.
"""

from collections.abc import Iterator

from mockpsp.domain.payments.money import format_exact
from mockpsp.domain.time.moments import rfc3339
from mockpsp.ledger.settlement_report import AS_IT_IS, Instead, Piece, Report, ReportPayout
from mockpsp.ledger.settlement_rows import Row, about_order, objects, table
from mockpsp.ledger.statements import Entry, Told

COLUMNS = (
    "record account currency from_date to_date type reference booked_at booking_date value_date made_date capture_date "
    "transaction_id invoice_id order payout_id payout_status sent_date gateway gross fee net balance"
).split()


def render_csv(told: Told, instead: Instead = AS_IT_IS) -> Iterator[Piece]:
    """The rows under their names, as a table."""
    return table(COLUMNS, _rows(told, instead))


def render_json(told: Told, instead: Instead = AS_IT_IS) -> Iterator[Piece]:
    """The rows as objects, each on a line of its own."""
    return objects(COLUMNS, _rows(told, instead))


def _rows(told: Told, instead: Instead) -> Iterator[Row]:
    for statement, entries in told.statements(instead):
        start = (statement.name, statement.currency, statement.first.isoformat(), statement.last.isoformat())
        balance_minor = statement.opening_minor
        yield _balance("opening", start, balance_minor)
        for entry in entries:
            balance_minor += entry.amount_minor
            seq = None if entry.line is None else entry.line.seq
            yield seq, _entry(told, start, entry, balance_minor)
        yield _balance("closing", start, statement.closing_minor)
    for payout in told.in_transit:
        yield None, _in_transit(told.report, payout)


def _balance(record: str, start: tuple[str, str, str, str], minor: int) -> Row:
    return None, [record, *start, *[None] * (len(COLUMNS) - 6), format_exact(minor, start[1])]


def _entry(told: Told, start: tuple[str, str, str, str], entry: Entry, balance_minor: int) -> list[str | None]:
    report, line, payout, currency = told.report, entry.line, entry.payout, entry.currency
    booked_on = report.day(entry.gateway, entry.at_ms)
    days = (rfc3339(entry.at_ms), booked_on, report.day(entry.gateway, entry.value_ms))
    about: tuple[str | None, ...] = (booked_on, None, None, None)
    gross = fee = None
    if line is not None:
        about = about_order(report, line)
        gross, fee = format_exact(line.gross_minor, currency), format_exact(line.fee_minor, currency)
    payout_id = line.payout_id if line is not None else payout.payout_id if payout is not None else None
    return [
        "entry",
        *start,
        entry.type,
        entry.reference,
        *days,
        *about[:2],
        line.transaction_id if line is not None else None,
        *about[2:],
        payout_id,
        *_of_payout(report, payout),
        entry.gateway,
        gross,
        fee,
        format_exact(entry.amount_minor, currency),
        format_exact(balance_minor, currency),
    ]


def _in_transit(report: Report, payout: ReportPayout) -> list[str | None]:
    """A payout that is sent and not there: as far as is known by now, when it will be."""
    sent_on = report.day(payout.gateway, payout.at_ms)
    arrives_on = report.day(payout.gateway, payout.settled_ms)
    about = ("transit", payout.currency, sent_on, arrives_on, "payout", payout.payout_id)
    # Nothing is booked yet at the bank.
    return [
        "transit",
        *about,
        None,
        None,
        arrives_on,
        *[None] * 5,
        payout.payout_id,
        *_of_payout(report, payout),
        payout.gateway,
        None,
        None,
        format_exact(payout.amount_minor, payout.currency),
        None,
    ]


def _of_payout(report: Report, payout: ReportPayout | None) -> tuple[str | None, str | None]:
    if payout is None:
        return None, None
    return payout.status, report.day(payout.gateway, payout.at_ms)
