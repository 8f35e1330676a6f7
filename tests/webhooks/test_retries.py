"""What follows an attempt."""

import math

import pytest

from mockpsp.webhooks.retries import Dead, Delivered, RetryAfter, Step, next_step
from mockpsp.webhooks.schedules import PROCESSOUT_SCHEDULE_MS, SCHEDULES


def step(attempt: int, status_code: int | None, error: str | None = None, *, jitter: float = 0.0) -> Step:
    return next_step(attempt, status_code, error, jitter=jitter, schedule=SCHEDULES["processout"])


@pytest.mark.parametrize("status_code", [200, 201, 202, 204, 299])
def test_any_2xx_is_a_delivery(status_code: int) -> None:
    assert step(1, status_code) == Delivered()


@pytest.mark.parametrize("status_code", [100, 199, 300, 301, 302, 307, 308, 400, 401, 404, 409, 411, 429, 500, 503])
def test_any_other_answer_is_tried_again(status_code: int) -> None:
    assert step(1, status_code) == RetryAfter(2_718)


def test_no_answer_is_tried_again() -> None:
    assert step(1, None, "timed out") == RetryAfter(2_718)


def test_an_answer_that_broke_off_is_tried_again_though_it_began_with_200() -> None:
    assert step(1, 200, "timed out") == RetryAfter(2_718)


@pytest.mark.parametrize("error", [None, "answer cut short"])
def test_gone_switches_the_endpoint_off(error: str | None) -> None:
    assert step(1, 410, error) == Dead("gone", disable_endpoint=True)


@pytest.mark.parametrize("error", ["host not allowed", "malformed url", "malformed secret or id"])
def test_what_no_attempt_can_mend_is_dead_at_once(error: str) -> None:
    assert step(1, None, error) == Dead(error, disable_endpoint=False)


@pytest.mark.parametrize("n", range(1, 13))
def test_retry_n_waits_e_to_the_n_seconds(n: int) -> None:
    assert step(n, 500) == RetryAfter(round(math.e**n * 1000))


def test_twelve_retries_take_seventy_one_and_a_half_hours() -> None:
    assert sum(PROCESSOUT_SCHEDULE_MS) == 257_472_707


def test_after_the_twelfth_retry_the_delivery_is_dead() -> None:
    assert step(13, 500) == Dead("retries exhausted", disable_endpoint=False)


def test_a_retry_beyond_the_schedule_may_still_deliver() -> None:
    assert step(14, 200) == Delivered()


def test_an_empty_schedule_means_one_attempt() -> None:
    answer = next_step(1, 500, None, jitter=0.0, schedule=SCHEDULES["none"])

    assert answer == Dead("retries exhausted", disable_endpoint=False)


@pytest.mark.parametrize(("amount", "wait_ms"), [(-1.0, 6_650), (-0.5, 7_020), (0.0, 7_389), (1.0, 8_128)])
def test_jitter_moves_a_wait_by_up_to_a_tenth(amount: float, wait_ms: int) -> None:
    assert step(2, 500, jitter=amount) == RetryAfter(wait_ms)
