"""When spans end: added where they are of hours and days, counted where they are of business days."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mockpsp.domain.psps.business_days import arrival_after, calendar_of, moment_after, zone_name_of, zone_of
from mockpsp.domain.psps.profiles import PspProfile
from mockpsp.domain.time.calendars import Calendar, is_business_day
from mockpsp.domain.time.moments import parse_rfc3339, rfc3339
from mockpsp.domain.time.spans import BusinessDays, parse_span
from mockpsp.domain.time.zones import local_day, zone

ZONES = ("UTC", "Europe/Berlin", "America/Los_Angeles", "America/Sao_Paulo", "Asia/Kolkata", "Pacific/Apia")


@pytest.mark.parametrize(
    ("span", "ends", "arrives"),
    [
        ("2d", "2026-04-04T10:00:00Z", "2026-04-04T10:00:00Z"),
        ("0bd", "2026-04-02T10:00:00Z", "2026-04-02T10:00:00Z"),
        ("1bd", "2026-04-07T10:00:00Z", "2026-04-06T22:00:00Z"),
        ("2bd", "2026-04-08T10:00:00Z", "2026-04-07T22:00:00Z"),
    ],
)
def test_a_span_ends_at_the_time_of_day_it_began_and_money_arrives_at_midnight(
    span: str, ends: str, arrives: str
) -> None:
    profile = PspProfile("berlin", calendar=Calendar.TARGET2, time_zone="Europe/Berlin")
    from_ms, span_ms = parse_rfc3339("2026-04-02T10:00:00Z"), parse_span(span)

    assert rfc3339(moment_after(profile, from_ms, span_ms)) == ends
    assert rfc3339(arrival_after(profile, from_ms, span_ms)) == arrives


def test_the_time_of_day_is_the_zones_also_when_its_clocks_are_changed() -> None:
    """On 29 March 2026 Berlin's clocks go from two to three."""
    profile = PspProfile("berlin", calendar=Calendar.NONE, time_zone="Europe/Berlin")

    ends_ms = moment_after(profile, parse_rfc3339("2026-03-27T11:00:00Z"), BusinessDays.of(1))

    assert rfc3339(ends_ms) == "2026-03-30T10:00:00Z"


@pytest.mark.parametrize(
    ("facts", "calendar", "zone_name"),
    [
        ({}, None, "UTC"),
        ({"settlement_delay_ms": BusinessDays.of(1)}, Calendar.TARGET2, "UTC"),
        ({"calendar": Calendar.NONE}, Calendar.NONE, "UTC"),
        ({"settlement_cut_off": "17:00"}, None, "UTC"),
        ({"settlement_cut_off": "17:00 Asia/Kolkata"}, None, "Asia/Kolkata"),
        ({"settlement_cut_off": "17:00 Asia/Kolkata", "time_zone": "Europe/Berlin"}, None, "Europe/Berlin"),
    ],
)
def test_what_a_profile_leaves_out_follows_from_what_it_says(
    facts: dict[str, object], calendar: Calendar | None, zone_name: str
) -> None:
    profile = PspProfile("north", **facts)  # type: ignore[arg-type]

    assert (calendar_of(profile), zone_name_of(profile)) == (calendar, zone_name)


@given(
    st.integers(0, 4_000_000_000_000),
    st.integers(0, 300),
    st.sampled_from(list(Calendar)),
    st.sampled_from(ZONES),
)
def test_spans_of_business_days_end_on_business_days(at_ms: int, count: int, calendar: Calendar, where: str) -> None:
    profile, span = PspProfile("north", calendar=calendar, time_zone=where), BusinessDays.of(count)

    ends_ms, arrives_ms = moment_after(profile, at_ms, span), arrival_after(profile, at_ms, span)

    for moment_ms in (ends_ms, arrives_ms):
        assert moment_ms >= at_ms
        assert is_business_day(calendar, local_day(moment_ms, zone_of(profile)))
    # The longer span ends later, and none sooner than so many days at midnight.
    assert moment_after(profile, at_ms, BusinessDays.of(count + 1)) > ends_ms
    assert arrives_ms <= ends_ms


@pytest.mark.parametrize("name", ["", "Berlin", "Europe/", "Europe", "Europe/Ber lin"])
def test_no_time_zone(name: str) -> None:
    with pytest.raises(ValueError, match="is no time zone such as UTC, Europe/Berlin"):
        zone(name)
