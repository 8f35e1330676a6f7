"""What a person needs to know of a step that failed: the refusal in full, the last exchange, what happened meanwhile.

It is asked for once a step has failed, and costs one that doesn't a mark, which asks the server nothing.
"""

import json
import shlex
from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple

from mockpsp.scenarios.language.errors import ReplayError
from mockpsp.scenarios.language.matching import MISSING, dig, show
from mockpsp.scenarios.language.model import Json
from mockpsp.scenarios.replaying.lines import Answer, parsed
from mockpsp.scenarios.replaying.world import Exchange, World

#: Of what happened, the newest are shown.
HAPPENED_MAX = 20
#: Of what is planned, so many of what comes next are shown: moves of the world, and deliveries, which are tried often.
PLANNED_MAX: Mapping[str, int] = {"effect": 5, "delivery": 3}
_ADVANCE = "/sandbox/clock/advance"
#: Where a server would be that has the universe, if it was kept: a replay in process has none.
_LOCAL = "http://127.0.0.1:8765"


@dataclass(frozen=True, slots=True)
class Circumstances:
    """How a failed step came about; texts that don't apply are empty."""

    error_type: str = ""
    message: str = ""
    #: Each `name: what is wrong with it`.
    invalid_fields: tuple[str, ...] = ()
    #: The last call, as it can be made again, and its answer.
    curl: str = ""
    answered: str = ""
    #: The moment of the last good step, and what happened since.
    since: str = ""
    happened: tuple[str, ...] = ()
    #: What comes next where the clock moves on, since what is expected may be planned for later.
    planned: tuple[str, ...] = ()
    #: Whether the calls went to a server; else one has to be started for the last call to go to.
    is_served: bool = True


class Mark(NamedTuple):
    """Where the world stood after the last good step."""

    moment: str
    received_by_receiver: Mapping[str, int]


def mark(world: World, moment: str) -> Mark:
    """Where the world stands, given the moment of its clock as far as it is known."""
    last = world.last
    now = dig(_body(last), "clock.now") if last and last.path == _ADVANCE else MISSING
    return Mark(
        now if isinstance(now, str) else moment,
        {name: receiver.count() for name, receiver in world.receivers.items()},
    )


def circumstances(world: World, was: Mark, *, is_own: bool) -> Circumstances:
    """How the step that has just failed came about; `is_own`: the last exchange is one of this step."""
    last = world.last
    body = _body(last) if last and is_own else None
    told = body if isinstance(body, dict) else {}
    listed = told.get("invalid_fields")
    return Circumstances(
        error_type=str(told.get("error_type") or ""),
        message=str(told.get("message") or ""),
        invalid_fields=tuple(map(_invalid, listed)) if isinstance(listed, list) else (),
        curl=_curl(world, last) if last else "",
        answered=_answered(last.answer) if last else "",
        since=was.moment,
        happened=tuple(_happened(world, told, was)[-HAPPENED_MAX:]),
        planned=tuple(_planned(world)),
        is_served=bool(world.url or (last and last.base_url)),
    )


def _body(exchange: Exchange) -> Json:
    """What was answered; null where nothing was, or nothing that is JSON."""
    body = exchange.answer.body
    return None if body is MISSING else body


def _invalid(one: Json) -> str:
    return f"{one.get('name')}: {one.get('message')}" if isinstance(one, dict) else show(one)


def _answered(answer: Answer) -> str:
    return f"nothing ({answer.transport})" if answer.status is None else f"{answer.status} {show(answer.body)}"


def _curl(world: World, last: Exchange) -> str:
    words = ["curl"]
    if not last.base_url:
        words += ["-u", f"{world.project_id}:{world.secret or '$MOCKPSP_SECRET'}"]
    if last.method != "GET":
        words += ["-X", last.method]
    words.append(f"{last.base_url or world.url or _LOCAL}{last.path}")
    for name, value in last.headers.items():
        words += ["-H", f"{name}: {value}"]
    if last.body is not None:
        words += ["-H", "content-type: application/json", "-d", json.dumps(last.body, default=str, ensure_ascii=False)]
    return " ".join(map(shlex.quote, words)).replace("'$MOCKPSP_SECRET'", "$MOCKPSP_SECRET")


def _happened(world: World, told: Mapping[str, Json], was: Mark) -> list[str]:
    """What ran and what was fired, then what reached each receiver."""
    ran = told.get("ran")
    lines = [_ran(one) for one in ran if isinstance(one, dict)] if isinstance(ran, list) else _fired(world, was.moment)
    for name, receiver in world.receivers.items():
        for one in receiver.received()[was.received_by_receiver.get(name, 0) :]:
            body = parsed(one.body)
            event = MISSING if body is MISSING else dig(body, "event_type")
            what = event if isinstance(event, str) else "a webhook"
            lines.append(f"{name} got {what}, signature {one.signature}, and answered {one.answered}")
    return lines


def _ran(one: Mapping[str, Json]) -> str:
    why = f" ({one['why']})" if one.get("why") else ""
    return f"{one.get('at')}  {one.get('kind')} {one.get('what')} {one.get('id')}: {one.get('result')}{why}"


def _fired(world: World, since: str) -> list[str]:
    """The newest events from a moment on, oldest first."""
    try:
        listed = dig(world.control("GET", f"/events?order=desc&limit={HAPPENED_MAX}"), "events")
    except ReplayError as error:
        return [f"events can't be read: {error}"]
    events = [one for one in listed if isinstance(one, dict)] if isinstance(listed, list) else []
    newest = [one for one in events if str(one.get("fired_at")) >= since]
    return [f"{one.get('fired_at')}  event {one.get('name')} {one.get('id')}" for one in reversed(newest)]


def _planned(world: World) -> list[str]:
    """What is on the agenda, the next thing first."""
    try:
        listed = dig(world.control("GET", "/sandbox/agenda"), "agenda")
    except ReplayError as error:
        return [f"the agenda can't be read: {error}"]
    ahead = [one for one in listed if isinstance(one, dict)] if isinstance(listed, list) else []
    of_kinds = [[one for one in ahead if one.get("kind") == kind][:most] for kind, most in PLANNED_MAX.items()]
    shown = [one for one in ahead if any(one in some for some in of_kinds)]
    return [f"{one.get('at')}  {one.get('kind')} {one.get('what')} {one.get('id')}" for one in shown]
