"""The days on which banks are closed, against a library of holidays, for decades on either side of today."""

from collections.abc import Callable
from datetime import date, timedelta

import holidays
import pytest

from mockpsp.domain.time.calendars import Calendar, add_business_days, closed_days, easter, is_business_day

#: The euro system's closing days are those of today since 2002; the universe's clock begins in 2026.
YEARS = range(2002, 2061)
#: Optional holidays of Brazil that are none of its banks': open all day, or a half of it.
BANKS_ARE_OPEN = ("Ash Wednesday", "Public Servant's Day", "Christmas Eve", "New Year's Eve")


def _brazil(year: int) -> set[date]:
    found = holidays.country_holidays("BR", years=year, categories=("public", "optional"), language="en_US")
    return {day for day, name in found.items() if not name.startswith(BANKS_ARE_OPEN)}


#: Calendar -> the closed days that somebody else has for a year.
ELSEWHERE: dict[Calendar, Callable[[int], set[date]]] = {
    Calendar.TARGET2: lambda year: set(holidays.financial_holidays("ECB", years=year)),
    Calendar.US_FED: lambda year: set(holidays.financial_holidays("FED", years=year)),
    Calendar.BR: _brazil,
    Calendar.NONE: lambda year: set(),
}


def test_every_calendar_is_compared() -> None:
    assert set(ELSEWHERE) == set(Calendar)


@pytest.mark.parametrize("calendar", Calendar)
def test_business_days_are_those_of_a_library_of_holidays(calendar: Calendar) -> None:
    different = []
    for year in YEARS:
        closed = ELSEWHERE[calendar](year)
        days = (date(year, 1, 1) + timedelta(days=n) for n in range((date(year + 1, 1, 1) - date(year, 1, 1)).days))
        different += [
            day for day in days if is_business_day(calendar, day) != (day.weekday() < 5 and day not in closed)
        ]

    assert different == []


@pytest.mark.parametrize(
    ("calendar", "days"),
    [
        (Calendar.TARGET2, "01-01 04-03 04-06 05-01 12-25 12-26"),
        (Calendar.US_FED, "01-01 01-19 02-16 05-25 06-19 07-04 09-07 10-12 11-11 11-26 12-25"),
        (Calendar.BR, "01-01 02-16 02-17 04-03 04-21 05-01 06-04 09-07 10-12 11-02 11-15 11-20 12-25"),
        (Calendar.NONE, ""),
    ],
)
def test_closed_days_of_2026(calendar: Calendar, days: str) -> None:
    assert sorted(f"{day:%m-%d}" for day in closed_days(calendar, 2026)) == days.split()


def test_the_federal_reserve_keeps_a_sunday_on_monday_and_no_saturday_on_friday() -> None:
    # 4 July 2027 is a Sunday, 4 July 2026 a Saturday.
    assert not is_business_day(Calendar.US_FED, date(2027, 7, 5))
    assert is_business_day(Calendar.US_FED, date(2026, 7, 3))


@pytest.mark.parametrize(
    ("year", "month", "day"), [(1961, 4, 2), (2008, 3, 23), (2026, 4, 5), (2038, 4, 25), (2285, 3, 22), (9000, 3, 23)]
)
def test_easter(year: int, month: int, day: int) -> None:
    assert easter(year) == date(year, month, day)


@pytest.mark.parametrize(
    ("calendar", "start", "count", "end"),
    [
        (Calendar.TARGET2, "2026-04-02", 2, "2026-04-08"),
        (Calendar.US_FED, "2026-04-02", 2, "2026-04-06"),
        (Calendar.BR, "2026-04-02", 2, "2026-04-07"),
        (Calendar.NONE, "2026-04-02", 2, "2026-04-06"),
        # Saturday counts from Monday on, or from the first day after Easter.
        (Calendar.NONE, "2026-04-04", 1, "2026-04-07"),
        (Calendar.TARGET2, "2026-04-04", 0, "2026-04-07"),
        (Calendar.TARGET2, "2026-04-04", 1, "2026-04-08"),
        (Calendar.TARGET2, "2026-12-23", 2, "2026-12-28"),
        (Calendar.US_FED, "2026-12-31", 1, "2027-01-04"),
    ],
)
def test_business_days_are_counted(calendar: Calendar, start: str, count: int, end: str) -> None:
    assert add_business_days(calendar, date.fromisoformat(start), count) == date.fromisoformat(end)
