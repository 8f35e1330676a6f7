"""Matchers of lists: what is in one, in which order, how long it is, and how they are read."""

from collections.abc import Callable

import pytest

from mockpsp.scenarios.language.matching import compare
from mockpsp.scenarios.language.model import Json

Find = Callable[[str], list[str]]
HEAD = "format: 1\nname: A story\nsteps:\n"
ITEMS: list[Json] = [{"type": "sale", "amount": "10"}, {"type": "fee", "amount": "-1"}, {"type": "sale", "amount": "5"}]


def told(expected: Json, actual: Json, names: dict[str, Json] | None = None) -> list[str]:
    """All differences as text."""
    return [str(one) for one in compare(expected, actual, "body", {} if names is None else names)]


@pytest.mark.parametrize(
    "expected",
    [
        {"$contains": {"type": "fee"}},
        {"$contains": [{"amount": "5.00"}, {"type": "sale"}]},
        # The first pattern is like both sales: which one it takes leaves the other for the second.
        {"$contains": [{"type": "sale"}, {"amount": "10"}]},
        {"$contains": []},
        {"$unordered": [{"amount": "5"}, {"type": "sale"}, {"type": "fee"}]},
        {"$in_order": [{"type": "sale"}, {"type": "sale"}]},
        {"$in_order": [{"amount": "10"}, {"type": "fee"}]},
        {"$none": {"type": "chargeback"}},
        {"$each": {"amount": {"$any": True}}},
        {"$length": 3},
        {"$length": {"$between": [2, 4]}},
        {"$length": 3, "$contains": {"type": "fee"}, "$none": {"type": "refund"}},
    ],
)
def test_a_list_that_is_as_expected(expected: Json) -> None:
    assert told(expected, ITEMS) == []


@pytest.mark.parametrize(
    ("expected", "difference"),
    [
        ({"$contains": [{"type": "fee"}, {"type": "fee"}]}, "body: expected a list with"),
        ({"$contains": {"type": "refund"}}, '3 items; nothing is like {"type": "refund"}'),
        ({"$unordered": [{"type": "sale"}, {"type": "sale"}]}, "body: expected a list, in any order, of"),
        ({"$in_order": [{"type": "fee"}, {"amount": "10"}]}, "body: expected a list with, in this order,"),
        ({"$none": {"type": "fee"}}, 'body.1: expected no item like {"type": "fee"}, got {"type": "fee"'),
        ({"$each": {"type": "sale"}}, 'body.1.type: expected "sale", got "fee"'),
        ({"$length": 2}, "length of body: expected 2, got 3"),
    ],
)
def test_a_list_that_is_not(expected: Json, difference: str) -> None:
    (found,) = told(expected, ITEMS)

    assert difference in found


@pytest.mark.parametrize("matcher", ["$contains", "$unordered", "$in_order", "$none", "$each"])
def test_what_is_no_list_is_like_none_of_them(matcher: str) -> None:
    assert told({matcher: [1]}, "text")[0].endswith('got "text"')
    assert told({"$length": 4}, "text") == ['body: expected a list of length 4, got "text"']


def test_the_item_that_fits_saves_and_those_that_were_tried_do_not() -> None:
    names: dict[str, Json] = {}

    assert told({"$contains": [{"type": "fee", "amount": {"$save": "fee"}}]}, ITEMS, names) == []
    assert names == {"fee": "-1"}


def test_patterns_of_lists_are_read_like_any_other(problems: Find) -> None:
    good = '- {call: GET /payouts, expect: {body: {payouts: {$contains: [{amount: {$gt: "1.00"}}], $length: 2}}}}\n'

    assert problems(HEAD + good) == []


@pytest.mark.parametrize(
    ("pattern", "problem"),
    [
        ("{$contain: [{a: b}]}", "unknown matcher $contain (nearest known: $contains)"),
        ("{$contains: [{amount: 100}]}", 'unquoted money; money is a quoted string: amount: "100"'),
        ("{$length: many}", "a length (0 to 10000) is wanted here, not 'many'"),
        ("{$none: {$mach: a}}", "unknown matcher $mach (nearest known: $match)"),
        ("{$each: {id: {$same_as: card}}}", "${card} is not saved before this"),
    ],
)
def test_what_is_wrong_in_them_has_its_place(problems: Find, pattern: str, problem: str) -> None:
    (found,) = problems(f"{HEAD}- {{call: GET /payouts, expect: {{body: {{payouts: {pattern}}}}}}}\n")

    assert found.startswith("4:")
    assert problem in found


def test_there_are_no_more_patterns_than_can_be_moved_about(problems: Find) -> None:
    many: Json = [1] * 201

    (found,) = problems(
        f"{HEAD}- {{call: GET /payouts, expect: {{body: {{$contains: [{', '.join(['a'] * 201)}]}}}}}}\n"
    )

    assert "$contains has 201 patterns, at most 200" in found
    assert told({"$contains": many}, many) == ["body: expected at most 200 patterns in $contains, got 201 of them"]
    assert told({"$unordered": [1] * 200}, [1] * 200) == []
