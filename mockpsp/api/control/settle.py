"""The barrier: an answer once nothing is due, every delivery is made and the calls receivers made have ended.

It says what came of it: what ran, what was delivered, which calls the API got meanwhile, what is still due after its
bound. What can't settle within its bound is refused with the same list.
"""

from typing import Any

from flask import Blueprint, Response

from mockpsp import wallclock
from mockpsp.api.control.clock import MAX_WAIT_MS, after, clock, guard_end, planned, step_shown, strict_body
from mockpsp.api.wire.app_state import AppState
from mockpsp.api.wire.fields import Count, StrictBody, Text
from mockpsp.api.wire.http import answer, credentials, state, takes
from mockpsp.api.wire.response import JsonResponse
from mockpsp.domain.text.json_text import dump_bytes
from mockpsp.domain.time.moments import rfc3339
from mockpsp.engine.timeline import Target
from mockpsp.engine.universes import Credentials, UniverseTx
from mockpsp.engine.watching import SeenCall, Watch

blueprint = Blueprint("sandbox_settle", __name__)

MAX_QUIET_MS = 10_000
#: A settle that waits longer than this for receivers' calls, in real time, says that it can't.
LIMIT_MS = 30_000
#: What is still due is listed so far; GET /sandbox/agenda lists more.
DUE_SHOWN = 100
NOT_SETTLED = "sandbox.not-settled"


class SettleRequest(StrictBody):
    """The body of a settle."""

    max = Text(40, load_default="0s")
    quiet_ms = Count(0, MAX_QUIET_MS, load_default=0)
    wait_ms = Count(0, MAX_WAIT_MS)


_SETTLE_REQUEST = SettleRequest()


@blueprint.post("/sandbox/settle")
@takes(_SETTLE_REQUEST)
def settle() -> Response:
    """Answer when nothing is due, every delivery is made and the calls receivers made meanwhile have ended."""
    body = strict_body(_SETTLE_REQUEST)
    app, found = state(), credentials()
    with app.universes.reading(found) as tx:
        no, until_ms = tx.project.no, after(tx.now_ms, body["max"], "max")
    guard_end(until_ms, "max")
    app.inflight.ask(1)
    try:
        with app.watches.watching(no) as watch:
            barrier = _Barrier(app, found, no, body)
            trouble = barrier.wait(watch, until_ms)
            app.inflight.wait_until_logged()
    finally:
        app.inflight.ask(-1)
    with app.universes.reading(found) as tx:
        report = _report(tx, watch, is_more=trouble is not None)
    if trouble is None:
        return answer(report)
    refused = {"success": False, "error_type": NOT_SETTLED, "message": _told(trouble, report), **report}
    return JsonResponse(dump_bytes(refused), 409)


class _Barrier:
    """One settle while it waits."""

    def __init__(self, app: AppState, found: Credentials | None, no: int, body: dict[str, Any]) -> None:
        self._app, self._found, self._no = app, found, no
        self._quiet_ms, self._wait_ms = body["quiet_ms"], body.get("wait_ms")

    def wait(self, watch: Watch, until_ms: int) -> str | None:
        """Wait; None once all is settled, or else why that can't be waited for."""
        app = self._app
        started_ms = wallclock.stopwatch_ms()
        project_id = "" if self._found is None else self._found.project_id
        while True:
            ran = app.timeline.advance(self._no, Target(until_ms, is_idle=True), wait_ms=self._wait_ms)
            watch.steps += ran.steps
            left_ms = LIMIT_MS - (wallclock.stopwatch_ms() - started_ms)
            is_quiet = app.inflight.wait_until_quiet(project_id, quiet_ms=self._quiet_ms, limit_ms=left_ms)
            with app.universes.reading(self._found) as tx:
                # On the wall time went on meanwhile: what the receivers' calls brought about is due by now.
                until_ms = max(until_ms, tx.now_ms)
                is_idle = app.timeline.is_idle(tx, until_ms)
            if is_quiet and is_idle:
                return None
            if app.timeline.is_ending:
                return "the server is about to stop"
            if ran.is_more:
                return f"{len(watch.steps):,} steps ran and more is due"
            if left_ms <= 0 or not is_quiet:
                calls_count = app.inflight.count(project_id)
                calls = f"{calls_count} calls of the API are under way" if calls_count else "there was no quiet"
                return f"after {LIMIT_MS // 1000} s of real time {calls} (quiet_ms {self._quiet_ms})"


def _told(trouble: str, report: dict[str, Any]) -> str:
    """Why it can't settle, and what to look at."""
    due = report["due"]
    first = f"; first due: {due[0]['what']} ({due[0]['id']}) at {due[0]['at']}" if due else ""
    return (
        f"this universe does not settle: {trouble}{first}. `ran`, `delivered`, `calls` and `due` list what "
        "happened and what is left; where a receiver answers each webhook with a call that causes another, "
        "that has no end; otherwise ask again"
    )


def _report(tx: UniverseTx, watch: Watch, *, is_more: bool) -> dict[str, Any]:
    return {
        "ran": [step_shown(step) for step in watch.steps],
        "more": is_more,
        "delivered": [
            {"at": rfc3339(step.at_ms), "what": step.what, "id": step.id}
            for step in watch.steps
            if step.kind == "delivery" and step.result == "delivered"
        ],
        "calls": [_call_shown(call) for call in watch.calls],
        "calls_count": watch.calls_count,
        "due": planned(tx, DUE_SHOWN),
        "clock": clock(tx),
    }


def _call_shown(call: SeenCall) -> dict[str, Any]:
    shown = {"at": rfc3339(call.at_ms), "method": call.method, "path": call.path, "status": call.status}
    return shown if call.fault is None else {**shown, "fault": call.fault}
