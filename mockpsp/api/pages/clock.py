"""The clock of a universe: what time it is there, how to let it pass, and what is to come."""

from typing import Any

from flask import Blueprint, Response

from mockpsp.api.control import clock as control
from mockpsp.api.pages import screens
from mockpsp.api.pages.payments import around
from mockpsp.api.pages.session import UI, needs_sign_in
from mockpsp.api.wire.guard import takes_query
from mockpsp.api.wire.http import reads
from mockpsp.domain.events import FIRED_EVENTS
from mockpsp.domain.time.spans import format_span
from mockpsp.engine.universes import UniverseTx

blueprint = Blueprint("ui_clock", __name__)

#: So much of what is to come is listed.
AHEAD = 100
#: How ids begin that lead to a payment's page, or a payout's.
_LEADS = {"tr": "payments", "iv": "payments", "refd": "payments", "payt": "payouts"}


@blueprint.get(f"{UI}/clock")
@takes_query()
@needs_sign_in
@reads
def show_clock(tx: UniverseTx) -> Response:
    """What time it is, and what falls due next."""
    ahead = control.planned(tx, AHEAD + 1)
    return screens.screen(
        "ui/clock.html",
        **around(tx, "clock"),
        ahead=[{**one, "leads": _leads(one)} for one in ahead[:AHEAD]],
        has_more=len(ahead) > AHEAD,
        events=sorted(FIRED_EVENTS),
        lead=_lead(control.clock(tx)["offset_seconds"]),
    )


def _lead(offset_s: float) -> str:
    """How far the universe is from real time, in words."""
    if not offset_s:
        return ""
    return f", {format_span(round(abs(offset_s)) * 1_000)} {'ahead of' if offset_s > 0 else 'behind'} it"


def _leads(one: dict[str, Any]) -> str | None:
    if one["kind"] == "delivery":
        return f"{UI}/webhooks?q={one['id']}"
    section = _LEADS.get(one["id"].partition("_")[0])
    return section and f"{UI}/{section}/{one['id']}"
