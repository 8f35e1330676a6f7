"""Every answer a contract test gets is held to the OpenAPI document."""

from collections.abc import Iterator

import pytest

from tests.contract.judge import judging


@pytest.fixture(autouse=True)
def _answers_are_as_documented() -> Iterator[None]:
    with judging() as found:
        yield
    assert list(dict.fromkeys(found.differences)) == [], "an answer differs from api/described"
