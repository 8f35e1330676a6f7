"""Cursor paging: `start_after` or `end_before` (an id, itself left out), `limit`, `order`.

Empty strings and zero mean absent, as SDKs send them on every call.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from flask import request

from mockpsp.api import bodies
from mockpsp.domain.codes import Refused
from mockpsp.store import listing
from mockpsp.store.listing import Listing
from mockpsp.universes import UniverseTx

_INVALID = "request.pagination.invalid"
_DEFAULT_LIMIT = 10
_MAX_LIMIT = 100


@dataclass(frozen=True, slots=True)
class Cursor:
    """Where a page starts or ends, how long it is and in which order it runs."""

    limit: int = _DEFAULT_LIMIT
    order: str = "desc"
    start_after: str | None = None
    end_before: str | None = None


def page(
    tx: UniverseTx, key: str, prefix: str, listed: Listing, scope: Sequence[Any], render: Callable[[int], Any]
) -> dict[str, Any]:
    """The list envelope: one page of `listed` within `scope`, each item rendered from its sequence number."""
    cursor = read_cursor()
    after = _position(tx, prefix, cursor.start_after, "start_after")
    before = _position(tx, prefix, cursor.end_before, "end_before")
    seqs, has_more = listing.page(
        tx.conn,
        listed,
        (tx.project.no, *scope),
        is_ascending=cursor.order == "asc",
        limit=cursor.limit,
        start_after=after,
        end_before=before,
    )
    return {
        key: [render(seq) for seq in seqs],
        "count": len(seqs),
        "has_more": has_more,
        "limit": cursor.limit,
        "order": cursor.order,
        "total_count": listing.total(tx.conn, listed, (tx.project.no, *scope)),
    }


def read_cursor() -> Cursor:
    """The cursor of this request, from the query or from a GET's JSON body."""
    found: dict[str, Any] = {}
    if request.content_length:
        try:
            found = bodies.read(request)
        except Refused:
            found = {}
    given = {name: request.args.get(name) or found.get(name) or None for name in Cursor.__dataclass_fields__}
    if given["start_after"] and given["end_before"]:
        raise Refused(_INVALID, "start_after and end_before exclude each other")
    order = given["order"] or "desc"
    if order not in ("asc", "desc"):
        raise Refused(_INVALID, f"order is {str(order)[:40]!r}; it must be asc or desc")
    return Cursor(_limit(given["limit"]), order, given["start_after"], given["end_before"])


def _limit(text: Any) -> int:
    if text is None:
        return _DEFAULT_LIMIT
    if not str(text).isascii() or not str(text).isdigit() or len(str(text)) > 9:
        raise Refused(_INVALID, f"limit is {str(text)[:40]!r}; it must be a whole number from 1 to {_MAX_LIMIT}")
    limit = int(text)
    if limit > _MAX_LIMIT:
        raise Refused(_INVALID, f"limit is {limit}; at most {_MAX_LIMIT} go")
    return limit or _DEFAULT_LIMIT


def _position(tx: UniverseTx, prefix: str, text: Any, name: str) -> int | None:
    if text is None:
        return None
    seq = tx.seq(prefix, str(text))
    if seq is None:
        raise Refused(_INVALID, f"{name} is {str(text)[:80]!r}, which is no id of this list")
    return seq
