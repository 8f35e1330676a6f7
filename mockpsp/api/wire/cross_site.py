"""Keeps other sites' pages out: a page in a developer's browser must not act with a secret key that it can guess.

Any page may send a request to this machine, and after DNS rebinding even read the answer: the name it was loaded from
then leads here. So routes that need the secret key are answered under names of this machine alone, and never to a
foreign origin. What needs no secret stays open: public.py, and `FREE`. A person who follows a link to the page of a
universe is let in as somebody who has not signed in: the site that led there can't read it, and no cookie goes along.
"""

from functools import lru_cache
from ipaddress import ip_address
from urllib.parse import urlsplit

from mockpsp.api.wire import public
from mockpsp.api.wire.http import state
from mockpsp.api.wire.request import FREE, Request, current
from mockpsp.domain.text.codes import Refused
from mockpsp.webhooks import targets
from mockpsp.webhooks.errors import MalformedUrl

_FORBIDDEN = "sandbox.forbidden"
_OWN_SITE = ("none", "same-origin")
#: Where the page of a universe is.
PAGE = "/sandbox/ui"


def refuse_forged() -> None:
    """Refuse (403) a request of another site's page to a route that needs the secret key, before anything is read."""
    request = current()
    if not _needs_secret(request):
        return
    settings = state().settings
    host = request.environ.get("HTTP_HOST", "")
    if not _is_ours(host, request.scheme, settings.host, settings.allowed_hosts):
        raise Refused(_FORBIDDEN, _way_in(host, request.scheme), 403)
    origin = request.environ.get("HTTP_ORIGIN")
    if origin is not None:
        if not _is_own_origin(origin, host, settings.allowed_hosts):
            raise Refused(
                _FORBIDDEN,
                "routes that need the secret key take no requests from other sites' pages; Origin was "
                f"{origin[:80]!r}; let your own server make the call, or name the page's host in "
                "MOCKPSP_ALLOWED_HOSTS where a proxy of yours passes its calls on",
                403,
            )
    elif not _is_own_site(request) and not _is_followed_link(request):
        site = request.environ["HTTP_SEC_FETCH_SITE"]
        raise Refused(
            _FORBIDDEN,
            "routes that need the secret key take no requests from other sites' pages (Sec-Fetch-Site was "
            f"{site[:40]!r})",
            403,
        )


def is_own_site() -> bool:
    """Whether a page of this server, or nobody's page at all, made the browser ask; True where nothing is said."""
    return _is_own_site(current())


def _is_own_site(request: Request) -> bool:
    return request.environ.get("HTTP_SEC_FETCH_SITE", "none") in _OWN_SITE


def _is_followed_link(request: Request) -> bool:
    """Whether a person goes to the page of a universe by a link: the whole window, to look at something."""
    environ = request.environ
    return (
        request.method == "GET"
        and (request.path == PAGE or request.path.startswith(f"{PAGE}/"))
        and environ.get("HTTP_SEC_FETCH_MODE") == "navigate"
        and environ.get("HTTP_SEC_FETCH_DEST") == "document"
    )


def _needs_secret(request: Request) -> bool:
    """Whether the route asks for the secret key, and this request is none that may go without."""
    if request.url_rule is None or request.url_rule.rule in FREE or request.path.startswith(public.PAGES):
        return False
    # A browser that asks first whether a page may call learns that from public.py, and nothing else.
    return request.method != "OPTIONS" and not public.is_public(request)


def _is_own_origin(origin: str, host: str, allowed_hosts: tuple[str, ...]) -> bool:
    """Whether a page of this server's own address asks, or one of a host that the settings name."""
    try:
        parts = urlsplit(origin)
    except ValueError:
        return False
    target = _target(parts.netloc, parts.scheme)
    if target is None:
        return False
    return parts.netloc.lower() == host.lower() or targets.is_named(target, allowed_hosts)


@lru_cache(256)
def _is_ours(host: str, scheme: str, own: str, allowed_hosts: tuple[str, ...]) -> bool:
    """Whether a Host header names this machine in a way that no other site's name can be made to lead to."""
    target = _target(host, scheme)
    if target is None:
        return False
    name = target.host
    if name in ("localhost", own.lower().removesuffix(".")) or name.endswith(".localhost"):
        return True
    return targets.is_named(target, allowed_hosts) or is_address(name)


def is_ours(host: str, scheme: str) -> bool:
    """Whether a Host header names this machine in a way that no other site's name can be made to lead to."""
    settings = state().settings
    return _is_ours(host, scheme, settings.host, settings.allowed_hosts)


def is_address(name: str) -> bool:
    """Whether a host is a literal IP address."""
    try:
        ip_address(name)
    except ValueError:
        return False
    return True


def _target(netloc: str, scheme: str) -> targets.Target | None:
    """The host and port of a header; None where it holds more, less, or a letter that a name could lose on its way."""
    try:
        return targets.at(netloc, scheme) if netloc.isascii() else None
    except MalformedUrl:
        return None


def _way_in(host: str, scheme: str) -> str:
    """What to say to a request under another name: the setting that opens this server to it, whole."""
    if not host:
        return "routes that need the secret key want to be told a host: the Host header is missing or empty"
    target = _target(host, scheme)
    if target is None:
        return f"the Host header {host[:80]!r} is no host name or address, with or without a port"
    return (
        "this server answers as an IP address, as localhost, or under a name that MOCKPSP_ALLOWED_HOSTS names, not as "
        f"{host!r}; start it with MOCKPSP_ALLOWED_HOSTS={target.host} if that is its name (commas part several)"
    )
