"""The order in which webhooks arrived, and what the books came to since an earlier step, against a server."""

from collections.abc import Callable

from mockpsp.sandbox_client import Sandbox
from mockpsp.scenarios.language.model import Scenario
from mockpsp.scenarios.replaying.lines import Place
from mockpsp.scenarios.replaying.runner import RunResult, run

Make = Callable[..., Scenario]
SHOP = "receivers: {shop: {url: sink, answers: [500, 200], topics: [transaction.captured, transaction.refunded]}}"
PAID = """
- {id: card, call: POST /cards, body: {number: "4242424242424242", exp_month: 1, exp_year: 2030}, save: {card: card.id}}
- {id: order, call: POST /invoices, body: {name: Order 1, amount: "10.00", currency: EUR}, save: {iv: invoice.id}}
- {id: pay, call: "POST /invoices/${iv}/capture", body: {source: "${card}"}, save: {tr: transaction.id}}
- {id: told, advance: {by: 0s}}
- {id: refund, call: "POST /transactions/${tr}/refunds", body: {amount: "4.00"}}
- {id: more, call: "POST /transactions/${tr}/refunds", body: {amount: "2.00"}}
"""


def told(result: RunResult) -> list[str]:
    return [str(one) for one in result.differences]


def ended(expect: str) -> str:
    return f"{PAID}- {{id: look, advance: {{by: 1h}}, expect: {{{expect}}}}}"


def test_of_a_message_that_is_tried_again_the_first_attempt_counts(mockpsp_server: str, story: Make) -> None:
    order = "transaction.captured, transaction.refunded, {event_type: transaction.refunded}"
    scenario = story(ended(f"webhooks: [{{to: shop, $in_order: [{order}]}}, {{no_more: true}}]"), head=SHOP)

    assert told(run(scenario, mockpsp_server, cell={})) == []


def test_messages_in_another_order_are_shown_as_they_arrived(mockpsp_server: str, story: Make) -> None:
    order = "transaction.refunded, transaction.captured"
    scenario = story(ended(f"webhooks: [{{to: shop, $in_order: [{order}]}}]"), head=SHOP)

    assert told(run(scenario, mockpsp_server, cell={})) == [
        "webhooks.0.$in_order: expected webhooks to shop, one behind the other: transaction.refunded, "
        "transaction.captured, got in the order of arrival: transaction.captured, transaction.refunded, "
        "transaction.refunded"
    ]


def test_a_message_that_never_came_is_named(mockpsp_server: str, story: Make) -> None:
    order = "transaction.captured, {event_type: transaction.voided}"
    scenario = story(ended(f"webhooks: [{{to: shop, $in_order: [{order}]}}]"), head=SHOP)

    assert told(run(scenario, mockpsp_server, cell={}))[0].endswith("; nothing is like transaction.voided")


def test_what_the_order_names_is_claimed_and_the_rest_is_left(mockpsp_server: str, story: Make) -> None:
    order = "transaction.captured, transaction.refunded"
    scenario = story(ended(f"webhooks: [{{to: shop, $in_order: [{order}]}}, {{no_more: true}}]"), head=SHOP)

    (left,) = told(run(scenario, mockpsp_server, cell={}))

    assert left.startswith("webhooks to shop: expected no more, got")
    assert "transaction.refunded" in left


def test_a_delta_since_a_step_spans_all_steps_after_it(mockpsp_server: str, story: Make) -> None:
    books = '"income:refunds": 6.00 EUR, "assets:psp:sandbox:pending": -6.00 EUR'
    scenario = story(ended(f"ledger: {{delta: {{since: pay, $exact: true, {books}}}}}"))

    assert told(run(scenario, mockpsp_server, cell={})) == []


def test_another_delta_says_since_when(mockpsp_server: str, story: Make) -> None:
    scenario = story(ended('ledger: {delta: {since: refund, "income:refunds": 6.00 EUR}}'))

    assert told(run(scenario, mockpsp_server, cell={})) == [
        "ledger.delta.income:refunds: expected 6.00 EUR since refund, got 2.00 EUR"
    ]


def test_a_step_that_this_cell_does_not_have_is_named(mockpsp_server: str, story: Make) -> None:
    scenario = story(
        "- {id: early, call: GET /cards, only: {psp: wallet}}\n"
        '- {expect: {ledger: {delta: {since: early, "income:sales": 0 EUR}}}}',
        head="matrix: {psp: [sandbox, wallet]}",
    )
    here, there = (run(scenario, mockpsp_server, cell={"psp": psp}) for psp in ("sandbox", "wallet"))

    assert told(here) == ["ledger.delta.since: expected the books as they were after early, got it was not played here"]
    assert told(there) == []


def test_a_future_compares_with_a_step_before_it(mockpsp: Sandbox, mockpsp_server: Place, story: Make) -> None:
    look = 'expect: {ledger: {delta: {since: pay, "income:refunds": 7.00 EUR}}}'
    back = 'call: "POST /transactions/${tr}/refunds", body: {amount: "1.00"}'
    scenario = story(f"{PAID}- branch: {{a: [{{{back}, {look}}}], b: [{{{back}, {look}}}]}}")

    assert told(run(scenario, mockpsp_server, cell={})) == []
