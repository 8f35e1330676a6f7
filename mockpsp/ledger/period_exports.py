"""The books of a period: its entries, and for bookkeeping programs the balances that they begin with.

Days are those of UTC, as in the whole journal. All accounts together balance, so what they opened with is one entry of
its own: a file of April and the balances that `balances --to` names for its last day agree.
"""

import json
import sqlite3
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, date, timedelta

from mockpsp.domain.business_days import midnight_ms
from mockpsp.domain.moments import EARLIEST_MS, LATEST_MS
from mockpsp.domain.money import format_exact
from mockpsp.ledger import book, chart, exports
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
        yield from _BALANCES[form](_balances_at(conn, project_no, period))
    else:
        yield from _journal(conn, project_no, form, period)


def _journal(conn: sqlite3.Connection, project_no: int, form: str, period: Period) -> Iterator[str]:
    journal, key = exports.JOURNALS[form], exports.id_key(conn, project_no)
    since_ms, until_ms = _moments(period)
    opening: Balances = {}
    teller = Teller(project_no, key)
    is_empty = True
    for entry in book.journal(conn, project_no):
        if entry.at_ms < since_ms:
            _add(opening, entry)
            teller.skip(entry)
        elif entry.at_ms < until_ms:
            if is_empty:
                yield journal.head(conn, project_no) + _opening(form, period, opening, teller)
            yield ("" if is_empty else journal.between) + "".join(exports.texts(journal, conn, teller, key, [entry]))
            is_empty = False
    if not is_empty:
        yield journal.tail
    elif form in _OPENINGS and any(opening.values()):
        yield journal.head(conn, project_no) + _opening(form, period, opening, teller) + journal.tail
    else:
        yield (journal.head(conn, project_no) + journal.tail) if form in ("json", "csv") else f"; {_NONE}"


def _moments(period: Period) -> tuple[int, int]:
    """The first moment of a period, and the first after it."""
    since_ms = EARLIEST_MS if period.first is None else midnight_ms(period.first, UTC)
    if period.last is None or period.last == date.max:
        return since_ms, LATEST_MS + 1
    return since_ms, midnight_ms(period.last + _DAY, UTC)


def _add(balances: Balances, entry: book.Entry) -> None:
    for posting in entry.postings:
        for account, minor in ((posting.debit, posting.amount_minor), (posting.credit, -posting.amount_minor)):
            place = (account, posting.currency)
            balances[place] = balances.get(place, 0) + minor


def _balances_at(conn: sqlite3.Connection, project_no: int, period: Period) -> Balances:
    found: Balances = {}
    _, until_ms = _moments(period)
    for entry in book.journal(conn, project_no):
        if entry.at_ms < until_ms:
            _add(found, entry)
    return dict(sorted(found.items()))


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


def _text(balances: Balances) -> Iterator[str]:
    width = max((len(account) for account, _ in balances), default=0)
    for (account, code), minor in balances.items():
        yield f"{account.ljust(width)}  {format_exact(minor, code).rjust(16)} {code}\n"
    if not balances:
        yield _NONE


def _csv(balances: Balances) -> Iterator[str]:
    yield "account,currency,balance\n"
    for (account, code), minor in balances.items():
        yield f"{account},{code},{format_exact(minor, code)}\n"


def _json(balances: Balances) -> Iterator[str]:
    shown: dict[str, dict[str, str]] = {}
    for (account, code), minor in balances.items():
        shown.setdefault(account, {})[code] = format_exact(minor, code)
    yield json.dumps({"balances": shown}) + "\n"


_OPENINGS: dict[str, Callable[[str, Mapping[tuple[str, str], int]], str]] = {
    "hledger": _opening_hledger,
    "beancount": _opening_beancount,
}
_BALANCES: dict[str, Callable[[Balances], Iterator[str]]] = {"text": _text, "csv": _csv, "json": _json}
