"""The reference page: the OpenAPI document as plain HTML, without script; docs_pages.py puts a frame around it."""

from collections.abc import Iterator
from html import escape
from typing import Any

from mockpsp.api.described.docs_pages import Section

Document = dict[str, Any]


def render(document: Document) -> str:
    """What the page shows under its title."""
    return "".join(_page(document))


def sections(document: Document) -> list[Section]:
    """The parts of the page."""
    tags = [tag["name"] for tag in document["tags"]]
    return [*(Section(_anchor(tag), tag) for tag in tags), Section("objects", "objects")]


def _page(document: Document) -> Iterator[str]:
    schemas = document["components"]["schemas"]
    bodies = {_name(body) for body in _bodies(document)}
    yield f"<p>{_prose(document['info']['description'])}</p>"
    yield '<p>For machines: <a href="/openapi.json">/openapi.json</a>.</p>'
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
    yield "</section>"


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
    yield '<h4>Answers</h4><div class="scroll" tabindex="0"><table>'
    for status, response in operation["responses"].items():
        yield f"<tr><td><code>{status}</code></td><td>{_answer(response)}</td></tr>"
    yield "</table></div></details>"


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
    for form in schema.get("oneOf", ()):
        yield f"<p><code>{escape(form['title'])}</code> {_prose(form['description'])}</p>"
        yield from _table(form)
    required = schema.get("required", ())
    if not schema.get("properties"):
        return
    yield '<div class="scroll" tabindex="0"><table>'
    for name, field in schema["properties"].items():
        star = " *" if name in required and "additionalProperties" not in schema else ""
        meaning = _prose(field.get("description", ""))
        yield f"<tr><td><code>{escape(name)}</code>{star}</td><td>{_type(field)}</td><td>{meaning}</td></tr>"
    yield "</table></div>"


def _type(schema: Document) -> str:
    """A type as people read it, with a link where it is an object of its own."""
    if "$ref" in schema:
        name = _name(schema)
        return f'<a href="#{_anchor(name)}">{escape(name)}</a>'
    if "const" in schema:
        return f"<code>{escape(str(schema['const']))}</code>"
    if schema.get("type") == "object" and schema.get("properties"):
        inner = ", ".join(f"<code>{escape(name)}</code>: {_type(one)}" for name, one in schema["properties"].items())
        return f"object of {inner}"
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
