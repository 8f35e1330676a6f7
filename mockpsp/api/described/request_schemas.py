"""What the routes take, as JSON schema: made from their marshmallow schemas by apispec, our own fields included.

apispec is imported by whoever asks for the document, never at start.
"""

import json
from collections.abc import Callable
from typing import Any

import marshmallow
from apispec import APISpec
from apispec.ext.marshmallow import MarshmallowPlugin

from mockpsp.api.wire import fields

#: Our fields -> their JSON type and format; a field not listed goes by the class it inherits from.
_TYPES: tuple[tuple[type[marshmallow.fields.Field[Any]], str | None, str | None], ...] = (
    (fields.Anything, None, None),
    (fields.Text, "string", None),
    (fields.AmountText, "string", "decimal"),
    (fields.Email, "string", "email"),
    (fields.Moment, "string", "date-time"),
    (fields.WebUrl, "string", "uri"),
    (fields.Flag, "boolean", None),
    (fields.TextMap, "object", None),
    (fields.Object, "object", None),
    (fields.Count, "integer", None),
)


def new_document(
    title: str, version: str, **options: Any
) -> tuple[APISpec, Callable[[marshmallow.Schema], dict[str, Any]]]:
    """An empty document that understands our fields, and what makes JSON schema of a body, in place."""
    plugin = MarshmallowPlugin(schema_name_resolver=_Names())
    document = APISpec(title=title, version=version, openapi_version="3.1.0", plugins=[plugin], **options)
    converter: Any = plugin.converter
    for field, kind, form in _TYPES:
        converter.map_to_openapi_type(field, kind, form)
    converter.add_attribute_function(_particulars)
    return document, converter.schema2jsonschema


class _Names:
    """Names of schemas in the document: the class's own; a second class of that name has its file's before it."""

    def __init__(self) -> None:
        self._class_by_name: dict[str, type[marshmallow.Schema]] = {}

    def __call__(self, schema: Any) -> str:
        """The name of a schema, given as an instance or as its class."""
        schema_class = schema if isinstance(schema, type) else type(schema)
        name: str = schema_class.__name__
        if self._class_by_name.setdefault(name, schema_class) is schema_class:
            return name
        words = schema_class.__module__.rpartition(".")[2].removesuffix("_requests").split("_")
        return "".join(word.title() for word in words) + name


def _particulars(converter: Any, field: marshmallow.fields.Field[Any], ret: dict[str, Any]) -> dict[str, Any]:
    """What a field of ours says beyond its type."""
    found: dict[str, Any] = {}
    if isinstance(field, fields.AmountText):
        found = {"pattern": r"^[0-9]{1,12}(\.[0-9]{1,4})?$", "examples": ["12.34"]}
    elif isinstance(field, fields.Country):
        found = {"pattern": "^[A-Za-z]{2}$"}
    elif isinstance(field, fields.Text):
        found = {"maxLength": field.limit, **({"minLength": 1} if field.required else {})}  # empty is absent
    elif isinstance(field, fields.Count):
        found = {"minimum": field.low, "maximum": field.high}
    elif isinstance(field, fields.TextMap):
        found = {"additionalProperties": {"type": "string", "maxLength": field.LIMIT_VALUE}}
        found["maxProperties"] = field.LIMIT_KEYS
    elif isinstance(field, fields.Items):
        found = {"maxItems": field.limit}
    for validator in field.validators:
        if isinstance(validator, fields.Known):
            found["enum"] = list(validator.words())
    if "schema" in field.metadata:  # of what has no type of its own
        found |= field.metadata["schema"](converter.schema2jsonschema)
    if "default" in ret:  # named as such, generators of clients take the field for one that is always there
        found["description"] = f"where it is left out: {json.dumps(ret.pop('default'))}"
    if "pattern" in ret:  # Python's end of text, which JSON schema does not know
        found["pattern"] = "^" + ret["pattern"].replace(r"\Z", "$")
    return found
