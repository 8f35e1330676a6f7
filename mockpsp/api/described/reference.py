"""The API's description: `/openapi.json` for machines, `/docs` for people; both made when first asked for."""

from typing import Any

from flask import Blueprint, Response, current_app

from mockpsp.api.described import docs_pages
from mockpsp.domain.json_text import dump_text

blueprint = Blueprint("reference", __name__)

_KEPT = "mockpsp.reference"


@blueprint.get("/openapi.json")
def openapi_document() -> Response:
    """This API as an OpenAPI 3.1 document; needs no credentials."""
    return Response(_made()["json"], content_type="application/json")


@blueprint.get("/docs")
def reference_page() -> Response:
    """This API as a page to read; needs no credentials."""
    made = _made()
    return docs_pages.framed("API reference", made["page"], made["sections"])


def _made() -> dict[str, Any]:
    """The texts; made once, since the routes do not change while the application runs."""
    kept: dict[str, Any] | None = current_app.extensions.get(_KEPT)
    if kept is None:
        # Imported now: apispec costs more than many a start of this program.
        from mockpsp.api.described import openapi, reference_page

        document = openapi.build(current_app)
        page, sections = reference_page.render(document), reference_page.sections(document)
        kept = {"json": dump_text(document), "page": page, "sections": sections}
        current_app.extensions[_KEPT] = kept
    return kept
