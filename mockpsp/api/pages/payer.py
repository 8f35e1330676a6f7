"""What the pages that a customer meets have in common: who asks there, and how an answer is acted on."""

from collections.abc import Callable
from typing import Any

from flask import Response, request

from mockpsp.api.pages import opener, screens
from mockpsp.api.wire.app_state import AppState
from mockpsp.api.wire.http import is_behind, state, told_early
from mockpsp.api.wire.request import current
from mockpsp.domain.text.codes import Refused
from mockpsp.engine.universes import Credentials, UniverseTx


def payer_of(project_id: str) -> Credentials:
    """Who needs no secret key of the project: the page's address is secret enough."""
    return Credentials(project_id, "", is_public=True)


def is_foreign() -> bool:
    """Whether another site's page asks: browsers say so, those that know no `Sec-Fetch-Site` by the origin alone."""
    origin = request.headers.get("Origin")
    return request.headers.get("Sec-Fetch-Site", "none") not in ("none", "same-origin") or (
        origin is not None and origin.partition("://")[2].lower() != request.host.lower()
    )


def catch_up(app: AppState, payer: Credentials) -> None:
    """Let what fell due before this request happen first."""
    with app.universes.reading(payer) as tx:
        behind = is_behind(tx)
    if behind:
        with app.universes.writing(payer) as tx:
            app.timeline.catch_up(tx)


def acted(payer: Credentials, act: Callable[[UniverseTx], Response]) -> Response:
    """Let a customer's answer change the universe, in one commit, with what is to be told before the answer told."""
    app = state()

    def answer() -> Response:
        with app.inflight.counting(payer), app.universes.writing(payer) as tx:
            if tx.project.clock_mode == "wall":
                app.timeline.catch_up(tx)
            tx.is_call = True
            response = act(tx)
            if tx.project.clock_mode == "wall" and tx.is_driver_wanted:
                tx.after_commit.append(lambda: app.timeline.tell_driver(tx))
            if tx.early:
                current().early = app.timeline.reserve_early(tx)
            return response

    return told_early(app, current(), answer)


def message(
    title: str,
    text: str,
    *,
    back: str | None = None,
    shop: str | None = None,
    tells: str | None = None,
    goes_to: str | None = None,
    has_script: bool = False,
    status: int = 200,
) -> Response:
    """A page that says something, with a link back to the shop. `tells`: the message to who opened it; `goes_to`: where
    it goes on by itself when that page lets it live; `has_script`: also where nobody opened it."""
    about: dict[str, Any] = {"text": text, "back": back, "goes_to": goes_to, "has_script": has_script}
    return screens.pay_screen("pay/message.html", title, status, shop=shop or back, tells=tells, **about)


def not_there(error: Refused) -> Response:
    """The page for an address that leads to no payment."""
    tells = opener.failed(error.code, error.message)
    return message("This payment is not there", error.message, tells=tells, status=404)


def sent_back(address: str, tells: str, *, shop: str | None) -> Response:
    """Back to the shop's address, or to the page of it that opened this one and is told how it went. Who is left may
    lead elsewhere than `shop`, whose page it still is that opened this one."""
    if not opener.is_told():
        return sent_to(address)
    return message(
        "Thank you", "You are on your way back to the shop.", back=address, shop=shop, tells=tells, goes_to=address
    )


def sent_to(address: str) -> Response:
    """On to another address, which learns nothing of this one."""
    policy = "default-src 'none'; frame-ancestors " + opener.framing(None)
    headers = {**screens.PAY_HEADERS, "Content-Security-Policy": policy, "Location": address}
    return Response("", 303, headers=headers, content_type="text/html; charset=utf-8")
