"""Routes of the API that this sandbox knows and does not simulate: 404 `sandbox.not-supported`, with the area's name.

A client that calls one learns why nothing happened, where an unknown route would leave it searching for a typing
error. To simulate one: take its row out, and write its view.
"""

from typing import Any

from flask import Blueprint

from mockpsp.api.wire.http import reads
from mockpsp.domain.text.codes import Refused
from mockpsp.engine.universes import UniverseTx

blueprint = Blueprint("unsupported_routes", __name__)

NOT_SUPPORTED = "sandbox.not-supported"
#: Area -> the routes it has: methods and path.
AREAS: dict[str, str] = {
    "subscriptions, plans and coupons (the legacy billing)": """
        GET /customers/<id>/subscriptions
        GET,POST /plans
        GET,PUT,DELETE /plans/<id>
        GET,POST /coupons
        GET,PUT,DELETE /coupons/<id>
        GET,POST /subscriptions
        GET,PUT,DELETE /subscriptions/<id>
        GET /subscriptions/<id>/customers
        GET /subscriptions/<id>/transactions
        GET,POST /subscriptions/<id>/addons
        GET,PUT,DELETE /subscriptions/<id>/addons/<addon_id>
        GET,POST /subscriptions/<id>/discounts
        GET,DELETE /subscriptions/<id>/discounts/<discount_id>""",
    "projects above and below other projects": """
        GET,POST /supervised-projects""",
    "uploaded reports": """
        GET /uploads/reports
        GET,DELETE /uploads/reports/<id>
        GET /uploads/reports/<id>/raw""",
    "exports": """
        GET,POST /exports/layouts
        GET,PUT,DELETE /exports/layouts/<id>
        GET /exports/layouts/default/<id>
        GET /exports/layouts/options/<id>""",
    "deliveries of files by SFTP": """
        GET,PUT,DELETE /projects/<id>/sftp-settings""",
    "Apple Pay certificates": """
        GET,POST /projects/applepay/alternative-merchant-certificates
        DELETE /projects/applepay/alternative-merchant-certificates/<id>""",
    "the log of activities": """
        GET /activities
        GET /activities/<id>""",
    "transactions made elsewhere and handed in": """
        POST /handlers/ingest-transactions/<id>""",
}


def routes() -> list[tuple[str, str, str]]:
    """(method, path, area) of every route that is not simulated."""
    found = []
    for area, rows in AREAS.items():
        for row in rows.split("\n"):
            methods, _, path = row.strip().partition(" ")
            found += [(method, path, area) for method in methods.split(",") if method]
    return found


def _refusing(method: str, path: str, area: str) -> Any:
    @reads
    def refuse(tx: UniverseTx, **ids: str) -> Any:
        """Refuse what is not simulated."""
        raise Refused(NOT_SUPPORTED, f"{method} {path} is not simulated: this sandbox leaves out {area}", 404)

    return refuse


for _method, _path, _area in routes():
    blueprint.add_url_rule(
        _path, f"{_method} {_path}".replace(".", "-"), _refusing(_method, _path, _area), methods=[_method]
    )
