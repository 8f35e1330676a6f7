"""Pictures and scripts that the browser's library asks its `js.` host for, drawn and written for this sandbox.

The real service's own files are not here: what stands in for them is plain, and does what the library needs of it.
Nothing here needs credentials or knows any universe. To add a picture: a row in `_ICONS`; a script: one in `_SCRIPTS`.
"""

import re
from collections.abc import Mapping

from flask import Blueprint, Response, request

from mockpsp.api.pages.screens import file_of
from mockpsp.api.shapes.invoices import qr_picture
from mockpsp.domain.text.codes import Refused

blueprint = Blueprint("library_files", __name__)

#: Name that the library gives a script -> ours, under templates/static.
_SCRIPTS: Mapping[str, str] = {
    "tingle.min.js": "dialog.js",
    "showdown.min.js": "markdown.js",
    "qrcode.min.js": "qr.js",
    "libphonenumber-js.min.js": "phone.js",
}
#: Path under /images -> (colour of its lines, what is drawn on 24 by 24).
_ICONS: Mapping[str, tuple[str, str]] = {
    "dynamic-checkout-assets/check-icon.svg": ("#15803d", '<path d="M5 13l4 4L19 7"/>'),
    "dynamic-checkout-assets/x-icon.svg": ("#b91c1c", '<path d="M6 6l12 12M18 6L6 18"/>'),
    "dynamic-checkout-assets/clock-icon.svg": ("#a16207", '<circle cx="12" cy="12" r="9"/><path d="M12 7v5l3 2"/>'),
    "dynamic-checkout-assets/cvc-icon.svg": (
        "#585a5f",
        '<rect x="2" y="5" width="20" height="14" rx="2"/><path d="M2 9h20M13 15h1M16 15h1M19 15h.5"/>',
    ),
    "dynamic-checkout-assets/cog-icon.svg": (
        "#242c38",
        '<circle cx="12" cy="12" r="4"/>'
        '<path d="M12 3v3M12 18v3M3 12h3M18 12h3M6 6l2 2M16 16l2 2M18 6l-2 2M8 16l-2 2"/>',
    ),
    "dynamic-checkout-assets/trash-icon.svg": (
        "#242c38",
        '<path d="M4 7h16M9 7V4h6v3M6 7l1 13h10l1-13M10 11v5M14 11v5"/>',
    ),
    "dynamic-checkout-assets/credit-card.svg": (
        "#242c38",
        '<rect x="2" y="5" width="20" height="14" rx="2"/><path d="M2 10h20M6 15h4"/>',
    ),
    "dynamic-checkout-assets/apm-redirect-arrow.svg": ("#242c38", '<path d="M5 12h14M13 6l6 6-6 6"/>'),
    "native-apm-assets/payment_success_image.svg": ("#15803d", '<path d="M5 13l4 4L19 7"/>'),
    "loader.gif": (
        "#585a5f",
        '<path d="M12 3a9 9 0 1 1-9 9"><animateTransform attributeName="transform" type="rotate" from="0 12 12" '
        'to="360 12 12" dur="1s" repeatCount="indefinite"/></path>',
    ),
}
#: Schemes and countries, which are drawn as their name; the file's ending says nothing of what is in it.
_NAMED = re.compile(r"(?:schemes/rectangle|countries)/([a-z0-9 -]{1,24})\.(?:svg|png)")
_ICON = (
    '<svg xmlns="http://www.w3.org/2000/svg" width="24" height="24" viewBox="0 0 24 24" fill="none" stroke="{}" '
    'stroke-width="2" stroke-linecap="round" stroke-linejoin="round">{}</svg>'
)
_LABEL = (
    '<svg xmlns="http://www.w3.org/2000/svg" width="48" height="32" viewBox="0 0 48 32"><rect x=".5" y=".5" width="47" '
    'height="31" rx="4" fill="#fff" stroke="#9ca3af"/><text x="24" y="20" textLength="{}" '
    'lengthAdjust="spacingAndGlyphs" text-anchor="middle" font-family="sans-serif" font-size="10" '
    'fill="#242c38">{}</text></svg>'
)
#: A code of more than this is for no customer's eye.
_QR_MAX = 512
_HEADERS = {
    "Cache-Control": "public, max-age=3600",
    "Content-Security-Policy": "default-src 'none'; sandbox",
    "X-Content-Type-Options": "nosniff",
}


@blueprint.get("/images/<path:name>")
def picture(name: str) -> Response:
    """A picture of the browser library's checkout, drawn for this sandbox; needs no credentials."""
    if name == "qr.png":
        return _qr_code(request.args.get("text", ""))
    named = _NAMED.fullmatch(name)
    if name in _ICONS:
        drawn = _ICON.format(*_ICONS[name])
    elif named is not None:
        label = named[1].upper()
        drawn = _LABEL.format(min(40, 8 * len(label)), label)
    else:
        raise Refused("request.route-not-found", f"there is no picture {name[:80]!r}", 404)
    return Response(drawn, content_type="image/svg+xml", headers=_HEADERS)


@blueprint.get("/js/libraries/<name>")
def script(name: str) -> Response:
    """A script that the browser library loads, written for this sandbox; needs no credentials."""
    if name not in _SCRIPTS:
        raise Refused("request.route-not-found", f"there is no script {name[:80]!r}", 404)
    return file_of(_SCRIPTS[name], "public, max-age=3600")


def _qr_code(text: str) -> Response:
    """The text as a QR code, which pages of any origin may draw with."""
    if not 0 < len(text) <= _QR_MAX:
        raise Refused("request.route-not-found", f"text: say what to draw, in at most {_QR_MAX} characters", 404)
    headers = {**_HEADERS, "Access-Control-Allow-Origin": "*"}
    return Response(qr_picture(text), content_type="image/png", headers=headers)
