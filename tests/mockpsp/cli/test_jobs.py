"""`--jobs`: the same output from any number of processes, what doesn't go with it, and that Ctrl-C ends them all."""

import os
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.mockpsp.cli.conftest import Run, said

pytestmark = pytest.mark.slow

#: Longer than any of this takes.
PATIENCE_S = 30
#: The command, where Ctrl-C counts: what is started in the background of a shell would not hear of it.
_ATTENTIVE = """\
import signal
signal.signal(signal.SIGINT, signal.default_int_handler)
from mockpsp.cli import main
main()
"""
STORY = """\
format: 1
name: {name}
steps:
  - {{id: customer, call: POST /customers, body: {{email: a@b.test}}, expect: {{status: {status}}}}}
"""


@pytest.fixture
def stories(tmp_path: Path) -> str:
    """Ten stories, of which two differ, in folders where two share a universe."""
    for number in range(10):
        folder = tmp_path / "stories" / str(number % 2)
        folder.mkdir(parents=True, exist_ok=True)
        status = 404 if number in (3, 8) else 200
        (folder / f"s{number // 2}.yaml").write_text(STORY.format(name=f"Story {number}", status=status))
    return str(tmp_path / "stories")


def unhurried(text: str) -> str:
    """A report without its durations, and without when it was made."""
    return re.sub(r'[0-9]+ ms\b|(?<="elapsed_ms": )[0-9]+|(?<=time=")[0-9.]+|(?<=timestamp=")[^"]+', "TIME", text)


@pytest.mark.parametrize("form", [(), ("--json",)])
def test_the_output_is_the_same_from_any_number_of_processes(
    run: Run, stories: str, tmp_path: Path, form: tuple[str, ...]
) -> None:
    seen = []
    for jobs in ("1", "2", "3"):
        results = tmp_path / f"{jobs}.xml"
        result = run("replay", stories, "-j", jobs, "--junit", str(results), *form, on_file=False)
        assert (result.exit_code, result.stderr) == (1, "")
        seen.append((unhurried(result.stdout), unhurried(results.read_text(encoding="utf-8"))))

    assert seen[1:] == [seen[0]] * 2
    assert "Story 8" in seen[0][0]


def test_built_in_stories_and_their_digests_are_the_same(run: Run) -> None:
    alone, shared = (run("replay", "--tag", "refunds", "--json", "--jobs", jobs, on_file=False) for jobs in ("1", "2"))

    assert unhurried(shared.stdout) == unhurried(alone.stdout)
    assert len(said(shared)["runs"]) > 10


def test_a_comparison_is_the_same(run: Run) -> None:
    alone, shared = (run("compare", "split-shipment", "-j", jobs, on_file=False) for jobs in ("1", "3"))

    assert shared.stdout == alone.stdout
    assert (shared.exit_code, shared.stderr) == (0, "")


def test_a_file_is_written_by_one_process(run: Run, stories: str, file: Path) -> None:
    result = run("replay", stories, "-j", "2")

    assert result.exit_code == 2
    assert "leave out --db, or --jobs 2" in result.stderr
    assert not file.exists()
    assert run("replay", stories, "-j", "1").exit_code == 1


@pytest.mark.parametrize("jobs", ["0", "65", "many"])
def test_as_many_processes_as_that_are_refused(run: Run, stories: str, jobs: str) -> None:
    result = run("replay", stories, "-j", jobs, on_file=False)

    assert result.exit_code == 2
    assert "--jobs" in result.stderr


def test_what_is_wrong_with_a_folder_of_profiles_is_said_once(run: Run, stories: str, tmp_path: Path) -> None:
    result = run("replay", stories, "-j", "2", "--psps", str(tmp_path / "nowhere"), on_file=False)

    assert result.exit_code == 2
    assert result.stderr.count("nowhere") == 1


@contextmanager
def replaying_for_ever(stories: str) -> Iterator[tuple[subprocess.Popen[str], list[socket.socket]]]:
    """Two processes at a server that takes their calls and never answers, and their connections to it."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(PATIENCE_S)
        url = f"http://127.0.0.1:{server.getsockname()[1]}"
        command = [sys.executable, "-c", _ATTENTIVE, "replay", stories, "-j", "2", "--url", url]
        with subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True
        ) as replaying:
            calls = []
            try:
                for _ in range(2):
                    call, _ = server.accept()
                    call.settimeout(PATIENCE_S)
                    assert call.recv(10) == b"POST /sand"
                    calls.append(call)
                yield replaying, calls
            finally:
                replaying.kill()
                for call in calls:
                    call.close()


def is_over(call: socket.socket) -> bool:
    """Whether the other side goes away, once what it sent is read."""
    try:
        while call.recv(65_536):
            pass
    except ConnectionResetError:
        pass
    return True


def test_ctrl_c_ends_them_all_and_says_so_once(stories: str) -> None:
    with replaying_for_ever(stories) as (replaying, calls):
        # As a terminal does it: to every process of its group.
        os.killpg(replaying.pid, signal.SIGINT)
        stdout, stderr = replaying.communicate(timeout=PATIENCE_S)

        assert all(is_over(call) for call in calls)
    assert (replaying.returncode, stdout, stderr.strip()) == (1, "", "Aborted!")


def test_nobody_goes_on_when_the_command_is_killed(stories: str) -> None:
    with replaying_for_ever(stories) as (replaying, calls):
        replaying.kill()
        replaying.wait(PATIENCE_S)

        assert all(is_over(call) for call in calls)
