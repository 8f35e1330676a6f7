"""The pieces that the schema of stories is put together from: texts, words, counts, lists, objects and conditions."""

import re
from collections.abc import Iterable, Mapping
from typing import Any

Shape = Any
#: Anything goes, and is meant to.
ANY = True
#: A key whose shape nobody has said: anything goes, and a test finds it.
UNSAID: Mapping[str, Any] = {}
#: Plain values of other types that a text may be written as.
_PLAIN = {"integer": "7", "boolean": "true", "null": "null"}
_HOLDS_NAME = r"\$\{"


def text(pattern: re.Pattern[str] | None = None) -> Shape:
    """A text as the loader takes it: a plain number or word, which YAML types, is one too."""
    plain = [kind for kind, example in _PLAIN.items() if pattern is None or pattern.fullmatch(example)]
    shape: dict[str, Any] = {"type": ["string", *plain] if plain else "string"}
    return {**shape, "pattern": whole(pattern)} if pattern else {**shape, "minLength": 1}


def whole(pattern: re.Pattern[str]) -> str:
    """The pattern as JSON Schema has it, of the whole text."""
    return f"^(?:{pattern.pattern})$"


def word(words: Iterable[object]) -> Shape:
    """One of the words."""
    return {"enum": list(words)}


def word_or_name(words: Iterable[str]) -> Shape:
    """One of the words, or a text with a name in it that may stand for one."""
    return {"anyOf": [word(words), {"type": "string", "pattern": _HOLDS_NAME}]}


def count(low: int, high: int) -> Shape:
    """A whole number within bounds."""
    return {"type": "integer", "minimum": low, "maximum": high}


def list_of(shape: Shape, low: int = 1, high: int | None = None) -> Shape:
    """A list of at least so many."""
    found: dict[str, Any] = {"type": "array", "items": shape, "minItems": low}
    return found if high is None else {**found, "maxItems": high}


def closed(keys: Iterable[str], shapes: Mapping[str, Shape], *, needed: Iterable[str] = ()) -> dict[str, Any]:
    """An object with these keys and no others."""
    found: dict[str, Any] = {
        "type": "object",
        "properties": {key: shapes.get(key, UNSAID) for key in keys},
        "additionalProperties": False,
    }
    return {**found, "required": list(needed)} if needed else found


def named(pattern: re.Pattern[str], shape: Shape, high: int | None = None) -> Shape:
    """An object with free keys of that pattern."""
    found = {"type": "object", "propertyNames": {"pattern": whole(pattern)}, "additionalProperties": shape}
    return found if high is None else {**found, "maxProperties": high}


def when(condition: Shape, then: Shape, otherwise: Shape = None) -> Shape:
    """What holds under a condition, and what else."""
    return {"if": condition, "then": then, **({} if otherwise is None else {"else": otherwise})}


def has(*keys: str) -> Shape:
    """The keys are there."""
    return {"required": list(keys)}


def only_with(*keys: str) -> Shape:
    """There are no keys beside these."""
    return {"propertyNames": {"enum": list(keys)}}


def without(*keys: str) -> Shape:
    """The keys are not there."""
    return {"properties": dict.fromkeys(keys, False)}


def said(key: str, shape: Shape) -> Shape:
    """The key is there, and like that."""
    return {"required": [key], "properties": {key: shape}}
