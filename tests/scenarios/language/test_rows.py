"""Tables in a matrix: rows of values that belong together, how they are read and what stands for them."""

from collections.abc import Callable
from typing import Any

import pytest

from mockpsp.scenarios.language.model import Scenario, cell_label
from mockpsp.scenarios.replaying.runner import project_id, run

Find = Callable[[str], list[str]]
Make = Callable[..., Scenario]
ROWS = 'matrix: {case: [{currency: EUR, fee: 3.20 EUR, year: 2030}, {currency: JPY, fee: "59 JPY", year: 2031}]}'


def test_a_row_is_a_cell_known_by_its_first_value(story: Make) -> None:
    scenario = story("- call: GET /invoices", ROWS)
    euros, yen = scenario.cells()

    assert [cell_label(cell) for cell in (euros, yen)] == ["EUR", "JPY"]
    assert yen == {"case": "JPY", "case.currency": "JPY", "case.fee": "59 JPY", "case.year": "2031"}
    assert scenario.columns(yen)["case.year"] == 2031
    assert project_id("slug", yen, 1) == "test-proj_replay-slug-JPY-1"


def test_columns_go_into_bodies_and_the_books(tiny: Any, story: Make) -> None:
    tiny.answers["GET /sandbox/ledger/balances"] = (200, {"balances": {"income:sales": {"JPY": "-59"}}})
    scenario = story(
        "- call: POST /invoices\n"
        '  body: {currency: "${case.currency}", order_id: "${case.year}", name: "it costs ${case.fee}"}\n'
        '  expect: {ledger: {balances: {"income:sales": "-${case.fee}"}}}',
        ROWS,
    )

    results = [run(scenario, tiny.url, cell=cell) for cell in scenario.cells()]

    assert [str(one) for one in results[0].differences] == [
        "ledger.balances.income:sales: expected -3.20 EUR, got 0 EUR"
    ]
    assert results[1].ok, results[1].differences
    assert tiny.asked("POST", "/invoices")[1] == {"currency": "JPY", "order_id": 2031, "name": "it costs 59 JPY"}


def test_by_and_only_choose_by_rows_and_by_columns(tiny: Any, story: Make) -> None:
    scenario = story(
        "- {id: yen, call: POST /invoices, only: {case.currency: JPY}}\n"
        "- id: both\n"
        "  call: POST /invoices\n"
        "  expect: {by: case.year, 2030: {status: 200}, 2031: {status: 400}}\n",
        ROWS,
    )
    euros, yen = (run(scenario, tiny.url, cell=cell) for cell in scenario.cells())

    assert [step.id for step in euros.steps] == ["both"]
    assert [step.id for step in yen.steps] == ["yen", "both"]
    assert str(yen.differences[0]) == "status: expected 400, got 200"


def test_what_stands_for_an_amount_must_be_one(tiny: Any, story: Make) -> None:
    scenario = story("- {expect: {ledger: {balances: {'income:sales': '${case.year}'}}}}", ROWS)

    (found,) = run(scenario, tiny.url, cell=scenario.cells()[0]).differences

    assert found.actual == "an amount with its currency, such as 98.35 EUR, is wanted in the books, not 2030"


@pytest.mark.parametrize(
    ("matrix", "problem"),
    [
        ("[{a: x, fee: y}, {a: z, fe: y}]", "the first row of case has no column 'fe' (nearest known: fee)"),
        ("[{a: x, b: y}, {a: z}]", "a row of case needs b, as the first one has"),
        ("[{a: x, b: y}, {b: y, a: z}]", "a row of case is known by its a, which comes first"),
        ("[{a: x, b: y}, {a: x, b: z}]", "a row of case is known by 'x', its first value, and so is one before it"),
        ("[{a: x, b: y}, {}]", "a row of case is empty"),
        ("[{a: x, b: y}, z]", "a row of case is a mapping, not a text"),
        ("[{a: x, b: [y]}]", "one value is wanted for b, not a list or a mapping"),
        ("[{a: x, amount: 100}]", 'unquoted money; money is a quoted string: amount: "100"'),
        ("[{a-b: x}]", "'a-b' can't be a column of case: letters, digits and _ only"),
    ],
)
def test_what_is_wrong_with_a_table_has_its_place(problems: Find, matrix: str, problem: str) -> None:
    found = problems(f"format: 1\nname: A story\nmatrix: {{case: {matrix}}}\nsteps:\n- call: GET /invoices\n")

    assert any(problem in one and one.startswith("3:") for one in found), found


@pytest.mark.parametrize(
    ("step", "problem"),
    [
        (
            "{call: POST /invoices, body: {name: '${case.fees}'}}",
            "not saved before this (nearest known: case.fee)",
        ),
        (
            "{call: GET /invoices, only: {case.curency: EUR}}",
            "'case.curency' in only (nearest known: case.currency)",
        ),
        ("{call: GET /invoices, only: {case.fee: 3 EUR}}", "unknown value of case.fee '3 EUR'"),
        ("{call: GET /invoices, only: {case: EURO}}", "unknown value of case 'EURO' (nearest known: EUR)"),
    ],
)
def test_a_column_that_is_not_there_is_told_with_the_nearest(problems: Find, step: str, problem: str) -> None:
    (found,) = problems(f"format: 1\nname: A story\n{ROWS}\nsteps:\n- {step}\n")

    assert problem in found
