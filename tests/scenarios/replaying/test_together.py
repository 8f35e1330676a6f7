"""Calls that happen at once, in process and over HTTP: one order, and differences that name the call."""

from collections.abc import Callable, Iterator

import pytest

from mockpsp.scenarios.language.model import Scenario
from mockpsp.scenarios.replaying.application import Application, own_application
from mockpsp.scenarios.replaying.runner import run

Story = Callable[..., Scenario]
PAIR = (
    "- id: race\n"
    "  together:\n"
    '  - {id: a, call: POST /invoices, body: {name: A, amount: "1", currency: EUR}, save: {one: invoice.id}%s}\n'
    '  - {id: b, call: POST /invoices, body: {name: B, amount: "1", currency: EUR}}\n'
    "%s"
    "- call: GET /invoices/${one}\n"
)


@pytest.fixture(scope="module")
def application() -> Iterator[Application]:
    with own_application() as found:
        yield found


@pytest.mark.parametrize("seed", range(1, 9))
def test_the_worlds_are_the_same_over_http_and_in_process(application: Application, story: Story, seed: int) -> None:
    made = story(PAIR % ("", ""), f"seed: {seed}")

    results = [run(made, place, cell={}) for place in (application, application.url, application)]

    assert all(result.ok for result in results), results[0].differences
    assert len({result.digest for result in results}) == 1


def test_differences_name_the_call(application: Application, story: Story) -> None:
    result = run(story(PAIR % (", expect: {status: 404}", "")), application, cell={})

    assert str(result.differences[0]) == "a: status: expected 404, got 200"


@pytest.mark.parametrize(
    ("statuses", "is_ok"), [("[2xx, 200]", True), ("[200, 2xx]", True), ("[200, 4xx]", False), ("[200]", False)]
)
def test_statuses_are_met_in_any_order(application: Application, story: Story, statuses: str, is_ok: bool) -> None:
    result = run(story(PAIR % ("", f"  expect: {{statuses: {statuses}}}\n")), application, cell={})

    assert result.ok is is_ok
    if not is_ok:
        assert result.differences[0].where == "statuses"


def test_a_name_that_is_not_there_is_told(application: Application, story: Story) -> None:
    result = run(story((PAIR % ("", "")).replace("invoice.id", "customer_action.value")), application, cell={})

    (difference,) = result.differences
    assert str(difference) == "a: save one: expected a value at customer_action.value, got nothing"
