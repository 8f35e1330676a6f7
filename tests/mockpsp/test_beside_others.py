"""A payment made by the fixture, and its webhook, while another package has replaced the test's world."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import UTC, datetime
from pathlib import Path

import httpx
import pytest
import requests
import requests_mock
import responses
import respx
import time_machine
from freezegun import freeze_time

from mockpsp.sandbox_client import Sandbox
from tests.mockpsp.everything import paid
from tests.mockpsp.test_pytest_plugin import PAY, pytest_of

CAPTURED = "transaction.captured"
ELSEWHERE = "https://elsewhere.example/rates"
FROZEN = datetime(2031, 5, 4, 3, 2, 1, tzinfo=UTC)


def pay_and_look(mockpsp: Sandbox) -> None:
    """What the fixture does, none of which is the test's own world."""
    mockpsp.webhooks(answers=(500, 200), topics=[CAPTURED])
    transaction = paid(mockpsp)
    mockpsp.settle()
    mockpsp.advance("1d")

    assert [one.answered for one in mockpsp.received(CAPTURED)] == [500, 200]
    assert {one.signature for one in mockpsp.received(CAPTURED)} == {"valid"}
    assert str(mockpsp.now) == "2026-01-02 00:00:00+00:00"
    assert mockpsp.timeline(transaction)["payment"]["transaction_id"] == transaction
    assert "2026-01-02" in repr(mockpsp)


@responses.activate
def test_responses_answers_the_application_and_not_the_fixture(mockpsp: Sandbox) -> None:
    responses.get(ELSEWHERE, json={"EUR": 1})

    pay_and_look(mockpsp)

    assert requests.get(ELSEWHERE, timeout=10).json() == {"EUR": 1}
    assert len(responses.calls) == 1


@responses.activate
def test_an_application_that_uses_requests_is_let_through_responses(mockpsp: Sandbox) -> None:
    responses.add_passthru(mockpsp.url)

    answer = requests.get(f"{mockpsp.url}/transactions", auth=(mockpsp.project_id, mockpsp.secret), timeout=10)

    assert answer.json()["transactions"] == []


def test_requests_mock_answers_the_application_and_not_the_fixture(mockpsp: Sandbox) -> None:
    with requests_mock.Mocker() as mocked:
        mocked.get(ELSEWHERE, json={"EUR": 1})

        pay_and_look(mockpsp)

        assert requests.get(ELSEWHERE, timeout=10).json() == {"EUR": 1}
        assert mocked.call_count == 1


@respx.mock
def test_respx_answers_the_application_and_not_the_fixture(mockpsp: Sandbox) -> None:
    respx.get(ELSEWHERE).respond(json={"EUR": 1})
    respx.route(host="127.0.0.1").pass_through()

    pay_and_look(mockpsp)

    assert httpx.get(ELSEWHERE).json() == {"EUR": 1}
    answer = httpx.get(f"{mockpsp.url}/transactions", auth=(mockpsp.project_id, mockpsp.secret))
    assert len(answer.json()["transactions"]) == 1


def frozen_by_freezegun() -> AbstractContextManager[object]:
    return freeze_time(FROZEN)


def frozen_by_time_machine() -> AbstractContextManager[object]:
    return time_machine.travel(FROZEN, tick=False)


@pytest.mark.parametrize("frozen", [frozen_by_freezegun, frozen_by_time_machine])
def test_where_time_stands_still_the_universe_moves(
    mockpsp: Sandbox, frozen: Callable[[], AbstractContextManager[object]]
) -> None:
    with frozen():
        pay_and_look(mockpsp)

        assert datetime.now(UTC) == FROZEN


SOCKETS = (
    PAY
    + """
import socket

import pytest


def test_pays(mockpsp):
    receiver = mockpsp.webhooks(topics=["transaction.captured"])
    pay(mockpsp)
    mockpsp.settle()
    assert receiver.count() == 1


def test_goes_nowhere_else(mockpsp):
    pay(mockpsp)
    with pytest.raises(Exception, match="192.0.2.1"):
        socket.create_connection(("192.0.2.1", 80), 1)
"""
)


def test_beside_pytest_socket_the_own_machine_is_allowed(tmp_path: Path) -> None:
    code, printed = pytest_of(tmp_path, "--allow-hosts=127.0.0.1", test_a=SOCKETS)

    assert code == 0, printed


def test_where_no_socket_is_allowed_the_way_out_is_told(tmp_path: Path) -> None:
    code, printed = pytest_of(tmp_path, "--disable-socket", test_a=SOCKETS)

    assert code == pytest.ExitCode.TESTS_FAILED
    assert "Traceback" not in printed and "def mockpsp_server" not in printed
    assert "--allow-hosts=127.0.0.1" in printed


GREENLETS = (
    PAY
    + """
import threading

import gevent
import pytest
from gevent import monkey


def test_the_server_is_elsewhere(mockpsp):
    assert [one.name for one in threading.enumerate() if one.name.startswith("mockpsp")] == []


@pytest.mark.parametrize("when", ["unpatched", "patched meanwhile", "patched"])
def test_pays(mockpsp, when):
    if when == "patched meanwhile":
        monkey.patch_all()
    receiver = mockpsp.webhooks(answers=(500, 200), topics=["transaction.captured"])
    pay(mockpsp)
    mockpsp.settle()
    assert receiver.count() == 1
    for done in [gevent.spawn(pay, mockpsp) for _ in range(3)]:
        done.get()
    mockpsp.advance("1d")
    assert receiver.count() == 8
    mockpsp.reset()
    mockpsp.reset()
    looks = mockpsp.together("look", ("GET", "/customers"), ("GET", "/events"))
    assert [one.status_code for one in looks] == [200, 200]
"""
)


def test_gevent_may_patch_at_any_moment(tmp_path: Path) -> None:
    # pytest-socket puts back the sockets that it found, whoever has patched them since.
    code, printed = pytest_of(tmp_path, "-p", "no:socket", "-o", "faulthandler_timeout=30", test_a=GREENLETS)

    assert code == 0, printed


FAKE_FILES = (
    PAY
    + """
from pathlib import Path


def test_pays_at_a_psp(mockpsp, fs):
    mockpsp.put("/sandbox/routing", {"default": "north"})
    receiver = mockpsp.webhooks(topics=["transaction.captured"])
    pay(mockpsp)
    mockpsp.settle()
    assert receiver.count() == 1
    assert mockpsp.call("GET", "/docs", accept="text/html").status_code == 200
    Path("/shop.csv").write_text("reference,kind,amount,currency")
    assert not Path(__file__).exists()
"""
)
FAKE_FILES_THROUGHOUT = """
import pytest
from pyfakefs.fake_filesystem_unittest import Patcher


@pytest.fixture(scope="session", autouse=True)
def faked():
    with Patcher() as patcher:
        yield patcher
"""


@pytest.mark.parametrize("more", [{}, {"conftest": FAKE_FILES_THROUGHOUT}])
def test_beside_fake_files_the_server_reads_the_real_ones(tmp_path: Path, more: dict[str, str]) -> None:
    (tmp_path / "own").mkdir()
    (tmp_path / "own" / "north.toml").write_text('like = "card-flexible"\n')

    code, printed = pytest_of(tmp_path, "-o", "mockpsp_psps=own", test_a=FAKE_FILES, **more)

    assert code == 0, printed
