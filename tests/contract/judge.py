"""Holds every answer to the OpenAPI document: its status is one the route may give, its body is what it says there."""

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

import jsonschema_rs
from flask import Response, request

from mockpsp.api.described import openapi
from mockpsp.api.wire.public import is_public_call
from mockpsp.config import Settings
from mockpsp.serving.app import create_app
from mockpsp.serving.flask_app import App
from tests.contract.decoders import undecodable

_SHOWN = 5
_DOCUMENT = "urn:mockpsp"
_WHOLE_SECOND = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z")
#: What is kept as it came.
_OWN_NOTES = ("metadata", "gateway_data", "external_fraud_tools", "public_keys")


@lru_cache(maxsize=1)
def document() -> dict[str, Any]:
    """The document of this sandbox."""
    app = create_app(Settings(port=0, db=":memory:", clock="manual"))
    found = openapi.build(app)
    app.extensions["mockpsp"].close()
    return found


@lru_cache(maxsize=1000)
def validator(method: str, path: str, status: str) -> jsonschema_rs.Draft202012Validator | None:
    """What checks the bodies of one route and status; None for a status it is not known to give."""
    operation = document()["paths"][path][method.lower()]
    response = operation["responses"].get(status)
    if response is None:
        return None
    schema = response.get("content", {}).get("application/json", {}).get("schema", {})
    return _validator(json.dumps(schema).replace('"#/', f'"{_DOCUMENT}#/'))


@lru_cache(maxsize=1000)
def _validator(schema: str) -> jsonschema_rs.Draft202012Validator:
    """One for all responses that are alike, as refusals are: each takes megabytes."""
    return jsonschema_rs.Draft202012Validator(json.loads(schema), registry=_components())


@lru_cache(maxsize=1)
def _components() -> jsonschema_rs.Registry:
    return jsonschema_rs.Registry([(_DOCUMENT, {"components": document()["components"]})])


def differences(method: str, path: str, status: int, body: Any, *, is_public: bool = False) -> list[str]:
    """How a body differs from what the document says, each with its place; pages and apps make public calls."""
    found = validator(method, path, str(status))
    where = f"{method} {path} {status}"
    if found is None:
        return [f"{where}: the document knows no such status here; the body was {str(body)[:200]}"]
    errors = list(found.iter_errors(body))
    if not path.startswith("/sandbox"):
        places = list(_whole_seconds(body, ""))
        if places:
            return [f"{where}: {place}: a time without a fraction of a second" for place in places[:_SHOWN]]
        if not errors and (lost := undecodable(method, path, status, body, is_public=is_public)):
            return lost
    return [f"{where}: {'.'.join(map(str, error.instance_path))}: {error.message[-300:]}" for error in errors[:_SHOWN]]


def _whole_seconds(node: Any, place: str) -> Iterator[str]:
    """Where times stand that the apps can't read: no fraction of a second. What a shop notes is its own."""
    for key, inner in node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ():
        if isinstance(inner, str):
            if _WHOLE_SECOND.fullmatch(inner):
                yield f"{place}.{key}"
        elif key not in _OWN_NOTES:
            yield from _whole_seconds(inner, f"{place}.{key}")


def judged(response: Response) -> list[str]:
    """How the answer of the request at hand differs from the document; nothing for what is no route of the API."""
    rule = request.url_rule
    if rule is None or response.mimetype != "application/json":
        return []
    path = openapi.path_of(rule.rule)
    if path not in document()["paths"]:
        return []
    method = "GET" if request.method == "HEAD" else request.method
    body = json.loads(response.get_data())
    return differences(method, path, response.status_code, body, is_public=is_public_call())


@dataclass(slots=True)
class Verdict:
    """How many answers were looked at, and what differed in them."""

    answers: int = 0
    differences: list[str] = field(default_factory=list)


@contextmanager
def judging(under: str = "/") -> Iterator[Verdict]:
    """Looks at the answers of every application of this program, as they come: those under a path.

    Our Flask sends no signals, so it is asked where each answer is made.
    """
    found = Verdict()
    finalize = App.finalize_request

    def judge(app: App, rv: Any, from_error_handler: bool = False) -> Response:
        response = finalize(app, rv, from_error_handler)
        if request.path.startswith(under):
            found.answers += 1
            found.differences.extend(judged(response))
        return response

    App.finalize_request = judge  # type: ignore[method-assign]
    try:
        yield found
    finally:
        App.finalize_request = finalize  # type: ignore[method-assign]
