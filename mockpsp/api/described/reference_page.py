"""The reference page: the OpenAPI document as plain HTML, without script or anything from elsewhere."""

import base64
import hashlib
from collections.abc import Iterator
from html import escape
from typing import Any

Document = dict[str, Any]

_STYLE = """
:root { color-scheme: light dark; --line: color-mix(in srgb, currentColor 20%, transparent); }
body { font: 16px/1.5 system-ui, sans-serif; margin: 0 auto; max-width: 62rem; padding: 1rem 1.5rem 6rem; }
nav ul { columns: 3; list-style: none; padding: 0; }
h2 { border-bottom: 2px solid var(--line); margin-top: 3rem; }
details { border-bottom: 1px solid var(--line); padding: .4rem 0; }
summary { cursor: pointer; }
code, .verb { font-family: ui-monospace, monospace; font-size: .92em; }
.verb { display: inline-block; font-weight: 700; min-width: 4.5rem; }
table { border-collapse: collapse; margin: .5rem 0 1rem; width: 100%; }
td, th { border-top: 1px solid var(--line); padding: .25rem .75rem .25rem 0; text-align: left; vertical-align: top; }
td:first-child { white-space: nowrap; }
@media (max-width: 40rem) { nav ul { columns: 1; } }
"""
_DIGEST = base64.b64encode(hashlib.sha256(_STYLE.encode()).digest()).decode()
#: What the page may load: its own style, nothing else.
POLICY = (
    f"default-src 'none'; style-src 'sha256-{_DIGEST}'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)


def render(document: Document) -> str:
    """The page."""
    return "".join(_page(document))


def _page(document: Document) -> Iterator[str]:
    info, schemas = document["info"], document["components"]["schemas"]
    tags = [tag["name"] for tag in document["tags"]]
    bodies = {_name(body) for body in _bodies(document)}
    yield f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{escape(info["title"])} API</title>'
    yield f'<meta name="viewport" content="width=device-width, initial-scale=1"><style>{_STYLE}</style></head><body>'
    yield f"<h1>{escape(info['title'])} {escape(info['version'])}</h1><p>{_prose(info['description'])}</p>"
    yield '<p>For machines: <a href="/openapi.json">/openapi.json</a>.</p><nav><ul>'
    yield from (f'<li><a href="#{_anchor(tag)}">{escape(tag)}</a></li>' for tag in tags)
    yield '<li><a href="#objects">objects</a></li></ul></nav>'
    for tag in document["tags"]:
        yield f'<section id="{_anchor(tag["name"])}"><h2>{escape(tag["name"])}</h2>'
        yield f"<p>{_prose(tag.get('description', ''))}</p>"
        for path, operations in document["paths"].items():
            for method, operation in operations.items():
                if tag["name"] in operation["tags"]:
                    yield from _operation(method.upper(), path, operation, schemas)
        yield "</section>"
    yield '<section id="objects"><h2>Objects</h2>'
    for name in sorted(set(schemas) - bodies):
        schema = schemas[name]
        words = f" {_type(schema)}." if "enum" in schema else ""
        yield f'<h3 id="{_anchor(name)}">{escape(name)}</h3><p>{_prose(schema.get("description", ""))}{words}</p>'
        yield from _table(schema)
    yield "</section></body></html>\n"


def _bodies(document: Document) -> Iterator[Document]:
    """References to what operations take: shown with each operation, not among the objects."""
    for operations in document["paths"].values():
        for operation in operations.values():
            schema = operation.get("requestBody", {}).get("content", {}).get("application/json", {}).get("schema", {})
            if "$ref" in schema:
                yield schema


def _operation(method: str, path: str, operation: Document, schemas: Document) -> Iterator[str]:
    yield f'<details id="{_anchor(operation["operationId"])}"><summary><span class="verb">{method}</span> '
    yield f"<code>{escape(path)}</code> {_prose(operation['summary'])}</summary>"
    if operation.get("description"):
        yield f"<p>{_prose(operation['description'])}</p>"
    if operation.get("security") == []:
        yield "<p>Needs no credentials.</p>"
    queries = [_query_name(one) for one in operation["parameters"]]
    if any(queries):
        yield f"<p>Query: {', '.join(f'<code>{escape(name)}</code>' for name in queries if name)}</p>"
    body = operation.get("requestBody", {}).get("content", {}).get("application/json", {}).get("schema")
    if body is not None:
        yield "<h4>Takes</h4>"
        yield from _table(schemas[_name(body)] if "$ref" in body else body)
    yield "<h4>Answers</h4><table>"
    for status, response in operation["responses"].items():
        yield f"<tr><td><code>{status}</code></td><td>{_answer(response)}</td></tr>"
    yield "</table></details>"


def _query_name(parameter: Document) -> str:
    if "$ref" in parameter:
        return str(parameter["$ref"]).rpartition("/")[2]
    return str(parameter["name"]) if parameter["in"] == "query" else ""


def _answer(response: Document) -> str:
    schema = response.get("content", {}).get("application/json", {}).get("schema", {})
    keys = [f"<code>{escape(name)}</code>: {_type(one)}" for name, one in schema.get("properties", {}).items()]
    keys = [key for key in keys if not key.startswith("<code>success")]
    return " ".join([_prose(response["description"]), ", ".join(keys)])


def _table(schema: Document) -> Iterator[str]:
    required = schema.get("required", ())
    if not schema.get("properties"):
        return
    yield "<table>"
    for name, field in schema["properties"].items():
        star = " *" if name in required and "additionalProperties" not in schema else ""
        meaning = _prose(field.get("description", ""))
        yield f"<tr><td><code>{escape(name)}</code>{star}</td><td>{_type(field)}</td><td>{meaning}</td></tr>"
    yield "</table>"


def _type(schema: Document) -> str:
    """A type as people read it, with a link where it is an object of its own."""
    if "$ref" in schema:
        name = _name(schema)
        return f'<a href="#{_anchor(name)}">{escape(name)}</a>'
    if "anyOf" in schema:
        return " or ".join(_type(one) for one in schema["anyOf"])
    if "enum" in schema:
        return " or ".join(f"<code>{escape(str(word))}</code>" for word in schema["enum"] if word is not None)
    found = schema.get("type", "anything")
    kinds = found if isinstance(found, list) else [found]
    if kinds[0] == "array":
        kinds = [f"list of {_type(schema.get('items', {}))}", *kinds[1:]]
    return " or ".join(kind if kind.startswith("list of") else escape(kind) for kind in kinds)


def _name(schema: Document) -> str:
    return str(schema["$ref"]).rpartition("/")[2]


def _anchor(name: str) -> str:
    return escape(name.lower().replace(" ", "-").replace(".", "-"))


def _prose(text: str) -> str:
    """Text with its `code` marked up."""
    parts = escape(text).split("`")
    return "".join(f"<code>{part}</code>" if place % 2 else part for place, part in enumerate(parts))
