"""The one list of the tables that a universe has rows in, and the statements that copy them."""

from collections.abc import Iterator
from contextlib import closing

import pytest

from mockpsp.store import snapshots, universe_rows, wiping
from mockpsp.store.db import Database
from mockpsp.store.migrations import migrate
from mockpsp.store.universe_rows import Column

OWNERS = {"project_id", "tenant_id"}
#: What belongs to a universe and is no part of the moment that a copy is of.
APART = {"snapshot"}


@pytest.fixture
def database() -> Iterator[Database]:
    with closing(Database(":memory:")) as database:
        migrate(database)
        yield database


def test_every_table_with_an_owner_is_in_the_list(database: Database) -> None:
    """Where this fails: a new table joins wiping.TABLES, or universe_rows.OWNER_BY_TABLE if it is the webhooks'."""
    with database.reading() as conn:
        tables = [name for (name,) in conn.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        owned = {
            (table, one.name)
            for table in tables
            for one in universe_rows.columns_of(conn, table)
            if one.name in OWNERS and table not in APART
        }

    assert owned == set(universe_rows.OWNER_BY_TABLE.items())
    assert set(tables) - {table for table, _ in owned} == {"project", *APART}


def test_what_a_reset_empties_is_in_the_list_too() -> None:
    assert set(wiping.TABLES) < set(universe_rows.OWNER_BY_TABLE)


def test_columns_that_are_left_out_or_kept_as_they_are_exist(database: Database) -> None:
    with database.reading() as conn:
        known = {
            (table, one.name) for table in universe_rows.OWNER_BY_TABLE for one in universe_rows.columns_of(conn, table)
        }

    assert known >= universe_rows.ANSWERS | universe_rows.AS_IT_WAS


def test_a_built_copy_names_both_universes() -> None:
    columns = [Column("tenant_id", "INTEGER", 1), Column("seq", "INTEGER", 2), Column("body", "TEXT", 0)]

    built = universe_rows.copy_statement("webhook_message", "tenant_id", columns, replacements=2)

    assert built == (
        "INSERT INTO webhook_message (tenant_id, seq, body) SELECT ?, seq, replace(replace(body, ?, ?), ?, ?) "
        "FROM webhook_message WHERE tenant_id = ? ORDER BY tenant_id, seq"
    )


def test_the_number_of_a_deleted_snapshot_does_not_come_back(database: Database) -> None:
    with database.writing() as conn:
        snapshots.insert(conn, 1, snapshots.Snapshot(1, "snap_a", "", 0, "proj_a", 7))
        snapshots.forget(conn, 1, 1)

        assert snapshots.listed(conn, 1) == []
        assert snapshots.next_n(conn, 1) == 2
