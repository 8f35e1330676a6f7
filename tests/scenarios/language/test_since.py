"""`delta: {since: STEP}`: which step such a name means, in a story, in futures and in shared steps."""

from collections.abc import Callable
from pathlib import Path

import pytest

from mockpsp.scenarios.language.loader import load
from mockpsp.scenarios.language.model import Scenario, Step

Make = Callable[..., Scenario]
Problems = Callable[[str], list[str]]
LOOK = "expect: {ledger: {delta: {since: SINCE, 'income:sales': 0 EUR}}}"


def since(step: Step) -> str | None:
    assert step.expect.ledger is not None
    return step.expect.ledger.since


def test_a_delta_begins_after_an_earlier_step(story: Make) -> None:
    told = story(f"- {{id: pay, call: GET /cards}}\n- {{{LOOK.replace('SINCE', 'pay')}}}")

    assert since(told.steps[1]) == "pay"
    assert told.steps[1].expect.ledger.delta == {"income:sales": ["0 EUR"]}  # type: ignore[union-attr]
    assert told.compared_since == {"pay"}


def test_a_step_without_an_id_goes_by_its_number(story: Make) -> None:
    told = story(f"- {{call: GET /cards}}\n- {{{LOOK.replace('SINCE', 'step-1')}}}")

    assert since(told.steps[1]) == "step-1"


def test_repeated_steps_go_by_their_number(story: Make) -> None:
    steps, looks = "- {id: 'part-${n}', repeat: 3, call: GET /cards}\n", LOOK.replace("SINCE", "'part-${n}'")
    told = story(f"{steps}- {{id: 'look-${{n}}', repeat: 2, {looks}}}")

    assert [since(step) for step in told.steps[3:]] == ["part-1", "part-2"]


def test_a_future_compares_with_its_own_steps_and_with_those_before_it(story: Make) -> None:
    steps = (
        "- {id: pay, call: GET /cards}\n"
        "- id: either\n"
        "  branch:\n"
        f"    a: [{{id: own, call: GET /cards}}, {{id: look, {LOOK.replace('SINCE', 'own')}}}]\n"
        f"    b: [{{id: look, {LOOK.replace('SINCE', 'pay')}}}]\n"
        f"  expect: {{ledger: {{delta: {{since: pay, 'income:sales': 0 EUR}}}}}}\n"
    )
    told = story(steps)

    a, b = told.steps[1].action.futures
    assert (since(a.steps[1]), since(b.steps[0]), since(told.steps[1])) == ("own", "pay", "pay")
    assert told.compared_since == {"own", "pay"}


def test_a_step_of_shared_ones_names_another_as_it_stands_there(tmp_path: Path) -> None:
    shared = f"takes: {{}}\nsteps:\n- {{id: pay, call: GET /cards}}\n- {{id: look, {LOOK.replace('SINCE', 'pay')}}}\n"
    (tmp_path / "pay.yaml").write_text(shared, encoding="utf-8")
    uses = "- {id: pay, call: GET /cards}\n- {id: sale, use: pay.yaml}\n"
    look = f"- {{id: end-of-day, {LOOK.replace('SINCE', 'sale.pay')}}}\n"
    (tmp_path / "story.yaml").write_text(f"format: 1\nname: a\nsteps:\n{uses}{look}", encoding="utf-8")

    told = load(tmp_path / "story.yaml")

    assert [(step.id, since(step)) for step in told.steps if step.expect.ledger] == [
        ("sale.look", "sale.pay"),
        ("end-of-day", "sale.pay"),
    ]


@pytest.mark.parametrize(
    ("steps", "wrong"),
    [
        (
            f"- {{id: pay, call: GET /cards}}\n- {{{LOOK.replace('SINCE', 'pya')}}}\n",
            "5:37: no earlier step is called 'pya' (nearest known: pay)",
        ),
        (f"- {{id: self, {LOOK.replace('SINCE', 'self')}}}\n", "4:47: no earlier step is called 'self'"),
        (
            f"- {{id: look, {LOOK.replace('SINCE', 'later')}}}\n- {{id: later, call: GET /cards}}\n",
            "4:47: no earlier step is called 'later'",
        ),
        (
            f"- branch: {{a: [{{id: own, call: GET /cards}}], b: [{{call: GET /cards}}]}}\n"
            f"- {{{LOOK.replace('SINCE', 'own')}}}\n",
            "5:37: no earlier step is called 'own'",
        ),
    ],
)
def test_only_a_step_that_has_been_is_meant(problems: Problems, steps: str, wrong: str) -> None:
    assert problems(f"format: 1\nname: a\nsteps:\n{steps}") == [wrong]
