"""The pytest plugin, in projects of their own: scopes, a server that runs already, PSPs, reports of failed tests."""

import os
import re
import subprocess
from pathlib import Path

import pytest

from mockpsp.config import PREFIX, Settings
from mockpsp.pytest_plugin import psps
from mockpsp.sandbox_client import Sandbox
from tests.mockpsp.pytest_runs import PYTEST
from tests.mockpsp.worlds import serving

pytestmark = pytest.mark.slow

PAY = """
def pay(world, amount="9.00"):
    invoice = world.post("/invoices", {"name": "Order", "amount": amount, "currency": "EUR"})["invoice"]
    return world.post(f"/invoices/{invoice['id']}/capture", {"source": world.card()})["transaction"]
"""

SCOPES = (
    PAY
    + """
def count(world):
    return len(world.get("/transactions")["transactions"])


def test_one(mockpsp, mockpsp_module, mockpsp_session):
    for world in (mockpsp, mockpsp_module, mockpsp_session):
        assert (str(world.now), count(world)) == ("2026-01-01 00:00:00+00:00", 0)
        pay(world)
    assert len({mockpsp.project_id, mockpsp_module.project_id, mockpsp_session.project_id}) == 3


def test_two(mockpsp, mockpsp_module, mockpsp_session):
    assert [count(world) for world in (mockpsp, mockpsp_module, mockpsp_session)] == [0, 1, 1]
"""
)
NEXT_MODULE = """
def test_three(mockpsp_module, mockpsp_session):
    assert [len(one.get("/transactions")["transactions"]) for one in (mockpsp_module, mockpsp_session)] == [0, 1]
"""


def pytest_of(folder: Path, *words: str, **files: str) -> tuple[int, str]:
    """How pytest ended in a project that has these modules, and what it printed."""
    for name, text in files.items():
        (folder / f"{name}.py").write_text(text)
    clean = {name: value for name, value in os.environ.items() if not name.startswith((PREFIX, "PYTEST"))}
    command = [*PYTEST, "--strict-markers", *words]
    done = subprocess.run(command, cwd=folder, env=clean, capture_output=True, text=True, timeout=120)
    return done.returncode, done.stdout + done.stderr


def test_a_world_for_a_test_a_module_and_a_run(tmp_path: Path) -> None:
    code, printed = pytest_of(tmp_path, test_a=SCOPES, test_b=NEXT_MODULE)

    assert code == 0, printed
    assert "mockpsp: http" not in printed


def test_worlds_on_a_server_that_runs_already(tmp_path: Path) -> None:
    with serving(Settings(port=0, db=":memory:", clock="wall")) as (url, _):
        for _ in range(2):
            code, printed = pytest_of(tmp_path, "--mockpsp-url", f"{url}/", test_a=SCOPES, test_b=NEXT_MODULE)

            assert code == 0, printed
            assert f"mockpsp: {url}" in printed


def test_processes_share_no_wide_world_on_a_server_that_runs_already(tmp_path: Path) -> None:
    text = (
        PAY + "def test_one(mockpsp_session):\n    pay(mockpsp_session)\n    print('in', mockpsp_session.project_id)\n"
    )
    with serving(Settings(port=0, db=":memory:")) as (url, _):
        words = ("-n", "2", "-rP", "--dist", "each", "--mockpsp-url", url)
        code, printed = pytest_of(tmp_path, *words, test_a=text)

    assert code == 0, printed
    assert len(set(re.findall(r"in (test-proj_\w+)", printed))) == 2


def test_where_nobody_answers_the_run_ends_in_words(tmp_path: Path) -> None:
    code, printed = pytest_of(tmp_path, "--mockpsp-url", "http://127.0.0.1:1", test_a=SCOPES)

    assert code == pytest.ExitCode.USAGE_ERROR
    assert "no mockpsp answers at 'http://127.0.0.1:1'; `mockpsp serve` starts one" in printed
    assert "Traceback" not in printed


def test_a_server_that_runs_already_takes_no_profiles(tmp_path: Path) -> None:
    code, printed = pytest_of(tmp_path, "--mockpsp-url", "http://127.0.0.1:1", "-o", "mockpsp_psps=own", test_a=SCOPES)

    assert code == pytest.ExitCode.USAGE_ERROR
    assert "start it with them (mockpsp serve --psps own)" in printed


FAILING = (
    PAY
    + """
import pytest


@pytest.fixture
def shop(mockpsp):
    return mockpsp


def test_fails(shop):
    receiver = shop.webhooks(topics=["transaction.captured"])
    paid = pay(shop)
    shop.settle()
    refused = shop.call("POST", f"/transactions/{paid['id']}/refunds", {"amount": "10.00"})
    assert refused.status_code == 200


def test_passes(mockpsp):
    pay(mockpsp)


def test_fails_unpaid(mockpsp):
    assert not mockpsp.now


def test_fails_without(tmp_path):
    assert not tmp_path


def test_fails_after_much(mockpsp):
    for _ in range(12):
        pay(mockpsp)
    assert False


def test_fails_without_its_server(mockpsp):
    mockpsp.url = "http://127.0.0.1:1"
    assert False
"""
)
SECTION = re.compile(r"^-+ mockpsp -+$\n", re.MULTILINE)


def test_a_failed_test_tells_what_happened(tmp_path: Path) -> None:
    code, printed = pytest_of(tmp_path, "--tb=short", "-rN", test_a=FAILING)

    assert code == pytest.ExitCode.TESTS_FAILED
    assert "INTERNALERROR" not in printed
    first, much, gone = [re.split(r"^[_=]{3,}", text, flags=re.MULTILINE)[0] for text in SECTION.split(printed)[1:]]
    assert re.search(r"<Sandbox http://127\.0\.0\.1:\d+ test-proj_\w+ at 2026-01-01T00:00:00Z>", first)
    assert re.search(r"call +POST /invoices/iv_\w+/capture  200", first)
    assert re.search(r"attempt +1\. transaction\.captured to http://127\.0\.0\.1:\d+/: 200", first)
    assert re.search(r"call +POST /transactions/tr_\w+/refunds  4\d\d\n +\S.*10\.00 EUR", first)
    assert re.search(r"^2026-01-03 00:00:00  planned +capture\.settle tr_\w+$", first, re.MULTILINE)
    assert "earlier moments are left out" in much
    assert len(re.findall(r"^2026-01-01 00:00:00  ", much, flags=re.MULTILINE)) == 40
    assert max(map(len, much.splitlines())) <= 160
    assert "what happened can't be read" in gone


def test_a_passing_test_reads_nothing(tmp_path: Path) -> None:
    text = PAY + "def test_passes(mockpsp):\n    pay(mockpsp)\n"
    code, printed = pytest_of(tmp_path, "-rA", test_a=text)

    assert code == 0
    assert not SECTION.search(printed)


PSPS = """
import pytest


@pytest.mark.psps(can={"partial_capture": ["once", "many"], "methods": "card"})
def test_parts(mockpsp, psp):
    mockpsp.put("/sandbox/routing", {"default": psp})
    assert mockpsp.get(f"/sandbox/psps/{psp}")["psp"]["can"]["partial_capture"] in ("once", "many")
"""


def test_a_test_runs_once_for_each_psp_that_can(tmp_path: Path) -> None:
    names = psps({"partial_capture": ["once", "many"], "methods": "card"})
    code, printed = pytest_of(tmp_path, "-v", test_a=PSPS)

    assert code == 0, printed
    assert re.findall(r"test_parts\[([\w-]+)\] PASSED", printed) == names
    assert 1 < len(names) < len(psps())


def test_psps_of_ones_own_are_among_them(tmp_path: Path) -> None:
    (tmp_path / "own").mkdir()
    (tmp_path / "own" / "north.toml").write_text('like = "card-flexible"\n')
    code, printed = pytest_of(tmp_path, "-v", "-o", "mockpsp_psps=own", test_a=PSPS)

    assert code == 0, printed
    assert "test_parts[north] PASSED" in printed
    assert "north" in psps(folder=tmp_path / "own")


def test_what_no_psp_can_be_asked_ends_in_words(tmp_path: Path) -> None:
    said = {
        "can={'partial_captures': 'once'}": "no fact 'partial_captures'; did you mean 'partial_capture'?",
        "can={'partial_capture': 'twice'}": "can: partial_capture",
        "can={'methods': 'card', 'captures_max': 7}": "no PSP can do",
        "'card-flexible'": "takes can={fact: value} and nothing else",
    }
    files = {
        f"test_{place}": f"import pytest\n\n@pytest.mark.psps({wanted})\ndef test_it(psp):\n    pass\n"
        for place, wanted in enumerate(said)
    }
    code, printed = pytest_of(tmp_path, **files)

    assert code == pytest.ExitCode.INTERRUPTED
    assert [words for words in said.values() if words not in printed] == []
    assert "Traceback" not in printed and f"{len(said)} errors" in printed


def test_a_universe_of_the_fixture_is_a_sandbox(mockpsp: Sandbox, mockpsp_module: Sandbox) -> None:
    assert {type(mockpsp), type(mockpsp_module)} == {Sandbox}
