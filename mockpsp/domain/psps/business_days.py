"""When a PSP's spans end, in its own time zone and by the days that its banks keep.

Spans of hours and days are added. Business days are counted: on a closed day counting starts on the next business day.
Money arrives at 00:00 of the PSP's zone; all else that is counted in business days ends at the time of day it began.
"""

from datetime import UTC, date, tzinfo

from mockpsp.domain.psps.profiles import PspProfile
from mockpsp.domain.time.calendars import Calendar, add_business_days
from mockpsp.domain.time.months import moment_later
from mockpsp.domain.time.spans import BusinessDays
from mockpsp.domain.time.zones import local_day, local_time, midnight_ms, moment_ms, zone

#: Where a PSP names no calendar.
USUAL = Calendar.TARGET2


def moment_after(profile: PspProfile, from_ms: int, span_ms: int) -> int:
    """When a span of the profile's ends that begins at a moment; business days and months at the same time of day."""
    if not isinstance(span_ms, BusinessDays):
        return moment_later(from_ms, span_ms)
    return business_days_after(from_ms, span_ms.count, calendar_of(profile) or USUAL, zone_of(profile))


def arrival_after(profile: PspProfile, from_ms: int, span_ms: int) -> int:
    """When money arrives that left at a moment: at the end of the span, at 00:00 where it is one of business days."""
    if not isinstance(span_ms, BusinessDays):
        return moment_later(from_ms, span_ms)
    return max(from_ms, arrival_from(profile, local_day(from_ms, zone_of(profile)), span_ms))


def arrival_from(profile: PspProfile, day: date, span: BusinessDays) -> int:
    """When money arrives that was sent off on a day, which may be over by then."""
    return midnight_ms(add_business_days(calendar_of(profile) or USUAL, day, span.count), zone_of(profile))


def business_days_after(from_ms: int, count: int, calendar: Calendar, zone: tzinfo = UTC) -> int:
    """So many business days after a moment, at the same time of day."""
    local = local_time(from_ms, zone)
    day = add_business_days(calendar, local.date(), count)
    return moment_ms(day, local.time(), zone)


def calendar_of(profile: PspProfile) -> Calendar | None:
    """The days that a PSP keeps; None: it counts no business days, and every day is as good as another."""
    if profile.calendar is not None:
        return profile.calendar
    return USUAL if isinstance(profile.settlement_delay_ms, BusinessDays) else None


def zone_of(profile: PspProfile) -> tzinfo:
    """A PSP's time zone: the one it names, else that of its cut-off, else UTC."""
    return zone(zone_name_of(profile))


def zone_name_of(profile: PspProfile) -> str:
    """The name of a PSP's time zone."""
    _, _, of_cut_off = (profile.settlement_cut_off or "").partition(" ")
    return profile.time_zone or of_cut_off or "UTC"
