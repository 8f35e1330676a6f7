"""`mockpsp listen`, `logs -f` and `serve --log` as processes, on terminals and in pipes: what they show, their ends."""

import json
import os
import pty
import re
import select
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from mockpsp.scenarios.replaying.receiver import Receiver
from tests.mockpsp.cli.conftest import PROJECT, Run, Running, said

pytestmark = pytest.mark.slow

#: A command that prints nothing for so long does not go on.
SILENCE_S = 30


class Watched:
    """A command in a process, read as it goes on."""

    def __init__(self, words: list[str], folder: Path, *, is_terminal: bool) -> None:
        self._file, theirs = pty.openpty() if is_terminal else os.pipe()
        clean = {name: value for name, value in os.environ.items() if not name.startswith("MOCKPSP_")}
        self.process = subprocess.Popen(
            [sys.executable, "-m", "mockpsp", *words],
            cwd=folder,
            env={**clean, "TERM": "xterm", "COLUMNS": "120", "PYTHONUNBUFFERED": "1"},
            stdin=theirs if is_terminal else subprocess.DEVNULL,
            stdout=theirs,
            stderr=subprocess.PIPE,
            start_new_session=True,
        )
        os.close(theirs)
        self._read = b""

    @property
    def seen(self) -> str:
        """What was printed so far, without colours."""
        return re.sub(r"\x1b\[[0-9;]*m", "", self._read.decode(errors="replace"))

    def until(self, pattern: str) -> str:
        """All that was printed, once it holds the pattern; fails when nothing more comes for long."""
        while not re.search(pattern, self.seen):
            ready, _, _ = select.select([self._file], [], [], SILENCE_S)
            piece = b""
            with suppress(OSError):  # how a terminal ends
                piece = os.read(self._file, 65_536) if ready else b""
            assert piece, f"{pattern} did not come: {self.seen}"
            self._read += piece
        return self.seen

    def press(self, key: str) -> None:
        os.write(self._file, key.encode())

    def end(self, by: signal.Signals = signal.SIGINT) -> tuple[int, str]:
        self.process.send_signal(by)
        _, errors = self.process.communicate(timeout=20)
        return self.process.returncode, errors.decode()

    def close(self) -> None:
        self.process.kill()
        self.process.communicate()
        os.close(self._file)


Watch = Callable[..., Watched]


@pytest.fixture
def watch(file: Path, tmp_path: Path) -> Iterator[Watch]:
    """Starts a command on the file; what still runs at the end is killed."""
    begun: list[Watched] = []

    def begin(*words: str, is_terminal: bool = False) -> Watched:
        begun.append(Watched([*words, "--db", str(file)], tmp_path, is_terminal=is_terminal))
        return begun[-1]

    yield begin
    for one in begun:
        one.close()


def endpoints(served: Running) -> list[Any]:
    found: list[Any] = served.get("/sandbox/webhook-endpoints")["webhook_endpoints"]
    return found


@pytest.mark.parametrize("by", [signal.SIGINT, signal.SIGTERM])
def test_a_handler_gets_webhooks_until_the_end_which_takes_the_endpoint_away(
    served: Running, run: Run, watch: Watch, by: signal.Signals
) -> None:
    handler = Receiver((500, 204))
    with_path = handler.url.removeprefix("http://127.0.0.1:") + "hooks"
    listening = watch("listen", with_path)
    listening.until(r"secret  whsec_\w+[^\n]*\n[^\n]*time stands still[^\n]*\n.*Ctrl-C ends it")
    secret = re.findall(r"whsec_\S+", listening.seen)[0]
    handler.secret = secret

    said(run("trigger", "customer.created", "--json"))
    run("settle")
    listening.until(r"500  customer.created  wbk_")
    run("advance", "1d")
    listening.until(r"204  customer.created  wbk_\w+  attempt 2")

    assert {one.signature for one in handler.received()} == {"valid"}
    assert [one.path for one in handler.received()] == ["/hooks", "/hooks"]
    assert b"\x1b" not in listening._read
    assert listening.end(by) == (0, "")
    assert endpoints(served) == []
    handler.close()


def test_on_a_terminal_keys_send_again_and_show(served: Running, run: Run, watch: Watch) -> None:
    listening = watch("listen", "--print", is_terminal=True)
    listening.until("r resends the last one, d shows it, Ctrl-C ends it")
    listening.press("d")
    listening.until("nothing was sent yet")
    said(run("trigger", "customer.created", "--json"))
    run("settle")
    listening.until(r'webhook-signature: v1,[\s\S]*"event_type": "customer.created"[\s\S]*204  customer.created')
    listening.press("d")
    listening.until(r'> POST http://[\s\S]*> webhook-id: ev_[\s\S]*> \r?\n *> \{"event_id"[\s\S]*< 204[\s\S]*< ')
    listening.press("r")
    listening.until("wbk_[A-Za-z0-9]+ is due again")
    run("settle")

    listening.until("attempt 2")

    assert listening.end() == (0, "")
    assert endpoints(served) == []


def test_an_endpoint_that_is_there_is_followed_and_stays(served: Running, run: Run, watch: Watch) -> None:
    handler = Receiver((200,))
    made = served.post("/sandbox/webhook-endpoints", {"url": f"{handler.url}hooks"})["webhook_endpoint"]
    handler.secret = made["secret"]
    run("trigger", "customer.created")
    run("settle")

    listening = watch("listen", handler.url.removeprefix("http://127.0.0.1:") + "hooks")
    listening.until(rf"an endpoint before this, which stays[^\n]*{made['id']}[\s\S]*Ctrl-C ends it")
    run("trigger", "customer.deleted")
    run("settle")
    seen = listening.until("200  customer.deleted")

    # Each event once, what was sent before is not told again, and it is there afterwards.
    assert seen.count("customer.created") == 1
    assert [json.loads(one.body)["event_type"] for one in handler.received()].count("customer.deleted") == 1
    assert listening.end() == (0, "")
    assert [one["id"] for one in endpoints(served)] == [made["id"]]
    handler.close()


def test_what_is_posted_on_keeps_its_signature_and_brings_back_the_answer(
    served: Running, run: Run, watch: Watch
) -> None:
    handler = Receiver((503, 200))
    listening = watch("listen", "--forward-to", f"{handler.url}hooks", "--json")
    listening.until("webhook_endpoint")
    handler.secret = json.loads(listening.seen.splitlines()[0])["webhook_endpoint"]["secret"]

    said(run("trigger", "customer.created", "--json"))
    run("settle")
    listening.until('"status_code": 503')

    (received,) = handler.received()
    assert (received.signature, received.path) == ("valid", "/hooks")
    assert listening.end() == (0, "")
    handler.close()


@pytest.mark.parametrize(
    ("words", "meant"),
    [
        ("listen", "where does your handler listen?"),
        ("listen 99999", "there is no port 99999"),
        ("listen http://[::1", "is no address; say a port such as 9000"),
        ("listen --forward-to http://[::1", "is no address; say a port such as 9000"),
        ("listen http://", "is no address; say a port such as 9000"),
        ("listen --print --event customer.creatd", "did you mean 'customer.created'?"),
        ("listen http://shop.example/ --print", "is not on this machine"),
    ],
)
def test_what_is_no_place_to_listen_is_told(served: Running, run: Run, words: str, meant: str) -> None:
    result = run(*words.split())

    assert result.exit_code == 2
    assert meant in result.stderr
    assert endpoints(served) == []


def test_calls_are_followed_until_the_end(served: Running, run: Run, watch: Watch) -> None:
    served.post("/customers", {})
    following = watch("logs", "-f", "--status", "4xx")
    said(run("pay", "--json"))
    run("pay", "--card", "no-money")

    following.until("410  POST   /invoices/iv_[^ ]+/capture  card.no-money")

    assert following.end() == (0, "")
    assert "  200  " not in following.seen


def test_a_server_tells_of_requests_and_deliveries(run: Run, watch: Watch, file: Path) -> None:
    server = watch("serve", "--port", "0", "--log", "--clock", "manual")
    server.until("Ctrl-C ends it.")
    said(run("pay", "--name", "umbrella", "--json"))
    server.until(r'200  POST   /invoices/iv_\w+/capture  \d+ ms  10 EUR completed "umbrella"\n')
    run("pay", "--card", "no-money")
    server.until(r"410  POST [^\n]*card.no-money: ")
    handler = Receiver()
    with run_listening(watch, handler):
        said(run("trigger", "customer.created", "--json"))
        run("settle")
        server.until(r"  -> webhook  customer.created  ev_\w+  delivered\n")
    handler.close()

    assert server.end() == (0, "")
    assert "/sandbox/timeline" not in server.seen


@pytest.mark.parametrize(("words", "is_told"), [((), False), (("--no-log",), False)])
def test_in_a_pipe_a_server_tells_of_nothing_unless_asked(
    run: Run, watch: Watch, words: tuple[str, ...], is_told: bool
) -> None:
    server = watch("serve", "--port", "0", *words)
    server.until("Ctrl-C ends it.")
    said(run("pay", "--json"))

    assert server.end() == (0, "")
    assert ("POST" in server.seen.partition("Ctrl-C ends it.")[2]) is is_told


def test_on_a_terminal_a_server_tells_unless_told_not_to(run: Run, watch: Watch) -> None:
    server = watch("serve", "--port", "0", is_terminal=True)
    server.until("Ctrl-C ends it.")
    said(run("pay", "--json"))

    server.until("200  POST   /invoices")

    assert server.end() == (0, "")


def test_lines_and_json_do_not_go_together(run: Run) -> None:
    result = run("serve", "--json", "--log")

    assert result.exit_code == 2
    assert "--json prints one line; leave out --log" in result.stderr


def run_listening(watch: Watch, handler: Receiver) -> Any:
    """A `listen` for the length of a block."""
    from contextlib import contextmanager

    @contextmanager
    def listening() -> Iterator[None]:
        found = watch("listen", handler.url)
        found.until("Ctrl-C ends it")
        yield
        assert found.end() == (0, "")

    return listening()


def test_the_universe_of_the_endpoint_is_named(served: Running, watch: Watch) -> None:
    listening = watch("listen", "--print")

    assert f"webhooks of {PROJECT} go to http://127.0.0.1:" in listening.until("secret")
    assert listening.end() == (0, "")
