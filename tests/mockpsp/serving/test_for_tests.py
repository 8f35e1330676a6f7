"""The server of a test run in a process of its own: there while it is wanted, and gone with who wanted it."""

import subprocess
import sys
from pathlib import Path

import pytest
import requests

from mockpsp.serving.for_tests import served_apart

#: Whoever starts a server is killed while it runs.
KILLED = """
import os, signal
from mockpsp.serving.for_tests import served_apart
with served_apart("") as url:
    print(url, flush=True)
    os.kill(os.getpid(), signal.SIGKILL)
"""


def test_it_answers_until_the_tests_end() -> None:
    with served_apart("") as url:
        assert requests.get(f"{url}/healthz", timeout=10).json()["success"] is True

    with pytest.raises(requests.ConnectionError):
        requests.get(f"{url}/healthz", timeout=10)


def test_it_ends_with_a_process_that_is_killed() -> None:
    # It says what it has to say where its parent does: all is said only when both are gone.
    done = subprocess.run([sys.executable, "-c", KILLED], capture_output=True, text=True, timeout=60)

    assert done.returncode < 0
    with pytest.raises(requests.ConnectionError):
        requests.get(f"{done.stdout.strip()}/healthz", timeout=10)


def test_it_says_why_it_cannot_start(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "north.toml").write_text('like = "nobody"\n')

    with pytest.raises(RuntimeError, match="ended with 1 before it answered"), served_apart(str(tmp_path)):
        pass

    assert "nobody" in capfd.readouterr().err
