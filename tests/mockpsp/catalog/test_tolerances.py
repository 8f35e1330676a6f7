"""How far beyond an amount a profile lets captures and refunds go: read, shown and worked out."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mockpsp.catalog import CatalogError, load_catalog
from mockpsp.catalog.profile_files import profile_of
from mockpsp.catalog.profile_sheet import profile_json, profile_sheet
from mockpsp.domain.psps.profiles import NO_TOLERANCE, Tolerance
from mockpsp.domain.psps.tolerance import tolerance_in_words, tolerated


@pytest.mark.parametrize(
    ("stated", "read", "shown"),
    [
        ("none", NO_TOLERANCE, "none"),
        ({"rate": "15%"}, Tolerance(150_000), {"rate": "15%"}),
        ({"cap": "25.00 EUR"}, Tolerance(None, {"EUR": 2500}), {"cap": {"EUR": "25.00"}}),
        (
            {"rate": "12.5%", "cap": ["75 USD", "8400 JPY"]},
            Tolerance(125_000, {"USD": 7500, "JPY": 8400}),
            {"rate": "12.5%", "cap": {"USD": "75.00", "JPY": "8400"}},
        ),
    ],
)
def test_a_tolerance_is_read_and_shown_as_it_was_stated(stated: Any, read: Tolerance, shown: Any) -> None:
    profile = profile_of("north", {"over_capture": stated, "over_refund": stated})

    assert (profile.over_capture, profile.over_refund) == (read, read)
    assert profile_json(profile)["can"]["over_capture"] == shown
    assert "over_refund" in profile_sheet(profile)


@pytest.mark.parametrize(
    "stated",
    [
        *(True, 15, "15%", [], {}, None),
        *(
            {"rate": 15},
            {"rate": "-1%"},
            {"rate": "100%"},
            {"rate": ""},
            {"max": "1 EUR"},
            {"rate": "1%", "caps": "1 EUR"},
        ),
        *({"cap": []}, {"cap": {}}, {"cap": "25"}, {"cap": "25 EUR 3"}, {"cap": "-1 EUR"}, {"cap": "1.001 EUR"}),
        *({"cap": ["1 EUR", "2 EUR"]}, {"cap": "1 XXY"}, {"cap": 25}, {"cap": [25]}, {"cap": {"EUR": 25}}),
    ],
)
def test_anything_else_is_refused_by_name(stated: Any) -> None:
    with pytest.raises(CatalogError, match=r"^north: over_capture: "):
        profile_of("north", {"over_capture": stated})


@given(
    amount=st.integers(0, 10**12),
    rate=st.none() | st.integers(0, 999_999),
    cap=st.none() | st.integers(0, 10**9),
)
def test_the_lesser_limit_holds_and_nothing_is_rounded_up(amount: int, rate: int | None, cap: int | None) -> None:
    beyond = tolerated(Tolerance(rate, None if cap is None else {"EUR": cap}), amount, "EUR")

    assert beyond >= 0
    assert cap is None or beyond <= cap
    assert rate is None or beyond * 1_000_000 <= amount * rate
    assert beyond > 0 or rate in (None, 0) or cap == 0 or amount * rate < 1_000_000


def test_a_currency_without_a_cap_tolerates_nothing_and_is_told_so() -> None:
    only_dollars = Tolerance(150_000, {"USD": 7500})

    assert tolerated(only_dollars, 100_00, "EUR") == 0
    assert tolerance_in_words(only_dollars, "EUR") == "15%, at most none in EUR"
    assert tolerance_in_words(only_dollars, "USD") == "15%, at most 75.00 USD"


def test_the_wallet_and_the_bank_redirect_go_as_far_as_their_sources_say() -> None:
    profiles = load_catalog().profiles

    assert tolerated(profiles["wallet"].over_capture, 100_00, "USD") == 15_00
    assert tolerated(profiles["wallet"].over_capture, 1_000_00, "USD") == 75_00
    assert tolerated(profiles["bank-redirect"].over_refund, 10_00, "EUR") == 25_00
