"""What a request meets once its caller is known and before its view: rate limits, and names that /sandbox must know.

To let requests meet something more: a call in `admit_caller`. Who may call at all is cross_site.py's and public.py's,
what faults do is faults.py's.
"""

from collections.abc import Callable, Mapping
from typing import Any

from flask import Response, current_app

from mockpsp.api.wire import faults, rate_limits
from mockpsp.api.wire.app_state import AppState
from mockpsp.api.wire.request import current
from mockpsp.domain.text.card_numbers import hide_card_numbers
from mockpsp.domain.text.codes import Refused
from mockpsp.domain.text.nearest import nearest_name
from mockpsp.engine.faults import LIVE
from mockpsp.engine.universes import UniverseTx


def admit_caller(tx: UniverseTx, app: AppState) -> None:
    """Say who calls to whoever asks after the answer, and count the request; Refused (429) where there is no room.

    Raises `FaultAhead` for one that may meet a fault first.
    """
    request = current()
    if LIVE in tx.project.settings:
        faults.guard_way(tx, request)
    request.caller = ((tx.project.no, tx.project.generation), tx.now_ms, tx.project.next_seq)
    rate_limits.enforce_rate_limit(tx, app.limiter)
    if request.is_control:
        refuse_unknown_query()


def takes_query(
    *names: str, **described: Mapping[str, Any]
) -> Callable[[Callable[..., Response]], Callable[..., Response]]:
    """A route of the control plane that knows these query parameters; one that says nothing knows none.

    Those with a name of their own here are told of in the document: by a `description`, and a `schema` unless any text
    goes.
    """

    def decorate(route: Callable[..., Response]) -> Callable[..., Response]:
        route.__dict__["query"] = (*names, *described)
        route.__dict__["parameters"] = described
        return route

    return decorate


def answers_in(**media: str) -> Callable[[Callable[..., Response]], Callable[..., Response]]:
    """A route whose answer has one of several forms: what each is sent as, for the document."""

    def decorate(route: Callable[..., Response]) -> Callable[..., Response]:
        route.__dict__["media"] = media
        return route

    return decorate


def refuse_unknown_query() -> None:
    """Refuse a query parameter that the route doesn't know, with the nearest name that it does."""
    request = current()
    known = current_app.view_functions[request.endpoint or ""].__dict__.get("query", ())
    for name in request.args:
        if name not in known:
            near = nearest_name(name, known, cutoff=0.0)
            hint = f"did you mean {near!r}?" if near else "this route takes none"
            shown = hide_card_numbers(name)[:80]
            raise Refused(
                "request.validation.error", f"{shown!r} is no parameter of {request.path}; {hint}", field=shown
            )
