"""Deliveries that go wrong because somebody asked for it: what each word does to the one attempt it is about. Pure.

A delivery carries its words as a text, `duplicate slow:3000`: a number is a span in milliseconds. What is wrong with a
request is wrong with its first attempt alone; those after it are as they should be. Who is to misbehave is decided by
whoever queues the delivery, and when it is due as well. To add a word: its row in `WORDS`, and where it does something.
"""

import json
import re
from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache

#: Word -> what it does, for a human. Those with a span: `SPANS`.
WORDS: dict[str, str] = {
    "duplicate": "Once the receiver has it, it comes again, under the same `webhook-id`.",
    "concurrent": "The first attempt is made twice at the same time.",
    "reorder": "It changes places with its neighbour: see below.",
    "delay": "It is due so much later, on the universe's clock.",
    "drop": "The first attempt is recorded as made and never sent; the schedule decides about the next.",
    "early": "It is there before the call that caused it has answered.",
    "stale": "The first attempt is signed for ten minutes ago.",
    "future": "The first attempt is signed for ten minutes from now.",
    "wrong_secret": "The first attempt is signed with another secret.",
    "unsigned": "The first attempt has no signature.",
    "unknown_event": "The first attempt tells of an event that nobody finds, properly signed.",
    "alter": "A letter of the first attempt's body is changed after it was signed.",
    "reserialize": "The first attempt's body is parsed and written again after it was signed.",
    "slow": "The first attempt's body takes so long to arrive, in real time.",
}
#: Word with a span -> the longest, in milliseconds.
SPANS: dict[str, int] = {"delay": 365 * 86_400_000, "slow": 60_000}
#: Words about when: of these one at most.
TIMINGS = ("delay", "reorder", "early")
#: What `duplicate` becomes once the second one is on its way.
DUPLICATED = "duplicated"
DROPPED = "dropped on purpose"
#: Far outside of what any receiver tolerates, five minutes.
_OFF_BY_S = 600
#: The letter that is altered, the first of these that is there: in an item of Adyen's, which signs some of its fields
#: alone; in a form, which ends with escapes; the last one of the body.
_LETTERS = (
    re.compile(rb'[A-Za-z0-9](?="\},\s*"eventCode")'),
    re.compile(rb"(?<!%)(?<!%[0-9A-Fa-f])[A-Za-z0-9](?=(?:%[0-9A-Fa-f]{2})+\s*\Z)"),
    re.compile(rb"[A-Za-z0-9](?=[^A-Za-z0-9]*\Z)"),
)
#: What an item of Adyen's is known by: of an authorisation it is the payment's.
_REFERENCE = re.compile(rb'(?<="pspReference":")[^"]+')
_ESCAPE = re.compile(rb"%[0-9A-F]{2}")
#: A slash, or an escape, which is left as it is.
_SLASH = re.compile(rb"(\\.)|/", re.DOTALL)

Headers = Mapping[str, str]
#: Secrets, timestamp, body -> the headers that sign them, and the body, which may hold the signature; without secrets
#: unsigned.
Sign = Callable[[Sequence[str], int, bytes], tuple[Headers, bytes]]


def written(words: Mapping[str, int]) -> str:
    """The words with their spans (0: none) as a delivery carries them."""
    return " ".join(f"{word}:{span_ms}" if span_ms else word for word, span_ms in words.items())


@lru_cache(256)
def read(text: str) -> Mapping[str, int]:
    """Word -> span of what a delivery carries."""
    pairs = (part.partition(":") for part in text.split())
    return {word: int(span or 0) for word, _, span in pairs}


def request(
    words: Mapping[str, int],
    sign: Sign,
    secrets: Sequence[str],
    *,
    webhook_id: str,
    timestamp_s: int,
    body: bytes,
    event_header: str = "",
) -> tuple[Headers, bytes]:
    """The headers that sign and the body of an attempt on which these words do what they are there for.

    The secrets are those to sign with, wrong ones where that was asked for. `event_header` holds the event's id where
    the sender has such a header; one that holds the message's id keeps it, since every attempt of it has the same.
    """
    if "stale" in words:
        timestamp_s -= _OFF_BY_S
    elif "future" in words:
        timestamp_s += _OFF_BY_S
    if "unknown_event" in words:
        body = _REFERENCE.sub(lambda found: _unknown(found[0].decode()).encode(), body)
        body = body.replace(webhook_id.encode(), _unknown(webhook_id).encode())
    headers, body = sign(() if "unsigned" in words else secrets, timestamp_s, body)
    if "unknown_event" in words and event_header in headers:
        headers = {**headers, event_header: _unknown(webhook_id)}
    if "reserialize" in words:
        body = _rewritten(body)
    if "alter" in words:
        found = next(filter(None, (pattern.search(body) for pattern in _LETTERS)), None)
        if found is not None:
            other = bytes([found[0][0] + (-1 if found[0] in b"zZ9" else 1)])
            body = body[: found.start()] + other + body[found.end() :]
    return headers, body


def not_reserializable(body: bytes) -> bytes:
    """The same JSON as no library writes it: a blank after the first brace, and slashes that are escaped. A form has
    its escapes in lower case.
    """
    if not body.startswith(b"{"):
        return _ESCAPE.sub(lambda found: found[0].lower(), body)
    return b"{ " + _SLASH.sub(lambda found: found[1] or b"\\/", body[1:])


def _rewritten(body: bytes) -> bytes:
    """The body as another library writes it; one that is no JSON gets a blank at its end."""
    try:
        text = json.dumps(json.loads(body))
    except ValueError:
        return body + b" "
    # A library that writes as this one does would change nothing.
    return (text if text.encode() != body else json.dumps(json.loads(body), separators=(",", ":"))).encode()


def _unknown(webhook_id: str) -> str:
    """An id of the same shape that stands for nothing: what an id ends with vouches for its beginning."""
    prefix, mark, rest = webhook_id.partition("_")
    return f"{prefix}{mark}{rest[::-1]}"
