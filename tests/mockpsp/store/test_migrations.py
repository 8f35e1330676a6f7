"""An older file is brought to the shape of a fresh one."""

import re
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from mockpsp.config import Settings
from mockpsp.sandbox_client import Sandbox
from mockpsp.store.db import Database
from mockpsp.store.migrations import SCHEMA_VERSION, SchemaError, migrate
from tests.mockpsp.worlds import serving

HERE = Path(__file__).parent


def shape(path: Path) -> dict[str, object]:
    """Tables with their columns in order, indexes and triggers with their text."""
    with closing(sqlite3.connect(path)) as conn, conn:
        found: dict[str, object] = {}
        for kind, name, sql in conn.execute("SELECT type, name, sql FROM sqlite_master WHERE sql IS NOT NULL"):
            if kind == "table":
                found[name] = [tuple(row[1:]) for row in conn.execute(f"PRAGMA table_info({name})")]
            else:
                found[name] = re.sub(r"\s+", " ", sql)
        return found


def migrated(path: Path) -> Path:
    with closing(Database(str(path))) as database:
        migrate(database)
    return path


def test_a_file_of_the_first_version_gets_the_shape_of_a_fresh_one(tmp_path: Path) -> None:
    old = tmp_path / "old.db"
    with closing(sqlite3.connect(old)) as conn, conn:
        for name in ("schema_1.sql", "webhooks_1.sql"):
            conn.executescript((HERE / name).read_text())
        conn.execute("PRAGMA user_version = 1")
        conn.execute("INSERT INTO project VALUES (1, 'test-proj_a', 'key_test_a', 1, 1, 1, 'manual', 0, 0, 0, '{}')")

    assert shape(migrated(old)) == shape(migrated(tmp_path / "fresh.db"))
    with closing(sqlite3.connect(old)) as conn, conn:
        assert conn.execute("PRAGMA user_version").fetchone() == (SCHEMA_VERSION,)
        assert conn.execute("SELECT id FROM project").fetchone() == ("test-proj_a",)


def test_money_of_an_older_file_that_no_line_tells_of_is_paid_out_as_an_adjustment(tmp_path: Path) -> None:
    path = tmp_path / "old.db"
    settings = Settings(db=str(path), clock="manual")
    body = {"name": "Order", "amount": "100.00", "currency": "EUR"}
    with serving(settings) as (url, _), Sandbox(url, "test-proj_old", "key_test_old") as old:
        invoice = old.post("/invoices", body)["invoice"]["id"]
        old.post(f"/invoices/{invoice}/capture", {"source": old.card()})
        old.simulate("settlement.run", "sandbox")
    with closing(sqlite3.connect(path)) as conn, conn:
        assert conn.execute("DELETE FROM payout_item").rowcount == 1

    with serving(settings) as (url, _), Sandbox(url, "test-proj_old", "key_test_old") as old:
        invoice = old.post("/invoices", {**body, "amount": "20.00"})["invoice"]["id"]
        old.post(f"/invoices/{invoice}/capture", {"source": old.card()})
        old.simulate("settlement.run", "sandbox")
        old.simulate("payout.run", "sandbox")
        (payout,) = old.get("/payouts")["payouts"]

    assert (payout["amount"], payout["adjustments"], payout["sales_volume"]) == ("120", "100", "20")


def test_a_file_of_a_newer_version_is_refused(tmp_path: Path) -> None:
    path = migrated(tmp_path / "new.db")
    with closing(sqlite3.connect(path)) as conn, conn:
        conn.execute(f"PRAGMA user_version = {SCHEMA_VERSION + 1}")

    with pytest.raises(SchemaError, match=f"has schema {SCHEMA_VERSION + 1}"):
        migrated(path)
