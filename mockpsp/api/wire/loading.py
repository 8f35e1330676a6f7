"""Loading a body by its marshmallow schema: what the schema would load, from the same fields, without looking at those
that the body leaves out.

Most bodies give a handful of some seventy fields. For each set of names that comes, the fields to call are listed once.
Whatever is wrong with a body, marshmallow itself is asked, and says so in its own words.
"""

from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any

from marshmallow import RAISE, Schema, ValidationError, missing

#: (name, how its field reads a value), in the order in which the schema names its fields.
Plan = tuple[tuple[str, Callable[..., Any]], ...]


def load(schema: Schema, raw: Mapping[str, Any]) -> dict[str, Any]:
    """The loaded body; ValidationError with every field's error at once."""
    # What a client makes up is remembered nowhere.
    known = schema.fields.keys() & raw.keys()
    is_known = len(known) == len(raw) or schema.unknown != RAISE
    plan = _plan(schema, frozenset(known)) if is_known else None
    if plan is not None:
        try:
            found = {name: read(raw.get(name, missing), name, raw) for name, read in plan}
            return {name: value for name, value in found.items() if value is not missing}
        except ValidationError:
            pass
    loaded: dict[str, Any] = schema.load(raw)
    return loaded


@lru_cache(maxsize=1_024)
def _plan(schema: Schema, names: frozenset[str]) -> Plan | None:
    """What to read of a body with these names; None where one is missing, or the schema looks at the whole."""
    if schema._hooks:
        return None
    plan = []
    for name, field in schema.fields.items():
        if name in names or field.load_default is not missing:
            plan.append((name, field.deserialize))
        elif field.required:
            return None
    return tuple(plan)
