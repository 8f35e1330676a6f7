"""Links that open an app instead of a page: a scheme of the app's own, as it registers with the phone."""

import re

_LINK = re.compile(r"([a-z][a-z0-9+.-]*)://[!-~]+", re.IGNORECASE)
#: Schemes that mean something to a browser, which must not be led there by an address that somebody gave us.
_BROWSERS_OWN = frozenset(
    "about blob cid chrome data file filesystem ftp ftps http https jar javascript mailto mid moz-extension resource "
    "sms tel urn vbscript view-source ws wss".split()
)


def is_app_link(text: str) -> bool:
    """Whether a text is such a link: printable ASCII, with something behind `://`."""
    found = _LINK.fullmatch(text)
    return found is not None and found[1].lower() not in _BROWSERS_OWN
