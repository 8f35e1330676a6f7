"""The OpenAPI 3.1 document of this sandbox, made from its routes, request schemas, endpoints and objects.

Nothing here is written twice: a route's summary is its view's docstring, its body the schema it loads, its answer the
row in endpoints.py, and an object the table in objects.py.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from flask import Flask
from marshmallow import Schema
from werkzeug.routing import Rule

from mockpsp import __version__
from mockpsp.api.described.endpoints import HOSTED_PAGES, Endpoint, declared, tag_of, template
from mockpsp.api.described.links import links_of
from mockpsp.api.described.naming import name_parts, without_circles
from mockpsp.api.described.objects import objects, schema_of
from mockpsp.api.described.request_schemas import new_document
from mockpsp.api.resources.gateway_configurations import FILTERS
from mockpsp.api.shapes.expansions import RELATIONS
from mockpsp.api.wire import public

Document = dict[str, Any]

_ABOUT = """A payment sandbox that speaks the ProcessOut API. Requests are JSON or forms; null and empty text mean
absent. Amounts are text in major units. Every answer says `success`; lists come in pages. Three headers go on calls
that change something: `Idempotency-Key` (at most 255 characters) has the same request answered the same again,
`Mockpsp-Gateway` names the PSP of one payment, and browsers and apps send back the `x-processout-client-secret` that
came with an invoice."""
_CONTROL_ABOUT = "What drives this sandbox: time, the world's moves, the books. No part of the published API."

#: What may go wrong on any route, on those that name an object, on those that take money, and so on.
_ANYWHERE = {
    "400": "The request is wrong: a field, a cursor, an expansion, or what the payment's state forbids.",
    "401": "The credentials are missing or wrong.",
    "403": "The request came from another site's page, or under a name that is not this machine's.",
    "429": "Too many requests.",
}
_NOT_FOUND = "An object of that id does not exist."
_FAILED = "The payment failed, or the customer has to do something first."
_CONFLICT = "Time is being moved already."
_TOO_MUCH = "The body is too large."
#: Paths where the payment itself can fail.
_CAN_FAIL = re.compile(
    r"/(authorize|capture|increment_authorization|void|refunds|payout|native-payment|authenticate|three-d-s|tokens|"
    r"tokens/\{\}|apm-payment|apm-payments|tokenize|simulate)$"
)
#: Routes that are refused in a way of their own: path -> status -> what the refusal is.
_OWN_REFUSALS = {
    "/sandbox/settle": {"409": "NotSettled"},
    "/invoices/{invoice_id}/apm-payment": {"400": "StepRefused"},
    "/customers/{customer_id}/apm-tokens/{token_id}/tokenize": {"400": "StepRefused"},
}
#: What the answers to browsers and apps carry.
_OUTCOME = "word: success failed pending"
_PUBLIC = "Browsers and apps may call it with the project's id and an empty password."
_LIST_PARAMETERS = ("limit", "order", "start_after", "end_before")
#: An answer of the control plane.
_SUCCESS: Document = {
    "type": "object",
    "properties": {"success": {"const": True}},
    "required": ["success"],
    "additionalProperties": True,
}
#: How an answer in several forms looks in each of them but JSON.
_CONTENT: Document = {
    "application/xml": {"schema": {"type": "string"}},
    "text/csv": {"schema": {"type": "string"}},
    "text/plain": {"schema": {"type": "string"}},
}
#: Objects whose kind in the table of expansions is called otherwise.
_KIND_BY_OBJECT = {"TransactionOperation": "operation", "GatewayConfiguration": "gateway_configuration"}
_PARAMETERS: Document = {
    "limit": {"schema": {"type": "integer", "minimum": 0, "maximum": 100, "default": 10}, "description": "how many"},
    "order": {"schema": {"enum": ["asc", "desc"], "default": "desc"}, "description": "oldest or newest first"},
    "start_after": {"schema": {"type": "string"}, "description": "an id of the list; the page begins after it"},
    "end_before": {
        "schema": {"type": "string"},
        "description": "an id of the list; the page ends before it, whatever start_after says",
    },
}
#: What lists of gateway configurations take besides.
_CONFIGURATION_PARAMETERS: Document = {
    "filter": {"schema": {"enum": list(FILTERS)}, "description": "which of them"},
    "with_disabled": {"schema": {"type": "boolean"}, "description": "those switched off as well"},
    "expand_merchant_accounts": {
        "schema": {"type": "boolean"},
        "description": "one for each sub-account, with its gateway",
    },
}


#: How the routes begin that only browsers ask for: the page of a universe, and its style sheet and scripts.
FOR_PEOPLE = ("/sandbox/ui", "/static/")


def routes(app: Flask) -> Iterator[tuple[Rule, str]]:
    """Each route with each of its methods, in the order they were made."""
    for rule in app.url_map.iter_rules():
        if rule.endpoint.startswith("unsupported_routes.") or rule.rule.startswith(FOR_PEOPLE):
            continue  # they answer that they are not simulated, or speak to people, and nothing else
        yield from ((rule, method) for method in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"}))


def endpoint_of(rule: Rule, method: str) -> Endpoint | None:
    """What a route is declared to answer; None when it has no row."""
    return declared().get((method, template(rule.rule)))


def path_of(rule: str) -> str:
    """A route's path as OpenAPI writes it."""
    return re.sub(r"<(?:[a-z]+:)?([a-z_]+)>", r"{\1}", rule)


def build(app: Flask, *, expanded: bool = True) -> Document:
    """The whole document; not `expanded`, what an object has of others that know it in turn is a plain object."""
    document, inline = new_document(
        "mockpsp",
        __version__,
        info={"description": " ".join(_ABOUT.split())},
        servers=[{"url": "/"}],
        security=[{"basic": []}],
    )
    document.components.security_scheme("basic", {"type": "http", "scheme": "basic"})
    for name, parameter in _PARAMETERS.items():
        document.components.parameter(name, "query", {"name": name, "in": "query", **parameter})
    for table in objects().values():
        document.components.schema(table.name, table.schema())
    document.components.response("Error", _response("The request was not carried out.", schema_of("Error")))
    tags = sorted({tag_of(rule.rule) for rule, _ in routes(app)})
    for tag in tags:
        document.tag({"name": tag, **({"description": _CONTROL_ABOUT} if tag == "control plane" else {})})
    for rule, method in routes(app):
        found = _operation(app, rule, method)
        forms = app.view_functions[rule.endpoint].__dict__.get("request_forms")
        if forms is not None:
            whole_body = forms(inline)
            schema = app.view_functions[rule.endpoint].__dict__["request_schema"]
            name = whole_body.pop("title", type(schema).__name__)
            document.components.schema(name, whole_body)
            found["requestBody"]["content"]["application/json"]["schema"] = schema_of(name)
        document.path(path=path_of(rule.rule), operations={method.lower(): found})
    whole: Document = document.to_dict()
    _add_links(app, whole)
    name_parts(whole)
    if not expanded:
        without_circles(whole, set(objects()))
    return whole


def _operation(app: Flask, rule: Rule, method: str) -> Document:
    view: Callable[..., Any] = app.view_functions[rule.endpoint]
    summary, _, rest = (view.__doc__ or "").strip().partition("\n")
    endpoint = endpoint_of(rule, method)
    schema = view.__dict__.get("request_schema")
    is_open = endpoint is not None and endpoint.is_open
    parameters: list[Any] = [
        {"name": name, "in": "path", "required": True, "schema": {"type": "string", "minLength": 1, "maxLength": 64}}
        for name in re.findall(r"<(?:[a-z]+:)?([a-z_]+)>", rule.rule)
    ]
    if endpoint is not None and not endpoint.is_page:
        parameters += _query(endpoint)
    parameters += [
        {"name": name, "in": "query", "schema": {"type": "string"}, **parameter}
        for name, parameter in view.__dict__.get("parameters", {}).items()
    ]
    found: Document = {
        "operationId": rule.endpoint.split(".")[-1],
        "summary": summary.strip(),
        "tags": [tag_of(rule.rule)],
        "parameters": parameters,
        "responses": {
            **_success(endpoint, view.__dict__.get("media")),
            **_errors(rule, method, is_open=is_open, may_be_wrong=bool(view.__dict__.get("parameters"))),
        },
    }
    if rest.strip():
        found["description"] = " ".join(rest.split())
    if isinstance(schema, Schema):
        is_required = any(field.required for field in schema.fields.values())
        found["requestBody"] = {"required": is_required, "content": {"application/json": {"schema": schema}}}
    elif schema is not None:
        found["requestBody"] = {"required": True, "content": {"application/json": {"schema": dict(schema)}}}
    if is_open:
        found["security"] = []
    elif _takes_public_calls(rule, method):
        found["description"] = " ".join([found.get("description", ""), _PUBLIC]).strip()
    return found


def _takes_public_calls(rule: Rule, method: str) -> bool:
    return public.opens(method, template(rule.rule).replace("{}", "{id}"))


def _query(endpoint: Endpoint) -> list[Any]:
    """Paging for lists, expansion for everything with something to expand."""
    found: list[Any] = list(_LIST_PARAMETERS) if endpoint.is_list else []
    if endpoint.is_list and endpoint.object == "GatewayConfiguration":
        found += [{"name": name, "in": "query", **parameter} for name, parameter in _CONFIGURATION_PARAMETERS.items()]
    kind = _KIND_BY_OBJECT.get(endpoint.object, endpoint.object.lower())
    names = list(RELATIONS.get(kind, ()))
    if names:
        meaning = f"objects to show in full: {', '.join(names)}; dots go deeper"
        items = {"type": "string", "pattern": rf"^({'|'.join(names)})(\.[a-z_]+)*$"}
        schema = {"type": "array", "items": items, "examples": [names[:1]]}
        found.append({"name": "expand", "in": "query", "explode": True, "schema": schema, "description": meaning})
    return found


def _success(endpoint: Endpoint | None, media: Mapping[str, str] | None = None) -> Document:
    if media is not None and endpoint is not None:
        as_json: Document = {"application/json": {"schema": envelope(endpoint)}}
        content = {kind: (as_json | _CONTENT)[kind] for kind in sorted({*media.values()})}
        return {"200": {"description": "Done.", "content": content}}
    if endpoint is None:
        return {"200": _response("Done.", dict(_SUCCESS))}
    if endpoint.is_page:
        page = {"description": "A page.", "content": {endpoint.media_type: {"schema": {"type": "string"}}}}
        if "{}" not in endpoint.path:
            return {"200": page}
        if tag_of(endpoint.path) != HOSTED_PAGES:
            return {"200": page, "404": _response("There is no such page.", schema_of("Error"))}
        if endpoint.method == "GET":
            return dict.fromkeys(("200", "404"), page)
        return {**dict.fromkeys(("200", "400", "403", "404", "413"), page), "303": {"description": "The way on."}}
    if endpoint.object == "Any":
        return {"200": _response("An object of its own form.", {"type": "object"})}
    return {str(endpoint.status): _response("Done.", envelope(endpoint))}


def envelope(endpoint: Endpoint) -> Document:
    """The JSON schema of what an endpoint answers when all goes well."""
    properties: Document = {"success": {"const": True}}
    optional = []
    if endpoint.is_bare:
        table = objects()[endpoint.object]
        properties |= table.schema()["properties"]
        optional = [field.name for field in table.fields if field.may_be_absent]
    elif endpoint.is_list:
        properties[endpoint.key] = {"type": "array", "items": schema_of(endpoint.object)}
        properties |= {name: {"type": "integer"} for name in ("count", "limit", "total_count")}
        properties |= {"has_more": {"type": "boolean"}, "order": {"enum": ["asc", "desc"]}}
    elif endpoint.key:
        properties[endpoint.key] = schema_of(endpoint.object)
    is_open = public.opens(endpoint.method, endpoint.path.replace("{}", "{id}"))
    for is_there, name, shown in (
        (endpoint.may_ask_customer, "customer_action", "CustomerAction"),
        (endpoint.shows_native_apm, "native_apm", "NativeApm"),
        (is_open, "outcome", _OUTCOME),
        (is_open and endpoint.key == "transaction", "authorized", "flag"),
        (is_open and endpoint.key == "transaction", "captured", "flag"),
        (is_open and endpoint.key == "transaction", "customer_token_id", "text"),
    ):
        if is_there:
            properties[name] = schema_of(shown)
            optional.append(name)
    required = [name for name in properties if name not in optional]
    return {"type": "object", "properties": properties, "required": required, "additionalProperties": False}


def _errors(rule: Rule, method: str, *, is_open: bool, may_be_wrong: bool) -> Document:
    found = dict(_ANYWHERE)
    if is_open:
        return {"400": _response(found["400"], schema_of("Error"))} if may_be_wrong else {}
    path, writes = path_of(rule.rule), method != "GET"
    if rule.arguments or writes or path.startswith("/sandbox"):
        found["404"] = _NOT_FOUND
    if writes:
        found["413"] = _TOO_MUCH
    # What asks for a step's state is told a decline too.
    if (writes or path.endswith("/apm-payment")) and _CAN_FAIL.search(template(path)):
        found["410"] = _FAILED
    if path == "/network-tokens":
        found["422"] = "The card has a network token already."
    if path.startswith("/sandbox"):
        found |= {"409": _CONFLICT}
    own = _OWN_REFUSALS.get(path, {})
    return {status: _response(found[status], schema_of(own.get(status, "Error"))) for status in sorted(found)}


def _response(meaning: str, schema: Document) -> Document:
    return {"description": meaning, "content": {"application/json": {"schema": schema}}}


def _add_links(app: Flask, document: Document) -> None:
    """From what makes an object to what can be done with it."""
    for rule, method in routes(app):
        endpoint = endpoint_of(rule, method)
        if endpoint is None or not endpoint.key or endpoint.is_list:
            continue
        found = links_of(endpoint, path_of(rule.rule), document["paths"])
        if found:
            answer = document["paths"][path_of(rule.rule)][method.lower()]["responses"][str(endpoint.status)]
            answer["links"] = found
