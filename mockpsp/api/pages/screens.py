"""How pages are made: templates filled in, with headers that let them load this server's own style and scripts alone.

Templates and the style sheet are in mockpsp/templates; they escape what they are given.
"""

import hashlib
import json
import re
from collections.abc import Mapping
from functools import lru_cache
from importlib.resources import files
from typing import Any
from zlib import crc32

from flask import Blueprint, Response, render_template, request

from mockpsp import __version__
from mockpsp.api.pages import opener
from mockpsp.domain.text.codes import Refused

blueprint = Blueprint("screens", __name__)

#: Files under /static -> what they are. Names hold the version of what is others': htmx and its SSE extension
#: (0BSD), Swagger UI (Apache 2.0, its licence beside it).
STATIC: Mapping[str, str] = {
    "mockpsp.css": "text/css; charset=utf-8",
    "icon.svg": "image/svg+xml",
    "logo.png": "image/png",
    "customer.js": "text/javascript; charset=utf-8",
    "dialog.js": "text/javascript; charset=utf-8",
    "field.js": "text/javascript; charset=utf-8",
    "framed.css": "text/css; charset=utf-8",
    "hub.js": "text/javascript; charset=utf-8",
    "markdown.js": "text/javascript; charset=utf-8",
    "phone.js": "text/javascript; charset=utf-8",
    "qr.js": "text/javascript; charset=utf-8",
    "htmx-2.0.11.min.js": "text/javascript; charset=utf-8",
    "htmx-ext-sse-2.2.4.min.js": "text/javascript; charset=utf-8",
    "reference.css": "text/css; charset=utf-8",
    "reference.js": "text/javascript; charset=utf-8",
    "swagger-ui-5.35.0.css": "text/css; charset=utf-8",
    "swagger-ui-5.35.0.js": "text/javascript; charset=utf-8",
}
#: Headers of pages that a customer's browser meets: no script but for who opened them, and a frame only in a page that
#: may (opener.py). No `form-action`: browsers hold it against the merchant's address as well, where the answer leads.
#: Not `no-referrer`, with which forms name no origin.
PAY_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cache-Control": "no-store",
}
_PAY_POLICY = "default-src 'none'; style-src 'self'; img-src 'self' data:; base-uri 'none'; frame-ancestors "
_PAY_SCRIPT = "; script-src 'self'"
#: Headers of pages to read.
DOCS_HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'self'; img-src 'self'; base-uri 'none'; form-action 'none'; "
        "frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
}
#: And of the one that can make calls of this server.
REFERENCE_HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; img-src 'self' data:; "
        "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}
#: The answer that a form shows beside itself (htmx-config in ui/base.html).
_UNFIT = 422
_PASSWORD = re.compile(r"^([a-z]+://)[^/?#]*@", re.IGNORECASE)
#: A page that asks for itself again tells by this header what it shows; in a template, where that is put.
_SEEN_HEADER, _SEEN = "X-Seen", "what-this-page-shows"
_HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; img-src 'self' data:; "
        "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    ),
    "X-Frame-Options": "DENY",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cache-Control": "no-store",
}


@blueprint.get("/static/<name>")
def static_file(name: str) -> Response:
    """A style sheet or script of the pages; needs no credentials."""
    if name not in STATIC:
        raise Refused("request.route-not-found", f"there is no file {name[:80]!r}", 404)
    return file_of(name, "public, max-age=31536000, immutable")


def file_of(name: str, kept: str) -> Response:
    """One of `STATIC`, and for how long browsers may keep it."""
    text, _ = _static(name)
    return Response(
        text, content_type=STATIC[name], headers={"Cache-Control": kept, "X-Content-Type-Options": "nosniff"}
    )


def screen(template: str, status: int = 200, *, headers: Mapping[str, str] = _HEADERS, **shown: Any) -> Response:
    """A page made from a template under templates/, for one reader alone."""
    text = render_template(template, **_FOR_ALL, **shown)
    seen = f"{crc32(text.encode()):08x}"
    if request.headers.get(_SEEN_HEADER) == seen:
        # What was asked for again is as it was shown: nothing of it is put in its place, and the focus stays.
        return Response(status=204, headers=dict(headers))
    return Response(text.replace(_SEEN, seen), status, content_type="text/html; charset=utf-8", headers=dict(headers))


def pay_screen(
    template: str,
    title: str,
    status: int = 200,
    *,
    shop: str | None = None,
    tells: str | None = None,
    has_script: bool = False,
    **shown: Any,
) -> Response:
    """A page that a customer meets; nobody keeps it.

    `shop`: where the payment leads back to, whose pages may frame this one. `tells`: the message to who opened it.
    `has_script`: also where nobody opened it, as a page has to that goes on by itself.
    """
    by = opener.opened_by(shop)
    has_script |= by is not None
    policy = f"{_PAY_POLICY}{opener.framing(shop)}{_PAY_SCRIPT if has_script else ''}"
    headers = {**PAY_HEADERS, "Content-Security-Policy": policy}
    told = {"opener": by, "tells": tells, "has_script": has_script}
    return screen(template, status, headers=headers, title=title, **told, **shown)


def refused(error: Refused) -> Response:
    """The page that says what was refused, and changed nothing; the part of one, for a form that stays as it is."""
    if request.method == "POST" and request.headers.get("HX-Request"):
        return screen("ui/refused_part.html", _UNFIT, error=error)
    return screen("ui/refused.html", error.status, error=error)


def _pretty(value: Any) -> str:
    """What is shown of JSON: a line for each name."""
    return json.dumps(value, indent=2, ensure_ascii=False)


def _public(url: str) -> str:
    """An address without the password that it may hold."""
    return _PASSWORD.sub(r"\1", url)


def static_address(name: str) -> str:
    """Where a static file is; another one of that name has another address, so that browsers keep none too long."""
    return f"/static/{name}?v={_static(name)[1]}"


#: What every template gets.
_FOR_ALL: Mapping[str, Any] = {
    "version": __version__,
    "static": static_address,
    "pretty": _pretty,
    "public": _public,
    "seen": _SEEN,
    "seen_header": _SEEN_HEADER,
}


@lru_cache(maxsize=len(STATIC))
def _static(name: str) -> tuple[bytes, str]:
    text = (files("mockpsp") / "templates" / "static" / name).read_bytes()
    return text, hashlib.sha256(text).hexdigest()[:12]
