"""Whether a value is what an annotation says: for values that come out of a file and go into our frozen types."""

from collections.abc import Mapping
from enum import StrEnum
from functools import cache
from types import NoneType, UnionType
from typing import Any, Union, get_args, get_origin, get_type_hints


def fits(value: object, kind: Any) -> bool:
    """Whether a value is of a kind; of a tuple, a list will do, as JSON has it, and bool is no int."""
    origin = get_origin(kind)
    if origin in (Union, UnionType):
        return any(fits(value, one) for one in get_args(kind))
    if origin is tuple:
        return isinstance(value, tuple | list) and _fits_tuple(value, get_args(kind))
    if origin is not None and issubclass(origin, Mapping):
        of_key, of_value = get_args(kind)
        return isinstance(value, dict) and all(fits(k, of_key) and fits(v, of_value) for k, v in value.items())
    if kind in (None, NoneType):
        return value is None
    if kind is int:
        return isinstance(value, int) and not isinstance(value, bool) and -(1 << 62) < value < 1 << 62
    if issubclass(kind, StrEnum):
        return value in set(kind)
    if hasattr(kind, "_fields"):
        return isinstance(value, kind) and fit(value)
    return isinstance(value, kind)


def fit(found: Any) -> bool:
    """Whether the fields of a named tuple are what its annotations say."""
    return unfit_field(found) is None


def unfit_field(found: Any) -> str | None:
    """The first field of a named tuple that is not what its annotation says, or None."""
    hints = _hints(found.__class__)
    return next((name for name, value in zip(found._fields, found, strict=True) if not fits(value, hints[name])), None)


@cache
def _hints(kind: Any) -> dict[str, Any]:
    return get_type_hints(kind)


def _fits_tuple(value: tuple[Any, ...] | list[Any], kinds: tuple[Any, ...]) -> bool:
    if len(kinds) == 2 and kinds[1] is Ellipsis:
        return all(fits(one, kinds[0]) for one in value)
    return len(value) == len(kinds) and all(fits(one, kind) for one, kind in zip(value, kinds, strict=True))
