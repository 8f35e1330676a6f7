"""When money moves by itself, and how much of it: settlement, payouts to the merchant's bank, what is kept back.

Days begin at midnight of the PSP's time zone. A share of each sale may be kept in reserve when it settles. A payout is
made of all that is available in a currency, less a payout fee; what is not worth a payout waits for more.
"""

import re
from collections.abc import Callable
from datetime import date, time, timedelta, tzinfo
from typing import NamedTuple

from mockpsp.domain.payments.money import format_exact
from mockpsp.domain.psps.business_days import arrival_after, arrival_from, calendar_of, zone_of
from mockpsp.domain.psps.fees import PAYOUT, charge_for, rounded
from mockpsp.domain.psps.profiles import MANUAL, PspProfile
from mockpsp.domain.time.calendars import next_business_day
from mockpsp.domain.time.spans import BusinessDays
from mockpsp.domain.time.zones import local_day, local_time, midnight_ms, moment_ms, zone

_PPM = 1_000_000
_DAY = timedelta(days=1)
_WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_LAST_DAY = 31
_CUT_OFF = re.compile(r"([01][0-9]|2[0-3]):([0-5][0-9])", re.ASCII)
#: No row of closed days is longer, and two months hold a day of every schedule.
_CLOSED_AT_MOST, _SCHEDULED_WITHIN = 10, 62


class Shares(NamedTuple):
    """What becomes of an available balance: the part paid, and what the payout costs."""

    paid_minor: int
    fee_minor: int


def read_schedule(value: object) -> str:
    """The schedule as it is kept; ValueError says what is wrong."""
    text = value if isinstance(value, str) else ""
    kind, _, listed = text.partition(":")
    days = listed.split(",")
    are_known = {
        MANUAL: not listed,
        "daily": not listed,
        "weekly": all(day in _WEEKDAYS for day in days),
        "monthly": all(_is_day_of_month(day) for day in days),
    }
    if not are_known.get(kind) or text.endswith(":"):
        raise ValueError(
            f"is {value!r}; it must be manual, daily, weekly:DAY (monday to sunday) or monthly:DAY (1 to {_LAST_DAY}; "
            "the last day of months that have fewer), or several days, as in weekly:tuesday,friday"
        )
    if len(set(days)) < len(days):
        raise ValueError(f"is {value!r}; it names a day twice")
    return text


def read_cut_off(value: object) -> str | None:
    """The time of day as it is kept, with its time zone if it has one; None for none. ValueError says what is wrong."""
    if value == "none":
        return None
    clock, space, name = value.partition(" ") if isinstance(value, str) else ("", "", "")
    if not _CUT_OFF.fullmatch(clock) or (space and not name):
        raise ValueError(
            f'is {value!r}; it must be "none" or a time of day, in UTC (or the time_zone) or a zone of its own, '
            'such as "17:00" or "17:00 Europe/Berlin"'
        )
    if name:
        zone(name)
    return f"{clock} {name}".strip()


def settles_at_ms(profile: PspProfile, captured_at_ms: int) -> int:
    """When a capture settles: the profile's delay after it, or after the cut-off that closes its day's batch."""
    delay_ms = profile.settlement_delay_ms
    if profile.settlement_cut_off is None:
        return arrival_after(profile, captured_at_ms, delay_ms)
    day, closes_at, where = _batch(profile, profile.settlement_cut_off, captured_at_ms)
    if isinstance(delay_ms, BusinessDays):
        # A batch belongs to its day by the clock that closes it, whatever day it is by the PSP's own.
        return max(captured_at_ms, arrival_from(profile, day, delay_ms))
    return moment_ms(day, closes_at, where) + delay_ms


def next_payout_ms(profile: PspProfile, now_ms: int, *, is_arrival: bool = False) -> int | None:
    """The first moment of the schedule that is still to come; None: payouts are made by hand only.

    What is scheduled for a day on which the PSP's banks are closed is paid on the next business day. Money that takes
    business days arrives at 00:00: where `is_arrival`, the payout of that very moment takes it.
    """
    is_scheduled = _scheduled(profile.payout_schedule)
    if is_scheduled is None:
        return None
    where, calendar = zone_of(profile), calendar_of(profile)
    takes_now = is_arrival and isinstance(profile.settlement_delay_ms, BusinessDays)
    earliest_ms = now_ms if takes_now else now_ms + 1
    day = local_day(earliest_ms, where) - timedelta(days=_CLOSED_AT_MOST)
    for _ in range(_CLOSED_AT_MOST + _SCHEDULED_WITHIN):
        if is_scheduled(day):
            paid_on = day if calendar is None else next_business_day(calendar, day)
            paid_at_ms = midnight_ms(paid_on, where)
            if paid_at_ms >= earliest_ms:
                return paid_at_ms
        day += _DAY
    raise AssertionError(f"{profile.payout_schedule} is due at least every {_SCHEDULED_WITHIN} days")


def payout_arrives_ms(profile: PspProfile, sent_at_ms: int) -> int:
    """When a payout is in the merchant's bank: what takes its time arrives on no day on which banks are closed.

    What takes none is there when it is sent, also by hand; a schedule sends nothing on closed days (`next_payout_ms`).
    """
    transit_ms = profile.payout_transit_ms
    arrives_at_ms = arrival_after(profile, sent_at_ms, transit_ms)
    takes_none = transit_ms == 0 and not isinstance(transit_ms, BusinessDays)
    return arrives_at_ms if takes_none else value_ms(profile, arrives_at_ms)


def value_ms(profile: PspProfile, at_ms: int) -> int:
    """When money counts that was booked at a moment: at once, or where banks are closed when they open again."""
    calendar = calendar_of(profile)
    if calendar is None:
        return at_ms
    where = zone_of(profile)
    day = local_day(at_ms, where)
    open_day = next_business_day(calendar, day)
    return at_ms if open_day == day else midnight_ms(open_day, where)


def reserved_minor(profile: PspProfile, sold_minor: int) -> int:
    """The share of a sale, of its gross amount, that the PSP keeps in reserve when it settles."""
    return rounded(sold_minor * profile.reserve_ppm, _PPM, profile.rounding)


def shares(profile: PspProfile, available_minor: int, currency: str) -> Shares:
    """How a balance above zero is shared out."""
    fee_minor = charge_for(PAYOUT, profile, available_minor, currency)
    return Shares(available_minor - fee_minor, fee_minor)


def why_unpaid(profile: PspProfile, parts: Shares, currency: str) -> str | None:
    """Why a payout is not made of these shares, None where it is."""
    if parts.paid_minor <= 0:
        return f"nothing would be left of it after {_amount(parts.fee_minor, currency)} for the payout (fees.payout)"
    least_minor = profile.payout_minimum_minor.get(currency, 0)
    if parts.paid_minor < least_minor:
        least = _amount(least_minor, currency)
        return f"{_amount(parts.paid_minor, currency)} would be paid, less than {least} (payout_minimum)"
    return None


def _batch(profile: PspProfile, cut_off: str, captured_at_ms: int) -> tuple[date, time, tzinfo]:
    """The batch that a capture is in, by the day, time and zone that close it: the first one not before it."""
    clock, _, name = cut_off.partition(" ")
    where = zone(name) if name else zone_of(profile)
    closes_at = time.fromisoformat(clock)
    local = local_time(captured_at_ms, where)
    return local.date() + (_DAY if local.time() > closes_at else timedelta()), closes_at, where


def _scheduled(schedule: str) -> Callable[[date], bool] | None:
    """Whether a day is one of the schedule's; None: no day is."""
    kind, _, listed = schedule.partition(":")
    if kind == "weekly":
        weekdays = {_WEEKDAYS.index(name) for name in listed.split(",")}
        return lambda day: day.weekday() in weekdays
    if kind == "monthly":
        numbers = {int(number) for number in listed.split(",")}
        return lambda day: day.day in numbers or (day.day < max(numbers) and (day + _DAY).day == 1)
    return None if kind == MANUAL else lambda day: True


def _is_day_of_month(text: str) -> bool:
    return (
        text.isascii() and text.isdecimal() and not text.startswith("0") and len(text) <= 2 and int(text) <= _LAST_DAY
    )


def _amount(minor: int, currency: str) -> str:
    return f"{format_exact(minor, currency)} {currency}"
