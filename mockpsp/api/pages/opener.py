"""Who opened or frames a page that a customer meets, and what that page is told of how it went.

A library in the shop's page opens these pages in a frame, a window or a tab, and waits for a message: JSON text that
names `processout.checkout`, an action and, where there is one, the gateway request to go on with. Trusted are pages of
this machine, of the hosts that the settings name, of the address that this server is called by, and of the shop that
the payment leads back to: nobody else may frame a page, and nobody else hears anything. Who opened it is carried along
as `opener` in the query of what follows, and believed no more there than anywhere else.
"""

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode, urlsplit

from flask import request

from mockpsp.api.wire import cross_site
from mockpsp.api.wire.http import state
from mockpsp.domain.text.json_text import dump_text

#: In the query: the origin of the page that opened this one; empty where a frame's is not known.
OPENER = "opener"
_NAMESPACE = "processout.checkout"
#: Browsers call this machine so; any port of it may be a shop's page.
_OWN_HOSTS = ("localhost", "*.localhost", "127.0.0.1")
_SCHEMES = ("http", "https")
_FRAMES = ("frame", "iframe")
_ELSEWHERE = ("cross-site", "same-site")


def success(data: str) -> str:
    """The message of a page that was answered; `data`: what the library goes on with."""
    return dump_text({"namespace": _NAMESPACE, "action": "success", "data": data})


def canceled() -> str:
    """The message of a page that was left."""
    return dump_text({"namespace": _NAMESPACE, "action": "canceled"})


def nothing_to_do() -> str:
    """The message of a page that asks nothing of anybody."""
    return dump_text({"namespace": _NAMESPACE, "action": "none"})


def failed(error_code: str, message: str) -> str:
    """The message of a page that could not go on."""
    return dump_text({"namespace": _NAMESPACE, "action": "error", "errorCode": error_code, "errorMessage": message})


def opened_by(shop: str | None) -> str | None:
    """The origin of the trusted page that opened or frames this one; "": there is one, and it hears nothing as an
    opener; None: a person came by themselves, or the shop sent them. `shop`: where the payment leads back to."""
    given = request.args.get(OPENER)
    if given is not None:
        return given if is_trusted(given, shop) else ""
    origin = origin_of(request.headers.get("Referer", ""))
    if origin == _own_origin():
        origin = None
    if origin is not None and is_trusted(origin, shop):
        return origin
    if request.headers.get("Sec-Fetch-Dest") in _FRAMES:
        return ""
    if origin is None and request.headers.get("Sec-Fetch-Site") in _ELSEWHERE:
        return origin_of(shop or "")
    return None


def onward(address: str) -> str:
    """An address of this server that is told who opened this page, where that is known."""
    given = request.args.get(OPENER)
    if given is None:
        return address
    return f"{address}{'&' if '?' in address else '?'}{urlencode({OPENER: given})}"


def is_told() -> bool:
    """Whether a page's script said that there is somebody to tell."""
    return OPENER in request.args


def is_trusted(origin: str, shop: str | None) -> bool:
    """Whether a page of this origin may frame the pages of a payment, and hear of it."""
    if origin_of(origin) != origin:
        return False
    host = urlsplit(origin).hostname or ""
    if host in _OWN_HOSTS or host == "::1" or host.endswith(".localhost"):
        return True
    settings = state().settings
    named = settings.allowed_hosts
    netloc = urlsplit(origin).netloc
    return origin == origin_of(shop or "") or host in named or netloc in named or host == _own_host()


def framing(shop: str | None) -> str:
    """The sources of `frame-ancestors`: who may show a payment's pages in a frame."""
    hosts = [f"{host}:*" for host in _OWN_HOSTS]
    for name in (*state().settings.allowed_hosts, _own_host()):
        if name and not name.startswith("[") and ":" not in name:
            hosts.append(f"{name}:*")
        elif name and not name.startswith("["):
            hosts.append(name)
    sources = [f"{scheme}://{host}" for host in dict.fromkeys(hosts) for scheme in _SCHEMES]
    own_shop = origin_of(shop or "")
    return " ".join(("'self'", *sources, *((own_shop,) if own_shop and "[" not in own_shop else ())))


def origin_of(url: str) -> str | None:
    """The origin of a web address, as browsers write it; None for an app's link, or for what is no address."""
    try:
        parts = urlsplit(url)
        port, host = parts.port, parts.hostname
    except ValueError:
        return None
    if (
        parts.scheme not in _SCHEMES
        or not host
        or "\\" in parts.netloc
        or not all(c.isalnum() or c in "-._:" for c in host)
    ):
        return None
    if not host.isascii():
        return None
    name = f"[{host}]" if ":" in host else host
    is_usual = port in (None, 80 if parts.scheme == "http" else 443)
    return f"{parts.scheme}://{name}" if is_usual else f"{parts.scheme}://{name}:{port}"


def shop_of(body: Mapping[str, Any]) -> str | None:
    """Where an invoice or a token leads back to."""
    address = body.get("return_url") or body.get("cancel_url")
    return None if address is None else str(address)


def _own_host() -> str:
    """The host this server was called by, where no other site's name can be made to lead here."""
    host = request.host
    if not cross_site.is_ours(host, request.scheme):
        return ""
    return (urlsplit(f"//{host}").hostname or "") if "[" not in host else ""


def _own_origin() -> str | None:
    return origin_of(f"{request.scheme}://{request.host}")
