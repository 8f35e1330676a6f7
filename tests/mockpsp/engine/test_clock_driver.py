"""The thread that visits universes on real time: at once, when their time has come, and again after trouble."""

import logging
import threading
from types import SimpleNamespace

import pytest

from mockpsp import wallclock
from mockpsp.engine.clock_driver import ClockDriver
from tests.mockpsp.worlds import PATIENCE_S, holds_soon


def test_a_universe_that_fails_once_is_looked_at_again_and_holds_up_no_other(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.CRITICAL, "mockpsp")
    visits: list[int] = []
    visited = threading.Condition()

    def run(no: int) -> int | None:
        with visited:
            visits.append(no)
            visited.notify_all()
        if visits == [1]:
            raise RuntimeError("a passing trouble")
        return None

    driver = ClockDriver(run, retry_ms=10)
    driver.start([1, 2])
    with visited:
        assert visited.wait_for(lambda: visits == [1, 2, 1], PATIENCE_S)
    driver.stop()


def test_waking_a_universe_often_leaves_one_moment_to_come_back() -> None:
    visits: list[int] = []
    visited = threading.Semaphore(0)
    later_ms = wallclock.now_ms() + 3_600_000

    def run(no: int) -> int | None:
        visits.append(no)
        visited.release()
        return later_ms + len(visits)

    driver = ClockDriver(run)
    driver.start([])
    for _ in range(50):
        driver.wake(1)
        assert visited.acquire(timeout=PATIENCE_S)
    driver.stop()

    assert len(driver._heap) == 1


def test_time_that_jumps_is_noticed_within_seconds(monkeypatch: pytest.MonkeyPatch) -> None:
    """As after a suspend: what was an hour away is due at once, and no wait that began before counts."""
    visited = threading.Event()
    first = iter([wallclock.now_ms() + 3_600_000])

    def run(no: int) -> int | None:
        at_ms = next(first, None)
        if at_ms is None:
            visited.set()
        return at_ms

    driver = ClockDriver(run)
    driver.start([1])
    try:
        assert holds_soon(lambda: bool(driver._heap))
        # The driver's clock alone: the server beside it, which never goes back, would stand still afterwards.
        jumped = SimpleNamespace(now_ms=lambda: wallclock.now_ms() + 3_600_000)
        monkeypatch.setattr("mockpsp.engine.clock_driver.wallclock", jumped)
        assert visited.wait(5)
    finally:
        driver.stop()


def test_a_moment_that_is_told_is_kept_until_it_comes_and_an_earlier_one_comes_first() -> None:
    visits: list[int] = []
    visited = threading.Event()

    def run(no: int) -> int | None:
        visits.append(no)
        visited.set()
        return None

    driver = ClockDriver(run)
    driver.start([])
    driver.wake_at(1, wallclock.now_ms() + 3_600_000)
    driver.wake_at(2, wallclock.now_ms() + 50)

    assert visited.wait(PATIENCE_S)
    driver.stop()
    assert visits == [2]
