"""Exported journals, judged by bookkeeping programs: beancount always, hledger where it is installed."""

import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path

from beancount.loader import load_string

from mockpsp.ledger import exports
from mockpsp.store.tx import load
from tests.fuzz.flows import World

FORMATS = ("beancount", "hledger")


def complaints(journals: Mapping[str, str], file: Path) -> tuple[list[str], list[str]]:
    """The names of the programs that judged a journal, by its format, and what they found wrong."""
    judges = ["beancount"]
    _, errors, _ = load_string(journals["beancount"])
    found = [f"bean-check: {error.message}" for error in errors[:3]]
    program = shutil.which("hledger")
    if program is not None:
        judges.append("hledger")
        file.write_text(journals["hledger"], encoding="utf-8")
        command = [program, "check", "--strict", "-f", str(file)]
        checked = subprocess.run(command, capture_output=True, text=True, timeout=120)
        if checked.returncode:
            found.append(f"hledger: {checked.stderr[:500]}")
    return judges, found


def check_exports(world: World, folder: Path) -> list[str]:
    """The names of the programs that found nothing wrong with a world's books; Broken with what one of them said."""
    with world.app.extensions["mockpsp"].database.reading() as conn:
        project = load(conn, world.project_id)
        assert project is not None
        journals = {form: "".join(exports.render(conn, project.no, "export", form)) for form in FORMATS}
    judges, found = complaints(journals, folder / f"{world.seed}.journal")
    world.hold(found == [], "; ".join(found))
    return judges
