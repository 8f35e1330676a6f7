"""The verb `together`: how it is read, and what is wrong with it by place."""

from collections.abc import Callable

import pytest

from mockpsp.scenarios.language.model import Expect, Scenario
from mockpsp.scenarios.language.together import Together
from mockpsp.scenarios.language.verbs import Call

Story = Callable[..., Scenario]
Find = Callable[[str], list[str]]
HEAD = "format: 1\nname: A story\nsteps:\n"


def test_each_call_has_its_options_and_its_expectations(story: Story) -> None:
    (step,) = story(
        "- id: race\n"
        "  together:\n"
        "  - {id: a, call: POST /customers, key: k, expect: {status: 200}}\n"
        "  - {call: GET /customers, via: north}\n"
        "  expect: {statuses: [200, 4xx]}\n"
    ).steps

    assert isinstance(step.action, Together)
    first, second = step.action.parts
    assert (first.id, first.call, first.expect) == ("a", Call("POST", "/customers", key="k"), Expect(status=200))
    assert (second.id, second.call, second.expect) == ("2", Call("GET", "/customers", via="north"), None)
    assert step.expect.statuses == (200, "4xx")


def test_what_one_saves_another_may_expect_but_not_send(problems: Find) -> None:
    calls = (
        "  - {call: POST /customers, save: {first: customer.id}}\n"
        "  - {call: POST /customers, expect: {body: {customer: {id: {$same_as: first}}}}}\n"
    )
    sent = "  - {call: 'GET /customers/${first}'}\n"

    assert problems(f"{HEAD}- together:\n{calls}") == []
    assert problems(f"{HEAD}- together:\n{sent}{calls}") == ["5:12: ${first} is not saved before this"]


@pytest.mark.parametrize(
    ("steps", "problem"),
    [
        ("- together: [{call: GET /customers}]\n", "2 to 20 calls go together, not 1"),
        ("- together: [{call: GET /customers}, {call: POST /sandbox/reset}]\n", "only calls of the API go together"),
        ("- together: [{call: GET /customers}, {key: a}]\n", "a call needs call"),
        (
            "- together: [{call: GET /cards, id: x}, {call: GET /cards, id: x}]\n",
            "the id x stands here twice",
        ),
        (
            "- together: [{call: GET /cards}, {call: GET /cards, expect: {ledger: {unchanged: true}}}]\n",
            "ledger is expected of the whole step; of one call: status, body, headers, transport",
        ),
        (
            "- {together: [{call: GET /cards}, {call: GET /cards}], expect: {status: 200}}\n",
            "status: each call has its own; expect it of a call, or statuses of all",
        ),
        (
            "- {together: [{call: GET /cards}, {call: GET /cards}], save: {a: b}}\n- {call: 'GET /${a}'}\n",
            "what calls that go together answer is saved by each of them",
        ),
        ("- {call: GET /cards, expect: {statuses: [200]}}\n", "statuses are those of calls that go together"),
        ("- {expect: {statuses: [200]}}\n", "a step that only looks has no answer"),
    ],
)
def test_what_is_wrong_is_told_before_anything_runs(problems: Find, steps: str, problem: str) -> None:
    found = problems(HEAD + steps)

    assert len(found) == 1, found
    assert problem in found[0]
