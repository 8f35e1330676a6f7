"""Server processes: ours, the bare Flask application that bounds what ours can reach, and a sink for webhooks."""

import base64
import json
import os
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

PROJECT_ID = "test-proj_bench"
SECRET = "key_sandbox_bench"
AUTHORIZATION = "Basic " + base64.b64encode(f"{PROJECT_ID}:{SECRET}".encode()).decode()

_STOP_S = 15
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

    def resident_mb(self) -> float | None:
        """Memory it holds now; None where the system doesn't say."""
        status = Path(f"/proc/{self.pid}/status")
        if not status.exists():
            return None
        lines = status.read_text().splitlines()
        return next(int(line.split()[1]) / 1024 for line in lines if line.startswith("VmRSS:"))


def mockpsp(db: Path) -> AbstractContextManager[Serving]:
    """`mockpsp serve` on a file, on a clock that stands still."""
    return _running("mockpsp", "serve", "--port", "0", "--json", "--clock", "manual", f"--db={db}")


def bare_flask() -> AbstractContextManager[Serving]:
    """One Flask view that does nothing, under the same web server."""
    return _running("tests.bench.ping")


def sink() -> AbstractContextManager[Serving]:
    """A receiver of webhooks."""
    return _running("tests.bench.sink")


@contextmanager
def _running(module: str, *arguments: str) -> Iterator[Serving]:
    # As on a machine where it ran before: what was compiled is found again, but not beside the sources of this tree.
    environ = {name: value for name, value in os.environ.items() if not name.startswith(_LEFT_OUT)}
    environ["PYTHONPYCACHEPREFIX"] = str(Path(tempfile.gettempdir()) / "mockpsp-bench-bytecode")
    started = time.perf_counter()
    with subprocess.Popen(
        [sys.executable, "-m", module, *arguments], stdout=subprocess.PIPE, text=True, env=environ
    ) as process:
        try:
            assert process.stdout is not None
            url = json.loads(process.stdout.readline())["url"]
            with urllib.request.urlopen(url + "/", timeout=_STOP_S) as answer:
                answer.read()
            yield Serving(url, process.pid, time.perf_counter() - started)
        finally:
            process.terminate()
            process.wait(_STOP_S)
