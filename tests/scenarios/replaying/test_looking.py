"""Expectations of payouts, of an application's calls and of events as a list, against what a server shows."""

from collections.abc import Callable
from typing import Any

from mockpsp.scenarios.language.model import Scenario
from mockpsp.scenarios.replaying.runner import RunResult, run

Make = Callable[..., Scenario]


def told(result: RunResult) -> list[str]:
    """All differences as text."""
    return [str(one) for one in result.differences]


def calls(*made: str) -> tuple[int, Any]:
    """What the server remembers of calls."""
    listed = [{"method": one.split(" ")[0], "path": one.split(" ")[1], "status": 200} for one in made]
    return 200, {"requests": listed}


def test_what_the_story_calls_itself_is_no_call_of_the_application(tiny: Any, story: Make) -> None:
    tiny.answers["GET /sandbox/requests"] = calls("POST /invoices", "GET /events?limit=1", "GET /events/ev_1")
    scenario = story(
        "- {call: POST /invoices}\n"
        "- {expect: {requests: [{call: GET /events, count: 1}, GET /events/*, {call: POST /invoices, count: 0}, "
        "{no_more: true}]}}"
    )

    assert told(run(scenario, tiny.url, cell={})) == []


def test_the_same_call_made_by_both_counts_for_the_application_once(tiny: Any, story: Make) -> None:
    tiny.answers["GET /sandbox/requests"] = calls("POST /invoices", "POST /invoices")
    scenario = story("- {call: POST /invoices, expect: {requests: [{call: POST /invoices, count: 1}]}}")

    assert told(run(scenario, tiny.url, cell={})) == []


def test_calls_are_those_since_the_last_look(tiny: Any, story: Make) -> None:
    tiny.answers["GET /sandbox/requests"] = calls("GET /events/ev_1")
    scenario = story("- {expect: {requests: [GET /events/*]}}\n- {id: again, expect: {requests: [GET /events/*]}}")

    result = run(scenario, tiny.url, cell={})

    assert told(result) == ["requests.0: expected GET /events/*, got nothing new"]
    assert result.steps[-1].id == "again"


def test_calls_that_differ_are_named(tiny: Any, story: Make) -> None:
    tiny.answers["GET /sandbox/requests"] = calls("GET /events/ev_1", "DELETE /cards/c")
    scenario = story("- {expect: {requests: [{call: GET /events/*, count: 2}, {no_more: true}]}}")

    assert told(run(scenario, tiny.url, cell={})) == [
        "requests.0: expected 2 x GET /events/*, got 1 such calls",
        "requests: expected no more, got DELETE /cards/c",
    ]


def test_more_calls_than_a_server_shows_are_not_guessed_at(tiny: Any, story: Make) -> None:
    tiny.answers["GET /sandbox/requests"] = calls(*["GET /events"] * 1_000)
    scenario = story("- {expect: {requests: [GET /events]}}")

    assert "more calls were made than the server shows" in told(run(scenario, tiny.url, cell={}))[0]


def test_payouts_have_their_items_where_they_are_asked_for(tiny: Any, story: Make) -> None:
    tiny.answers["GET /payouts"] = (
        200,
        {"payouts": [{"id": "p1", "amount": "9.80", "items": None}], "has_more": False},
    )
    tiny.answers["GET /payouts/p1/items"] = (200, {"items": [{"id": "i1", "type": "sale"}], "has_more": False})
    scenario = story(
        '- {expect: {payouts: [{amount: "9.8"}]}}\n'
        + "- {expect: {payouts: {$contains: {items: [{type: refund}]}, $length: 1}}}"
    )

    (found,) = told(run(scenario, tiny.url, cell={}))

    assert found.startswith("payouts: expected a list with")
    assert [path for _, path, _, _ in tiny.requests if "items" in path] == ["/payouts/p1/items?order=asc&limit=100"]


def test_events_have_an_order_and_some_are_absent(tiny: Any, story: Make) -> None:
    names = ["transaction.authorized", "transaction.captured"]
    listed = [{"id": f"ev_{number}", "name": name} for number, name in enumerate(names)]
    tiny.answers["GET /events"] = (200, {"events": listed, "has_more": False})
    backwards = ", ".join(reversed(names))

    good = story(f"- {{expect: {{events: {{$in_order: [{', '.join(names)}], $none: transaction.voided}}}}}}")
    bad = story(f"- {{expect: {{events: {{$in_order: [{backwards}], $none: transaction.captured}}}}}}")

    assert told(run(good, tiny.url, cell={})) == []
    assert [one.split(": expected")[0] for one in told(run(bad, tiny.url, cell={}))] == ["events", "events.1"]
