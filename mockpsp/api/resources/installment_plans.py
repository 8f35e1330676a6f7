"""Plans to pay in parts, which the browser library asks for: a project here has none."""

from typing import Any

from flask import Blueprint

from mockpsp.api.wire.http import reads
from mockpsp.engine.universes import UniverseTx

blueprint = Blueprint("installment_plans", __name__)


@blueprint.get("/installment-plans/active")
@reads
def list_active_plans(tx: UniverseTx) -> dict[str, Any]:
    """List the project's plans to pay in parts; there are none."""
    return {"installment_plans": []}
