"""The verb `branch`: how it is read, and what is wrong with it by place."""

from collections.abc import Callable

import pytest

from mockpsp.scenarios.language.branching import Branch
from mockpsp.scenarios.language.model import Scenario
from mockpsp.scenarios.language.verbs import Call

Story = Callable[..., Scenario]
Find = Callable[[str], list[str]]
HEAD = "format: 1\nname: A story\nsteps:\n"
TWO = "- branch: {a: [{call: 'GET /customers'%s}], b: [{call: 'GET /customers'%s}]}\n"


def test_each_future_has_its_steps(story: Story) -> None:
    (step,) = story(
        "- branch:\n"
        "    a: [{id: one, call: GET /customers, save: {x: count}}, {call: 'GET /customers/${x}'}]\n"
        "    b: [{call: GET /customers, save: {z: count}}]\n"
        "  expect: {branches: {a.keeps: {$gt: b.keeps}, b.z: done, a.fees.EUR: '1.00'}}\n"
    ).steps

    assert isinstance(step.action, Branch)
    assert [(one.name, [each.id for each in one.steps]) for one in step.action.futures] == [
        ("a", ["one", "step-2"]),
        ("b", ["step-1"]),
    ]
    assert step.action.futures[1].steps[0].action == Call("GET", "/customers")
    assert step.expect.branches == {"a.keeps": {"$gt": "b.keeps"}, "b.z": "done", "a.fees.EUR": "1.00"}


def test_a_future_knows_what_was_saved_before_it_and_nobody_what_it_saves(problems: Find) -> None:
    before = "- {call: GET /customers, save: {x: count}}\n"
    after = "- {call: 'GET /customers/${mine}'}\n"
    first = "a: [{call: GET /customers, save: {mine: count}}, {call: 'GET /customers/${mine}'}]"
    saving = f"- branch: {{{first}, b: [{{call: 'GET /customers/%s'}}]}}\n"

    assert problems(HEAD + before + TWO % (", key: '${x}'", "")) == []
    assert problems(HEAD + saving % "b") == []
    assert [one.partition(": ")[2] for one in problems(HEAD + saving % "${mine}")] == [
        "${mine} is not saved before this"
    ]
    assert problems(HEAD + saving % "b" + after) == ["5:10: ${mine} is not saved before this"]


@pytest.mark.parametrize(
    ("steps", "problem"),
    [
        ("- branch: {a: [{call: GET /customers}]}\n", "2 to 10 futures are compared, not 1"),
        ("- branch: {a.b: [{call: GET /customers}], b: [{call: GET /customers}]}\n", "'a.b' can't name a future"),
        ("- branch: {a: [{calls: GET /customers}], b: [{call: GET /customers}]}\n", "no verb in this step"),
        (
            "- branch: {a: [{branch: {c: [{advance: {by: 1s}}], d: [{end: {}}]}}], b: [{advance: {by: 1s}}]}\n",
            "a future has no futures of its own",
        ),
        (
            "- branch: {a: [{call: 'POST ${app}/x'}], b: [{call: GET /customers}]}\n",
            "your own application knows one universe",
        ),
        ("- {call: 'POST ${app}/x'}\n" + TWO % ("", ""), "your own application knows one universe"),
        (TWO % (", save: {fees: x}", ""), "a.fees is what all PSPs took; save it under another name"),
        (TWO % ("", "") + "  expect: {status: 200}\n", "status: a branch has no answer"),
        (TWO % ("", "") + "  expect: {branches: {a.keep: '1'}}\n", "a has no 'keep'"),
        (TWO % ("", "") + "  expect: {branches: {c.keeps: '1'}}\n", "no future is named 'c'"),
        (TWO % ("", "") + "  expect: {branches: {keeps: '1'}}\n", "'keeps' compares nothing"),
        (TWO % ("", "") + "  expect: {branches: {a.keeps: {$gt: c.keeps}}}\n", "no future is named 'c'"),
        (TWO % ("", "") + "  expect: {branches: {a.keeps: {$gt: b.kept}}}\n", "b has no 'kept'"),
        ("- {call: GET /customers, expect: {branches: {a.keeps: '1'}}}\n", "branches are those of the verb branch"),
    ],
)
def test_what_is_wrong_is_told_before_anything_runs(problems: Find, steps: str, problem: str) -> None:
    found = problems(HEAD + steps)

    assert any(problem in one for one in found), found
