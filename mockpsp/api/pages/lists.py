"""What the page's lists share: what of them is asked for, in the address, and the way to what is older."""

from collections.abc import Iterable
from typing import Any
from urllib.parse import urlencode

from flask import request

from mockpsp.domain.text.codes import Refused
from mockpsp.domain.text.nearest import nearest_name
from mockpsp.engine.universes import UniverseTx
from mockpsp.store import browsing
from mockpsp.store.browsing import Found

#: Lines of a list on one page.
PAGE = 50


def asked(name: str) -> str | None:
    """A parameter of the address; None where it is absent or empty, as a form sends what nobody filled in."""
    return (request.args.get(name) or "").strip() or None


def chosen(name: str, known: Iterable[str]) -> str | None:
    """A parameter that is one of these words; Refused for another."""
    text, words = asked(name), [str(word) for word in known]
    if text is not None and text not in words:
        near = nearest_name(text, words)
        hint = f"did you mean {near!r}?" if near else f"known: {', '.join(words[:40])}"
        raise Refused("request.validation.error", f"{name} is {text[:40]!r}; {hint}", field=name)
    return text


def before(tx: UniverseTx, prefix: str) -> int | None:
    """The number behind the id that a page begins before; None for the first page."""
    text = asked("before")
    seq = None if text is None else tx.seq(prefix, text)
    if text is not None and seq is None:
        raise Refused("request.pagination.invalid", f"before: {text[:60]!r} is no id of this list", field="before")
    return seq


def whole(name: str, most: int) -> int | None:
    """A parameter that is a number from 0 to `most`; Refused for anything else."""
    text = asked(name)
    if text is None:
        return None
    if not (text.isascii() and text.isdigit() and len(text) < 20 and int(text) <= most):
        raise Refused("request.pagination.invalid", f"{name}: {text[:40]!r} is no number of this list", field=name)
    return int(text)


def older(found: Found, until: str | None) -> dict[str, Any]:
    """How a page goes on, if it does: the address, and what is said of a search that stopped before it was full."""
    if found.until is None:
        return {"older": None, "looked": None}
    kept = {name: text for name, text in request.args.items() if name not in ("before", "since") and text}
    looked = f"Looked at {browsing.LOOKED_MAX:,} and stopped." if found.is_cut else None
    return {"older": f"?{urlencode({**kept, 'before': until or ''})}", "looked": looked}
