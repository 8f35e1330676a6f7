"""The same stories to the same bytes, whatever the interpreter, the time zone, the locale and the seed of hashes.

One process plays stories in given circumstances and writes down all that came of them (player.py); what two of them
wrote is compared here. A test does so for a few stories, `python -m tests.sameness` for the whole library.
"""

import os
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import NamedTuple

from tests.bench.failing import Failed
from tests.bench.interpreter import ROOT, described

#: Where environments for this tree may be: its own, those of CI for another Python, those of `make test-everywhere`.
_ENVIRONMENTS = (".venv", ".venv-*", ".tox/3*")
#: Where `python -m tests.sameness` makes locales that this machine doesn't have.
LOCALES = ROOT / "build" / "locales"
_PATIENCE_S = 900


class Circumstances(NamedTuple):
    """What stories must not depend on."""

    python: str
    zone: str
    locale: str
    hash_seed: str

    def __str__(self) -> str:
        return f"{self.python}, TZ={self.zone}, LC_ALL={self.locale}, PYTHONHASHSEED={self.hash_seed}"


#: Zone, locale and seed of hashes: no two alike in anything. POSIX is a locale without any letter beyond ASCII.
_ELSEWHERE = (
    ("UTC", "C.UTF-8", "0"),
    ("Asia/Kathmandu", "POSIX", "1"),
    ("America/St_Johns", "de_DE.UTF-8", "4294967295"),
    ("Pacific/Kiritimati", "tr_TR.UTF-8", "42"),
)


def circumstances(pythons: Sequence[str]) -> list[Circumstances]:
    """Each of the zones, locales and seeds, with one interpreter after the other: as many as it takes to have all."""
    count = max(len(pythons), len(_ELSEWHERE))
    return [
        Circumstances(pythons[number % len(pythons)], *_ELSEWHERE[number % len(_ELSEWHERE)]) for number in range(count)
    ]


def locales() -> tuple[str, ...]:
    """Those that are played in; one that a machine doesn't have is that of C there."""
    return tuple(locale for _, locale, _ in _ELSEWHERE)


def interpreters() -> dict[str, str]:
    """Version -> an interpreter that plays stories of this tree: the own one first, then one of each other version."""
    own = described(sys.executable)
    found = {own["version"]: sys.executable}
    paths = (path for pattern in _ENVIRONMENTS for path in sorted(ROOT.glob(f"{pattern}/bin/python")))
    for path in paths:
        try:
            version = described(str(path))["version"]
        except Failed:  # made for something else, or not to its end
            continue
        found.setdefault(version, str(path))
    return found


def played(each: Sequence[Circumstances], stories: Sequence[str]) -> Iterator[bytes]:
    """What came of the stories in each of the circumstances; as many at once as there are processors."""
    with ThreadPoolExecutor(os.cpu_count()) as workers:
        yield from workers.map(lambda one: _played(one, stories), each)


def difference(first: bytes, other: bytes) -> str:
    """The first line in which they differ, with the story that it is of; empty where they don't."""
    if first == other:
        return ""
    story = ""
    for one, another in zip(first.splitlines(), other.splitlines(), strict=False):
        if one != another:
            return f"{story}: {one.decode()[:300]} <> {another.decode()[:300]}"
        story = one.decode()[3:] if one.startswith(b"## ") else story
    return f"{len(first)} bytes <> {len(other)} bytes"


def _played(where: Circumstances, stories: Sequence[str]) -> bytes:
    done = subprocess.run(
        [where.python, "-m", "tests.sameness.player", *stories],
        cwd=ROOT,
        env=_environment(where),
        capture_output=True,
        timeout=_PATIENCE_S,
    )
    if done.returncode:
        raise Failed(f"{where}: {done.stderr.decode(errors='replace').strip()[-1000:]}")
    return done.stdout


def _environment(where: Circumstances) -> Mapping[str, str]:
    """Nothing of ours: no settings, no zone or locale of this machine, and no UTF-8 where the locale has none."""
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "TMPDIR", "SYSTEMROOT") if name in os.environ}
    made = {"LOCPATH": str(LOCALES)} if (LOCALES / where.locale).is_dir() else {}
    return (
        kept
        | made
        | {
            "TZ": where.zone,
            "LC_ALL": where.locale,
            "LANG": where.locale,
            "PYTHONHASHSEED": where.hash_seed,
            "PYTHONUTF8": "0",
            "PYTHONCOERCECLOCALE": "0",
        }
    )
