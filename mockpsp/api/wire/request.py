"""The request as every layer of the wire asks after it: what takes working out is worked out once.

`current()` is Flask's `request` without the proxy, which costs as much as what it leads to.
"""

from collections.abc import Callable
from functools import lru_cache
from typing import Any, Generic, TypeVar, cast

import flask
from flask import request as _proxy
from werkzeug.datastructures import Authorization, ImmutableMultiDict, MultiDict
from werkzeug.exceptions import ClientDisconnected

#: Where everything is that the sandbox adds to the API.
CONTROL = "/sandbox"
#: Routes that ask for no credentials and tell nothing of any universe.
FREE = frozenset(
    {
        "/",
        "/healthz",
        "/openapi.json",
        "/docs",
        "/docs/<name>",
        "/sandbox/certificate.pem",
        "/static/<name>",
        "/ccfield.html",
        "/messagehub.html",
        "/images/<path:name>",
        "/js/libraries/<name>",
    }
)
#: Longer credentials than these are nobody's, and not worth remembering.
_REMEMBERED_MAX = 500


_NO_PARAMETERS: MultiDict[str, str] = ImmutableMultiDict()


Found = TypeVar("Found")


class _Once(Generic[Found]):
    """A property that is worked out once. That of the standard library takes a lock, and a request has one thread."""

    def __init__(self, find: Callable[[Any], Found]) -> None:
        self._find = find
        self.__doc__ = find.__doc__

    def __set_name__(self, owner: type, name: str) -> None:
        self._name = name

    def __get__(self, request: Any, owner: type) -> Found:
        found = request.__dict__[self._name] = self._find(request)
        return found


class Request(flask.Request):
    """A request that remembers what was found out about it."""

    #: Whose universe it is about, as (number, generation), its moment there and the number that came next; None until
    #: its caller is known.
    caller: tuple[tuple[int, int], int, int] | None = None
    #: The universe's limit that was closest, and where it stands (rate_limits.py); None where there is none.
    rate_limit: Any = None
    #: The tree of what is to be expanded (expand_parameter.py); None until somebody asks.
    expansion: dict[str, Any] | None = None
    #: Whether its universe's faults have counted it, and the one that it meets, if any (faults.py).
    has_met_faults: bool = False
    fault: Any = None
    #: Webhooks that are to be there before its answer (engine/early.py); None for nearly all.
    early: Any = None
    #: Whether it came without the secret key, and may (public.py); None until somebody asks.
    is_public: bool | None = None

    @_Once
    def args(self) -> MultiDict[str, str]:
        """The parameters in the address; most requests have none."""
        return super().args if self.query_string else _NO_PARAMETERS

    @_Once
    def is_control(self) -> bool:
        """Whether it moves or shows the world instead of speaking the API."""
        return self.path.startswith(CONTROL)

    @_Once
    def body(self) -> bytes:
        """The body, all of it; one that is cut short is a bad request."""
        length = self.environ.get("CONTENT_LENGTH")
        if not length:
            return b""
        left = int(length) if length.isascii() and length.isdigit() else 0
        blocks = []
        while left:
            block = self.environ["wsgi.input"].read(left)
            if not block:
                raise ClientDisconnected
            blocks.append(block)
            left -= len(block)
        return b"".join(blocks)

    @_Once
    def login(self) -> tuple[str, str] | None:
        """User and password of HTTP Basic authentication; None without it."""
        text = self.environ.get("HTTP_AUTHORIZATION")
        if text is None:
            return None
        return _login(text) if len(text) <= _REMEMBERED_MAX else _login.__wrapped__(text)


#: The request that is being answered. A name for what the proxy does: every layer asks, and each call costs.
current = cast(Callable[[], Request], _proxy._get_current_object)  # type: ignore[attr-defined]


@lru_cache(1024)
def _login(text: str) -> tuple[str, str] | None:
    found = Authorization.from_header(text)
    if found is None or found.type != "basic":
        return None
    return found.username or "", found.password or ""
