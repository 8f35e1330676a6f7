"""The run that the reference page shows, kept as JSON beside this file; `--record` puts another in its place."""

import json
from pathlib import Path
from typing import Any

FILE = Path(__file__).with_name("recorded.json")


def keep(figures: dict[str, Any]) -> None:
    """Keep a run, and rewrite the page that shows it."""
    # Where the interpreters are on this machine concerns nobody.
    runs = [{**run, "interpreter": _without_path(run["interpreter"])} for run in figures["runs"]]
    FILE.write_text(json.dumps(_rounded({**figures, "runs": runs}), indent=1) + "\n", encoding="utf-8")
    # Imported now: the pages' generators read everything that there is.
    from tests.docs.pages import FOLDER, rendered

    page = FOLDER / "benchmarks.md"
    page.write_text(rendered(page.read_text(encoding="utf-8")), encoding="utf-8")


def run() -> dict[str, Any]:
    """The run that was kept."""
    found: dict[str, Any] = json.loads(FILE.read_text(encoding="utf-8"))
    return found


def _without_path(interpreter: dict[str, str]) -> dict[str, str]:
    return {name: value for name, value in interpreter.items() if name != "path"}


def _rounded(value: Any) -> Any:
    """Without digits that no measurement has."""
    if isinstance(value, dict):
        return {name: _rounded(one) for name, one in value.items()}
    if isinstance(value, list | tuple):
        return [_rounded(one) for one in value]
    return float(f"{value:.5g}") if isinstance(value, float) else value
