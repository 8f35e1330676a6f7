"""The API's description: `/openapi.json` for machines, `/docs` for people; drawn by Swagger UI."""

from flask import Blueprint, Response, current_app

from mockpsp.api.described import docs_pages
from mockpsp.api.pages import screens
from mockpsp.domain.text.json_text import dump_text

blueprint = Blueprint("reference", __name__)

_KEPT = "mockpsp.reference"


@blueprint.get("/openapi.json")
def openapi_document() -> Response:
    """This API as an OpenAPI 3.1 document; needs no credentials."""
    return Response(_made(), content_type="application/json")


@blueprint.get("/docs")
def reference_page() -> Response:
    """This API as a page to read, to search and to try; needs no credentials."""
    return screens.screen(
        "reference.html",
        headers=screens.REFERENCE_HEADERS,
        title="API reference",
        groups=docs_pages.listed(),
        sections=(),
        name="",
    )


def _made() -> str:
    """The document; made once, since the routes do not change while the application runs."""
    kept: str | None = current_app.extensions.get(_KEPT)
    if kept is None:
        # Imported now: apispec costs more than many a start of this program.
        from mockpsp.api.described import openapi

        kept = current_app.extensions[_KEPT] = dump_text(openapi.build(current_app))
    return kept
