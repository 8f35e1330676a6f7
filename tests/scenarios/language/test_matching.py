"""Matching what came with what was expected, and the words for the difference."""

import pytest

from mockpsp.scenarios.language.matching import MISSING, compare, compare_status, dig
from mockpsp.scenarios.language.model import Json


def told(expected: Json, actual: Json, names: dict[str, Json] | None = None) -> list[str]:
    """The differences as text."""
    return [str(one) for one in compare(expected, actual, "body", {} if names is None else names)]


def test_keys_that_are_not_listed_are_ignored() -> None:
    assert told({"id": "a"}, {"id": "a", "more": 1}) == []


def test_an_exact_object_has_no_other_key() -> None:
    assert told({"$exact": True, "id": "a"}, {"id": "a", "more": 1}) == [
        "body.more: expected nothing (the object is $exact), got 1",
    ]


def test_a_difference_names_its_place_and_both_sides() -> None:
    expected: Json = {"transaction": {"operations": [{"type": "capture"}]}}
    actual: Json = {"transaction": {"operations": [{"type": "refund"}]}}

    assert told(expected, actual) == ['body.transaction.operations.0.type: expected "capture", got "refund"']


def test_a_missing_key_is_told_with_the_nearest_one_there() -> None:
    assert told({"captured_amount": "1"}, {"capture_amount": "1"}) == [
        'body.captured_amount: expected "1", got nothing (nearest known: capture_amount)',
    ]


def test_a_list_matches_item_by_item() -> None:
    assert told([{"id": "a"}], [{"id": "a"}, {"id": "b"}])[0].startswith("body: expected 1 items, got 2")


@pytest.mark.parametrize(
    ("expected", "actual"),
    [("100.00", "100"), ("1.5", "1.50"), ("-0.25", "-0.25"), ("0", "0.00"), ("500", "500")],
)
def test_amounts_match_by_value(expected: str, actual: str) -> None:
    assert told(expected, actual) == []


def test_moments_match_with_and_without_a_fraction_that_is_nothing() -> None:
    assert told("2026-01-01T09:00:00Z", "2026-01-01T09:00:00.000Z") == []
    assert told("2026-01-01T09:00:00.0Z", "2026-01-01T09:00:00Z") == []
    assert len(told("2026-01-01T09:00:00Z", "2026-01-01T09:00:00.001Z")) == 1
    assert len(told("2026-01-01T09:00:00Z", "2026-01-01T09:00:01.000Z")) == 1


@pytest.mark.parametrize(
    ("expected", "actual"),
    [("100.00", "100.01"), ("0069", "69"), ("100", 100), (1, True), (True, 1), (None, ""), (None, 0), ("1e2", "100")],
)
def test_values_that_only_look_alike_differ(expected: Json, actual: Json) -> None:
    assert len(told(expected, actual)) == 1


@pytest.mark.parametrize(
    ("matcher", "actual"),
    [
        ({"$match": "tr_[a-z]+"}, "tr_abc"),
        ({"$gt": "9.99"}, "10"),
        ({"$gte": "10.00"}, "10"),
        ({"$lt": 400}, 399),
        ({"$lte": "10"}, "10.00"),
        ({"$between": ["1.00", "2.00"]}, "2"),
        ({"$between": ["2026-01-05T09:00:00Z", "2026-01-05T10:00:00Z"]}, "2026-01-05T09:30:00.123456789Z"),
        ({"$any": True}, None),
        ({"$same_as": "first"}, "iv_1"),
        ({"$gte": 2, "$lt": 4}, 3),
    ],
)
def test_a_matcher_accepts(matcher: Json, actual: Json) -> None:
    assert told(matcher, actual, {"first": "iv_1"}) == []


@pytest.mark.parametrize(
    ("matcher", "actual"),
    [
        ({"$match": "tr_"}, "tr_abc"),
        ({"$gt": "10"}, "10.00"),
        ({"$lt": "9"}, "10"),
        ({"$gt": "1"}, "many"),
        ({"$gt": 1}, True),
        ({"$gt": "2026-01-05T09:00:00Z"}, "3000"),
        ({"$between": ["1.00", "2.00"]}, "2.01"),
        ({"$absent": True}, None),
        ({"$same_as": "first"}, "iv_2"),
        ({"$gte": 2, "$lt": 4}, 4),
    ],
)
def test_a_matcher_refuses(matcher: Json, actual: Json) -> None:
    assert len(told(matcher, actual, {"first": "iv_1"})) == 1


def test_absent_accepts_a_key_that_is_not_there() -> None:
    assert told({"customer_action": {"$absent": True}}, {"success": True}) == []


def test_absent_refuses_a_key_that_is_null() -> None:
    assert told({"customer_action": {"$absent": True}}, {"customer_action": None}) == [
        "body.customer_action: expected $absent true, got null",
    ]


def test_any_refuses_a_key_that_is_not_there() -> None:
    assert len(told({"id": {"$any": True}}, {})) == 1


def test_save_keeps_the_actual_value() -> None:
    names: dict[str, Json] = {}

    told({"id": {"$save": "first"}}, {"id": "iv_1"}, names)

    assert names == {"first": "iv_1"}


@pytest.mark.parametrize(("expected", "actual"), [("2xx", 200), ("2xx", 204), (410, 410), ({"$gte": 400}, 404)])
def test_a_status_matches_by_family_or_number(expected: Json, actual: int) -> None:
    assert compare_status(expected, actual, {}) == []


def test_a_status_of_another_family_differs() -> None:
    assert [str(one) for one in compare_status("2xx", 410, {})] == ["status: expected 2xx, got 410"]


def test_a_path_leads_through_objects_and_lists() -> None:
    assert dig({"transaction": {"operations": [{"id": "a"}]}}, "transaction.operations.0.id") == "a"


@pytest.mark.parametrize("path", ["transaction.id", "list.1", "list.-1", "text.0", "list.x"])
def test_a_path_that_leads_nowhere_finds_nothing(path: str) -> None:
    assert dig({"transaction": {}, "list": ["a"], "text": "a"}, path) is MISSING
