"""When payouts of a world were made, and whether what could be paid has one on the agenda."""

from collections.abc import Iterable
from datetime import UTC, date, datetime, time, timedelta

from mockpsp.domain.commands import RunPayouts
from mockpsp.domain.psps.business_days import calendar_of, zone_of
from mockpsp.domain.psps.profiles import MANUAL, PspProfile
from mockpsp.domain.psps.schedules import shares, why_unpaid
from mockpsp.domain.time.calendars import is_business_day
from mockpsp.domain.time.moments import parse_rfc3339
from mockpsp.engine import waiting_refunds
from mockpsp.engine.gateways import gateway_profile
from mockpsp.engine.universes import UniverseTx
from mockpsp.ledger import book, chart
from mockpsp.store import agenda
from tests.fuzz.payout_lines import gateway_of
from tests.fuzz.payouts import Books

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def check_schedules(tx: UniverseTx, psps: Iterable[str], books: Books, by_hand: Iterable[str]) -> None:
    """What could be paid has its payout on the agenda; what was paid by itself was paid on a day of the schedule."""
    waiting = [effect.command for effect in agenda.effects(tx.conn, tx.project.no, 100_000)]
    planned = [command.gateway for command in waiting if isinstance(command, RunPayouts)]
    books.hold(len(planned) == len(set(planned)), f"payouts are planned twice: {planned}")
    for name in psps:
        _, profile = gateway_profile(tx, name)
        if profile.payout_schedule == MANUAL:
            books.hold(name not in planned, f"a payout is planned at {name}, whose payouts are made by hand")
            continue
        for currency, minor in book.balances_of(tx.conn, tx.project.no, chart.available(name)).items():
            is_enough = minor > 0 and why_unpaid(profile, shares(profile, minor, currency), currency) is None
            if is_enough and not waiting_refunds.waits_at(tx, name, currency):
                books.hold(name in planned, f"{minor} {currency} available at {name}, and no payout is planned")
    by_hand = set(by_hand)
    for payout in books.payouts:
        if payout["id"] not in by_hand:
            _, profile = gateway_profile(tx, gateway_of(payout))
            at = (_EPOCH + timedelta(milliseconds=parse_rfc3339(payout["created_at"]))).astimezone(zone_of(profile))
            is_right = _is_payout_day(profile, at.date()) and at.time() == time()
            books.hold(is_right, f"{payout['id']} was made on {at:%A %c}, by {profile.payout_schedule}")


def _is_payout_day(profile: PspProfile, day: date) -> bool:
    """Whether the schedule names this day, or one of the closed days before it, where the PSP keeps a calendar."""
    calendar = calendar_of(profile)
    named = [day]
    if calendar is not None:
        if not is_business_day(calendar, day):
            return False
        while not is_business_day(calendar, named[-1] - timedelta(days=1)):
            named.append(named[-1] - timedelta(days=1))
    kind, _, listed = profile.payout_schedule.partition(":")
    days = listed.split(",")
    is_last = {day: (day + timedelta(days=1)).day == 1 for day in named}
    is_named = {
        "daily": lambda day: True,
        "weekly": lambda day: f"{day:%A}".lower() in days,
        "monthly": lambda day: str(day.day) in days or (is_last[day] and any(int(one) > day.day for one in days)),
    }
    return kind in is_named and any(map(is_named[kind], named))
