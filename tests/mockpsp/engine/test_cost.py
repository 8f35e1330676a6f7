"""SQL statements per request, pinned: what a request costs is decided on purpose. Times are `make bench`'s."""

from pathlib import Path

import pytest

from tests.bench.in_process import calling
from tests.bench.statements import statements_by_request, traced

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


def test_an_advance_is_one_commit_a_delivery_and_one_that_begins(tmp_path: Path) -> None:
    with calling(tmp_path / "cost.db") as caller:
        # Nobody is called there: an attempt is made, and recorded as one that can't succeed.
        caller.post("/sandbox/webhook-endpoints", {"url": "http://10.0.0.1/"})
        caller.capture(caller.invoice(), caller.card())
        with traced(caller) as advance:
            ran = caller.post("/sandbox/clock/advance", {"by": "1s"})["ran"]

    # The driver of wall clocks may look in meanwhile, and finds that this one stands still.
    transactions = "\n".join(advance).split("COMMIT")
    about_deliveries = [texts for texts in transactions if "webhook_delivery" in texts]
    assert ([step["kind"] for step in ran], len(about_deliveries)) == (["delivery"] * 3, 4)
