"""Every built-in PSP's money reaches the bank on a day on which that bank is open, whenever it was sold."""

from datetime import date

import holidays
import pytest

from mockpsp.catalog import load_catalog
from mockpsp.domain.psps.business_days import calendar_of, zone_of
from mockpsp.domain.psps.profiles import MANUAL
from mockpsp.domain.psps.schedules import next_payout_ms, payout_arrives_ms, settles_at_ms
from mockpsp.domain.time.calendars import Calendar
from mockpsp.domain.time.moments import parse_rfc3339
from mockpsp.domain.time.spans import BusinessDays
from mockpsp.domain.time.zones import local_day
from mockpsp.sandbox_client import Sandbox

PROFILES = load_catalog().profiles
#: The permissive default keeps no calendar, and pays out by hand alone.
PSPS = [name for name in PROFILES if name != "sandbox"]
#: The eves of holidays, holidays, weekends, and the ends of months and years.
SALES = (
    "2026-04-02T10:00:00Z",
    "2026-04-02T23:30:00Z",
    "2026-04-03T10:00:00Z",
    "2026-04-04T12:00:00Z",
    "2026-04-06T16:59:59Z",
    "2026-02-13T20:00:00Z",
    "2026-04-30T15:00:00Z",
    "2026-07-02T18:00:00Z",
    "2026-11-25T09:00:00Z",
    "2026-12-23T17:30:00Z",
    "2026-12-31T22:00:00Z",
    "2027-03-25T08:00:00Z",
    "2028-02-29T12:00:00Z",
    "2036-04-10T10:00:00Z",
)


def closed_elsewhere(calendar: Calendar, year: int) -> set[date]:
    """The bank holidays that a library has."""
    if calendar is Calendar.NONE:
        return set()
    if calendar is Calendar.BR:
        return set(holidays.country_holidays("BR", years=year))
    return set(holidays.financial_holidays({"target2": "ECB", "us-fed": "FED"}[calendar], years=year))


def in_the_bank_on(psp: str, sold: str) -> date:
    """The day on which the merchant's bank has the money of a sale."""
    profile = PROFILES[psp]
    settled_ms = settles_at_ms(profile, parse_rfc3339(sold))
    paid_ms = settled_ms if profile.payout_schedule == MANUAL else next_payout_ms(profile, settled_ms, is_arrival=True)
    assert paid_ms is not None
    return local_day(payout_arrives_ms(profile, paid_ms), zone_of(profile))


@pytest.mark.parametrize("psp", PSPS)
@pytest.mark.parametrize("sold", SALES)
def test_money_is_in_the_bank_on_no_bank_holiday(psp: str, sold: str) -> None:
    calendar = calendar_of(PROFILES[psp])
    assert calendar is not None, f"{psp} says not which days its banks keep"

    day = in_the_bank_on(psp, sold)

    assert day.weekday() < 5
    assert day not in closed_elsewhere(calendar, day.year)
    assert day > date.fromisoformat(sold[:10])


@pytest.mark.parametrize(
    ("psp", "day"),
    [
        ("card-flexible", "2026-04-08"),
        ("card-simple", "2026-04-03"),
        ("card-async", "2026-04-13"),
        ("wallet", "2026-04-09"),
        ("bank-redirect", "2026-04-07"),
        ("bank-debit", "2026-04-08"),
        ("all-or-nothing", "2026-04-06"),
        ("bnpl", "2026-04-07"),
        ("instant-rail", "2026-04-06"),
    ],
)
def test_a_sale_of_thursday_before_easter_2026(psp: str, day: str) -> None:
    """Good Friday is a business day in the United States, and Easter Monday one in Brazil."""
    assert in_the_bank_on(psp, "2026-04-02T10:00:00Z").isoformat() == day


def test_a_source_that_says_business_days_is_taken_at_its_word() -> None:
    counted = ("business day", "working day")
    facts = ("settlement_delay", "refund_delay", "payout_transit", "refund_fails_after_final", "confirmation_delay")
    wrong = [
        f"{name}: {fact}"
        for name, profile in PROFILES.items()
        for fact in facts
        if any(words in profile.sources.get(fact, "") for words in counted)
        and not isinstance(getattr(profile, f"{fact}_ms"), BusinessDays)
    ]

    assert wrong == []


@pytest.mark.parametrize(
    "psp",
    [name for name in PSPS if "card" in PROFILES[name].methods and PROFILES[name].payout_schedule != "manual"],
)
def test_a_card_sale_is_booked_at_the_bank_on_that_day(psp: str, mockpsp: Sandbox) -> None:
    mockpsp.advance(to="2026-04-02T10:00:00Z")
    body = {"name": "Lamp", "amount": "100.00", "currency": "EUR", "metadata": {"mockpsp_gateway": psp}}
    invoice = mockpsp.post("/invoices", body)["invoice"]["id"]
    mockpsp.post(f"/invoices/{invoice}/capture", {"source": mockpsp.card()})

    mockpsp.advance(until="idle", max="30d")

    (payout,) = mockpsp.get("/payouts")["payouts"]
    arrived = local_day(parse_rfc3339(payout["settled_at"]), zone_of(PROFILES[psp]))
    assert (payout["status"], arrived) == ("received", in_the_bank_on(psp, "2026-04-02T10:00:00Z"))
