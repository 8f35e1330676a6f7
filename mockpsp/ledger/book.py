"""Writing and reading the books: entries are appended, never edited; balances are kept as sums of their postings."""

import json
import sqlite3
from collections.abc import Collection, Iterable, Iterator
from typing import Any, NamedTuple

from mockpsp.ledger.chart import Posting

_INSERT_ENTRY = "INSERT INTO journal_entry (project_id, seq, payment_seq, fact, at_ms) VALUES (?, ?, ?, ?, ?)"
_INSERT_POSTING = """INSERT INTO posting
(project_id, entry_seq, line, debit_account, credit_account, currency, amount_minor) VALUES (?, ?, ?, ?, ?, ?, ?)"""
# Primary key (project_id, account, currency).
_ADD = """INSERT INTO account_balance (project_id, account, currency, debits_minor, credits_minor)
VALUES (?, ?, ?, ?, ?) ON CONFLICT (project_id, account, currency) DO UPDATE SET
debits_minor = debits_minor + excluded.debits_minor, credits_minor = credits_minor + excluded.credits_minor"""
_BALANCES = """SELECT account, currency, debits_minor - credits_minor FROM account_balance
WHERE project_id = ? ORDER BY account, currency"""
# Primary key.
_BALANCE = """SELECT debits_minor - credits_minor FROM account_balance
WHERE project_id = ? AND account = ? AND currency = ?"""
_BALANCES_OF = """SELECT currency, debits_minor - credits_minor FROM account_balance
WHERE project_id = ? AND account = ?"""
# Primary keys, in order.
_JOURNAL = """SELECT e.seq, e.payment_seq, e.fact, e.at_ms, p.debit_account, p.credit_account, p.currency,
p.amount_minor FROM journal_entry e JOIN posting p ON p.project_id = e.project_id AND p.entry_seq = e.seq
WHERE e.project_id = ? AND e.seq > ? ORDER BY e.seq, p.line"""
# Primary key, so many entries from where the last look ended; then posting's.
_PAGE = """SELECT page.seq, page.payment_seq, page.fact, page.at_ms, p.debit_account, p.credit_account, p.currency,
p.amount_minor FROM (SELECT project_id, seq, payment_seq, fact, at_ms FROM journal_entry
  WHERE project_id = ? AND seq > ? AND seq <= ? ORDER BY seq LIMIT ?) page
CROSS JOIN posting p ON p.project_id = page.project_id AND p.entry_seq = page.seq ORDER BY page.seq, p.line"""
# Primary keys, once for each entry asked for.
_OF_SEQS = """SELECT e.seq, e.payment_seq, e.fact, e.at_ms, p.debit_account, p.credit_account, p.currency,
p.amount_minor FROM journal_entry e JOIN posting p ON p.project_id = e.project_id AND p.entry_seq = e.seq
WHERE e.project_id = ? AND e.seq IN (SELECT value FROM json_each(?)) ORDER BY e.seq, p.line"""
_LAST = "SELECT seq FROM journal_entry WHERE project_id = ? ORDER BY seq DESC LIMIT 1"
_SUMS = """SELECT account, currency, sum(debits), sum(credits) FROM (
  SELECT debit_account AS account, currency, amount_minor AS debits, 0 AS credits FROM posting WHERE project_id = ?
  UNION ALL
  SELECT credit_account, currency, 0, amount_minor FROM posting WHERE project_id = ?)
GROUP BY account, currency ORDER BY account, currency"""
# Primary keys, in order; a posting without its entry is none of the journal's, and isn't counted.
_MOVED = """SELECT p.debit_account, p.credit_account, p.currency, sum(p.amount_minor)
FROM journal_entry e JOIN posting p ON p.project_id = e.project_id AND p.entry_seq = e.seq
WHERE e.project_id = ? GROUP BY p.debit_account, p.credit_account, p.currency"""
# The same before a moment.
_MOVED_BEFORE = """SELECT p.debit_account, p.credit_account, p.currency, sum(p.amount_minor)
FROM journal_entry e JOIN posting p ON p.project_id = e.project_id AND p.entry_seq = e.seq
WHERE e.project_id = ? AND e.at_ms < ? GROUP BY p.debit_account, p.credit_account, p.currency"""
# Primary keys, in order.
_OF_ACCOUNT = """SELECT e.seq, e.payment_seq, e.fact, e.at_ms, p.currency,
CASE p.debit_account WHEN :account THEN p.amount_minor ELSE -p.amount_minor END
FROM journal_entry e JOIN posting p ON p.project_id = e.project_id AND p.entry_seq = e.seq
WHERE e.project_id = :project_no AND :account IN (p.debit_account, p.credit_account) ORDER BY e.seq, p.line"""
_KEPT = """SELECT account, currency, debits_minor, credits_minor FROM account_balance
WHERE project_id = ? ORDER BY account, currency"""


class Entry(NamedTuple):
    """The postings of one fact; `seq` is the fact's. A payout's own entry names the payout instead of a payment."""

    seq: int
    payment_seq: int
    fact: str
    at_ms: int
    postings: list[Posting]


def append(conn: sqlite3.Connection, project_no: int, entries: Iterable[Entry]) -> None:
    """Write entries and add them to the balances, each account once."""
    entries = list(entries)
    if not entries:
        return
    conn.executemany(_INSERT_ENTRY, [(project_no, e.seq, e.payment_seq, str(e.fact), e.at_ms) for e in entries])
    rows = []
    moved: dict[tuple[str, str], tuple[int, int]] = {}
    for entry in entries:
        for line, p in enumerate(entry.postings):
            rows.append((project_no, entry.seq, line, p.debit, p.credit, p.currency, p.amount_minor))
            debits, credits = moved.get((p.debit, p.currency), (0, 0))
            moved[p.debit, p.currency] = (debits + p.amount_minor, credits)
            debits, credits = moved.get((p.credit, p.currency), (0, 0))
            moved[p.credit, p.currency] = (debits, credits + p.amount_minor)
    conn.executemany(_INSERT_POSTING, rows)
    conn.executemany(_ADD, [(project_no, account, currency, *sums) for (account, currency), sums in moved.items()])


def balances(conn: sqlite3.Connection, project_no: int) -> dict[str, dict[str, int]]:
    """Account -> currency -> net minor units, debits positive."""
    found: dict[str, dict[str, int]] = {}
    for account, currency, net_minor in conn.execute(_BALANCES, (project_no,)):
        found.setdefault(account, {})[currency] = net_minor
    return found


def balance(conn: sqlite3.Connection, project_no: int, account: str, currency: str) -> int:
    """Net minor units of one account, debits positive."""
    row = conn.execute(_BALANCE, (project_no, account, currency)).fetchone()
    return 0 if row is None else int(row[0])


def balances_of(conn: sqlite3.Connection, project_no: int, account: str) -> dict[str, int]:
    """Currency -> net minor units of one account, debits positive."""
    return dict(conn.execute(_BALANCES_OF, (project_no, account)).fetchall())


def journal(conn: sqlite3.Connection, project_no: int, after_seq: int = 0) -> Iterator[Entry]:
    """Entries in order, one at a time."""
    return _entries(conn.execute(_JOURNAL, (project_no, after_seq)))


def entries_of(conn: sqlite3.Connection, project_no: int, seqs: Collection[int]) -> list[Entry]:
    """The entries of these numbers that there are, in order."""
    return list(_entries(conn.execute(_OF_SEQS, (project_no, json.dumps(list(seqs))))))


def journal_page(
    conn: sqlite3.Connection, project_no: int, *, after_seq: int, until_seq: int, limit: int
) -> list[Entry]:
    """So many entries in order, after one number, up to and with another one."""
    return list(_entries(conn.execute(_PAGE, (project_no, after_seq, until_seq, limit))))


def last_entry(conn: sqlite3.Connection, project_no: int) -> int:
    """The number of the journal's last entry; 0 where nothing is booked."""
    row = conn.execute(_LAST, (project_no,)).fetchone()
    return 0 if row is None else int(row[0])


def _entries(rows: Iterable[tuple[Any, ...]]) -> Iterator[Entry]:
    """The entries that a journal's rows make, one at a time."""
    entry: Entry | None = None
    for seq, payment_seq, fact, at_ms, debit, credit, currency, amount_minor in rows:
        if entry is None or entry.seq != seq:
            if entry is not None:
                yield entry
            entry = Entry(seq, payment_seq, fact, at_ms, [])
        entry.postings.append(Posting(debit, credit, currency, amount_minor))
    if entry is not None:
        yield entry


class Moved(NamedTuple):
    """What an entry moved on one account, debits positive."""

    seq: int
    payment_seq: int
    fact: str
    at_ms: int
    currency: str
    amount_minor: int


def of_account(conn: sqlite3.Connection, project_no: int, account: str) -> Iterator[Moved]:
    """What moved on an account, oldest first."""
    return map(Moved._make, conn.execute(_OF_ACCOUNT, {"project_no": project_no, "account": account}))


def moved(conn: sqlite3.Connection, project_no: int) -> list[tuple[str, str, str, int]]:
    """(debit, credit, currency, minor units) of all postings of the journal, those between two accounts added up."""
    return conn.execute(_MOVED, (project_no,)).fetchall()


def balances_before(conn: sqlite3.Connection, project_no: int, until_ms: int) -> dict[tuple[str, str], int]:
    """(account, currency) -> net minor units before a moment, debits positive; of accounts that had moved by then."""
    found: dict[tuple[str, str], int] = {}
    for debit, credit, currency, minor in conn.execute(_MOVED_BEFORE, (project_no, until_ms)):
        found[debit, currency] = found.get((debit, currency), 0) + minor
        found[credit, currency] = found.get((credit, currency), 0) - minor
    return dict(sorted(found.items()))


def problems(conn: sqlite3.Connection, project_no: int) -> list[str]:
    """What is wrong with the books: balances that are not the sums of their postings, or don't add up to zero."""
    sums = conn.execute(_SUMS, (project_no, project_no)).fetchall()
    kept = conn.execute(_KEPT, (project_no,)).fetchall()
    found = [f"{row[0]} {row[1]}: balance and postings differ" for row in set(sums) ^ set(kept)]
    net_by_currency: dict[str, int] = {}
    for _, currency, debits, credits in kept:
        net_by_currency[currency] = net_by_currency.get(currency, 0) + debits - credits
    return found + [
        f"{currency}: debits and credits differ by {net}" for currency, net in net_by_currency.items() if net
    ]
