"""How long a start takes, beside what no start of a Flask application can undercut: `import flask` alone."""

import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from tests.bench import serving

_IMPORT = ("-c", "import flask")


def measure(python: str = sys.executable, *, times: int) -> dict[str, float]:
    """Medians in seconds, taken in turns: from the start of the process to the first answer, and to its end."""
    answers, imports = [], []
    with tempfile.TemporaryDirectory(prefix="mockpsp-bench-") as folder:
        # Once more than is counted: the first one compiles.
        for number in range(times + 1):
            with serving.mockpsp(Path(folder) / f"{number}.db", python=python) as server:
                answers.append(server.first_answer_s)
            imports.append(_import_s(python))
    first_answer_s, import_flask_s = statistics.median(answers[1:]), statistics.median(imports[1:])
    return {"first_answer_s": first_answer_s, "import_flask_s": import_flask_s}


def _import_s(python: str) -> float:
    started = time.perf_counter()
    subprocess.run([python, *_IMPORT], check=True, env=serving.environment())
    return time.perf_counter() - started
