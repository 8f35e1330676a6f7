"""What a finance team gets of payouts: the lines of accounts at PSPs, and the payouts that took them away.

A report is plain rows, whatever file is made of it (settlement_rows.py, camt053.py). Each format gives its file in
pieces that name the line they show, so that a planted defect (planted_defects.py) can be found in it.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import tzinfo
from types import MappingProxyType
from typing import NamedTuple

from mockpsp.domain.business_days import local_day
from mockpsp.domain.moments import rfc3339
from mockpsp.domain.money import format_exact


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


class Report(NamedTuple):
    """Lines and payouts, each oldest first, and the moment they are told at."""

    #: Whose account it is.
    owner: str
    #: What the file is known by: the same for the same contents.
    reference: str
    at_ms: int
    lines: Sequence[ReportLine]
    payouts: Sequence[ReportPayout]
    #: Gateway -> where its days begin at midnight; UTC where it is missing.
    zones: Mapping[str, tzinfo] = MappingProxyType({})

    def day(self, gateway: str, at_ms: int) -> str:
        """The day of a moment where the gateway is: `2026-01-05`."""
        where = self.zones.get(gateway)
        return day(at_ms) if where is None else local_day(at_ms, where).isoformat()


class Piece(NamedTuple):
    """Whole lines of a file; `seq` is of the report's line that they show, None for what isn't about one."""

    seq: int | None
    text: str


#: A format: the pieces of a file that shows these lines under the totals of the report's own.
Render = Callable[[Report, Sequence[ReportLine]], Iterator[Piece]]


def day(at_ms: int) -> str:
    """The day of a moment in UTC: `2026-01-05`."""
    return rfc3339(at_ms)[:10]


def money(line: ReportLine) -> dict[str, str]:
    """Gross, fee and net of a line in major units."""
    minors = {"gross": line.gross_minor, "fee": line.fee_minor, "net": line.net_minor}
    return {name: format_exact(minor, line.currency) for name, minor in minors.items()}
