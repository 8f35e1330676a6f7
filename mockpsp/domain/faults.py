"""Faults of the way between a client and the API: how they are said, whom they meet, what of an answer gets through.

A fault is about one side of the commit. Before it the request was lost and nothing happened; after it, or while the
answer is on its way, everything happened and the client doesn't know. Who keeps and counts them: engine/faults.py.
"""

import hashlib
import re
from collections.abc import Iterable
from typing import NamedTuple

from mockpsp.domain.text.nearest import nearest_name

BEFORE, AFTER, WHILE = "before_commit", "after_commit", "while_answering"
#: What a fault may do -> the sides of the commit on which it may; none: it is about neither.
SIDES: dict[str, tuple[str, ...]] = {
    "reset": (BEFORE, AFTER, WHILE),
    "stall": (BEFORE, AFTER, WHILE),
    "status": (BEFORE, AFTER),
    "truncate": (WHILE,),
    "garble": (WHILE,),
    "delay": (),
}
STATUSES = (429, 500, 502, 503, 504)
#: A silence that is shorter than the first could pass for a reset; a longer one outlasts every client's patience.
STALL_MIN_MS, WAIT_MAX_MS = 1_000, 120_000
#: The route of a fault that meets every call that goes to a route of the API: no preflight, and none that is answered
#: 404 or 405 for want of a route, since there is nothing that could have happened and be unknown.
EVERY = "*"
#: Methods of the routes there are. A HEAD call meets what is about any method.
METHODS = frozenset({"GET", "POST", "PUT", "DELETE"})
#: Where an application finds, in a request's WSGI environment, what carries its answer: `outage` is for it to set.
CARRIER = "mockpsp.connection"

_ROUTE = re.compile(r"(\*|[A-Za-z]{1,10}) (/\S{0,300})")
_WAIT = re.compile(r"([0-9]{1,9})(ms|s|m)", re.ASCII)
_UNITS_MS = {"ms": 1, "s": 1_000, "m": 60_000}
#: Bytes that are no text in UTF-8, whatever they stand beside.
_GARBAGE = b"\xff\xfb\xfe\xfd\xf9"
_END_OF_HEAD = b"\r\n\r\n"


class Deed(NamedTuple):
    """What a fault does: its word, with the status or the shortest and longest time that it names."""

    word: str
    status: int = 0
    low_ms: int = 0
    high_ms: int = 0


class Outage(NamedTuple):
    """What becomes of one answer on its way: `transport` is what a client calls it, `wait_ms` is real time."""

    transport: str
    wait_ms: int = 0
    #: Some of the answer gets through before the way breaks.
    has_begun: bool = False


def read_deed(text: str) -> Deed:
    """What `do` says; ValueError for anything else."""
    word, _, rest = text.partition(" ")
    if word not in SIDES:
        near = nearest_name(word, SIDES)
        hint = (
            f"did you mean {near!r}?" if near else "known: reset, stall 30s, status 503, truncate, garble, delay 200ms"
        )
        raise ValueError(f"{text[:60]!r} is nothing that a fault does; {hint}")
    if word == "status":
        if rest not in map(str, STATUSES):
            raise ValueError(f"{text[:60]!r}: a fault answers with one of {', '.join(map(str, STATUSES))}")
        return Deed(word, status=int(rest))
    if word in ("stall", "delay"):
        low, dots, high = rest.partition("..")
        if dots and word == "stall":
            raise ValueError(f"{text[:60]!r}: a stall lasts one time, such as 30s; only a delay is drawn between two")
        low_ms, high_ms = _wait(word, low), _wait(word, high if dots else low)
        if low_ms > high_ms:
            raise ValueError(f"{text[:60]!r}: the shorter time comes first")
        return Deed(word, low_ms=low_ms, high_ms=high_ms)
    if rest:
        raise ValueError(f"{text[:60]!r}: nothing follows {word}")
    return Deed(word)


def side_of(deed: Deed, given: str | None) -> str | None:
    """On which side of the commit a fault is; ValueError where what it does leaves none, or where it must be said."""
    sides = SIDES[deed.word]
    if given is None:
        if len(sides) > 1:
            raise ValueError(f"is missing: {deed.word} happens {' or '.join(sides)}, and what is then true differs")
        return sides[0] if sides else None
    if given not in sides:
        allowed = f"only {' or '.join(sides)}" if sides else "without `when`: it is late either way"
        raise ValueError(f"{deed.word} doesn't go {given}, {allowed}")
    return given


def read_route(text: str, known: Iterable[str] | None = None) -> str:
    """The route of a fault as it is kept; ValueError for one that none of the known `METHOD /path/{}` could be.

    Without known ones its shape alone is looked at.
    """
    if text == EVERY:
        return text
    found = _ROUTE.fullmatch(text)
    if found is None:
        raise ValueError(f"{text[:80]!r} is no route such as POST /invoices/*/capture (`*` for a part), nor * for all")
    method, path = found[1].upper(), found[2].rstrip("/") or "/"
    if method not in METHODS | {EVERY}:
        raise ValueError(
            f"{text[:80]!r}: faults meet calls by {', '.join(sorted(METHODS))} (`*` for any), not by {method}"
        )
    if any(EVERY in part and part != EVERY for part in path.split("/")):
        raise ValueError(f"{text[:80]!r}: `*` stands for a whole part of a path, not for a piece of one")
    routes = list(known or ())
    if known is not None and not any(_could_be(method, path, route) for route in routes):
        shown = [route.replace("{}", "*") for route in routes]
        near = nearest_name(f"{method} {path}", shown)
        hint = f"did you mean {near!r}?" if near else "faults meet ProcessOut's routes alone"
        raise ValueError(f"there is no route {method} {path[:80]}; {hint}")
    return f"{method} {path}"


def meets(route: str, method: str, path: str) -> bool:
    """Whether a call goes to the route of a fault."""
    if route == EVERY:
        return True
    wanted, _, pattern = route.partition(" ")
    return wanted in (EVERY, method) and _same_parts(pattern.split("/"), path.rstrip("/").split("/"))


def drawn_ms(deed: Deed, key: bytes, seq: int, number: int) -> int:
    """How long the fault waits at its `number`th call: drawn evenly from a universe's key, the same in every run."""
    if deed.low_ms == deed.high_ms:
        return deed.low_ms
    drawn = hashlib.blake2b(f"fault:{seq}:{number}".encode(), key=key, digest_size=8).digest()
    return deed.low_ms + int.from_bytes(drawn) % (deed.high_ms - deed.low_ms + 1)


def outage(deed: Deed, when: str | None, wait_ms: int) -> Outage | None:
    """What becomes of the answer; None where another one takes its place."""
    if deed.word == "status":
        return None
    transport = {"reset": "reset", "stall": "stalled", "truncate": "cut", "garble": "garbled", "delay": "ok"}[deed.word]
    return Outage(transport, wait_ms, has_begun=when == WHILE)


def let_through(outage: Outage, answer: bytes) -> bytes:
    """What of an answer's bytes, head and body, gets through."""
    if outage.transport == "ok":
        return answer
    if not outage.has_begun:
        return b""
    head, end, body = answer.partition(_END_OF_HEAD)
    return head + end + spoilt(outage, body)


def spoilt(outage: Outage, body: bytes) -> bytes:
    """What of a body gets through once its head did: half of it, or all of its length, and garbage from a third on."""
    if outage.transport != "garbled":
        return body[: len(body) // 2]
    kept = len(body) // 3
    garbage = _GARBAGE * (len(body) // len(_GARBAGE) + 1)
    return body[:kept] + garbage[: len(body) - kept]


def _wait(word: str, text: str) -> int:
    found = _WAIT.fullmatch(text)
    if found is None:
        raise ValueError(f"{text[:40]!r} is no real time such as 200ms, 30s or 1m")
    wait_ms = int(found[1]) * _UNITS_MS[found[2]]
    low_ms = STALL_MIN_MS if word == "stall" else 1
    if not low_ms <= wait_ms <= WAIT_MAX_MS:
        raise ValueError(f"{text!r} is real time, and a {word} takes {low_ms} ms to {WAIT_MAX_MS // 1000} s")
    return wait_ms


def _could_be(method: str, path: str, route: str) -> bool:
    known, _, template = route.partition(" ")
    parts, others = path.split("/"), template.split("/")
    return (
        method in (EVERY, known)
        and len(parts) == len(others)
        and all(one in (EVERY, other) or other == "{}" for one, other in zip(parts, others, strict=True))
    )


def _same_parts(pattern: list[str], parts: list[str]) -> bool:
    return len(pattern) == len(parts) and all(one in (EVERY, part) for one, part in zip(pattern, parts, strict=True))
