"""A disk that is full or read-only, a file that another program locks or deletes: each is named and passes."""

import json
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from mockpsp.cli.files import reading
from mockpsp.config import Settings
from mockpsp.ledger import book
from mockpsp.sandbox_client import Sandbox
from tests.mockpsp.disks import SmallDisk, small_disk
from tests.mockpsp.worlds import Hook, Shop, holds_soon, serving

AUTH = ("test-proj_disk", "key_test_disk")


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[SmallDisk]:
    with small_disk(tmp_path / "disk") as disk:
        yield disk


def settings(path: Path, clock: str = "manual") -> Settings:
    return Settings(db=str(path), clock=clock)


def authorized(sandbox: Sandbox) -> str:
    invoice = sandbox.post("/invoices", {"name": "A", "amount": "10", "currency": "EUR"})["invoice"]["id"]
    sandbox.post(f"/invoices/{invoice}/authorize", {"source": sandbox.card()})
    return str(invoice)


def assert_sound(path: Path) -> None:
    with reading(str(path), AUTH[0]) as found:
        assert book.problems(found.conn, found.project.no) == []


def test_a_request_on_a_full_disk_is_answered_with_the_cause_and_changes_nothing(disk: SmallDisk) -> None:
    path = disk.folder / "books.db"
    with serving(settings(path)) as (url, _), Sandbox(url, *AUTH) as sandbox:
        invoice = authorized(sandbox)
        disk.fill()

        refused = sandbox.call("POST", f"/invoices/{invoice}/capture", {}, idempotency_key="a")
        answer = refused.json()
        disk.free()
        captured = sandbox.post(f"/invoices/{invoice}/capture", {}, idempotency_key="a")

        assert (refused.status_code, answer["success"]) == (507, False)
        assert answer["message"].startswith(f"{path} has no room left on its disk; free some")
        assert answer["message"].endswith("nothing was changed")
        assert captured["transaction"]["captured_amount"] == "10"
    assert_sound(path)


def test_a_server_that_is_killed_on_a_full_disk_keeps_what_it_answered(disk: SmallDisk) -> None:
    path = disk.folder / "books.db"
    command = [sys.executable, "-m", "mockpsp", "serve", "--port", "0", "--json", "--db", str(path)]
    with subprocess.Popen([*command, "--clock", "manual"], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as server:
        assert server.stdout is not None
        url = json.loads(server.stdout.readline())["url"]
        with Sandbox(url, *AUTH) as sandbox:
            invoice = authorized(sandbox)
            disk.fill()
            assert sandbox.call("POST", f"/invoices/{invoice}/capture", {}).status_code == 507
        server.kill()
    disk.free()

    assert_sound(path)
    with serving(settings(path)) as (url, _), Sandbox(url, *AUTH) as sandbox:
        sandbox.post(f"/invoices/{invoice}/capture", {})
    assert_sound(path)


def test_what_is_there_is_read_from_a_full_disk(disk: SmallDisk) -> None:
    with serving(settings(disk.folder / "books.db")) as (url, _), Sandbox(url, *AUTH) as sandbox:
        invoice = authorized(sandbox)
        disk.fill()

        assert sandbox.get(f"/invoices/{invoice}")["invoice"]["id"] == invoice


def test_a_full_disk_is_logged_once_and_not_once_a_request(disk: SmallDisk, caplog: pytest.LogCaptureFixture) -> None:
    with serving(settings(disk.folder / "books.db")) as (url, _), Sandbox(url, *AUTH) as sandbox:
        authorized(sandbox)
        disk.fill()
        for _ in range(20):
            assert sandbox.call("POST", "/customers", {}).status_code == 507

    assert [record.message for record in caplog.records if "no room left" in record.message] == [
        f"{disk.folder}/books.db has no room left on its disk; free some (SQLITE_FULL)"
    ]


def test_a_webhook_whose_attempt_finds_the_disk_full_is_sent_once_and_recorded_later(
    disk: SmallDisk, caplog: pytest.LogCaptureFixture
) -> None:
    path = disk.folder / "books.db"

    def fill(hook: Hook) -> int:
        disk.fill()
        return 200

    with serving(settings(path, "wall")) as (url, _), Sandbox(url, *AUTH) as sandbox, Shop(fill) as shop:
        sandbox.post("/sandbox/webhook-endpoints", {"url": shop.url})
        sandbox.post("/customers", {})
        assert shop.wait_for(1)
        assert holds_soon(lambda: "can't be recorded, and waits" in caplog.text)
        # Whatever wakes the universe must not find the delivery due again.
        for _ in range(50):
            sandbox.call("POST", "/sandbox/clock/advance", {"by": "0s", "wait_ms": 0})
        assert len(shop.hooks) == 1

        shop.answer = lambda hook: 200
        disk.free()

        def recorded() -> list[str]:
            deliveries = sandbox.get("/sandbox/deliveries")["deliveries"]
            return [f"{one['state']} {len(one['attempts'])}" for one in deliveries]

        assert holds_soon(lambda: recorded() == ["delivered 1"])
        assert len(shop.hooks) == 1
    assert sum("can't be recorded" in record.message for record in caplog.records) == 1
    assert_sound(path)


def test_a_server_that_waits_for_the_disk_ends_all_the_same_and_owes_the_webhook(
    disk: SmallDisk, caplog: pytest.LogCaptureFixture
) -> None:
    path = disk.folder / "books.db"

    def fill(hook: Hook) -> int:
        disk.fill()
        return 200

    with Shop(fill) as shop:
        with serving(settings(path, "wall")) as (url, _), Sandbox(url, *AUTH) as sandbox:
            sandbox.post("/sandbox/webhook-endpoints", {"url": shop.url})
            sandbox.post("/customers", {})
            assert holds_soon(lambda: "can't be recorded, and waits" in caplog.text)
        disk.free()
        shop.answer = lambda hook: 200

        with serving(settings(path, "wall")):
            assert shop.wait_for(2)

    assert len({hook.webhook_id for hook in shop.hooks}) == 1


def test_a_file_that_may_not_be_written_any_more_is_named(tmp_path: Path) -> None:
    with serving(settings(tmp_path / "books.db")) as (url, state), Sandbox(url, *AUTH) as sandbox:
        authorized(sandbox)
        with state.database.writing() as conn:
            pass
        conn.execute("PRAGMA query_only=ON")  # a mount that is in use can't be turned

        refused = sandbox.call("POST", "/customers", {})

    assert refused.status_code == 500
    assert "books.db may not be written: look at the permissions" in refused.json()["message"]


def test_a_file_that_another_program_locks_is_named(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    path = tmp_path / "books.db"
    with serving(settings(path)) as (url, state), Sandbox(url, *AUTH) as sandbox:
        sandbox.post("/customers", {})
        state.database.connection().execute("PRAGMA busy_timeout=1")
        with closing(sqlite3.connect(path, isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")

            refused = sandbox.call("POST", "/customers", {})

        sandbox.post("/customers", {})

    assert refused.status_code == 503
    assert "books.db is locked by another program" in refused.json()["message"]
    assert "Traceback" not in caplog.text


def test_a_file_that_is_deleted_under_a_server_is_named_and_not_written(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    path = tmp_path / "books.db"
    with serving(settings(path)) as (url, _), Sandbox(url, *AUTH) as sandbox:
        invoice = authorized(sandbox)
        aside = path.rename(tmp_path / "aside.db")

        written = sandbox.call("POST", f"/invoices/{invoice}/capture", {})
        read = sandbox.call("GET", f"/invoices/{invoice}")
        aside.rename(path)
        sandbox.post(f"/invoices/{invoice}/capture", {})

    for refused in (written, read):
        assert refused.status_code == 500
        assert "books.db was deleted or moved away while its server runs" in refused.json()["message"]
    assert caplog.text.count("was deleted or moved away") == 1
    assert_sound(path)
