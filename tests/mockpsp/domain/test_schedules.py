"""When money moves by itself, and how a balance is shared out."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mockpsp.domain.psps.profiles import Fee, PspProfile, Rounding
from mockpsp.domain.psps.schedules import (
    Shares,
    next_payout_ms,
    payout_arrives_ms,
    read_cut_off,
    read_schedule,
    reserved_minor,
    settles_at_ms,
    shares,
    why_unpaid,
)
from mockpsp.domain.time.calendars import Calendar
from mockpsp.domain.time.moments import parse_rfc3339, rfc3339
from mockpsp.domain.time.spans import BusinessDays, parse_span

#: 5 January 2026 was a Monday.
MONDAY = "2026-01-05T09:00:00Z"


def due(profile: PspProfile, now: str) -> str | None:
    due_at_ms = next_payout_ms(profile, parse_rfc3339(now))
    return None if due_at_ms is None else rfc3339(due_at_ms)


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
        ("weekly:tuesday,friday", MONDAY, "2026-01-06T00:00:00Z"),
        ("weekly:tuesday,friday", "2026-01-06T00:00:00Z", "2026-01-09T00:00:00Z"),
        ("monthly:1,15", MONDAY, "2026-01-15T00:00:00Z"),
        ("monthly:31", MONDAY, "2026-01-31T00:00:00Z"),
        ("monthly:31", "2026-02-01T00:00:00Z", "2026-02-28T00:00:00Z"),
        ("monthly:30", "2028-02-01T00:00:00Z", "2028-02-29T00:00:00Z"),
        ("monthly:31", "2026-04-01T00:00:00Z", "2026-04-30T00:00:00Z"),
        ("monthly:30,31", "2026-04-30T00:00:00Z", "2026-05-30T00:00:00Z"),
    ],
)
def test_a_payout_is_due_at_the_next_moment_of_its_schedule(schedule: str, now: str, then: str) -> None:
    assert due(PspProfile("any-day", payout_schedule=read_schedule(schedule)), now) == then


@pytest.mark.parametrize(
    ("schedule", "now", "then"),
    [
        # 3 April 2026 is Good Friday, and the Monday after Easter Monday; the 1st of May is a Friday.
        ("daily", "2026-04-02T10:00:00Z", "2026-04-07T00:00:00Z"),
        ("weekly:friday", "2026-04-01T10:00:00Z", "2026-04-07T00:00:00Z"),
        ("weekly:friday", "2026-04-05T10:00:00Z", "2026-04-07T00:00:00Z"),
        ("weekly:friday", "2026-04-07T00:00:00Z", "2026-04-10T00:00:00Z"),
        ("weekly:monday,friday", "2026-04-01T10:00:00Z", "2026-04-07T00:00:00Z"),
        ("monthly:1", "2026-04-30T10:00:00Z", "2026-05-04T00:00:00Z"),
        ("monthly:31", "2026-02-01T00:00:00Z", "2026-02-02T00:00:00Z"),
        ("monthly:31", "2026-02-02T00:00:00Z", "2026-03-02T00:00:00Z"),
    ],
)
def test_a_payout_of_a_closed_day_is_made_on_the_next_business_day(schedule: str, now: str, then: str) -> None:
    profile = PspProfile("banker", payout_schedule=schedule, calendar=Calendar.TARGET2)

    assert due(profile, now) == then


@pytest.mark.parametrize(("zone", "then"), [("UTC", "2026-07-08T00:00:00Z"), ("Asia/Kolkata", "2026-07-07T18:30:00Z")])
def test_days_of_a_schedule_begin_at_midnight_of_the_zone(zone: str, then: str) -> None:
    assert due(PspProfile("there", payout_schedule="daily", time_zone=zone), "2026-07-07T10:00:00Z") == then


def test_money_that_arrives_at_midnight_is_in_the_payout_of_that_moment() -> None:
    profile = PspProfile("banker", payout_schedule="daily", settlement_delay_ms=BusinessDays.of(2))

    midnight_ms = parse_rfc3339("2026-04-08T00:00:00Z")

    assert next_payout_ms(profile, midnight_ms, is_arrival=True) == midnight_ms
    assert next_payout_ms(profile, midnight_ms + 1, is_arrival=True) == midnight_ms + 86_400_000
    assert next_payout_ms(profile, midnight_ms) == midnight_ms + 86_400_000


@pytest.mark.parametrize(
    ("transit", "sent", "there"),
    [
        ("0s", "2026-04-04T10:00:00Z", "2026-04-04T10:00:00Z"),
        ("1bd", "2026-04-02T00:00:00Z", "2026-04-07T00:00:00Z"),
        ("0bd", "2026-04-04T10:00:00Z", "2026-04-07T00:00:00Z"),
        ("0bd", "2026-04-02T10:00:00Z", "2026-04-02T10:00:00Z"),
        ("1d", "2026-04-02T10:00:00Z", "2026-04-07T00:00:00Z"),
        ("1d", "2026-04-01T10:00:00Z", "2026-04-02T10:00:00Z"),
    ],
)
def test_a_payout_that_takes_time_arrives_on_a_business_day(transit: str, sent: str, there: str) -> None:
    profile = PspProfile("banker", payout_transit_ms=parse_span(transit), calendar=Calendar.TARGET2)

    assert rfc3339(payout_arrives_ms(profile, parse_rfc3339(sent))) == there


def test_by_hand_no_payout_is_ever_due() -> None:
    assert next_payout_ms(PspProfile("by-hand"), 0) is None


@pytest.mark.parametrize(
    "text",
    [
        *("", "weekly", "weekly:", "weekly:monda", "monthly:0", "monthly:32", "monthly:01", "daily:1", "daily:"),
        *("never", 7, "weekly:monday,", "weekly:,monday", "monthly:1,32", "monthly:\u0661", "weekly:monday, friday"),
    ],
)
def test_no_schedule(text: object) -> None:
    with pytest.raises(ValueError, match="it must be manual, daily, weekly:DAY"):
        read_schedule(text)


@pytest.mark.parametrize("text", ["weekly:monday,monday", "monthly:1,1"])
def test_a_schedule_names_a_day_once(text: str) -> None:
    with pytest.raises(ValueError, match="it names a day twice"):
        read_schedule(text)


@pytest.mark.parametrize("text", ["24:00", "9:00", "17:60", "", "noon", None, "17:00 ", " Europe/Berlin"])
def test_no_time_of_day(text: object) -> None:
    with pytest.raises(ValueError, match="a time of day, in UTC"):
        read_cut_off(text)


@pytest.mark.parametrize("text", ["17:00 Europe/Berlim", "17:00 ../etc", "17:00 Berlin", "17:00  UTC", "17:00 posix"])
def test_no_zone_of_a_cut_off(text: str) -> None:
    with pytest.raises(ValueError, match="is no time zone such as"):
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


@pytest.mark.parametrize(
    ("captured", "settled"),
    [
        # Good Friday to Easter Monday are closed; in winter Berlin is an hour ahead of UTC, in summer two.
        ("2026-04-02T10:00:00Z", "2026-04-07T22:00:00Z"),
        ("2026-04-02T15:00:00Z", "2026-04-07T22:00:00Z"),
        ("2026-04-02T15:00:00.001Z", "2026-04-08T22:00:00Z"),
        ("2026-04-03T09:00:00Z", "2026-04-08T22:00:00Z"),
        ("2026-04-05T09:00:00Z", "2026-04-08T22:00:00Z"),
        ("2026-12-23T15:59:00Z", "2026-12-27T23:00:00Z"),
        ("2026-12-23T16:01:00Z", "2026-12-28T23:00:00Z"),
    ],
)
def test_business_days_are_counted_from_the_day_of_the_batch(captured: str, settled: str) -> None:
    profile = PspProfile("batches", settlement_delay_ms=BusinessDays.of(2), settlement_cut_off="17:00 Europe/Berlin")

    assert rfc3339(settles_at_ms(profile, parse_rfc3339(captured))) == settled


def test_a_batch_belongs_to_the_day_of_its_own_clock() -> None:
    """17:00 in Los Angeles is the next day in UTC already."""
    profile = PspProfile(
        "west",
        settlement_delay_ms=BusinessDays.of(1),
        settlement_cut_off="17:00 America/Los_Angeles",
        calendar=Calendar.US_FED,
        time_zone="UTC",
    )

    assert rfc3339(settles_at_ms(profile, parse_rfc3339("2026-06-16T20:00:00Z"))) == "2026-06-17T00:00:00Z"


def test_without_a_cut_off_the_delay_begins_with_the_capture() -> None:
    assert settles_at_ms(PspProfile("straight", settlement_delay_ms=1_000), 234) == 1_234


def test_a_payout_is_made_of_all_that_is_available_less_its_fee() -> None:
    profile = PspProfile("careful", reserve_ppm=100_000, payout_fee=Fee(fixed_minor={"EUR": 50}))

    assert shares(profile, 10_000, "EUR") == Shares(9_950, 50)


@pytest.mark.parametrize(("sold_minor", "kept_minor"), [(10_000, 1_000), (1_005, 101), (4, 0), (0, 0)])
def test_the_reserve_is_a_rounded_share_of_a_sale(sold_minor: int, kept_minor: int) -> None:
    assert reserved_minor(PspProfile("careful", reserve_ppm=100_000), sold_minor) == kept_minor


def test_less_than_the_minimum_or_the_fee_waits() -> None:
    profile = PspProfile("thrifty", payout_minimum_minor={"EUR": 500}, payout_fee=Fee(fixed_minor={"EUR": 50}))

    assert why_unpaid(profile, shares(profile, 549, "EUR"), "EUR") == (
        "4.99 EUR would be paid, less than 5.00 EUR (payout_minimum)"
    )
    assert why_unpaid(profile, shares(profile, 550, "EUR"), "EUR") is None
    assert "nothing would be left" in (why_unpaid(profile, shares(profile, 50, "EUR"), "EUR") or "")


@given(
    available=st.integers(1, 10**12),
    rate=st.integers(0, 1_000_000),
    rounding=st.sampled_from(Rounding),
)
def test_the_shares_are_the_balance_and_a_reserve_is_no_more_than_was_sold(
    available: int, rate: int, rounding: Rounding
) -> None:
    fee = Fee(2_500, {"EUR": 20}, cap_minor={"EUR": 500})
    profile = PspProfile("any", reserve_ppm=rate, payout_fee=fee, rounding=rounding)

    found = shares(profile, available, "EUR")

    assert sum(found) == available
    assert found.fee_minor >= 0
    assert 0 <= reserved_minor(profile, available) <= available
