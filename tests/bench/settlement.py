"""`python -m tests.bench.settlement`: captures by the hundred thousand, settled into one payout and written as files.

Each step is what a user does: the clock is advanced until the money is in the bank, then the command writes the files.
Beside another checkout of the project both are measured in turn, in one run: --beside DIR. With --reserve the same
captures are settled once more at a PSP that keeps a share of each, which is what a reserve costs.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from mockpsp.domain.time.moments import EPOCH_MS, rfc3339
from tests.bench.in_process import Caller, calling
from tests.bench.seeder import seed

COUNT = 100_000
#: By then everything is settled, paid out and in the bank.
_END_MS = EPOCH_MS + 40 * 86_400_000
_GATEWAY = {"like": "sandbox", "payout_schedule": "monthly:28"}
_RESERVE = {"reserve": "10%", "reserve_period": "30d"}
_FILES = {"CSV": "csv", "statement": "camt053"}
_KB = 1_024
#: The command, which says at its end how much it held at most: what its parent held at the fork would count for it.
_RUN = """import sys
from pathlib import Path
from mockpsp.cli import mockpsp
mockpsp(sys.argv[1:], standalone_mode=False)
print(Path("/proc/self/status").read_text().split("VmHWM:")[1].split()[0])"""


def main() -> int:
    """Measure, print, and answer the exit code."""
    found = argparse.ArgumentParser(prog="python -m tests.bench.settlement", description=__doc__)
    found.add_argument("--count", type=int, default=COUNT, metavar="N", help=f"captures  [default: {COUNT:,}]")
    found.add_argument("--beside", type=Path, metavar="DIR", help="another checkout, with an environment in .venv")
    found.add_argument("--json", action="store_true", help="print JSON")
    found.add_argument("--reserve", action="store_true", help="once more, with a tenth of each sale kept in reserve")
    options = found.parse_args()
    figures = {"here": measure(options.count)}
    if options.reserve:
        figures["with a reserve"] = measure(options.count, _GATEWAY | _RESERVE)
    if options.beside:
        figures["beside"] = _elsewhere(options.beside, options.count)
    print(json.dumps(figures, indent=2) if options.json else _text(figures))
    return 0


def measure(count: int, gateway: dict[str, str] = _GATEWAY) -> dict[str, Any]:
    """Seconds, and megabytes at most, of each step; the files' sizes and what the first payout pays."""
    with tempfile.TemporaryDirectory(prefix="mockpsp-bench-") as name:
        db = Path(name) / "settlement.db"
        seed(db, count, lambda caller: _sale(caller, gateway))
        figures: dict[str, Any] = {"count": count, "settling": _settled(db)}
        for what, form in _FILES.items():
            figures[what] = _exported(db, form, Path(name) / form)
    return figures


def _sale(caller: Caller, gateway: dict[str, str]) -> str:
    """The id of a transaction with a card of its own, paid at a PSP that pays out once a month."""
    if not getattr(caller, "is_ready", False):
        caller.put("/sandbox/psps/monthly", gateway)
        caller.put("/sandbox/routing", {"default": "monthly"})
        caller.is_ready = True  # type: ignore[attr-defined]
    return caller.capture(caller.invoice(), caller.card())


def _settled(db: Path) -> dict[str, float]:
    with calling(db) as caller:
        # What the process held at most until now, seeding included, is forgotten.
        Path("/proc/self/clear_refs").write_text("5", encoding="ascii")
        started, began_cpu = time.perf_counter(), time.process_time()
        while caller.post("/sandbox/clock/advance", {"to": rfc3339(_END_MS)})["more"]:
            pass
        seconds, cpu = time.perf_counter() - started, time.process_time() - began_cpu
        payouts = caller.get("/payouts")["payouts"]
    assert len(payouts) == 1, f"{len(payouts)} payouts, not one"
    return {"seconds": seconds, "cpu": cpu, "mb": _held_mb(), "paid": payouts[0]["amount"]}


def _held_mb() -> float:
    """What this process held at most, in megabytes."""
    return int(Path("/proc/self/status").read_text(encoding="ascii").split("VmHWM:")[1].split()[0]) / _KB


def _exported(db: Path, form: str, path: Path) -> dict[str, float]:
    command = [
        sys.executable,
        "-c",
        _RUN,
        "payouts",
        "export",
        "--format",
        form,
        "--db",
        str(db),
        "--output",
        str(path),
    ]
    started = time.perf_counter()
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        said = process.stdout.read() if process.stdout else ""
        # Of this child alone: what other children took would count with it otherwise.
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    assert process.returncode == 0, f"payouts export ended with {process.returncode}"
    return {
        "seconds": time.perf_counter() - started,
        "cpu": usage.ru_utime + usage.ru_stime,
        "mb": int(said) / _KB,
        "lines": path.read_bytes().count(b"\n"),
    }


def _elsewhere(folder: Path, count: int) -> Any:
    """The same by another checkout, in its own environment."""
    command = [str(folder / ".venv" / "bin" / "python"), "-m", "tests.bench.settlement", f"--count={count}", "--json"]
    done = subprocess.run(command, cwd=folder, stdout=subprocess.PIPE, text=True, check=True)
    return json.loads(done.stdout)["here"]


def _text(figures: dict[str, Any]) -> str:
    lines = []
    for where, found in figures.items():
        lines.append(f"{where}: {found['count']:,} captures")
        lines.append(_line("settled into one payout", found["settling"]))
        lines += [f"{_line(what, found[what])}  {found[what]['lines']:,} lines" for what in _FILES]
    return "\n".join(lines)


def _line(what: str, found: dict[str, float]) -> str:
    line = f"  {what:<24} {found['seconds']:7.1f} s  {found['cpu']:7.1f} s of a processor"
    held = f"  {found['mb']:6.0f} MB at most" if "mb" in found else ""  # another checkout may not say
    return line + held


if __name__ == "__main__":
    sys.exit(main())
