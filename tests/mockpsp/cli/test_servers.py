"""How commands find the running server and the universe in it, and what they say where they find none."""

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest

from mockpsp import __version__
from mockpsp.serving.lock import FileLock
from tests.mockpsp.cli.conftest import PROJECT, SECRET, Run, Running, said


class Other(BaseHTTPRequestHandler):
    """Another program; or, by its `text`, a mockpsp of another version."""

    text = b"<html>"

    def do_GET(self) -> None:
        is_health = self.path == "/healthz"
        body = b'{"success": true, "version": "9.9"}' if is_health and self.text.startswith(b"{") else self.text
        self.send_response(404)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Nothing is told."""


@pytest.fixture
def other() -> Iterator[str]:
    server = HTTPServer(("127.0.0.1", 0), Other)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()
    Other.text = b"<html>"


def test_the_server_of_the_file_is_found_and_so_are_the_only_universe_and_its_key(served: Running, run: Run) -> None:
    made = said(run("pay", "12.50", "usd", "--json"))["payment"]

    assert (made["amount"], made["currency"], made["status"]) == ("12.50", "USD", "completed")
    assert served.get(f"/invoices/{made['invoice_id']}")["invoice"]["amount"] == "12.5"


def test_variables_say_where_and_who(running: Running, run: Run) -> None:
    env = {"MOCKPSP_URL": running.server.url, "MOCKPSP_PROJECT": PROJECT, "MOCKPSP_KEY": SECRET}

    said(run("pay", "--json", on_file=False, env=env))

    assert running.get("/transactions")["total_count"] == 1


def test_a_server_without_a_file_is_asked_for_its_own_universe(running: Running, run: Run) -> None:
    said(run("pay", "--json", "--url", running.server.url, on_file=False))

    assert running.get("/transactions")["total_count"] == 0


def test_of_several_universes_that_hold_something_one_must_be_named(served: Running, run: Run) -> None:
    for project_id in (PROJECT, "test-proj_other"):
        served.post("/customers", {}, project_id=project_id)

    result = run("pay")

    assert result.exit_code == 2
    assert "  test-proj_other: 0 payments, 1 event\n" in result.stderr


def test_a_universe_that_is_not_there_is_opened_by_its_key_alone(served: Running, run: Run) -> None:
    result = run("pay", "--project", "test-proj_new")
    opened = run("pay", "--project", "test-proj_new", "--key", SECRET)

    assert (result.exit_code, opened.exit_code) == (2, 0)
    assert "has no project test-proj_new yet: --key gives it one" in result.stderr


def test_a_wrong_key_is_told_with_the_way_out(served: Running, run: Run) -> None:
    result = run("pay", "--key", "key_sandbox_wrong")

    assert result.exit_code == 2
    assert f"({PROJECT} at {served.server.url}; --project and --key say another)" in result.stderr


@pytest.mark.parametrize("words", ["pay", "refund", "show", "logs", "settle", "trigger customer.created"])
def test_where_no_server_runs_the_message_says_how_to_start_one(
    run: Run, words: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    result = run(*words.split(), on_file=False, env={"MOCKPSP_PORT": "1"})

    assert result.exit_code == 1
    assert result.stderr.startswith(
        "Error: no server runs on mockpsp.db, and none answers at http://127.0.0.1:1; "
        "start one in another terminal: mockpsp serve\n"
    )


def test_a_file_that_was_named_and_has_no_server_is_told(refunded: Running, run: Run, file: Path) -> None:
    result = run("pay")

    assert result.exit_code == 2
    assert f"no server runs on {file}; start one in another terminal: mockpsp serve --db {file}" in result.stderr


def test_a_server_that_is_gone_and_has_left_its_lock_is_told(refunded: Running, run: Run, file: Path) -> None:
    with FileLock(str(file)) as lock:
        lock.announce("http://127.0.0.1:1")
        result = run("pay")

    assert result.exit_code == 1
    assert "no server answers at http://127.0.0.1:1; start one" in result.stderr


def test_another_program_at_that_address_is_told(other: str, run: Run) -> None:
    result = run("show", "iv_x", "--url", other, on_file=False)

    assert result.exit_code == 2
    assert f"what answers at {other} is not mockpsp" in result.stderr


def test_a_server_of_another_version_is_told_by_both_versions(other: str, run: Run) -> None:
    Other.text = b'{"success": false, "error_type": "request.route-not-found", "message": "there is no route GET /x"}'

    result = run("show", "iv_x", "--url", other, on_file=False)

    assert result.exit_code == 2
    assert f"is mockpsp 9.9, and this command of {__version__}" in result.stderr


@pytest.mark.parametrize(
    "url", ["127.0.0.1:x", "ftp://a", "http://a/b", "http://u@a", "http://[::1", "http://a:b@[::1"]
)
def test_an_address_that_is_none_is_told(url: str, run: Run) -> None:
    result = run("pay", "--url", url, on_file=False)

    assert result.exit_code == 2
    assert "it must be a server's address, such as http://127.0.0.1:8765" in result.stderr
