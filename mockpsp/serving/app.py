"""The application factory: settings -> catalog -> database -> blueprints."""

import logging
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

from flask import Flask, Response, request
from werkzeug.exceptions import HTTPException, MethodNotAllowed

from mockpsp.api.blueprints import VIEWS
from mockpsp.api.control import request_log
from mockpsp.api.wire import public, rate_limits
from mockpsp.api.wire.app_state import AppState, RequestsInFlight
from mockpsp.api.wire.cross_site import PAGE, refuse_forged
from mockpsp.api.wire.http import refusal, state
from mockpsp.catalog import load_catalog
from mockpsp.config import Settings
from mockpsp.domain.text.card_numbers import hide_card_numbers
from mockpsp.domain.text.codes import Refused
from mockpsp.engine.clock_driver import ClockDriver
from mockpsp.engine.run import Outcome
from mockpsp.engine.timeline import Timeline
from mockpsp.engine.universes import Universes, UniverseTx
from mockpsp.serving.flask_app import App
from mockpsp.store import db, migrations
from mockpsp.store.faults import StorageError
from mockpsp.store.tx import all_nos

#: How the ids of projects begin, where a path begins by one.
_PROJECTS = ("/test-proj_", "/proj_")
#: What of a query stays as it came.
_AS_WRITTEN = "%/?:@!$&'()*+,;=[]~"
_log = logging.getLogger("mockpsp")
#: The control plane waits for receivers; pages and descriptions are made when they are first asked for.
_SLOW_PATHS = frozenset({"sandbox", "checkout", "docs", "openapi.json"})


def create_app(settings: Settings) -> Flask:
    """An application on its database, with its threads running; end it by `app.extensions["mockpsp"].close()`."""
    catalog = load_catalog(settings.psps)
    database = db.Database(settings.db)
    try:
        migrations.migrate(database)
        universes = Universes(database, catalog, settings)
        universes.guard_profiles()
        universes.find_early()
    except BaseException:
        database.close()
        raise
    timeline = Timeline(universes, settings)
    driver = ClockDriver(timeline.post_due)
    timeline.notify_driver, timeline.notify_later = driver.wake, driver.wake_at
    timeline.follow = _follow
    app = App("mockpsp", VIEWS)
    app.extensions["mockpsp"] = AppState(settings, database, universes, timeline, driver, RequestsInFlight())
    timeline.on_ran = app.extensions["mockpsp"].watches.note_steps
    app.before_request(refuse_forged)
    app.after_request(request_log.log_request)
    app.after_request(rate_limits.show)
    app.after_request(public.allow_origins)
    app.quick_paths = frozenset(part for parts in VIEWS.values() for part in parts) - _SLOW_PATHS
    app.is_busy = app.extensions["mockpsp"].is_busy
    app.register_error_handler(Refused, refusal)
    app.register_error_handler(HTTPException, _http_error)
    app.register_error_handler(StorageError, _storage_failed)
    app.register_error_handler(Exception, _our_bug)
    with database.reading() as conn:
        numbers = all_nos(conn)
    driver.start(numbers)
    return app


def _follow(tx: UniverseTx, invoice: Mapping[str, Any], outcome: Outcome) -> None:
    """End the verification of a card that waited for what time has brought about."""
    if "verifies" in invoice:
        from mockpsp.api.requests import verification  # no start needs it, and little else

        verification.complete_verification(tx, invoice, outcome)


def _http_error(error: HTTPException) -> Response:
    """What routing refuses, in the API's envelope."""
    path = request.path[:200]
    refused = _refused_on_the_page if _is_for_a_person() else refusal
    if error.code == 404:
        if request.method == "GET" and path.startswith(_PROJECTS):
            # Clients know a host of their own for these pages (`checkout.`), and no first part.
            query = quote(request.query_string, safe=_AS_WRITTEN)
            where = f"/checkout{quote(request.path)}{f'?{query}' if query else ''}"
            return Response(status=308, headers={"Location": where})
        return refused(Refused("request.route-not-found", f"there is no route {request.method} {path}", 404))
    if isinstance(error, MethodNotAllowed):
        response = refused(Refused("request.route-not-found", f"{request.method} does not go on {path}", 405))
        response.headers["Allow"] = ", ".join(sorted(error.valid_methods or ()))
        return response
    status = error.code if error.code is not None and 400 <= error.code < 500 else 400
    return refusal(Refused("request.bad-format", error.description or "the request could not be read", status))


def _is_for_a_person() -> bool:
    """Whether a browser asks for something of the page."""
    is_page = request.path == PAGE or request.path.startswith(f"{PAGE}/")
    return is_page and "text/html" in request.headers.get("Accept", "")


def _refused_on_the_page(error: Refused) -> Response:
    """The same as a page, which shows nothing of any universe."""
    from mockpsp.api.pages import screens  # no start needs it

    return screens.refused(error)


def _storage_failed(error: StorageError) -> Response:
    """What the file or its disk did not allow: nothing was kept, and the answer names the cause."""
    state().troubles.say(str(error))
    return refusal(Refused("gateway-internal-error", f"{error}; nothing was changed", error.status))


def _our_bug(error: Exception) -> Response:
    """A fault of ours: rolled back, logged with its traceback, answered without one."""
    _log.exception("%s %s failed", request.method, hide_card_numbers(request.path))
    return refusal(Refused("gateway-internal-error", f"mockpsp failed on this request: {type(error).__name__}", 500))
