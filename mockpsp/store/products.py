"""SQL of products."""

import json
import sqlite3
from collections.abc import Collection
from typing import Any, NamedTuple

from mockpsp.domain.text.json_text import dump_text, load_exactly

# Primary key throughout.
_INSERT = "INSERT INTO product (project_id, seq, body) VALUES (?, ?, ?)"
_LOAD = "SELECT seq, body FROM product WHERE project_id = ? AND seq IN (SELECT value FROM json_each(?))"
_UPDATE = "UPDATE product SET body = ? WHERE project_id = ? AND seq = ?"
_DELETE = "DELETE FROM product WHERE project_id = ? AND seq = ?"


class ProductRow(NamedTuple):
    """A stored product."""

    seq: int
    body: dict[str, Any]


def insert(conn: sqlite3.Connection, project_no: int, row: ProductRow) -> None:
    """Keep a new product."""
    conn.execute(_INSERT, (project_no, row.seq, dump_text(row.body)))


def load(conn: sqlite3.Connection, project_no: int, seqs: Collection[int]) -> dict[int, ProductRow]:
    """Products by their numbers; numbers that aren't there are missing."""
    rows = conn.execute(_LOAD, (project_no, json.dumps(list(seqs))))
    return {seq: ProductRow(seq, load_exactly(body)) for seq, body in rows}


def update(conn: sqlite3.Connection, project_no: int, row: ProductRow) -> None:
    """Write a product's body."""
    conn.execute(_UPDATE, (dump_text(row.body), project_no, row.seq))


def delete(conn: sqlite3.Connection, project_no: int, seq: int) -> None:
    """Remove a product."""
    conn.execute(_DELETE, (project_no, seq))
