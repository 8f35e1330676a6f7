"""The API's root: which versions there are, and whether anybody answers. Both take no credentials and read no body."""

from flask import Blueprint, Response

from mockpsp import __version__
from mockpsp.api.wire.http import answer
from mockpsp.domain.moments import EPOCH_MS, rfc3339

blueprint = Blueprint("root", __name__)

_VERSIONS = ("1.0.0.0", "1.1.0.0", "1.2.0.0", "1.3.0.0", "1.3.0.1")


@blueprint.get("/")
def root() -> Response:
    """The versions of the API; needs no credentials."""
    versions = [{"name": name, "description": "", "created_at": rfc3339(EPOCH_MS)} for name in _VERSIONS]
    return answer({"current_version": versions[-1], "latest_version": versions[-1], "versions": versions})


@blueprint.get("/healthz")
def health() -> Response:
    """Whether requests are answered, and by which version; needs no credentials."""
    return answer({"version": __version__, "ok": True})
