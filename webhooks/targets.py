"""Where a delivery goes: an endpoint's URL taken apart, and which hosts may be called.

Loopback may always be called, other hosts only when the settings name them. Pure: nothing is resolved here.
"""

import base64
import ipaddress
import re
from collections.abc import Collection
from functools import lru_cache
from typing import NamedTuple
from urllib.parse import SplitResult, quote, unquote, urlsplit

from mockpsp.webhooks.errors import MalformedUrl

_PORT_BY_SCHEME = {"http": 80, "https": 443}
_LONGEST_URL = 2048
_BAD_HOST = "the URL's host is no host name, no IPv4 address and no IPv6 address in brackets, such as [::1]"
#: Control characters, the space, and halves of surrogate pairs, which no encoding can carry.
_UNPRINTABLE = re.compile(r"[\x00-\x20\x7f\ud800-\udfff]")
#: What parts a host from the rest of a URL.
_BEYOND_A_HOST = re.compile(r"[/?#@\\]")
_PORT = re.compile(r":[0-9]+$", re.ASCII)
_BRACKETED = re.compile(r"\[[0-9A-Fa-f:.]+\](:[0-9]*)?")
_HOST_NAME = re.compile(r"[a-z0-9_]([a-z0-9_.-]*[a-z0-9_])?")
#: Characters of a path or query that stand for themselves: what is escaped already must not be escaped again.
_SAFE = "!$%&'()*+,/:;=?@[]~"


class Target(NamedTuple):
    """A URL ready to be called. `path` includes the query; `host` is lower case, without brackets."""

    scheme: str
    host: str
    port: int
    path: str
    authorization: str | None

    @property
    def host_header(self) -> str:
        """The Host header: brackets round IPv6, the port unless it is the scheme's own."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == _PORT_BY_SCHEME[self.scheme] else f"{host}:{self.port}"


@lru_cache(256)  # of a few endpoints, again and again; what is malformed is not kept
def parse(url: str) -> Target:
    """The URL taken apart; raises MalformedUrl, and nothing else, for what can't be called.

    User name and password in the URL become Basic authorization. Messages never quote the URL: it may hold them.
    """
    if len(url) > _LONGEST_URL:
        raise MalformedUrl(f"a URL has at most {_LONGEST_URL} characters, not {len(url)}")
    if _UNPRINTABLE.search(url):
        raise MalformedUrl("a URL holds no spaces and no control characters")
    try:
        parts = urlsplit(url)
    except ValueError:
        raise MalformedUrl(_BAD_HOST) from None
    if parts.scheme not in _PORT_BY_SCHEME:
        raise MalformedUrl("a URL starts with http:// or https://")
    if "\\" in parts.netloc:  # to a browser the host ends there
        raise MalformedUrl("a URL holds no backslash before its path; in a password it is written %5C")
    port = _port(parts)
    path = quote(parts.path or "/", safe=_SAFE)
    if parts.query:
        path += "?" + quote(parts.query, safe=_SAFE)
    return Target(
        scheme=parts.scheme,
        host=_host(parts.hostname or ""),
        port=_PORT_BY_SCHEME[parts.scheme] if port is None else port,
        path=path,
        authorization=_authorization(parts),
    )


def is_allowed(target: Target, allowed_hosts: Collection[str]) -> bool:
    """True for loopback addresses, `localhost`, and the hosts named."""
    if target.host == "localhost" or is_named(target, allowed_hosts):
        return True
    address = _address(target.host)
    return address is not None and address.is_loopback


def is_named(target: Target, allowed_hosts: Collection[str]) -> bool:
    """Whether one of these hosts, as `allowed_host` writes them, is the target's: with its port, or with any."""
    host = f"[{target.host}]" if ":" in target.host else target.host
    return host in allowed_hosts or f"{host}:{target.port}" in allowed_hosts


def allowed_host(text: str) -> str:
    """A host that may be called, as it is compared: `shop`, `shop:9000`, `10.0.0.5`, `[fe80::1]:9000`.

    Takes it with or without port and final dot, an IPv6 address without a port also without brackets, in any letters;
    raises MalformedUrl for anything else.
    """
    address = _address(text)
    if address is not None:
        return f"[{address}]" if address.version == 6 else str(address)
    target = at(text)
    host = f"[{target.host}]" if ":" in target.host else target.host
    return f"{host}:{target.port}" if _PORT.search(text) else host


def at(netloc: str, scheme: str = "http") -> Target:
    """The root of a host, with or without a port, as a Host header has them; raises MalformedUrl for anything else."""
    if _BEYOND_A_HOST.search(netloc) or netloc.endswith(":"):
        raise MalformedUrl("it holds more than a host and a port")
    return parse(f"{scheme}://{netloc}/")


def _port(parts: SplitResult) -> int | None:
    # Python's versions differ in what they take between brackets and beside them; `http://a]b/` is no host to any.
    place = parts.netloc.rpartition("@")[2]
    if ("[" in place or "]" in place) and not _BRACKETED.fullmatch(place):
        raise MalformedUrl(_BAD_HOST)
    try:
        port = parts.port
    except ValueError:
        port = 0
    if port == 0:
        raise MalformedUrl("the URL's port is not a number from 1 to 65535")
    return port


def _host(text: str) -> str:
    address = _address(text)
    if address is not None:
        return str(address)
    try:
        # A final dot only says that the name is complete.
        name = text.removesuffix(".").encode("idna").decode("ascii").lower()
    except UnicodeError:  # an empty label, or one of more than 63 characters
        raise MalformedUrl(_BAD_HOST) from None
    if not _HOST_NAME.fullmatch(name):
        raise MalformedUrl(_BAD_HOST)
    return name


@lru_cache(256)
def _address(text: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    """The IP address written here, or None. One with a zone (`fe80::1%eth0`) is left out: no Host header carries it."""
    try:
        return None if "%" in text else ipaddress.ip_address(text)
    except ValueError:
        return None


def _authorization(parts: SplitResult) -> str | None:
    if parts.username is None and parts.password is None:
        return None
    pair = f"{unquote(parts.username or '')}:{unquote(parts.password or '')}"
    return "Basic " + base64.b64encode(pair.encode("utf-8", "replace")).decode("ascii")
