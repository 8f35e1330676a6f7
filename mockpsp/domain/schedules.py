"""When money moves by itself, and how much of it: settlement, payouts to the merchant's bank, what is kept back.

Days begin at midnight UTC. A payout is made of all that is available in a currency, less a payout fee and less a share
that is kept in reserve; what is not worth a payout waits for more.
"""

import re
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from mockpsp.domain.fees import PAYOUT, charge_for, rounded
from mockpsp.domain.money import format_exact
from mockpsp.domain.profiles import MANUAL, PspProfile

_DAY_MS = 86_400_000
_MINUTE_MS = 60_000
_PPM = 1_000_000
#: 1 January 1970 was a Thursday.
_WEEKDAYS = ("thursday", "friday", "saturday", "sunday", "monday", "tuesday", "wednesday")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
#: The last day every month has.
_LAST_DAY = 28
_CUT_OFF = re.compile(r"([01][0-9]|2[0-3]):([0-5][0-9])", re.ASCII)


class Shares(NamedTuple):
    """What becomes of an available balance: the part paid, the part kept in reserve, and what the payout costs."""

    paid_minor: int
    reserve_minor: int
    fee_minor: int


def read_schedule(value: object) -> str:
    """The schedule as it is kept; ValueError says what is wrong."""
    text = value if isinstance(value, str) else ""
    kind, _, day = text.partition(":")
    is_known = {
        MANUAL: not day,
        "daily": not day,
        "weekly": day in _WEEKDAYS,
        "monthly": day.isascii() and day.isdecimal() and 1 <= int(day) <= _LAST_DAY and not day.startswith("0"),
    }
    if not is_known.get(kind) or text.endswith(":"):
        raise ValueError(
            f"is {value!r}; it must be manual, daily, weekly:DAY (monday to sunday) or monthly:DAY (1 to {_LAST_DAY})"
        )
    return text


def read_cut_off(value: object) -> str | None:
    """The time of day in UTC as it is kept, None for none; ValueError says what is wrong."""
    if value == "none":
        return None
    if not isinstance(value, str) or not _CUT_OFF.fullmatch(value):
        raise ValueError(f'is {value!r}; it must be "none" or a time of day in UTC such as "17:00"')
    return value


def settles_at_ms(profile: PspProfile, captured_at_ms: int) -> int:
    """When a capture settles: the profile's delay after it, or after the cut-off that closes its day's batch."""
    if profile.settlement_cut_off is None:
        return captured_at_ms + profile.settlement_delay_ms
    hours, minutes = profile.settlement_cut_off.split(":")
    offset_ms = (int(hours) * 60 + int(minutes)) * _MINUTE_MS
    closed_at_ms = _midnight(captured_at_ms - offset_ms) + offset_ms
    return closed_at_ms + profile.settlement_delay_ms


def next_payout_ms(schedule: str, now_ms: int) -> int | None:
    """The first moment of the schedule that is still to come; None: payouts are made by hand only."""
    kind, _, day = schedule.partition(":")
    if kind == MANUAL:
        return None
    midnight_ms = _midnight(now_ms + 1)
    if kind == "weekly":
        days = (_WEEKDAYS.index(day) - midnight_ms // _DAY_MS) % 7
        return midnight_ms + days * _DAY_MS
    if kind == "monthly":
        date = _EPOCH + timedelta(milliseconds=midnight_ms)
        if date.day > int(day):
            date = (date.replace(day=1) + timedelta(days=32)).replace(day=1)
        return (date.replace(day=int(day)) - _EPOCH) // timedelta(milliseconds=1)
    return midnight_ms


def shares(profile: PspProfile, available_minor: int, new_minor: int, currency: str) -> Shares:
    """How a balance above zero is shared out.

    The reserve is a rate of what is new in it: what a reserve or a failed payout put back is not kept back again.
    """
    reservable_minor = min(max(new_minor, 0), available_minor)
    reserve_minor = rounded(reservable_minor * profile.reserve_ppm, _PPM, profile.rounding)
    left_minor = available_minor - reserve_minor
    fee_minor = charge_for(PAYOUT, profile, left_minor, currency)
    return Shares(left_minor - fee_minor, reserve_minor, fee_minor)


def why_unpaid(profile: PspProfile, parts: Shares, currency: str) -> str | None:
    """Why a payout is not made of these shares, None where it is."""
    if parts.paid_minor <= 0:
        return f"nothing would be left of it after {_amount(parts.fee_minor, currency)} for the payout (fees.payout)"
    least_minor = profile.payout_minimum_minor.get(currency, 0)
    if parts.paid_minor < least_minor:
        least = _amount(least_minor, currency)
        return f"{_amount(parts.paid_minor, currency)} would be paid, less than {least} (payout_minimum)"
    return None


def _midnight(at_ms: int) -> int:
    """The first midnight that is not before."""
    return -(-at_ms // _DAY_MS) * _DAY_MS


def _amount(minor: int, currency: str) -> str:
    return f"{format_exact(minor, currency)} {currency}"
