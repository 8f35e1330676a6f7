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
from mockpsp.api.described.endpoints import template
from mockpsp.api.described.openapi import FOR_PEOPLE
from mockpsp.config import Settings
from mockpsp.scenarios.language import schema
from mockpsp.serving.app import create_app

ROOT = Path(__file__).parents[2]


def api() -> str:
    """What stories can call: each route with the keys of its body, each move of the world with its details."""
    app = create_app(Settings(port=0, db=":memory:", clock="manual"))
    routes: dict[str, Any] = {}
    for rule in app.url_map.iter_rules():
        if rule.rule.startswith(FOR_PEOPLE):
            continue
        schema = app.view_functions[rule.endpoint].__dict__.get("request_schema")
        for method in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"}):
            routes[f"{method} {template(rule.rule)}"] = _keys(schema) if isinstance(schema, Schema) else None
    app.extensions["mockpsp"].close()
    moves = {name: _keys(move.details) for name, move in MOVES.items()}
    parts = (f"{json.dumps(name)}: {{\n{_rows(rows)}\n}}" for name, rows in (("routes", routes), ("moves", moves)))
    return "{\n" + ",\n".join(parts) + "\n}\n"


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
