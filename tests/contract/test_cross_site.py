"""No other site's page gets at what needs the secret key: each route, against each way a page has of asking."""

import re
from collections.abc import Iterator

import pytest
from flask import Flask
from flask.testing import FlaskClient

from mockpsp.api.wire import cross_site, public
from mockpsp.config import Settings
from mockpsp.serving.app import create_app

AUTH = ("test-proj_mockpsp", "key_sandbox_mockpsp")
JSON = {"Content-Type": "application/json"}
#: How a page of another site asks -> the headers a browser then sends.
FOREIGN = {
    "rebound name": {"Host": "shop.example:8765"},
    "rebound name, its own origin": {"Host": "shop.example:8765", "Origin": "http://shop.example:8765"},
    "script": {"Origin": "https://shop.example"},
    "script of another port": {"Origin": "http://127.0.0.1:3000"},
    "sandboxed frame": {"Origin": "null"},
    "link": {"Sec-Fetch-Site": "cross-site"},
    "link of a sibling": {"Sec-Fetch-Site": "same-site"},
    "form": {"Origin": "https://shop.example", "Content-Type": "application/x-www-form-urlencoded"},
    "plain text": {"Sec-Fetch-Site": "cross-site", "Content-Type": "text/plain"},
    "address that only looks like ours": {"Host": "127.0.0.1.shop.example"},
    "name that only looks like ours": {"Host": "localhost.shop.example"},
    "forwarded": {"Host": "shop.example", "X-Forwarded-Host": "127.0.0.1", "Forwarded": "host=127.0.0.1"},
}
#: How a server or a command of this machine asks.
OWN = {
    "address": {"Host": "127.0.0.1:8765"},
    "another address": {"Host": "192.168.1.7:8765"},
    "IPv6": {"Host": "[::1]:8765"},
    "name": {"Host": "localhost:8765"},
    "name below": {"Host": "shop.localhost:8765"},
    "final dot": {"Host": "LOCALHOST.:8765"},
    "own page": {"Host": "127.0.0.1:8765", "Origin": "http://127.0.0.1:8765", "Sec-Fetch-Site": "same-origin"},
    "typed": {"Host": "127.0.0.1:8765", "Sec-Fetch-Site": "none"},
}


@pytest.fixture(scope="module")
def app() -> Iterator[Flask]:
    app = create_app(Settings(db=":memory:", clock="manual"))
    yield app
    app.extensions["mockpsp"].close()


def routes(app: Flask) -> list[tuple[str, str, str]]:
    """(method, path, rule) of every route, with something for each of its ids."""
    return [
        (method, re.sub(r"<[^>]+>", "x", rule.rule), rule.rule)
        for rule in app.url_map.iter_rules()
        for method in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"})
    ]


def needs_secret(path: str, rule: str) -> bool:
    return rule not in cross_site.FREE and not path.startswith(public.PAGES)


def ask(client: FlaskClient, method: str, path: str, headers: dict[str, str], auth: tuple[str, str] = AUTH) -> int:
    answer = client.open(path, method=method, auth=auth, headers={**JSON, **headers}, data=b"{}")
    return 403 if b"sandbox.forbidden" in answer.data else answer.status_code


@pytest.mark.parametrize("foreign", FOREIGN.values(), ids=FOREIGN)
def test_no_route_that_needs_the_secret_answers_a_page_of_another_site(app: Flask, foreign: dict[str, str]) -> None:
    client = app.test_client()
    before = client.get("/sandbox/digest", auth=AUTH).json

    answered = [
        (method, path)
        for method, path, rule in routes(app)
        if needs_secret(path, rule) and ask(client, method, path, foreign) != 403
    ]

    assert answered == []
    assert client.get("/sandbox/digest", auth=AUTH).json == before


@pytest.mark.parametrize("own", OWN.values(), ids=OWN)
def test_every_route_answers_under_names_of_this_machine(app: Flask, own: dict[str, str]) -> None:
    client = app.test_client()

    refused = [(method, path) for method, path, _ in routes(app) if ask(client, method, path, own) == 403]

    assert refused == []


@pytest.mark.parametrize("foreign", FOREIGN.values(), ids=FOREIGN)
def test_what_needs_no_secret_stays_open(app: Flask, foreign: dict[str, str]) -> None:
    client = app.test_client()
    client.get("/sandbox", auth=AUTH)

    for path in ("/", "/healthz", "/openapi.json", "/docs", "/docs/limits"):
        assert client.get(path, headers=foreign).status_code == 200
    for method, path, rule in routes(app):
        if public.opens(method, re.sub(r"<[^>]+>", "{id}", rule)):
            assert ask(client, method, path, foreign, auth=(AUTH[0], "")) != 403, (method, path)


def test_a_preflight_of_an_open_route_is_answered_and_of_no_other(app: Flask) -> None:
    client = app.test_client()
    asks = {"Origin": "https://shop.example", "Access-Control-Request-Method": "POST"}

    assert client.options("/cards", headers=asks).headers["Access-Control-Allow-Origin"] == "*"
    refused = client.options("/sandbox/reset", headers=asks)
    assert "Access-Control-Allow-Origin" not in refused.headers


def test_the_message_names_the_setting_that_opens_it(app: Flask) -> None:
    answer = app.test_client().get("/customers", auth=AUTH, headers={"Host": "mockpsp:8765"})

    assert answer.status_code == 403
    assert "start it with MOCKPSP_ALLOWED_HOSTS=mockpsp if that is its name" in answer.json["message"]


@pytest.mark.parametrize("named", ["mockpsp", "mockpsp:8765", "MOCKPSP.", "mockpsp,shop:9000"])
def test_a_container_is_one_setting_away(named: str) -> None:
    """Called by the name that its network knows it by, from another container."""
    settings = Settings.from_environ({"MOCKPSP_ALLOWED_HOSTS": named}, db=":memory:", clock="manual", host="0.0.0.0")
    app = create_app(settings)
    try:
        client = app.test_client()
        for host in ("mockpsp:8765", "MockPSP:8765", "mockpsp.:8765"):
            assert client.get("/sandbox", auth=AUTH, headers={"Host": host}).status_code == 200
            assert client.post("/customers", auth=AUTH, headers={"Host": host}, json={}).status_code == 200
        assert client.get("/sandbox", auth=AUTH, headers={"Host": "other:8765"}).status_code == 403
    finally:
        app.extensions["mockpsp"].close()


def test_a_page_of_a_named_host_may_call() -> None:
    app = create_app(Settings(db=":memory:", clock="manual", allowed_hosts=("localhost:3000",)))
    try:
        headers = {"Host": "127.0.0.1:8765", "Origin": "http://localhost:3000", "Sec-Fetch-Site": "cross-site"}
        assert app.test_client().get("/sandbox", auth=AUTH, headers=headers).status_code == 200
    finally:
        app.extensions["mockpsp"].close()


def test_forms_and_plain_text_of_this_machine_are_taken(app: Flask) -> None:
    client = app.test_client()

    for kind in ("application/x-www-form-urlencoded", "text/plain"):
        headers = {"Content-Type": kind, "Host": "127.0.0.1:8765"}
        assert (
            client.put("/sandbox/routing", auth=AUTH, headers=headers, data=b'{"default": "sandbox"}').status_code
            == 200
        )
