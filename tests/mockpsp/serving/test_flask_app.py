"""The table of routes finds what Flask's own map finds, and leaves everything else to it."""

from collections.abc import Iterator
from typing import Any

import pytest
from flask import Flask
from hypothesis import given, settings
from hypothesis import strategies as st
from werkzeug.exceptions import HTTPException

from mockpsp.config import Settings
from mockpsp.serving.app import create_app
from mockpsp.serving.flask_app import App, Routes

METHODS = ("GET", "POST", "PUT", "DELETE", "HEAD", "OPTIONS", "PATCH")
NAMES = "invoices transactions refunds cards customers tokens events sandbox psps clock advance iv_1 %2F <id>".split()
PARTS = st.sampled_from([*NAMES, "", " ", "."])


@pytest.fixture(scope="module")
def app() -> Iterator[Flask]:
    made = create_app(Settings(db=":memory:"))
    yield made
    made.extensions["mockpsp"].close()


def by_map(app: Flask, method: str, path: str) -> Any:
    try:
        rule, ids = app.url_map.bind("localhost").match(path, method, return_rule=True)
    except HTTPException:
        return None
    return rule, dict(ids)


def test_each_rule_is_found_in_the_table(app: Flask) -> None:
    routes = Routes(app.url_map.iter_rules())
    missing = []
    for rule in app.url_map.iter_rules():
        path = "/".join("x" if part.startswith("<") else part for part in rule.rule.split("/"))
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}:
            found = routes.find(method, path)
            assert found is None or found == by_map(app, method, path)
            missing += [rule.rule] if found is None else []

    # One of paths as a whole is the map's own business.
    assert missing == ["/images/<path:name>"]


def test_a_route_is_not_taken_for_its_neighbour_while_others_are_being_learnt(app: Flask) -> None:
    rules = sorted(app.url_map.iter_rules(), key=lambda rule: "<" not in rule.rule)
    paths = ["/".join("x" if part.startswith("<") else part for part in rule.rule.split("/")) for rule in rules]
    whole, routes = Routes(rules), Routes()
    mistaken = set()

    def learnt() -> Iterator[Any]:
        for rule in rules:
            yield rule
            mistaken.update(path for path in paths if routes.find("GET", path) not in (None, whole.find("GET", path)))

    routes.add(learnt())

    assert mistaken == set()
    assert [routes.find("GET", path) for path in paths] == [whole.find("GET", path) for path in paths]


@settings(deadline=None)
@given(st.sampled_from(METHODS), st.lists(PARTS, max_size=6))
def test_what_the_table_finds_the_map_finds(app: Flask, method: str, parts: list[str]) -> None:
    path = "/" + "/".join(parts)
    found = Routes(app.url_map.iter_rules()).find(method, path)

    assert found is None or found == by_map(app, method, path)


def test_a_route_written_as_the_rule_writes_it_names_an_id_like_any_other(app: Flask) -> None:
    rules = [rule for rule in app.url_map.iter_rules() if "<" in rule.rule and ":" not in rule.rule]
    routes = Routes(app.url_map.iter_rules())

    for rule in rules:
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}:
            for path in (rule.rule, rule.rule.replace("<", "<x").replace(">", "x>")):
                assert routes.find(method, path) == by_map(app, method, path)
    assert app.test_client().get("/invoices/<id>").status_code == 401


def test_what_the_table_does_not_know_is_asked_of_the_map(app: Flask) -> None:
    client = app.test_client()

    assert client.get("/healthz/").status_code == 200
    assert client.head("/healthz").status_code == 200
    assert client.delete("/invoices").status_code == 405
    assert client.get("/nowhere").status_code == 404


def test_a_hook_may_answer_instead_of_the_view() -> None:
    app = App("hooks", {})
    app.add_url_rule("/", "view", lambda: "the view")
    app.before_request(lambda: "the hook")

    assert app.test_client().get("/").text == "the hook"


def test_hooks_behind_the_view_run_the_last_one_first() -> None:
    app = App("hooks", {})
    seen: list[str] = []
    app.add_url_rule("/", "view", lambda: "the view")
    for name in ("first", "second"):
        app.after_request(lambda response, name=name: (seen.append(name), response)[1])
    app.test_client().get("/")

    assert seen == ["second", "first"]


@pytest.mark.parametrize(
    ("path", "query", "waits"),
    [
        ("/invoices", "", False),
        ("/invoices/iv_1/capture", "", False),
        ("/healthz", "", False),
        ("/", "", False),
        ("/transactions", "limit=100", True),
        ("/sandbox/settle", "", True),
        ("/checkout/test-proj_a/iv_1/three-d-s", "", True),
        ("/openapi.json", "", True),
        ("/nowhere", "", True),
        ("*", "", True),
    ],
)
def test_what_may_wait_for_somebody_is_told_by_its_path(app: Flask, path: str, query: str, waits: bool) -> None:
    assert app.is_quick({"PATH_INFO": path, "QUERY_STRING": query}) is not waits


def test_lists_take_long_and_wait_for_nobody(app: Flask) -> None:
    assert app.is_long({"PATH_INFO": "/transactions", "QUERY_STRING": "limit=100"})
    assert not app.is_long({"PATH_INFO": "/transactions", "QUERY_STRING": ""})
    assert not app.is_long({"PATH_INFO": "/sandbox/requests", "QUERY_STRING": "limit=100"})


def test_a_busy_application_says_so(app: Flask) -> None:
    state = app.extensions["mockpsp"]

    with state.turn:
        assert state.is_busy()
        assert state.is_busy()
    assert not state.is_busy()
