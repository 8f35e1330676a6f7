"""Periods as they are asked for: two days as text, and what is wrong with them."""

import re
from datetime import date

from mockpsp.ledger.settlement_report import Period

_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", re.ASCII)


class PeriodError(ValueError):
    """No such period; `name` is what was given wrongly, `from` or `to`."""

    def __init__(self, name: str, message: str) -> None:
        super().__init__(message)
        self.name = name


def read_period(since: str | None, until: str | None, *, mark: str = "") -> Period:
    """The days given, both of them in it; PeriodError for what is no day, or a period that ends before it begins.

    `mark` stands before the names in the message, as in `--from`.
    """
    period = Period(_day("from", since, mark), _day("to", until, mark))
    if period.first is not None and period.last is not None and period.last < period.first:
        raise PeriodError("from", f"{mark}from {period.first} comes after {mark}to {period.last}")
    return period


def guard_seen(period: Period, today: date, universe: str, *, mark: str = "") -> None:
    """Refuse a period that begins or ends with a day that the universe has not seen."""
    for name, day in (("to", period.last), ("from", period.first)):
        if day is not None and day > today:
            raise PeriodError(name, f"{mark}{name} {day} is still to come: in {universe} it is {today}")


def _day(name: str, text: str | None, mark: str) -> date | None:
    if text is None:
        return None
    try:
        if _DAY.fullmatch(text):
            return date.fromisoformat(text)
    except ValueError:
        pass
    raise PeriodError(name, f"{mark}{name} is {text[:40]!r}; it must be a day such as 2026-01-31")
