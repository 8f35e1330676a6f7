"""Reason codes of bank rails: each with a decline code that there is, and found by the money they are about."""

import pytest

from mockpsp.catalog import load_catalog
from mockpsp.catalog.returns import returns, unknown_reason


def test_every_reason_has_words_and_a_decline_code() -> None:
    declines = load_catalog().declines

    for one in returns().values():
        assert one.text, one
        assert one.code in declines, one
    assert {one.currency for one in returns().values()} == {"EUR", "USD", "GBP"}


def test_reasons_are_those_of_the_rail_of_the_money() -> None:
    assert unknown_reason("AM04") == unknown_reason("AM04", "EUR") == unknown_reason("B", "GBP") == ""


@pytest.mark.parametrize(
    ("reason", "currency", "says"),
    [
        ("AM4", None, "did you mean 'AM04'"),
        ("R01", "EUR", "whose debits are in USD; reasons in EUR: AC01"),
        ("R01", "JPY", "no rail here is in JPY: leave it out"),
        ("Z99", "GBP", "known: 0, 1, 2"),
    ],
)
def test_another_reason_is_named_with_those_that_go(reason: str, currency: str | None, says: str) -> None:
    assert says in unknown_reason(reason, currency)
