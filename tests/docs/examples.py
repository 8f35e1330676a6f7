"""What commands print of built-in stories."""

import re
import tempfile
from collections.abc import Callable
from pathlib import Path

from click.testing import CliRunner

from mockpsp.cli import mockpsp as command
from mockpsp.scenarios.language.library import library_paths

_ID = re.compile(r"((?:payt_itm|payt|tr)_[0-9A-Za-z]{4})[0-9A-Za-z]{28}")


def said(*arguments: str) -> list[str]:
    """What a command prints."""
    return CliRunner().invoke(command, arguments, catch_exceptions=False).stdout.splitlines()


def payouts() -> list[str]:
    """What `mockpsp payouts export` writes of a story, and the answer key of a defect in it; ids are cut short."""
    story = next(path for path in library_paths() if path.stem.startswith("payout-line-by-line"))
    with tempfile.TemporaryDirectory() as folder:
        key, db = Path(folder) / "key.json", ("--db", str(Path(folder) / "ledger.db"))
        said("replay", str(story), *db)
        plain = said("payouts", "export", *db)
        said("payouts", "export", "--defect", "duplicated-refund", "--answer-key", str(key), *db)
        answer = key.read_text().splitlines()
    start = "$ mockpsp payouts export --db ledger.db"
    more = f"{start} --defect duplicated-refund --answer-key key.json --output wrong.csv; cat key.json"
    return [_ID.sub(r"\1…", line) for line in ["```console", start, *plain, more, *answer, "```"]]


def compared(story: str, psps: str = "", *, parts: int | None = None) -> Callable[[], list[str]]:
    """What `mockpsp compare` prints of a built-in story; no more than so many parts with blank lines between."""
    options = ("--psp", psps) if psps else ()

    def lines() -> list[str]:
        text = "\n".join(said("compare", story, *options))
        shown = "\n\n".join(text.split("\n\n")[:parts]).splitlines()
        return ["```text", " ".join(("$ mockpsp compare", story, *options)), *shown, "```"]

    return lines
