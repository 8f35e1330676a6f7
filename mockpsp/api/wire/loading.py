"""Loading a body by its marshmallow schema: what the schema would load, from the same fields, without looking at those
that the body leaves out.

Most bodies give a handful of some seventy fields. For each set of names that comes, the fields to call are listed once.
Whatever is wrong with a body, marshmallow itself is asked, and says so in its own words.
"""

from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any

from marshmallow import RAISE, Schema, ValidationError, fields, missing

from mockpsp.api.wire.http import FIELDS_SHOWN, invalid_fields
from mockpsp.domain.text.nearest import nearest_name

#: What marshmallow says of a key that it doesn't know, and of one that is not there.
_UNKNOWN, _ABSENT = ["Unknown field."], ["Missing data for required field."]
#: A key that is missing is sooner meant than one that is there.
_SLIP = 0.5
#: (name, how its field reads a value), in the order in which the schema names its fields.
Plan = tuple[tuple[str, Callable[..., Any]], ...]


def read(schema: Schema, raw: Mapping[str, Any]) -> dict[str, Any]:
    """The loaded body; Refused with every field's error at once."""
    try:
        return load(schema, raw)
    except ValidationError as error:
        raise invalid_fields(_named(error.messages_dict, schema, raw), raw) from None


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


def _named(messages: dict[str, Any], schema: Schema, raw: Any) -> dict[str, Any]:
    """Unknown keys get the nearest known name beside them, as many as are shown; those of inner objects too.

    One that was written for a key that is missing comes first, since it is what has to be changed.
    """
    known = [field.data_key or name for name, field in schema.fields.items()]
    absent = [name for name, texts in messages.items() if texts == _ABSENT]
    slips = []
    for name, texts in list(messages.items())[:FIELDS_SHOWN]:
        if texts == _UNKNOWN:
            near = nearest_name(name, absent, cutoff=_SLIP) or nearest_name(name, known)
            hint = f"did you mean {near!r}?" if near else f"known: {', '.join(known)}" if known else "nothing is"
            messages[name] = [f"is not known here; {hint}"]
            slips += [name] if near in absent else []
        elif texts == _ABSENT and schema.unknown != RAISE and isinstance(raw, Mapping):
            near = nearest_name(name, [one for one in raw if one not in known])
            messages[name] = [f"is missing; {near!r} is not known here"] if near else texts
        elif isinstance(texts, dict):
            inner = raw.get(name) if isinstance(raw, Mapping) else None
            messages[name] = _named_within(texts, schema.fields.get(name), inner)
    return {**{name: messages[name] for name in slips}, **messages}


def _named_within(messages: dict[str, Any], field: fields.Field[Any] | None, raw: Any) -> dict[str, Any]:
    """The same for the object, or the list of objects, that a field takes."""
    if isinstance(field, fields.Nested):
        return _named(messages, field.schema, raw)
    if isinstance(field, fields.List) and isinstance(raw, list):
        return {
            at: _named_within(inner, field.inner, raw[int(at)]) if isinstance(inner, dict) else inner
            for at, inner in messages.items()
        }
    return messages
