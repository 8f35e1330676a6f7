"""What of this machine a test has to do with: whether an address is here, and whether this thread's event loop listens.

Only looks; it opens no connection.
"""

import asyncio
import os
import socket
from contextlib import closing, suppress
from typing import Any
from urllib.parse import urlsplit

_LOOPBACK = ("localhost", "127.0.0.1", "::1")


def is_here(url: str) -> bool:
    """Whether the address is one of this machine's."""
    host = urlsplit(url).hostname or ""
    if host in _LOOPBACK:
        return True
    try:
        found = socket.getaddrinfo(host, 0, type=socket.SOCK_STREAM)
    except OSError:
        return False
    return any(_can_be_bound(family, address) for family, _, _, _, address in found)


def proxies_of(url: str) -> dict[str, str] | None:
    """No proxy stands between a machine and itself, whatever the environment says: it would be told the secret key."""
    host = urlsplit(url).hostname or ""
    return {"http": "", "https": ""} if host in _LOOPBACK or host.startswith("127.") else None


def waits_for_this_thread(url: str) -> bool:
    """Whether the event loop that runs in this very thread would have to answer at that address.

    A loop that doesn't say where it listens (uvloop's, Windows' proactor) is taken to listen anywhere on this machine.
    """
    try:
        loop = asyncio.get_running_loop()
    except RuntimeError:
        return False
    selector = getattr(loop, "_selector", None)
    if not hasattr(selector, "get_map"):
        return is_here(url)
    parts = urlsplit(url)
    port = parts.port or {"http": 80, "https": 443}[parts.scheme]
    return port in _listened_on(selector) and is_here(url)


def _listened_on(selector: Any) -> set[int]:
    """The ports of listening sockets among what a selector watches."""
    found = set()
    for descriptor in list(selector.get_map()):
        with suppress(OSError), closing(socket.socket(fileno=os.dup(descriptor))) as one:
            if one.getsockopt(socket.SOL_SOCKET, socket.SO_ACCEPTCONN):
                found.add(one.getsockname()[1])
    return found


def _can_be_bound(family: int, address: Any) -> bool:
    try:
        with closing(socket.socket(family, socket.SOCK_STREAM)) as one:
            one.bind(address)
    except OSError:
        return False
    return True
