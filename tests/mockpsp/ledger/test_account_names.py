"""Accounts that others name are the chart's own."""

import inspect

import pytest

from mockpsp.ledger import chart
from mockpsp.ledger.account_names import unknown_account

FUNCTIONS = [one for one in vars(chart).values() if inspect.isfunction(one)]
OF_GATEWAY = [
    one for one in FUNCTIONS if list(inspect.signature(one).parameters) == ["gateway"] and one is not chart.psp_debt
]
NAMES = [name for name in vars(chart).values() if isinstance(name, str) and ":" in name[:12]]
FIXED = [name for name in NAMES if not name.endswith(":")]


def test_every_account_of_the_chart_is_known() -> None:
    names = [*FIXED, *(account("north") for account in OF_GATEWAY)]

    assert len(names) > 12
    assert [unknown_account(name) for name in names] == [""] * len(names)


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        ("incom:refunds", "income:refunds"),
        ("income:refund", "income:refunds"),
        ("assets:psp:north:pendin", "assets:psp:north:pending"),
        ("asset:psp:north:disputed", "assets:psp:north:disputed"),
        ("expenses:psp:north:processed", "expenses:psp:north:processing"),
        ("memo:authorised:north", "memo:authorized:north"),
    ],
)
def test_a_misspelt_account_is_told_with_the_nearest_one(name: str, meant: str) -> None:
    assert unknown_account(name) == f"there is no account {name!r}; did you mean {meant!r}?"


def test_a_name_like_no_account_lists_them_all() -> None:
    of_gateway = "expenses:psp:<gateway>:other, expenses:psp:<gateway>:tax, memo:authorized:<gateway>"

    assert unknown_account("x").endswith(of_gateway)
