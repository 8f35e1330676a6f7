"""Virtual time over HTTP: read it, move it, see what is to come. Waiting for all that is due: settle.py."""

from typing import Any

from flask import Blueprint, Response

from mockpsp.api.wire import bodies
from mockpsp.api.wire.fields import Count, StrictBody, Text, one_of
from mockpsp.api.wire.fields import fields as schema_fields
from mockpsp.api.wire.guard import refuse_unknown_query
from mockpsp.api.wire.http import answer, credentials, load, reads, state, takes
from mockpsp.api.wire.request import current
from mockpsp.domain.events import FIRED_EVENTS, unknown_event
from mockpsp.domain.psps.business_days import USUAL, business_days_after
from mockpsp.domain.text.codes import Refused
from mockpsp.domain.time.calendars import Calendar
from mockpsp.domain.time.moments import LATEST_MS, rfc3339
from mockpsp.domain.time.spans import BusinessDays, parse_span
from mockpsp.domain.time.zoned import parse_said
from mockpsp.engine import restart
from mockpsp.engine.effects import Step
from mockpsp.engine.planned_ids import target_id
from mockpsp.engine.timeline import AdvanceResult, Target
from mockpsp.engine.universes import UniverseTx
from mockpsp.store import agenda
from mockpsp.store.tx import Project
from mockpsp.webhooks import outbox, records

blueprint = Blueprint("sandbox_clock", __name__)

_DEFAULT_MAX = "30d"
MAX_WAIT_MS = 600_000
_AGENDA_LIMIT = 1_000
_BAD_TIME = "request.validation.invalid-date"
#: A universe's time ends here: what falls due later, by ten years at most, can still be written down.
END_MS = LATEST_MS - 100 * 365 * 86_400_000


class ClockRequest(StrictBody):
    """The body of a change of clock."""

    mode = Text(validate=one_of(("manual", "wall")))
    now = Text(40)
    wait_ms = Count(0, MAX_WAIT_MS)


class AdvanceRequest(StrictBody):
    """How far to advance: one of `by`, `to` and `until`; `wait_ms`: how long for webhooks that are under way.

    `calendar` says which days are business days.
    """

    by = Text(40)
    to = Text(80)
    until = schema_fields.Raw(
        metadata={
            "schema": lambda inline: {
                "oneOf": [
                    {"type": "string", "const": "idle"},
                    {
                        "type": "object",
                        "properties": {"event": {"enum": sorted(FIRED_EVENTS)}},
                        "required": ["event"],
                        "additionalProperties": False,
                    },
                ]
            }
        }
    )
    max = Text(40)
    calendar = Text(validate=one_of(tuple(Calendar)))
    wait_ms = Count(0, MAX_WAIT_MS)


_CLOCK_REQUEST, _ADVANCE_REQUEST = ClockRequest(), AdvanceRequest()


@blueprint.get("/sandbox/clock")
@reads
def show_clock(tx: UniverseTx) -> dict[str, Any]:
    """Read the clock."""
    return {"clock": clock(tx)}


@blueprint.put("/sandbox/clock")
@takes(_CLOCK_REQUEST)
def change_clock() -> Response:
    """Set the mode, or move forward as advance does."""
    body = strict_body(_CLOCK_REQUEST)
    app = state()
    if "mode" in body:
        with app.universes.writing(credentials()) as tx:
            no = tx.project.no
            restart.set_clock(tx, body["mode"], tx.now_ms)
        app.timeline.notify_driver(no)
    if "now" in body:
        return _advanced(lambda now_ms: Target(_moment(body["now"], now_ms, "now")), body.get("wait_ms"))
    with app.universes.reading(credentials()) as tx:
        return answer({"clock": clock(tx)})


@blueprint.post("/sandbox/clock/advance")
@takes(_ADVANCE_REQUEST)
def advance() -> Response:
    """Run what falls due, in order, deliveries included; answers with what ran."""
    body = strict_body(_ADVANCE_REQUEST)
    return _advanced(lambda now_ms: target(body, now_ms), body.get("wait_ms"))


@blueprint.get("/sandbox/agenda")
@reads
def show_agenda(tx: UniverseTx) -> dict[str, Any]:
    """Scheduled effects and pending deliveries, in the order they will run."""
    return {"agenda": planned(tx, _AGENDA_LIMIT)}


def planned(tx: UniverseTx, limit: int) -> list[dict[str, Any]]:
    """So many effects and deliveries of those to come, in the order they will run."""
    items = [
        (effect.due_at_ms, 0, effect.seq, "effect", effect.name, target_id(tx, effect.payment_seq, effect.command))
        for effect in agenda.effects(tx.conn, tx.project.no, limit)
    ]
    items += [
        (
            outbox.BEHIND_MS if item.due_at_ms is None else item.due_at_ms,
            1,
            item.seq,
            "delivery",
            item.topic,
            item.webhook_id,
        )
        for item in records.pending(tx.conn, tx.project.no, limit)
    ]
    return [
        {"at": None if at_ms == outbox.BEHIND_MS else rfc3339(at_ms), "kind": kind, "what": what, "id": item_id}
        for at_ms, _, _, kind, what, item_id in sorted(items)[:limit]
    ]


def clock(tx: UniverseTx) -> dict[str, Any]:
    """The clock as it is shown."""
    return clock_of(tx.project, tx.now_ms)


def clock_of(project: Project, now_ms: int) -> dict[str, Any]:
    """A universe's clock as it is shown."""
    is_wall = project.clock_mode == "wall"
    return {
        "mode": project.clock_mode,
        "now": rfc3339(now_ms),
        "offset_seconds": project.offset_ms / 1000 if is_wall else 0,
    }


def target(body: dict[str, Any], now_ms: int) -> Target:
    """How far an advance goes; Refused unless exactly one of by, to and until says so, within the end of time."""
    found = _target(body, now_ms)
    guard_end(found.until_ms, "advance")
    return found


def guard_end(moment_ms: int, name: str) -> None:
    """Refuse a moment beyond the end of a universe's time."""
    if moment_ms > END_MS:
        raise Refused(_BAD_TIME, f"{name}: a universe's time ends at {rfc3339(END_MS)}", field=name)


def _target(body: dict[str, Any], now_ms: int) -> Target:
    given = [name for name in ("by", "to", "until") if name in body]
    if len(given) != 1:
        raise Refused("request.validation.error", "say one of by, to and until; " + (", ".join(given) or "none given"))
    if "max" in body and "until" not in body:
        raise Refused("request.validation.error", "max goes with until", field="max")
    calendar = _calendar(body)
    if "by" in body:
        return Target(after(now_ms, body["by"], "by", calendar))
    if "to" in body:
        return Target(_moment(body["to"], now_ms, "to"))
    until, limit_ms = body["until"], after(now_ms, body.get("max", _DEFAULT_MAX), "max", calendar)
    if until == "idle":
        return Target(limit_ms, is_idle=True)
    if isinstance(until, dict) and set(until) == {"event"} and isinstance(until["event"], str):
        if wrong := unknown_event(until["event"], FIRED_EVENTS):
            raise Refused("request.validation.error", f"until: {wrong}", field="until")
        return Target(limit_ms, event=until["event"])
    raise Refused("request.validation.error", 'until must be "idle" or {"event": NAME}', field="until")


def strict_body(schema: StrictBody) -> dict[str, Any]:
    """The body by its schema, of a route that takes no query."""
    refuse_unknown_query()
    return load(schema, bodies.read(current()))


def _advanced(make_target: Any, wait_ms: int | None) -> Response:
    app, found = state(), credentials()
    with app.universes.reading(found) as tx:
        no, now_ms = tx.project.no, tx.now_ms
    ran = app.timeline.advance(no, make_target(now_ms), wait_ms=wait_ms)
    with app.universes.reading(found) as tx:
        return answer({**_ran(ran), "clock": clock(tx)})


def _ran(ran: AdvanceResult) -> dict[str, Any]:
    shown: dict[str, Any] = {"ran": [step_shown(step) for step in ran.steps], "more": ran.is_more}
    return shown if ran.reached is None else {**shown, "reached": ran.reached}


def step_shown(step: Step) -> dict[str, Any]:
    """A step as it is shown."""
    shown = {"at": rfc3339(step.at_ms), "kind": step.kind, "what": step.what, "id": step.id, "result": step.result}
    return shown if step.why is None else {**shown, "why": step.why}


def _calendar(body: dict[str, Any]) -> Calendar:
    """Whose business days are counted; Refused where a calendar is given and none are."""
    if "calendar" not in body:
        return USUAL
    spans = [body[name] for name in ("by", "max") if name in body]
    if not any(span.endswith("bd") for span in spans):
        raise Refused(
            "request.validation.error",
            "calendar goes with business days, as in by: 2bd; " + (", ".join(spans) or "no span") + " counts none",
            field="calendar",
        )
    return Calendar(body["calendar"])


def after(now_ms: int, text: str, name: str, calendar: Calendar = USUAL) -> int:
    """The moment a span from now, at the same time of day where it is one of business days; Refused for no span."""
    try:
        span_ms = parse_span(text)
    except ValueError as error:
        raise Refused("request.validation.invalid-duration", f"{name}: {error}", field=name) from None
    if isinstance(span_ms, BusinessDays):
        return business_days_after(now_ms, span_ms.count, calendar)
    return now_ms + span_ms


def _moment(text: str, now_ms: int, name: str) -> int:
    try:
        moment_ms = parse_said(text, now_ms)
    except ValueError as error:
        raise Refused(_BAD_TIME, f"{name}: {error}", field=name) from None
    guard_end(moment_ms, name)
    if moment_ms < now_ms:
        raise Refused(_BAD_TIME, f"{name}: {text} is before now, {rfc3339(now_ms)}; time never goes back", field=name)
    return moment_ms
