"""What was called and what was answered: the server's last API requests, in memory, without secrets and card numbers.

Kept beside the world, not in it: a rolled-back request is there too, and no digest counts it. A restart forgets.
"""

import base64
import json
import re
from collections.abc import Iterator, Mapping
from contextlib import suppress
from typing import Any
from urllib.parse import unquote_plus

from flask import Blueprint, Response

from mockpsp.api.wire.app_state import AppState, Call
from mockpsp.api.wire.guard import takes_query
from mockpsp.api.wire.http import reads, state
from mockpsp.api.wire.request import Request, current
from mockpsp.api.wire.response import JsonResponse
from mockpsp.domain.text.card_numbers import HIDDEN, hide_card_numbers, is_card_number, may_hold_number
from mockpsp.domain.text.codes import Refused
from mockpsp.domain.time.moments import rfc3339
from mockpsp.engine.universes import UniverseTx
from mockpsp.engine.watching import SeenCall

blueprint = Blueprint("calls", __name__)

_SHOWN_MAX = 1_000
_SHOWN_DEFAULT = 100
_NUMBER_MAX = 10**15 - 1
#: A longer body or answer is left out: what is kept has an end.
_TEXT_BYTES = 16_384
#: Keys of bodies, in lower case, whose values are not kept, whatever they are. Those inside a wallet's own payload are
#: among them, for it may be sent under a wrong name.
_SECRET_KEYS = frozenset(
    "number cvc cvc2 cryptogram payment_token paymenttoken applepay_response applepayresponse paymentdata "
    "signedmessage encryptedmessage secret password private_key".split()
)
_SECRET_NAMES = tuple(sorted(name.encode() for name in _SECRET_KEYS))
#: What may be packed as base64: longer than any id, whatever stands before it or parts its lines.
_MAY_BE_PACKED = re.compile(rb"[A-Za-z0-9+/_-]{60}")
_PACKED = re.compile(r"[A-Za-z0-9+/_-]{24,}")
#: What is packed may have been packed before, and escaped.
_LAYERS_MAX = 3
#: What tells such a payload where it is sent as one text.
_PAYLOADS_OWN = ("paymentdata", "signedmessage", "encryptedmessage")


def log_request(response: Response) -> Response:
    """Remember this request and its answer, if it was one of the API by somebody known."""
    request, app = current(), state()
    known, fault, is_json = request.caller, request.fault, response.is_json
    if known is None or request.is_control or not (is_json or fault):
        _note_logged(app)
        return response
    universe, now_ms, next_seq = known
    sent = request.body
    answered = response.body if isinstance(response, JsonResponse) else response.get_data() if is_json else b""
    call = Call(
        universe,
        now_ms,
        request.method,
        _path(request),
        None if fault and fault.is_lost else response.status_code,
        _body(sent) if 0 < len(sent) <= _TEXT_BYTES else None,
        _kept_answer(answered, response.status_code) if 0 < len(answered) <= _TEXT_BYTES else None,
        str(fault) if fault else None,
        next_seq,
        next(app.call_numbers),
    )
    app.calls.append(call)
    if app.watches.by_no:
        app.watches.note_call(universe[0], SeenCall(now_ms, call.method, call.path, call.status, call.fault))
    _note_logged(app)
    return response


def _note_logged(app: AppState) -> None:
    if app.inflight.unlogged:
        app.inflight.note_logged()


@blueprint.get("/sandbox/requests")
@takes_query(
    limit={
        "schema": {"type": "integer", "minimum": 1, "maximum": _SHOWN_MAX, "default": _SHOWN_DEFAULT},
        "description": "how many of the last ones; of those since `start_after`, of the first ones",
    },
    start_after={
        "schema": {"type": "integer", "minimum": 0, "maximum": _NUMBER_MAX},
        "description": "`n` of a call, or `last` of an earlier answer: what came since then",
    },
)
@reads
def list_requests(tx: UniverseTx) -> dict[str, Any]:
    """List what was called of late and what was answered, oldest first, without secrets and card numbers.

    `start_after` is the `n` of one of them, or `last` of an earlier answer: what came since then, the oldest first.
    """
    args = current().args
    limit = _whole(args, "limit", range(1, _SHOWN_MAX + 1)) or _SHOWN_DEFAULT
    after = _whole(args, "start_after", range(_NUMBER_MAX + 1))
    universe, kept = (tx.project.no, tx.project.generation), list(state().calls)
    found = [call for call in kept if call.universe == universe and call.n > (after or 0)]
    told = found[-limit:] if after is None else found[:limit]
    is_all = told[-1:] == found[-1:]
    last = (kept[-1].n if kept else 0) if is_all else told[-1].n
    return {"requests": [{"n": call.n, **shown(call)} for call in told], "last": last}


def _whole(args: Mapping[str, str], name: str, allowed: range) -> int | None:
    text = args.get(name)
    if not text:
        return None
    if not (text.isascii() and text.isdigit() and len(text) < 16 and int(text) in allowed):
        raise Refused(
            "request.pagination.invalid",
            f"{name} is {text[:40]!r}; it must be a whole number from {allowed[0]} to {allowed[-1]}",
        )
    return int(text)


def shown(call: Call) -> dict[str, Any]:
    """A call as it is listed."""
    body = None if call.body is None else _without_secrets(call.body)
    answered = call.answer.decode() if isinstance(call.answer, bytes) else call.answer
    return {
        "at": rfc3339(call.at_ms),
        "method": call.method,
        "path": call.path,
        "status": call.status,
        "body": None if body is None else json.loads(body),
        "answer": None if answered is None else json.loads(_answer(answered)),
        **({"fault": call.fault} if call.fault else {}),
    }


def _path(request: Request) -> str:
    text = request.path
    if request.query_string:
        query = "&".join(_parameter(one) for one in request.query_string.decode("utf-8", "replace").split("&"))
        text = f"{text}?{query}"
    return hide_card_numbers(text) if may_hold_number(text) else text


def _parameter(text: str) -> str:
    """A parameter of the query as it came, without its value where that is a secret's."""
    name, equals, value = text.partition("=")
    is_secret = equals and unquote_plus(name).lower().partition("[")[0].partition(".")[0] in _SECRET_KEYS
    is_secret = is_secret or (equals and _is_payload(unquote_plus(value)))
    return f"{name}={HIDDEN}" if is_secret else text


def _body(sent: bytes) -> bytes | str | None:
    """The body's JSON without what must not be kept; None for a body that is no JSON object, or could not be shown.

    What holds neither a secret's name nor a long number, in whatever spelling, is kept as it came, and read when asked
    for: most bodies are never looked at.
    """
    plain = sent.lower()
    is_suspect = any(name in plain for name in _SECRET_NAMES) or _MAY_BE_PACKED.search(sent)
    if is_suspect or may_hold_number(sent.decode("utf-8", "replace")):
        return _without_secrets(sent)
    return sent


def _without_secrets(sent: bytes | str) -> str | None:
    try:
        body = json.loads(sent)
        text = json.dumps(_hidden(body, _SECRET_KEYS), ensure_ascii=False, allow_nan=False)
        text.encode()
    except (ValueError, RecursionError):
        return None
    return text if isinstance(body, dict) else None


def _kept_answer(answered: bytes, status: int) -> bytes | str:
    """A refusal may repeat what was sent; a success shows what is stored, and is looked through when it is read.

    It is copied: the bytes that orjson 3.13 gives out hold on to all of the room they were written in, four times as
    much.
    """
    return _answer(answered.decode()) if status >= 400 else bytes(memoryview(answered))


def _answer(text: str) -> str:
    return json.dumps(_hidden(json.loads(text), frozenset()), ensure_ascii=False) if may_hold_number(text) else text


def _hidden(value: Any, secret_keys: frozenset[str]) -> Any:
    if isinstance(value, dict):
        return {
            hide_card_numbers(key): HIDDEN if key.lower() in secret_keys else _hidden(item, secret_keys)
            for key, item in value.items()
        }
    if isinstance(value, list):
        return [_hidden(item, secret_keys) for item in value]
    if isinstance(value, str):
        return HIDDEN if secret_keys and _is_payload(value) else hide_card_numbers(value)
    return HIDDEN if isinstance(value, int | float) and is_card_number(str(value)) else value


def _is_payload(text: str) -> bool:
    """Whether a text is or holds a wallet's own payload: its JSON, however it is spelt, or base64 of that.

    The base64 may stand alone, blanks and all, or among other things: in JSON, or behind `data:...;base64,`.
    """
    layer = [text]
    for _ in range(_LAYERS_MAX):
        if any(map(_names_payload, layer)):
            return True
        layer = [unpacked for one in layer for unpacked in _unpacked(one)]
    return False


def _names_payload(text: str) -> bool:
    plain = text.lower()
    if "\\u" in plain:
        with suppress(ValueError, RecursionError):
            plain = json.dumps(json.loads(text), ensure_ascii=False).lower()
    return any(name in plain for name in _PAYLOADS_OWN)


def _unpacked(text: str) -> Iterator[str]:
    """What a text holds as base64 of either alphabet: the whole of it, blanks in it left out, and each run in it."""
    letters = "".join(text.split()).rstrip("=")
    whole = [letters] if _PACKED.fullmatch(letters) else []
    for run in dict.fromkeys((*whole, *_PACKED.findall(text))):
        kept = run[: len(run) - (len(run) % 4 == 1)]
        raw = base64.b64decode(kept + "=" * (-len(kept) % 4), altchars=b"-_")
        yield raw.decode("utf-8", "replace").replace("\x00", "")
