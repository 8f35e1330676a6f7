"""Whether the official clients' decoders can read an answer: the tables of `decoders.toml` as JSON Schemas.

A typed client gives up the whole answer where one value is of another type, or one that it needs is missing or null.
The tables hold what its models read, told anew; the judge holds every answer of every contract test to them.
"""

import tomllib
from collections.abc import Iterator, Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

import jsonschema_rs

_TABLES = Path(__file__).with_name("decoders.toml")
#: Kind -> what it is, where it is not null.
_KINDS: Mapping[str, dict[str, Any]] = {
    "text": {"type": "string"},
    "whole": {"type": "integer"},
    "yes": {"type": "boolean"},
    "time": {"type": "string", "pattern": r"^[0-9]{4}(-[0-9]{2}){2}T[0-9]{2}(:[0-9]{2}){2}\.[0-9]{3,9}Z$"},
    "notes": {"type": "object", "additionalProperties": {"type": "string"}},
    "texts": {"type": "array", "items": {"type": "string"}},
    "any": {},
    #: What makes an address of a text: one that is empty makes none, and is no null either.
    "address": {"type": "string", "pattern": r"^[a-zA-Z][a-zA-Z0-9+.-]*:[^\s]+$"},
    "amount": {"type": "string", "pattern": r"^-?[0-9]+(\.[0-9]+)?$"},
    #: With its opacity; iOS reads digits of base 16 with or without 0x, and no "#".
    "colour": {"type": "string", "pattern": r"^(0[xX])?[0-9a-fA-F]{8}$"},
}
_SHOWN = 5


def undecodable(method: str, path: str, status: int, body: Any, *, is_public: bool = False) -> list[str]:
    """Where the clients give up an answer, each place with its client; servers' make no public calls."""
    found = [] if is_public else list(_complaints("servers", "answers", body))
    if status >= 400:
        found += _complaints("apps", "failure", body)
    elif f"{method} {path}" in tables()["calls"]:
        found += _complaints("calls", f"{method} {path}", body)
    return [f"{method} {path} {status}: no decoder reads it: {text}" for text in found[:_SHOWN]]


@lru_cache(maxsize=1)
def tables() -> dict[str, dict[str, Any]]:
    """The tables as they are written."""
    return tomllib.loads(_TABLES.read_text(encoding="utf-8"))


def schemas() -> Iterator[tuple[str, dict[str, Any]]]:
    """(name, schema) of each model: `servers.Card`."""
    for kind in ("servers", "apps"):
        for name, table in tables()[kind].items():
            yield f"{kind}.{name}", _model(kind, table)
    for call, text in tables()["calls"].items():
        whole = [part.strip("=!") for part in text.split() if part.startswith("=")]
        rest = " ".join(part for part in text.split() if not part.startswith("="))
        parts = [_model("apps", {"yes": "success!", "models": rest}), *(_of("apps", name) for name in whole)]
        yield f"calls.{call}", {"allOf": parts}


def _model(kind: str, table: Mapping[str, str]) -> dict[str, Any]:
    """The schema of one table."""
    if "cases" in table:
        cases = dict(part.split("=") for part in table["cases"].split())
        rules = [
            {"if": {"properties": {table["by"]: {"const": word}}}, "then": _of(kind, name)}
            for word, name in cases.items()
        ]
        return {"type": "object", "required": [table["by"]], "allOf": rules}
    properties: dict[str, Any] = {}
    required = []
    for key, schema in _keys(kind, table):
        name = key.removesuffix("!")
        properties[name] = schema if key.endswith("!") else {"anyOf": [schema, {"type": "null"}]}
        required += [name] if key.endswith("!") else []
    return {"type": "object", "properties": properties, "required": required}


def _keys(kind: str, table: Mapping[str, str]) -> Iterator[tuple[str, dict[str, Any]]]:
    """(key, with "!" where it must be there; its schema) of a table."""
    for what, text in table.items():
        for part in text.split():
            key, _, value = part.partition("=")
            if what == "models":
                must, name = ("!" if value.endswith("!") else ""), value.removesuffix("!")
                yield key + must, _of(kind, name)
            elif what == "words":
                yield key, {"enum": value.split(",")}
            else:
                yield key, _KINDS[what]


def _of(kind: str, name: str) -> dict[str, Any]:
    """A model, a list of them, or a kind, by its name."""
    if name.startswith("["):
        return {"type": "array", "items": _of(kind, name.strip("[]"))}
    return _KINDS.get(name, {"$ref": f"urn:decoders#/{kind}.{name}"})


def _complaints(kind: str, name: str, body: Any) -> Iterator[str]:
    for error in _validator(kind, name).iter_errors(body):
        yield f"{kind} {name}, {'.'.join(map(str, error.instance_path))}: {error.message[-200:]}"


@lru_cache(maxsize=100)
def _validator(kind: str, name: str) -> jsonschema_rs.Draft202012Validator:
    registry = jsonschema_rs.Registry([("urn:decoders", dict(schemas()))])
    pointer = f"{kind}.{name}".replace("~", "~0").replace("/", "~1").replace("{", "%7B").replace("}", "%7D")
    return jsonschema_rs.Draft202012Validator(
        {"$ref": f"urn:decoders#/{pointer.replace(' ', '%20')}"}, registry=registry
    )
