"""`python -m tests.bench`: every figure of one run, as tables or as JSON.

Ends with 1 if anything was not as it should be: an answer other than 2xx, books that don't balance, events missing.
"""

import dataclasses
import json
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import mockpsp
from tests.bench import (
    bare_sql,
    forks,
    growth,
    interpreter,
    machine,
    memory,
    peer,
    recorded,
    replays,
    report,
    sizes,
    starts,
    traffic,
    webhooks,
    years,
)
from tests.bench.failing import Failed
from tests.bench.options import FULL, QUICK, Effort, parsed
from tests.bench.statements import statements_by_request


def main() -> int:
    """Measure, print, and answer the exit code."""
    options = parsed()
    try:
        pythons = [interpreter.described(path) for path in (sys.executable, options.python) if path]
    except Failed as error:
        print(error, file=sys.stderr)
        return 2
    effort = QUICK if options.quick else FULL
    figures, problems = measure(options.only, pythons, effort, stored=options.stored)
    print(json.dumps(figures, indent=2) if options.json else report.text(figures))
    if options.record and "missing" in figures["peer"]:
        problems.append(f"not recorded: there was no peer, {figures['peer']['missing']}")
    elif options.record and not problems:
        recorded.keep(figures)
    # A step that was refused is shown as such, so a run that has one can be kept: it fails all the same.
    problems += _refused(figures)
    for problem in problems:
        print(f"FAILED {problem}", file=sys.stderr)
    return 1 if problems else 0


def measure(
    parts: tuple[str, ...], pythons: list[dict[str, str]], effort: Effort, *, stored: int | None
) -> tuple[dict[str, Any], list[str]]:
    """The figures, and what was not as it should be, a line each: a part that failed has no figures."""
    started = time.monotonic()
    problems: list[str] = []
    runs: list[dict[str, Any]] = [{"interpreter": python} for python in pythons]
    figures: dict[str, Any] = {
        "date": date.today().isoformat(),
        "version": mockpsp.__version__,
        "is_quick": effort is QUICK,
        "stored": stored,
        "machine": machine.described(),
        "peer": {"missing": "it was not asked for"},
        "peer_rates": [],
        "runs": runs,
    }

    def measured(part: str, find: Callable[..., Any], *arguments: Any) -> Any:
        _say(part)
        try:
            return find(*arguments)
        except Failed as error:
            problems.append(f"{part}: {error}")
            return None

    if "traffic" in parts:
        measured("traffic", _traffic, figures, effort, stored)
    for run in runs:
        python = run["interpreter"]["path"]
        for part, find in _BY_INTERPRETER.items():
            if part in parts:
                run[part] = measured(f"{part}, {report.interpreter(run)}", find, python, effort)
    for part, find in _ONCE.items():
        if part in parts:
            runs[0][part] = measured(part, find, effort)
    return {**figures, "seconds": time.monotonic() - started}, problems


def _traffic(figures: dict[str, Any], effort: Effort, stored: int | None) -> None:
    why_not = peer.install()
    if why_not:
        _say(f"no peer: {why_not}")
        figures["peer"] = {"missing": why_not}
    else:
        figures["peer"] = {"name": peer.NAME, "version": peer.VERSION, "node": peer.node_version()}
    paths = [run["interpreter"]["path"] for run in figures["runs"]]
    rates = traffic.measure(paths, effort, has_peer=not why_not, stored=stored)
    figures["peer_rates"] = [dataclasses.asdict(rate) for rate in rates.get(traffic.PEER, ())]
    for place, run in enumerate(figures["runs"]):
        run["rates"] = [dataclasses.asdict(rate) for rate in rates[place]]


def _costs(effort: Effort) -> dict[str, Any]:
    with tempfile.TemporaryDirectory(prefix="mockpsp-bench-") as name:
        folder = Path(name)
        statements = statements_by_request(folder / "statements.db")
        return {
            "statements": {kind: len(texts) for kind, texts in statements.items()},
            "bytes": sizes.bytes_by_table(folder / "sizes.db", effort.sized_payments),
            "bare_sql_per_second": bare_sql.commits_per_second(folder, effort.recorded_captures),
        }


def _dialects(effort: Effort) -> list[dict[str, Any]]:
    return webhooks.measure_dialects(rounds=effort.dialect_rounds, count=effort.dialect_deliveries)


def _growth(effort: Effort) -> dict[str, Any]:
    steps = growth.measure(count=effort.growth_count, limit_s=effort.growth_limit_s)
    return {"count": effort.growth_count, "limit_s": effort.growth_limit_s, "steps": steps}


def _refused(figures: dict[str, Any]) -> list[str]:
    steps = [step for run in figures["runs"] for step in (run.get("growth") or {}).get("steps", ())]
    return [f"growth, {step['what']}: {step['problem']}" for step in steps if step["problem"]]


#: Part -> what it finds, for each interpreter.
_BY_INTERPRETER: dict[str, Callable[[str, Effort], Any]] = {
    "starts": lambda python, effort: starts.measure(python, times=effort.starts),
    "replay": lambda python, effort: replays.measure(python),
    "memory": lambda python, effort: memory.measure(python, stored=effort.memory_stored),
    "webhooks": lambda python, effort: webhooks.measure(python, rounds=effort.webhook_rounds, count=effort.deliveries),
}
#: Part -> what it finds, under this interpreter alone.
_ONCE: dict[str, Callable[[Effort], Any]] = {
    "dialects": _dialects,
    "costs": _costs,
    "forks": lambda effort: forks.measure(rounds=effort.starts),
    "years": lambda effort: years.measure(count=effort.year_effects),
    "growth": _growth,
}


def _say(what: str) -> None:
    """What is measured now, for whoever waits."""
    print(f"... {what}", file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
