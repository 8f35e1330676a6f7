"""What a story booked, kept beside it in NAME.journal: whoever changes the books sees how, as a diff of a text file.

A golden has a part for each cell of the matrix. Ids are replaced by the order in which they are met, so that it changes
when the books do, and not with the seed. `mockpsp replay --update` writes it; from then on each whole run is held
against it.
"""

import difflib
import re
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from mockpsp.scenarios.language.model import Cell, cell_label

SUFFIX = ".journal"
_HEAD = "## "
_ONLY = "the only run"
#: How ids look: a word, and letters that nobody chose.
_ID = re.compile(r"\b([a-z_]+?)_[A-Za-z0-9]{16,}\b")


def path_of(path: str) -> Path:
    """Where the golden of a story is."""
    return Path(path).with_suffix(SUFFIX)


def written(entries: Iterable[Mapping[str, object]]) -> str:
    """Journal entries as text, oldest first: when, what about which object, then debit, credit and amount each."""
    lines: list[str] = []
    for entry in entries:
        lines.append(f"{entry.get('at')} {entry.get('fact')} {entry.get('on')}")
        postings = entry.get("postings")
        for one in postings if isinstance(postings, list) else ():
            lines.append(f"    {one['debit']}  {one['credit']}  {one['amount']} {one['currency']}")
    return _without_ids("".join(f"{line}\n" for line in lines))


def difference(path: str, cell: Cell, journal: str) -> str:
    """How what a run booked differs from its golden, as a diff; empty where it doesn't, or has none."""
    golden = read(path).get(_title(cell))
    if golden is None or golden == journal:
        return ""
    name = path_of(path).name
    return "".join(
        difflib.unified_diff(golden.splitlines(True), journal.splitlines(True), f"{name} (kept)", f"{name} (now)", n=1)
    )


def read(path: str) -> dict[str, str]:
    """Title of a cell -> what was booked in it; empty without a golden."""
    try:
        text = path_of(path).read_text(encoding="utf-8")
    except OSError:
        return {}
    titled = (part.partition("\n") for part in f"\n{text}".split(f"\n{_HEAD}")[1:])
    return {title: f"{body.rstrip()}\n" if body.strip() else "" for title, _, body in titled}


def updated(path: str, journals: Sequence[tuple[Cell, str]]) -> str:
    """The text of a golden with what these cells booked now; cells that didn't run stay as they were."""
    parts = read(path) | {_title(cell): journal for cell, journal in journals}
    return "\n".join(f"{_HEAD}{title}\n{body}" for title, body in parts.items())


def _title(cell: Cell) -> str:
    return cell_label(cell) or _ONLY


def _without_ids(text: str) -> str:
    numbers: dict[str, str] = {}
    counts: dict[str, int] = {}

    def numbered(found: re.Match[str]) -> str:
        if found[0] not in numbers:
            counts[found[1]] = counts.get(found[1], 0) + 1
            numbers[found[0]] = f"{found[1]}_{counts[found[1]]}"
        return numbers[found[0]]

    return _ID.sub(numbered, text)
