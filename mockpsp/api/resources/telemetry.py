"""Logs that browsers and apps send of themselves: taken, so that no client trips over a refusal, and kept nowhere."""

from typing import Any

from flask import Blueprint

from mockpsp.api.wire.http import writes
from mockpsp.engine.universes import UniverseTx

blueprint = Blueprint("telemetry", __name__)


@blueprint.post("/telemetry")
@writes()
def take_logs(tx: UniverseTx, body: dict[str, Any]) -> dict[str, Any]:
    """Take what a client logs, and keep none of it."""
    return {}
