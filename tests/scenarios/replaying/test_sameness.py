"""A few stories, each of another kind, to the same bytes in other zones, locales and interpreters, by other hashes.

`python -m tests.sameness`, which is part of `make prove`, does the same with the whole library.
"""

from tests.sameness import circumstances, difference, interpreters, played

#: Zones and shared steps, calls at once, futures, signatures of many kinds, a table of currencies, lines of payouts.
STORIES = (
    "friday-before-and-after-the-batch-closes",
    "two-refunds-at-once",
    "one-suspicion-refunded-left-alone-or-refunded-in-part",
    "webhooks-in-the-dialects-of-psps",
    "table-of-currencies-each-with-its-fee",
    "payouts-line-up-with-orders-refunds-and-fees",
)


def test_stories_come_to_the_same_bytes_wherever_they_are_played() -> None:
    each = circumstances(list(interpreters().values()))

    first, *others = played(each, STORIES)

    assert len(others) >= 3
    assert [(str(where), difference(first, text)) for where, text in zip(each[1:], others, strict=True)] == [
        (str(where), "") for where in each[1:]
    ]


def test_a_difference_is_told_with_its_story_and_its_line() -> None:
    first = b"## a sandbox\nabc\nincome:sales  10.00 EUR\n"

    assert difference(first, first) == ""
    assert difference(first, first.replace(b"10.00", b"9.00")) == (
        "a sandbox: income:sales  10.00 EUR <> income:sales  9.00 EUR"
    )
    assert difference(first, first + b"more\n") == "41 bytes <> 46 bytes"
