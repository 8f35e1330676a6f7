"""Virtual time over HTTP: read it, move it, wait until all that is due has happened."""

from typing import Any

from flask import Blueprint, Response

from mockpsp import wallclock
from mockpsp.api.wire import bodies
from mockpsp.api.wire.fields import Count, StrictBody, Text, one_of
from mockpsp.api.wire.fields import fields as schema_fields
from mockpsp.api.wire.guard import refuse_unknown_query
from mockpsp.api.wire.http import answer, credentials, load, reads, state
from mockpsp.api.wire.request import current
from mockpsp.domain.business_days import USUAL, business_days_after
from mockpsp.domain.calendars import Calendar
from mockpsp.domain.codes import Refused
from mockpsp.domain.events import FIRED_EVENTS, unknown_event
from mockpsp.domain.moments import LATEST_MS, parse_rfc3339, rfc3339
from mockpsp.domain.spans import BusinessDays, parse_span
from mockpsp.engine import restart
from mockpsp.engine.timeline import AdvanceResult, Target, target_id
from mockpsp.engine.universes import UniverseTx
from mockpsp.store import agenda
from mockpsp.webhooks import delivery

blueprint = Blueprint("sandbox_clock", __name__)

_DEFAULT_MAX = "30d"
_MAX_QUIET_MS = 10_000
_MAX_WAIT_MS = 600_000
#: A settle that waits longer than this for receivers' calls, in real time, answers `more: true`.
_SETTLE_LIMIT_MS = 30_000
_AGENDA_LIMIT = 1_000
_BAD_TIME = "request.validation.invalid-date"
#: A universe's time ends here: what falls due later, by ten years at most, can still be written down.
END_MS = LATEST_MS - 100 * 365 * 86_400_000


class ClockRequest(StrictBody):
    """The body of a change of clock."""

    mode = Text(validate=one_of(("manual", "wall")))
    now = Text(40)
    wait_ms = Count(0, _MAX_WAIT_MS)


class AdvanceRequest(StrictBody):
    """How far to advance: one of `by`, `to` and `until`; `wait_ms`: how long for webhooks that are under way.

    `calendar` says which days are business days.
    """

    by = Text(40)
    to = Text(40)
    until = schema_fields.Raw()
    max = Text(40)
    calendar = Text(validate=one_of(tuple(Calendar)))
    wait_ms = Count(0, _MAX_WAIT_MS)


class SettleRequest(StrictBody):
    """The body of a settle."""

    max = Text(40, load_default="0s")
    quiet_ms = Count(0, _MAX_QUIET_MS, load_default=0)
    wait_ms = Count(0, _MAX_WAIT_MS)


@blueprint.get("/sandbox/clock")
@reads
def show_clock(tx: UniverseTx) -> dict[str, Any]:
    """Read the clock."""
    return {"clock": clock(tx)}


@blueprint.put("/sandbox/clock")
def change_clock() -> Response:
    """Set the mode, or move forward as advance does."""
    body = _body(ClockRequest())
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
def advance() -> Response:
    """Run what falls due, in order, deliveries included; answers with what ran."""
    body = _body(AdvanceRequest())
    return _advanced(lambda now_ms: target(body, now_ms), body.get("wait_ms"))


@blueprint.post("/sandbox/settle")
def settle() -> Response:
    """Answer when nothing is due, every delivery is made and the calls receivers made meanwhile have ended."""
    body = _body(SettleRequest())
    app, found = state(), credentials()
    with app.universes.reading(found) as tx:
        no, project_id, until_ms = tx.project.no, tx.project.id, _after(tx.now_ms, body["max"], "max")
    guard_end(until_ms, "max")
    steps, is_quiet, is_idle = [], False, False
    started_ms = wallclock.stopwatch_ms()
    while not (is_quiet and is_idle):
        ran = app.timeline.advance(no, Target(until_ms, is_idle=True), wait_ms=body.get("wait_ms"))
        steps += ran.steps
        left_ms = _SETTLE_LIMIT_MS - (wallclock.stopwatch_ms() - started_ms)
        is_quiet = app.inflight.wait_until_quiet(project_id, quiet_ms=body["quiet_ms"], limit_ms=left_ms)
        with app.universes.reading(found) as tx:
            # On the wall time went on meanwhile: what the receivers' calls brought about is due by now.
            until_ms = max(until_ms, tx.now_ms)
            is_idle = app.timeline.is_idle(tx, until_ms)
        if ran.is_more or left_ms <= 0 or app.timeline.is_ending:
            break
    with app.universes.reading(found) as tx:
        return answer({**_ran(AdvanceResult(steps, not (is_quiet and is_idle))), "clock": clock(tx)})


@blueprint.get("/sandbox/agenda")
@reads
def show_agenda(tx: UniverseTx) -> dict[str, Any]:
    """Scheduled effects and pending deliveries, in the order they will run."""
    items = [
        (effect.due_at_ms, 0, effect.seq, "effect", effect.name, target_id(tx, effect.payment_seq, effect.command))
        for effect in agenda.effects(tx.conn, tx.project.no, _AGENDA_LIMIT)
    ]
    items += [
        (item.due_at_ms, 1, item.seq, "delivery", item.topic, item.webhook_id)
        for item in delivery.deliveries(tx.conn, tx.project.no, state="pending", limit=_AGENDA_LIMIT)
    ]
    shown = [
        {"at": rfc3339(at_ms), "kind": kind, "what": what, "id": item_id}
        for at_ms, _, _, kind, what, item_id in sorted(items)[:_AGENDA_LIMIT]
    ]
    return {"agenda": shown}


def clock(tx: UniverseTx) -> dict[str, Any]:
    """The clock as it is shown."""
    is_wall = tx.project.clock_mode == "wall"
    return {
        "mode": tx.project.clock_mode,
        "now": rfc3339(tx.now_ms),
        "offset_seconds": tx.project.offset_ms / 1000 if is_wall else 0,
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
        return Target(_after(now_ms, body["by"], "by", calendar))
    if "to" in body:
        return Target(_moment(body["to"], now_ms, "to"))
    until, limit_ms = body["until"], _after(now_ms, body.get("max", _DEFAULT_MAX), "max", calendar)
    if until == "idle":
        return Target(limit_ms, is_idle=True)
    if isinstance(until, dict) and set(until) == {"event"} and isinstance(until["event"], str):
        if wrong := unknown_event(until["event"], FIRED_EVENTS):
            raise Refused("request.validation.error", f"until: {wrong}", field="until")
        return Target(limit_ms, event=until["event"])
    raise Refused("request.validation.error", 'until must be "idle" or {"event": NAME}', field="until")


def _body(schema: StrictBody) -> dict[str, Any]:
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
    shown: dict[str, Any] = {
        "ran": [
            {"at": rfc3339(step.at_ms), "kind": step.kind, "what": step.what, "id": step.id, "result": step.result}
            | ({} if step.why is None else {"why": step.why})
            for step in ran.steps
        ],
        "more": ran.is_more,
    }
    return shown if ran.reached is None else {**shown, "reached": ran.reached}


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


def _after(now_ms: int, text: str, name: str, calendar: Calendar = USUAL) -> int:
    """The moment a span from now, at the same time of day where it is one of business days."""
    try:
        span_ms = parse_span(text)
    except ValueError as error:
        raise Refused("request.validation.invalid-duration", f"{name}: {error}", field=name) from None
    if isinstance(span_ms, BusinessDays):
        return business_days_after(now_ms, span_ms.count, calendar)
    return now_ms + span_ms


def _moment(text: str, now_ms: int, name: str) -> int:
    try:
        moment_ms = parse_rfc3339(text)
    except ValueError as error:
        raise Refused(_BAD_TIME, f"{name}: {error}", field=name) from None
    guard_end(moment_ms, name)
    if moment_ms < now_ms:
        raise Refused(_BAD_TIME, f"{name}: {text} is before now, {rfc3339(now_ms)}; time never goes back", field=name)
    return moment_ms
