"""The merchant's own records of what moved: rows of reference, kind, amount and currency, read from wherever they are.

Sources: a CSV file with a header, `FILE:SELECT ...` on an SQLite file, or rows as they stand in JSON. Columns: the
key's name (or `reference`), `kind`, `currency`, and `amount` in major units or `amount_minor`, a whole number;
others are left alone. Amounts are what moved in the kind's own direction, so a reversal is below zero. A CSV file's
cells are parted by commas, semicolons or tabs, as its first line has them; beside semicolons an amount's decimals may
come after a comma. Our own exports of payouts are known by their columns, see own_exports.py.
"""

import csv
import re
import sqlite3
from collections.abc import Iterable, Iterator, Mapping
from contextlib import closing
from decimal import Decimal
from pathlib import Path
from typing import Any, NamedTuple

from mockpsp.domain.payments.money import EXPONENT_BY_CURRENCY, check_currency, parse, written
from mockpsp.domain.text.codes import Refused

#: A kind as it is called here -> what else merchants call it.
KINDS: dict[str, tuple[str, ...]] = {
    "capture": ("captures", "sale", "payment", "charge", "captured"),
    "refund": ("refunds", "refunded"),
    "chargeback": ("chargebacks", "dispute"),
    "fee": ("fees",),
    "payout": ("payouts",),
}
RECORDS_MAX = 200_000
_KIND_BY_NAME = {name: kind for kind, others in KINDS.items() for name in (kind, *others)}
_QUERY = re.compile(r"(?P<path>[^:].*?):\s*(?P<query>(?:select|with)\b.*)", re.IGNORECASE | re.DOTALL)
#: Where an SQLite file says how it is read.
_WAL_MODE_AT = 19
_AMOUNTS = ("amount", "gross", "fee", "net")
_DELIMITERS = (",", ";", "\t")
#: With decimals after a comma; thousands are parted by points, spaces or not at all.
_EUROPEAN = re.compile(r"[+-]?(?:[0-9]{1,3}(?:[. \xa0][0-9]{3})+|[0-9]+),[0-9]+", re.ASCII)
#: Thousands that are parted, and no decimals: what it means depends on whether the currency has any.
_PARTED = re.compile(r"[+-]?[0-9]{1,3}(?:[. \xa0][0-9]{3})+", re.ASCII)
_WHOLE = re.compile(r"-?[0-9]{1,15}", re.ASCII)


class RecordsError(Exception):
    """Records that can't be read; the message names the source, the row and what is wrong with it."""


class Record(NamedTuple):
    """One line of the merchant's records. `kind` is one of KINDS, `amount_minor` below zero for a reversal."""

    reference: str
    kind: str
    amount_minor: int
    currency: str


def raw_rows(source: str) -> list[dict[str, Any]]:
    """The rows of a source by column, as they stand there."""
    match = _QUERY.fullmatch(source)
    rows = _sqlite(match["path"], match["query"]) if match else _csv(source)
    found: list[dict[str, Any]] = []
    for row in rows:
        if len(found) == RECORDS_MAX:
            raise RecordsError(f"{source}: more than {RECORDS_MAX} rows")
        found.append(row)
    return found


def records_of(source: str, rows: Iterable[Mapping[str, Any]], key: str) -> list[Record]:
    """The records of rows, whose place is named by their source; RecordsError says what is wrong and where."""
    return list(_records(source, rows, key))


def _csv(path: str) -> Iterator[dict[str, Any]]:
    try:
        with Path(path).open(newline="", encoding="utf-8-sig") as file:
            first = file.readline()
            file.seek(0)
            reader = csv.DictReader(file, strict=True, delimiter=_delimiter(first))
            if not reader.fieldnames:
                raise RecordsError(f"{path}: is empty; its first line must name the columns")
            is_european = reader.reader.dialect.delimiter != ","
            amounts = [name for name in reader.fieldnames if is_european and name.strip().lower() in _AMOUNTS]
            currency = next((name for name in reader.fieldnames if name.strip().lower() == "currency"), "")
            for row in reader:
                if None in row:
                    raise RecordsError(
                        f"{path}: line {reader.line_num}: has more cells than the first line, which names "
                        f"{len(reader.fieldnames)} columns"
                    )
                yield {str(name): value for name, value in row.items()} | {
                    name: _plain(row[name], row.get(currency)) for name in amounts
                }
    except OSError as error:
        raise RecordsError(f"{path}: {error.strerror}; give a CSV file, or SQLITE_FILE:SELECT ...") from None
    except (UnicodeDecodeError, csv.Error) as error:
        raise RecordsError(f"{path}: not a CSV file in UTF-8: {error}") from None


def _delimiter(head: str) -> str:
    """What parts the cells, by the line that names the columns: no column of ours has one of these in its name."""
    return max(_DELIMITERS, key=head.count)


def _plain(cell: str | None, currency: str | None) -> str | None:
    """An amount such as 1.234,56 or 12,5 as it is written here, and 5.000 of yen; any other cell as it is."""
    if cell is None:
        return None
    if _EUROPEAN.fullmatch(cell.strip()) is None:
        is_whole = EXPONENT_BY_CURRENCY.get((currency or "").strip().upper()) == 0
        return re.sub("[. \xa0]", "", cell) if is_whole and _PARTED.fullmatch(cell.strip()) else cell
    return cell.strip().replace(".", "").replace("\xa0", "").replace(" ", "").replace(",", ".")


def _sqlite(path: str, query: str) -> Iterator[dict[str, Any]]:
    if not Path(path).is_file():
        raise RecordsError(f"{path}: no such file")
    try:
        with closing(sqlite3.connect(_read_only_uri(Path(path).resolve()), uri=True)) as conn:
            cursor = conn.execute(query)
            names = [column[0] for column in cursor.description or ()]
            for row in cursor:
                yield dict(zip(names, row, strict=True))
    except OSError as error:
        raise RecordsError(f"{path}: {error.strerror}") from None
    except (sqlite3.Error, sqlite3.Warning) as error:
        raise RecordsError(f"{path}: {error}") from None


def _read_only_uri(path: Path) -> str:
    """How to read a database of somebody else's without leaving anything beside it."""
    with path.open("rb") as file:
        is_wal_mode = file.read(_WAL_MODE_AT + 1)[_WAL_MODE_AT:] == b"\x02"
    # In that mode SQLite makes a WAL for whoever reads; where there is none, nobody has the file open.
    is_still = is_wal_mode and not path.with_name(f"{path.name}-wal").exists()
    return f"{path.as_uri()}?mode=ro{'&immutable=1' if is_still else ''}"


def _records(source: str, rows: Iterable[Mapping[str, Any]], key: str) -> Iterator[Record]:
    for number, row in enumerate(rows, start=1):
        where = f"{source}: row {number}"
        if not isinstance(row, Mapping):
            raise RecordsError(f"{where}: must be an object of columns")
        try:
            yield _record(row, key)
        except (ValueError, Refused) as error:
            raise RecordsError(f"{where}: {getattr(error, 'message', error)}") from None


def _record(row: Mapping[str, Any], key: str) -> Record:
    named = {str(name).strip().lower(): value for name, value in row.items()}
    reference = _column(named, key if key.lower() in named else "reference", otherwise=key)
    kind_text = _column(named, "kind")
    kind = _KIND_BY_NAME.get(kind_text.lower())
    if kind is None:
        raise ValueError(f"kind is {kind_text[:40]!r}; known: {', '.join(KINDS)}")
    currency = check_currency(_column(named, "currency"))
    if "amount_minor" in named:
        text = _column(named, "amount_minor")
        if _WHOLE.fullmatch(text) is None:
            raise ValueError(f"amount_minor is {text[:40]!r}; it must be a whole number of minor units")
        return Record(reference, kind, int(text), currency)
    text = _column(named, "amount")
    minor = parse(text.removeprefix("-"), currency, allow_zero=True)
    return Record(reference, kind, -minor if text.startswith("-") else minor, currency)


def text_of(value: Any) -> str:
    """A cell as text: a number as plain decimal digits of its exact value, nothing as empty."""
    if isinstance(value, float):  # as SQLite and callers in Python have it: what is written there is what was meant
        value = Decimal(str(value))
    is_number = isinstance(value, int | Decimal) and not isinstance(value, bool)
    return "" if value is None else written(value) if is_number else str(value)


def _column(named: Mapping[str, Any], name: str, *, otherwise: str | None = None) -> str:
    text = text_of(named.get(name.lower())).strip()
    if not text:
        wanted = f"{otherwise} (or reference)" if otherwise else name
        state = "is empty" if name.lower() in named else "is missing"
        raise ValueError(f"{wanted} {state}; columns: {', '.join(named) or 'none'}"[:300])
    return text
