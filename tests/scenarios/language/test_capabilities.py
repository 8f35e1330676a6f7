"""`only: {can: ...}`: which PSPs a story or a step is for, read strictly and held against what PSPs can do."""

from collections.abc import Callable
from pathlib import Path

import pytest

from mockpsp.catalog import load_catalog
from mockpsp.catalog.facts import ASKED, LISTED, facts_of, value_of
from mockpsp.catalog.profile_sheet import profile_json
from mockpsp.scenarios.language.capabilities import unmet
from mockpsp.scenarios.language.errors import ScenarioErrors
from mockpsp.scenarios.language.loader import load
from mockpsp.scenarios.language.model import Json, Scenario
from mockpsp.scenarios.replaying.runner import RunResult, run

Load = Callable[[str], Scenario]

STORY = """\
format: 1
name: Captured by capability
matrix: {psp: [sandbox]}
steps:
  - {id: order, call: POST /invoices, body: {name: A, amount: "100.00", currency: EUR}, save: {iv: invoice.id}}
  - id: hold
    call: POST /invoices/${iv}/authorize
    body: {source: "${source}"}
    save: {tr: transaction.id}
    only: {can: {authorize: true}}
  - id: part
    call: POST /invoices/${iv}/capture
    body: {capture_amount: "60.00", capture_type: final}
    only: {can: {authorize: true, partial_capture: [once, many]}}
  - id: all
    call: POST /invoices/${iv}/capture
    only: {can: {authorize: true, partial_capture: none}}
  - id: sale
    call: POST /invoices/${iv}/capture
    body: {source: "${source}"}
    save: {tr: transaction.id}
    only: {can: {authorize: false}}
  - {id: seen, call: "GET /transactions/${tr}"}
"""


@pytest.fixture
def load_text(tmp_path: Path) -> Load:
    def load_story(text: str) -> Scenario:
        file = tmp_path / "story.yaml"
        file.write_text(text, encoding="utf-8")
        return load(file)

    return load_story


def steps_at(psp: str, story: Scenario, server: str) -> RunResult:
    return run(story, server, cell={"psp": psp})


@pytest.mark.parametrize(
    ("psp", "steps"),
    [
        ("sandbox", ["order", "hold", "part", "seen"]),
        ("card-async", ["order", "hold", "part", "seen"]),
        ("card-simple", ["order", "hold", "all", "seen"]),
        ("bank-redirect", ["order", "sale", "seen"]),
    ],
)
def test_a_story_goes_as_its_psp_can(mockpsp_server: str, load_text: Load, psp: str, steps: list[str]) -> None:
    result = steps_at(psp, load_text(STORY), mockpsp_server)

    assert result.ok, result.differences
    assert [step.id for step in result.steps] == steps
    assert result.steps_count == len(steps)


def test_a_whole_story_may_need_something_and_says_what_a_psp_lacks(mockpsp_server: str, load_text: Load) -> None:
    story = load_text(STORY.replace("steps:", "only: {can: {authorize: true, methods: [card, wallet]}}\nsteps:", 1))

    assert steps_at("sandbox", story, mockpsp_server).ok
    (setup,) = steps_at("bank-redirect", story, mockpsp_server).steps
    (difference,) = setup.differences
    assert difference.actual == "bank-redirect is not: authorize: true is needed here, and it has authorize: false"


def test_what_no_step_saved_at_a_psp_is_a_difference_that_names_it(mockpsp_server: str, load_text: Load) -> None:
    story = load_text(
        STORY.replace(
            "    save: {tr: transaction.id}\n    only: {can: {authorize: false}}", "    only: {can: {authorize: false}}"
        )
    )

    (difference,) = steps_at("bank-redirect", story, mockpsp_server).differences

    assert difference.actual == "needs ${tr}, which no step that runs here saves"


@pytest.mark.parametrize(
    ("condition", "wrong"),
    [
        (
            "can: {partial_captures: once}",
            "10:18: PSPs have no fact 'partial_captures' (nearest known: partial_capture)",
        ),
        (
            "can: {partial_capture: twice}",
            "10:35: can: partial_capture: is 'twice'; known: none, once, many",
        ),
        ("can: {authorize: yes}", "10:29: yes: older YAML reads a boolean"),
        ("can: {refund_window: soon}", "can: refund_window:"),
        ("can: {}", "can is empty"),
        ("can: once", "can is a mapping, not a text"),
        ("can: {captures_max: []}", "the list of values is empty"),
        ("could: {authorize: true}", "unknown key 'could' in only"),
    ],
)
def test_what_is_wrong_in_it_is_said_with_its_place(load_text: Load, condition: str, wrong: str) -> None:
    with pytest.raises(ScenarioErrors) as caught:
        load_text(STORY.replace("can: {authorize: true}", condition, 1))
    assert wrong in str(caught.value)


def test_of_a_whole_story_only_can_is_said(load_text: Load) -> None:
    with pytest.raises(ScenarioErrors, match="unknown key 'psp' in only of a whole story"):
        load_text(STORY.replace("steps:", "only: {psp: sandbox}\nsteps:", 1))


def test_can_is_no_axis(load_text: Load) -> None:
    with pytest.raises(ScenarioErrors, match="'can' can't be an axis"):
        load_text(STORY.replace("matrix: {psp: [sandbox]}", "matrix: {can: [sandbox]}"))


def test_every_fact_of_every_psp_can_be_asked_for() -> None:
    for profile in load_catalog().profiles.values():
        facts = facts_of(profile_json(profile))
        assert set(facts) == set(ASKED)


@pytest.mark.parametrize(
    ("fact", "value", "shown"),
    [
        ("authorization_lifetime", "168h", "7d"),
        ("captures_max", "unlimited", "unlimited"),
        ("captures_max", 50, 50),
        ("refund_window", "6mo", "6mo"),
        ("settlement_delay", "2bd", "2bd"),
        ("methods", "card", "card"),
        ("native", "iban", "iban"),
        ("over_capture", "none", "none"),
        ("amount_minimum", "none", "none"),
        ("reserve", "none", "none"),
        ("reserve", "10%", "10%"),
        ("settlement_cut_off", "none", "none"),
        ("void", True, True),
    ],
)
def test_a_value_is_what_a_profile_with_it_shows(fact: str, value: Json, shown: Json) -> None:
    assert value_of(fact, value) == shown


@pytest.mark.parametrize(
    ("psp", "fact", "value", "will_do"),
    [
        ("card-async", "currencies", "EUR", True),
        ("bank-redirect", "currencies", "USD", False),
        ("sandbox", "currencies", "USD", True),
        ("bank-debit", "methods", "card", False),
        ("sandbox", "captures_max", "unlimited", True),
        ("card-flexible", "captures_max", 50, True),
        ("card-flexible", "captures_max", 49, False),
    ],
)
def test_a_psp_is_held_against_it(psp: str, fact: str, value: Json, will_do: bool) -> None:
    facts = facts_of(profile_json(load_catalog().profiles[psp]))
    lacking = unmet({fact: (value_of(fact, value),)}, facts)
    assert (lacking == "") is will_do
    assert will_do or lacking.startswith(f"{fact}: {value} is needed here")


def test_lists_are_those_that_profiles_state_as_lists() -> None:
    facts = facts_of(profile_json(load_catalog().profiles["wallet"]))
    assert {fact for fact, value in facts.items() if isinstance(value, list)} == set(LISTED)
