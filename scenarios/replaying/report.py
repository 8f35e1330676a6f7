"""The results of a replay for a human, for a program and for a CI server; no decision is made here."""

import json
import re
import shlex
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

from mockpsp.scenarios.language.library import is_built_in
from mockpsp.scenarios.language.model import cell_label
from mockpsp.scenarios.language.places import Place, place_of
from mockpsp.scenarios.replaying.circumstances import Circumstances
from mockpsp.scenarios.replaying.runner import RunResult, StepResult

#: What XML 1.0 can't hold at all, not even escaped.
_NOT_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_DIGEST_SHOWN = 12
#: Of a long line of a story.
_LINE_SHOWN = 160
#: Where the universe of a failed step is kept by the command that is told.
_KEPT = "failed.db"


def table(results: Sequence[RunResult]) -> str:
    """One line a run, under a failing one its step and every difference, at the end the sum."""
    rows = [row(result) for result in results]
    width = max((len(title) for _, title, *_ in rows), default=0)
    lines: list[str] = []
    for (mark, title, progress, digest, elapsed), result in zip(rows, results, strict=True):
        lines.append(f"{mark:4}  {title:<{width}}  {progress:>7}  {digest:<{_DIGEST_SHOWN}}  {elapsed}")
        lines.extend(failures(result))
    return "\n".join([*lines, summary(results)])


def row(result: RunResult) -> tuple[str, str, str, str, str]:
    """A run as the cells of its line: whether it is ok, its title, its steps, its digest and how long it took."""
    digest = (result.digest or "-")[:_DIGEST_SHOWN]
    return "ok" if result.ok else "FAIL", _title(result), _progress(result), digest, f"{result.elapsed_ms} ms"


def failures(result: RunResult) -> list[str]:
    """The steps of a run that failed, with every difference."""
    return [line for step in result.steps if not step.ok for line in _failure(result, step)]


def summary(results: Sequence[RunResult]) -> str:
    """How many runs there were, and how many failed."""
    failed = sum(not result.ok for result in results)
    runs = f"{len(results)} run{'' if len(results) == 1 else 's'}"
    return f"{runs}, {failed} differed" if failed else f"{runs}, all as expected"


def as_json(results: Sequence[RunResult]) -> str:
    """The results as one JSON document: `ok`, then each run with its steps and differences."""
    document = {"ok": all(result.ok for result in results), "runs": [_run_json(result) for result in results]}
    return json.dumps(document, ensure_ascii=False, indent=2)


def junit(results: Sequence[RunResult], at: str = "") -> str:
    """The results as JUnit XML: a suite a file, a case a cell, the differences as its failure; `at` is when it ran.

    A built-in story goes by its place in the library, which is the same in each environment.
    """
    when: dict[str, Any] = {"timestamp": at} if at else {}
    root = ElementTree.Element("testsuites", name="mockpsp replay", **_counts(results), **when)
    for path in dict.fromkeys(result.path for result in results):
        runs = [result for result in results if result.path == path]
        suite = ElementTree.SubElement(root, "testsuite", name=_place(path), **_counts(runs), **when)
        for result in runs:
            _add_case(suite, result)
    return ElementTree.tostring(root, encoding="unicode", xml_declaration=True)


def _title(result: RunResult) -> str:
    label = cell_label(result.cell)
    return f"{result.name} [{label}]" if label else result.name


def _progress(result: RunResult) -> str:
    passed = min(sum(step.ok for step in result.steps), result.steps_count)
    return f"{passed}/{result.steps_count}"


def _failure(result: RunResult, step: StepResult) -> list[str]:
    """The step, where its first difference stands in the file, all differences, and how they came about."""
    path = step.file or result.path
    place = place_of(path, step.line, step.differences[0].where, result.cell)
    where = f"{step.line}" if place is None else f"{place.line}:{place.column}"
    lines = [f"{path}:{where}: {step.id}: {step.what}", *_caret(place)]
    for one in step.differences:
        lines += [f"  {one.where}", f"    expected  {one.expected}", *f"    got       {one.actual}".split("\n")]
    around = step.circumstances
    if around is not None:
        lines += [f"  {name:<11} {text}" for name, text in _said_of(result, step, around) if text]
        lines += [f"  since {around.since}", *(f"    {text}" for text in around.happened or ("nothing happened",))]
        lines += ["  planned for later", *(f"    {text}" for text in around.planned)] if around.planned else []
    return [f"      {line}" for line in lines]


def _caret(place: Place | None) -> list[str]:
    """The line with a caret under its column; of a long line the part around it."""
    if place is None:
        return []
    start = max(0, place.column - 1 - _LINE_SHOWN // 2) if len(place.text) > _LINE_SHOWN else 0
    number = f"  {place.line} | "
    return [f"{number}{place.text[start : start + _LINE_SHOWN]}", " " * (len(number) + place.column - 1 - start) + "^"]


def _said_of(result: RunResult, step: StepResult, around: Circumstances) -> list[tuple[str, str]]:
    psp = f" --psp {result.cell['psp']}" if "psp" in result.cell else ""
    serve = f"mockpsp serve --db {_KEPT}  # the last call goes there: this replay had no server"
    return [
        ("error_type", around.error_type),
        ("message", "" if any(around.message in field for field in around.invalid_fields) else around.message),
        *(("invalid", field) for field in around.invalid_fields),
        ("last call", around.curl),
        ("answered", around.answered),
        ("up to here", f"mockpsp replay {shlex.quote(result.path)}{psp} --until {step.id} --db {_KEPT}"),
        ("then", "" if around.is_served else serve),
    ]


def _run_json(result: RunResult) -> dict[str, object]:
    return {
        "name": result.name,
        "path": result.path,
        "cell": dict(result.cell),
        "ok": result.ok,
        "steps_count": result.steps_count,
        "steps": [_step_json(step) for step in result.steps],
        "digest": result.digest,
        "elapsed_ms": result.elapsed_ms,
    }


def _step_json(step: StepResult) -> dict[str, object]:
    return {
        "id": step.id,
        "what": step.what,
        "line": step.line,
        **({"file": step.file} if step.file else {}),
        "ok": step.ok,
        "differences": [
            {"where": one.where, "expected": one.expected, "actual": one.actual} for one in step.differences
        ],
        **({} if step.circumstances is None else {"circumstances": asdict(step.circumstances)}),
    }


def _counts(results: Sequence[RunResult]) -> dict[str, Any]:
    """What readers of JUnit XML expect of every suite; a run that can't go on is a failure here, never an error."""
    failed = sum(not result.ok for result in results)
    elapsed_ms = sum(result.elapsed_ms for result in results)
    return {
        "tests": str(len(results)),
        "failures": str(failed),
        "errors": "0",
        "skipped": "0",
        "time": _seconds(elapsed_ms),
    }


def _seconds(elapsed_ms: int) -> str:
    return f"{elapsed_ms // 1000}.{elapsed_ms % 1000:03d}"


def _add_case(suite: ElementTree.Element, result: RunResult) -> None:
    case = ElementTree.SubElement(
        suite, "testcase", classname=_place(result.path), name=_clean(_title(result)), time=_seconds(result.elapsed_ms)
    )
    for step in (step for step in result.steps if not step.ok):
        failure = ElementTree.SubElement(case, "failure", message=_clean(f"{step.id}: {step.differences[0]}"))
        failure.text = _clean("\n".join(_failure(result, step)))


def _place(path: str) -> str:
    file = Path(path)
    return f"library/{file.parent.name}/{file.name}" if is_built_in(file) else _clean(path)


def _clean(text: str) -> str:
    return _NOT_XML.sub("\N{REPLACEMENT CHARACTER}", text)
