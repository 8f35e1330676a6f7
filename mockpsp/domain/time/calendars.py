"""The days on which banks are closed, as rules: whatever the year, nothing has to be looked up or kept up to date.

Each calendar is a table of days, with where it comes from. To add one: its name in `Calendar`, its rows in `CLOSED`. A
test holds each against a library of holidays, year by year.
"""

from collections.abc import Callable, Mapping
from datetime import date, timedelta
from enum import StrEnum
from functools import lru_cache
from typing import NamedTuple

_SATURDAY, _SUNDAY = 5, 6
_MONDAY, _THURSDAY = 0, 3


class Calendar(StrEnum):
    """Whose days count as business days."""

    #: The euro system's: days on which no euro moves between banks.
    TARGET2 = "target2"
    #: The United States' Federal Reserve Banks'.
    US_FED = "us-fed"
    #: Brazil's banks', all over the country.
    BR = "br"
    #: Nobody's holidays: Monday to Friday.
    NONE = "none"


class _Closed(NamedTuple):
    """A day of each year on which banks are closed."""

    name: str
    in_year: Callable[[int], date]
    since: int = 1


def is_business_day(calendar: Calendar, day: date) -> bool:
    """Whether banks are open."""
    return day.weekday() < _SATURDAY and (calendar is Calendar.NONE or day not in closed_days(calendar, day.year))


def next_business_day(calendar: Calendar, day: date) -> date:
    """The day itself where banks are open, or the first one after it."""
    while not is_business_day(calendar, day):
        day += timedelta(days=1)
    return day


@lru_cache(maxsize=4096)  # a day's captures all settle alike
def add_business_days(calendar: Calendar, day: date, count: int) -> date:
    """So many business days later. On a closed day, counting starts on the next business day."""
    day = next_business_day(calendar, day)
    for _ in range(count):
        day = next_business_day(calendar, day + timedelta(days=1))
    return day


@lru_cache(maxsize=512)
def closed_days(calendar: Calendar, year: int) -> Mapping[date, str]:
    """The days of a year, beside Saturdays and Sundays, on which banks are closed, each with its name."""
    found = {closed.in_year(year): closed.name for closed in CLOSED[calendar] if year >= closed.since}
    if calendar is Calendar.US_FED:
        # One that falls on a Sunday is kept on Monday; on the Friday before a Saturday the Reserve Banks are open.
        moved = {day + timedelta(days=1): name for day, name in found.items() if day.weekday() == _SUNDAY}
        return {**found, **moved}
    return found


def _on(month: int, day: int) -> Callable[[int], date]:
    return lambda year: date(year, month, day)


def _from_easter(days: int) -> Callable[[int], date]:
    return lambda year: easter(year) + timedelta(days=days)


def _nth(n: int, weekday: int, month: int) -> Callable[[int], date]:
    """The nth Monday, say, of a month."""

    def find(year: int) -> date:
        first = date(year, month, 1)
        return first + timedelta(days=(weekday - first.weekday()) % 7 + 7 * (n - 1))

    return find


def _last_monday_of_may(year: int) -> date:
    last = date(year, 5, 31)
    return last - timedelta(days=last.weekday())


def easter(year: int) -> date:
    """Easter Sunday of the Gregorian calendar, by the anonymous algorithm of 1876 (Butcher)."""
    a, b, c = year % 19, year // 100, year % 100
    d, e = divmod(b, 4)
    g = (8 * b + 13) // 25
    h = (19 * a + b - d - g + 15) % 30
    i, k = divmod(c, 4)
    x = (32 + 2 * e + 2 * i - h - k) % 7
    m = (a + 11 * h + 22 * x) // 451
    month, day = divmod(h + x - 7 * m + 114, 31)
    return date(year, month, day + 1)


#: Calendar -> its closed days. Years before `since` are told as if the rule were not there.
CLOSED: Mapping[Calendar, tuple[_Closed, ...]] = {
    # https://www.ecb.europa.eu/ecb/contacts/working-hours/html/index.en.html (the closing days of T2, since 2002).
    Calendar.TARGET2: (
        _Closed("New Year's Day", _on(1, 1)),
        _Closed("Good Friday", _from_easter(-2)),
        _Closed("Easter Monday", _from_easter(1)),
        _Closed("Labour Day", _on(5, 1)),
        _Closed("Christmas Day", _on(12, 25)),
        _Closed("26 December", _on(12, 26)),
    ),
    # https://www.frbservices.org/about/holiday-schedules (holidays of the Federal Reserve Banks).
    Calendar.US_FED: (
        _Closed("New Year's Day", _on(1, 1)),
        _Closed("Martin Luther King Jr. Day", _nth(3, _MONDAY, 1), since=1986),
        _Closed("Washington's Birthday", _nth(3, _MONDAY, 2)),
        _Closed("Memorial Day", _last_monday_of_may),
        _Closed("Juneteenth", _on(6, 19), since=2022),
        _Closed("Independence Day", _on(7, 4)),
        _Closed("Labor Day", _nth(1, _MONDAY, 9)),
        _Closed("Columbus Day", _nth(2, _MONDAY, 10)),
        _Closed("Veterans Day", _on(11, 11)),
        _Closed("Thanksgiving Day", _nth(4, _THURSDAY, 11)),
        _Closed("Christmas Day", _on(12, 25)),
    ),
    # https://www.anbima.com.br/feriados/ (national bank holidays); carnival and Corpus Christi are none of the state's,
    # but no business days of banks: Resolucao CMN 4.880 of 2020. 20 November: Lei 14.759 of 2023.
    Calendar.BR: (
        _Closed("Confraternizacao Universal", _on(1, 1)),
        _Closed("Carnaval, Monday", _from_easter(-48)),
        _Closed("Carnaval, Tuesday", _from_easter(-47)),
        _Closed("Sexta-feira Santa", _from_easter(-2)),
        _Closed("Tiradentes", _on(4, 21)),
        _Closed("Dia do Trabalho", _on(5, 1)),
        _Closed("Corpus Christi", _from_easter(60)),
        _Closed("Independencia do Brasil", _on(9, 7)),
        _Closed("Nossa Senhora Aparecida", _on(10, 12)),
        _Closed("Finados", _on(11, 2)),
        _Closed("Proclamacao da Republica", _on(11, 15)),
        _Closed("Dia da Consciencia Negra", _on(11, 20), since=2024),
        _Closed("Natal", _on(12, 25)),
    ),
    Calendar.NONE: (),
}
