"""A receiver's handler: its calls are made while the webhook waits, with names as they are then."""

from collections.abc import Callable, Iterator

import pytest

from mockpsp.scenarios.language.model import Scenario
from mockpsp.scenarios.replaying.application import Application, own_application
from mockpsp.scenarios.replaying.runner import run

Story = Callable[..., Scenario]
HEAD = "receivers: {shop: {url: sink, topics: [customer.created], handler: [{on: customer.created, %s}]}}"
CUSTOMER = "- {call: POST /customers, save: {cust: customer.id}}\n"
SETTLE = "- {call: POST /sandbox/settle, expect: {body: {calls: %s}}}\n"


@pytest.fixture(scope="module")
def application() -> Iterator[Application]:
    with own_application() as found:
        yield found


@pytest.mark.parametrize("over_http", [False, True])
def test_its_call_is_made_with_what_is_saved(application: Application, story: Story, over_http: bool) -> None:
    made = story(
        CUSTOMER + SETTLE % '[{method: GET, path: "/customers/${cust}", status: 200}]',
        HEAD % "call: 'GET /customers/${cust}'",
    )

    result = run(made, application.url if over_http else application, cell={})

    assert result.ok, result.differences


def test_a_name_that_is_saved_later_is_named(application: Application, story: Story) -> None:
    made = story(
        "- call: POST /customers\n- call: POST /sandbox/settle\n" + CUSTOMER, HEAD % "call: 'GET /customers/${cust}'"
    )

    result = run(made, application, cell={})

    assert "shop calls GET /customers/${cust}, and no step so far has saved ${cust}" in result.differences[0].actual
