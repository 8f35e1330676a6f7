"""What a receiver's handler does: the calls that its story has it make while a webhook waits for its answer."""

import threading
from collections.abc import Mapping

from mockpsp.scenarios.language.errors import NothingSaved, ReplayError
from mockpsp.scenarios.language.matching import MISSING, dig
from mockpsp.scenarios.language.model import Json, ReceiverPlan
from mockpsp.scenarios.language.names import APP, EVENT_ID
from mockpsp.scenarios.language.verbs import Call
from mockpsp.scenarios.replaying.against import passing_on
from mockpsp.scenarios.replaying.calling import perform_call
from mockpsp.scenarios.replaying.lines import parsed
from mockpsp.scenarios.replaying.receiver import Before
from mockpsp.scenarios.replaying.world import World


def before_of(world: World, plan: ReceiverPlan) -> Before | None:
    """What a receiver does before it answers."""
    if plan.app_path is not None:
        return passing_on(f"{world.names[APP]}{plan.app_path}")
    return handling(world, plan) if plan.handler else None


def handling(world: World, plan: ReceiverPlan) -> Before:
    """What makes the calls of a plan's handler, one webhook after the other."""
    lock = threading.Lock()

    def call_back(headers: Mapping[str, str], body: bytes) -> None:
        told = parsed(body)
        event, event_id = (MISSING if told is MISSING else dig(told, key) for key in ("event_type", EVENT_ID))
        names: dict[str, Json] = {**world.names, EVENT_ID: "" if event_id is MISSING else event_id}
        with lock:
            for one in plan.handler:
                if one.on == event:
                    _perform(world, plan.name, one.call, names)

    return call_back


def _perform(world: World, receiver: str, call: Call, names: Mapping[str, Json]) -> None:
    """One call; the step that is under way fails where it can't be made."""
    try:
        perform_call(world, call, names=names)
    except NothingSaved as error:
        world.troubles.append(f"{receiver} calls {call}, and no step so far has saved ${{{error.name}}}")
    except ReplayError as error:
        world.troubles.append(f"{receiver}: {error}")
