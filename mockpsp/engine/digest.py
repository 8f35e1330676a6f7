"""The hash of one universe: equal digests, equal worlds.

Every row of every table that belongs to a project counts, in key order. Left out is what is real and so differs from
run to run: the universe's own name and secret, wall-clock offsets, receivers' addresses and secrets, durations, error
texts.
"""

import hashlib
import re
import sqlite3
from functools import lru_cache
from itertools import islice

#: (table, column) -> not part of the world.
_REAL = frozenset(
    {
        ("project", "no"),
        ("project", "id"),
        ("project", "secret"),
        ("project", "offset_ms"),
        ("project", "generation"),
        ("project", "opened_real_ms"),
        ("project", "used_real_ms"),
        ("idempotency", "request_hash"),
        ("webhook_endpoint", "url"),
        ("webhook_endpoint", "secret"),
        ("webhook_endpoint", "old_secret"),
        ("webhook_endpoint", "certificate_url"),
        ("webhook_delivery", "last_error"),
        ("webhook_attempt", "error"),
        ("webhook_attempt", "took_ms"),
        ("webhook_attempt", "response_body"),
        ("webhook_attempt", "response_headers"),
        ("webhook_attempt", "request_headers"),
        ("webhook_attempt", "request_body"),
    }
)
#: Moments that were kept are no part of the one that is looked at.
_APART = frozenset({"snapshot"})
_OWNERS = ("project_id", "tenant_id")
_OWN_ID = "SELECT id FROM project WHERE no = ?"
#: A receiver's address, and what a client says of itself, inside a stored object or answer.
_ADDRESS = re.compile(
    r'"(?:webhook_url|deliver_to|user_agent|header_accept|header_referer)":"[^"]*",?|"value":"https?://[^"]*",?|'
    r'"(?:redirect_)?url":"https?://[^"/]*/checkout/[^"]*",?'
)
#: What each of them begins with: where none is, nothing has to be taken out.
_BEFORE_ADDRESSES = (
    '"webhook_url":"',
    '"deliver_to":"',
    '"user_agent":"',
    '"header_accept":"',
    '"header_referer":"',
    '"value":"http',
    "/checkout/",
)
_ROWS_AT_ONCE = 200
_TABLES = "SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name"


def digest(conn: sqlite3.Connection, project_no: int) -> str:
    """The SHA-256, in hex, of the universe's state."""
    hasher = hashlib.sha256()
    (own_id,) = conn.execute(_OWN_ID, (project_no,)).fetchone()
    for table, statement in _statements(conn):
        hasher.update(f"{table}\n".encode())
        rows = map(repr, conn.execute(statement, (project_no,)))
        while block := list(islice(rows, _ROWS_AT_ONCE)):
            # A name can't reach from a row into the next: they are parted by brackets.
            text = _unnamed("".join(block), own_id)
            if any(word in text for word in _BEFORE_ADDRESSES):
                text = "".join(_ADDRESS.sub("", _unnamed(row, own_id)) for row in block)
            hasher.update(text.encode())
    return hasher.hexdigest()


def names_of(project_id: str) -> tuple[str, str]:
    """How stored texts name a universe: in quotes, as objects do, and in addresses of its pages.

    A text of the user's that holds the id otherwise is the same in a fork.
    """
    return f'"{project_id.removeprefix("test-")}"', f"/{project_id}/"


def _unnamed(text: str, own_id: str) -> str:
    for name in names_of(own_id):
        text = text.replace(name, name[0] + name[-1])
    return text


def _statements(conn: sqlite3.Connection) -> tuple[tuple[str, str], ...]:
    names = tuple(name for (name,) in conn.execute(_TABLES))
    return tuple(found for name in names if (found := _statement(name, _columns(conn, name))) is not None)


def _columns(conn: sqlite3.Connection, table: str) -> tuple[tuple[str, int], ...]:
    """(column, its place in the primary key) of a table."""
    return tuple((row[1], row[5]) for row in conn.execute(f"PRAGMA table_info({table})"))


@lru_cache(maxsize=64)
def _statement(table: str, columns: tuple[tuple[str, int], ...]) -> tuple[str, str] | None:
    names = [name for name, _ in columns]
    owner = "no" if table == "project" else next((name for name in _OWNERS if name in names), None)
    if owner is None or table in _APART:
        return None
    shown = [name for name in names if name != owner and (table, name) not in _REAL]
    key = [name for name, place in sorted(columns, key=lambda column: column[1]) if place]
    selected = ", ".join(shown)
    return table, f"SELECT {selected} FROM {table} WHERE {owner} = ? ORDER BY {', '.join(key)}"
