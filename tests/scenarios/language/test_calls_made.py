"""What is expected of payouts, of the calls an application made, and of events as a list: how it is read."""

from collections.abc import Callable

import pytest

from mockpsp.scenarios.language.model import EventExpectation, RequestExpectation, Scenario

Find = Callable[[str], list[str]]
Make = Callable[..., Scenario]
HEAD = "format: 1\nname: A story\nsteps:\n"


def test_requests_are_routes_with_counts(story: Make) -> None:
    (step,) = story("- {expect: {requests: [GET /events/*, {call: post /invoices, count: 0}, {no_more: true}]}}").steps

    assert step.expect.requests == (
        RequestExpectation("GET /events/*"),
        RequestExpectation("POST /invoices", 0),
        RequestExpectation(no_more=True),
    )


def test_events_may_be_a_list_that_is_looked_at_as_a_whole(story: Make) -> None:
    (step,) = story(
        "- {expect: {events: {$in_order: [transaction.captured, {name: transaction.refunded, data: {a: b}}], "
        "$none: transaction.voided, $length: {$gte: 2}}}}"
    ).steps

    assert step.expect.events == (
        EventExpectation(
            whole={
                "$in_order": [{"name": "transaction.captured"}, {"name": "transaction.refunded", "data": {"a": "b"}}],
                "$none": {"name": "transaction.voided"},
                "$length": {"$gte": 2},
            }
        ),
    )


@pytest.mark.parametrize(
    ("expect", "problem"),
    [
        ("{requests: [{count: 1}]}", "a request needs call"),
        ("{requests: [GET events]}", "call: 'GET events' is no route such as POST /invoices/*/capture"),
        ("{requests: [{call: GET /ev*}]}", "`*` stands for a whole part of a path"),
        ("{requests: [{call: GET /events, cuont: 1}]}", "unknown key 'cuont' in a request (nearest known: count)"),
        ("{requests: [{call: GET /events, no_more: true}]}", "no_more stands alone"),
        ("{request: [GET /events]}", "unknown key 'request' in expect (nearest known: requests)"),
        ("{events: {$in_order: [transaction.captured, transaction.refundet]}}", "transaction.refundet"),
        ("{events: {$inorder: [transaction.captured]}}", "there is no '$inorder' (nearest known: $in_order)"),
        ("{events: {$none: {name: transaction.voided, count: 1}}}", "count and no_more are for lists of events"),
        ("{payouts: [{amount: 100}]}", 'unquoted money; money is a quoted string: amount: "100"'),
        ("{payouts: {$contain: []}}", "unknown matcher $contain (nearest known: $contains)"),
    ],
)
def test_what_is_wrong_has_its_place(problems: Find, expect: str, problem: str) -> None:
    (found,) = problems(f"{HEAD}- {{expect: {expect}}}\n")

    assert found.startswith("4:")
    assert problem in found
