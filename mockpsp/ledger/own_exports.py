"""Our own exports as records: payouts line by line, statements of either side, and the journal, each as CSV.

Each is known by its columns, empty ones left out or not, and tells of some kinds alone: the bank's statement has
payouts and nothing else, so nothing else is looked for. To add one: a row in `EXPORTS`, with a function from one of
its rows to records.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import chain
from typing import Any, NamedTuple

from mockpsp.ledger import reconciliation, records, settlement_rows, statement_rows
from mockpsp.ledger.chart import Posting
from mockpsp.ledger.reconciliation import ALWAYS
from mockpsp.ledger.records import Record
from mockpsp.ledger.statements import BANK

Row = Mapping[str, str]
#: Type of a line -> the kind that it is of, where money that is gained counts for it (1) or against it (-1).
_LINES = {"sale": ("capture", 1), "refund": ("refund", -1), "chargeback": ("chargeback", -1)}
#: What a statement calls the money that comes from a PSP, and what goes back.
_PAYOUTS = ("payout", "payout-returned")


class Export(NamedTuple):
    """An export of ours: its columns, those that no file of it has all empty, the kinds it tells of, and a row of it as
    records, given the name of the key."""

    columns: frozenset[str]
    always: frozenset[str]
    kinds: tuple[str, ...]
    records: Callable[[Row, str], Iterator[dict[str, str]]]


class Own(NamedTuple):
    """The merchant's records, and the kinds that are compared even where they name none of them."""

    records: list[Record]
    kinds: tuple[str, ...]


def read_source(source: str, key: str) -> Own:
    """The records of a source, in whatever shape; RecordsError says what is wrong and where."""
    return _read(source, records.raw_rows(source), key)


def read_rows(rows: Iterable[Mapping[str, Any]], key: str) -> Own:
    """The records of rows given one by one."""
    return _read("records", list(rows), key)


def _read(source: str, rows: list[Any], key: str) -> Own:
    export = _export_of(rows)
    if export is None:
        return Own(records.records_of(source, rows, key), ALWAYS)
    told: list[dict[str, str]] = []
    # As JSON, cells that are empty are left out.
    empty = dict.fromkeys(export.columns, "")
    for number, row in enumerate(rows, start=1):
        if not isinstance(row, Mapping) or not row.keys() <= export.columns:
            raise records.RecordsError(f"{source}: row {number}: must have the columns of the first row")
        told += export.records(empty | {name: records.text_of(cell) for name, cell in row.items()}, key)
    return Own(records.records_of(source, told, key), export.kinds)


def _export_of(rows: list[Any]) -> Export | None:
    """The export that rows are of, by all their columns together; None for a merchant's own."""
    if not rows or not isinstance(rows[0], Mapping):
        return None
    columns = frozenset(rows[0])
    if not any(columns <= one.columns for one in EXPORTS):
        return None  # looked at first, since there may be very many rows
    columns = columns.union(chain.from_iterable(row for row in rows if isinstance(row, Mapping)))
    found = next((one for one in EXPORTS if one.always <= columns <= one.columns), None)
    return _BANK if found is _STATEMENT and rows[0].get("account") in (BANK, "transit") else found


def _of_payouts(row: Row, key: str) -> Iterator[dict[str, str]]:
    if row["record"] == "item":
        yield from _of_line(row, key)
    elif row["payout_status"] != "failed":
        yield _record(row["payout_id"], "payout", row["net"], row)


def _of_statement(row: Row, key: str) -> Iterator[dict[str, str]]:
    if row["record"] != "entry":
        return
    if row["type"] != "payout":
        yield from _of_line(row, key)
    elif row["payout_status"] != "failed":
        yield _record(row["payout_id"], "payout", _negated(row["net"]), row)


def _of_bank(row: Row, key: str) -> Iterator[dict[str, str]]:
    if row["record"] in ("entry", "transit") and row["type"] in _PAYOUTS:
        yield _record(row["payout_id"], "payout", row["net"], row)


def _of_line(row: Row, key: str) -> Iterator[dict[str, str]]:
    """What a line moved, and the fee in it; what is about no payment is its payout's."""
    reference = (
        row.get(key) or row["transaction_id"] or row["payout_id"] or row.get("reference", "") or row.get("item_id", "")
    )
    kind, sign = _LINES.get(row["type"], ("", 0))
    if kind:
        yield _record(reference, kind, row["gross"] if sign > 0 else _negated(row["gross"]), row)
    fee = row["gross"] if row["type"] == "fee" else row["fee"]
    yield _record(reference, "fee", _negated(fee), row)


def _of_posting(row: Row, key: str) -> Iterator[dict[str, str]]:
    posting = Posting(row["debit"], row["credit"], row["currency"], 0)
    for kind in records.KINDS:
        share = reconciliation.share(kind, posting, row["fact"])
        if share:
            yield _record(row["transaction"], kind, row["amount"] if share > 0 else _negated(row["amount"]), row)


def _record(reference: str, kind: str, amount: str, row: Row) -> dict[str, str]:
    return {"reference": reference, "kind": kind, "amount": amount, "currency": row["currency"]}


def _negated(amount: str) -> str:
    return amount.removeprefix("-") if amount.startswith("-") else f"-{amount}"


_STATEMENT = Export(
    frozenset(statement_rows.COLUMNS),
    frozenset(("record", "account", "currency", "balance")),
    (*ALWAYS, "fee", "payout"),
    _of_statement,
)
_BANK = _STATEMENT._replace(kinds=("payout",), records=_of_bank)
_JOURNAL = frozenset("at fact transaction debit credit amount currency".split())
#: Those that have only one shape; the bank's statement has the columns of any statement.
EXPORTS = (
    Export(
        frozenset(settlement_rows.COLUMNS),
        frozenset(("record", "payout_id", "payout_status", "gateway", "currency", "net")),
        (*ALWAYS, "fee", "payout"),
        _of_payouts,
    ),
    _STATEMENT,
    Export(_JOURNAL, _JOURNAL - {"transaction"}, tuple(records.KINDS), _of_posting),
)
