"""Keeps web pages out of the control plane: a page in a developer's browser must not drive `/sandbox`."""

from ipaddress import ip_address
from urllib.parse import urlsplit

from flask import request

from mockpsp.api.wire.http import state
from mockpsp.domain.codes import Refused

_FORBIDDEN = "sandbox.forbidden"
_NAMES = ("localhost",)


def refuse_forged() -> None:
    """Refuse (403) requests to `/sandbox` that a web page could have made, by Host, Origin and body type.

    A foreign page can't set a JSON content type without a preflight, which is never answered; a rebound name shows in
    Host; a page's own requests carry Origin.
    """
    if not request.path.startswith("/sandbox"):
        return
    host = _host(f"//{request.host}")
    if not _is_ours(host):
        raise Refused(_FORBIDDEN, f"/sandbox answers on this machine's own names only, not as {host[:80]!r}", 403)
    origin = request.headers.get("Origin")
    if origin is not None and not (_is_ours(_host(origin)) and urlsplit(origin).netloc == request.host):
        raise Refused(_FORBIDDEN, f"/sandbox takes no requests from web pages; Origin was {origin[:80]!r}", 403)
    if request.headers.get("Sec-Fetch-Site", "none") not in ("none", "same-origin"):
        raise Refused(_FORBIDDEN, "/sandbox takes no requests from other sites' pages", 403)
    if request.content_length and request.method != "GET" and request.mimetype != "application/json":
        raise Refused(_FORBIDDEN, "/sandbox takes JSON bodies only: send Content-Type: application/json", 415)


def _host(address: str) -> str:
    try:
        return urlsplit(address).hostname or ""
    except ValueError:
        return ""


def _is_ours(host: str) -> bool:
    settings = state().settings
    return host in (*_NAMES, settings.host, *settings.allowed_hosts) or _is_loopback(host)


def _is_loopback(host: str) -> bool:
    """Whether it is an address of this machine; a name such as 127.evil.example is none."""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False
