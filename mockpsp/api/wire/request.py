"""The request as every layer of the wire asks after it: what takes working out is worked out once.

`current()` is Flask's `request` without the proxy, which costs as much as what it leads to.
"""

from functools import cached_property, lru_cache
from typing import Any, cast

import flask
from flask import request as _proxy
from werkzeug.datastructures import Authorization
from werkzeug.exceptions import ClientDisconnected

#: Where everything is that the sandbox adds to the API.
CONTROL = "/sandbox"
#: Longer credentials than these are nobody's, and not worth remembering.
_REMEMBERED_MAX = 500


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

    @cached_property
    def is_control(self) -> bool:
        """Whether it moves or shows the world instead of speaking the API."""
        return self.path.startswith(CONTROL)

    @cached_property
    def body(self) -> bytes:
        """The body, all of it; one that is cut short is a bad request."""
        length = self.environ.get("CONTENT_LENGTH", "")
        left = int(length) if length.isascii() and length.isdigit() else 0
        blocks = []
        while left:
            block = self.environ["wsgi.input"].read(left)
            if not block:
                raise ClientDisconnected
            blocks.append(block)
            left -= len(block)
        return b"".join(blocks)

    @cached_property
    def login(self) -> tuple[str, str] | None:
        """User and password of HTTP Basic authentication; None without it."""
        text = self.environ.get("HTTP_AUTHORIZATION")
        if text is None:
            return None
        return _login(text) if len(text) <= _REMEMBERED_MAX else _login.__wrapped__(text)


def current() -> Request:
    """The request that is being answered."""
    return cast(Request, _proxy._get_current_object())  # type: ignore[attr-defined]


@lru_cache(1024)
def _login(text: str) -> tuple[str, str] | None:
    found = Authorization.from_header(text)
    if found is None or found.type != "basic":
        return None
    return found.username or "", found.password or ""
