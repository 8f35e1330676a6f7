"""The verb `fault`: how it is read, and what is wrong with it by place."""

from collections.abc import Callable

import pytest

from mockpsp.scenarios.language.model import Scenario
from mockpsp.scenarios.language.verbs import Fault
from tests.scenarios.conftest import TinyServer

Story = Callable[..., Scenario]
Find = Callable[[str], list[str]]
HEAD = "format: 1\nname: A story\nsteps:\n"


def test_it_is_read_as_the_server_takes_it(story: Story) -> None:
    said = (
        "match: POST /invoices/*/capture, do: stall 30s, when: after_commit, key: a, gateway: north, nth: 2, times: 3"
    )

    (step,) = story(f"- fault: {{{said}}}").steps

    assert step.action == Fault(
        {
            "match": "POST /invoices/*/capture",
            "do": "stall 30s",
            "when": "after_commit",
            "key": "a",
            "gateway": "north",
            "nth": 2,
            "times": 3,
        }
    )
    assert str(step.action) == 'fault "stall 30s" at "POST /invoices/*/capture"'


def test_none_takes_them_away(story: Story) -> None:
    assert story("- fault: none").steps[0].action == Fault(None)


@pytest.mark.parametrize(
    ("said", "problem"),
    [
        ("{match: '*', do: rest}", "4:27: do: 'rest' is nothing that a fault does; did you mean 'reset'?"),
        ("{match: '*', do: reset}", "4:27: when: is missing: reset happens before_commit or after_commit"),
        ("{match: '*', do: delay 1s, when: after_commit}", "4:43: when: delay doesn't go after_commit"),
        ("{match: /invoices, do: truncate}", "4:18: match: '/invoices' is no route such as"),
        ("{match: PATCH /invoices, do: truncate}", "4:18: match: 'PATCH /invoices': faults meet calls by DELETE, GET,"),
        ("{match: '*', do: delay 3m}", "4:27: do: '3m' is real time, and a delay takes 1 ms to 120 s"),
        ("{match: '*'}", "do"),
        ("{match: '*', do: truncate, tmes: 2}", "tmes"),
        ("{match: '*', do: truncate, nth: 0}", "a count"),
        ("nothing", "a fault is a mapping such as {match: POST /invoices/*/capture, when: after_commit, do: reset}"),
        ("reset", "or none; not 'reset'"),
    ],
)
def test_what_is_wrong_is_told_before_anything_runs(problems: Find, said: str, problem: str) -> None:
    found = problems(f"{HEAD}- fault: {said}\n")

    assert len(found) == 1
    assert problem in found[0]


def test_a_wrong_route_does_not_hide_a_wrong_deed(problems: Find) -> None:
    found = problems(f"{HEAD}- fault: {{match: POST /invoices/*/captur, do: rest, when: after_comit}}\n")

    assert [one.partition(": ")[2].partition(":")[0] for one in found] == ["match", "do"]


def test_names_of_the_story_stand_in_it(story: Story, tiny: TinyServer) -> None:
    from mockpsp.scenarios.replaying.runner import run

    tiny.answers["POST /sandbox/faults"] = (200, {"success": True})
    tiny.answers["DELETE /sandbox/faults"] = (200, {"success": True, "removed": 1})
    steps = (
        "- {call: POST /invoices, save: {iv: invoice.id}}\n"
        "- fault: {match: 'POST /invoices/${iv}/capture', do: truncate}\n- fault: none"
    )

    result = run(story(steps), tiny.url, cell={})

    assert result.ok, result.differences
    assert tiny.asked("POST", "/sandbox/faults") == [{"match": "POST /invoices/iv_1/capture", "do": "truncate"}]
    assert tiny.asked("DELETE", "/sandbox/faults") == [None]
