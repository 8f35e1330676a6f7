"""What a finance team gets of payouts: the lines of accounts at PSPs, and the payouts that took them away.

A report is plain rows, whatever file is made of it (settlement_rows.py, statements.py). Lines are walked, never held:
there may be a hundred thousand of them. Each format gives its file in pieces that name the line they show, so that a
planted defect (planted_defects.py) can be found in it.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, date, tzinfo
from functools import lru_cache
from types import MappingProxyType
from typing import NamedTuple, Protocol

from mockpsp.domain.payments.money import format_exact
from mockpsp.domain.time.zones import local_day


class ReportLine(NamedTuple):
    """A line of an account at a PSP; `fee_minor` is below zero where the PSP took some. Paid or not yet."""

    seq: int
    item_id: str
    payout_id: str | None
    transaction_id: str | None
    gateway: str
    currency: str
    type: str
    gross_minor: int
    fee_minor: int
    #: When it was booked.
    at_ms: int
    #: When the money counts: a day, on which banks are open.
    value_ms: int
    #: When what it is about happened: a sale is booked as it settles, days later. None: when it was booked.
    made_ms: int | None = None
    #: When the capture was made whose money it moves.
    captured_ms: int | None = None
    invoice_id: str | None = None
    #: The shop's own name for what was paid.
    order: str | None = None

    @property
    def net_minor(self) -> int:
        """What the line adds to the account."""
        return self.gross_minor + self.fee_minor


class ReportPayout(NamedTuple):
    """A payout: the sum of its lines left the account for the merchant's bank."""

    seq: int
    payout_id: str
    gateway: str
    currency: str
    status: str
    amount_minor: int
    at_ms: int
    #: When the bank has it, or will have it.
    settled_ms: int


#: (gateway, currency, when booked, what it adds to the account, of how many lines); of those that add, or that take.
Movement = tuple[str, str, int, int, int]


class Lines(Protocol):
    """The lines of a report, which may be walked again and again."""

    def by_payout(self) -> Iterator[ReportLine]:
        """What the report's payouts paid: payout after payout in their order, and in each oldest first."""

    def by_account(self) -> Iterator[ReportLine]:
        """By gateway and currency, then oldest first."""

    def movements(self) -> Iterator[Movement]:
        """What lines add to their accounts, in any order."""


class ListedLines:
    """Lines that are there as a list."""

    def __init__(self, lines: Sequence[ReportLine], payout_ids: Sequence[str]) -> None:
        self._lines = lines
        self._places = {payout_id: place for place, payout_id in enumerate(payout_ids)}

    def by_payout(self) -> Iterator[ReportLine]:
        """Payout after payout, in the order of their ids as given."""
        paid = (line for line in self._lines if line.payout_id in self._places)
        return iter(sorted(paid, key=lambda line: (self._places[str(line.payout_id)], line.seq)))

    def by_account(self) -> Iterator[ReportLine]:
        """By gateway and currency."""
        return iter(sorted(self._lines, key=lambda line: (line.gateway, line.currency, line.at_ms, line.seq)))

    def movements(self) -> Iterator[Movement]:
        """In the order of the list."""
        return ((line.gateway, line.currency, line.at_ms, line.net_minor, 1) for line in self._lines)


class Period(NamedTuple):
    """From one day to another one, both of them in it; None: from the first there is, to the day it is told on."""

    first: date | None = None
    last: date | None = None

    def holds(self, day: date) -> bool:
        """Whether a day is in it."""
        return (self.first is None or self.first <= day) and (self.last is None or day <= self.last)


class Report(NamedTuple):
    """Lines and payouts, the latter oldest first, and the moment they are told at."""

    #: Whose account it is.
    owner: str
    #: What the file is known by: the same for the same contents.
    reference: str
    at_ms: int
    lines: Lines
    payouts: Sequence[ReportPayout]
    #: Gateway -> where its days begin at midnight; UTC where it is missing.
    zones: Mapping[str, tzinfo] = MappingProxyType({})
    period: Period = Period()

    def date(self, gateway: str, at_ms: int) -> date:
        """The day of a moment where the gateway is."""
        return _date(at_ms, self.zones.get(gateway, UTC))

    def day(self, gateway: str, at_ms: int) -> str:
        """The same as text: `2026-01-05`."""
        return _day(at_ms, self.zones.get(gateway, UTC))

    def is_sent_in_period(self, payout: ReportPayout) -> bool:
        """Whether a payout was sent on one of the days that are asked for."""
        return self.period.holds(self.date(payout.gateway, payout.at_ms))


class Piece(NamedTuple):
    """Whole lines of a file; `seq` is of the report's line that they show, None for what isn't about one."""

    seq: int | None
    text: str


#: Number of a line -> what is shown in its place: nothing, or other lines. Totals and balances stay as they should be.
Instead = Mapping[int, Sequence[ReportLine]]
AS_IT_IS: Instead = MappingProxyType({})
#: A format: the pieces of the file that shows a report.
Render = Callable[[Report, Instead], Iterator[Piece]]


@lru_cache(maxsize=8_192)  # what settles together is booked at one moment
def _date(at_ms: int, where: tzinfo) -> date:
    return local_day(at_ms, where)


@lru_cache(maxsize=8_192)
def _day(at_ms: int, where: tzinfo) -> str:
    return local_day(at_ms, where).isoformat()


def money(line: ReportLine) -> dict[str, str]:
    """Gross, fee and net of a line in major units."""
    minors = {"gross": line.gross_minor, "fee": line.fee_minor, "net": line.net_minor}
    return {name: format_exact(minor, line.currency) for name, minor in minors.items()}
