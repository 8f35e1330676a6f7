"""A stream that says when something has changed in this file, so that pages show it at once: server-sent events.

What changed is not told: the page asks for itself again, with its own credentials. Each stream keeps a thread, so there
are few, and each ends after a while; the browser comes back by itself.
"""

import threading
from collections.abc import Iterator

from flask import Blueprint, Response

from mockpsp import wallclock
from mockpsp.api.pages.session import UI, needs_sign_in
from mockpsp.api.wire.app_state import AppState
from mockpsp.api.wire.http import reads, state
from mockpsp.engine.universes import UniverseTx

blueprint = Blueprint("ui_live", __name__)

#: How many pages are told at once; the others ask every few seconds.
_STREAMS_MAX = 8
_STREAM_MS = 20_000
_LOOK_S = 0.25
_AGAIN_MS, _LATER_MS = 500, 3_000

_streams = threading.BoundedSemaphore(_STREAMS_MAX)


@blueprint.get(f"{UI}/live")
@needs_sign_in
@reads
def live(tx: UniverseTx) -> Response:
    """Tell of changes as they come, for as long as one stream lasts."""
    app = state()
    return Response(
        _told(app),
        content_type="text/event-stream",
        headers={"Transfer-Encoding": "chunked", "Cache-Control": "no-store"},
    )


def _told(app: AppState) -> Iterator[bytes]:
    # Its place is taken here: of an answer that nobody begins to read (HEAD, a reader who left), nothing here runs.
    if not _streams.acquire(blocking=False):
        yield _event("change", _LATER_MS)
        return
    try:
        until_ms = wallclock.stopwatch_ms() + _STREAM_MS
        seen = _seen(app)
        # What changed since the page was made, or between two streams, is nobody's to miss.
        yield _event("change", _AGAIN_MS)
        while wallclock.stopwatch_ms() < until_ms and not app.stopping.wait(_LOOK_S):
            now = _seen(app)
            # An empty comment finds out whether the reader has left.
            yield b": \n\n" if now == seen else _event("change", _AGAIN_MS)
            seen = now
    finally:
        _streams.release()


def _seen(app: AppState) -> tuple[int, object]:
    return app.database.changes_count(), app.calls[-1] if app.calls else None


def _event(name: str, again_ms: int) -> bytes:
    return f"retry: {again_ms}\nevent: {name}\ndata: {name}\n\n".encode()
