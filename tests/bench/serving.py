"""Server processes: ours, the bare Flask application that bounds what ours can reach, and a sink for webhooks."""

import base64
import json
import os
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from tests.bench.failing import Failed
from tests.bench.interpreter import ROOT

PROJECT_ID = "test-proj_bench"
SECRET = "key_sandbox_bench"


def basic(project_id: str) -> str:
    """The header that opens a universe of this benchmark."""
    return "Basic " + base64.b64encode(f"{project_id}:{SECRET}".encode()).decode()


AUTHORIZATION = basic(PROJECT_ID)

_STOP_S = 15
#: What a settle answers that has not seen the end.
_NOT_YET = 409
_CALL_S = 300
#: Settings of ours that a measurement must not depend on, and the one that forbids to keep what was compiled.
_LEFT_OUT = ("MOCKPSP_", "PYTHONDONTWRITEBYTECODE")


@dataclass(frozen=True)
class Serving:
    """A server process that answers."""

    url: str
    pid: int
    #: From the start of the process to its first answer.
    first_answer_s: float

    @property
    def host(self) -> str:
        """Where it listens."""
        return urlsplit(self.url).hostname or ""

    @property
    def port(self) -> int:
        """On which port."""
        return urlsplit(self.url).port or 0

    def call(self, method: str, path: str, body: Mapping[str, Any] | None = None, *, key: str | None = None) -> Any:
        """The body of an answer in the benchmark's universe; for what is not measured. Raises Failed for no success.

        None where the same has to be asked again.
        """
        headers = {"Authorization": AUTHORIZATION, "Content-Type": "application/json"}
        if key is not None:
            headers["Idempotency-Key"] = key
        content = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(self.url + path, content, headers, method=method)
        try:
            with urllib.request.urlopen(request, timeout=_CALL_S) as answer:
                return json.load(answer)
        except urllib.request.HTTPError as error:
            if error.code == _NOT_YET:
                return None
            raise Failed(f"{method} {path} was answered {error.code}: {error.read(300).decode()}") from None

    def settle(self) -> None:
        """Every delivery is made; one settle alone gives up on more than it may run."""
        while self.call("POST", "/sandbox/settle", {}) is None:
            pass


def mockpsp(db: Path, *, clock: str = "manual", python: str = sys.executable) -> AbstractContextManager[Serving]:
    """`mockpsp serve` on a file; by itself it would start universes on the clock `wall`."""
    return running([python, "-m", "mockpsp", "serve", "--port", "0", "--json", "--clock", clock, f"--db={db}"])


def bare_flask(python: str = sys.executable) -> AbstractContextManager[Serving]:
    """One Flask view that does nothing, under the same web server."""
    return running([python, "-m", "tests.bench.ping"])


def sink() -> AbstractContextManager[Serving]:
    """A receiver of webhooks."""
    return running([sys.executable, "-m", "tests.bench.sink"])


@contextmanager
def running(command: Sequence[str], *, url: str = "", **environ: str) -> Iterator[Serving]:
    """A process that has answered, until the end of the block.

    It says where in its first line, as JSON; one with a `url` given beforehand only says that it is there.
    """
    started = time.perf_counter()
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, text=True, cwd=ROOT, env={**environment(), **environ}
    ) as process:
        try:
            assert process.stdout is not None
            line = process.stdout.readline()
            if not line:
                raise Failed(f"{' '.join(command)} ended before it answered")
            url = url or json.loads(line)["url"]
            _wait_for_answer(url)
            yield Serving(url, process.pid, time.perf_counter() - started)
        finally:
            process.terminate()
            try:
                process.wait(_STOP_S)
            except subprocess.TimeoutExpired:
                process.kill()


def environment() -> dict[str, str]:
    """As on a machine where it ran before: what was compiled is found again, though not in this tree."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(_LEFT_OUT)}
    return {**kept, "PYTHONPYCACHEPREFIX": str(Path(tempfile.gettempdir()) / "mockpsp-bench-bytecode")}


def _wait_for_answer(url: str) -> None:
    try:
        with urllib.request.urlopen(url + "/", timeout=_STOP_S) as answer:
            answer.read()
    except urllib.request.HTTPError:
        # One that wants credentials answers too.
        pass
