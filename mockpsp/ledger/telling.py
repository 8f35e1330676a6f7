"""What a bookkeeping program is told of an entry beside its postings: the order, the gateway, and debts to PSPs.

A balance at a PSP that is below zero is no asset. The books keep one account for both, as the PSP does; here each entry
after which such a balance is below zero, or was before, moves the part below zero to `liabilities:psp:<gateway>`.
"""

import sqlite3
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from mockpsp.domain.text import ids
from mockpsp.ledger import chart
from mockpsp.ledger.book import Entry

# Primary keys.
_ORDER = """SELECT v.seq, json_extract(v.body, '$.order_id'), json_extract(v.body, '$.reference_id'),
json_extract(v.body, '$.name') FROM payment p JOIN invoice v ON v.project_id = p.project_id AND v.seq = p.invoice_seq
WHERE p.project_id = ? AND p.seq = ?"""
#: How accounts begin whose next part is a gateway.
_OF_GATEWAY = ("assets:psp:", chart.FEES, "assets:transit:", "memo:authorized:")
#: How accounts at a PSP end that may be below zero.
_BELOW_ZERO = (":pending", ":available")
#: Facts that are about something else than a payment -> what that is called, and what its ids begin with.
SUBJECTS = {
    "payout-sent": ("payout", "payt_"),
    "payout-arrived": ("payout", "payt_"),
    "payout-failed": ("payout", "payt_"),
    "reserve-released": ("payout", "payt_"),
    # Its line, which the next payout pays.
    "balance-added": ("item", "payt_itm_"),
    "reserve-returned": ("item", "payt_itm_"),
}


class Leg(NamedTuple):
    """What one account is debited, or credited below zero."""

    account: str
    minor: int
    currency: str


class Told(NamedTuple):
    """What an entry is about, by name, what it moves to or from debts, and the accounts of those that are new."""

    about: dict[str, str]
    legs: list[Leg]
    opens: list[str]


class Teller:
    """Looks through a journal from its first entry on, and tells of each entry what stands beside it."""

    def __init__(self, project_no: int, key: bytes) -> None:
        self._no = project_no
        self._key = key
        self._balances: dict[tuple[str, str], int] = {}
        self._opened: set[str] = set()

    def skip(self, entry: Entry) -> None:
        """See an entry that nothing is told of."""
        for _ in self._debts(entry):
            pass

    def debts(self) -> list[Leg]:
        """What is owed to PSPs after the entries seen so far, out of their balances; the accounts count as known."""
        legs = []
        for (account, currency), minor in sorted(self._balances.items()):
            if minor < 0:
                legs += [Leg(chart.psp_debt(_gateway(account)), minor, currency), Leg(account, -minor, currency)]
        self._opened.update(leg.account for leg in legs)
        return legs

    def tell(self, conn: sqlite3.Connection, entries: Iterable[Entry]) -> Iterator[tuple[Entry, Told]]:
        """Each entry, in order, and what is told of it."""
        for entry in entries:
            legs = list(self._debts(entry))
            opens = [leg.account for leg in legs if leg.account.startswith(chart.PSP_DEBTS)]
            opens = [account for account in dict.fromkeys(opens) if account not in self._opened]
            self._opened.update(opens)
            yield entry, Told(self._about(conn, entry), legs, opens)

    def _about(self, conn: sqlite3.Connection, entry: Entry) -> dict[str, str]:
        subject, prefix = SUBJECTS.get(entry.fact, ("payment", "tr_"))
        about = {subject: ids.encode(self._key, prefix, entry.payment_seq)}
        accounts = [account for posting in entry.postings for account in (posting.debit, posting.credit)]
        gateway = next((name for name in map(_gateway, accounts) if name), None)
        if gateway:
            about["gateway"] = gateway
        row = conn.execute(_ORDER, (self._no, entry.payment_seq)).fetchone() if subject == "payment" else None
        if row is not None:
            order = order_name(*row[1:])
            about |= {"invoice": ids.encode(self._key, "iv_", row[0]), "order": _one_line(order or "")}
        return {name: text for name, text in about.items() if text}

    def _debts(self, entry: Entry) -> Iterator[Leg]:
        """What goes to `liabilities:psp:` or comes back from there, so that no balance at a PSP is below zero."""
        before: dict[tuple[str, str], int] = {}
        for posting in entry.postings:
            for account, minor in ((posting.debit, posting.amount_minor), (posting.credit, -posting.amount_minor)):
                if account.startswith("assets:psp:") and account.endswith(_BELOW_ZERO):
                    place = (account, posting.currency)
                    balance = self._balances.get(place, 0)
                    before.setdefault(place, balance)
                    self._balances[place] = balance + minor
        for (account, currency), was_minor in before.items():
            owed_minor = min(0, self._balances[account, currency]) - min(0, was_minor)
            if owed_minor:
                yield Leg(chart.psp_debt(_gateway(account)), owed_minor, currency)
                yield Leg(account, -owed_minor, currency)


def order_name(order_id: str | None, reference_id: str | None, name: str | None) -> str | None:
    """What a shop calls an order: its own number, else its reference, else the invoice's name; an empty one is none."""
    return order_id or reference_id or name


def _one_line(text: str) -> str:
    """Text that no program takes for more than one line, or can't read."""
    return " ".join("".join(letter if letter.isprintable() else " " for letter in text).split())


def _gateway(account: str) -> str:
    """The gateway that an account's name says; "": none."""
    return account.split(":")[2] if account.startswith(_OF_GATEWAY) else ""
