"""Cursor paging: `start_after` or `end_before` (an id, itself left out; of both `end_before` wins), `limit`, `order`.

Empty strings and zero mean absent, as SDKs send them on every call. A page whose items hold too much for one answer is
shorter, and says that there is more: paging through it reaches everything.
"""

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple, TypeVar

from mockpsp.api.wire import bodies
from mockpsp.api.wire.request import current
from mockpsp.domain.text.codes import Refused
from mockpsp.engine.universes import UniverseTx
from mockpsp.store import listing
from mockpsp.store.listing import Listing

_INVALID = "request.pagination.invalid"
_DEFAULT_LIMIT = 10
_MAX_LIMIT = 100
Item = TypeVar("Item")


class TooMuch(Refused):
    """What was to be shown holds more objects than one answer may; raised before they are made."""

    def __init__(self, most: int) -> None:
        super().__init__("request.too-much", f"this expands to more than {most:,} objects; expand less, or list less")


class Cursor(NamedTuple):
    """Where a page starts or ends, how long it is and in which order it runs."""

    limit: int = _DEFAULT_LIMIT
    order: str = "desc"
    start_after: str | None = None
    end_before: str | None = None


def page(
    tx: UniverseTx,
    key: str,
    prefix: str,
    listed: Listing,
    scope: Sequence[Any],
    render: Callable[[Sequence[int]], Sequence[Any]],
    chosen_seq: Callable[[str], int | None] = lambda chosen_id: None,
) -> dict[str, Any]:
    """The list envelope: one page of `listed` within `scope`, all its items rendered together from their numbers.

    `chosen_seq` finds the items whose ids the client chose, where it may.
    """

    def position(name: str, text: str | None) -> int | None:
        if text is None:
            return None
        seq = tx.seq(prefix, text)
        seq = chosen_seq(text) if seq is None else seq
        if seq is None:
            raise _no_id(name, text)
        return seq

    cursor = read_cursor()
    read_filter()
    after, before = position("start_after", cursor.start_after), position("end_before", cursor.end_before)
    seqs, has_more = listing.page(
        tx.conn,
        listed,
        (tx.project.no, *scope),
        is_ascending=cursor.order == "asc",
        limit=cursor.limit,
        start_after=after,
        end_before=before,
    )
    total = listing.total(tx.conn, listed, (tx.project.no, *scope))
    rendered = _as_much_as_fits(render, seqs, cursor)
    return _envelope(key, rendered, cursor, has_more=has_more or len(rendered) < len(seqs), total=total)


def page_of(
    key: str,
    items: Sequence[tuple[str, Item]],
    render: Callable[[Sequence[Item]], Sequence[Any]],
    *,
    is_filtered: bool = False,
) -> dict[str, Any]:
    """The list envelope of a short list in memory, (id, item) pairs in ascending order; a page is rendered together.

    `is_filtered`: the list read its own filter before.
    """
    cursor = read_cursor()
    if not is_filtered:
        read_filter()
    ordered = list(items) if cursor.order == "asc" else list(reversed(items))
    place_by_id = {item_id: place for place, (item_id, _) in enumerate(ordered)}
    for name, given in (("start_after", cursor.start_after), ("end_before", cursor.end_before)):
        if given is not None and given not in place_by_id:
            raise _no_id(name, given)
    start = 0 if cursor.start_after is None else place_by_id[cursor.start_after] + 1
    stop = None if cursor.end_before is None else place_by_id[cursor.end_before]
    window = ordered[start:stop]
    shown = window[-cursor.limit :] if cursor.end_before is not None else window[: cursor.limit]
    rendered = _as_much_as_fits(render, [item for _, item in shown], cursor)
    return _envelope(key, rendered, cursor, has_more=len(window) > len(rendered), total=len(ordered))


def _as_much_as_fits(
    render: Callable[[Sequence[Any]], Sequence[Any]], items: Sequence[Any], cursor: Cursor
) -> list[Any]:
    """All of the items, or the half of them next to where the page begins, or half of that."""
    while True:
        try:
            return list(render(items))
        except TooMuch:
            if len(items) < 2:
                raise
        half = len(items) // 2
        items = items[-half:] if cursor.end_before is not None else items[:half]


def whole(key: str, shown: Sequence[Any]) -> dict[str, Any]:
    """The list envelope around all that was asked for, in the order it was asked for."""
    cursor = Cursor(limit=len(shown))
    return _envelope(key, list(shown), cursor, has_more=False, total=len(shown))


def read_cursor() -> Cursor:
    """The cursor of this request, from the query or from a GET's JSON body."""
    found: dict[str, Any] = {}
    request = current()
    if request.body:
        try:
            found = bodies.read(request)
        except Refused:
            found = {}
    given = {name: request.args.get(name) or found.get(name) or None for name in Cursor._fields}
    if given["end_before"]:
        given["start_after"] = None  # it wins: a client that pages back sends the cursor it came by as well
    order = given["order"] or "desc"
    if order not in ("asc", "desc"):
        raise Refused(_INVALID, f"order is {str(order)[:40]!r}; it must be asc or desc")
    after, before = (None if given[name] is None else str(given[name]) for name in ("start_after", "end_before"))
    return Cursor(_limit(given["limit"]), order, after, before)


def read_filter(known: Sequence[str] = ()) -> str | None:
    """The filter of this request; Refused for one that the list doesn't know, for it would show what nobody wants."""
    wanted = current().args.get("filter") or None
    if wanted is None or wanted in known:
        return wanted
    choice = f"known: {', '.join(known)}" if known else "this list has no filters"
    raise Refused("request.filter.invalid", f"filter is {wanted[:60]!r}; {choice}")


def _envelope(key: str, shown: list[Any], cursor: Cursor, *, has_more: bool, total: int) -> dict[str, Any]:
    return {
        key: shown,
        "count": len(shown),
        "has_more": has_more,
        "limit": cursor.limit,
        "order": cursor.order,
        "total_count": total,
    }


def _limit(text: Any) -> int:
    if text is None:
        return _DEFAULT_LIMIT
    if not str(text).isascii() or not str(text).isdigit() or len(str(text)) > 9:
        raise Refused(_INVALID, f"limit is {str(text)[:40]!r}; it must be a whole number from 1 to {_MAX_LIMIT}")
    limit = int(text)
    if limit > _MAX_LIMIT:
        raise Refused(_INVALID, f"limit is {limit}; at most {_MAX_LIMIT} go")
    return limit or _DEFAULT_LIMIT


def _no_id(name: str, text: str) -> Refused:
    return Refused(_INVALID, f"{name} is {text[:80]!r}, which is no id of this list")
