"""The API's description: `/openapi.json` for machines, `/docs` for people; drawn by Swagger UI."""

from flask import Blueprint, Response, current_app, request

from mockpsp.api.described import docs_pages
from mockpsp.api.pages import screens
from mockpsp.api.wire.guard import takes_query
from mockpsp.domain.text.codes import Refused
from mockpsp.domain.text.json_text import dump_text

blueprint = Blueprint("reference", __name__)

_KEPT = "mockpsp.reference"


@blueprint.get("/openapi.json")
@takes_query(
    expand={"schema": {"enum": ["none"]}, "description": "`none`: objects that know each other are plain objects"}
)
def openapi_document() -> Response:
    """This API as an OpenAPI 3.1 document; needs no credentials.

    With `expand=none` no object holds others that hold it in turn: those are plain objects, for tools that follow
    references without end.
    """
    wish = request.args.get("expand", "")
    if wish not in ("", "none"):
        message = f"expand: must be none, or left out for the whole document; {wish[:40]!r} is neither"
        raise Refused("request.validation.error", message, field="expand")
    return Response(_made(expanded=not wish), content_type="application/json")


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


def _made(*, expanded: bool) -> str:
    """The document; made once, since the routes do not change while the application runs."""
    kept: dict[bool, str] = current_app.extensions.setdefault(_KEPT, {})
    if expanded not in kept:
        # Imported now: apispec costs more than many a start of this program.
        from mockpsp.api.described import openapi

        kept[expanded] = dump_text(openapi.build(current_app, expanded=expanded))
    return kept[expanded]
