"""The API's root and the project of the universe."""

from typing import Any

from flask import Blueprint, Response

from mockpsp import __version__
from mockpsp.api import lookups
from mockpsp.api.expanding import request_expansion
from mockpsp.api.expansions import show
from mockpsp.api.http import answer, reads
from mockpsp.domain.moments import rfc3339
from mockpsp.universes import EPOCH_MS, UniverseTx

blueprint = Blueprint("projects", __name__)

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


@blueprint.get("/projects/<project_id>")
@reads
def fetch_project(tx: UniverseTx, project_id: str) -> dict[str, Any]:
    """Fetch the universe's own project, by its id with or without `test-`."""
    if project_id not in (tx.project.id, tx.project.public_id):
        raise lookups.not_found("project")
    return {"project": show(tx, "project", tx.project, request_expansion())}
