"""What every route shares: authentication, transactions, idempotency, envelopes, errors.

A view is wrapped by `reads()` or `writes(schema)`. It gets a transaction on the caller's universe (and the loaded
body), answers a plain dict, a `Page` or a `Declined`, and never touches HTTP. Refused rolls back and becomes a 4xx;
a decline is committed and becomes a 410.
"""

import hashlib
import json
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from functools import wraps
from typing import Any, Protocol

from flask import Response, current_app

from mockpsp.api.wire import bodies, expand_parameter, faults, guard, public
from mockpsp.api.wire.app_state import AppState
from mockpsp.api.wire.errors import error_type, is_missing
from mockpsp.api.wire.request import Request, current
from mockpsp.api.wire.response import JsonResponse
from mockpsp.api.wire.together import MARK
from mockpsp.domain.text.card_numbers import is_card_number
from mockpsp.domain.text.codes import Refused
from mockpsp.domain.text.json_text import dump_bytes
from mockpsp.engine.universes import Credentials, UniverseTx, check_credentials
from mockpsp.store import agenda, resources

_IDEMPOTENCY_MAX = 255
#: Errors of a body that are listed one by one; the message says how many more there are.
FIELDS_SHOWN = 50
#: The longest list of known names has some 1,200 characters.
_SHOWN_MAX = 2_000
_KEY_INVALID = "request.idempotency-key.invalid"
_application = current_app._get_current_object  # type: ignore[attr-defined]


@dataclass(frozen=True, slots=True)
class Declined:
    """A payment that failed: kept all the same, answered with 410 and the code."""

    error_code: str
    message: str
    #: What the customer has to do, where the payment waits for that.
    customer_action: dict[str, Any] | None = None
    #: The transaction, where a page or an app is told: none of theirs reads an action of what did not succeed.
    waiting: dict[str, Any] | None = None
    #: What a page or an app is told of the payment beside the decline.
    beside: Mapping[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class Accepted:
    """Something that was begun and ends later: answered with 202."""

    body: dict[str, Any]


class BodySchema(Protocol):
    """What goes in a body. Its own file (fields.py) is imported with the first route that reads one."""

    never_empty: frozenset[str]

    def read_body(self, raw: dict[str, Any], /) -> dict[str, Any]:
        """The loaded body; Refused with every field's error at once."""
        ...


def state() -> AppState:
    """The application's own objects."""
    found: AppState = _application().extensions["mockpsp"]
    return found


def credentials(request: Request | None = None) -> Credentials | None:
    """HTTP Basic user and password of this request."""
    request = request or current()
    login = request.login
    return None if login is None else Credentials(*login, is_public=public.is_public(request))


def reads(view: Callable[..., Any]) -> Callable[..., Response]:
    """A route that changes nothing: the view gets a snapshot of the caller's universe."""

    @wraps(view)
    def route(**ids: str) -> Response:
        app, request = state(), current()
        found = check_credentials(credentials(request))
        if request.is_control:
            return _read(app, found, view, ids)
        with app.inflight.counting(found), _turn(app, request, found):
            try:
                return _read(app, found, view, ids)
            except faults.FaultAhead:
                return faults.meet(app, found, lambda: _told(lambda: _read(app, found, view, ids)))

    return route


def writes(schema: BodySchema | None = None) -> Callable[[Callable[..., Any]], Callable[..., Response]]:
    """A route that may change the caller's universe: one transaction, one commit; repeated by Idempotency-Key."""
    never_empty: frozenset[str] = getattr(schema, "never_empty", frozenset())

    def decorate(view: Callable[..., Any]) -> Callable[..., Response]:
        def asked(app: AppState, request: Request, found: Credentials, ids: dict[str, str]) -> Response:
            try:
                for name, text in ids.items():
                    bodies.refuse_card_number(name, text)
                raw = bodies.read(request, never_empty)
                body = load(schema, raw)
                key = None if request.is_control else _idempotency_key(request)
            except Refused:
                # Who has no right to ask, or asks too often, is told so first.
                with app.universes.reading(found) as tx:
                    guard.admit_caller(tx, app)
                raise
            with app.universes.writing(found) as tx:
                guard.admit_caller(tx, app)
                response = public.add_client_secret(
                    tx, _write(tx, app, request, view, ids, raw=raw, body=body, key=key)
                )
                if tx.early:
                    request.early = app.timeline.reserve_early(tx)
                return response

        def met(app: AppState, request: Request, found: Credentials, ids: dict[str, str]) -> Response:
            with app.inflight.counting(found), _turn(app, request, found):
                try:
                    return asked(app, request, found, ids)
                except faults.FaultAhead:
                    return faults.meet(app, found, lambda: _told(lambda: asked(app, request, found, ids)))

        @wraps(view)
        def route(**ids: str) -> Response:
            app, request = state(), current()
            found = check_credentials(credentials(request))
            return told_early(
                app,
                request,
                lambda: (asked if request.is_control else met)(app, request, found, ids),
            )

        # What the OpenAPI document is made from.
        if schema is not None:
            route.__dict__["request_schema"] = schema
        return route

    return decorate


def takes(body: BodySchema | Mapping[str, Any]) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """A route that reads its body itself: what goes in it, for the document; a schema of ours, or of JSON."""

    def decorate(view: Callable[..., Any]) -> Callable[..., Any]:
        view.__dict__["request_schema"] = body
        return view

    return decorate


def described_by(
    document: Callable[[Callable[[Any], dict[str, Any]]], dict[str, Any]],
) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """A route whose body has many forms: what makes its JSON schema, given what makes that of a body of ours.

    It is called like the schema that reads it, unless it has a title of its own.
    """

    def decorate(view: Callable[..., Any]) -> Callable[..., Any]:
        view.__dict__["request_forms"] = document
        return view

    return decorate


def told_early(app: AppState, request: Request, answer: Callable[[], Response]) -> Response:
    """The answer; before it is given, webhooks that are to be early are delivered, with no lock held."""
    try:
        response = answer()
    except BaseException:
        if request.early is not None:
            app.timeline.forget_early(request.early)
        raise
    if request.early is not None:
        app.timeline.post_early(request.early)
    return response


def _turn(app: AppState, request: Request, found: Credentials) -> AbstractContextManager[Any]:
    """The turn that a call takes, which those that happen together take in an order of their own."""
    mark = request.environ.get(MARK)
    return app.turn if mark is None else app.meetings.place(mark, found)


def _read(app: AppState, found: Credentials, view: Callable[..., Any], ids: dict[str, str]) -> Response:
    with app.universes.reading(found) as tx:
        guard.admit_caller(tx, app)
        if not is_behind(tx):
            return public.add_client_secret(tx, answer(view(tx, **ids)))
    with app.universes.writing(found) as tx:
        app.timeline.catch_up(tx)
        no = tx.project.no
    # What the effects brought about has webhooks of its own, and time may have jumped to theirs too.
    app.timeline.notify_driver(no)
    with app.universes.reading(found) as tx:
        return public.add_client_secret(tx, answer(view(tx, **ids)))


def is_behind(tx: UniverseTx) -> bool:
    """Whether a wall universe has effects that fell due before this request."""
    if tx.project.clock_mode != "wall":
        return False
    effect = agenda.first_effect(tx.conn, tx.project.no)
    return effect is not None and effect.due_at_ms <= tx.now_ms


def load(schema: BodySchema | None, raw: dict[str, Any], at: str = "") -> dict[str, Any]:
    """The body by its schema; Refused with every field's error at once. `at`: where in the body it stands."""
    try:
        return raw if schema is None else schema.read_body(raw)
    except InvalidFields as error:
        raise (error.within(at) if at else error) from None


#: What marshmallow says of its own accord -> the same as the other messages here have it.
_PLAINLY = {
    "Missing data for required field.": "is missing",
    "Unknown field.": "is not known here",
    "Invalid input type.": "must be an object",
    "Not a valid list.": "must be a list",
    "Field may not be null.": "must not be null",
}


class InvalidFields(Refused):
    """Refused because of the body's fields; `fields` lists them all, `beside` is what stands beside them."""

    def __init__(
        self, code: str, message: str, fields: list[dict[str, str]], beside: Mapping[str, Any] | None = None
    ) -> None:
        super().__init__(code, message)
        self.fields = fields
        self.beside = beside or {}

    def within(self, at: str) -> "InvalidFields":
        """The same about an object that stands in another one."""
        fields = [{**one, "name": f"{at}.{one['name']}"} for one in self.fields]
        return InvalidFields(self.code, f"{at}.{self.message}", fields, self.beside)


def invalid_fields(messages: Mapping[str, Any], raw: Mapping[str, Any]) -> InvalidFields:
    """One refusal for all the errors of a body."""
    found = list(_flatten(messages))
    name = found[0][0]
    fields = [{"name": _clipped(name), "message": _clipped(message)} for name, message in found[:FIELDS_SHOWN]]
    more = len(found) - len(fields)
    message = f"{fields[0]['name']}: {fields[0]['message']}" + (f"; {more} more fields are wrong" if more else "")
    return InvalidFields(error_type(name, is_missing=is_missing(name, raw)), message, fields)


def answer(result: Any, status: int = 200) -> Response:
    """The envelope around a view's result."""
    if isinstance(result, Response):
        return result
    status, body = render(result, status)
    return JsonResponse(body, status)


def render(result: Any, status: int = 200) -> tuple[int, bytes]:
    """(status, JSON) of a view's result."""
    if isinstance(result, Declined) and result.waiting is not None:
        result = {"transaction": result.waiting, "customer_action": result.customer_action, **(result.beside or {})}
    if isinstance(result, Declined):
        body: dict[str, Any] = {"success": False, "error_type": result.error_code, "message": result.message}
        if result.customer_action:
            body["customer_action"] = result.customer_action
        body |= result.beside or {}
        return 410, dump_bytes(body)
    if isinstance(result, Accepted):
        return 202, dump_bytes({**result.body, "success": True})
    return status, dump_bytes({**result, "success": True})


def refusal(error: Refused) -> Response:
    """The error envelope."""
    message = _clipped(error.message)
    body: dict[str, Any] = {"success": False, "error_type": error.code, "message": message}
    if isinstance(error, InvalidFields):
        body |= {"invalid_fields": error.fields, **error.beside}
    elif error.field:
        body["invalid_fields"] = [{"name": _clipped(error.field), "message": message}]
    elif public.is_public_call():
        # The browser library counts them without asking whether there are any.
        body["invalid_fields"] = []
    response = JsonResponse(dump_bytes(body), error.status)
    if error.status == 401:
        response.headers["WWW-Authenticate"] = 'Basic realm="mockpsp", charset="UTF-8"'
    return public.tell_outcome(response) if public.is_public_call() else response


def _told(ask: Callable[[], Response]) -> Response:
    """The answer, a refusal among them: a fault may keep it from the client like any other."""
    try:
        return ask()
    except Refused as error:
        return refusal(error)


def _write(
    tx: UniverseTx,
    app: AppState,
    request: Request,
    view: Callable[..., Any],
    ids: Mapping[str, str],
    *,
    raw: dict[str, Any],
    body: dict[str, Any],
    key: str | None,
) -> Response:
    request_hash = ""
    if key is not None:
        request_hash = _request_hash(request, raw)
        kept = resources.load_idempotent_answer(tx.conn, tx.project.no, public.idempotency_key(tx, key))
        if kept is not None:
            return _repeat(kept, request_hash, key)
    is_wall = tx.project.clock_mode == "wall"
    if is_wall:
        app.timeline.catch_up(tx)
    tx.is_call = True
    expand_parameter.request_expansion(raw)
    status, answered = render(view(tx, body, **ids))
    if key is not None:
        kept_as = public.idempotency_key(tx, key)
        resources.save_idempotent_answer(tx.conn, tx.project.no, kept_as, request_hash, status, answered.decode())
    if is_wall and (request.is_control or tx.is_driver_wanted):
        tx.has_new_work |= request.is_control
        tx.after_commit.append(lambda: app.timeline.tell_driver(tx))
    return JsonResponse(answered, status)


def _repeat(kept: tuple[str, int, str], request_hash: str, key: str) -> Response:
    if kept[0] != request_hash:
        raise Refused(_KEY_INVALID, f"the idempotency key {key[:80]!r} was used for another request before")
    return JsonResponse(kept[2].encode(), kept[1])


def _idempotency_key(request: Request) -> str | None:
    key = request.environ.get("HTTP_IDEMPOTENCY_KEY") or None
    if key is not None and len(key) > _IDEMPOTENCY_MAX:
        raise Refused(_KEY_INVALID, f"the idempotency key has {len(key)} characters; at most {_IDEMPOTENCY_MAX} go")
    if key is not None and is_card_number(key):
        raise Refused(_KEY_INVALID, "the idempotency key holds what looks like a card number; nothing was kept")
    return key


def _request_hash(request: Request, raw: Mapping[str, Any]) -> str:
    parts = [request.method, request.path, request.query_string.decode("latin-1"), json.dumps(raw, default=str)]
    return hashlib.blake2b("\n".join(parts).encode(errors="surrogatepass"), digest_size=16).hexdigest()


def _flatten(messages: Any, path: str = "") -> Any:
    if isinstance(messages, Mapping):
        for name, inner in messages.items():
            # What is wrong with an object as a whole stands under `_schema`.
            at = [part for part in (path, str(name)) if part not in ("", "_schema")]
            yield from _flatten(inner, ".".join(at))
    elif isinstance(messages, list):
        yield path, " ".join(_said(message) for message in messages)
    else:
        yield path, _said(messages)


def _clipped(text: str) -> str:
    """A text as a message repeats it: what was sent may be a megabyte."""
    return text if len(text) <= _SHOWN_MAX else f"{text[:_SHOWN_MAX]}... ({len(text)} characters)"


def _said(message: object) -> str:
    return _PLAINLY.get(str(message), str(message))
