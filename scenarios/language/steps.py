"""The steps of a story: one verb each, what is kept of its answer, what is expected, and in which cells.

What belongs to one verb is read by verbs.py, an `expect` by expectations.py; here they are put together, and the
names of all steps are checked against each other (names.py).
"""

import re
from collections.abc import Collection
from dataclasses import fields
from pathlib import Path

from mockpsp.scenarios.language.branching import (
    BRANCH,
    MEASURES,
    Branch,
    Future,
    check_places,
    names_compared,
    saved_in,
)
from mockpsp.scenarios.language.capabilities import CAN, read_capabilities
from mockpsp.scenarios.language.expectations import ANSWER_PARTS, PARTS, read_expect
from mockpsp.scenarios.language.model import Expect, Json, Scenario, Step
from mockpsp.scenarios.language.names import APP, NameLog, StepNames, check_names
from mockpsp.scenarios.language.nodes import MapNode, Node, Problems, ScalarNode, nearest
from mockpsp.scenarios.language.reading import Reader
from mockpsp.scenarios.language.saving import read_save
from mockpsp.scenarios.language.unfolding import REPEAT, STEPS_MAX, USE, unfold
from mockpsp.scenarios.language.verbs import VERBS

STEP_KEYS = ("id", "save", "expect", "only", REPEAT)
STEP_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,59}")
_ONE_UNIVERSE = "your own application knows one universe, and each future has another: futures go without ${app}"
#: The verb of a step that only looks.
LOOK = "expect"
TOGETHER = "together"
STATUSES = "statuses"


def read_steps(
    node: Node, scenario: Scenario, given: Collection[str], problems: Problems, handlers: NameLog
) -> tuple[tuple[Step, ...], Node | None]:
    """All steps in order, and what in them first needs the user's own application.

    `given` are the names there before the first, `handlers` the names that receivers use.
    """
    steps, names = _steps(node, scenario, problems)
    check_names(names, scenario.cells(), given, problems, handlers)
    uses = [used for one in names for log in one.logs() for used in log.entries]
    app_use = next((place for name, place, is_made in uses if name == APP and not is_made), None)
    if any(one.app_path is not None for one in scenario.receivers) or app_use is not None:
        for step in (step for step in steps if step.verb == BRANCH):
            problems.add(node, f"{step.id}: {_ONE_UNIVERSE}")
    return tuple(steps), app_use


def _steps(
    node: Node, scenario: Scenario, problems: Problems, *, is_future: bool = False
) -> tuple[list[Step], list[StepNames]]:
    """Steps in order with the names of each; those of a future begin no futures of their own."""
    items = Reader(problems).items(node, "steps")
    if len(items) > STEPS_MAX:
        problems.stop(node, f"{len(items)} steps, at most {STEPS_MAX} are replayed")
    steps: list[Step] = []
    names: list[StepNames] = []
    known, outer, earlier_count = problems.known, problems.known.step, len(problems.known.steps)
    for item, default_id in unfold(items, Path(scenario.path), problems):
        known.step = default_id
        step, step_names = _step(item, default_id, scenario, problems)
        known.steps.append(step.id)
        if any(other.id == step.id for other in steps):
            problems.add(item, f"the id {step.id} is taken by an earlier step")
        if steps and steps[-1].verb == "end" and not steps[-1].only and not steps[-1].can:
            problems.add(item, "nothing runs after `end`")
        if is_future and step.verb == BRANCH:
            problems.add(item, "a future has no futures of its own; put all of them side by side")
        if is_future and any(name == APP for log in step_names.logs() for name, _, _ in log.entries):
            problems.add(item, _ONE_UNIVERSE)
        steps.append(step)
        names.append(step_names)
    del known.steps[earlier_count:]  # those of a future are no steps of the story
    known.step = outer
    return steps, names


def _step(node: Node, default_id: str, scenario: Scenario, problems: Problems) -> tuple[Step, StepNames]:
    reader = Reader(problems)
    verb = _verb(node, problems)
    options = VERBS[verb].options if verb in VERBS else ()
    known = (*VERBS, *options, *STEP_KEYS)
    entries = reader.fields(node, f"a step that does {verb}" if verb else "a step", known)
    only, can = _only(reader, entries["only"], scenario) if "only" in entries else ({}, {})
    action = VERBS[verb].read(reader, entries[verb], entries) if verb in VERBS else None
    futures: tuple[tuple[StepNames, ...], ...] = ()
    if isinstance(action, Branch):
        action, futures = _with_steps(action, entries[BRANCH], scenario, problems)
    save = read_save(reader, entries["save"]) if "save" in entries else {}
    if save and verb not in VERBS:
        problems.add(entries["save"], "a step that only looks has no answer to save from")
    expect, by, expect_by_value, logs = _expect(entries.get("expect"), scenario, problems)
    step = Step(
        id=reader.text(entries["id"], "an id", pattern=STEP_ID) if "id" in entries else default_id,
        verb=verb or LOOK,
        action=action,
        line=node.line,
        file=node.file,
        save=save,
        expect=expect,
        by=by,
        expect_by_value=expect_by_value,
        only=only,
        can=can,
    )
    _check_expected(step, node, problems)
    own_log = logs.pop("")
    return step, StepNames(only, reader.log, own_log, by, logs, futures, _compared(step))


def _with_steps(
    branch: Branch, node: Node, scenario: Scenario, problems: Problems
) -> tuple[Branch, tuple[tuple[StepNames, ...], ...]]:
    """The branch with the steps of its futures, and the names of these."""
    if not isinstance(node, MapNode):
        return branch, ()
    read = [_steps(value, scenario, problems, is_future=True) for _, value in node.entries]
    futures = tuple(Future(one.name, tuple(steps)) for one, (steps, _) in zip(branch.futures, read, strict=True))
    for future in futures:
        for name in sorted(saved_in(future) & MEASURES.keys()):
            problems.add(node, f"{future.name}.{name} is {MEASURES[name]}; save it under another name")
    return Branch(futures), tuple(tuple(names) for _, names in read)


def _compared(step: Step) -> frozenset[str]:
    """Names saved in the step's futures that it compares."""
    expected = [expect.branches or {} for expect in (step.expect, *step.expect_by_value.values())]
    return frozenset(name for one in expected for names in names_compared(one).values() for name in names)


def _verb(node: Node, problems: Problems) -> str:
    """The step's one verb; empty for a bare `expect` or after a problem."""
    if not isinstance(node, MapNode):
        return ""
    keys = [key for key, _ in node.entries]
    verbs = [key for key in keys if key.text in VERBS]
    if len(verbs) > 1:
        problems.add(verbs[1], f"one verb a step: {verbs[0].text} and {verbs[1].text}")
    if not verbs and all(key.text != LOOK for key in keys):
        hints = [
            hint for hint in (nearest(key.text, (*VERBS, USE)) for key in keys if key.text not in STEP_KEYS) if hint
        ]
        problems.add(node, f"no verb in this step; there are {', '.join((*VERBS, USE))}{hints[0] if hints else ''}")
    return verbs[0].text if verbs else ""


def _only(
    reader: Reader, node: Node, scenario: Scenario
) -> tuple[dict[str, tuple[str, ...]], dict[str, tuple[Json, ...]]]:
    """Axis -> values, each known to the matrix; and what the PSP must be able to do."""
    choices = scenario.choices()
    entries = reader.fields(node, "only", (*choices, CAN))
    can = read_capabilities(reader, entries.pop(CAN)) if CAN in entries else {}
    only: dict[str, tuple[str, ...]] = {}
    for axis, value in entries.items():
        values = (value,) if isinstance(value, ScalarNode) else reader.items(value, "values")
        only[axis] = tuple(reader.choice(one, f"value of {axis}", choices[axis]) for one in values)
    return only, can


Expectations = tuple[Expect, str | None, dict[str, Expect], dict[str, NameLog]]


def _expect(node: Node | None, scenario: Scenario, problems: Problems) -> Expectations:
    """What all cells expect, the axis that picks more, what it picks, and the names of each (of all cells: "")."""
    shared = Reader(problems)
    logs = {"": shared.log}
    if not isinstance(node, MapNode):
        return (read_expect(shared, node) if node is not None else Expect()), None, {}, logs
    entries = {key.text: value for key, value in node.entries}
    choices = scenario.choices()
    axis = shared.choice(entries["by"], "axis of the matrix", choices) if "by" in entries else ""
    if not axis:
        # After an unknown axis its values can't be told from mistakes; the axis alone is complained about.
        return read_expect(shared, node, extra=set(entries) - set(PARTS) if "by" in entries else ()), None, {}, logs
    values = choices[axis]
    expect = read_expect(shared, node, extra={"by", *values})
    missing = [value for value in values if value not in entries]
    if missing:
        problems.add(entries["by"], f"by {axis}: nothing is expected of {', '.join(missing)}")
    chosen: dict[str, Expect] = {}
    for value in (value for value in values if value in entries):
        reader = Reader(problems)
        chosen[value] = read_expect(reader, entries[value])
        logs[value] = reader.log
        for part in fields(Expect):
            if getattr(expect, part.name) is not None and getattr(chosen[value], part.name) is not None:
                problems.add(entries[value], f"{part.name} is expected here and of all cells")
    return expect, axis, chosen, logs


def _check_expected(step: Step, node: Node, problems: Problems) -> None:
    for branches in (expect.branches for expect in (step.expect, *step.expect_by_value.values())):
        if branches is not None and isinstance(step.action, Branch):
            check_places(step.action, branches, node, problems)
        elif branches is not None:
            problems.add(node, f"branches are those of the verb {BRANCH}, which this step doesn't do")
    expected = {
        part
        for expect in (step.expect, *step.expect_by_value.values())
        for part in (*ANSWER_PARTS, STATUSES)
        if getattr(expect, part) is not None
    }
    of_answer = expected - {STATUSES}
    if step.verb == LOOK and expected:
        problems.add(node, "a step that only looks has no answer: status, body, headers and transport need a call")
    elif step.verb == TOGETHER and of_answer:
        problems.add(
            node,
            f"{' and '.join(sorted(of_answer))}: each call has its own; expect it of a call, or {STATUSES} of all",
        )
    elif step.verb == BRANCH and expected:
        problems.add(node, f"{' and '.join(sorted(expected))}: a branch has no answer; expect it of a step of a future")
    elif step.verb == BRANCH and step.save:
        problems.add(node, "what a future saves is its own; compare it as future.name")
    elif step.verb != TOGETHER and STATUSES in expected:
        problems.add(node, f"{STATUSES} are those of calls that go {TOGETHER}; expect a status of a call")
    elif step.verb == TOGETHER and step.save:
        problems.add(node, "what calls that go together answer is saved by each of them")
