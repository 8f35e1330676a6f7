"""Replaying a story over HTTP: what is sent, what is checked, when it stops."""

from collections.abc import Callable
from typing import Any

import pytest

from mockpsp.scenarios.language.model import Scenario
from mockpsp.scenarios.replaying.runner import RunResult, project_id, run

Make = Callable[..., Scenario]
SHOP = "receivers: {shop: {url: sink, answers: [500, 200]}}"
CAPTURED = {"event_id": "ev_1", "event_type": "transaction.captured"}


def told(result: RunResult) -> list[str]:
    """All differences as text."""
    return [str(one) for one in result.differences]


def books(**balances: str) -> tuple[int, Any]:
    """An answer of balances in EUR."""
    return 200, {"balances": {name.replace("_", ":"): {"EUR": amount} for name, amount in balances.items()}}


def audit(**found: Any) -> tuple[int, Any]:
    """An answer of what doesn't hold."""
    return 200, {"audit": {"unbalanced": [], "unlike_postings": [], "beyond": [], **found}}


def test_a_run_begins_with_a_reset_to_the_seed_and_clock_of_the_story(tiny: Any, story: Make) -> None:
    scenario = story("- call: POST /invoices", 'seed: 7\nclock: "2026-01-05T09:00:00Z"')

    run(scenario, tiny.url, cell={})

    assert tiny.asked("POST", "/sandbox/reset") == [{"seed": 7, "clock": "2026-01-05T09:00:00Z", "mode": "manual"}]


def test_inline_psps_are_sent_as_they_stand(tiny: Any, story: Make) -> None:
    scenario = story("- call: POST /invoices", 'psps: {north: {like: card-flexible, fees: {capture: {rate: "1.4%"}}}}')

    run(scenario, tiny.url, cell={})

    assert tiny.asked("PUT", "/sandbox/psps/north") == [
        {"like": "card-flexible", "fees": {"capture": {"rate": "1.4%"}}}
    ]


def test_the_psp_of_the_cell_becomes_the_default_gateway(tiny: Any, story: Make) -> None:
    scenario = story("- call: POST /invoices", "matrix: {psp: [one, two]}")

    run(scenario, tiny.url, cell={"psp": "two"})

    assert tiny.asked("PUT", "/sandbox/routing") == [{"default": "two"}]


def test_via_and_key_are_headers(tiny: Any, story: Make) -> None:
    scenario = story("- {call: POST /invoices, via: north, key: order-1}")

    run(scenario, tiny.url, cell={})

    headers = next(headers for _, path, _, headers in tiny.requests if path == "/invoices")
    assert (headers["mockpsp-gateway"], headers["idempotency-key"]) == ("north", "order-1")


def test_a_saved_value_goes_into_later_paths_and_bodies(tiny: Any, story: Make) -> None:
    tiny.answers["POST /invoices/iv_1/capture"] = (200, {"success": True})
    scenario = story(
        "- {call: POST /invoices, save: {iv: invoice.id}}\n"
        '- {call: "POST /invoices/${iv}/capture", body: {metadata: "for ${iv}"}}'
    )

    result = run(scenario, tiny.url, cell={})

    assert result.ok
    assert tiny.asked("POST", "/invoices/iv_1/capture") == [{"metadata": "for iv_1"}]


def test_a_call_without_expectation_must_succeed(tiny: Any, story: Make) -> None:
    tiny.answers["POST /invoices"] = (400, {"success": False, "message": "no amount"})

    result = run(story("- call: POST /invoices"), tiny.url, cell={})

    assert told(result)[0] == "status: expected 2xx, got 400"


def test_a_refusal_shows_its_message(tiny: Any, story: Make) -> None:
    tiny.answers["POST /invoices"] = (400, {"success": False, "message": "no amount"})

    result = run(story("- call: POST /invoices"), tiny.url, cell={})

    assert "no amount" in told(result)[1]


def test_the_first_step_that_differs_is_the_last_that_runs(tiny: Any, story: Make) -> None:
    scenario = story("- {id: bad, call: GET /cards}\n- {id: never, call: POST /invoices}")

    result = run(scenario, tiny.url, cell={})

    assert ([step.id for step in result.steps], tiny.asked("POST", "/invoices")) == (["bad"], [])


def test_a_path_that_saves_nothing_is_a_difference(tiny: Any, story: Make) -> None:
    scenario = story('- {call: POST /invoices, save: {iv: customer_action.value}}\n- {call: "GET /cards/${iv}"}')

    assert told(run(scenario, tiny.url, cell={})) == ["save iv: expected a value at customer_action.value, got nothing"]


def test_a_step_runs_only_in_its_cells(tiny: Any, story: Make) -> None:
    scenario = story("- {call: POST /invoices, only: {psp: one}}", "matrix: {psp: [one, two]}")

    run(scenario, tiny.url, cell={"psp": "two"})

    assert tiny.asked("POST", "/invoices") == []


def test_the_cell_picks_the_expectation(tiny: Any, story: Make) -> None:
    scenario = story(
        "- {call: POST /invoices, expect: {by: psp, one: {status: 200}, two: {status: 400}}}",
        "matrix: {psp: [one, two]}",
    )

    assert [run(scenario, tiny.url, cell=cell).ok for cell in scenario.cells()] == [True, False]


def test_a_retried_message_is_one_webhook_with_its_attempts(tiny: Any, story: Make) -> None:
    tiny.due.append(("ev_1", CAPTURED))
    scenario = story(
        "- advance: {by: 1d}\n  expect:\n    webhooks:\n"
        "      - {to: shop, body: {event_type: transaction.captured}, attempts: 2, signature: valid, count: 1}\n"
        "      - {no_more: true}",
        SHOP,
    )

    assert told(run(scenario, tiny.url, cell={})) == []


def test_a_webhook_nobody_listed_is_one_too_many(tiny: Any, story: Make) -> None:
    tiny.due.append(("ev_1", CAPTURED))
    scenario = story("- advance: {by: 1d}\n  expect: {webhooks: [{no_more: true}]}", SHOP)

    (difference,) = told(run(scenario, tiny.url, cell={}))
    assert difference.startswith("webhooks to shop: expected no more, got ")


def test_a_webhook_that_did_not_come_is_missed(tiny: Any, story: Make) -> None:
    scenario = story(
        "- advance: {by: 1d}\n  expect: {webhooks: [{to: shop, body: {event_type: transaction.voided}}]}", SHOP
    )

    (difference,) = told(run(scenario, tiny.url, cell={}))
    assert difference.endswith("got nothing new")


def test_webhooks_already_looked_at_are_not_seen_again(tiny: Any, story: Make) -> None:
    tiny.due.append(("ev_1", CAPTURED))
    scenario = story(
        "- {advance: {by: 1d}, expect: {webhooks: [{to: shop}]}}\n- expect: {webhooks: [{no_more: true}]}", SHOP
    )

    assert told(run(scenario, tiny.url, cell={})) == []


def test_a_receiver_without_endpoint_is_reached_by_its_url(tiny: Any, story: Make) -> None:
    scenario = story(
        '- {call: POST /invoices, body: {webhook_url: "${hook_url}"}}',
        "receivers: {hook: {url: sink, endpoint: false}}",
    )

    run(scenario, tiny.url, cell={})

    assert tiny.endpoints == []
    assert tiny.asked("POST", "/invoices")[0]["webhook_url"].startswith("http://127.0.0.1:")


def test_an_event_that_does_not_come_fails_the_advance(tiny: Any, story: Make) -> None:
    tiny.answers["POST /sandbox/clock/advance"] = (200, {"clock": {"now": "x"}, "reached": False})
    scenario = story("- advance: {until: {event: transaction.refunded}, max: 4d}")

    (difference,) = told(run(scenario, tiny.url, cell={}))
    assert "not reached, the clock stands at" in difference


def test_a_story_ends_with_an_empty_agenda(tiny: Any, story: Make) -> None:
    tiny.answers["GET /sandbox/agenda"] = (200, {"agenda": [{"what": "capture.settle"}]})

    (difference,) = told(run(story("- end: {}"), tiny.url, cell={}))

    assert "still on the agenda after 90d" in difference


def test_simulate_names_what_on_whom_how_and_when(tiny: Any, story: Make) -> None:
    scenario = story("- {simulate: refund.fail, on: refd_1, with: {reason: account_closed}, after: 3d}")

    run(scenario, tiny.url, cell={})

    assert tiny.asked("POST", "/sandbox/simulate") == [
        {"what": "refund.fail", "on": "refd_1", "with": {"reason": "account_closed"}, "after": "3d"}
    ]


def test_balances_match_by_value_and_an_account_without_postings_holds_nothing(tiny: Any, story: Make) -> None:
    tiny.answers["GET /sandbox/ledger/balances"] = books(income_sales="-100.00", assets_bank="100.00")
    expected = '{balances: {"income:sales": -100 EUR, "assets:bank": 100.00 EUR, "expenses:psp:north:other": 0 EUR}}'

    assert told(run(story(f"- expect: {{ledger: {expected}}}"), tiny.url, cell={})) == []


def test_exact_balances_leave_no_account_out(tiny: Any, story: Make) -> None:
    tiny.answers["GET /sandbox/ledger/balances"] = books(income_sales="-100.00", assets_bank="100.00")
    expected = '{balances: {$exact: true, "income:sales": -100 EUR}}'

    assert told(run(story(f"- expect: {{ledger: {expected}}}"), tiny.url, cell={})) == [
        "ledger.balances.assets:bank: expected nothing (it is $exact), got 100.00 EUR",
    ]


def test_books_nobody_touched_are_unchanged(tiny: Any, story: Make) -> None:
    scenario = story("- {call: POST /invoices, expect: {ledger: {unchanged: true}}}")

    assert told(run(scenario, tiny.url, cell={})) == []


def test_postings_are_those_of_the_step(tiny: Any, story: Make) -> None:
    scenario = story("- {call: POST /invoices, expect: {ledger: {postings: [{debit: assets:bank, amount: 1.00 EUR}]}}}")

    assert told(run(scenario, tiny.url, cell={})) == [
        'ledger.postings.0: expected {"debit": "assets:bank", "amount": "1.00 EUR"}, got []',
    ]


def test_the_invariants_of_a_step_are_one_question(tiny: Any, story: Make) -> None:
    scenario = story(
        "- call: POST /invoices", "always: [ledger.balanced, captured <= authorized, refunded <= captured]"
    )

    assert told(run(scenario, tiny.url, cell={})) == []
    asked = [(method, path) for method, path, _, _ in tiny.requests]
    assert asked == [
        ("POST", "/sandbox/reset"),
        ("POST", "/invoices"),
        ("GET", "/sandbox/audit"),
        ("GET", "/sandbox/digest"),
    ]


def test_without_invariants_nothing_is_asked(tiny: Any, story: Make) -> None:
    run(story("- call: POST /invoices"), tiny.url, cell={})

    assert tiny.asked("GET", "/sandbox/audit") == []


def test_more_than_the_story_cares_for_is_passed_over(tiny: Any, story: Make) -> None:
    payment = {"id": "tr_1", "captured_amount": "11", "refunded_amount": "0", "authorized_amount": "10"}
    tiny.answers["GET /sandbox/audit"] = audit(beyond=[payment])
    scenario = story("- call: POST /invoices", "always: [ledger.balanced, refunded <= captured]")

    assert told(run(scenario, tiny.url, cell={})) == []


@pytest.mark.parametrize(
    "answer", [{}, {"audit": {}}, {"audit": {"unbalanced": [], "unlike_postings": [{}], "beyond": []}}]
)
def test_an_audit_of_another_shape_fails_the_step(tiny: Any, story: Make, answer: Any) -> None:
    tiny.answers["GET /sandbox/audit"] = (200, answer)

    (difference,) = told(run(story("- call: POST /invoices", "always: [ledger.balanced]"), tiny.url, cell={}))
    assert difference.startswith("call: expected an answer to go on with, got GET /sandbox/audit: ")


def test_events_are_those_fired_since_the_last_look(tiny: Any, story: Make) -> None:
    tiny.answers["GET /events"] = (200, {"events": [{"id": "ev_1", "name": "transaction.captured"}], "has_more": False})
    scenario = story(
        "- expect: {events: [transaction.captured, {no_more: true}]}\n- expect: {events: [{no_more: true}]}"
    )

    run(scenario, tiny.url, cell={})

    assert [path for method, path, _, _ in tiny.requests if "order=asc" in path and path.startswith("/events")] == [
        "/events?order=asc&limit=100",
        "/events?order=asc&limit=100&start_after=ev_1",
    ]


def test_the_clock_is_compared_by_moment(tiny: Any, story: Make) -> None:
    assert told(run(story('- expect: {clock: "2026-01-02T00:00:00.000Z"}'), tiny.url, cell={})) == []


def test_a_good_run_carries_the_digest_of_its_universe(tiny: Any, story: Make) -> None:
    tiny.answers["GET /sandbox/digest"] = (200, {"digest": "abc"})

    assert run(story("- call: POST /invoices"), tiny.url, cell={}).digest == "abc"


def test_a_server_that_is_not_there_fails_the_preparation(story: Make) -> None:
    result = run(story("- call: POST /invoices"), "http://127.0.0.1:1", cell={})

    assert told(result) == [
        "setup: expected a universe ready for the story, got POST /sandbox/reset: no answer (refused)",
    ]


def test_two_runs_of_a_story_are_equal_but_for_their_durations(tiny: Any, story: Make) -> None:
    scenario = story("- call: POST /invoices")

    assert run(scenario, tiny.url, cell={}) == run(scenario, tiny.url, cell={})


@pytest.mark.parametrize(
    ("slug", "cell", "expected"),
    [
        ("refund-bounces", {}, "test-proj_replay-refund-bounces-1"),
        ("refund-bounces", {"psp": "bank-debit"}, "test-proj_replay-refund-bounces-bank-debit-1"),
    ],
)
def test_a_universe_is_named_after_story_cell_and_number(slug: str, cell: dict[str, str], expected: str) -> None:
    assert project_id(slug, cell, 1) == expected


def test_the_name_of_a_universe_never_exceeds_what_keys_allow() -> None:
    long = project_id("x" * 200, {"psp": "bank-debit"}, 1)

    assert len(long) == len("test-proj_") + 64


def test_long_names_that_differ_late_make_different_universes() -> None:
    assert project_id("x" * 200, {"psp": "a"}, 1) != project_id("x" * 200, {"psp": "b"}, 1)
