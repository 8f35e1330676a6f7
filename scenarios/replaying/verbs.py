"""What each verb does to the world: one function a verb. How each is read: language/verbs.py.

To add a verb: what performs it, and its row in `_PERFORM`.
"""

from collections.abc import Callable, Mapping
from typing import Any

from mockpsp.scenarios.language.errors import ReplayError
from mockpsp.scenarios.language.matching import dig, show
from mockpsp.scenarios.language.model import Json
from mockpsp.scenarios.language.names import fill, fill_text
from mockpsp.scenarios.language.verbs import Advance, Deliver, End, Fault, Reconcile, Simulate
from mockpsp.scenarios.replaying.calling import perform_call
from mockpsp.scenarios.replaying.futures import perform_branch
from mockpsp.scenarios.replaying.lines import Answer
from mockpsp.scenarios.replaying.together import perform_together
from mockpsp.scenarios.replaying.world import World


def perform(world: World, verb: str, action: Any) -> Answer:
    """Do what a step says; answers what the server answered. ReplayError for what handlers could not do meanwhile."""
    answer = _PERFORM[verb](world, action)
    if world.troubles:
        raise ReplayError("; ".join(world.troubles))
    return answer


def _advance(world: World, action: Advance) -> Answer:
    """An event that doesn't come is a failure, though the server answers it with 200."""
    answer = world.call("POST", "/sandbox/clock/advance", fill(action.body, world.names))
    if answer.status == 200 and isinstance(answer.body, dict):
        if answer.body.get("reached") is False:
            now = dig(answer.body, "clock.now")
            raise ReplayError(f"{action}: not reached, the clock stands at {show(now)}")
        if answer.body.get("more") is True:
            raise ReplayError("advance: more fell due than one advance runs; split it")
    return answer


def _simulate(world: World, action: Simulate) -> Answer:
    body: dict[str, Json] = {"what": action.what}
    if action.on is not None:
        body["on"] = fill_text(action.on, world.names)
    if action.details:
        body["with"] = fill(action.details, world.names)
    if action.after is not None:
        body["after"] = action.after
    return world.call("POST", "/sandbox/simulate", body)


def _fault(world: World, action: Fault) -> Answer:
    if action.body is None:
        return world.call("DELETE", "/sandbox/faults")
    return world.call("POST", "/sandbox/faults", fill(action.body, world.names))


def _deliver(world: World, action: Deliver) -> Answer:
    rules: list[Json] = []
    for rule in action.rules:
        match: dict[str, Json] = {} if rule.event is None else {"event": rule.event}
        if rule.endpoint is not None:
            match["endpoint"] = world.receivers[rule.endpoint].url
        shown: dict[str, Json] = {"match": match, "do": list(rule.do)}
        rules.append(shown if rule.times is None else {**shown, "times": rule.times})
    return world.call("PUT", "/sandbox/delivery", {"rules": rules})


def _reconcile(world: World, action: Reconcile) -> Answer:
    """Records that differ are a failure, unless the story is about them."""
    body: dict[str, Json] = {"key": fill_text(action.key, world.names), "records": fill(action.records, world.names)}
    answer = world.call("POST", "/sandbox/reconcile", body)
    if answer.status == 200 and isinstance(answer.body, dict):
        agrees = dig(answer.body, "reconciliation.agrees")
        if agrees is action.differs:
            first = dig(answer.body, "reconciliation.divergences.0")
            raise ReplayError(
                "reconcile: records and books agree" if agrees else f"reconcile: they part: {show(first)}"
            )
    return answer


def _end(world: World, action: End) -> Answer:
    answer = _advance(world, Advance({"until": "idle", "max": action.max}))
    left = dig(world.control("GET", "/sandbox/agenda"), "agenda")
    if left != []:
        raise ReplayError(f"end: still on the agenda after {action.max}: {show(left)}")
    return answer


#: Verb -> what performs it; Any: each function takes the action that its own reader made.
_PERFORM: Mapping[str, Callable[[World, Any], Answer]] = {
    "call": perform_call,
    "together": perform_together,
    "branch": perform_branch,
    "advance": _advance,
    "simulate": _simulate,
    "fault": _fault,
    "deliver": _deliver,
    "reconcile": _reconcile,
    "end": _end,
}
