"""All rows of one universe at once: copied, taken out, put in.

`OWNER_BY_TABLE` is the one list of the tables that a universe has rows in; a test holds it against the schema. What is
real is no part of a copy's texts (engine/digest.py); the project's own row is tx.py's. Read engine/forks.py next.
"""

import sqlite3
from collections.abc import Collection, Mapping, Sequence
from typing import Any, NamedTuple

from mockpsp.store import wiping

#: Table -> the column that says whose a row is.
OWNER_BY_TABLE: Mapping[str, str] = {
    **dict.fromkeys(wiping.TABLES, "project_id"),
    **dict.fromkeys(("webhook_endpoint", "webhook_message", "webhook_delivery", "webhook_attempt"), "tenant_id"),
}
#: What receivers answered: no part of a snapshot.
ANSWERS = frozenset({("webhook_attempt", "response_body"), ("webhook_attempt", "response_headers")})
#: What was sent, and to whom, as it was: no text in it is changed.
AS_IT_WAS = frozenset(
    {
        ("webhook_endpoint", "url"),
        ("webhook_endpoint", "secret"),
        ("webhook_endpoint", "old_secret"),
        ("webhook_attempt", "request_headers"),
        ("webhook_attempt", "request_body"),
        ("webhook_attempt", "response_headers"),
        ("webhook_attempt", "response_body"),
    }
)
_COLUMNS = "SELECT name, type, pk FROM pragma_table_info(?) ORDER BY cid"

Row = Sequence[Any]


class Column(NamedTuple):
    """A column of a table; `key`: its place in the primary key, 0 for none."""

    name: str
    type: str
    key: int


def copy(
    conn: sqlite3.Connection, *, of_no: int, to_no: int, texts: Mapping[str, str], left_out: Collection[tuple[str, str]]
) -> None:
    """Universe `to_no`, which has no rows, has those of `of_no`.

    In what is kept as text each key of `texts` is replaced by its value; columns of `left_out` are empty.
    """
    for table, owner in OWNER_BY_TABLE.items():
        columns = columns_of(conn, table)
        statement = copy_statement(table, owner, columns, replacements=len(texts), left_out=left_out)
        replaced = [part for pair in texts.items() for part in pair]
        count = sum(_is_text(table, one) and (table, one.name) not in left_out for one in columns)
        conn.execute(statement, (to_no, *(replaced * count), of_no))


def copy_statement(
    table: str, owner: str, columns: Sequence[Column], *, replacements: int, left_out: Collection[tuple[str, str]] = ()
) -> str:
    """What copies a table's rows. Its values: the copy's number, the replacements for each text, the rows' number."""
    names = [one.name for one in columns if one.name != owner]
    taken = []
    for one in columns:
        if one.name == owner:
            continue
        if (table, one.name) in left_out:
            taken.append("''")
        elif _is_text(table, one):
            taken.append("replace(" * replacements + one.name + ", ?, ?)" * replacements)
        else:
            taken.append(one.name)
    key = ", ".join(one.name for one in sorted(columns, key=lambda one: one.key) if one.key)
    return (
        f"INSERT INTO {table} ({owner}, {', '.join(names)}) SELECT ?, {', '.join(taken)} FROM {table} "
        f"WHERE {owner} = ? ORDER BY {key}"
    )


def take(conn: sqlite3.Connection, no: int) -> dict[str, dict[str, Any]]:
    """Every row of a universe: table -> `columns` and `rows`, without its number."""
    found = {}
    for table, owner in OWNER_BY_TABLE.items():
        names = [one.name for one in columns_of(conn, table) if one.name != owner]
        statement = f"SELECT {', '.join(names)} FROM {table} WHERE {owner} = ?"
        found[table] = {"columns": names, "rows": [list(row) for row in conn.execute(statement, (no,))]}
    return found


def put(conn: sqlite3.Connection, no: int, rows_by_table: Mapping[str, Sequence[Row]]) -> None:
    """A universe without rows has these, each in the order of the table's columns without its number.

    Raises what SQLite says of rows that don't fit their table.
    """
    for table, rows in rows_by_table.items():
        owner = OWNER_BY_TABLE[table]
        names = [one.name for one in columns_of(conn, table) if one.name != owner]
        places = ", ".join("?" for _ in names)
        statement = f"INSERT INTO {table} ({owner}, {', '.join(names)}) VALUES (?, {places})"
        conn.executemany(statement, ((no, *row) for row in rows))


def wipe(conn: sqlite3.Connection, no: int) -> None:
    """A universe has no rows but its own."""
    for table, owner in OWNER_BY_TABLE.items():
        conn.execute(f"DELETE FROM {table} WHERE {owner} = ?", (no,))


def columns_of(conn: sqlite3.Connection, table: str) -> list[Column]:
    """The columns of a table, in their order."""
    return [Column(*row) for row in conn.execute(_COLUMNS, (table,))]


def _is_text(table: str, column: Column) -> bool:
    return column.type == "TEXT" and (table, column.name) not in AS_IT_WAS
