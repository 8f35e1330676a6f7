"""Files of the package that are made from its code: what stories may call, and what editors know of stories.

`python -m tests.docs` writes them; a test holds them against the code. Each row stands on a line of its own, so that
changes are read, and merged, row by row.
"""

import json
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

from marshmallow import Schema, fields, validate

from mockpsp.api.control.moves import MOVES
from mockpsp.api.described import openapi
from mockpsp.api.described.endpoints import template
from mockpsp.api.described.objects import objects
from mockpsp.api.described.openapi import FOR_PEOPLE
from mockpsp.config import Settings
from mockpsp.scenarios.language import schema
from mockpsp.serving.app import create_app

ROOT = Path(__file__).parents[2]


def api() -> str:
    """What stories can call: routes with the keys of body, query and answers; moves of the world."""
    app = create_app(Settings(port=0, db=":memory:", clock="manual"))
    document = openapi.build(app)
    routes: dict[str, Any] = {}
    for rule in app.url_map.iter_rules():
        if rule.rule.startswith(FOR_PEOPLE):
            continue
        schema = app.view_functions[rule.endpoint].__dict__.get("request_schema")
        for method in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"}):
            routes[f"{method} {template(rule.rule)}"] = _keys(schema) if isinstance(schema, Schema) else None
    app.extensions["mockpsp"].close()
    tables = {
        "routes": routes,
        "moves": {name: _keys(move.details) for name, move in MOVES.items()},
        "subjects": {name: move.on for name, move in MOVES.items()},
        **_described(document),
    }
    parts = (f"{json.dumps(name)}: {{\n{_rows(rows)}\n}}" for name, rows in tables.items())
    return "{\n" + ",\n".join(parts) + "\n}\n"


def _described(document: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """Queries and answers by route, and the objects that are answered, from the OpenAPI document."""
    shown = {**objects(), "EventName": None}
    queries: dict[str, Any] = {}
    answers: dict[str, Any] = {}
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            route = f"{method.upper()} {template(path)}"
            given = [_referred(document, one) for one in operation["parameters"]]
            queries[route] = {one["name"]: _expandable(one) for one in given if one["in"] == "query"}
            bodies = [
                content["application/json"]["schema"]
                for response in operation["responses"].values()
                if "application/json" in (content := response.get("content", {}))
            ]
            shapes = [_resolved(document, _shape(body)) for body in bodies]
            if bodies and "page" not in operation["tags"] and all(isinstance(one, dict) for one in shapes):
                answers[route] = {key: one[key] for one in reversed(shapes) for key in sorted(one)}
    return {
        "queries": {name: names for name, names in queries.items() if names},
        "answers": answers,
        "objects": {name: _shape(document["components"]["schemas"][name]) for name in shown},
    }


def _referred(document: Mapping[str, Any], node: Mapping[str, Any]) -> Mapping[str, Any]:
    found: Mapping[str, Any] = (
        document["components"]["parameters"][node["$ref"].rpartition("/")[2]] if "$ref" in node else node
    )
    return found


def _expandable(parameter: Mapping[str, Any]) -> list[str] | None:
    """The words that a parameter takes, or begins with; None for any."""
    schema = parameter["schema"]
    if "items" in schema:
        return str(schema["items"]["pattern"]).removeprefix("^(").partition(")")[0].split("|")
    return [str(word) for word in schema["enum"]] if "enum" in schema else None


def _resolved(document: Mapping[str, Any], shape: Any) -> Any:
    return _shape(document["components"]["schemas"][shape]) if isinstance(shape, str) else shape


def _shape(schema: Mapping[str, Any]) -> Any:
    """None for anything, a list of words, keys with theirs, or an object's name; a list is as its items are."""
    if "$ref" in schema:
        return schema["$ref"].rpartition("/")[2]
    if "anyOf" in schema:
        return next((_shape(one) for one in schema["anyOf"] if one.get("type") != "null"), None)
    if "items" in schema:
        return _shape(schema["items"])
    if "enum" in schema:
        return [str(word) for word in schema["enum"] if word is not None]
    if "properties" in schema and not schema.get("additionalProperties"):
        return {name: _shape(one) for name, one in schema["properties"].items()}
    return None


def _rows(rows: Mapping[str, Any]) -> str:
    return ",\n".join(f"{json.dumps(name)}: {json.dumps(rows[name])}" for name in sorted(rows))


def _keys(schema: Schema) -> dict[str, Any]:
    """Key -> None for anything, a list of words to choose from, or what an object's own keys are."""
    return {field.data_key or name: _value(field) for name, field in schema.fields.items()}


def _value(field: "fields.Field[Any]") -> Any:
    while isinstance(field, fields.List):
        field = field.inner
    if isinstance(field, fields.Nested):
        return _keys(field.schema)
    words = [list(one.choices) for one in _validators(field) if isinstance(one, validate.OneOf)]
    return words[0] if words else None


def _validators(field: "fields.Field[Any]") -> Iterable[Any]:
    return field.validators


#: File -> what makes it.
SHIPPED: Mapping[Path, Callable[[], str]] = {
    ROOT / "scenarios" / "language" / "api.json": api,
    ROOT / "scenarios" / "scenario.schema.json": schema.as_text,
}
