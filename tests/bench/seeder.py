"""Stored payments by the million: two real ones are recorded, what differs between them is carried on.

The application writes two payments with a refund each, one after the other. A number that grew by exactly the
sequence numbers a payment takes is a sequence number; what stayed the same is constant; sums grew by the payment's
amount. Anything else stops the seeder. The rows are then repeated by SQLite itself, in the order the application
would have written them.
"""

import re
import sqlite3
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mockpsp.domain.text import ids
from mockpsp.ledger import book
from tests.bench.in_process import Caller, calling

#: Tables that hold sums and counters instead of a row for each thing that happened.
_SUMS = ("project", "resource_count", "account_balance")
_COUNTER = "next_seq"
_INTEGER = re.compile(r"-?\d+")

Row = tuple[Any, ...]


class NotSeedable(Exception):
    """The two recorded payments differ in a way that is no sequence number."""


@dataclass(frozen=True)
class Seeded:
    """What is in the file: transactions in all, the first and the last one's id."""

    count: int
    first_id: str
    last_id: str


def seed(db: Path, count: int, pay: Callable[[Caller], str] = Caller.pay_and_refund) -> Seeded:
    """Fill a new file with `count` payments, each refunded in part, or as `pay` makes them; the books balance, or this
    fails.
    """
    assert count >= 3, "the first three are real"
    with calling(db) as caller:
        first_id = pay(caller)
        snapshots = []
        for _ in range(2):
            snapshots.append(rows_by_table(db))
            last_id = pay(caller)
        snapshots.append(rows_by_table(db))
    last_id = _repeat(db, snapshots, count - 3, last_id) if count > 3 else last_id
    return Seeded(count, first_id, last_id)


def _repeat(db: Path, snapshots: list[dict[str, list[Row]]], times: int, last_id: str) -> str:
    before, between, after = snapshots
    with closing(sqlite3.connect(db, isolation_level=None)) as conn:
        conn.execute("PRAGMA synchronous=OFF")
        conn.execute("PRAGMA cache_size=-200000")
        columns = {table: [row[1] for row in conn.execute(f"PRAGMA table_info({table})")] for table in after}
        at = columns["project"].index(_COUNTER)
        span = after["project"][0][at] - between["project"][0][at]
        conn.execute("BEGIN")
        for table, rows in after.items():
            if table in _SUMS:
                _carry_on(conn, table, columns[table], between[table], rows, times)
            else:
                first = [row for row in between[table] if row not in set(before[table])]
                second = [row for row in rows if row not in set(between[table])]
                _repeat_rows(conn, table, first, second, span, times)
        conn.execute("COMMIT")
        conn.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        no, seed_number = conn.execute("SELECT no, seed FROM project").fetchone()
        problems = book.problems(conn, no)
        assert not problems, problems
    key = ids.key_for(seed_number)
    last_seq = ids.decode(key, "tr_", last_id)
    assert last_seq is not None
    return ids.encode(key, "tr_", last_seq + times * span)


def rows_by_table(db: Path) -> dict[str, list[Row]]:
    """Every table's rows, in the order of its primary key."""
    with closing(sqlite3.connect(db)) as conn:
        names = [name for (name,) in conn.execute("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name")]
        return {name: conn.execute(f"SELECT * FROM {name}").fetchall() for name in names}


def _carry_on(
    conn: sqlite3.Connection, table: str, columns: list[str], before: list[Row], after: list[Row], times: int
) -> None:
    """Let sums grow `times` more by what they last grew by."""
    for old, new in zip(before, after, strict=True):
        grown = [b + (b - a) * times if isinstance(b, int) and b != a else b for a, b in zip(old, new, strict=True)]
        assignments = ", ".join(f"{column} = ?" for column in columns)
        same = " AND ".join(f"{column} IS ?" for column in columns)
        conn.execute(f"UPDATE {table} SET {assignments} WHERE {same}", (*grown, *new))


def _repeat_rows(
    conn: sqlite3.Connection, table: str, first: list[Row], second: list[Row], span: int, times: int
) -> None:
    """Write the second payment's rows `times` more, each time with sequence numbers `span` higher."""
    if len(first) != len(second):
        raise NotSeedable(f"{table}: {len(first)} rows the first time, {len(second)} the second")
    if not second:
        return
    cells = [
        [_cell(old, new, span) for old, new in zip(one, other, strict=True)]
        for one, other in zip(first, second, strict=True)
    ]
    columns = [_Column.of(list(column), span) for column in zip(*cells, strict=True)]
    marks = ", ".join(["(" + ", ".join("?" * sum(column.width for column in columns)) + ")"] * len(cells))
    shown, at = [], 1
    for column in columns:
        shown.append(column.expression([f"column{at + n}" for n in range(column.width)]))
        at += column.width
    # CROSS JOIN fixes the order: payment after payment, as the application writes them.
    conn.execute(
        f"""WITH RECURSIVE again(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM again WHERE n < {times})
        INSERT INTO {table} SELECT {", ".join(shown)} FROM again CROSS JOIN (VALUES {marks})""",
        [value for row in zip(*(column.values for column in columns), strict=True) for part in row for value in part],
    )


@dataclass(frozen=True)
class _Cell:
    """A value of one recorded row: constant, a sequence number (value None), or a format with such numbers in it."""

    value: Any
    seqs: tuple[int, ...] = ()


@dataclass(frozen=True)
class _Column:
    """One column of a table's recorded rows, each spread over `width` parameters: the value, then its numbers."""

    values: tuple[tuple[Any, ...], ...]
    width: int
    is_text: bool
    span: int

    @classmethod
    def of(cls, cells: list[_Cell], span: int) -> "_Column":
        most = max(len(cell.seqs) for cell in cells)
        is_text = any(isinstance(cell.value, str) for cell in cells)
        for cell in cells:
            if most and not cell.seqs and cell.value is not None and (not is_text or "%" in cell.value):
                raise NotSeedable(f"{cell.value!r} stays the same beside sequence numbers")
        padded = tuple((cell.value, *cell.seqs, *[None] * (most - len(cell.seqs))) for cell in cells)
        return cls(padded, 1 + most, is_text, span)

    def expression(self, names: list[str]) -> str:
        """The column's value in repetition `n`."""
        value, *seqs = names
        later = [f"{seq} + n * {self.span}" for seq in seqs]
        if not seqs:
            return value
        return f"iif({value} IS NULL, NULL, format({value}, {', '.join(later)}))" if self.is_text else later[0]


def _cell(old: Any, new: Any, span: int) -> _Cell:
    if new == old:
        return _Cell(new)
    if isinstance(new, int) and new == old + span:
        return _Cell(None, (new,))
    if isinstance(new, str) and _INTEGER.split(old) == _INTEGER.split(new):
        return _text_cell(old, new, span)
    raise NotSeedable(f"{old!r} became {new!r}")


def _text_cell(old: str, new: str, span: int) -> _Cell:
    """A text, such as JSON, that differs from the earlier one in sequence numbers only."""
    seqs: list[int] = []
    earlier = iter(_INTEGER.findall(old))

    def carried(match: re.Match[str]) -> str:
        before, now = int(next(earlier)), int(match[0])
        if now == before:
            return match[0]
        if now != before + span:
            raise NotSeedable(f"{old!r} became {new!r}")
        seqs.append(now)
        return "%d"

    return _Cell(_INTEGER.sub(carried, new.replace("%", "%%")), tuple(seqs))
