"""JSON as it goes out and as it is stored: short, keys as given, text as it is.

By orjson, which takes a third of the time, and by the standard library for what orjson won't write: integers beyond 64
bits and lone surrogates. Both write the same; a test holds them together. What a client sends is read by bodies.py,
which wants decimals exact.
"""

import json
import re
from contextlib import suppress
from typing import Any

import orjson

#: `json.dumps` with settings of one's own makes an encoder each time.
_ENCODER = json.JSONEncoder(separators=(",", ":"), ensure_ascii=False)
#: What may be an integer beyond 64 bits, of which orjson makes a float.
_LONG_NUMBER = re.compile(r"[0-9]{19}")
#: What the standard library refuses is refused.
_STRICT = orjson.OPT_PASSTHROUGH_DATACLASS | orjson.OPT_PASSTHROUGH_DATETIME


def dump_bytes(value: object) -> bytes:
    """JSON in UTF-8; TypeError or ValueError for what has none."""
    try:
        return orjson.dumps(value, option=_STRICT)
    except TypeError:
        text = _ENCODER.encode(value)
        try:
            return text.encode()
        except UnicodeEncodeError:
            return json.dumps(value, separators=(",", ":")).encode()


def dump_text(value: object) -> str:
    """The same as text."""
    try:
        return orjson.dumps(value, option=_STRICT).decode()
    except TypeError:
        return _ENCODER.encode(value)


def load(text: str | bytes) -> Any:
    """What was stored by us; `load_exactly` is for what may hold an integer beyond 64 bits."""
    return orjson.loads(text)


def load_exactly(text: str) -> Any:
    """The same of what holds a client's own numbers."""
    if _LONG_NUMBER.search(text) is None:
        with suppress(ValueError):  # half a character, which the standard library lets through
            return orjson.loads(text)
    return json.loads(text)
