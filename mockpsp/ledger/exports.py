"""The books in other shapes: text, JSON, CSV, and the journals of hledger and beancount, streamed.

Amounts have exactly their currency's decimals; debits are positive. To add a format of the journal: its row in
`JOURNALS`.
"""

import csv
import io
import json
import re
import sqlite3
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager
from typing import Any, NamedTuple

from mockpsp.domain.payments.money import exponent, format_exact
from mockpsp.domain.text import ids
from mockpsp.domain.time.moments import rfc3339
from mockpsp.ledger import book
from mockpsp.ledger.book import Entry
from mockpsp.ledger.chart import Posting
from mockpsp.ledger.telling import SUBJECTS, Leg, Teller, Told

#: Facts that are about something else than a payment -> what the ids of that begin with.
PREFIXES = {fact: prefix for fact, (_, prefix) in SUBJECTS.items()}
_UNTOLD = Told({}, [], [])
FORMATS = ("text", "json", "csv", "hledger", "beancount")
_SEED = "SELECT seed FROM project WHERE no = ?"
_GENERATION = "SELECT generation FROM project WHERE no = ?"
#: How many entries are read at a time of a journal that is sent.
_PAGE = 500
# Primary key of account_balance; every account that ever moved, once.
_ACCOUNTS = "SELECT DISTINCT account FROM account_balance WHERE project_id = ? ORDER BY account"
_CURRENCIES = "SELECT DISTINCT currency FROM account_balance WHERE project_id = ? ORDER BY currency"
_FIRST = "SELECT min(at_ms) FROM journal_entry WHERE project_id = ?"
#: First part of an account -> beancount's root; memo accounts are off balance, equity there.
_ROOTS = {
    "assets": "Assets",
    "income": "Income",
    "expenses": "Expenses",
    "liabilities": "Liabilities",
    "memo": "Equity:Memo",
}
#: What beancount doesn't allow in a part, and a dash that would read as the start of an escape.
_ESCAPED = re.compile(r"[^a-z0-9-]|-(?=x)")


class Journal(NamedTuple):
    """A format of the journal: what stands before the entries, how one looks, and what stands between and after them.

    `empty`: what is told instead of all that where nothing is booked. `told`: how an entry looks in place of `entry`
    where it is told with what stands beside it.
    """

    head: Callable[[sqlite3.Connection, int], str]
    entry: Callable[[bytes, Entry], str]
    between: str = ""
    tail: str = ""
    empty: str | None = None
    told: Callable[[bytes, Entry, Told], str] | None = None


#: Gives a snapshot, as often as it is asked.
Read = Callable[[], AbstractContextManager[sqlite3.Connection]]


class JournalGone(Exception):
    """The universe was reset while its journal was read."""


def balances_json(conn: sqlite3.Connection, project_no: int) -> dict[str, dict[str, str]]:
    """Account -> currency -> amount."""
    return {
        account: {currency: format_exact(minor, currency) for currency, minor in by_currency.items()}
        for account, by_currency in book.balances(conn, project_no).items()
    }


def entry_json(key: bytes, entry: Entry) -> dict[str, Any]:
    """An entry as the API shows it; `key` is what ids are made with."""
    return {
        "at": rfc3339(entry.at_ms),
        "fact": entry.fact,
        "on": _on(key, entry),
        "postings": [posting_json(posting) for posting in entry.postings],
    }


def subject_id(key: bytes, fact: str, seq: int) -> str:
    """The id of what an entry of this fact is about, by the number that the entry names."""
    return ids.encode(key, PREFIXES.get(fact, "tr_"), seq)


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
    if what == "balances" and form in _BALANCES:
        yield from _BALANCES[form](conn, project_no)
        return
    # Bookkeeping programs compute balances themselves: they get the journal.
    journal, key = JOURNALS[form], id_key(conn, project_no)
    if journal.empty is not None and not book.last_entry(conn, project_no):
        yield journal.empty
        return
    yield journal.head(conn, project_no)
    entries = texts(journal, conn, Teller(project_no, key), key, book.journal(conn, project_no))
    for place, text in enumerate(entries):
        yield (journal.between if place else "") + text
    yield journal.tail


def render_pages(read: Read, project_no: int, journal: Journal) -> Iterator[str]:
    """The journal as it is when this begins, in pieces of many entries; `read` gives a snapshot for each.

    So whoever takes them slowly holds up nothing: entries are only ever added. JournalGone where they were all removed.
    """
    with read() as conn:
        key, is_empty = id_key(conn, project_no), not book.last_entry(conn, project_no)
        head = journal.head(conn, project_no)
    if journal.empty is not None and is_empty:
        yield journal.empty
        return
    yield head
    teller = Teller(project_no, key)
    between = ""

    def page(conn: sqlite3.Connection, entries: list[Entry]) -> str:
        return journal.between.join(texts(journal, conn, teller, key, entries))

    for text in pages(read, project_no, page):
        yield between + text
        between = journal.between
    yield journal.tail


def pages(read: Read, project_no: int, page: Callable[[sqlite3.Connection, list[Entry]], str]) -> Iterator[str]:
    """What `page` makes of the entries that there are, so many at a time; `read` gives a snapshot for each look."""
    with read() as conn:
        until_seq, generation = book.last_entry(conn, project_no), _generation(conn, project_no)
    after_seq = 0
    while after_seq < until_seq:
        with read() as conn:
            if _generation(conn, project_no) != generation:
                raise JournalGone
            entries = book.journal_page(conn, project_no, after_seq=after_seq, until_seq=until_seq, limit=_PAGE)
            text = page(conn, entries)
        yield text
        after_seq = entries[-1].seq


def texts(
    journal: Journal, conn: sqlite3.Connection, teller: Teller, key: bytes, entries: Iterable[Entry]
) -> Iterator[str]:
    """How entries look in a format, in order; the teller has seen all those before them."""
    if journal.told is None:
        return (journal.entry(key, entry) for entry in entries)
    write = journal.told
    return (write(key, entry, told) for entry, told in teller.tell(conn, entries))


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


def _nothing(conn: sqlite3.Connection, project_no: int) -> str:
    return ""


def _entry_text(key: bytes, entry: Entry) -> str:
    lines = [f"{rfc3339(entry.at_ms)}  {entry.fact}  {_on(key, entry)}\n"]
    for posting in map(posting_json, entry.postings):
        amount = f"{posting['amount']} {posting['currency']}"
        lines.append(f"    {amount.rjust(20)}  {posting['debit']} <- {posting['credit']}\n")
    return "".join(lines)


def _entry_json_text(key: bytes, entry: Entry) -> str:
    return f"\n{json.dumps(entry_json(key, entry))}"


def _entry_csv(key: bytes, entry: Entry) -> str:
    about = (rfc3339(entry.at_ms), entry.fact, _on(key, entry))
    return "".join(_csv_line((*about, *posting_json(posting).values())) for posting in entry.postings)


def _head_csv(conn: sqlite3.Connection, project_no: int) -> str:
    return _csv_line(("at", "fact", "transaction", "debit", "credit", "amount", "currency"))


def _head_hledger(conn: sqlite3.Connection, project_no: int) -> str:
    commodities = [_commodity(currency) for (currency,) in conn.execute(_CURRENCIES, (project_no,))]
    return "".join([*commodities, *(f"account {account}\n" for (account,) in conn.execute(_ACCOUNTS, (project_no,)))])


def _commodity(currency: str) -> str:
    """A currency and how its amounts look, as hledger and ledger-cli both read it; one without decimals hledger alone.

    hledger wants to see the decimal mark also where no decimals follow.
    """
    decimals = exponent(currency)
    amount = f"1000.{'0' * decimals} {currency}"
    return f"commodity {currency}\n  format {amount}\n" if decimals else f"commodity {amount}\n"


def _entry_hledger(key: bytes, entry: Entry, told: Told = _UNTOLD) -> str:
    lines = [f"\naccount {account}\n" for account in told.opens]
    # A comma ends a tag's value.
    tags = ", ".join(f"{name}:{text.replace(',', ';')}" for name, text in told.about.items())
    lines += [f"\n{rfc3339(entry.at_ms)[:10]} * {entry.fact} | {_on(key, entry)}{tags and f'  ; {tags}'}\n"]
    lines += [f"    {account}  {amount} {currency}\n" for account, amount, currency in _legs(entry, told.legs)]
    return "".join(lines)


def _head_beancount(conn: sqlite3.Connection, project_no: int) -> str:
    first_ms = conn.execute(_FIRST, (project_no,)).fetchone()[0]
    since = rfc3339(first_ms or 0)[:10]
    currencies = [currency for (currency,) in conn.execute(_CURRENCIES, (project_no,))]
    lines = ['option "title" "mockpsp"\n', *(f'option "operating_currency" "{one}"\n' for one in currencies), "\n"]
    lines += [f"{since} commodity {currency}\n" for currency in currencies]
    accounts = conn.execute(_ACCOUNTS, (project_no,))
    return "".join([*lines, *(f"{since} open {beancount_account(account)}\n" for (account,) in accounts)])


def _entry_beancount(key: bytes, entry: Entry, told: Told = _UNTOLD) -> str:
    day, on = rfc3339(entry.at_ms)[:10], _on(key, entry)
    lines = [f"\n{day} open {beancount_account(account)}\n" for account in told.opens]
    lines.append(f'\n{day} * "{entry.fact}" ^{on}\n')
    lines += [f"  {name}: {_quoted(text)}\n" for name, text in (told.about or {"payment": on}).items()]
    legs = _legs(entry, told.legs)
    lines += [f"  {beancount_account(account)}  {amount} {currency}\n" for account, amount, currency in legs]
    return "".join(lines)


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def beancount_account(account: str) -> str:
    """The account under beancount's rules: capitalised parts of letters, digits and dashes; different ones stay so."""
    root, *parts = account.split(":")
    return ":".join([_ROOTS[root], *(_component(part) for part in parts)])


def _component(part: str) -> str:
    """`card-flexible` -> `Card-flexible`, `a.b` -> `A-x2e-b`; read from the left, one name comes back only."""
    safe = _ESCAPED.sub(lambda match: f"-x{ord(match[0]):x}-", part)
    # An escape without a number, which no name brings, says that the X before it was added.
    return safe[0].upper() + safe[1:] if safe[:1].isalnum() else f"X-x-{safe}"


def _generation(conn: sqlite3.Connection, project_no: int) -> int:
    return int(conn.execute(_GENERATION, (project_no,)).fetchone()[0])


def _on(key: bytes, entry: Entry) -> str:
    """The id of what an entry is about: a payment, a payout, or the line of a payout to come."""
    return subject_id(key, entry.fact, entry.payment_seq)


def _legs(entry: Entry, more: Iterable[Leg]) -> Iterator[tuple[str, str, str]]:
    """(account, signed amount, currency) of each side of each posting, and of what is told beside them."""
    for posting in entry.postings:
        yield posting.debit, format_exact(posting.amount_minor, posting.currency), posting.currency
        yield posting.credit, format_exact(-posting.amount_minor, posting.currency), posting.currency
    for account, minor, currency in more:
        yield account, format_exact(minor, currency), currency


def _csv_line(values: Iterable[str]) -> str:
    buffer = io.StringIO()
    csv.writer(buffer, lineterminator="\n").writerow(values)
    return buffer.getvalue()


_BALANCES: dict[str, Callable[[sqlite3.Connection, int], Iterator[str]]] = {
    "text": _balances_text,
    "json": _balances_json_text,
    "csv": _balances_csv,
}
_NOT_BOOKED = "nothing is booked yet\n"
JOURNALS: dict[str, Journal] = {
    "text": Journal(_nothing, _entry_text, empty=_NOT_BOOKED),
    "json": Journal(lambda *_: '{"journal": [', _entry_json_text, between=",", tail="\n]}\n"),
    "csv": Journal(_head_csv, _entry_csv),
    "hledger": Journal(_head_hledger, _entry_hledger, told=_entry_hledger),
    "beancount": Journal(_head_beancount, _entry_beancount, empty=f"; {_NOT_BOOKED}", told=_entry_beancount),
}
