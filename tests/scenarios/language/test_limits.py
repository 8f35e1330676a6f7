"""Whatever stands in a file of at most 256 KB, `check` says what it thinks of it within a second or so."""

import os
from pathlib import Path

import pytest

from mockpsp import wallclock
from mockpsp.scenarios.language.errors import ScenarioErrors
from mockpsp.scenarios.language.library import library_paths
from mockpsp.scenarios.language.loader import discover, load, loads
from mockpsp.scenarios.language.nodes import NODES_MAX, PROBLEMS_MAX, SIZE_MAX_BYTES

HEAD = "format: 1\nname: a\n"
STEP = "  - {call: POST /invoices, body: {name: A}}\n"
STEPS = f"{HEAD}steps:\n{STEP}"
WIDE = f"{HEAD}matrix: {{a: [{', '.join(f'v{n}' for n in range(200))}]}}\nsteps:\n"
MATCHING = "  - {call: GET /cards, expect: {body: {order: {$match: 'NUMBER(a?){400}'}}}}\n"
#: Generous: a second on a machine that does nothing else.
LIMIT_MS = 6_000


def full(head: str, line: str, tail: str = "") -> str:
    """The head and as many lines as a file holds, numbered where the line says {n}."""
    count = (SIZE_MAX_BYTES - len(head) - len(tail)) // (len(line) + 5)
    return head + "".join(line.replace("{n}", str(n)) for n in range(count)) + tail


AXIS = "[" + ", ".join(f"v{n}" for n in range(50)) + "]"
#: What a file may be full of -> the file, and the last that is said of it.
FILES = {
    "ten axes of fifty": (
        f"{HEAD}matrix: {{{', '.join(f'a{n}: {AXIS}' for n in range(10))}}}\nsteps:\n{STEP}",
        "cells or more, at most 200 are replayed",
    ),
    "faulty steps": (full(f"{HEAD}steps:\n", "  - {cal: x}\n"), "the rest is not read"),
    "few faulty steps": (f"{HEAD}steps:\n" + "  - {cal: x, b: y}\n" * 400, "before they are mended"),
    "too many steps": (f"{HEAD}steps:\n" + "  - {call: GET /cards}\n" * 501, "501 steps, at most 500 are replayed"),
    "unknown keys": (full(STEPS, "k{n}: 1\n"), "the rest is not read"),
    "long unknown keys": (full(STEPS, "k" * 900 + "{n}: 1\n"), "before they are mended"),
    "steps of one id": (f"{HEAD}steps:\n" + "  - {id: a, call: GET /cards}\n" * 499, "before they are mended"),
    "PSPs": (f"{STEPS}psps:\n" + "".join(f"  p{n}: {{like: sandbox}}\n" for n in range(51)), "51 PSPs"),
    "receivers": (f"{STEPS}receivers:\n" + "".join(f"  r{n}: {{url: sink}}\n" for n in range(21)), "21 receivers"),
    "names nobody saved": (
        WIDE
        + "".join(f"  - {{call: GET /cards, body: '${{n{n}}} ${{m{n}}}', only: {{a: [v1]}}}}\n" for n in range(490)),
        "before they are mended",
    ),
    "digits and underscores": (full(f"{HEAD}steps:\n  - call: 1", "_" * 60, "x\n"), "is wanted here"),
    "placeholders without an end": (
        full(f'{HEAD}steps:\n  - call: GET /cards\n    body: "', "${", '"\n'),
        "without its }",
    ),
    "brackets": ("[" * SIZE_MAX_BYTES, "nested deeper than 32"),
    "a list of ones": (full(f"{HEAD}tags: [", "1,", "]\n"), "the rest is not read"),
}


def checked(text: str) -> tuple[int, list[str]]:
    """(milliseconds, problems) of a file."""
    started_ms = wallclock.stopwatch_ms()
    assert len(text.encode()) <= SIZE_MAX_BYTES
    try:
        loads(text.encode(), Path("story.yaml"))
    except ScenarioErrors as error:
        return wallclock.stopwatch_ms() - started_ms, [str(problem) for problem in error.problems]
    return wallclock.stopwatch_ms() - started_ms, []


@pytest.mark.parametrize(("text", "last"), FILES.values(), ids=FILES)
def test_a_full_file_is_refused_soon_and_shortly(text: str, last: str) -> None:
    took_ms, problems = checked(text)

    assert took_ms < LIMIT_MS
    assert len(problems) <= PROBLEMS_MAX + 1
    assert last in "\n".join(problems)
    assert sum(map(len, problems)) < 100_000


@pytest.mark.parametrize(
    "text",
    [
        WIDE + ("  - {call: GET /cards, body: [" + ", ".join(["'${a}'"] * 30) + "]}\n") * 490,
        f"{HEAD}steps:\n" + "".join(MATCHING.replace("NUMBER", str(n)) for n in range(490)),
        f"{HEAD}steps:\n  - call: GET /cards/{'a' * 200_000}\n",
        f"{STEPS}psps:\n" + "".join(f"  p{n}: {{like: wallet, refunds_max: {n + 1}}}\n" for n in range(50)),
    ],
    ids=["names in 200 cells", "patterns", "a long address", "PSPs"],
)
def test_a_full_file_that_is_right_is_taken_as_soon(text: str) -> None:
    took_ms, problems = checked(text)

    assert problems == []
    assert took_ms < LIMIT_MS


def test_of_names_nobody_uses_a_hundred_are_told() -> None:
    text = f"{HEAD}steps:\n" + "".join(
        f"  - {{call: GET /cards, save: {{n{n}: count, m{n}: limit}}}}\n" for n in range(490)
    )

    assert len(loads(text.encode(), Path("story.yaml")).warnings) == PROBLEMS_MAX


def test_the_library_is_far_from_every_limit() -> None:
    most = max(path.stat().st_size for path in library_paths())

    assert most < SIZE_MAX_BYTES / 10
    assert all(len(load(path).steps) < 100 for path in library_paths())
    assert NODES_MAX == 20_000


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no pipes in folders")
def test_a_pipe_among_the_files_of_a_folder_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.yaml")

    (path,) = discover([tmp_path])
    with pytest.raises(ScenarioErrors, match="can't be read: it is no file"):
        load(path)
