"""The codes a payment can fail with, by what they are about."""

from typing import Any

from flask import Blueprint

from mockpsp.api.wire.http import reads
from mockpsp.engine.universes import UniverseTx

blueprint = Blueprint("error_codes", __name__)

#: The categories of the API; a code's first word names its own. Those no code has are empty.
CATEGORIES = "generic service gateway card check shipping customer payment refund wallet request".split()


@blueprint.get("/error-codes")
@reads
def list_error_codes(tx: UniverseTx) -> dict[str, Any]:
    """List every code a payment can fail with, by category."""
    found: dict[str, list[str]] = {category: [] for category in CATEGORIES}
    for code in sorted(tx.catalog.declines):
        found[code.partition(".")[0]].append(code)
    return {"gateway": found}
