"""What a story booked, kept beside it as text: without ids, a part a cell, a change as a diff."""

from pathlib import Path

from mockpsp.scenarios.replaying import goldens

ENTRIES = [
    {
        "at": "2026-01-05T09:00:00Z",
        "fact": "captured",
        "on": "tr_IOWCXx9oLiP2JSWB90VwPLTJMwO9tl5X",
        "postings": [{"debit": "a", "credit": "b", "amount": "10.00", "currency": "EUR"}],
    },
    {"at": "2026-01-05T10:00:00Z", "fact": "noted", "on": "tr_J3DqODRkHgx1jEOxnJUaqOR1lwlGTJpe", "postings": []},
]
TEXT = """\
2026-01-05T09:00:00Z captured tr_1
    a  b  10.00 EUR
2026-01-05T10:00:00Z noted tr_2
"""


def test_ids_are_replaced_by_the_order_in_which_they_are_met() -> None:
    assert goldens.written(ENTRIES) == TEXT


def test_a_golden_is_read_as_it_was_written(tmp_path: Path) -> None:
    story = str(tmp_path / "a.yaml")
    cells = [({"psp": "wallet"}, TEXT), ({"psp": "bnpl"}, ""), ({}, TEXT)]

    goldens.path_of(story).write_text(goldens.updated(story, cells))

    assert goldens.read(story) == {"wallet": TEXT, "bnpl": "", "the only run": TEXT}


def test_cells_that_did_not_run_stay_as_they_were(tmp_path: Path) -> None:
    story = str(tmp_path / "a.yaml")
    goldens.path_of(story).write_text(goldens.updated(story, [({"psp": "wallet"}, TEXT), ({"psp": "bnpl"}, TEXT)]))

    goldens.path_of(story).write_text(goldens.updated(story, [({"psp": "bnpl"}, "")]))

    assert goldens.read(story) == {"wallet": TEXT, "bnpl": ""}


def test_a_change_shows_as_a_diff(tmp_path: Path) -> None:
    story = str(tmp_path / "a.yaml")
    goldens.path_of(story).write_text(goldens.updated(story, [({}, TEXT)]))

    found = goldens.difference(story, {}, TEXT.replace("10.00", "9.00"))

    assert "-    a  b  10.00 EUR\n+    a  b  9.00 EUR\n" in found
    assert goldens.difference(story, {}, TEXT) == ""


def test_a_story_without_a_golden_differs_from_none(tmp_path: Path) -> None:
    assert goldens.difference(str(tmp_path / "a.yaml"), {}, TEXT) == ""
