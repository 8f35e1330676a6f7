"""The API's description: `/openapi.json` for machines, `/docs` for people; both made when first asked for."""

from flask import Blueprint, Response, current_app

from mockpsp.api.wire.http import dumps

blueprint = Blueprint("reference", __name__)

_KEPT = "mockpsp.reference"


@blueprint.get("/openapi.json")
def openapi_document() -> Response:
    """This API as an OpenAPI 3.1 document; needs no credentials."""
    return Response(_made()["json"], content_type="application/json")


@blueprint.get("/docs")
def reference_page() -> Response:
    """This API as a page to read; needs no credentials."""
    response = Response(_made()["page"], content_type="text/html; charset=utf-8")
    response.headers["Content-Security-Policy"] = _made()["policy"]
    response.headers["X-Content-Type-Options"] = "nosniff"
    return response


def _made() -> dict[str, str]:
    """The texts; made once, since the routes do not change while the application runs."""
    kept: dict[str, str] | None = current_app.extensions.get(_KEPT)
    if kept is None:
        # Imported now: apispec costs more than many a start of this program.
        from mockpsp.api.described import openapi, reference_page

        document = openapi.build(current_app)
        page = reference_page.render(document)
        kept = {"json": dumps(document), "page": page, "policy": reference_page.POLICY}
        current_app.extensions[_KEPT] = kept
    return kept
