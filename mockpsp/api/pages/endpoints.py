"""Where a universe's webhooks go: its endpoints, and how to make one, give it another secret, or end it."""

from flask import Blueprint, Response

from mockpsp.api.control import webhooks as control
from mockpsp.api.pages import screens
from mockpsp.api.pages.payments import around
from mockpsp.api.pages.session import UI, needs_sign_in
from mockpsp.api.wire.guard import takes_query
from mockpsp.api.wire.http import reads
from mockpsp.domain.events import TOPICS
from mockpsp.engine.universes import UniverseTx
from mockpsp.webhooks import dialects, outbox, schedules

blueprint = Blueprint("ui_endpoints", __name__)


@blueprint.get(f"{UI}/endpoints")
@takes_query()
@needs_sign_in
@reads
def list_endpoints(tx: UniverseTx) -> Response:
    """The endpoints without their secrets, and a form for another one."""
    found = control.list_endpoints.__wrapped__(tx)["webhook_endpoints"]  # type: ignore[attr-defined]
    return screens.screen(
        "ui/endpoints.html",
        **around(tx, "endpoints"),
        endpoints=found,
        topics=TOPICS,
        schemes=dialects.SCHEMES,
        keys=tuple(dialects.KEYS),
        bodies=(outbox.THIN, outbox.OF_DIALECT),
        schedules=tuple(schedules.SCHEDULES),
        orders=schedules.ORDERINGS,
    )
