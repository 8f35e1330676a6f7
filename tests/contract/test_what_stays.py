"""What compatibility.md promises: what was there once is there still."""

from tests.contract.staying import there_is, there_was


def test_what_was_there_once_is_there_still() -> None:
    assert there_was() - there_is() == set()


def test_what_is_new_is_on_the_list() -> None:
    """`python -m tests.contract.staying` adds it."""
    assert there_is() - there_was() == set()
