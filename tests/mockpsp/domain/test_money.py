"""Money text: what is taken, what is refused, and that nothing is lost on the way."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from iso4217 import Currency

from mockpsp.domain.payments.money import (
    EXPONENT_BY_CURRENCY,
    check_currency,
    format_exact,
    format_trimmed,
    parse,
    split,
)
from mockpsp.domain.text.codes import INVALID_AMOUNT, INVALID_CURRENCY, Refused

CURRENCIES = st.sampled_from(sorted(EXPONENT_BY_CURRENCY))


def test_the_exponents_are_those_of_iso_4217() -> None:
    listed = {currency.code: currency.exponent for currency in Currency if currency.exponent is not None}

    assert listed == EXPONENT_BY_CURRENCY


@given(st.integers(1, 10**12 - 1), CURRENCIES)
def test_parse_and_format_round_trip(minor: int, currency: str) -> None:
    assert parse(format_exact(minor, currency), currency) == minor
    assert parse(format_trimmed(minor, currency), currency) == minor


@pytest.mark.parametrize(
    ("text", "currency", "minor"),
    [("500", "JPY", 500), ("1.234", "KWD", 1234), ("9.99", "USD", 999), ("12", "EUR", 1200), ("12.5", "EUR", 1250)],
)
def test_amounts_in_major_units_become_minor_units(text: str, currency: str, minor: int) -> None:
    assert parse(text, currency) == minor


@pytest.mark.parametrize(
    "text",
    f"{10**30}|9.999|-1|0|0.00|1e3|١٢| 5|5 |NaN|Infinity|.5|5.|+5|1_0|1,000|0x10|５|5\n|9.990|".split("|"),
)
def test_what_is_no_amount_is_refused(text: str) -> None:
    with pytest.raises(Refused) as refused:
        parse(text, "USD")

    assert refused.value.code == INVALID_AMOUNT


def test_yen_have_no_decimals_not_even_zeros() -> None:
    with pytest.raises(Refused, match="JPY has 0"):
        parse("500.00", "JPY")


@pytest.mark.parametrize("code", ["XXX", "XAU", "BGN", "EURO", "", "€"])
def test_what_is_no_payment_currency_is_refused(code: str) -> None:
    with pytest.raises(Refused) as refused:
        check_currency(code)

    assert refused.value.code == INVALID_CURRENCY


@pytest.mark.parametrize(
    ("minor", "currency", "exact", "trimmed"),
    [
        (10000, "EUR", "100.00", "100"),
        (150, "EUR", "1.50", "1.5"),
        (-5, "EUR", "-0.05", "-0.05"),
        (0, "KWD", "0.000", "0"),
        (500, "JPY", "500", "500"),
    ],
)
def test_amounts_are_shown_exactly_or_trimmed(minor: int, currency: str, exact: str, trimmed: str) -> None:
    assert (format_exact(minor, currency), format_trimmed(minor, currency)) == (exact, trimmed)


@given(st.integers(0, 10**12), st.lists(st.integers(0, 10**6), min_size=1, max_size=20).filter(any))
def test_splitting_loses_no_minor_unit(minor: int, weights: list[int]) -> None:
    shares = split(minor, weights)

    assert sum(shares) == minor
    assert all(share == 0 for share, weight in zip(shares, weights, strict=True) if weight == 0)
