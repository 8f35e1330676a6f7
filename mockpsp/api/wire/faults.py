"""Faults as requests of the API meet them: the request or its answer is lost, late, cut, garbled, or another status.

A universe that has some says so in its settings, and guard.py turns a request about to be answered away to `meet`. What
breaks the way itself is left to what carries the answer: a connection (serving/connection.py), or a call in this
process (serving/in_process.py).
"""

from collections.abc import Callable, Iterable
from typing import Any

from flask import Response, current_app, render_template

from mockpsp.api.wire.app_state import AppState
from mockpsp.api.wire.request import FREE, Request, current
from mockpsp.api.wire.response import JsonResponse
from mockpsp.domain.faults import BEFORE, CARRIER, Outage, spoilt
from mockpsp.domain.text.json_text import dump_bytes
from mockpsp.engine import faults
from mockpsp.engine.faults import Call, Hit
from mockpsp.engine.universes import Credentials, UniverseTx

#: First parts of the paths that are no part of ProcessOut's API.
_NOT_MET = frozenset({"sandbox", "checkout"})
_PHRASES = {502: "Bad Gateway", 503: "Service Unavailable", 504: "Gateway Timeout"}


class FaultAhead(Exception):
    """The universe has faults that a request must meet before anything is done about it."""


def guard_way(tx: UniverseTx, request: Request) -> None:
    """Raise `FaultAhead` for a request that may meet a fault and has not been asked yet."""
    if not request.has_met_faults and request.path.split("/", 2)[1] not in _NOT_MET:
        raise FaultAhead


def meet(app: AppState, found: Credentials, answer: Callable[[], Response]) -> Response:
    """The answer, or what a fault makes of it. That it was met is committed before, apart from the request."""
    request = current()
    with app.universes.writing(found) as tx:
        request.has_met_faults = True
        request.caller = ((tx.project.no, tx.project.generation), tx.now_ms, tx.project.next_seq)
        hit = faults.meet(tx, _call(request))
    if hit is None:
        return answer()
    request.fault = hit
    # A request that never arrived has no answer; of what stands for one, nothing gets through.
    response = Response(status=500) if hit.when == BEFORE else answer()
    return _instead(hit) if hit.outage is None else _carried(request, response, hit.outage)


def hold_back(wait_ms: int) -> None:
    """Let this request's answer be sent so much later, and no thread wait; a fault of its own takes its place."""
    carrier = current().environ.get(CARRIER)
    if carrier is not None:
        carrier.outage = Outage("ok", wait_ms)


def routes() -> tuple[str, ...]:
    """`METHOD /path` of every route that faults may be about, `{}` for each id."""
    from_map = (
        f"{method} {_template(rule.rule)}"
        for rule in current_app.url_map.iter_rules()
        # What is free is in no universe, and so are its faults.
        if rule.rule not in FREE and rule.rule.split("/", 2)[1] not in _NOT_MET
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}
    )
    return tuple(sorted(set(from_map)))


def _call(request: Request) -> Call:
    environ = request.environ
    header = environ.get("HTTP_MOCKPSP_GATEWAY") or None
    return Call(request.method, request.path, environ.get("HTTP_IDEMPOTENCY_KEY") or None, header)


def _carried(request: Request, response: Response, outage: Outage) -> Response:
    """The response on a way that breaks."""
    carrier = request.environ.get(CARRIER)
    if carrier is None:
        return _Broken(response, outage)
    carrier.outage = outage
    return response


def _instead(hit: Hit) -> Response:
    """What the client gets in the answer's place: the API's envelope, or the page of a proxy before it."""
    status = hit.deed.status
    if status in _PHRASES:
        title = f"{status} {_PHRASES[status]}"
        page = render_template("fault.html", title=title, fault=hit.id) + "\n"
        response = Response(page, status, content_type="text/html")
    else:
        error_type = "request.rate.exceeded" if status == 429 else "gateway-internal-error"
        message = f"the fault {hit.id} answers {status} {(hit.when or '').replace('_', ' ')}"
        body = {"success": False, "error_type": error_type, "message": message}
        response = JsonResponse(dump_bytes(body), status)
    if status in (429, 503):
        response.headers["Retry-After"] = "1"
    return response


class _Broken(Response):
    """An answer that breaks where nothing carries it but WSGI itself: as far as the way is gone, by raising."""

    def __init__(self, response: Response, outage: Outage) -> None:
        super().__init__(response.get_data(), response.status_code, response.headers)
        self._outage = outage

    def __call__(self, environ: Any, start_response: Any) -> Iterable[bytes]:
        outage = self._outage
        if outage.transport == "reset":
            raise ConnectionResetError("a fault has reset the connection")
        if outage.transport == "stalled":
            raise TimeoutError("a fault has stalled the answer")
        body = self.get_data()
        start_response(self.status, self.get_wsgi_headers(environ).to_wsgi_list())
        return [body if outage.transport == "ok" else spoilt(outage, body)]


def _template(rule: str) -> str:
    return "/".join("{}" if part.startswith("<") else part for part in rule.split("/"))
