"""What a person does on the page: each button is a call of the control plane, with its rules and its refusals.

To add one: its row in `ACTIONS`, and a form that posts to `/sandbox/ui/act/NAME`, its fields named as in that call's
body (`with[amount]` for what is inside of something). `on` in the address names what the call's path names.
"""

from typing import Any, NamedTuple

from flask import Blueprint, Response, current_app, redirect, request

from mockpsp.api.pages import screens
from mockpsp.api.pages.payments import around
from mockpsp.api.pages.session import UI, back_to, needs_sign_in
from mockpsp.api.wire.guard import takes_query
from mockpsp.api.wire.http import credentials, state
from mockpsp.api.wire.request import current
from mockpsp.domain.codes import Refused
from mockpsp.domain.json_text import load

blueprint = Blueprint("ui_acting", __name__)


class Action(NamedTuple):
    """The call that a button makes: its view, and what its path names, if anything."""

    endpoint: str
    names: str | None = None
    #: The page that says what came of it; None: the page it was done from.
    tells: str | None = None


ACTIONS: dict[str, Action] = {
    "simulate": Action("sandbox_moves.simulate"),
    "advance": Action("sandbox_clock.advance", tells="ui/ran.html"),
    "settle": Action("sandbox_settle.settle", tells="ui/ran.html"),
    "retry": Action("sandbox_webhooks.retry_delivery", "delivery_id"),
    "retry-dead": Action("sandbox_webhooks.retry_dead_deliveries"),
}


@blueprint.post(f"{UI}/act/<action_name>")
@takes_query("back", "on")
@needs_sign_in
def act(action_name: str) -> Response:
    """Make the call of a button, and show what came of it."""
    action = ACTIONS.get(action_name)
    if action is None:
        raise Refused("request.route-not-found", f"there is no action {action_name[:60]!r}", 404)
    with state().universes.reading(credentials()) as tx:
        since = tx.project.next_seq
    _leave_out_blanks()
    ids = {action.names: request.args.get("on", "")} if action.names else {}
    answered: Response = current_app.view_functions[action.endpoint](**ids)  # type: ignore[assignment]
    found: dict[str, Any] = load(answered.get_data())
    if answered.status_code >= 400:
        raise Refused(found.get("error_type", ""), found.get("message", ""), answered.status_code)
    back = back_to(request.args.get("back"))
    if action.tells is None:
        # What the call brought about is marked where it is shown.
        mark = "" if "since=" in back else f"{'&' if '?' in back else '?'}since={since}"
        is_timeline = back.startswith(f"{UI}/payments/")
        return redirect(f"{back}{mark}" if is_timeline else back, 303)  # type: ignore[return-value]
    with state().universes.reading(credentials()) as tx:
        return screens.screen(action.tells, **around(tx, "clock"), found=found, back=back)


def _leave_out_blanks() -> None:
    """A field that a person left empty says nothing; in a body of the control plane it would be a mistake."""
    from urllib.parse import parse_qsl, urlencode

    asked = current()
    said = [pair for pair in parse_qsl(asked.body.decode("utf-8", "replace"), max_num_fields=100) if pair[1].strip()]
    asked.__dict__["body"] = urlencode(said).encode()
