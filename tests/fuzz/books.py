"""The journal of a world, judged by bookkeeping programs: beancount always, hledger where it is installed."""

import shutil
import subprocess
from pathlib import Path

from beancount.loader import load_string

from mockpsp.ledger import exports
from mockpsp.store.tx import load
from tests.fuzz.flows import World


def check_exports(world: World, folder: Path) -> list[str]:
    """The names of the programs that found nothing wrong; Broken with what one of them said."""
    with world.app.extensions["mockpsp"].database.reading() as conn:
        project = load(conn, world.project_id)
        assert project is not None
        journals = {
            form: "".join(exports.render(conn, project.no, "export", form)) for form in ("beancount", "hledger")
        }
    _, errors, _ = load_string(journals["beancount"])
    world.hold(errors == [], f"bean-check: {[error.message for error in errors[:3]]}")
    judges = ["beancount"]
    program = shutil.which("hledger")
    if program is not None:
        file = folder / f"{world.seed}.journal"
        file.write_text(journals["hledger"], encoding="utf-8")
        checked = subprocess.run(
            [program, "check", "--strict", "-f", file], capture_output=True, text=True, timeout=120
        )
        world.hold(checked.returncode == 0, f"hledger: {checked.stderr[:500]}")
        judges.append("hledger")
    return judges
