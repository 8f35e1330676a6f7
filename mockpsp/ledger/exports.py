"""The books in other shapes: text, JSON, CSV, and the journals of hledger and beancount, streamed.

Amounts have exactly their currency's decimals; debits are positive.
"""

import csv
import io
import json
import re
import sqlite3
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from mockpsp.domain import ids
from mockpsp.domain.moments import rfc3339
from mockpsp.domain.money import exponent, format_exact
from mockpsp.ledger import book
from mockpsp.ledger.book import Entry
from mockpsp.ledger.chart import Posting

#: Facts that are about something else than a payment -> what the ids of that begin with.
PREFIXES = {
    "payout-sent": "payt_",
    "payout-failed": "payt_",
    "reserve-released": "payt_",
    # Its line, which the next payout pays.
    "balance-added": "payt_itm_",
}
FORMATS = ("text", "json", "csv", "hledger", "beancount")
_SEED = "SELECT seed FROM project WHERE no = ?"
# Primary key of account_balance; every account that ever moved, once.
_ACCOUNTS = "SELECT DISTINCT account FROM account_balance WHERE project_id = ? ORDER BY account"
_CURRENCIES = "SELECT DISTINCT currency FROM account_balance WHERE project_id = ? ORDER BY currency"
_FIRST = "SELECT min(at_ms) FROM journal_entry WHERE project_id = ?"
#: First part of an account -> beancount's root; memo accounts are off balance, equity there.
_ROOTS = {"assets": "Assets", "income": "Income", "expenses": "Expenses", "memo": "Equity:Memo"}
#: What beancount doesn't allow in a part, and a dash that would read as the start of an escape.
_ESCAPED = re.compile(r"[^a-z0-9-]|-(?=x)")


def balances_json(conn: sqlite3.Connection, project_no: int) -> dict[str, dict[str, str]]:
    """Account -> currency -> amount."""
    return {
        account: {currency: format_exact(minor, currency) for currency, minor in by_currency.items()}
        for account, by_currency in book.balances(conn, project_no).items()
    }


def journal_json(conn: sqlite3.Connection, project_no: int) -> Iterator[dict[str, Any]]:
    """Entries, oldest first."""
    key = id_key(conn, project_no)
    for entry in book.journal(conn, project_no):
        yield {
            "at": rfc3339(entry.at_ms),
            "fact": entry.fact,
            "on": _on(key, entry),
            "postings": [posting_json(posting) for posting in entry.postings],
        }


def posting_json(posting: Posting) -> dict[str, str]:
    """One line of an entry."""
    return {
        "debit": posting.debit,
        "credit": posting.credit,
        "amount": format_exact(posting.amount_minor, posting.currency),
        "currency": posting.currency,
    }


def render(conn: sqlite3.Connection, project_no: int, what: str, form: str) -> Iterator[str]:
    """Balances or the journal in a format, in pieces; `export` is the journal."""
    if what == "balances":
        yield from _BALANCES[form](conn, project_no)
    else:
        yield from _JOURNALS[form](conn, project_no)


def id_key(conn: sqlite3.Connection, project_no: int) -> bytes:
    """The key that ids of this universe are made with."""
    row = conn.execute(_SEED, (project_no,)).fetchone()
    return ids.key_for(row[0] if row else 0)


def _balances_text(conn: sqlite3.Connection, project_no: int) -> Iterator[str]:
    rows = [
        (account, amount, currency)
        for account, amounts in balances_json(conn, project_no).items()
        for currency, amount in amounts.items()
    ]
    if not rows:
        yield "nothing is booked yet\n"
    width = max((len(account) for account, _, _ in rows), default=0)
    for account, amount, currency in rows:
        yield f"{account.ljust(width)}  {amount.rjust(16)} {currency}\n"


def _balances_json_text(conn: sqlite3.Connection, project_no: int) -> Iterator[str]:
    yield json.dumps({"balances": balances_json(conn, project_no)}) + "\n"


def _balances_csv(conn: sqlite3.Connection, project_no: int) -> Iterator[str]:
    yield _csv_line(("account", "currency", "balance"))
    for account, amounts in balances_json(conn, project_no).items():
        for currency, amount in amounts.items():
            yield _csv_line((account, currency, amount))


def _balances_as_journal(form: str) -> Callable[[sqlite3.Connection, int], Iterator[str]]:
    """Bookkeeping programs compute balances themselves: they get the journal."""
    return lambda conn, project_no: _JOURNALS[form](conn, project_no)


def _journal_text(conn: sqlite3.Connection, project_no: int) -> Iterator[str]:
    is_empty = True
    for entry in journal_json(conn, project_no):
        is_empty = False
        yield f"{entry['at']}  {entry['fact']}  {entry['on']}\n"
        for posting in entry["postings"]:
            amount = f"{posting['amount']} {posting['currency']}"
            yield f"    {amount.rjust(20)}  {posting['debit']} <- {posting['credit']}\n"
    if is_empty:
        yield "nothing is booked yet\n"


def _journal_json_text(conn: sqlite3.Connection, project_no: int) -> Iterator[str]:
    yield '{"journal": ['
    for index, entry in enumerate(journal_json(conn, project_no)):
        yield ("," if index else "") + "\n" + json.dumps(entry)
    yield "\n]}\n"


def _journal_csv(conn: sqlite3.Connection, project_no: int) -> Iterator[str]:
    yield _csv_line(("at", "fact", "transaction", "debit", "credit", "amount", "currency"))
    for entry in journal_json(conn, project_no):
        for posting in entry["postings"]:
            yield _csv_line((entry["at"], entry["fact"], entry["on"], *posting.values()))


def _journal_hledger(conn: sqlite3.Connection, project_no: int) -> Iterator[str]:
    for (currency,) in conn.execute(_CURRENCIES, (project_no,)):
        # hledger wants to see the decimal mark, also where no decimals follow.
        yield f"commodity 1000.{'0' * exponent(currency)} {currency}\n"
    for (account,) in conn.execute(_ACCOUNTS, (project_no,)):
        yield f"account {account}\n"
    for entry, on in _entries(conn, project_no):
        yield f"\n{rfc3339(entry.at_ms)[:10]} * {entry.fact} | {on}\n"
        for account, amount, currency in _legs(entry):
            yield f"    {account}  {amount} {currency}\n"


def _journal_beancount(conn: sqlite3.Connection, project_no: int) -> Iterator[str]:
    first_ms = conn.execute(_FIRST, (project_no,)).fetchone()[0]
    if first_ms is None:
        yield "; nothing is booked yet\n"
        return
    yield 'option "title" "mockpsp"\n\n'
    for (currency,) in conn.execute(_CURRENCIES, (project_no,)):
        yield f"{rfc3339(first_ms)[:10]} commodity {currency}\n"
    for (account,) in conn.execute(_ACCOUNTS, (project_no,)):
        yield f"{rfc3339(first_ms)[:10]} open {beancount_account(account)}\n"
    for entry, on in _entries(conn, project_no):
        yield f'\n{rfc3339(entry.at_ms)[:10]} * "{entry.fact}"\n  transaction: "{on}"\n'
        for account, amount, currency in _legs(entry):
            yield f"  {beancount_account(account)}  {amount} {currency}\n"


def beancount_account(account: str) -> str:
    """The account under beancount's rules: capitalised parts of letters, digits and dashes; different ones stay so."""
    root, *parts = account.split(":")
    return ":".join([_ROOTS[root], *(_component(part) for part in parts)])


def _component(part: str) -> str:
    """`card-flexible` -> `Card-flexible`, `a.b` -> `A-x2e-b`; read from the left, one name comes back only."""
    safe = _ESCAPED.sub(lambda match: f"-x{ord(match[0]):x}-", part)
    # An escape without a number, which no name brings, says that the X before it was added.
    return safe[0].upper() + safe[1:] if safe[:1].isalnum() else f"X-x-{safe}"


def _entries(conn: sqlite3.Connection, project_no: int) -> Iterator[tuple[Entry, str]]:
    key = id_key(conn, project_no)
    for entry in book.journal(conn, project_no):
        yield entry, _on(key, entry)


def _on(key: bytes, entry: Entry) -> str:
    """The id of what an entry is about: a payment, a payout, or the line of a payout to come."""
    return ids.encode(key, PREFIXES.get(entry.fact, "tr_"), entry.payment_seq)


def _legs(entry: Entry) -> Iterator[tuple[str, str, str]]:
    """(account, signed amount, currency) of each side of each posting."""
    for posting in entry.postings:
        yield posting.debit, format_exact(posting.amount_minor, posting.currency), posting.currency
        yield posting.credit, format_exact(-posting.amount_minor, posting.currency), posting.currency


def _csv_line(values: Iterable[str]) -> str:
    buffer = io.StringIO()
    csv.writer(buffer, lineterminator="\n").writerow(values)
    return buffer.getvalue()


_BALANCES: dict[str, Callable[[sqlite3.Connection, int], Iterator[str]]] = {
    "text": _balances_text,
    "json": _balances_json_text,
    "csv": _balances_csv,
    "hledger": _balances_as_journal("hledger"),
    "beancount": _balances_as_journal("beancount"),
}
_JOURNALS: dict[str, Callable[[sqlite3.Connection, int], Iterator[str]]] = {
    "text": _journal_text,
    "json": _journal_json_text,
    "csv": _journal_csv,
    "hledger": _journal_hledger,
    "beancount": _journal_beancount,
}
