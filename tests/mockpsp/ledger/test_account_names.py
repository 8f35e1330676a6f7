"""Accounts that others name are the chart's own."""

import inspect

import pytest

from mockpsp.ledger import chart
from mockpsp.ledger.account_names import unknown_account

OF_GATEWAY = [f for f in vars(chart).values() if inspect.isfunction(f) and "gateway" in inspect.signature(f).parameters]
FIXED = [name for name in vars(chart).values() if isinstance(name, str) and ":" in name[:12]]


def test_every_account_of_the_chart_is_known() -> None:
    names = [*FIXED, *(account("north") for account in OF_GATEWAY), chart.fee("refund"), chart.fee("chargeback")]

    assert len(names) > 12
    assert [unknown_account(name) for name in names] == [""] * len(names)


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        ("incom:refunds", "income:refunds"),
        ("income:refund", "income:refunds"),
        ("assets:psp:north:pendin", "assets:psp:north:pending"),
        ("asset:psp:north:disputed", "assets:psp:north:disputed"),
        ("expenses:psp:processed", "expenses:psp:processing"),
        ("memo:authorised:north", "memo:authorized:north"),
    ],
)
def test_a_misspelt_account_is_told_with_the_nearest_one(name: str, meant: str) -> None:
    assert unknown_account(name) == f"there is no account {name!r}; did you mean {meant!r}?"


def test_a_name_like_no_account_lists_them_all() -> None:
    of_gateway = "assets:psp:<gateway>:reserve, assets:transit:<gateway>, memo:authorized:<gateway>"

    assert unknown_account("x").endswith(of_gateway)
