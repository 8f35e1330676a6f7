"""The merchant's records held against the books: do both say the same moved, and if not, where do they part?

Sums are compared per reference, kind and currency, so one row may stand for several entries. Where sums differ, the
entries are walked in order and set against the records; the first that has none is where the two part. To add a kind:
its names in records.py, and the accounts it shows on in `ACCOUNTS`.
"""

import sqlite3
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from mockpsp.domain.payments.money import format_exact
from mockpsp.domain.text import ids
from mockpsp.domain.text.nearest import meant
from mockpsp.domain.time.moments import rfc3339
from mockpsp.ledger import book, chart, exports
from mockpsp.ledger.chart import Posting
from mockpsp.ledger.records import KINDS, Record, RecordsError

#: Kind -> accounts it shows on, each by how it begins and ends, and whether a debit counts for it (1) or against (-1).
#: A refund counts from its acceptance on; money withheld by a dispute counts as gone, and a payout is one
#: from its sending on.
ACCOUNTS: dict[str, tuple[tuple[str, str, int], ...]] = {
    "capture": ((chart.SALES, "", -1),),
    "refund": ((chart.REFUNDS, "", 1), (chart.OWED, "", 1), ("assets:psp:", ":refunds-in-flight", 1)),
    "chargeback": ((chart.CHARGEBACKS, "", 1), ("assets:psp:", ":disputed", 1)),
    "fee": ((chart.FEES, "", 1),),
    "payout": ((chart.BANK, "", 1), ("assets:transit:", "", 1)),
}
#: Compared even where the records name none of them: a dispute nobody wrote down is what one wants to hear of.
ALWAYS = ("capture", "refund", "chargeback")
KEYS = ("transaction_id", "invoice_id", "metadata.NAME")
_INVOICES = "SELECT payment_seq, seq FROM invoice WHERE project_id = ? AND payment_seq IS NOT NULL"
_METADATA = """SELECT payment_seq, json_extract(body, '$.metadata."' || ? || '"') FROM invoice
WHERE project_id = ? AND payment_seq IS NOT NULL"""
_EVENT = """SELECT seq, name FROM event WHERE project_id = ? AND seq > ? AND seq < ? + 1000 AND fact_seq = ?
ORDER BY seq LIMIT 1"""


class Movement(NamedTuple):
    """What one journal entry moved of one kind."""

    seq: int
    at_ms: int
    fact: str
    amount_minor: int
    postings: tuple[Posting, ...]


class Divergence(NamedTuple):
    """Records and books differ on what moved. `movement`: the first entry without a record; None: nothing was booked
    for what the records have beyond the books."""

    reference: str
    kind: str
    currency: str
    recorded_minor: int
    booked_minor: int
    movement: Movement | None


Line = tuple[str, str, str]


def reconcile(
    conn: sqlite3.Connection,
    project_no: int,
    records: Sequence[Record],
    key: str,
    always: Sequence[str] = ALWAYS,
) -> list[Divergence]:
    """Where the records and the books differ, the earliest entry first; [] when they agree.

    `always`: the kinds that are compared even where the records name none of them.
    """
    kinds = {*always, *(record.kind for record in records)}
    booked = _booked(conn, project_no, kinds, key)
    recorded: dict[Line, list[int]] = {}
    for record in records:
        recorded.setdefault((record.reference, record.kind, record.currency), []).append(record.amount_minor)
    found = []
    for line in {**recorded, **booked}:
        own, theirs = recorded.get(line, []), booked.get(line, [])
        sums = sum(own), sum(movement.amount_minor for movement in theirs)
        if sums[0] != sums[1]:
            found.append(Divergence(*line, *sums, _first_without_record(own, theirs)))
    return sorted(found, key=_place)


def divergence_json(conn: sqlite3.Connection, project_no: int, found: Divergence) -> dict[str, Any]:
    """A divergence as the API and `--json` show it: what each side says, and the entry, event and postings."""
    movement = found.movement
    shown: dict[str, Any] = {
        "reference": found.reference,
        "kind": found.kind,
        "currency": found.currency,
        "recorded": format_exact(found.recorded_minor, found.currency),
        "booked": format_exact(found.booked_minor, found.currency),
        "at": None,
        "fact": None,
        "event": None,
        "postings": [],
    }
    if movement is not None:
        shown |= {"at": rfc3339(movement.at_ms), "fact": movement.fact, "event": _event(conn, project_no, movement.seq)}
        shown["postings"] = [exports.posting_json(posting) for posting in movement.postings]
    return shown


def report_json(
    conn: sqlite3.Connection, project_no: int, records: Sequence[Record], found: Sequence[Divergence]
) -> dict[str, Any]:
    """The whole answer: how many records were held against the books, and where they differ."""
    shown = [divergence_json(conn, project_no, one) for one in found]
    return {"agrees": not found, "records": len(records), "divergences": shown}


def _counted(count: int, what: str) -> str:
    return f"{count} {what}" if count == 1 else f"{count} {what}s"


def report_text(report: Mapping[str, Any], *, most: int = 20) -> str:
    """The answer for people: the first divergence in full, the others a line each."""
    found = report["divergences"]
    if not found:
        agree = "agrees" if report["records"] == 1 else "agree"
        return f"{_counted(report['records'], 'record')} {agree} with the books\n"
    lines = [f"{_counted(len(found), 'difference')} between {_counted(report['records'], 'record')} and the books:", ""]
    lines += in_full(found[0])
    if found[1:]:
        lines += ["", "the others:"]
        lines += [f"  {one['at'] or 'never':<20}  {_says(one)}" for one in found[1:most]]
    if len(found) > most:
        lines.append(f"  and {len(found) - most} more")
    return "\n".join(lines) + "\n"


def check_key(key: str) -> str:
    """The key, if it is one; RecordsError names those there are."""
    if key in KEYS[:2] or (key.startswith("metadata.") and key.removeprefix("metadata.") and '"' not in key):
        return key
    raise RecordsError(f"key is {key[:60]!r}; known: {', '.join(KEYS)}{meant(key, KEYS)}")


def _booked(conn: sqlite3.Connection, project_no: int, kinds: Iterable[str], key: str) -> dict[Line, list[Movement]]:
    kinds = [kind for kind in KINDS if kind in set(kinds)]
    reference_of = _references(conn, project_no, key)
    found: dict[Line, list[Movement]] = {}
    for entry in book.journal(conn, project_no):
        for kind in kinds:
            for currency in {posting.currency: None for posting in entry.postings}:
                shares = [(p, share(kind, p, entry.fact)) for p in entry.postings if p.currency == currency]
                postings = tuple(posting for posting, one in shares if one)
                amount_minor = sum(one * posting.amount_minor for posting, one in shares)
                if amount_minor:
                    line = (reference_of(entry.payment_seq, entry.fact), kind, currency)
                    movement = Movement(entry.seq, entry.at_ms, entry.fact, amount_minor, postings)
                    found.setdefault(line, []).append(movement)
    return found


def share(kind: str, posting: Posting, fact: str) -> int:
    """How a posting of a fact counts for a kind: 1, -1, or 0 where it doesn't or only moves within it."""
    found = 0
    if fact.startswith("chargeback"):
        # What a dispute pays of a debt to the customer is the dispute's, and no refund.
        debit, credit = (chart.CHARGEBACKS if one == chart.OWED else one for one in (posting.debit, posting.credit))
        posting = posting._replace(debit=debit, credit=credit)
    for start, end, sign in ACCOUNTS[kind]:
        found += sign * (_is_at(posting.debit, start, end) - _is_at(posting.credit, start, end))
    return found


def _is_at(account: str, start: str, end: str) -> bool:
    """Whether an account is the one named, or one of those that begin and end so."""
    is_group = start.endswith(":")
    return account.startswith(start) and account.endswith(end) if is_group else account == start


def _references(conn: sqlite3.Connection, project_no: int, key: str) -> Any:
    """A function from an entry's payment (or payout) and fact to the reference it has under this key."""
    id_key = exports.id_key(conn, project_no)
    own: dict[int, str] = {}
    if key == "invoice_id":
        own = {payment: ids.encode(id_key, "iv_", seq) for payment, seq in conn.execute(_INVOICES, (project_no,))}
    elif key != "transaction_id":
        name = key.removeprefix("metadata.")
        own = {payment: str(text) for payment, text in conn.execute(_METADATA, (name, project_no)) if text is not None}

    def reference(payment_seq: int, fact: str) -> str:
        known = own.get(payment_seq) if fact not in exports.PREFIXES else None
        return known if known is not None else ids.encode(id_key, exports.PREFIXES.get(fact, "tr_"), payment_seq)

    return reference


def _first_without_record(recorded: Sequence[int], booked: Sequence[Movement]) -> Movement | None:
    left = Counter(recorded)
    for movement in booked:
        if not left[movement.amount_minor]:
            return movement
        left[movement.amount_minor] -= 1
    return None


def _place(found: Divergence) -> tuple[Any, ...]:
    """By the entry at which they part; what was never booked comes last."""
    movement = found.movement
    return (movement is None, movement.seq if movement else 0, found.reference, found.kind, found.currency)


def _event(conn: sqlite3.Connection, project_no: int, fact_seq: int) -> dict[str, str] | None:
    row = conn.execute(_EVENT, (project_no, fact_seq, fact_seq, fact_seq)).fetchone()
    return None if row is None else {"id": ids.encode(exports.id_key(conn, project_no), "ev_", row[0]), "name": row[1]}


def _says(one: Mapping[str, Any]) -> str:
    what = f"{one['kind']} of {one['reference']}"
    return f"{what}: your records say {one['recorded']} {one['currency']}, the books {one['booked']}"


def in_full(one: Mapping[str, Any]) -> list[str]:
    """A divergence for people: what each side says, where they part, and what was booked there."""
    lines = [f"  {_says(one)}"]
    if one["at"] is None:
        return [*lines, "  nothing was booked for what your records have beyond the books"]
    event = f"event {one['event']['name']} {one['event']['id']}" if one["event"] else "no event is fired for it"
    lines += [f"  they part at {one['at']}: {one['fact']} ({event})"]
    return lines + [f"    {p['amount']} {p['currency']}  {p['debit']} <- {p['credit']}" for p in one["postings"]]
