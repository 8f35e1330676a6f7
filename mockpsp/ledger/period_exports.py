"""The books of a period: its entries, and for bookkeeping programs the balances that they begin with.

Days are those of UTC, as in the whole journal. All accounts together balance, so what they opened with is one entry of
its own: a file of April and the balances that `balances --to` names for its last day agree.
"""

import json
import sqlite3
from collections.abc import Callable, Iterator, Mapping
from contextlib import nullcontext
from datetime import UTC, date, timedelta
from typing import Any

from mockpsp.domain.payments.money import format_exact
from mockpsp.domain.time.moments import EARLIEST_MS, LATEST_MS
from mockpsp.domain.time.zones import midnight_ms
from mockpsp.ledger import book, chart, exports
from mockpsp.ledger.book import Entry
from mockpsp.ledger.exports import Journal
from mockpsp.ledger.settlement_report import Period
from mockpsp.ledger.telling import Teller

#: (account, currency) -> net minor units, debits positive.
Balances = dict[tuple[str, str], int]
_NONE = "nothing is booked in that period\n"
_DAY = timedelta(days=1)


def render(conn: sqlite3.Connection, project_no: int, what: str, form: str, period: Period) -> Iterator[str]:
    """Balances at the end of a period, or its journal, in a format and in pieces."""
    if period == Period():
        yield from exports.render(conn, project_no, what, form)
    elif what == "balances" and form in _BALANCES:
        yield from _BALANCES[form](balances_json(conn, project_no, period))
    else:
        yield from render_pages(lambda: nullcontext(conn), project_no, exports.JOURNALS[form], form, period)


def balances_json(conn: sqlite3.Connection, project_no: int, period: Period) -> dict[str, Any]:
    """`balances` at the end of a period; where it has a first day also what they opened with, and what was moved."""
    since_ms, until_ms = _moments(period)
    closing = book.balances_before(conn, project_no, until_ms)
    if period.first is None:
        return {"balances": _shown(closing)}
    # Every account that is there at the end is told of, as one that opened with nothing.
    opening = {**dict.fromkeys(closing, 0), **book.balances_before(conn, project_no, since_ms)}
    moved = {place: minor - opening[place] for place, minor in closing.items()}
    return {"opening": _shown(opening), "moved": _shown(moved), "balances": _shown(closing)}


def render_pages(read: exports.Read, project_no: int, journal: Journal, form: str, period: Period) -> Iterator[str]:
    """The journal of a period, in pieces of many entries; `read` gives a snapshot for each of them."""
    with read() as conn:
        told = _PeriodJournal(project_no, exports.id_key(conn, project_no), journal, form, period)
    yield from exports.pages(read, project_no, told.page)
    with read() as conn:
        end = told.end(conn)
    yield end


class _PeriodJournal:
    """The journal of a period, walked from the first entry of all on: what was before is what it opens with."""

    def __init__(self, project_no: int, key: bytes, journal: Journal, form: str, period: Period) -> None:
        self._no, self._key, self._journal, self._form, self._period = project_no, key, journal, form, period
        self._since_ms, self._until_ms = _moments(period)
        self._opening: Balances = {}
        self._teller = Teller(project_no, key)
        self._is_empty = True

    def page(self, conn: sqlite3.Connection, entries: list[Entry]) -> str:
        """What the file has of these entries, which come after those of the pages before."""
        held = []
        for entry in entries:
            if entry.at_ms < self._since_ms:
                _add(self._opening, entry)
                self._teller.skip(entry)
            elif entry.at_ms < self._until_ms:
                held.append(entry)
        if not held:
            return ""
        journal = self._journal
        start = self._start(conn) if self._is_empty else journal.between
        self._is_empty = False
        return start + journal.between.join(exports.texts(journal, conn, self._teller, self._key, held))

    def end(self, conn: sqlite3.Connection) -> str:
        """What comes after all entries; all of it where the period has none."""
        journal, form = self._journal, self._form
        if not self._is_empty:
            return journal.tail
        if form in _OPENINGS and any(self._opening.values()):
            return self._start(conn) + journal.tail
        return journal.head(conn, self._no) + journal.tail if form in ("json", "csv") else f"; {_NONE}"

    def _start(self, conn: sqlite3.Connection) -> str:
        return self._journal.head(conn, self._no) + _opening(self._form, self._period, self._opening, self._teller)


def _moments(period: Period) -> tuple[int, int]:
    """The first moment of a period, and the first after it."""
    since_ms = EARLIEST_MS if period.first is None else midnight_ms(period.first, UTC)
    if period.last is None or period.last == date.max:
        return since_ms, LATEST_MS + 1
    return since_ms, midnight_ms(period.last + _DAY, UTC)


def _add(balances: Balances, entry: Entry) -> None:
    for posting in entry.postings:
        for account, minor in ((posting.debit, posting.amount_minor), (posting.credit, -posting.amount_minor)):
            place = (account, posting.currency)
            balances[place] = balances.get(place, 0) + minor


def _opening(form: str, period: Period, balances: Balances, teller: Teller) -> str:
    """What the accounts open with, for programs that add up themselves: those below zero at a PSP as debts to it."""
    write = _OPENINGS.get(form)
    balances = dict(balances)
    for account, minor, currency in teller.debts():
        balances[account, currency] = balances.get((account, currency), 0) + minor
    left = {place: minor for place, minor in sorted(balances.items()) if minor}
    return write(period.first.isoformat(), left) if write and left and period.first is not None else ""


def _opening_hledger(day: str, balances: Mapping[tuple[str, str], int]) -> str:
    opens = [f"account {name}\n" for name in _debts(balances)]
    lines = [f"    {name}  {format_exact(minor, code)} {code}\n" for (name, code), minor in balances.items()]
    return "".join([*opens, f"\n{day} * opening balances\n", *lines])


def _opening_beancount(day: str, balances: Mapping[tuple[str, str], int]) -> str:
    lines = [
        f"  {exports.beancount_account(name)}  {format_exact(minor, code)} {code}\n"
        for (name, code), minor in balances.items()
    ]
    opens = [f"{day} open {exports.beancount_account(name)}\n" for name in _debts(balances)]
    return "".join([*opens, f'\n{day} * "opening balances"\n', *lines])


def _debts(balances: Mapping[tuple[str, str], int]) -> list[str]:
    """The accounts of debts to PSPs, which the books don't have."""
    return list(dict.fromkeys(account for account, _ in balances if account.startswith(chart.PSP_DEBTS)))


def _shown(balances: Balances) -> dict[str, dict[str, str]]:
    """Account -> currency -> amount."""
    found: dict[str, dict[str, str]] = {}
    for (account, code), minor in balances.items():
        found.setdefault(account, {})[code] = format_exact(minor, code)
    return found


def _rows(told: Mapping[str, Any]) -> Iterator[tuple[str, str, list[str]]]:
    """(account, currency, amounts) in the order that the columns are told in."""
    for account, amounts in told["balances"].items():
        for code in amounts:
            yield account, code, [column[account][code] for column in told.values()]


def _text(told: Mapping[str, Any]) -> Iterator[str]:
    width = max(map(len, told["balances"]), default=0)
    if not width:
        yield _NONE
        return
    if len(told) > 1:
        yield f"{''.ljust(width)}  {'  '.join(name.rjust(16) for name in told)}\n"
    for account, code, amounts in _rows(told):
        yield f"{account.ljust(width)}  {'  '.join(amount.rjust(16) for amount in amounts)} {code}\n"


def _csv(told: Mapping[str, Any]) -> Iterator[str]:
    yield ",".join(["account", "currency", *(name.removesuffix("s") for name in told)]) + "\n"
    for account, code, amounts in _rows(told):
        yield ",".join([account, code, *amounts]) + "\n"


def _json(told: Mapping[str, Any]) -> Iterator[str]:
    yield json.dumps(told) + "\n"


_OPENINGS: dict[str, Callable[[str, Mapping[tuple[str, str], int]], str]] = {
    "hledger": _opening_hledger,
    "beancount": _opening_beancount,
}
_BALANCES: dict[str, Callable[[Mapping[str, Any]], Iterator[str]]] = {"text": _text, "csv": _csv, "json": _json}
