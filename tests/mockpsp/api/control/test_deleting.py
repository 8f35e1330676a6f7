"""A universe that is deleted: nothing of it is left anywhere, and what was on its way is nobody's."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from threading import Thread

import pytest

from mockpsp.api.wire.app_state import AppState
from mockpsp.config import Settings
from mockpsp.sandbox_client import Sandbox
from tests.mockpsp.everything import furnish, paid
from tests.mockpsp.worlds import Shop, holds_soon, serving


@pytest.fixture
def server(tmp_path: Path) -> Iterator[tuple[str, AppState]]:
    with serving(Settings(db=str(tmp_path / "some.db"), clock="manual")) as found:
        yield found


def rows(state: AppState) -> dict[str, int]:
    """Table -> how many rows are in it, whoever's they are."""
    with state.database.reading() as conn:
        tables = [name for (name,) in conn.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        return {table: conn.execute(f"SELECT COUNT(*) FROM {table}").fetchone()[0] for table in tables}


def number(state: AppState, project_id: str) -> int:
    with state.database.reading() as conn:
        return int(conn.execute("SELECT no FROM project WHERE id = ?", (project_id,)).fetchone()[0])


def test_nothing_is_left_of_it_and_all_of_the_others(server: tuple[str, AppState]) -> None:
    url, state = server
    with closing(Sandbox(url, "test-proj_stays", "key_test_a")) as stays:
        paid(stays)
        stays.snapshot()
        digest, before = stays.get("/sandbox/digest"), rows(state)
        with closing(Sandbox(url, "test-proj_goes", "key_test_b")) as goes:
            furnish(goes)
            goes.snapshot("one")
            goes.call("DELETE", f"/sandbox/snapshots/{goes.snapshot('two')}")

            goes.delete()

        assert rows(state) == before
        assert stays.get("/sandbox/digest") == digest


def test_a_fork_is_deleted_by_its_own_id_and_its_parent_stays(mockpsp: Sandbox) -> None:
    paid(mockpsp)
    with closing(mockpsp.fork()) as fork:
        fork.delete()

        assert fork.get("/sandbox")["universe"]["counts"] == {}
    assert mockpsp.get("/sandbox")["universe"]["counts"]["payment"] == 1


def test_a_parent_goes_and_its_fork_stays(mockpsp: Sandbox) -> None:
    paid(mockpsp)
    with closing(mockpsp.fork()) as fork:
        mockpsp.delete()

        assert fork.get("/sandbox")["universe"]["counts"]["payment"] == 1


def test_nobody_else_can_delete_it(mockpsp: Sandbox) -> None:
    paid(mockpsp)
    with closing(Sandbox(mockpsp.url, mockpsp.project_id, "key_test_guess")) as other:
        assert other.call("DELETE", "/sandbox").status_code == 401

    assert mockpsp.get("/sandbox")["universe"]["counts"]["payment"] == 1


def test_whoever_comes_next_begins_with_nothing_of_it(server: tuple[str, AppState]) -> None:
    """Rules, limits and calls are remembered by a universe's number: no other gets it."""
    url, state = server
    with closing(Sandbox(url, "test-proj_first", "key_test_a")) as first:
        first.put("/sandbox", {"rate_limit": {"primary": 1}})
        first.script("refund", "card.declined", times=5)
        first.post("/customers")
        gone = number(state, "test-proj_first")
        first.delete()

    with closing(Sandbox(url, "test-proj_second", "key_test_b")) as second:
        second.post("/customers")
        paths = [one["path"] for one in second.get("/sandbox/requests")["requests"]]

        assert number(state, "test-proj_second") > gone
        assert paths.count("/customers") == 1
        assert all(call.universe[0] != gone for call in state.calls if call.path != "/sandbox")


def test_its_snapshots_numbers_are_nobodys_either(server: tuple[str, AppState]) -> None:
    url, state = server
    with closing(Sandbox(url, "test-proj_first", "key_test_a")) as first:
        first.snapshot()
        first.snapshot()
        first.delete()
    with closing(Sandbox(url, "test-proj_second", "key_test_b")) as second:
        second.post("/customers")

    assert number(state, "test-proj_second") == 4


def test_a_webhook_under_way_is_recorded_nowhere(server: tuple[str, AppState]) -> None:
    url, state = server
    with Shop() as shop, closing(Sandbox(url, "test-proj_wall", "key_test_a")) as wall:
        shop.answer = shop.hang
        wall.put("/sandbox/clock", {"mode": "wall"})
        wall.post("/sandbox/webhook-endpoints", {"url": shop.url})
        wall.post("/customers")
        assert shop.wait_for(1)

        wall.delete()
        shop.stay.set()

        no_posts = holds_soon(lambda: not state.timeline._posting)
        assert (no_posts, rows(state)["webhook_attempt"], rows(state)["project"]) == (True, 0, 0)


def test_while_time_moves_it_is_refused(server: tuple[str, AppState]) -> None:
    url, _ = server
    with Shop() as shop, closing(Sandbox(url, "test-proj_moves", "key_test_a")) as moves:
        shop.answer = shop.hang
        moves.post("/sandbox/webhook-endpoints", {"url": shop.url})
        moves.post("/customers")
        advance = Thread(target=moves.call, args=("POST", "/sandbox/clock/advance", {"by": "0s"}))
        advance.start()
        assert shop.wait_for(1)

        with closing(Sandbox(url, moves.project_id, moves.secret)) as again:
            answer = again.call("DELETE", "/sandbox")
        shop.stay.set()
        advance.join()

        assert (answer.status_code, answer.json()["error_type"]) == (409, "request.still-processing")
        assert moves.get("/sandbox")["universe"]["counts"]["customer"] == 1


def test_the_universe_links_its_snapshots(mockpsp: Sandbox) -> None:
    links = mockpsp.get("/sandbox")["universe"]["links"]

    assert [name for name, path in links.items() if mockpsp.call("GET", path).status_code != 200] == []
    assert links["snapshots"] == "/sandbox/snapshots"


def test_when_it_was_written_to_is_kept_apart_from_its_digest(server: tuple[str, AppState], tmp_path: Path) -> None:
    url, _ = server
    with closing(Sandbox(url, "test-proj_aged", "key_test_a")) as aged:
        aged.post("/customers")
        with closing(sqlite3.connect(tmp_path / "some.db")) as conn:
            opened, used = conn.execute("SELECT opened_real_ms, used_real_ms FROM project").fetchone()
            before = aged.get("/sandbox/digest")
            conn.execute("UPDATE project SET opened_real_ms = 1, used_real_ms = NULL")
            conn.commit()

        assert 0 < opened <= used
        assert aged.get("/sandbox/digest") == before
