"""Who may look at the page of a universe: whoever signs in with its credentials, in a browser that asks for itself."""

from collections.abc import Iterator

import pytest
from flask import Flask
from flask.testing import FlaskClient

from mockpsp.api.pages.session import COOKIE, UI, back_to
from mockpsp.config import Settings
from mockpsp.serving.app import create_app

AUTH = ("test-proj_looked", "key_sandbox_looked")
FORM = {"project_id": AUTH[0], "secret": AUTH[1]}
OTHER = ("test-proj_other", "key_sandbox_other")


@pytest.fixture
def app() -> Iterator[Flask]:
    app = create_app(Settings(db=":memory:", clock="manual"))
    with app.test_client() as client:
        for login in (AUTH, OTHER):
            client.get("/sandbox", auth=login)
    yield app
    app.extensions["mockpsp"].close()


@pytest.fixture
def person(app: Flask) -> FlaskClient:
    client = app.test_client()
    assert client.post(f"{UI}/sign-in", data=FORM).status_code == 303
    return client


def pages(app: Flask) -> list[tuple[str, str]]:
    """(method, path) of every route of the page that is for those who have signed in."""
    return [
        (method, rule.rule.replace("<", "").replace(">", ""))
        for rule in app.url_map.iter_rules()
        for method in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"})
        if rule.rule.startswith(UI) and "/sign-" not in rule.rule
    ]


def test_a_browser_is_led_from_the_root_to_the_form_and_other_clients_are_not(app: Flask) -> None:
    client = app.test_client()

    led = client.get("/", headers={"Accept": "text/html,*/*"}, follow_redirects=True)
    told = client.get("/", headers={"Accept": "*/*"})

    assert "Sign in" in led.text
    assert told.json is not None and told.json["success"]


def test_who_signs_in_sees_the_universe(person: FlaskClient) -> None:
    page = person.get(UI)

    assert page.status_code == 200
    assert AUTH[0] in page.text


def test_the_cookie_goes_to_the_page_alone_and_holds_no_secret(app: Flask) -> None:
    answer = app.test_client().post(f"{UI}/sign-in", data=FORM)

    cookie = answer.headers["Set-Cookie"]
    assert cookie.startswith(f"{COOKIE}={AUTH[0]}:")
    assert all(word in cookie for word in ("HttpOnly", "SameSite=Strict", f"Path={UI}"))
    assert AUTH[1] not in cookie


def test_every_page_sends_others_to_the_form(app: Flask) -> None:
    client = app.test_client()
    asked = pages(app)

    assert len(asked) > 3
    assert [one for one in asked if client.open(one[1], method=one[0]).status_code != 303] == []


@pytest.mark.parametrize(
    "cookie", ["", "x", f"{AUTH[0]}:", f"{AUTH[0]}:{'0' * 64}", "test-proj_nobody:00", f"{AUTH[0]}:\xe9"]
)
def test_a_made_up_cookie_is_none(app: Flask, cookie: str) -> None:
    client = app.test_client()

    assert client.get(UI, headers={"Cookie": f"{COOKIE}={cookie}"}).status_code == 303


def test_a_cookie_shows_its_own_universe_alone(app: Flask) -> None:
    own = app.test_client().post(f"{UI}/sign-in", data=FORM).headers["Set-Cookie"].partition(";")[0]

    assert app.test_client().get(UI, headers={"Cookie": own.replace(AUTH[0], OTHER[0])}).status_code == 303


def test_the_cookie_opens_no_call_of_the_api(person: FlaskClient) -> None:
    cookie = person.get_cookie(COOKIE, path=UI)
    assert cookie is not None
    sent = {"Cookie": f"{COOKIE}={cookie.value}"}

    assert [person.get(path, headers=sent).status_code for path in ("/invoices", "/sandbox", "/sandbox/clock")] == [
        401
    ] * 3


def test_signing_in_opens_no_universe(app: Flask) -> None:
    client = app.test_client()

    answer = client.post(f"{UI}/sign-in", data={"project_id": "test-proj_new", "secret": "key_sandbox_new"})

    assert answer.status_code == 401
    with app.extensions["mockpsp"].database.reading() as conn:
        assert conn.execute("SELECT count(*) FROM project WHERE id = 'test-proj_new'").fetchone() == (0,)


@pytest.mark.parametrize("form", [{}, {**FORM, "secret": "key_sandbox_wrong"}, {"project_id": AUTH[0]}])
def test_without_the_secret_nobody_signs_in(app: Flask, form: dict[str, str]) -> None:
    answer = app.test_client().post(f"{UI}/sign-in", data=form)

    assert answer.status_code == 401
    assert "Set-Cookie" not in answer.headers


def test_who_signs_out_is_asked_again(person: FlaskClient) -> None:
    person.post(f"{UI}/sign-out")

    assert person.get(UI).status_code == 303


def test_a_reset_keeps_who_is_signed_in(person: FlaskClient) -> None:
    assert person.post("/sandbox/reset", auth=AUTH).status_code == 200

    assert person.get(UI).status_code == 200


@pytest.mark.parametrize(
    "body", [b"{", b"\xff=\xfe", b"a[b]=1&a=2", b"x" * 2_000_000, b"%ff=1&=&&a%00=b"], ids=range(5)
)
def test_hostile_forms_are_refused_or_ignored(app: Flask, person: FlaskClient, body: bytes) -> None:
    kind = "application/x-www-form-urlencoded"
    asked = [*pages(app), ("POST", f"{UI}/sign-in")]

    answered = {
        (method, path): person.open(path, method=method, data=body, content_type=kind).status_code
        for method, path in asked
    }

    assert {one: code for one, code in answered.items() if code >= 500} == {}


@pytest.mark.parametrize(
    "headers",
    [{"Origin": "http://shop.example"}, {"Sec-Fetch-Site": "cross-site"}, {"Sec-Fetch-Site": "same-site"}],
    ids=str,
)
def test_another_sites_page_does_nothing_here(app: Flask, person: FlaskClient, headers: dict[str, str]) -> None:
    refused = [person.open(path, method=method, headers=headers).status_code for method, path in pages(app)]

    assert set(refused) == {403}


@pytest.mark.parametrize("page", ["", "/sign-in"])
def test_pages_load_nothing_from_elsewhere_and_are_framed_by_nobody(person: FlaskClient, page: str) -> None:
    answer = person.get(f"{UI}{page}")

    policy = answer.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy and "frame-ancestors 'none'" in policy and "unsafe" not in policy
    assert answer.headers["Cache-Control"] == "no-store"
    assert "<script>" not in answer.text and " style=" not in answer.text and " onclick" not in answer.text


@pytest.mark.parametrize(
    ("asked", "leads"),
    [
        (f"{UI}/clock", f"{UI}/clock"),
        (f"{UI}?status=failed", f"{UI}?status=failed"),
        (None, UI),
        ("https://shop.example", UI),
        ("//shop.example", UI),
        (f"{UI}/\\shop.example", UI),
        (f"{UI}.shop.example", UI),
        (f"{UI}/a\r\nSet-Cookie: b", UI),
        ("/sandbox/reset", UI),
        (f"{UI}/../reset", UI),
        (f"{UI}/payments/%2E./.%2e/reset", UI),
        (f"{UI}?q=/../a", f"{UI}?q=/../a"),
    ],
)
def test_one_goes_on_to_places_of_the_page_alone(asked: str | None, leads: str) -> None:
    assert back_to(asked) == leads


@pytest.mark.parametrize("path", ["/nothing", "/payments/x/y", "/act/settle"])
def test_what_is_not_on_the_page_is_told_a_browser_by_a_page(app: Flask, path: str) -> None:
    client = app.test_client()

    page = client.get(f"{UI}{path}", headers={"Accept": "text/html,*/*"})
    program = client.get(f"{UI}{path}", headers={"Accept": "application/json"})

    assert (page.status_code, page.mimetype) == (program.status_code, "text/html")
    assert "That did not work" in page.text and page.headers["X-Frame-Options"] == "DENY"
    assert program.json is not None and program.json["error_type"] == "request.route-not-found"


def test_other_paths_are_told_a_browser_as_the_api_does(app: Flask) -> None:
    answer = app.test_client().get("/sandbox/uix", headers={"Accept": "text/html"})

    assert (answer.status_code, answer.mimetype) == (404, "application/json")
