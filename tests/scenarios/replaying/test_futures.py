"""Futures of one moment, in process and over HTTP: universes and receivers of their own, and the comparison."""

from collections.abc import Callable, Iterator

import pytest

from mockpsp.scenarios.language.model import Scenario
from mockpsp.scenarios.replaying.application import Application, own_application
from mockpsp.scenarios.replaying.runner import run

Story = Callable[..., Scenario]
HEAD = "receivers: {shop: {url: sink, answers: [500, 200]}}\nalways: [ledger.balanced]"
STEPS = """\
- {call: POST /invoices, body: {name: Order, amount: "100.00", currency: EUR}, save: {iv: invoice.id}}
- {call: "POST /invoices/${iv}/authorize", via: card-flexible, body: {source: "${source}"}, save: {tr: transaction.id}}
- {advance: {by: 1s}}
- id: cancelled
  branch:
    void:
      - {call: "POST /invoices/${iv}/void"}
      - {advance: {by: 5m}}
      - expect:
          webhooks:
            - {to: shop, body: {event_type: transaction.requested}, attempts: 2}
            - {to: shop, body: {event_type: transaction.authorized}, attempts: 2}
            - {to: shop, body: {event_type: transaction.voided}, attempts: 2}
            - {no_more: true}
      - {call: "GET /transactions/${tr}", save: {status: transaction.status}}
    capture:
      - {call: "POST /invoices/${iv}/capture", via: card-flexible}
      - {advance: {by: 5m}}
      - {call: "GET /transactions/${tr}", save: {status: transaction.status}}
      - {simulate: settlement.run, on: card-flexible}
  expect: {branches: %s}
- {call: "GET /transactions/${tr}", expect: {body: {transaction: {status: authorized}}}}
- {expect: {webhooks: [{to: shop, count: 2}, {no_more: true}]}}
"""
GOOD = "{void.keeps: '0', capture.sales: '100', capture.keeps: {$gt: void.keeps}, void.status: voided}"


@pytest.fixture(scope="module")
def application() -> Iterator[Application]:
    with own_application() as found:
        yield found


def test_the_worlds_are_the_same_over_http_in_process_and_again(application: Application, story: Story) -> None:
    made = story(STEPS % GOOD, HEAD)

    results = [run(made, place, cell={}) for place in (application, application.url, application)]

    assert all(result.ok for result in results), [result.differences for result in results]
    assert len({result.digest for result in results}) == 1


@pytest.mark.parametrize(
    ("expected", "said"),
    [
        ("{void.status: voided, void.keeps: {$gt: capture.keeps}}", 'void.keeps: expected $gt "96.80", got "0"'),
        ("{void.status: capture.status}", 'void.status: expected "completed", got "voided"'),
        ("{void.status: voided, void.fees: '1.00'}", 'void.fees: expected "1.00", got "0"'),
        ("{void.status: voided, capture.keeps.USD: '1.00'}", 'capture.keeps.USD: expected "1.00", got "0"'),
    ],
)
def test_what_differs_is_told_by_its_place(application: Application, story: Story, expected: str, said: str) -> None:
    result = run(story(STEPS % expected, HEAD), application, cell={})

    assert [str(one) for one in result.differences] == [said]


def test_a_step_of_a_future_that_differs_is_named(application: Application, story: Story) -> None:
    broken = (STEPS % GOOD).replace('"POST /invoices/${iv}/void"', '"POST /invoices/${iv}/void", expect: {status: 404}')

    result = run(story(broken, HEAD), application, cell={})

    assert [(one.id, one.ok) for one in result.steps][-1] == ("cancelled", False)
    assert result.differences[0].where.startswith("void: POST /invoices/${iv}/void (line ")


def test_amounts_of_several_currencies_are_asked_for_by_their_own(application: Application, story: Story) -> None:
    pay = (
        "- {call: POST /invoices, body: {name: O, amount: '1.00', currency: %s}, save: {%s: invoice.id}}\n"
        "- {call: 'POST /invoices/${%s}/capture', body: {source: '${source}'}}\n"
    )
    futures = "- branch: {a: [{advance: {by: 1s}}], b: [{advance: {by: 2s}}]}\n  expect: {branches: {%s: '1.00'}}\n"
    steps = pay % ("EUR", "one", "one") + pay % ("USD", "two", "two")

    assert run(story(steps + futures % "a.keeps.USD"), application, cell={}).ok
    (found,) = run(story(steps + futures % "a.keeps"), application, cell={}).differences
    assert "say which: a.keeps.EUR, a.keeps.USD" in str(found)
