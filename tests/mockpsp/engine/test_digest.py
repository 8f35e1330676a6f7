"""The digest sees every stored fact of one universe, and nothing that is real or another's."""

import sqlite3
from collections.abc import Iterator

import pytest

from mockpsp.engine import digest
from mockpsp.store import db, migrations, tx

OWNERS = ("no", "project_id", "tenant_id")
#: Columns that allow a few words only -> two of them.
WORDS: dict[str, tuple[str, str]] = {
    "project.clock_mode": ("manual", "wall"),
    "refund.state": ("pending", "final"),
    "webhook_endpoint.state": ("enabled", "disabled"),
    "webhook_endpoint.kind": ("endpoint", "adhoc"),
    "webhook_delivery.state": ("pending", "dead"),
}
#: All that may differ between equal worlds, written out: a new column counts until it is added here and there.
REAL = {
    *("project.id", "project.secret", "project.offset_ms", "project.generation"),
    *("project.opened_real_ms", "project.used_real_ms"),
    "idempotency.request_hash",
    *("webhook_endpoint.url", "webhook_endpoint.secret", "webhook_endpoint.old_secret"),
    "webhook_endpoint.certificate_url",
    *("webhook_delivery.last_error", "webhook_attempt.error", "webhook_attempt.took_ms"),
    *("webhook_attempt.response_body", "webhook_attempt.response_headers"),
    *("webhook_attempt.request_body", "webhook_attempt.request_headers"),
}
CUSTOMER = "INSERT INTO customer (project_id, seq, body) VALUES (?, ?, ?)"


@pytest.fixture
def conn() -> Iterator[sqlite3.Connection]:
    database = db.Database(":memory:")
    migrations.migrate(database)
    yield database.connection()
    database.connection().close()


def universe(conn: sqlite3.Connection, name: str, seed: int = 1) -> int:
    project_id = f"test-proj_{name}"
    return tx.create(conn, project_id, secret=f"key_test_{name}", seed=seed, mode="manual", clock_ms=0).no


def columns(conn: sqlite3.Connection) -> dict[str, dict[str, str]]:
    """Table -> column -> type, of all tables."""
    tables = [name for (name,) in conn.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
    return {table: {row[1]: row[2] for row in conn.execute(f"PRAGMA table_info({table})")} for table in tables}


def row(table: str, types: dict[str, str], changed: str | None = None) -> dict[str, int | str]:
    """A row of universe 1, every column filled; the changed column has its other value."""
    return {
        name: 1 if name in OWNERS else _value(f"{table}.{name}", kind, is_other=name == changed)
        for name, kind in types.items()
    }


def _value(column: str, kind: str, *, is_other: bool) -> int | str:
    if column in WORDS:
        return WORDS[column][is_other]
    return (7, 8)[is_other] if kind == "INTEGER" else (f"{column} one", f"{column} two")[is_other]


def digest_of(conn: sqlite3.Connection, table: str, values: dict[str, int | str]) -> str:
    """Of universe 1 with just this row, which is taken back."""
    conn.execute("SAVEPOINT world")
    conn.execute("DELETE FROM project")
    if table != "project":
        universe(conn, "a")
    places = ", ".join("?" for _ in values)
    conn.execute(f"INSERT INTO {table} ({', '.join(values)}) VALUES ({places})", tuple(values.values()))
    found = digest.digest(conn, 1)
    conn.execute("ROLLBACK TO world")
    conn.execute("RELEASE world")
    return found


def test_every_column_counts_but_those_that_are_real(conn: sqlite3.Connection) -> None:
    unseen = {
        f"{table}.{column}"
        for table, types in columns(conn).items()
        for column in types
        if column not in OWNERS
        and table != "snapshot"  # a moment that was kept is no part of this one
        and digest_of(conn, table, row(table, types)) == digest_of(conn, table, row(table, types, column))
    }

    assert unseen == REAL


def test_every_table_belongs_to_a_universe(conn: sqlite3.Connection) -> None:
    assert [table for table, types in columns(conn).items() if not set(OWNERS) & set(types)] == []


def test_equal_worlds_under_different_names_have_equal_digests(conn: sqlite3.Connection) -> None:
    for name in ("a", "b.longer"):
        conn.execute(CUSTOMER, (universe(conn, name), 1, f'{{"project_id":"proj_{name}"}}'))

    assert digest.digest(conn, 1) == digest.digest(conn, 2)


def test_another_seed_is_another_world(conn: sqlite3.Connection) -> None:
    assert digest.digest(conn, universe(conn, "a", seed=1)) != digest.digest(conn, universe(conn, "b", seed=2))


def test_what_happens_elsewhere_changes_nothing(conn: sqlite3.Connection) -> None:
    here, elsewhere = universe(conn, "a"), universe(conn, "b")
    before = digest.digest(conn, here)

    conn.execute(CUSTOMER, (elsewhere, 1, "{}"))

    assert digest.digest(conn, here) == before


def test_the_order_of_writing_does_not_count(conn: sqlite3.Connection) -> None:
    for name, seqs in (("a", (1, 2)), ("b", (2, 1))):
        no = universe(conn, name)
        conn.executemany(CUSTOMER, [(no, seq, f"{seq}") for seq in seqs])

    assert digest.digest(conn, 1) == digest.digest(conn, 2)


def test_a_receivers_address_inside_an_object_does_not_count(conn: sqlite3.Connection) -> None:
    for name, port in (("a", 4001), ("b", 4002)):
        body = f'{{"name":"Joe\'s","webhook_url":"http://127.0.0.1:{port}/"}}'
        conn.execute(CUSTOMER, (universe(conn, name), 1, body))

    assert digest.digest(conn, 1) == digest.digest(conn, 2)


def test_text_cannot_move_from_one_column_to_the_next(conn: sqlite3.Connection) -> None:
    chosen = "INSERT INTO customer (project_id, seq, chosen_id, body) VALUES (?, 1, ?, ?)"
    conn.execute(chosen, (universe(conn, "a"), "a', 'b", "c"))
    conn.execute(chosen, (universe(conn, "b"), "a", "b', 'c"))

    assert digest.digest(conn, 1) != digest.digest(conn, 2)
