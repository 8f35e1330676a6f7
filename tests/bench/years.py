"""A year of agenda: as many settlements as effects are asked for, spread evenly over a year that is then advanced.

Beside it, in the same run, what SQLite alone takes: as many rows deleted from an agenda and written to a journal, with
a commit as often as an advance commits.
"""

import sqlite3
import statistics
import tempfile
import time
from collections.abc import Callable
from contextlib import closing
from itertools import pairwise
from pathlib import Path

from mockpsp.domain.time.moments import EPOCH_MS, rfc3339
from mockpsp.store import db as store
from tests.bench.in_process import Caller, calling
from tests.bench.seeder import seed

_YEAR_MS = 365 * 86_400_000
_TENTHS = 10
_EFFECTS_A_COMMIT = 50
#: Nothing is paid out before the year is over: one effect a payment, and none that comes of them.
_GATEWAY = {"like": "sandbox", "payout_schedule": "manual"}
_SPREAD = """UPDATE effect SET due_at_ms = ? + (seq * 1.0 / (SELECT max(seq) FROM effect)) * ?
WHERE project_id = 1"""
_COUNT = "SELECT COUNT(*), COUNT(DISTINCT command) FROM effect WHERE project_id = 1"


def measure(*, count: int) -> dict[str, float]:
    """Effects a second by the clock and by processor time, the last tenth of the year of its first, and of SQLite's."""
    with tempfile.TemporaryDirectory(prefix="mockpsp-bench-") as name:
        path = Path(name) / "year.db"
        seed(path, count, _sale)
        planned = _spread(path)
        marks: list[tuple[float, float, int]] = []
        with calling(path) as caller:
            marks.append((time.perf_counter(), time.process_time(), 0))
            for tenth in range(1, _TENTHS + 1):
                ran = _advanced(caller, EPOCH_MS + _YEAR_MS // 100 + _YEAR_MS * tenth // _TENTHS)
                marks.append((time.perf_counter(), time.process_time(), ran))
        ran = sum(one for _, _, one in marks)
        assert ran >= planned, f"{ran} effects ran of {planned}"
        cpu = [(later[1] - sooner[1]) / max(later[2], 1) for sooner, later in pairwise(marks)]
        bare = statistics.median(_bare(Path(name) / f"bare-{n}.db", count) for n in range(3))
        per_second = ran / (marks[-1][0] - marks[0][0])
        return {
            "effects": ran,
            "per_second": per_second,
            "per_cpu_second": ran / (marks[-1][1] - marks[0][1]),
            "last_to_first": cpu[-1] / cpu[0],
            "bare_per_second": bare,
            "of_bare": per_second / bare,
        }


def _sale(caller: Caller) -> str:
    if not getattr(caller, "is_ready", False):
        caller.put("/sandbox/psps/yearly", _GATEWAY)
        caller.put("/sandbox/routing", {"default": "yearly"})
        caller.is_ready = True  # type: ignore[attr-defined]
    return caller.capture(caller.invoice(), caller.card())


def _spread(path: Path) -> int:
    """The effects are due evenly over a year; how many there are, all of one kind."""
    with closing(sqlite3.connect(path, isolation_level=None)) as conn:
        conn.execute(_SPREAD, (EPOCH_MS + _YEAR_MS // 100, _YEAR_MS))
        planned, kinds = conn.execute(_COUNT).fetchone()
        assert kinds == 1, "settlements, and nothing else"
        return int(planned)


def _advanced(caller: Caller, to_ms: int) -> int:
    ran = 0
    while True:
        answer = caller.post("/sandbox/clock/advance", {"to": rfc3339(to_ms)})
        ran += len(answer["ran"])
        if not answer["more"]:
            return ran


def _bare(path: Path, count: int) -> float:
    """Rows a second that SQLite takes off an agenda, an entry and its posting written for each."""
    with closing(sqlite3.connect(path, isolation_level=None)) as conn:
        for pragma in (*store.PRAGMAS, *store.WRITING_PRAGMAS):
            conn.execute(pragma)
        conn.execute("CREATE TABLE agenda (due INTEGER, seq INTEGER, body TEXT, PRIMARY KEY (due, seq)) WITHOUT ROWID")
        conn.execute("CREATE TABLE entry (seq INTEGER PRIMARY KEY, body TEXT)")
        conn.execute("CREATE TABLE posting (seq INTEGER PRIMARY KEY, body TEXT)")
        conn.execute("BEGIN")
        conn.executemany("INSERT INTO agenda VALUES (?, ?, '{}')", ((n, n) for n in range(count)))
        conn.execute("COMMIT")
        execute: Callable[..., sqlite3.Cursor] = conn.execute
        started = time.perf_counter()
        for start in range(0, count, _EFFECTS_A_COMMIT):
            execute("BEGIN IMMEDIATE")
            for _ in range(start, min(start + _EFFECTS_A_COMMIT, count)):
                due, seq, body = execute("SELECT due, seq, body FROM agenda ORDER BY due, seq LIMIT 1").fetchone()
                execute("DELETE FROM agenda WHERE due = ? AND seq = ?", (due, seq))
                execute("INSERT INTO entry VALUES (?, ?)", (seq, body))
                execute("INSERT INTO posting VALUES (?, ?)", (seq, body))
            execute("COMMIT")
        return count / (time.perf_counter() - started)
