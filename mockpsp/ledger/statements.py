"""Statements of accounts, by period: what an account opens with, what was booked, and what it closes with.

Two sides tell of the same money. At a PSP an account is a gateway and a currency: each line is an entry, each payout
the debit with which its money left. The merchant's bank has an account a currency: each payout is one credit, on the
day it arrives. Closing balances open the next period. What is booked is walked twice, for the sums and for the entries,
and never held. Files are made of it by camt053.py and statement_rows.py.
"""

import heapq
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from operator import attrgetter, itemgetter
from typing import NamedTuple

from mockpsp.ledger.settlement_report import AS_IT_IS, Instead, Period, Report, ReportLine, ReportPayout

#: Whose account at the bank is meant: the merchant has one a currency.
BANK = "bank"
_DAY = timedelta(days=1)


class Side(StrEnum):
    """Who tells of the money."""

    PSP = "psp"
    BANK = "bank"


class Entry(NamedTuple):
    """What was booked on an account: a line, a payout's debit, or what moved at the bank."""

    #: The gateway, or BANK.
    name: str
    currency: str
    at_ms: int
    seq: int
    #: Where the days of it are: at the bank, the gateway that the money came from.
    gateway: str
    type: str
    amount_minor: int
    value_ms: int
    #: The id of what it is about.
    reference: str
    line: ReportLine | None = None
    payout: ReportPayout | None = None
    #: Why the bank sent a payout back.
    reason: str | None = None


@dataclass(slots=True)
class Moved:
    """What was booked on an account in a day or a period."""

    credits_count: int = 0
    credits_minor: int = 0
    debits_count: int = 0
    debits_minor: int = 0
    since_ms: int | None = None

    @property
    def minor(self) -> int:
        """What the balance grew by."""
        return self.credits_minor - self.debits_minor

    def add(self, at_ms: int, minor: int, count: int) -> None:
        """So many more entries of one moment, all of them credits or debits."""
        if minor >= 0:
            self.credits_count += count
            self.credits_minor += minor
        else:
            self.debits_count += count
            self.debits_minor -= minor
        self.since_ms = at_ms if self.since_ms is None else min(self.since_ms, at_ms)

    def take(self, other: "Moved") -> None:
        """The entries of another time too."""
        self.credits_count += other.credits_count
        self.credits_minor += other.credits_minor
        self.debits_count += other.debits_count
        self.debits_minor += other.debits_minor


class Statement(NamedTuple):
    """The head of a statement; the entries come after it."""

    name: str
    currency: str
    first: date
    last: date
    #: Of statements of a day each, the how manieth of its account.
    number: int | None
    opening_minor: int
    moved: Moved
    #: When the first entry was booked, where the period begins with it.
    since_ms: int | None

    @property
    def closing_minor(self) -> int:
        """What it opens with, and what moved."""
        return self.opening_minor + self.moved.minor


class Told(NamedTuple):
    """One side of a report: whose entries, by account, day and order, and what is under way between the two."""

    side: Side
    report: Report
    #: (account's name, currency, gateway, when booked, what it adds, of how many entries), in any order.
    movements: Callable[[], Iterator[tuple[str, str, str, int, int, int]]]
    entries: Callable[[Instead], Iterator[Entry]]
    in_transit: Sequence[ReportPayout] = ()
    is_daily: bool = False
    #: The accounts of one currency alone; all of them where it is None.
    currency: str | None = None

    def in_currency(self, currency: str | None) -> "Told":
        """The same of one currency's accounts; for readers that take one account a file."""
        if currency is None:
            return self
        under_way = [one for one in self.in_transit if one.currency == currency]
        return self._replace(in_transit=under_way, currency=currency)

    def statements(self, instead: Instead = AS_IT_IS) -> Iterator[tuple[Statement, Iterator[Entry]]]:
        """Each statement with its entries, which are to be taken before the next one is asked for."""
        entries = _Ahead(self, self.entries(instead))
        for statement in self._heads():
            yield statement, entries.of(statement)

    def why_empty(self) -> str:
        """Why there is no statement, in words."""
        what = "reached the bank" if self.side is Side.BANK else "settled"
        what += f" in {self.currency}" if self.currency is not None else ""
        last = self.report.period.last
        when = f" by {last}" if last is not None else ""
        return f"nothing has {what}{when}; settlement.run settles captures"

    def _heads(self) -> Iterator[Statement]:
        days: dict[tuple[str, str], dict[date, Moved]] = {}
        for name, currency, gateway, at_ms, minor, count in self.movements():
            if self.currency not in (None, currency):
                continue
            day = self.report.date(gateway, at_ms)
            days.setdefault((name, currency), {}).setdefault(day, Moved()).add(at_ms, minor, count)
        for (name, currency), sums in sorted(days.items(), key=itemgetter(0)):
            yield from _heads(name, currency, sums, self._period(name, sums), is_daily=self.is_daily)

    def _period(self, name: str, days: Collection[date]) -> Period:
        wanted = self.report.period
        # At the bank, a day may have begun where a gateway is, and not in UTC.
        today = max(self.report.date(name, self.report.at_ms), *days)
        return Period(wanted.first or min(days), today if wanted.last is None else wanted.last)


def psp_side(report: Report, *, is_daily: bool = False) -> Told:
    """What the PSPs tell: an account a gateway and currency."""

    def movements() -> Iterator[tuple[str, str, str, int, int, int]]:
        for gateway, currency, at_ms, minor, count in report.lines.movements():
            yield gateway, currency, gateway, at_ms, minor, count
        for payout in report.payouts:
            yield payout.gateway, payout.currency, payout.gateway, payout.at_ms, -payout.amount_minor, 1

    def entries(instead: Instead) -> Iterator[Entry]:
        lines = (_of_line(one) for line in report.lines.by_account() for one in instead.get(line.seq, (line,)))
        # Sorted by what the first four fields say, as the lines are.
        return heapq.merge(lines, sorted(map(_of_payout, report.payouts), key=_PLACE), key=_PLACE)

    return Told(Side.PSP, report, movements, entries, is_daily=is_daily)


def bank_side(report: Report, moved: Sequence[Entry], *, is_daily: bool = False) -> Told:
    """What the merchant's bank tells: `moved` is all that it ever booked; what it doesn't have yet is in transit."""

    def movements() -> Iterator[tuple[str, str, str, int, int, int]]:
        return ((one.name, one.currency, one.gateway, one.at_ms, one.amount_minor, 1) for one in moved)

    def entries(instead: Instead) -> Iterator[Entry]:
        # Days are those of each gateway: by moments alone, a day might be there twice.
        day = report.date
        return iter(sorted(moved, key=lambda one: (one.currency, day(one.gateway, one.at_ms), one.at_ms, one.seq)))

    last = report.period.last
    in_transit = [
        one
        for one in report.payouts
        if (last is None or report.date(one.gateway, one.at_ms) <= last)
        and (one.status == "in-flight" or (last is not None and report.date(one.gateway, one.settled_ms) > last))
    ]
    return Told(Side.BANK, report, movements, entries, in_transit, is_daily=is_daily)


_PLACE = attrgetter("name", "currency", "at_ms", "seq")


def _of_line(line: ReportLine) -> Entry:
    return Entry(
        line.gateway,
        line.currency,
        line.at_ms,
        line.seq,
        line.gateway,
        line.type,
        line.gross_minor + line.fee_minor,
        line.value_ms,
        line.item_id,
        line,
    )


def _of_payout(payout: ReportPayout) -> Entry:
    return Entry(
        payout.gateway,
        payout.currency,
        payout.at_ms,
        payout.seq,
        payout.gateway,
        "payout",
        -payout.amount_minor,
        payout.settled_ms,
        payout.payout_id,
        payout=payout,
    )


def _heads(name: str, currency: str, days: dict[date, Moved], period: Period, *, is_daily: bool) -> Iterator[Statement]:
    """One statement of the period, or one for each of its days; none where the account was opened later."""
    opened = min(days)
    assert period.first is not None and period.last is not None
    if period.last < opened:
        return
    balance_minor = sum(sums.minor for day, sums in days.items() if day < period.first)
    if not is_daily:
        moved = Moved()
        for day, sums in days.items():
            if period.holds(day):
                moved.take(sums)
        since_ms = days[opened].since_ms if period.first == opened else None
        yield Statement(name, currency, period.first, period.last, None, balance_minor, moved, since_ms)
        return
    day = max(period.first, opened)
    while day <= period.last:
        sums = days.get(day) or Moved()
        number = (day - opened).days + 1
        yield Statement(name, currency, day, day, number, balance_minor, sums, None)
        balance_minor += sums.minor
        day += _DAY


class _Ahead:
    """Entries in the order of the statements that hold them, one looked at before it is wanted."""

    def __init__(self, told: Told, entries: Iterable[Entry]) -> None:
        self._day = told.report.date
        self._entries = iter(entries)
        self._next = next(self._entries, None)

    def of(self, statement: Statement) -> Iterator[Entry]:
        """The entries of a statement; those that are in none are passed over."""
        account = (statement.name, statement.currency)
        while (entry := self._next) is not None:
            own = (entry.name, entry.currency)
            if own > account:
                return
            if own == account:
                day = self._day(entry.gateway, entry.at_ms)
                if day > statement.last:
                    return
                if day >= statement.first:
                    yield entry
            self._next = next(self._entries, None)
