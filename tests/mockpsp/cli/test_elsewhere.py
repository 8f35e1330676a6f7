"""Commands where the system has neither `fcntl` nor signals that can be held back, as Windows has not."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
import requests

pytestmark = pytest.mark.slow

#: Hides what only some systems have, then runs the command.
ELSEWHERE = """
import signal, sys, os
for module, names in ((signal, ("pthread_sigmask", "sigwait", "sigpending", "pthread_kill")), (os, ("uname", "pwrite",
    "pread", "O_CLOEXEC", "fork", "geteuid", "getuid"))):
    for name in names:
        if hasattr(module, name):
            delattr(module, name)
sys.modules["fcntl"] = sys.modules["resource"] = sys.modules["pwd"] = None
from mockpsp.cli import main
main()
"""
STORY = """\
format: 1
name: A customer is made
steps:
  - {id: customer, call: POST /customers, body: {email: a@b.test}, expect: {status: 200}}
"""


def command(*arguments: str) -> list[str]:
    return [sys.executable, "-W", "ignore", "-c", ELSEWHERE, *arguments]


def run(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command(*arguments), cwd=folder, capture_output=True, text=True, timeout=60, check=False, env=environment()
    )


def environment() -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if not name.startswith("MOCKPSP_")}


@pytest.mark.parametrize("tls", [(), ("--tls",)])
def test_a_server_starts_serves_and_ends(tmp_path: Path, tls: tuple[str, ...]) -> None:
    arguments = command("serve", "--port", "0", "--json", *tls)
    with subprocess.Popen(arguments, cwd=tmp_path, env=environment(), stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout is not None
        try:
            ready = json.loads(server.stdout.readline())
            answer = requests.get(f"{ready['url']}/healthz", timeout=20, verify=ready.get("ca", True))
            assert answer.json()["ok"] is True

            listed = run(tmp_path, "webhooks", "list")
            assert (listed.returncode, listed.stdout) == (0, "0 deliveries\n"), listed.stderr
            server.send_signal(signal.SIGINT)
            assert server.wait(20) == 0
        finally:
            server.kill()
    left = {path.name for path in tmp_path.iterdir()}
    assert left == ({"mockpsp.db", "mockpsp.db.tls"} if tls else {"mockpsp.db"})


@pytest.mark.parametrize(
    "arguments", [("check", "story.yaml"), ("replay", "story.yaml"), ("replay", "story.yaml", "--db", "ledger.db")]
)
def test_a_story_is_checked_and_replayed(tmp_path: Path, arguments: tuple[str, ...]) -> None:
    (tmp_path / "story.yaml").write_text(STORY)

    done = run(tmp_path, *arguments)

    assert done.returncode == 0, done.stderr


def test_a_file_that_nobody_can_lock_is_warned_about(tmp_path: Path) -> None:
    (tmp_path / "story.yaml").write_text(STORY)

    done = run(tmp_path, "replay", "story.yaml", "--db", "ledger.db")

    assert "this system can't lock files: let no second server use ledger.db" in done.stderr
