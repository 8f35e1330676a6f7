"""What each object of the API consists of: one table an object, from which the OpenAPI document, the reference page,
the coverage and the tests of responses are made.

A line is `name | type | what it means`, and ` | partly: why` where the value cannot follow the world yet. Types: text,
flag, whole, amount (without trailing zeros), exact (an amount with all decimals), moment, map (text to text), object,
any, an object's name, `[type]` for a list, `word: a b c` for one of these words. After the type, `?` says that it may
be null, `^` that it is there only when expanded or when there is one. A name after `-` is documented but not there
yet. To add a field: its line, and its value in the shapes.
"""

from dataclasses import dataclass
from functools import lru_cache
from typing import Any

#: Types with a schema of their own.
_PLAIN: dict[str, dict[str, Any]] = {
    "text": {"type": "string"},
    "flag": {"type": "boolean"},
    "whole": {"type": "integer"},
    "amount": {
        "type": "string",
        "pattern": r"^-?[0-9]+(\.[0-9]*[1-9])?$",
        "description": "major units, without trailing zeros",
    },
    "exact": {
        "type": "string",
        "pattern": r"^-?[0-9]+(\.[0-9]+)?$",
        "description": "major units, with all decimals of the currency",
    },
    "moment": {
        "type": "string",
        "format": "date-time",
        "pattern": r"^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]{1,9})?Z$",
    },
    "map": {"type": "object", "additionalProperties": {"type": "string"}},
    "object": {"type": "object"},
    "any": {},
}


@dataclass(frozen=True, slots=True)
class ObjectField:
    """One field of an object as it is shown."""

    name: str
    #: The type without its marks.
    type: str
    meaning: str
    may_be_null: bool = False
    may_be_absent: bool = False
    is_missing: bool = False
    #: Why the value is not the whole truth yet; empty when it is.
    partly: str = ""

    @property
    def is_always_null(self) -> bool:
        """Whether the world never gives it a value."""
        return self.partly.startswith("always null")

    def schema(self) -> dict[str, Any]:
        """The field as JSON schema."""
        found = schema_of(self.type)
        if self.may_be_null and self.type != "any":
            found = _or_null(found)
        if self.is_always_null:  # with the real type: generators of clients can't do with nothing but null
            return {**found, "description": f"{self.meaning}; {self.partly}"}
        if "$ref" in found or "anyOf" in found:
            return {**found, "description": self.meaning}
        return (
            {**found, "description": f"{self.meaning}; {found['description']}"}
            if "description" in found
            else {
                **found,
                "description": self.meaning,
            }
        )


@dataclass(frozen=True, slots=True)
class ObjectTable:
    """An object: its name, what it is, its fields; an open one may carry keys beyond them."""

    name: str
    meaning: str
    fields: tuple[ObjectField, ...]
    is_open: bool = False

    def schema(self) -> dict[str, Any]:
        """The object as JSON schema: nothing missing, nothing unknown."""
        return {
            "type": "object",
            "description": self.meaning,
            "properties": {field.name: field.schema() for field in self.fields},
            "required": [field.name for field in self.fields if not (field.may_be_absent or field.is_missing)],
            "additionalProperties": self.is_open,
        }


def schema_of(type_name: str) -> dict[str, Any]:
    """The JSON schema of a type of the tables."""
    if type_name in _PLAIN:
        return dict(_PLAIN[type_name])
    if type_name.startswith("["):
        return {"type": "array", "items": schema_of(type_name[1:-1])}
    if type_name.startswith("word:"):
        return {"type": "string", "enum": type_name.removeprefix("word:").split()}
    return {"$ref": f"#/components/schemas/{type_name}"}


@lru_cache(maxsize=1)
def objects() -> dict[str, ObjectTable]:
    """Every object by its name."""
    from mockpsp.api.described import objects_payments, objects_people, objects_psps

    tables = [*objects_payments.TABLES, *objects_people.TABLES, *objects_psps.TABLES]
    return {table.name: table for table in (read_table(text) for text in tables)} | control_objects()


@lru_cache(maxsize=1)
def control_objects() -> dict[str, ObjectTable]:
    """Those that only the control plane answers."""
    from mockpsp.api.described import objects_books, objects_control

    tables = [*objects_control.TABLES, *objects_books.TABLES]
    return {table.name: table for table in (read_table(text) for text in tables)}


def read_table(text: str) -> ObjectTable:
    """A table from its text: the first line is `Name: what it is`, the others are fields."""
    head, *lines = [line.strip() for line in text.strip().splitlines() if line.strip()]
    name, _, meaning = head.partition(": ")
    is_open = name.endswith("+")
    return ObjectTable(name.removesuffix("+"), meaning, tuple(_field(line) for line in lines), is_open)


def _field(line: str) -> ObjectField:
    name, marked, meaning, *more = [part.strip() for part in line.split("|")]
    type_name = marked.rstrip("?^")
    marks = marked[len(type_name) :]
    partly = more[0].removeprefix("partly: ") if more else ""
    return ObjectField(
        name=name.lstrip("-"),
        type=type_name.strip(),
        meaning=meaning,
        may_be_null="?" in marks,
        may_be_absent="^" in marks,
        is_missing=name.startswith("-"),
        partly=partly,
    )


def _or_null(schema: dict[str, Any]) -> dict[str, Any]:
    if "$ref" in schema:
        return {"anyOf": [schema, {"type": "null"}]}
    found = {**schema, "type": [schema["type"], "null"]}
    if "enum" in schema:
        found["enum"] = [*schema["enum"], None]
    return found
