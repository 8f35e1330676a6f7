"""What a person does on the page: each button is a call of the control plane, with its rules and its refusals.

To add one: its row in `ACTIONS`, and a form that posts to `/sandbox/ui/act/NAME`, its fields named as in that call's
body (`with[amount]` for what is inside of something). `on` in the address names what the call's path names. What forms
can't say as bodies do is put into words by shaping.py.
"""

from collections.abc import Callable
from typing import Any, NamedTuple
from urllib.parse import parse_qsl, urlencode, urlsplit

from flask import Blueprint, Response, current_app, redirect, request

from mockpsp.api.pages import screens, shaping
from mockpsp.api.pages.payments import around
from mockpsp.api.pages.session import UI, back_to, needs_sign_in
from mockpsp.api.wire import bodies
from mockpsp.api.wire.guard import takes_query
from mockpsp.api.wire.http import credentials, state
from mockpsp.api.wire.request import current
from mockpsp.domain.text.codes import Refused
from mockpsp.domain.text.json_text import dump_bytes, load
from mockpsp.engine.universes import UniverseTx

blueprint = Blueprint("ui_acting", __name__)

#: A decline is no refusal: it happened, and is shown where it did.
_DECLINED = 410
_ADVANCE = "sandbox_clock.advance"


class Action(NamedTuple):
    """The call that a button makes: its view, and what its path names, if anything."""

    endpoint: str
    names: str | None = None
    #: The page that says what came of it; None: the page it was done from.
    tells: str | None = None
    #: What the call's body is, from what the form says; None: the same.
    body: Callable[[UniverseTx, dict[str, Any]], dict[str, Any]] | None = None
    #: Whether what is due by now is delivered then, so that what was asked for has happened when it is looked for.
    sends: bool = False


ACTIONS: dict[str, Action] = {
    "simulate": Action("sandbox_moves.simulate"),
    "set-clock": Action("sandbox_clock.change_clock"),
    "advance": Action(_ADVANCE, tells="ui/ran.html"),
    "next": Action(_ADVANCE, tells="ui/ran.html", body=shaping.until_next),
    "settle": Action("sandbox_settle.settle", tells="ui/ran.html"),
    "retry": Action("sandbox_webhooks.retry_delivery", "delivery_id", sends=True),
    "retry-dead": Action("sandbox_webhooks.retry_dead_deliveries", sends=True),
    "make-endpoint": Action("sandbox_webhooks.create_endpoint", tells="ui/endpoint_secret.html"),
    "change-endpoint": Action("sandbox_webhooks.change_endpoint", "endpoint_id", body=shaping.endpoint),
    "rotate-secret": Action("sandbox_webhooks.rotate_secret", "endpoint_id", tells="ui/endpoint_secret.html"),
    "enable-endpoint": Action("sandbox_webhooks.enable_endpoint", "endpoint_id"),
    "disable-endpoint": Action("sandbox_webhooks.disable_endpoint", "endpoint_id"),
    "delete-endpoint": Action("sandbox_webhooks.delete_endpoint", "endpoint_id"),
    "make-rule": Action("sandbox_moves.create_rule", body=shaping.rule),
    "delete-rule": Action("sandbox_moves.delete_rule", "rule_id"),
    "delete-rules": Action("sandbox_moves.delete_rules"),
    "make-fault": Action("sandbox_faults.create_fault"),
    "delete-fault": Action("sandbox_faults.delete_fault", "fault_id"),
    "delete-faults": Action("sandbox_faults.delete_faults"),
    "add-misbehaviour": Action("sandbox_delivery.change_delivery", body=shaping.with_one_more),
    "remove-misbehaviour": Action("sandbox_delivery.change_delivery", body=shaping.without_one),
    "remove-misbehaviours": Action("sandbox_delivery.change_delivery", body=shaping.without_any),
}


@blueprint.post(f"{UI}/act/<action_name>")
@takes_query("back", "on")
@needs_sign_in
def act(action_name: str) -> Response:
    """Make the call of a button, and show what came of it."""
    action = ACTIONS.get(action_name)
    if action is None:
        raise Refused("request.route-not-found", f"there is no action {action_name[:60]!r}", 404)
    said = _filled_in(bodies.read(current()))
    with state().universes.reading(credentials()) as tx:
        since = tx.project.next_seq
        body = said if action.body is None else action.body(tx, said)
    ids = {action.names: request.args.get("on", "")} if action.names else {}
    found, status = _called(action.endpoint, body, ids)
    has_run = action.tells is not None and "ran" in found
    if status >= 400 and status != _DECLINED and not has_run:
        raise Refused(found.get("error_type", ""), found.get("message", ""), status)
    if action.sends:
        _send()
    back = back_to(request.args.get("back"))
    if action.tells is None:
        return _gone_to(_marked(back, since) if back.startswith(f"{UI}/payments/") else back)
    with state().universes.reading(credentials()) as tx:
        section = "endpoints" if action.tells == "ui/endpoint_secret.html" else "clock"
        page = screens.screen(action.tells, **around(tx, section), found=found, back=back)
    if request.headers.get("HX-Request"):
        # The form awaits a part of its page; this is a page of its own.
        page.headers.update({"HX-Retarget": "body", "HX-Reswap": "innerHTML show:window:top"})
    return page


def _called(endpoint: str, body: dict[str, Any], ids: dict[str, str]) -> tuple[dict[str, Any], int]:
    """What a view of the control plane answers to this body, and the status."""
    current().__dict__["body"] = dump_bytes(body)
    answered: Response = current_app.view_functions[endpoint](**ids)  # type: ignore[assignment]
    found: dict[str, Any] = load(answered.get_data())
    return found, answered.status_code


def _send() -> None:
    try:
        _called(_ADVANCE, {"by": "0s"}, {})
    except Refused:
        # Somebody moves this universe's time at this moment, and delivers what is due.
        return


def _gone_to(path: str) -> Response:
    if request.headers.get("HX-Request"):
        return Response(status=204, headers={"HX-Redirect": path, "Cache-Control": "no-store"})
    response: Response = redirect(path, 303)  # type: ignore[assignment]
    return response


def _marked(path: str, since: int) -> str:
    """The page of a payment, on which what the call brought about is marked."""
    parts = urlsplit(path)
    kept = [(name, text) for name, text in parse_qsl(parts.query) if name != "since"]
    return f"{parts.path}?{urlencode([*kept, ('since', str(since))])}"


def _filled_in(value: Any) -> Any:
    """Without the fields that a person left empty: they say nothing, and in a call's body would be mistakes."""
    if isinstance(value, dict):
        found = {name: _filled_in(item) for name, item in value.items()}
        return {name: item for name, item in found.items() if item not in ("", {}, [])}
    if isinstance(value, list):
        return [item for item in map(_filled_in, value) if item not in ("", {}, [])]
    return value.strip() if isinstance(value, str) else value
