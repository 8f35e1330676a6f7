"""`mockpsp serve` as a process: what it prints, refuses, and how it ends."""

import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import requests

pytestmark = pytest.mark.slow

COMMAND = (sys.executable, "-m", "mockpsp", "serve")
Start = Callable[..., subprocess.Popen[str]]


def environment(**variables: str) -> dict[str, str]:
    clean = {name: value for name, value in os.environ.items() if not name.startswith("MOCKPSP_")}
    return {**clean, **variables}


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    """Starts `mockpsp serve` in an empty folder; what still runs at the end is killed."""
    started: list[subprocess.Popen[str]] = []

    def start_one(*options: str, **variables: str) -> subprocess.Popen[str]:
        process = subprocess.Popen(
            [*COMMAND, *options],
            cwd=tmp_path,
            env=environment(**variables),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        started.append(process)
        return process

    yield start_one
    for process in started:
        process.kill()
        process.communicate()


def ready(process: subprocess.Popen[str]) -> dict[str, Any]:
    """The line of --json, which comes once requests are answered."""
    assert process.stdout is not None
    line: dict[str, Any] = json.loads(process.stdout.readline())
    return line


def end(process: subprocess.Popen[str], by: signal.Signals = signal.SIGINT) -> tuple[int, str, str]:
    process.send_signal(by)
    out, err = process.communicate(timeout=20)
    return process.returncode, out, err


def refusal(process: subprocess.Popen[str]) -> tuple[int, str]:
    _, err = process.communicate(timeout=20)
    return process.returncode, err


def test_the_json_line_is_all_a_client_needs(start: Start) -> None:
    process = start("--port", "0", "--db", ":memory:", "--json")

    line = ready(process)

    assert list(line) == ["url", "project_id", "secret", "webhook_secret", "pid"]
    assert line["pid"] == process.pid
    answer = requests.get(line["url"] + "/sandbox", auth=(line["project_id"], line["secret"]), timeout=10)
    assert answer.json()["universe"]["webhook_secret"] == line["webhook_secret"]


def test_the_banner_names_the_address_and_the_credentials(start: Start) -> None:
    process = start("--port", "0", "--db", ":memory:")
    assert process.stdout is not None

    lines = [process.stdout.readline() for _ in range(5)]

    assert "on http://127.0.0.1:" in lines[0]
    assert lines[2].split() == ["project", "id", "test-proj_mockpsp"]
    assert lines[3].split() == ["secret", "key", "key_sandbox_mockpsp"]


@pytest.mark.parametrize("by", [signal.SIGINT, signal.SIGTERM])
def test_it_ends_cleanly_when_told_to(start: Start, tmp_path: Path, by: signal.Signals) -> None:
    process = start("--port", "0", "--json")
    ready(process)

    assert end(process, by) == (0, "", "")
    assert [path.name for path in tmp_path.iterdir()] == ["mockpsp.db"]


def test_what_was_stored_is_there_after_a_restart(start: Start) -> None:
    process = start("--port", "0", "--json")
    line = ready(process)
    auth = ("test-proj_restart", "key_sandbox_first")
    requests.post(line["url"] + "/customers", auth=auth, json={"email": "a@b.test"}, timeout=10)
    end(process)

    line = ready(start("--port", "0", "--json"))

    answer = requests.get(line["url"] + "/customers", auth=auth, timeout=10)
    assert [customer["email"] for customer in answer.json()["customers"]] == ["a@b.test"]


def test_a_second_server_on_the_same_file_is_refused_and_told_where_the_first_is(start: Start) -> None:
    line = ready(start("--port", "0", "--json"))

    code, err = refusal(start("--port", "0"))

    assert code == 2
    assert f"mockpsp.db is served already, by process {line['pid']} at {line['url']}" in err


def test_a_second_server_on_the_same_file_under_another_name_is_refused(start: Start, tmp_path: Path) -> None:
    line = ready(start("--port", "0", "--json"))
    (tmp_path / "symbolic.db").symlink_to("mockpsp.db")
    symbolic = refusal(start("--port", "0", "--db", "symbolic.db"))
    os.link(tmp_path / "mockpsp.db", tmp_path / "hard.db")
    hard = refusal(start("--port", "0", "--db", "hard.db"))

    assert symbolic[0] == hard[0] == 2
    assert f"symbolic.db is served already, by process {line['pid']} at {line['url']}" in symbolic[1]
    assert "hard.db has 2 names (hard links)" in hard[1]


def test_a_file_whose_server_was_killed_can_be_served_again(start: Start) -> None:
    first = start("--port", "0", "--json")
    ready(first)
    end(first, signal.SIGKILL)

    assert ready(start("--port", "0", "--json"))["url"].startswith("http://127.0.0.1:")


def test_a_port_in_use_is_refused(start: Start) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]

        code, err = refusal(start("--port", str(port), "--db", ":memory:"))

    assert code == 2
    assert f"cannot listen on 127.0.0.1 port {port}: something else listens there already" in err


def test_other_machines_being_let_in_is_warned_about(start: Start) -> None:
    process = start("--port", "0", "--db", ":memory:", "--host", "0.0.0.0", "--json")
    assert ready(process)["url"].startswith("http://127.0.0.1:")

    assert "warning: 0.0.0.0 lets other machines reach this server" in end(process)[2]


def test_the_printed_credentials_work_under_strict_keys(start: Start) -> None:
    line = ready(start("--port", "0", "--db", ":memory:", "--strict-keys", "--json"))

    known = requests.get(line["url"] + "/sandbox", auth=(line["project_id"], line["secret"]), timeout=10)
    unknown = requests.get(line["url"] + "/sandbox", auth=("test-proj_other", "key_sandbox_x"), timeout=10)

    assert (known.status_code, unknown.status_code) == (200, 401)


def test_a_variable_is_as_good_as_an_option(start: Start, tmp_path: Path) -> None:
    ready(start("--json", MOCKPSP_PORT="0", MOCKPSP_DB="other.db"))

    assert (tmp_path / "other.db").exists()


@pytest.mark.parametrize(
    ("options", "variables", "message"),
    [
        ((), {"MOCKPSP_PROT": "1"}, "unknown variable MOCKPSP_PROT; the nearest known one is MOCKPSP_PORT"),
        ((), {"MOCKPSP_SEED": "x"}, "MOCKPSP_SEED is 'x', it must be a whole number"),
        (("--port", "70000"), {}, "port is 70000, it must be from 0 to 65535"),
        (("--clock", "sundial"), {}, "'sundial' is none of wall, manual"),
        (("--prot", "1"), {}, "did you mean '--port'?"),
    ],
)
def test_wrong_input_stops_the_start_with_a_message(
    start: Start, options: tuple[str, ...], variables: dict[str, str], message: str
) -> None:
    code, err = refusal(start(*options, **variables))

    assert code == 2
    assert message in err
    assert "Traceback" not in err


def test_https_is_served_with_a_certificate_made_on_first_use(start: Start, tmp_path: Path) -> None:
    process = start("--port", "0", "--tls", "--json")
    line = ready(process)

    answer = requests.get(line["url"] + "/healthz", verify=line["ca"], timeout=10)

    assert answer.json()["ok"] is True
    assert line["url"].startswith("https://127.0.0.1:")
    assert line["ca"] == str(tmp_path / "mockpsp.db.tls" / "ca.pem")
    retried = subprocess.run(
        [sys.executable, "-m", "mockpsp", "webhooks", "retry", "x", "--project", line["project_id"]],
        cwd=tmp_path,
        env=environment(),
        capture_output=True,
        text=True,
        check=False,
    )
    assert (retried.returncode, "did not answer" in retried.stderr) == (2, False)
    assert end(process)[0] == 0


def test_the_banner_of_https_says_what_to_trust(start: Start, tmp_path: Path) -> None:
    process = start("--port", "0", "--db", "a.db", MOCKPSP_TLS="true")
    assert process.stdout is not None

    text = "".join(process.stdout.readline() for _ in range(14))

    assert "on https://127.0.0.1:" in text
    assert str(tmp_path / "a.db.tls" / "ca.pem") in text
    assert "SSL_CERT_FILE" in text
    assert f"curl --cacert {tmp_path}" in text


def test_a_story_is_replayed_against_a_server_on_https(start: Start) -> None:
    line = ready(start("--port", "0", "--db", ":memory:", "--tls", "--json", "--clock", "manual"))

    replayed = subprocess.run(
        [sys.executable, "-m", "mockpsp", "replay", "-k", "partial-refunds", "--url", line["url"]],
        env=environment(SSL_CERT_FILE=line["ca"]),
        capture_output=True,
        text=True,
        check=False,
    )

    assert replayed.returncode == 0, replayed.stdout + replayed.stderr


def test_a_certificate_that_is_none_stops_the_start(start: Start, tmp_path: Path) -> None:
    (tmp_path / "own.pem").write_text("not a certificate")

    code, err = refusal(start("--port", "0", "--db", ":memory:", "--tls-cert", "own.pem"))

    assert code == 2
    assert "can't serve with the certificate own.pem" in err


def test_a_file_of_another_program_is_refused(start: Start, tmp_path: Path) -> None:
    (tmp_path / "notes.db").write_text("These are my notes. " * 100)

    code, err = refusal(start("--port", "0", "--db", "notes.db"))

    assert code == 2
    assert "notes.db is not a database" in err


def test_a_file_that_cannot_be_made_is_refused(start: Start, tmp_path: Path) -> None:
    (tmp_path / "file").touch()

    code, err = refusal(start("--port", "0", "--db", "file/books.db"))

    assert code == 2
    assert "can't open file/books.db: Not a directory" in err
