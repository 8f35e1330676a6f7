"""An older file is brought to the shape of a fresh one."""

import re
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from mockpsp.config import Settings
from mockpsp.sandbox_client import Sandbox
from mockpsp.store.db import Database
from mockpsp.store.faults import FileError
from mockpsp.store.files import APPLICATION_ID
from mockpsp.store.migrations import READABLE_SINCE, SCHEMA_VERSION, check_readable, check_servable, migrate
from tests.mockpsp.store.schema import recorded, text_of_code
from tests.mockpsp.worlds import serving


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


def without_remarks(text: str) -> str:
    """The statements of a schema alone."""
    return re.sub(r"\s+", " ", re.sub(r"--.*", "", text)).replace("( ", "(").replace(" )", ")")


def of_version(path: Path, version: int) -> Path:
    """A file as that version made it, with a project."""
    with closing(sqlite3.connect(path)) as conn, conn:
        conn.executescript(recorded(version).read_text())
        conn.execute(f"PRAGMA user_version = {version}")
        if version >= 3:
            conn.execute(f"PRAGMA application_id = {APPLICATION_ID}")
        conn.execute(
            """INSERT INTO project (no, id, secret, seed, next_seq, generation, clock_mode, clock_ms, offset_ms,
            rules_count, settings) VALUES (1, 'test-proj_a', 'key_test_a', 1, 1, 1, 'manual', 0, 0, 0, '{}')"""
        )
    return path


def migrated(path: Path) -> Path:
    with closing(Database(str(path))) as database:
        migrate(database)
    return path


def test_a_change_of_the_schema_raises_its_version() -> None:
    """Where this fails: raise SCHEMA_VERSION, write the step there, then `python -m tests.mockpsp.store.schema`."""
    assert without_remarks(text_of_code()) == without_remarks(recorded(SCHEMA_VERSION).read_text())


@pytest.mark.parametrize("version", range(1, SCHEMA_VERSION + 1))
def test_a_file_of_any_version_gets_the_shape_of_a_fresh_one(tmp_path: Path, version: int) -> None:
    old = of_version(tmp_path / "old.db", version)

    assert shape(migrated(old)) == shape(migrated(tmp_path / "fresh.db"))
    with closing(sqlite3.connect(old)) as conn, conn:
        assert conn.execute("PRAGMA user_version").fetchone() == (SCHEMA_VERSION,)
        assert conn.execute("PRAGMA application_id").fetchone() == (APPLICATION_ID,)
        assert conn.execute("SELECT id FROM project").fetchone() == ("test-proj_a",)


@pytest.mark.parametrize("version", range(READABLE_SINCE, SCHEMA_VERSION + 1))
def test_a_version_that_can_be_read_as_it_is_has_the_tables_of_today(tmp_path: Path, version: int) -> None:
    old = of_version(tmp_path / "old.db", version)

    check_readable(str(old))

    assert shape(old) == shape(migrated(tmp_path / "fresh.db"))


def test_reading_does_not_bring_a_file_up(tmp_path: Path) -> None:
    old = of_version(tmp_path / "old.db", READABLE_SINCE - 1)

    with pytest.raises(FileError, match=rf"has schema {READABLE_SINCE - 1} of an older mockpsp.*mockpsp serve --db"):
        check_readable(str(old))


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

    for check in (check_servable, check_readable):
        with pytest.raises(FileError, match=rf"new.db has schema {SCHEMA_VERSION + 1}, which a newer mockpsp made"):
            check(str(path))
