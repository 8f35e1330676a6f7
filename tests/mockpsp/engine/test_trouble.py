"""What lasts is said once a minute and waited out."""

import threading
from datetime import timedelta

import pytest
from freezegun import freeze_time

from mockpsp.engine.clock_driver import ClockDriver
from mockpsp.engine.trouble import Ended, Patience, TroubleLog
from mockpsp.store.faults import StorageError
from tests.mockpsp.worlds import PATIENCE_S, holds_soon

FULL = "books.db has no room left on its disk"


def test_a_trouble_is_said_at_once_and_again_after_a_minute(caplog: pytest.LogCaptureFixture) -> None:
    log = TroubleLog()
    with freeze_time("2026-01-05") as now:
        for _ in range(3):
            log.say(FULL)
        now.tick(timedelta(seconds=59))
        log.say(FULL)
        assert len(caplog.records) == 1

        now.tick(timedelta(seconds=2))
        log.say(FULL)

    assert len(caplog.records) == 2


def test_another_trouble_does_not_wait_for_the_first(caplog: pytest.LogCaptureFixture) -> None:
    log = TroubleLog()

    log.say("one")
    log.say("another")

    assert [record.message for record in caplog.records] == ["one", "another"]


@pytest.mark.parametrize("error", [StorageError(FULL), ValueError("a fault of ours")])
def test_a_step_that_fails_is_repeated_until_it_is_done(error: Exception, caplog: pytest.LogCaptureFixture) -> None:
    failures = [error] * 5

    def step() -> str:
        if failures:
            raise failures.pop()
        return "done"

    assert Patience(wait_s=0.001).until_done("it can't be recorded", step) == "done"

    (record,) = caplog.records
    assert record.message.startswith("it can't be recorded, and waits: ")
    assert (record.exc_info is not None) == isinstance(error, ValueError)


def test_who_waits_gives_up_when_the_application_ends() -> None:
    patience, tried, ended = Patience(wait_s=PATIENCE_S * 10), threading.Event(), threading.Event()

    def step() -> None:
        tried.set()
        raise StorageError(FULL)

    def wait() -> None:
        with pytest.raises(Ended):
            patience.until_done("it can't be recorded", step)
        ended.set()

    waiting = threading.Thread(target=wait)
    waiting.start()
    assert tried.wait(PATIENCE_S)
    patience.end()

    assert ended.wait(PATIENCE_S)
    waiting.join()


def test_universes_that_can_not_go_on_are_tried_again_and_said_once(caplog: pytest.LogCaptureFixture) -> None:
    tries: list[int] = []

    def run(no: int) -> int | None:
        tries.append(no)
        raise StorageError(FULL)

    driver = ClockDriver(run, retry_ms=1)
    driver.start([1, 2])
    assert holds_soon(lambda: tries.count(1) > 3 and tries.count(2) > 3)
    driver.stop()

    assert [record.message for record in caplog.records] == [
        f"universes on the wall clock can't go on and wait: {FULL}"
    ]
