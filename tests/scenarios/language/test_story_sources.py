"""What is behind a story and where that is told: pages by title and address, choices said plainly, nothing else."""

from collections.abc import Callable

import pytest

from mockpsp.scenarios.language.model import Scenario, StorySource

Make = Callable[..., Scenario]
Problems = Callable[[str], list[str]]
STEPS = "steps: [{call: GET /cards}]\n"


def test_a_story_says_what_is_behind_it_and_where_that_is_told(story: Make) -> None:
    told = story(
        "- call: GET /cards",
        head="about: >-\n  An answer\n  was lost.\nsource:\n  - {title: Refunds, url: 'https://docs.example.com/a#b'}\n"
        "  - {choice: that it takes three days}",
    )

    assert told.about == "An answer was lost."
    assert told.sources == (
        StorySource("Refunds", "https://docs.example.com/a#b"),
        StorySource(choice="that it takes three days"),
    )
    assert [str(one) for one in told.sources] == [
        "Refunds, https://docs.example.com/a#b",
        "our choice: that it takes three days",
    ]


def test_a_story_may_be_silent_about_it(story: Make) -> None:
    told = story("- call: GET /cards")

    assert (told.about, told.sources) == ("", ())


@pytest.mark.parametrize(
    ("source", "wrong"),
    [
        ("https://docs.example.com", "3:9: a source is a mapping, not a text"),
        ("{titel: Refunds}", "3:10: unknown key 'titel' in a source (nearest known: title)"),
        ("{title: Refunds}", "3:9: a source that is no choice needs url"),
        (
            "{title: Refunds, url: refunds.html}",
            "3:31: the address of a page, https://..., is wanted here, not 'refunds.html'",
        ),
        (
            "{title: Refunds, choice: three days}",
            "3:17: title beside choice: make two sources of it, a page and a choice",
        ),
        ("[" + ", ".join(["{choice: a}"] * 11) + "]", "3:9: 11 sources, a story names at most 10"),
    ],
)
def test_what_is_no_source_is_refused_at_its_place(problems: Problems, source: str, wrong: str) -> None:
    found = problems(f"format: 1\nname: a\nsource: {source}\n{STEPS}")

    assert wrong in found
