"""The `expand` parameter in every wire form, as a tree of names: {"customer": {"tokens": {}}}.

Forms seen: `expand[]=a`, `expand[0]=a`, `expand=a&expand=b`, `expand=a%2Cb`, and a list in a JSON or form body.
"""

import re
from collections.abc import Iterable, Mapping
from typing import Any

from mockpsp.api.wire import public
from mockpsp.api.wire.request import Request, current
from mockpsp.domain.text.codes import Refused

Tree = dict[str, "Tree"]

_NAME = re.compile(r"[a-z_]+(\.[a-z_]+)*")
_INDEXED = re.compile(r"expand\[\d*\]")
_MAX_NAMES = 50
_MAX_DEPTH = 6


def request_expansion(body: Mapping[str, Any] | None = None) -> Tree:
    """The expansion this request asks for; worked out once a request."""
    request = current()
    if request.expansion is None:
        if body is None and not request.query_string and not request.body:
            request.expansion = {}
            return request.expansion
        names = [*_from_query(request), *_from_body(body if body is not None else _get_body(request))]
        if names and public.is_public(request):
            _guard_public(names)
        request.expansion = parse(names)
    return request.expansion


def parse(names: Iterable[str]) -> Tree:
    """Names with dots as a tree; Refused (`request.expand.invalid`) for what can't be a name."""
    tree: Tree = {}
    for count, name in enumerate(names):
        if count >= _MAX_NAMES:
            raise Refused("request.expand.invalid", f"at most {_MAX_NAMES} expansions go")
        if not _NAME.fullmatch(name) or name.count(".") >= _MAX_DEPTH:
            raise Refused("request.expand.invalid", f"{name[:80]!r} is not something to expand")
        node = tree
        for part in name.split("."):
            node = node.setdefault(part, {})
    return tree


def _guard_public(names: Iterable[str]) -> None:
    """Browsers and apps may have expanded what tells them nothing of customers."""
    for name in names:
        if name not in public.EXPANSIONS:
            raise Refused(
                "request.expand.invalid",
                f"{name[:80]!r} is expanded for calls with the secret key alone; without it: "
                f"{', '.join(public.EXPANSIONS)}",
            )


def _from_query(request: Request) -> list[str]:
    names: list[str] = []
    if not request.query_string:
        return names
    for key, value in request.args.items(multi=True):
        if key == "expand" or _INDEXED.fullmatch(key):
            names += [name.strip() for name in value.split(",") if name.strip()]
    return names


def _from_body(body: Mapping[str, Any]) -> list[str]:
    found = body.get("expand")
    if found is None:
        return []
    if isinstance(found, str):
        found = [name for name in found.split(",") if name]
    if not isinstance(found, list) or not all(isinstance(name, str) for name in found):
        raise Refused("request.expand.invalid", "expand must be a list of names")
    return found


def _get_body(request: Request) -> Mapping[str, Any]:
    """Some clients send their options as a JSON body with GET; anything else there is ignored."""
    if request.method not in ("GET", "DELETE") or not request.body:
        return {}
    from mockpsp.api.wire import bodies

    try:
        return bodies.read(request)
    except Refused:
        return {}
