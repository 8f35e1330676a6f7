"""Hostile input on every route: a 4xx in the envelope, nothing changed, never a 5xx."""

import json
import re
from collections.abc import Iterator

import pytest
from flask.testing import FlaskClient
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from werkzeug.test import TestResponse

from mockpsp.config import Settings
from mockpsp.sandbox_client import Sandbox
from mockpsp.serving.app import create_app

pytestmark = pytest.mark.slow

AUTH = ("test-proj_bad", "key_test_bad")
HOSTILE_BODIES = {
    "broken": b"{",
    "an array": b"[]",
    "a number": b"1",
    "deep arrays": b"[" * 100_000,
    "deep objects": b'{"a":' * 10_000,
    "not utf-8": b"\xff\xfe{}",
    "a lone surrogate": b'{"name": "\\ud800", "email": "\\udfff@x"}',
    "nul": b'{"name": "\\u0000"}',
    "nan": b'{"amount": NaN}',
    "an endless number": b'{"amount": ' + b"9" * 5_000 + b"}",
    "a huge exponent": b'{"amount": 1e999, "limit": 1e999}',
    "twice": b'{"amount": "1", "amount": "2"}',
    "two megabytes": b'{"name": "' + b"x" * 2_000_000 + b'"}',
}
HOSTILE_QUERIES = [
    "?limit=1e9",
    "?start_after=%00",
    "?expand=%ff",
    "?%ff=%fe",
    "?expand[]=a.b.c.d.e.f.g.h",
    "?order=\u0661",
]
FIELDS = (
    "name amount currency source details metadata capture_amount reason information invoice_detail_ids what on with "
    "after match outcome times url secret topics mode now by to until max quiet_ms seed clock default rules like fees "
    "number exp_month exp_year cvc2 expand email phone id customer_id webhook_url balance capture_type incremental"
).split()
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)


@pytest.fixture(scope="module")
def client() -> Iterator[FlaskClient]:
    app = create_app(Settings(port=0, db=":memory:", clock="manual"))
    yield app.test_client()
    app.extensions["mockpsp"].close()


def sends(client: FlaskClient, method: str, path: str, body: bytes, kind: str = "application/json") -> TestResponse:
    return client.open(path, method=method, data=body, content_type=kind, auth=AUTH)


def digest(client: FlaskClient) -> str:
    return str(client.get("/sandbox/digest", auth=AUTH).json["digest"])


#: What is no answer of the API's kind: the document about it, its page, and the pages that customers meet.
NATIVE = "/checkout/<project_id>/<invoice_id>/native/<configuration_id>"
NATIVE_OF_TOKEN = "/checkout/<project_id>/<customer_id>/<token_id>/native/<configuration_id>"
CHALLENGE = "/checkout/<project_id>/<invoice_id>/three-d-s/<challenge_id>"
WITHOUT_ENVELOPE = {
    ("GET", "/openapi.json"),
    ("GET", "/docs"),
    ("GET", "/sandbox/certificate.pem"),
    ("GET", "/checkout/<project_id>/<invoice_id>"),
    ("POST", "/checkout/<project_id>/<invoice_id>"),
    ("GET", "/checkout/<project_id>/<invoice_id>/redirect/<configuration_id>"),
    ("GET", NATIVE),
    ("POST", NATIVE),
    ("GET", NATIVE_OF_TOKEN),
    ("POST", NATIVE_OF_TOKEN),
    ("GET", "/checkout/<project_id>/<invoice_id>/redirect/<configuration_id>/tokenized/<token_id>"),
    ("GET", "/checkout/<project_id>/<customer_id>/<token_id>/redirect/<configuration_id>"),
    ("GET", "/checkout/<project_id>/<invoice_id>/three-d-s/redirect/<source>"),
    ("POST", "/checkout/<project_id>/<invoice_id>/three-d-s/redirect/<source>"),
    ("GET", CHALLENGE),
    ("POST", CHALLENGE),
    ("GET", "/checkout/<project_id>/three-d-s"),
    ("POST", "/checkout/<project_id>/three-d-s"),
    ("GET", "/ccfield.html"),
    ("GET", "/messagehub.html"),
    ("GET", "/images/<path:name>"),
    ("GET", "/js/libraries/<name>"),
}


def routes() -> list[tuple[str, str]]:
    app = create_app(Settings(port=0, db=":memory:", clock="manual"))
    found = [(m, r.rule) for r in app.url_map.iter_rules() for m in sorted(r.methods - {"HEAD", "OPTIONS"})]
    app.extensions["mockpsp"].close()
    return sorted(one for one in set(found) - WITHOUT_ENVELOPE if not one[1].startswith("/sandbox/ui"))


def assert_refused_or_done(answer: TestResponse) -> None:
    assert answer.status_code < 500, answer.text
    assert answer.mimetype == "application/json"
    assert answer.json["success"] is (answer.status_code < 300)
    if answer.status_code >= 400:
        assert answer.json["error_type"]
        assert answer.json["message"]


@pytest.mark.parametrize(("method", "rule"), routes())
def test_hostile_bodies_and_queries_are_answered_in_the_envelope(client: FlaskClient, method: str, rule: str) -> None:
    path = re.sub(r"<[a-z_]+>", "x%00y", rule)
    for body in HOSTILE_BODIES.values():
        before = digest(client)
        answer = sends(client, method, path, body)
        assert_refused_or_done(answer)
        if answer.status_code >= 400:
            assert digest(client) == before
    for query in HOSTILE_QUERIES:
        assert_refused_or_done(sends(client, method, path + query, b""))
    for kind in ("text/plain", "multipart/form-data", "application/x-www-form-urlencoded"):
        assert_refused_or_done(sends(client, method, path, b"a[b]=1&a=2&[=%ff&metadata[=1", kind))


@pytest.mark.parametrize("path", ["/nowhere", "/invoices/x/y/z", "/%ff", "/" + "a" * 3_000, "/sandbox/nothing"])
def test_an_unknown_route_is_named_in_the_envelope(client: FlaskClient, path: str) -> None:
    answer = client.get(path, auth=AUTH)

    assert answer.status_code in (404, 405)
    assert answer.json["error_type"] == "request.route-not-found"


def test_a_method_that_does_not_go_is_refused(client: FlaskClient) -> None:
    answer = client.patch("/invoices", auth=AUTH)

    assert (answer.status_code, answer.json["success"]) == (405, False)


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    route=st.sampled_from(
        "/invoices /customers /cards /sandbox/rules /sandbox/simulate /sandbox/clock/advance "
        "/sandbox/webhook-endpoints /sandbox/reset".split()
    ),
    body=st.dictionaries(st.sampled_from(FIELDS), JSON, max_size=6),
)
def test_any_body_is_answered_in_the_envelope(client: FlaskClient, route: str, body: dict[str, object]) -> None:
    assert_refused_or_done(sends(client, "POST", route, json.dumps(body).encode()))


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    action=st.sampled_from(["authorize", "capture", "void", "increment_authorization", "refunds"]),
    body=st.dictionaries(st.sampled_from(FIELDS), JSON, max_size=5),
)
def test_any_body_of_a_payment_action_is_answered_in_the_envelope(
    mockpsp: Sandbox, action: str, body: dict[str, object]
) -> None:
    invoice = mockpsp.post("/invoices", {"name": "A", "amount": "10", "currency": "EUR"})["invoice"]["id"]

    answer = mockpsp.call("POST", f"/invoices/{invoice}/{action}", body)

    assert answer.status_code < 500, answer.text
    assert "success" in answer.json()


@pytest.mark.parametrize("field", ["details", "split_allocations"])
def test_an_empty_list_in_a_list_of_objects_is_an_object_without_its_fields(client: FlaskClient, field: str) -> None:
    invoice = {"name": "Order", "amount": "1", "currency": "EUR"}

    answers = [
        sends(client, "POST", "/invoices", json.dumps({**invoice, field: [empty]}).encode()) for empty in ([], {})
    ]

    assert [answer.status_code for answer in answers] == [400, 400]
    assert answers[0].json == answers[1].json


@pytest.mark.parametrize(
    "text", ["1700000000000", "0033612345678", "1699999999999995", "4539578763621487", "45395787636214862"]
)
def test_other_long_numbers_are_no_card_numbers(client: FlaskClient, text: str) -> None:
    answer = sends(client, "POST", "/customers", json.dumps({"metadata": {"order": text}}).encode())

    assert answer.json["customer"]["metadata"] == {"order": text}
