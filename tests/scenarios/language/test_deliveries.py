"""The verb `deliver`: what is wrong with it by place, before anything runs."""

from collections.abc import Callable

import pytest

Find = Callable[[str], list[str]]
HEAD = "format: 1\nname: A story\nreceivers: {shop: {url: sink}}\nsteps:\n"


@pytest.mark.parametrize(
    ("said", "problem"),
    [
        ("deliver: duplicat", "5:12: unknown misbehaviour 'duplicat' (nearest known: duplicate)"),
        ("deliver: delay", "delay takes a span, such as delay 3s"),
        ("deliver: delay 2bd", "delay takes a span, such as delay 3s: a calendar says how long business days are"),
        ("deliver: drop 3s", "drop takes no span"),
        ("{deliver: drop, match: {event: plan.created}}", "'plan.created' never fires here"),
        ("{deliver: drop, match: {event: transaction.capture}}", "did you mean 'transaction.captured'?"),
        ("{deliver: normal, times: 2}", "deliver: normal ends all rules"),
        ("{deliver: drop, times: 0}", "a count"),
        ("{deliver: [{do: drop}], times: 2}", "of several rules each has a match and times of its own"),
    ],
)
def test_what_is_wrong_is_told_before_anything_runs(problems: Find, said: str, problem: str) -> None:
    found = problems(f"{HEAD}- {said}\n")

    assert len(found) == 1, found
    assert problem in found[0]
