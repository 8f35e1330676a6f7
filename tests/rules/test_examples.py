"""Every block of code in the README and the pages, run or read by the judge of its kind (examples.py)."""

import pytest

from tests.docs import reading
from tests.docs.reading import Block
from tests.rules.examples import JUDGES, packages

OTHERS_WORDS = ("path/to/mockpsp", ".", ".[charts]")


@pytest.mark.parametrize("block", [block for block in reading.blocks() if not block.is_made], ids=str)
def test_it_is_as_it_says(block: Block, request: pytest.FixtureRequest) -> None:
    JUDGES[block.marker](block, request)


def test_what_is_to_be_installed_is_what_the_project_knows() -> None:
    texts = [text for _, text in reading.spans() if text.startswith("pip install ")]
    named = {word.strip("'") for text in texts for word in text.split()[2:]}

    assert named
    assert named - set(OTHERS_WORDS) <= packages()
