"""When money moves by itself, and how a balance is shared out."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mockpsp.domain.moments import parse_rfc3339, rfc3339
from mockpsp.domain.profiles import Fee, PspProfile, Rounding
from mockpsp.domain.schedules import (
    Shares,
    next_payout_ms,
    read_cut_off,
    read_schedule,
    settles_at_ms,
    shares,
    why_unpaid,
)

#: 5 January 2026 was a Monday.
MONDAY = "2026-01-05T09:00:00Z"


@pytest.mark.parametrize(
    ("schedule", "now", "then"),
    [
        ("daily", MONDAY, "2026-01-06T00:00:00Z"),
        ("daily", "2026-01-06T00:00:00Z", "2026-01-07T00:00:00Z"),
        ("weekly:monday", MONDAY, "2026-01-12T00:00:00Z"),
        ("weekly:tuesday", MONDAY, "2026-01-06T00:00:00Z"),
        ("weekly:sunday", MONDAY, "2026-01-11T00:00:00Z"),
        ("monthly:1", MONDAY, "2026-02-01T00:00:00Z"),
        ("monthly:6", MONDAY, "2026-01-06T00:00:00Z"),
        ("monthly:5", MONDAY, "2026-02-05T00:00:00Z"),
        ("monthly:28", "2026-12-28T00:00:00Z", "2027-01-28T00:00:00Z"),
    ],
)
def test_a_payout_is_due_at_the_next_moment_of_its_schedule(schedule: str, now: str, then: str) -> None:
    due_at_ms = next_payout_ms(schedule, parse_rfc3339(now))

    assert due_at_ms is not None
    assert rfc3339(due_at_ms) == then


def test_by_hand_no_payout_is_ever_due() -> None:
    assert next_payout_ms("manual", 0) is None


@pytest.mark.parametrize(
    "text",
    ["", "weekly", "weekly:", "weekly:monda", "monthly:0", "monthly:29", "monthly:01", "daily:1", "daily:", "never", 7],
)
def test_no_schedule(text: object) -> None:
    with pytest.raises(ValueError, match="it must be manual, daily, weekly:DAY"):
        read_schedule(text)


@pytest.mark.parametrize("text", ["24:00", "9:00", "17:60", "", "noon", None])
def test_no_time_of_day(text: object) -> None:
    with pytest.raises(ValueError, match="a time of day in UTC"):
        read_cut_off(text)


@pytest.mark.parametrize(
    ("captured", "settled"),
    [
        ("2026-01-05T09:00:00Z", "2026-01-07T17:30:00Z"),
        ("2026-01-05T17:30:00Z", "2026-01-07T17:30:00Z"),
        ("2026-01-05T17:30:01Z", "2026-01-08T17:30:00Z"),
        ("2026-01-05T23:59:59Z", "2026-01-08T17:30:00Z"),
    ],
)
def test_a_cut_off_closes_the_day_and_the_delay_begins_then(captured: str, settled: str) -> None:
    profile = PspProfile("batches", settlement_delay_ms=2 * 86_400_000, settlement_cut_off="17:30")

    assert rfc3339(settles_at_ms(profile, parse_rfc3339(captured))) == settled


def test_without_a_cut_off_the_delay_begins_with_the_capture() -> None:
    assert settles_at_ms(PspProfile("straight", settlement_delay_ms=1_000), 234) == 1_234


def test_what_was_put_back_is_not_kept_back_again() -> None:
    profile = PspProfile("careful", reserve_ppm=100_000, payout_fee=Fee(fixed_minor={"EUR": 50}))

    assert shares(profile, 10_000, 6_000, "EUR") == Shares(9_350, 600, 50)


def test_nothing_is_kept_back_of_what_is_below_zero() -> None:
    assert shares(PspProfile("careful", reserve_ppm=100_000), 500, -300, "EUR") == Shares(500, 0, 0)


def test_less_than_the_minimum_or_the_fee_waits() -> None:
    profile = PspProfile("thrifty", payout_minimum_minor={"EUR": 500}, payout_fee=Fee(fixed_minor={"EUR": 50}))

    assert why_unpaid(profile, shares(profile, 549, 549, "EUR"), "EUR") == (
        "4.99 EUR would be paid, less than 5.00 EUR (payout_minimum)"
    )
    assert why_unpaid(profile, shares(profile, 550, 550, "EUR"), "EUR") is None
    assert "nothing would be left" in (why_unpaid(profile, shares(profile, 50, 50, "EUR"), "EUR") or "")


@given(
    available=st.integers(1, 10**12),
    new=st.integers(-(10**12), 10**12),
    rate=st.integers(0, 1_000_000),
    rounding=st.sampled_from(Rounding),
)
def test_the_shares_are_the_balance(available: int, new: int, rate: int, rounding: Rounding) -> None:
    fee = Fee(2_500, {"EUR": 20}, cap_minor={"EUR": 500})
    profile = PspProfile("any", reserve_ppm=rate, payout_fee=fee, rounding=rounding)

    found = shares(profile, available, new, "EUR")

    assert sum(found) == available
    assert 0 <= found.reserve_minor <= max(0, min(new, available))
    assert found.fee_minor >= 0
