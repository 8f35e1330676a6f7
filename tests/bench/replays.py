"""Steps a second of the built-in library, by `mockpsp replay --json`, and how fast its files are read and checked."""

import json
import subprocess
import sys
import time
from typing import Any

from tests.bench import serving
from tests.bench.failing import Failed
from tests.bench.interpreter import ROOT


def measure(python: str = sys.executable) -> dict[str, float | None]:
    """Steps a second in one process, start and reading left out; seconds of the command, and of it with two at work."""
    takes_jobs = "-j" in _mockpsp(python, "replay", "--help").stdout.replace(",", " ").split()
    document, seconds = _replay(python, *(["-j", "1"] if takes_jobs else []))
    steps = sum(run["steps_count"] for run in document["runs"])
    return {
        "steps": steps,
        "steps_per_second": steps * 1_000 / sum(run["elapsed_ms"] for run in document["runs"]),
        "seconds": seconds,
        **_checked(python),
        "seconds_of_two": _replay(python, "-j", "2")[1] if takes_jobs else None,
    }


#: Reads the library some times over, and prints how many files it read a second, and a second of processor time.
_CHECK = """
import time
from pathlib import Path
import mockpsp.scenarios
from mockpsp.scenarios.language.check import check
library = Path(mockpsp.scenarios.__path__[0], "library")
started, started_cpu, files = time.perf_counter(), time.process_time(), 0
while files < 300:
    checked = check([library])
    assert checked.ok, checked
    files += checked.files_count
print(files / (time.perf_counter() - started), files / (time.process_time() - started_cpu))
"""


def _checked(python: str) -> dict[str, float]:
    done = subprocess.run([python, "-c", _CHECK], cwd=ROOT, env=serving.environment(), capture_output=True, text=True)
    if done.returncode:
        raise Failed(f"the library could not be read: {done.stderr.strip()[-300:]}")
    by_clock, by_cpu = map(float, done.stdout.split())
    return {"files_per_second": by_clock, "files_per_cpu_second": by_cpu}


def _replay(python: str, *options: str) -> tuple[Any, float]:
    started = time.perf_counter()
    done = _mockpsp(python, "replay", "--json", *options)
    seconds = time.perf_counter() - started
    if done.returncode:
        raise Failed(f"mockpsp replay ended with {done.returncode}: {_differing(done)}")
    return json.loads(done.stdout), seconds


def _mockpsp(python: str, *arguments: str) -> "subprocess.CompletedProcess[str]":
    command = [python, "-m", "mockpsp", *arguments]
    return subprocess.run(command, cwd=ROOT, env=serving.environment(), capture_output=True, text=True)


def _differing(done: "subprocess.CompletedProcess[str]") -> str:
    try:
        names = [run["name"] for run in json.loads(done.stdout)["runs"] if not run["ok"]]
    except ValueError:
        return done.stderr.strip()
    return f"{len(names)} stories differ, first {names[0]!r}"
