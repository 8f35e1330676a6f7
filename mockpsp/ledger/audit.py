"""Whether the books hold: every balance is the sum of its postings, and all balances of a currency add up to zero.

Asked after every step of a story, so it costs one pass over the postings and nothing else; where all is well it answers
nothing. What payments may add up to is store/audit.py's.
"""

import sqlite3
from collections import defaultdict
from collections.abc import Mapping
from typing import NamedTuple

from mockpsp.ledger import book

#: Account (or the name of a group of them) and currency.
_Key = tuple[str, str]
#: How the names of accounts off the balance sheet begin, which balance among themselves.
_MEMO = "memo:"


class Imbalance(NamedTuple):
    """Accounts of one currency that should add up to zero and don't; `book` names which."""

    book: str
    currency: str
    total_minor: int


class Mismatch(NamedTuple):
    """A balance that is not the sum of its postings; None: there is no balance, or no posting."""

    account: str
    currency: str
    balance_minor: int | None
    posted_minor: int | None


class Findings(NamedTuple):
    """What doesn't hold; nothing where all is well."""

    imbalances: list[Imbalance]
    mismatches: list[Mismatch]


def look_through(conn: sqlite3.Connection, project_no: int) -> Findings:
    """Look through all balances and all postings."""
    balances = {
        (account, currency): net_minor
        for account, by_currency in book.balances(conn, project_no).items()
        for currency, net_minor in by_currency.items()
    }
    posted: dict[_Key, int] = defaultdict(int)
    for debit, credit, currency, amount_minor in book.moved(conn, project_no):
        posted[debit, currency] += amount_minor
        posted[credit, currency] -= amount_minor
    return Findings(_imbalances(balances), _mismatches(balances, posted))


def _imbalances(balances: Mapping[_Key, int]) -> list[Imbalance]:
    """Each currency whose accounts, on or off the balance sheet, don't add up to zero, in the order of the accounts."""
    totals: dict[_Key, int] = defaultdict(int)
    for (account, currency), net_minor in balances.items():
        totals["memo accounts" if account.startswith(_MEMO) else "accounts", currency] += net_minor
    return [Imbalance(*key, total) for key, total in totals.items() if total]


def _mismatches(balances: Mapping[_Key, int], posted: Mapping[_Key, int]) -> list[Mismatch]:
    """Each balance that differs from the sum of its postings, in order; zero is as good as nothing."""
    if balances == posted:
        return []
    return [
        Mismatch(*key, balances.get(key), posted.get(key))
        for key in sorted({*balances, *posted})
        if balances.get(key, 0) != posted.get(key, 0)
    ]
