"""A story's receivers: the user's own application, handlers that call back, and what is wrong with them by place."""

from collections.abc import Callable

import pytest

from mockpsp.scenarios.language.model import Handling, Scenario
from mockpsp.scenarios.language.verbs import Call

Story = Callable[..., Scenario]
Find = Callable[[str], list[str]]


def test_a_handler_is_read(story: Story) -> None:
    handler = "[{on: customer.created, call: 'GET /customers/${cust}', key: '${event_id}'}]"

    (shop,) = story(
        "- {call: POST /customers, save: {cust: customer.id}}",
        f"receivers: {{shop: {{url: sink, handler: {handler}}}}}",
    ).receivers

    assert shop.handler == (Handling("customer.created", Call("GET", "/customers/${cust}", key="${event_id}")),)


@pytest.mark.parametrize(
    ("url", "path"), [("sink", None), ("app", ""), ('"${app}"', ""), ('"${app}/hooks/psp"', "/hooks/psp")]
)
def test_a_receiver_is_a_sink_or_a_place_in_the_application(story: Story, url: str, path: str | None) -> None:
    made = story("- call: POST /customers", f"receivers: {{shop: {{url: {url}}}}}")

    assert made.receivers[0].app_path == path
    assert (made.app_place is None) is (path is None)


@pytest.mark.parametrize(
    ("receivers", "problem"),
    [
        ("{shop: {url: snik}}", "unknown receiver's url 'snik' (nearest known: sink)"),
        ("{shop: {url: app, answers: [500]}}", "answers: the application has its own"),
        ("{shop: {url: app, scheme: square}}", "square signs the address too"),
        (
            "{shop: {url: app, handler: [{on: customer.created, call: GET /customers}]}}",
            "handler: the application has its own",
        ),
        ("{shop: {url: sink, handler: [{on: customer.created}]}}", "a call of a handler needs call"),
        ("{shop: {url: sink, handler: [{on: customer.creatd, call: GET /customers}]}}", "customer.creatd"),
        (
            "{shop: {url: sink, handler: [{on: customer.created, call: POST /sandbox/settle}]}}",
            "a handler calls the API; time and the world are the story's to move",
        ),
        (
            "{shop: {url: sink, handler: [{on: customer.created, call: 'GET /customers/${cst}'}]}}",
            "${cst} is not saved anywhere",
        ),
        (
            "{a: {url: sink, handler: [{on: customer.created, call: GET /cards}]}, "
            "b: {url: sink, handler: [{on: customer.created, call: GET /cards}]}}",
            "a and b call back",
        ),
    ],
)
def test_what_is_wrong_is_told_before_anything_runs(problems: Find, receivers: str, problem: str) -> None:
    steps = "steps:\n- call: POST /customers\n"

    found = problems(f"format: 1\nname: A story\nreceivers: {receivers}\n{steps}")

    assert len(found) == 1, found
    assert problem in found[0]


def test_via_is_none_of_an_applications_business(problems: Find) -> None:
    found = problems("format: 1\nname: A story\nsteps:\n- {call: 'GET ${app}/a', via: north}\n")

    assert found == ["4:31: via is a PSP of the API; the application chooses its own"]
