"""A universe whose time stands still, and somebody who has signed in on its page."""

from collections.abc import Iterator

import pytest

from tests.mockpsp.api.pages.looking import Looker, serving


@pytest.fixture
def looker() -> Iterator[Looker]:
    with serving() as app:
        yield Looker(app)
