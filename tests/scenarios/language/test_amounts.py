"""Amounts of the books: totals over many accounts, compared with amounts, other accounts and earlier moments."""

from collections.abc import Callable
from decimal import Decimal

import pytest

from mockpsp.ledger.account_names import unknown_account, unknown_accounts
from mockpsp.scenarios.language.amounts import compare_books, is_like, total
from mockpsp.scenarios.language.model import Json

Find = Callable[[str], list[str]]
HEAD = "format: 1\nname: A story\nsteps:\n"
BOOKS = {
    ("assets:bank", "EUR"): Decimal("90.00"),
    ("assets:psp:a:available", "EUR"): Decimal("5.00"),
    ("assets:psp:b:available", "EUR"): Decimal("4.00"),
    ("expenses:psp:a:processing", "EUR"): Decimal("1.00"),
    ("expenses:psp:a:processing", "JPY"): Decimal(30),
    ("income:sales", "EUR"): Decimal("-100.00"),
}


def told(expected: dict[str, Json], names: dict[str, Json] | None = None) -> list[str]:
    """All differences as text."""
    return [str(one) for one in compare_books(expected, BOOKS, "totals", {} if names is None else names)]


def test_a_pattern_is_summed_up_by_currency() -> None:
    assert total("assets:*", BOOKS) == {"EUR": Decimal("99.00")}
    assert total("-assets:psp:*:available", BOOKS) == {"EUR": Decimal("-9.00")}
    assert total("expenses:*", BOOKS) == {"EUR": Decimal("1.00"), "JPY": Decimal(30)}
    assert total("liabilities:*", BOOKS) == {}


@pytest.mark.parametrize(
    ("name", "pattern", "wanted"),
    [
        ("a:b:c", "a:*", True),
        ("a:b:c", "*:c", True),
        ("a:b:c", "a:*:c", True),
        ("a:b:c:d", "a:*c*d", True),
        ("a:c", "a:*:c", False),
        ("a:b:c", "a:*:b", False),
        ("a:b:c", "b:*", False),
        ("a:b", "a:b", True),
        ("ab", "ab*b", False),
    ],
)
def test_a_star_stands_for_any_letters(name: str, pattern: str, wanted: bool) -> None:
    assert is_like(name, pattern.split("*")) is wanted


@pytest.mark.parametrize(
    "expected",
    [
        {"expenses:*": ["1.00 EUR", "30 JPY"]},
        {"assets:psp:a:*": {"$gt": "assets:psp:b:*"}},
        {"assets:bank": {"$gte": "90 EUR", "$lt": "90.01 EUR"}},
        {"income:refunds": {"$same_as": "expenses:chargebacks"}},
    ],
)
def test_books_that_are_as_expected(expected: dict[str, Json]) -> None:
    assert told(expected) == []


@pytest.mark.parametrize(
    ("expected", "difference"),
    [
        ({"expenses:*": ["2.00 EUR"]}, "totals.expenses:*: expected 2.00 EUR, got 1.00 EUR"),
        (
            {"assets:psp:b:*": {"$gt": "assets:psp:a:*"}},
            "totals.assets:psp:b:*: expected $gt assets:psp:a:*, 5.00 EUR, got 4.00 EUR",
        ),
        (
            {"income:sales": {"$same_as": "-assets:*"}},
            "totals.income:sales: expected $same_as -assets:*, -99.00 EUR, got -100.00 EUR",
        ),
        ({"income:refunds": {"$gt": "expenses:chargebacks"}}, "expected $gt expenses:chargebacks, nothing, got 0"),
        ({"expenses:*": {"$save": "fees"}}, "expected one amount to save as fees, got 1.00 EUR, 30 JPY"),
    ],
)
def test_books_that_are_not(expected: dict[str, Json], difference: str) -> None:
    (found,) = told(expected)

    assert difference in found


def test_a_moment_is_kept_and_compared_with_a_later_one() -> None:
    names: dict[str, Json] = {}

    assert told({"assets:bank": {"$save": "then"}}, names) == []
    assert names == {"then": "90.00 EUR"}
    assert told({"assets:bank": {"$same_as": "then"}}, names) == []
    assert told({"assets:*": {"$same_as": "then"}}, names) == [
        "totals.assets:*: expected $same_as then, 90.00 EUR, got 99.00 EUR"
    ]


@pytest.mark.parametrize(
    ("ledger", "problem"),
    [
        ("{totals: {'expences:*': 3 EUR}}", "no account is like 'expences:*'; did you mean 'expenses:"),
        ("{totals: {'assets:psp:a:pendang*': 3 EUR}}", "no account is like"),
        ("{totals: {'income:sale': 3 EUR}}", "there is no account 'income:sale'; did you mean 'income:sales'?"),
        ("{balances: {'assets:*': 3 EUR}}", "there is no account 'assets:*'"),
        ("{balances: {'assets:bank': {$gt: 'asets:*'}}}", "no account is like 'asets:*'"),
        ("{balances: {'assets:bank': {$match: '3.*'}}}", "no matcher of amounts is '$match'"),
        ("{balances: {'assets:bank': {$gt: '3'}}}", "an amount with its currency, such as 98.35 EUR, is wanted"),
        ("{balances: {'assets:bank': {$same_as: then}}}", "${then} is not saved before this"),
        ("{total: {'assets:*': 3 EUR}}", "unknown key 'total' in ledger (nearest known: totals)"),
    ],
)
def test_what_is_wrong_has_its_place(problems: Find, ledger: str, problem: str) -> None:
    (found,) = problems(f"{HEAD}- {{expect: {{ledger: {ledger}}}}}\n")

    assert found.startswith("4:")
    assert problem in found


@pytest.mark.parametrize(
    "pattern", ["*", "assets:*", "expenses:psp:*", "*:pending", "assets:psp:north:*", "assets:psp:n*:available"]
)
def test_patterns_of_accounts_there_may_be(pattern: str) -> None:
    assert unknown_accounts(pattern) == ""
    assert pattern == "assets:psp:n*:available" or unknown_account(pattern)
