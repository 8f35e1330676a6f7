"""The API's root: which versions there are, and whether anybody answers. Neither takes credentials or reads a body."""

from flask import Blueprint, Response, request

from mockpsp import __version__
from mockpsp.api.wire.http import answer
from mockpsp.domain.time.moments import EPOCH_MS, rfc3339_fraction

blueprint = Blueprint("root", __name__)

_VERSIONS = ("1.0.0.0", "1.1.0.0", "1.2.0.0", "1.3.0.0", "1.3.0.1")


@blueprint.get("/")
def root() -> Response:
    """The versions of the API; needs no credentials. A browser is sent to the page of a universe."""
    if "text/html" in request.headers.get("Accept", ""):
        return Response(status=303, headers={"Location": "/sandbox/ui", "Vary": "Accept"})
    versions = [{"name": name, "description": "", "created_at": rfc3339_fraction(EPOCH_MS)} for name in _VERSIONS]
    return answer({"current_version": versions[-1], "latest_version": versions[-1], "versions": versions})


@blueprint.get("/healthz")
def health() -> Response:
    """Whether requests are answered, and by which version; needs no credentials."""
    return answer({"version": __version__, "ok": True})
