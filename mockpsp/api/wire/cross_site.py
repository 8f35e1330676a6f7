"""Keeps other sites' pages out: a page in a developer's browser must not act with a secret key that it can guess.

Any page may send a request to this machine, and after DNS rebinding even read the answer: the name it was loaded from
then leads here. So routes that need the secret key are answered under names of this machine alone, and never to a
foreign origin. What needs no secret stays open: public.py, and `FREE`.
"""

from ipaddress import ip_address
from urllib.parse import urlsplit

from flask import request

from mockpsp.api.wire import public
from mockpsp.api.wire.http import state
from mockpsp.domain.codes import Refused
from mockpsp.webhooks import targets
from mockpsp.webhooks.errors import MalformedUrl

_FORBIDDEN = "sandbox.forbidden"
#: Routes that ask for no credentials and tell nothing of any universe.
FREE = frozenset({"/", "/healthz", "/openapi.json", "/docs", "/docs/<name>"})
_OWN_SITE = ("none", "same-origin")


def refuse_forged() -> None:
    """Refuse (403) a request of another site's page to a route that needs the secret key, before anything is read."""
    if not _needs_secret():
        return
    host = request.headers.get("Host", "")
    if not _is_ours(host):
        raise Refused(
            _FORBIDDEN,
            f"this server answers as an IP address, as localhost, or under a name that MOCKPSP_ALLOWED_HOSTS names, "
            f"not as {host[:80]!r}; start it with MOCKPSP_ALLOWED_HOSTS={_name(host)[:80]} if that is its name",
            403,
        )
    origin = request.headers.get("Origin")
    if origin is not None:
        if not _is_own_origin(origin, host):
            raise Refused(
                _FORBIDDEN,
                "routes that need the secret key take no requests from other sites' pages; Origin was "
                f"{origin[:80]!r}; let your own server make the call, or name the page's host in MOCKPSP_ALLOWED_HOSTS",
                403,
            )
    elif request.headers.get("Sec-Fetch-Site", "none") not in _OWN_SITE:
        raise Refused(
            _FORBIDDEN,
            "routes that need the secret key take no requests from other sites' pages (Sec-Fetch-Site was "
            f"{request.headers['Sec-Fetch-Site'][:40]!r})",
            403,
        )


def _needs_secret() -> bool:
    """Whether the route asks for the secret key, and this request is none that may go without."""
    if request.url_rule is None or request.url_rule.rule in FREE or request.path.startswith(public.PAGES):
        return False
    # A browser that asks first whether a page may call learns that from public.py, and nothing else.
    return request.method != "OPTIONS" and not public.is_public_call()


def _is_own_origin(origin: str, host: str) -> bool:
    """Whether a page of this server's own address asks, or one of a host that the settings name."""
    try:
        netloc = urlsplit(origin).netloc.lower()
    except ValueError:
        return False
    return netloc == host.lower() or _is_named(netloc)


def _is_ours(host: str) -> bool:
    """Whether a Host header names this machine in a way that no other site's name can be made to lead to."""
    name = _name(host)
    if name in ("localhost", state().settings.host.lower()) or name.endswith(".localhost") or _is_named(host):
        return True
    try:
        ip_address(name)
    except ValueError:
        return False
    return True


def _is_named(netloc: str) -> bool:
    try:
        target = targets.parse(f"{request.scheme}://{netloc}/")
    except MalformedUrl:
        return False
    return targets.is_named(target, state().settings.allowed_hosts)


def _name(host: str) -> str:
    """The host without its port, brackets and final dot, in small letters."""
    try:
        return (urlsplit(f"//{host}").hostname or "").removesuffix(".")
    except ValueError:
        return ""
