"""SQL statements per request, pinned: what a request costs is decided on purpose. Times are `make bench`'s."""

from pathlib import Path

import pytest

from tests.bench.statements import statements_by_request

#: Request -> statements, one of several rows counted once a row, BEGIN and COMMIT included.
PINNED = {"create invoice": 8, "capture": 23, "refund": 18}


@pytest.fixture(scope="module")
def by_request(tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[str]]:
    """The statements of each request, without keys and with nobody listening."""
    folder: Path = tmp_path_factory.mktemp("cost")
    return statements_by_request(folder / "cost.db")


@pytest.mark.parametrize(("request_name", "count"), PINNED.items())
def test_a_request_costs_so_many_statements(by_request: dict[str, list[str]], request_name: str, count: int) -> None:
    assert len(by_request[request_name]) == count, "\n".join(by_request[request_name])


def test_a_request_is_one_commit(by_request: dict[str, list[str]]) -> None:
    assert {name: texts.count("COMMIT") for name, texts in by_request.items()} == dict.fromkeys(PINNED, 1)
