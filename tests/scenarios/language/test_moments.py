"""Moments in a story: where it begins, and what it advances to."""

from collections.abc import Callable

import pytest

from mockpsp.scenarios.language.model import Scenario

Find = Callable[[str], list[str]]
Make = Callable[..., Scenario]


@pytest.mark.parametrize(
    "clock", ["2026-01-05 10:00 Europe/Berlin", "2026-01-05T10:00:00+01:00", "2026-01-05T09:00:00Z"]
)
def test_a_story_begins_at_a_moment_of_any_zone(story: Make, clock: str) -> None:
    assert story("- call: GET /invoices", f'clock: "{clock}"').clock == "2026-01-05T09:00:00Z"


def test_a_moment_that_is_none_is_told_before_anything_runs(problems: Find) -> None:
    head = 'format: 1\nname: A story\nclock: "friday 17:00 Europe/Berlin"\n'

    first, second = problems(f'{head}steps:\n- {{advance: {{to: "fryday 17:00 Europe/Berlin"}}}}\n')

    assert first.startswith("3:8: 'friday 17:00 Europe/Berlin' says no day")
    assert second.startswith("5:18: 'fryday 17:00 Europe/Berlin': there is no day 'fryday'")


def test_a_span_may_be_business_days(problems: Find) -> None:
    assert problems("format: 1\nname: A story\nsteps:\n- {advance: {by: 2bd, calendar: us-fed}}\n") == []
