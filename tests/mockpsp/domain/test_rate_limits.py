"""GCRA against what it promises, for any limit and any train of requests."""

from fractions import Fraction

from hypothesis import given
from hypothesis import strategies as st

from mockpsp.domain.rate_limits import judge

LIMITS = st.integers(1, 500)
GAPS = st.lists(st.integers(0, 40_000), max_size=60)
NOW_MS = 1_767_225_600_000


def moments(gaps: list[int]) -> list[int]:
    found, now_ms = [], NOW_MS
    for gap in gaps:
        now_ms += gap
        found.append(now_ms)
    return found


def test_a_limit_of_three_lets_three_through_at_once_and_then_one_every_twenty_seconds() -> None:
    arrival, seen = 0, []
    for at_ms in (0, 0, 0, 0, 19_999, 20_000, 20_000, 60_000, 60_000, 60_000):
        verdict = judge(arrival, now_ms=NOW_MS + at_ms, per_minute=3)
        arrival = verdict.arrival
        seen.append((verdict.is_admitted, verdict.remaining, verdict.wait_ms))

    assert seen == [
        (True, 2, 0),
        (True, 1, 0),
        (True, 0, 0),
        (False, 0, 20_000),
        (False, 0, 1),
        (True, 0, 0),
        (False, 0, 20_000),
        (True, 1, 0),
        (True, 0, 0),
        (False, 0, 20_000),
    ]


@given(LIMITS, GAPS)
def test_it_is_a_bucket_of_n_that_fills_by_n_a_minute(limit: int, gaps: list[int]) -> None:
    """The same rule told as a token bucket, in exact fractions."""
    arrival, tokens, last_ms = 0, Fraction(limit), NOW_MS
    for now_ms in moments(gaps):
        tokens, last_ms = min(Fraction(limit), tokens + Fraction((now_ms - last_ms) * limit, 60_000)), now_ms
        verdict = judge(arrival, now_ms=now_ms, per_minute=limit)
        assert verdict.is_admitted == (tokens >= 1)
        if verdict.is_admitted:
            tokens -= 1
            assert verdict.remaining == int(tokens)
        arrival = verdict.arrival


@given(LIMITS, GAPS)
def test_who_waits_as_told_is_admitted_and_not_a_millisecond_earlier(limit: int, gaps: list[int]) -> None:
    arrival = 0
    for now_ms in moments(gaps):
        verdict = judge(arrival, now_ms=now_ms, per_minute=limit)
        if not verdict.is_admitted:
            assert verdict.arrival == arrival
            assert verdict.wait_ms > 0
            assert judge(arrival, now_ms=now_ms + verdict.wait_ms, per_minute=limit).is_admitted
            assert not judge(arrival, now_ms=now_ms + verdict.wait_ms - 1, per_minute=limit).is_admitted
        arrival = verdict.arrival


@given(LIMITS)
def test_as_many_go_at_once_as_are_said_to_remain(limit: int) -> None:
    verdict = judge(0, now_ms=NOW_MS, per_minute=limit)
    for left in range(verdict.remaining, 0, -1):
        assert verdict.remaining == left
        verdict = judge(verdict.arrival, now_ms=NOW_MS, per_minute=limit)
        assert verdict.is_admitted

    assert not judge(verdict.arrival, now_ms=NOW_MS, per_minute=limit).is_admitted
