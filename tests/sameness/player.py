"""`python -m tests.sameness.player [STORY]...`: plays built-in stories, all without a name, and prints what came of it.

That is the digest of its universe, what it booked, and the reports of it; only how long it took is left out. Exits with
1 where a story isn't as expected, which is no difference between circumstances but a story to be mended.
"""

import locale
import sys
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

from mockpsp.scenarios.language.model import cell_label
from mockpsp.scenarios.replaying import replay as replays
from mockpsp.scenarios.replaying import report
from mockpsp.scenarios.replaying.application import own_application
from mockpsp.scenarios.replaying.runner import RunResult
from tests.bench.interpreter import ROOT


def main(names: Sequence[str]) -> int:
    """Play, print, and answer the exit code."""
    with suppress(locale.Error):  # applied as by a program that has a language, where this machine has the locale
        locale.setlocale(locale.LC_ALL, "")
    results = [replace(one, path=_shown(one.path), elapsed_ms=0) for one in _played(names)]
    wrong = [one.path for one in results if not one.ok]
    if wrong:
        print(f"not as expected: {', '.join(wrong)}", file=sys.stderr)
        return 1
    parts = [*map(_told, results), report.table(results), report.as_json(results), report.junit(results)]
    sys.stdout.buffer.write("\n".join([*parts, ""]).encode())
    return 0


def _played(names: Sequence[str]) -> Iterator[RunResult]:
    runs = replays.planned(replays.load_all(map(Path, names)), updates=True)
    with own_application() as place:
        for one in runs:
            yield replays.play(place, one)


def _shown(path: str) -> str:
    """From where this tree is, which says nothing about the story."""
    return Path(path).relative_to(ROOT).as_posix()


def _told(result: RunResult) -> str:
    return f"## {result.path} {cell_label(result.cell)}\n{result.digest}\n{result.journal}"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
