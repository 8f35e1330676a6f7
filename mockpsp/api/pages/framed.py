"""The two pages that the browser's library frames: a field of a hosted card form, and what its windows hear by.

The library builds both addresses on a host of its own (`js.`), so that they stand at the top. Neither needs
credentials or knows any universe: a field sends what was typed to `POST /cards` as any page may, and the shop's page
gets the card's id alone. Only pages that may frame the pages of a payment may frame these (opener.py).
"""

from flask import Blueprint, Response

from mockpsp.api.pages import opener, screens

blueprint = Blueprint("framed", __name__)

_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src data:; base-uri 'none'; "
    "form-action 'none'; frame-ancestors "
)


@blueprint.get("/ccfield.html")
def card_field() -> Response:
    """A field of a hosted card form, which tells the page around it whether it will do; needs no credentials."""
    return _page("A card field", "field.js", has_input=True)


@blueprint.get("/messagehub.html")
def message_hub() -> Response:
    """What the windows of one page tell each other by, where they cannot do so themselves; needs no credentials."""
    return _page("A message hub", "hub.js", has_input=False)


def _page(title: str, script: str, *, has_input: bool) -> Response:
    headers = {**screens.PAY_HEADERS, "Content-Security-Policy": _POLICY + opener.framing(None)}
    return screens.screen("pay/framed.html", headers=headers, title=title, script=script, has_input=has_input)
