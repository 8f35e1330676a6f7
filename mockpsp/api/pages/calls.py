"""What was called of late and what was answered, each as a curl command that makes the same call."""

import json
from collections import Counter
from collections.abc import Iterator
from shlex import quote
from typing import Any
from urllib.parse import urlencode
from zlib import crc32

from flask import Blueprint, Response, request

from mockpsp.api.control.request_log import shown
from mockpsp.api.pages import lists, screens
from mockpsp.api.pages.payments import around
from mockpsp.api.pages.session import UI, needs_sign_in
from mockpsp.api.wire.app_state import Call
from mockpsp.api.wire.guard import takes_query
from mockpsp.api.wire.http import reads, state
from mockpsp.engine.universes import UniverseTx

blueprint = Blueprint("ui_calls", __name__)

_METHODS = "GET POST PUT DELETE".split()
_CLASSES = ("2xx", "3xx", "4xx", "5xx", "none")
#: What stands for the secret key in a command to copy.
_SECRET = "YOUR_SECRET_KEY"


@blueprint.get(f"{UI}/requests")
@takes_query("status", "method", "path", "skip")
@needs_sign_in
@reads
def list_requests(tx: UniverseTx) -> Response:
    """The calls that this server remembers of this universe, the newest first."""
    chosen = {
        "status": lists.chosen("status", _CLASSES),
        "method": lists.chosen("method", _METHODS),
        "path": lists.asked("path"),
    }
    skipped = lists.whole("skip", 1_000_000) or 0
    universe = (tx.project.no, tx.project.generation)
    known = [call for call in list(state().calls) if call.universe == universe]
    found = [(call, key) for call, key in zip(known, _keys(known), strict=True) if _is_wanted(call, chosen)]
    found.reverse()
    page = found[skipped : skipped + lists.PAGE]
    more = {name: text for name, text in chosen.items() if text} | {"skip": str(skipped + lists.PAGE)}
    return screens.screen(
        "ui/requests.html",
        **around(tx, "requests"),
        calls=[_told(tx, call, key) for call, key in page],
        chosen=chosen,
        methods=_METHODS,
        classes=_CLASSES,
        total=len(known),
        found=len(found),
        older=f"?{urlencode(more)}" if len(found) > skipped + lists.PAGE else None,
    )


def _is_wanted(call: Call, chosen: dict[str, str | None]) -> bool:
    status, method, path = chosen["status"], chosen["method"], chosen["path"]
    if method not in (None, call.method):
        return False
    if status is not None and status != ("none" if call.status is None else f"{call.status // 100}xx"):
        return False
    return path is None or path.lower() in call.path.lower() or path in _answer(call)


def _answer(call: Call) -> str:
    """What was answered, in which an id may be looked for that the path doesn't name."""
    return call.answer.decode() if isinstance(call.answer, bytes) else call.answer or ""


def _keys(calls: list[Call]) -> Iterator[str]:
    """A name for each call that is the same on every look at the list, as long as it is remembered."""
    seen: Counter[int] = Counter()
    for call in calls:
        number = crc32(f"{call.at_ms} {call.next_seq} {call.method} {call.path} {call.status}".encode())
        seen[number] += 1
        yield f"call-{number:08x}-{seen[number]}"


def _told(tx: UniverseTx, call: Call, key: str) -> dict[str, Any]:
    told = shown(call)
    return {**told, "key": key, "curl": _curl(tx.project.id, told)}


def _curl(project_id: str, call: dict[str, Any]) -> str:
    """The call as a command; what was hidden of its body stays hidden."""
    parts = ["curl", f"-u {quote(f'{project_id}:{_SECRET}')}"]
    if call["method"] != "GET":
        parts.append(f"-X {quote(call['method'])}")
    if call["body"] is not None:
        body = json.dumps(call["body"], ensure_ascii=False)
        parts.append(f"-H 'Content-Type: application/json' -d {quote(body)}")
    parts.append(quote(request.host_url.rstrip("/") + call["path"]))
    return " \\\n  ".join(parts)
