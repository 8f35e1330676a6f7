"""The OpenAPI document: whole, honest about every route, and cheap until it is asked for."""

import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from html.parser import HTMLParser
from typing import Any

import jsonschema_rs
import pytest
import requests
from flask import Flask

from mockpsp.api.described import docs_pages, endpoints, openapi
from mockpsp.api.described.objects import objects
from mockpsp.config import Settings
from mockpsp.sandbox_client import Sandbox
from mockpsp.serving.app import create_app
from tests.contract import judge

OPERATIONS = [(path, method) for path, verbs in judge.document()["paths"].items() for method in verbs]
by_operation = pytest.mark.parametrize(("path", "method"), OPERATIONS)


@pytest.fixture
def app() -> Iterator[Flask]:
    app = create_app(Settings(port=0, db=":memory:", clock="manual"))
    yield app
    app.extensions["mockpsp"].close()


def test_it_is_answered_without_credentials_and_the_same_each_time(mockpsp: Sandbox) -> None:
    answers = [requests.get(f"{mockpsp.url}/openapi.json", timeout=10) for _ in range(2)]

    assert answers[0].headers["content-type"] == "application/json"
    assert answers[0].json()["openapi"] == "3.1.0"
    assert answers[0].content == answers[1].content


def test_every_route_is_in_it(app: Flask) -> None:
    missing = [
        f"{method} {rule.rule}"
        for rule, method in openapi.routes(app)
        if method.lower() not in judge.document()["paths"].get(openapi.path_of(rule.rule), {})
    ]

    assert missing == []


def test_every_route_is_declared_with_what_it_answers(app: Flask) -> None:
    bare = [f"{m} {rule.rule}" for rule, m in openapi.routes(app) if openapi.endpoint_of(rule, m) is None]

    assert [route for route in bare if "/sandbox" not in route] == [], (
        "give it a row in mockpsp/api/described/endpoints.py"
    )


def test_every_object_that_is_named_is_declared() -> None:
    named = {one.object for one in endpoints.declared().values() if one.key or one.is_bare}

    assert named <= set(objects())


def test_operations_have_names_of_their_own() -> None:
    names = [judge.document()["paths"][path][method]["operationId"] for path, method in OPERATIONS]

    assert sorted(names) == sorted(set(names))


@by_operation
def test_an_operation_says_what_it_does_and_where_it_belongs(path: str, method: str) -> None:
    operation = judge.document()["paths"][path][method]

    assert operation["summary"].endswith((".", ";"))
    assert len(operation["tags"]) == 1


def test_every_reference_leads_somewhere() -> None:
    def references(node: object) -> Iterator[str]:
        if isinstance(node, dict):
            yield from (value for key, value in node.items() if key == "$ref")
            for value in node.values():
                yield from references(value)
        elif isinstance(node, list):
            for value in node:
                yield from references(value)

    def found(reference: str) -> bool:
        node = judge.document()
        for part in reference.removeprefix("#/").split("/"):
            if part not in node:
                return False
            node = node[part]
        return True

    assert [reference for reference in references(judge.document()) if not found(reference)] == []


def test_every_schema_is_one() -> None:
    for name, schema in judge.document()["components"]["schemas"].items():
        jsonschema_rs.meta.validate({"$schema": "https://json-schema.org/draft/2020-12/schema", **schema})
        assert name


def test_links_lead_to_operations_that_take_their_parameters() -> None:
    by_name = {judge.document()["paths"][p][m]["operationId"]: p for p, m in OPERATIONS}
    links = [
        link
        for path, method in OPERATIONS
        for response in judge.document()["paths"][path][method]["responses"].values()
        for link in response.get("links", {}).values()
    ]

    assert len(links) > 50
    for link in links:
        assert all(f"{{{name}}}" in by_name[link["operationId"]] for name in link["parameters"])


def test_a_wrong_answer_is_noticed() -> None:
    good = {"success": True}
    assert judge.differences("DELETE", "/invoices/{invoice_id}", 200, good) == []

    assert judge.differences("DELETE", "/invoices/{invoice_id}", 200, {**good, "more": 1})
    assert judge.differences("DELETE", "/invoices/{invoice_id}", 200, {"success": False})
    assert judge.differences("DELETE", "/invoices/{invoice_id}", 500, good)


def test_every_answer_is_looked_at_in_process_and_over_http(app: Flask, mockpsp: Sandbox) -> None:
    with judge.judging() as found:
        app.test_client().get("/healthz")
        mockpsp.call("GET", "/cards")

    assert found.answers == 2


def test_the_lists_of_gateway_configurations_name_their_filters() -> None:
    for path in ("/gateway-configurations", "/gateways/{gateway_name}/gateway-configurations"):
        named = {one.get("name"): one for one in judge.document()["paths"][path]["get"]["parameters"]}
        assert {"filter", "with_disabled", "expand_merchant_accounts"} <= set(named)
        assert "card-payments" in named["filter"]["schema"]["enum"]


def test_the_start_does_not_wait_for_it() -> None:
    heavy = "'apispec' in m or 'described.objects' in m"
    code = f"import sys; import mockpsp.serving.app; print([m for m in sys.modules if {heavy}])"

    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=True)

    assert done.stdout.strip() == "[]"


def test_an_object_holds_none_that_holds_it_where_nothing_is_expanded(mockpsp: Sandbox) -> None:
    flat, whole = (
        requests.get(f"{mockpsp.url}/openapi.json{query}", timeout=10).json() for query in ("?expand=none", "")
    )
    schemas = flat["components"]["schemas"]

    def deep(node: object, above: tuple[str, ...] = ()) -> int:
        """How deep references lead; a circle fails."""
        inner = list(node.values()) if isinstance(node, dict) else node if isinstance(node, list) else []
        deepest = max((deep(one, above) for one in inner), default=0)
        if isinstance(node, dict) and isinstance(node.get("$ref"), str):
            name = node["$ref"].rpartition("/")[2]
            assert name not in above, f"{name} holds itself by {above}"
            deepest = max(deepest, 1 + deep(schemas[name], (*above, name)))
        return deepest

    assert {name: deep(schema, (name,)) for name, schema in schemas.items()}
    assert flat["paths"] == whole["paths"]
    assert set(schemas) == set(whole["components"]["schemas"])
    assert schemas["Invoice"]["properties"]["customer_id"] == {"type": ["string", "null"], "description": "who pays"}
    assert schemas["Invoice"]["properties"]["customer"]["anyOf"][0] == {"type": "object", "description": "Customer"}
    assert schemas["Invoice"]["properties"]["tax"]["anyOf"][0] == {"$ref": "#/components/schemas/InvoiceTax"}


def test_another_wish_for_the_document_is_refused(mockpsp: Sandbox) -> None:
    answer = requests.get(f"{mockpsp.url}/openapi.json?expand=all", timeout=10)

    assert answer.status_code == 400
    assert "expand: must be none" in answer.json()["message"]


def test_what_is_an_object_has_a_name_of_its_own() -> None:
    """Generators of clients make a class of each name; some fall over what has none but stands in a form of several."""

    def unnamed(node: object, place: str) -> Iterator[str]:
        for key, inner in node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ():
            if key in ("oneOf", "anyOf"):
                yield from (f"{place}.{key}" for one in inner if set(one) & {"title", "oneOf", "anyOf"})
            yield from unnamed(inner, f"{place}.{key}")

    assert list(unnamed(judge.document(), "")) == []


def test_forms_that_exclude_each_other_are_said_to() -> None:
    """Of forms that may hold at once, some generators make one that wants the fields of all."""
    schemas = judge.document()["components"]["schemas"]

    forms = {name: set(one) & {"oneOf", "anyOf"} for name, one in schemas.items()}
    assert forms["NewCardRequest"] == forms["SimulateRequest"] == {"oneOf"}
    assert "oneOf" in schemas["GooglePayCardRequest"]["properties"]["payment_token"]
    assert "oneOf" in schemas["AdvanceRequest"]["properties"]["until"]


@pytest.mark.parametrize(
    ("name", "body"),
    [
        ("CardRequest", {"number": None, "exp_month": 12, "exp_year": 2035}),
        ("MatchRequest", {"on": ""}),
        ("EndpointRequest", {"url": ""}),
        ("RefundFailsLater", {"fail_after": ""}),
    ],
)
def test_what_has_to_be_given_is_neither_null_nor_empty(name: str, body: dict[str, Any]) -> None:
    schema = {"$ref": f"#/components/schemas/{name}", "components": judge.document()["components"]}

    assert not jsonschema_rs.validator_for(schema).is_valid(body)


def test_no_words_differ_in_case_alone() -> None:
    def words(node: object) -> Iterator[list[str]]:
        for inner in node.values() if isinstance(node, dict) else node if isinstance(node, list) else ():
            yield from words(inner)
        if isinstance(node, dict) and isinstance(node.get("enum"), list):
            yield [str(word) for word in node["enum"]]

    twice = [found for found in words(judge.document()) if len({word.lower() for word in found}) < len(found)]

    assert twice == []


def test_nothing_is_of_type_null_alone_or_has_a_default() -> None:
    """Either makes generators of clients fail, or take a field for one that is always there."""

    def wrong(node: object, place: str) -> Iterator[str]:
        if isinstance(node, dict):
            is_named = place.endswith(".properties")  # a field may be called so
            has_default = "default" in node and not is_named and ".parameters." not in place
            if (node.get("type") == "null" and "anyOf" not in place) or has_default:
                yield place
        for key, inner in node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ():
            yield from wrong(inner, f"{place}.{key}")

    assert list(wrong(judge.document(), "")) == []


def test_no_two_things_are_called_the_same_in_generated_code() -> None:
    """Generators write names in one way: a schema's, and its properties' words after both their names."""
    schemas = judge.document()["components"]["schemas"]
    names = [_written(name) for name in schemas]
    for name, schema in schemas.items():
        properties = schema.get("properties", {})
        names += [_written(name + key) for key, one in properties.items() if "enum" in one]
        names += [f"{name}.{_written(key)}" for key in properties]

    assert [name for name, count in Counter(names).items() if count > 1] == []


def _written(name: str) -> str:
    return name.replace("_", "").lower()


class Page(HTMLParser):
    """What a page holds: tags, the addresses it names, its anchors."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.targets: set[str] = set()
        self.anchors: set[str] = set()
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        for name, value in attrs:
            if name in ("href", "src"):
                self.targets.add(value or "")
            elif name == "id":
                self.anchors.add(value or "")


def test_the_page_loads_this_servers_own_files_alone(mockpsp: Sandbox) -> None:
    answer = requests.get(f"{mockpsp.url}/docs", timeout=10)
    page = Page(answer.text)

    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    policy = answer.headers["content-security-policy"]
    assert "default-src 'none'" in policy and "unsafe" not in policy and "http" not in policy
    static = {target for target in page.targets if target.startswith("/static/")}
    assert {requests.get(mockpsp.url + target, timeout=10).status_code for target in static} == {200}
    pages = {"/docs", *(f"/docs/{name}" for name in docs_pages.NAMES)}
    others = {target for target in page.targets - static if not target.startswith("#")}
    assert others == {"/openapi.json", *pages}
