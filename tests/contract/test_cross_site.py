"""No other site's page gets at what needs the secret key: each route, against each way a page has of asking."""

import re
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from flask import Flask
from flask.testing import FlaskClient

from mockpsp.api.wire import public
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
    "frame": {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "iframe"},
    "picture": {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "no-cors", "Sec-Fetch-Dest": "image"},
    "form": {"Origin": "https://shop.example", "Content-Type": "application/x-www-form-urlencoded"},
    "plain text": {"Sec-Fetch-Site": "cross-site", "Content-Type": "text/plain"},
    "address that only looks like ours": {"Host": "127.0.0.1.shop.example"},
    "name that only looks like ours": {"Host": "localhost.shop.example"},
    "forwarded": {"Host": "shop.example", "X-Forwarded-Host": "127.0.0.1", "Forwarded": "host=127.0.0.1"},
    "more than a host": {"Host": "shop.example@localhost"},
    "host and path": {"Host": "localhost/shop.example"},
    "letters for a port": {"Host": "localhost:shop.example"},
    "two hosts in one": {"Host": "localhost, shop.example"},
    "a letter nobody sees": {"Host": "local\xadhost"},
    "no host": {"Host": ""},
    "origin with more than a host": {"Origin": "http://shop.example@127.0.0.1"},
    "origin of another scheme": {"Host": "127.0.0.1", "Origin": "ftp://127.0.0.1"},
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


#: How a browser asks for the whole window, where a person follows a link.
FOLLOWED = {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "document"}


@contextmanager
def serving(settings: Settings) -> Iterator[Flask]:
    app = create_app(settings)
    try:
        yield app
    finally:
        app.extensions["mockpsp"].close()


def routes(app: Flask) -> list[tuple[str, str, str]]:
    """(method, path, rule) of every route, with something for each of its ids."""
    return [
        (method, re.sub(r"<[^>]+>", "x", rule.rule), rule.rule)
        for rule in app.url_map.iter_rules()
        for method in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"})
    ]


#: The routes that ask for no credentials. A new one is written down here, or it fails the tests below.
KEYLESS = {
    ("GET", "/"),
    ("GET", "/healthz"),
    ("GET", "/openapi.json"),
    ("GET", "/docs"),
    ("GET", "/docs/<name>"),
    ("GET", "/sandbox/certificate.pem"),
    ("GET", "/checkout/<project_id>/<invoice_id>"),
    ("POST", "/checkout/<project_id>/<invoice_id>"),
    ("GET", "/checkout/<project_id>/<invoice_id>/redirect/<configuration_id>"),
    ("GET", "/checkout/<project_id>/<invoice_id>/native/<configuration_id>"),
    ("POST", "/checkout/<project_id>/<invoice_id>/native/<configuration_id>"),
    ("GET", "/checkout/<project_id>/<customer_id>/<token_id>/native/<configuration_id>"),
    ("POST", "/checkout/<project_id>/<customer_id>/<token_id>/native/<configuration_id>"),
    ("GET", "/checkout/<project_id>/<invoice_id>/redirect/<configuration_id>/tokenized/<token_id>"),
    ("GET", "/checkout/<project_id>/<customer_id>/<token_id>/redirect/<configuration_id>"),
    ("GET", "/checkout/<project_id>/<invoice_id>/three-d-s/redirect/<source>"),
    ("POST", "/checkout/<project_id>/<invoice_id>/three-d-s/redirect/<source>"),
    ("GET", "/checkout/<project_id>/<invoice_id>/three-d-s/<challenge_id>"),
    ("POST", "/checkout/<project_id>/<invoice_id>/three-d-s/<challenge_id>"),
    ("GET", "/checkout/<project_id>/three-d-s"),
    ("POST", "/checkout/<project_id>/three-d-s"),
    ("GET", "/ccfield.html"),
    ("GET", "/messagehub.html"),
    ("GET", "/images/<path:name>"),
    ("GET", "/js/libraries/<name>"),
    ("GET", "/static/<name>"),
}
#: The page of a universe: who has not signed in is sent to do that, see test_page.py.
PAGE = "/sandbox/ui"


def needs_secret(method: str, rule: str) -> bool:
    return (method, rule) not in KEYLESS


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
        if needs_secret(method, rule) and ask(client, method, path, foreign) != 403
    ]

    assert answered == []
    assert client.get("/sandbox/digest", auth=AUTH).json == before


@pytest.mark.parametrize("foreign", FOREIGN.values(), ids=FOREIGN)
def test_nor_does_it_tell_such_a_page_what_it_would_answer(app: Flask, foreign: dict[str, str]) -> None:
    client = app.test_client()
    reading = [path for method, path, rule in routes(app) if method == "GET" and needs_secret(method, rule)]

    assert [path for path in reading if client.head(path, auth=AUTH, headers=foreign).status_code != 403] == []


def test_every_route_asks_for_credentials_but_those_known_to_ask_for_none(app: Flask) -> None:
    client = app.test_client()

    keyless = {
        (method, rule)
        for method, path, rule in routes(app)
        if not rule.startswith(PAGE) and client.open(path, method=method, headers=JSON, data=b"{}").status_code != 401
    }

    assert keyless == KEYLESS


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


@pytest.mark.parametrize(
    "host",
    ["mockpsp:8765", "Host.Docker.Internal:8765", "mockpsp.", "127.1:8765", "my_service", ".".join(["a" * 63] * 3)],
)
def test_what_the_message_says_to_start_with_lets_that_host_in(app: Flask, host: str) -> None:
    message = app.test_client().get("/customers", auth=AUTH, headers={"Host": host}).json["message"]
    (named,) = re.findall(r"MOCKPSP_ALLOWED_HOSTS=(\S+)", message)

    with serving(Settings.from_environ({"MOCKPSP_ALLOWED_HOSTS": named}, db=":memory:", clock="manual")) as started:
        answer = started.test_client().get("/customers", auth=AUTH, headers={"Host": host})

    assert answer.status_code == 200


@pytest.mark.parametrize("host", ["", "localhost, shop.example", "a b", "[::1", "shop.example@localhost", "shop:0"])
def test_what_is_no_host_is_called_that_and_no_setting_is_named_for_it(app: Flask, host: str) -> None:
    answer = app.test_client().get("/customers", auth=AUTH, headers={"Host": host})

    assert (answer.status_code, answer.json["error_type"]) == (403, "sandbox.forbidden")
    assert "Host header" in answer.json["message"]
    assert "MOCKPSP_ALLOWED_HOSTS=" not in answer.json["message"]


@pytest.mark.parametrize("named", ["mockpsp", "mockpsp:8765", "MOCKPSP.", "mockpsp,shop:9000"])
def test_a_container_is_one_setting_away(named: str) -> None:
    """Called by the name that its network knows it by, from another container."""
    settings = Settings.from_environ({"MOCKPSP_ALLOWED_HOSTS": named}, db=":memory:", clock="manual", host="0.0.0.0")
    with serving(settings) as app:
        client = app.test_client()
        for host in ("mockpsp:8765", "MockPSP:8765", "mockpsp.:8765"):
            assert client.get("/sandbox", auth=AUTH, headers={"Host": host}).status_code == 200
            assert client.post("/customers", auth=AUTH, headers={"Host": host}, json={}).status_code == 200
        assert client.get("/sandbox", auth=AUTH, headers={"Host": "other:8765"}).status_code == 403


@pytest.mark.parametrize(
    ("named", "port", "error"),
    [("", 9000, "host not found"), (":9000", 9000, "host not found"), (":9000", 9001, "host not allowed")],
)
def test_webhooks_go_to_a_container_that_the_same_setting_names(named: str, port: int, error: str) -> None:
    # Five longest labels: more than a name may have, so no name server is asked.
    shop = ".".join(["a" * 63] * 5)
    settings = Settings.from_environ(
        {"MOCKPSP_ALLOWED_HOSTS": f"mockpsp, {shop}{named}"}, db=":memory:", clock="manual"
    )
    with serving(settings) as app:
        client, called = app.test_client(), {"Host": "mockpsp:8765"}
        hook = {"url": f"http://{shop}:{port}/hook"}
        client.post("/sandbox/webhook-endpoints", auth=AUTH, headers=called, json=hook)
        client.post("/customers", auth=AUTH, headers=called, json={})
        client.post("/sandbox/settle", auth=AUTH, headers=called, json={})

        (delivery,) = client.get("/sandbox/deliveries", auth=AUTH, headers=called).json["deliveries"]
        assert delivery["attempts"][0]["error"] == error


@pytest.mark.parametrize("host", ["MyBox", "mybox.", "mybox:8765"])
def test_the_name_that_a_server_was_told_to_listen_on_is_its_own(host: str) -> None:
    with serving(Settings(host="MyBox.", db=":memory:", clock="manual")) as app:
        assert app.test_client().get("/sandbox", auth=AUTH, headers={"Host": host}).status_code == 200


@pytest.mark.parametrize("origin", ["http://shop:3000", "https://shop:3000", "http://SHOP:3000"])
def test_what_a_proxy_passes_on_of_a_named_hosts_page_is_taken(origin: str) -> None:
    with serving(Settings(db=":memory:", clock="manual", allowed_hosts=("shop:3000",))) as app:
        headers = {"Host": "127.0.0.1:8765", "Origin": origin, "Sec-Fetch-Site": "same-origin"}
        assert app.test_client().get("/sandbox", auth=AUTH, headers=headers).status_code == 200


@pytest.mark.parametrize(
    ("origin", "status"), [("https://shop", 200), ("https://shop:443", 200), ("http://shop", 403), ("null", 403)]
)
def test_a_named_port_is_held_against_the_origins_own_scheme(origin: str, status: int) -> None:
    with serving(Settings(db=":memory:", clock="manual", allowed_hosts=("shop:443",))) as app:
        headers = {"Host": "127.0.0.1:8765", "Origin": origin}
        assert app.test_client().get("/sandbox", auth=AUTH, headers=headers).status_code == status


def test_no_preflight_of_a_route_that_needs_the_secret_is_answered_to_a_named_hosts_page_either() -> None:
    with serving(Settings(db=":memory:", clock="manual", allowed_hosts=("shop:3000",))) as app:
        asks = {"Origin": "http://shop:3000", "Access-Control-Request-Method": "POST"}
        answer = app.test_client().options("/customers", headers=asks)

        assert [name for name, _ in answer.headers if name.lower().startswith("access-control-")] == []


def test_forms_and_plain_text_of_this_machine_are_taken(app: Flask) -> None:
    client = app.test_client()

    for kind in ("application/x-www-form-urlencoded", "text/plain"):
        headers = {"Content-Type": kind, "Host": "127.0.0.1:8765"}
        assert (
            client.put("/sandbox/routing", auth=AUTH, headers=headers, data=b'{"default": "sandbox"}').status_code
            == 200
        )


@pytest.mark.parametrize("site", ["cross-site", "same-site"])
def test_a_link_of_another_site_leads_to_the_form_and_to_nothing_else(app: Flask, site: str) -> None:
    client = app.test_client()
    followed = {**FOLLOWED, "Sec-Fetch-Site": site}

    answered = {
        (method, rule): status
        for method, path, rule in routes(app)
        if needs_secret(method, rule) and (status := ask(client, method, path, followed)) != 403
    }

    assert {method for method, _ in answered} == {"GET"}
    assert all(rule.startswith(PAGE) for _, rule in answered)
    assert {status for (_, rule), status in answered.items() if rule != f"{PAGE}/sign-in"} == {303}


def test_who_follows_a_link_of_another_site_has_not_signed_in(app: Flask) -> None:
    client = app.test_client()
    client.get("/sandbox", auth=AUTH)
    signed = client.post(f"{PAGE}/sign-in", data={"project_id": AUTH[0], "secret": AUTH[1]})
    assert signed.status_code == 303 and client.get(PAGE).status_code == 200

    led = client.get(PAGE, headers=FOLLOWED)
    form = client.get(led.headers["Location"], headers=FOLLOWED)

    assert led.status_code == 303 and "Sign in" in form.text
    assert AUTH[0] not in form.text
    assert client.get(PAGE).status_code == 200


@pytest.mark.parametrize("missing", ["Sec-Fetch-Mode", "Sec-Fetch-Dest"])
def test_a_link_that_does_not_say_all_of_it_is_refused(app: Flask, missing: str) -> None:
    headers = {name: text for name, text in FOLLOWED.items() if name != missing}

    assert ask(app.test_client(), "GET", PAGE, headers) == 403


def test_a_form_of_another_site_that_says_it_navigates_is_refused(app: Flask) -> None:
    assert ask(app.test_client(), "POST", f"{PAGE}/sign-out", FOLLOWED) == 403
    assert ask(app.test_client(), "GET", PAGE, {**FOLLOWED, "Origin": "https://shop.example"}) == 403
