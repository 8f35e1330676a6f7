"""Profiles as people and programs see them."""

import json
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mockpsp.catalog import load_catalog
from mockpsp.catalog.overview import profiles_table
from mockpsp.catalog.profile_files import profile_of
from mockpsp.catalog.profile_sheet import profile_json, profile_sheet

CATALOG = load_catalog()


def test_fixed_fees_have_exactly_the_currencys_decimals() -> None:
    fixed = profile_json(CATALOG.profiles["card-flexible"])["fees"]["chargeback"]["fixed"]

    assert fixed == {
        "USD": "15.00",
        "EUR": "20.00",
        "GBP": "15.00",
        "JPY": "1500",
        "KWD": "4.500",
        "INR": "1000.00",
    }


@given(st.integers(0, 99), st.integers(0, 9_999))
def test_a_rate_shown_reads_back_as_the_same_rate(whole: int, rest: int) -> None:
    profile = profile_of("north", {"fees": {"capture": {"rate": f"{whole}.{rest:04d}%"}}})

    shown = profile_json(profile)["fees"]["capture"]["rate"]

    assert profile_of("north", {"fees": {"capture": {"rate": shown}}}) == profile


@pytest.mark.parametrize("name", CATALOG.profiles)
def test_a_profile_is_plain_json(name: str) -> None:
    shown = profile_json(CATALOG.profiles[name])

    assert json.loads(json.dumps(shown)) == shown


def test_each_table_has_a_line_a_profile_below_its_heading() -> None:
    tables = profiles_table(CATALOG.profiles.values()).split("\n\n")

    assert len(tables) == 5
    for table in tables:
        assert [line.split("  ")[0] for line in table.splitlines()] == ["PSP", *CATALOG.profiles]


def test_the_tables_tell_what_a_profile_takes_and_refuses() -> None:
    facts = {
        "like": "batch-card",
        "methods": ["card", "bank_debit"],
        "currencies": ["EUR", "CHF", "SEK"],
        "refunds_max": 3,
        "refund_after_lost": "allow",
        "calendar": "none",
        "payout_transit": "2bd",
        "amount_minimum": "0.50 EUR",
        "amount_step": ["1.00 SEK"],
        "honour_period": "3d",
        "capture_fails_after_final": "40bd",
        "late_failure_window": "30d",
        "partial_win": False,
        "win_after_lost": False,
        "refund_after_window": "instant",
        "instant_refund": True,
        "refund_short_balance": "wait",
        "refund_queue": "first-that-fits",
        "refund_while_retrieval": "full_only",
        "capture_after_honour": "decline",
        "capture_succeeds_again": True,
        "pre_arbitration_answer_within": "9d",
        "chargeback_fee_if_again": "again",
        "countered_fee_if_partly_won": "keep",
        "reserve": "10%",
        "reserve_period": "90d",
    }
    paid, refunds, money, later, more = (
        dict(zip(*(re.split("  +", line) for line in table.splitlines()), strict=True))
        for table in profiles_table([CATALOG.derive("north", facts)]).split("\n\n")
    )

    assert (paid["takes"], paid["in"], paid["voids"]) == ("card, bank debit", "3", "yes, captured till cut-off")
    assert refunds["rules"] == "once settled, at most 3, no twin for 2m"
    assert (refunds["if short"], refunds["if disputed"]) == ("wait", "no, lost: yes")
    assert (money["bank days"], money["pays out"]) == ("Mon-Fri", "daily + 2bd")
    assert money["disputes"] == "held, answer 18d"
    assert (later["amounts"], later["steps"]) == ("from 0.5 EUR", "in 1")
    assert (later["hold ends"], later["may come back"]) == ("sure 3d", "paid 30d, captured 40bd")
    assert later["disputes"] == "many: more"
    assert (more["closes"], more["reserve"], more["unsure"], more["again"]) == ("16:00", "10% 90d", "declined", "yes")
    assert (more["too late"], more["asked"], more["waiting"]) == ("instant", "all", "fits")
    assert (more["more by"], more["repeat"], more["anew"]) == ("9d", "fee", "-")


@pytest.mark.parametrize("name", CATALOG.profiles)
def test_the_sheet_shows_every_source(name: str) -> None:
    profile = CATALOG.profiles[name]

    sheet = " ".join(profile_sheet(profile).split())

    assert [key for key, source in profile.sources.items() if source not in sheet] == []


@pytest.mark.parametrize("name", CATALOG.profiles)
def test_a_sheet_fits_a_terminal_but_for_addresses(name: str) -> None:
    lines = profile_sheet(CATALOG.profiles[name]).splitlines()

    assert [line for line in lines if len(line) > 120 and not line.strip().startswith("https://")] == []


def test_the_table_fits_a_terminal() -> None:
    assert max(len(line) for line in profiles_table(CATALOG.profiles.values()).splitlines()) <= 100


@pytest.mark.parametrize("name", CATALOG.profiles)
def test_the_name_of_a_fact_is_parted_from_its_value(name: str) -> None:
    for line in profile_sheet(CATALOG.profiles[name]).splitlines():
        assert re.match(r"  [a-z_]+\S", line) is None or re.match(r"  [a-z_]+  |  (modelled on|also known) ", line), (
            line
        )


def test_an_amount_in_another_currency_than_the_tables_is_named() -> None:
    own = profile_of("north", {"fees": {"capture": {"rate": "1.4%", "fixed": "0.25 EUR"}}})

    assert "1.4% + 0.25 EUR" in profiles_table([own])


def test_a_sheet_tells_what_no_file_states_from_what_one_does() -> None:
    lines = profile_sheet(profile_of("north", {"void": False, "captures_max": "unlimited"})).splitlines()

    assert "  void                           no" in lines
    assert "  refund                         partial  (by default)" in lines
