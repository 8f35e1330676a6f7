"""The project of the universe."""

from typing import Any

from flask import Blueprint

from mockpsp.api.requests import lookups
from mockpsp.api.shapes.expansions import show
from mockpsp.api.shapes.gateways import project_body
from mockpsp.api.wire.expand_parameter import request_expansion
from mockpsp.api.wire.fields import Body, Email, Items, Object, Text, WebUrl
from mockpsp.api.wire.http import reads, writes
from mockpsp.domain.payments import money
from mockpsp.engine import restart
from mockpsp.engine.universes import UniverseTx

blueprint = Blueprint("projects", __name__)


class ProjectUpdate(Body):
    """What can be changed of a project."""

    name = Text(80)
    email = Email()
    logo_url = WebUrl()
    default_currency = Text(3)
    dunning_configuration = Items(Object())
    applepay_settings = Object()


@blueprint.get("/projects/<project_id>")
@reads
def fetch_project(tx: UniverseTx, project_id: str) -> dict[str, Any]:
    """Fetch the universe's own project, by its id with or without `test-`."""
    return _shown(tx, project_id)


@blueprint.put("/projects/<project_id>")
@writes(ProjectUpdate())
def update_project(tx: UniverseTx, body: dict[str, Any], project_id: str) -> dict[str, Any]:
    """Change what is given of the universe's own project."""
    _guard_own(tx, project_id)
    if "default_currency" in body:
        body["default_currency"] = money.check_currency(body["default_currency"])
    if body:
        tx.project.settings["project"] = {**project_body(tx), **body}
        tx.is_project_changed = True
    return _shown(tx, project_id)


@blueprint.delete("/projects/<project_id>")
@writes()
def delete_project(tx: UniverseTx, body: dict[str, Any], project_id: str) -> dict[str, Any]:
    """Empty the universe, settings included, as a reset does; its secret stays, so nobody else can take the id."""
    _guard_own(tx, project_id)
    mode = tx.project.clock_mode
    restart.start_again(tx, mode, restart.starting_moment(mode))
    return {}


def _shown(tx: UniverseTx, project_id: str) -> dict[str, Any]:
    _guard_own(tx, project_id)
    return {"project": show(tx, "project", tx.project, request_expansion())}


def _guard_own(tx: UniverseTx, project_id: str) -> None:
    """Other projects are not seen from here."""
    if project_id not in (tx.project.id, tx.project.public_id):
        raise lookups.not_found("project")
