"""What each verb does to the world: one function a verb. How each is read: language/verbs.py.

To add a verb: what performs it, and its row in `_PERFORM`.
"""

from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import quote

from mockpsp.scenarios.language.errors import ReplayError
from mockpsp.scenarios.language.matching import dig, show
from mockpsp.scenarios.language.model import Json
from mockpsp.scenarios.language.names import SOURCE, fill, fill_text
from mockpsp.scenarios.language.verbs import Advance, Call, End, Reconcile, Simulate
from mockpsp.scenarios.replaying.lines import Answer
from mockpsp.scenarios.replaying.sources import source_at, uses_source
from mockpsp.scenarios.replaying.world import World


def perform(world: World, verb: str, action: Any) -> Answer:
    """Do what a step says; answers what the server answered."""
    return _PERFORM[verb](world, action)


def _call(world: World, action: Call) -> Answer:
    headers: dict[str, str] = {}
    if action.key is not None:
        headers["Idempotency-Key"] = fill_text(action.key, world.names)
    if action.via is not None:
        headers["Mockpsp-Gateway"] = fill_text(action.via, world.names)
    if world.makes_sources and uses_source(action.body):
        world.names[SOURCE] = source_at(world, headers.get("Mockpsp-Gateway", world.gateway))
    escaped: dict[str, Json] = {name: quote(str(value), safe="") for name, value in world.names.items()}
    return world.call(action.method, fill_text(action.path, escaped), fill(action.body, world.names), headers)


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
    "call": _call,
    "advance": _advance,
    "simulate": _simulate,
    "reconcile": _reconcile,
    "end": _end,
}
