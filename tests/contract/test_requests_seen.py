"""`GET /sandbox/requests`: what was called and answered, with nothing in it that must not be kept."""

import json

import pytest

from mockpsp.sandbox_client import Sandbox

REAL = "4111111111111111"


def test_calls_are_listed_with_their_answers_oldest_first(mockpsp: Sandbox) -> None:
    made = mockpsp.post("/customers?expand=project", {"email": "a@b.test"})
    mockpsp.advance("1h")
    refused = mockpsp.call("GET", "/customers/cust_x").json()

    first, second = mockpsp.get("/sandbox/requests")["requests"]

    assert first == {
        "n": first["n"],
        "at": "2026-01-01T00:00:00Z",
        "method": "POST",
        "path": "/customers?expand=project",
        "status": 200,
        "body": {"email": "a@b.test"},
        "answer": made,
    }
    assert (second["at"], second["method"], second["path"]) == ("2026-01-01T01:00:00Z", "GET", "/customers/cust_x")
    assert (second["status"], second["body"], second["answer"]) == (404, None, refused)


def test_refused_bodies_are_listed_too_and_what_is_no_json_has_none(mockpsp: Sandbox) -> None:
    mockpsp.call("POST", "/invoices", {"name": "A"})
    mockpsp._session.post(f"{mockpsp.url}/customers", data="{", timeout=10)

    seen = mockpsp.get("/sandbox/requests")["requests"]

    assert [(one["status"], one["body"]) for one in seen] == [(400, {"name": "A"}), (400, None)]


@pytest.mark.parametrize(
    "body",
    [
        {"number": REAL, "exp_month": 1, "exp_year": 2030, "cvc2": "907"},
        {"number": int(REAL), "exp_month": 1, "exp_year": 2030},
        {"name": f"card {REAL}", "metadata": {REAL: "4111 1111-1111 1111"}},
        {"payment_token": {"secret": "hush"}, "name": [REAL]},
    ],
)
def test_no_card_number_and_no_secret_is_shown(mockpsp: Sandbox, body: dict[str, object]) -> None:
    mockpsp.call("POST", "/cards", body)
    mockpsp.call("GET", f"/cards/{REAL}?start_after={REAL}")
    mockpsp.call("POST", "/invoices/iv_x/capture", {"source": REAL})
    mockpsp.call("GET", "/cards?a=4111+1111+1111+1111&b=4111%201111%201111%201111")

    listed = mockpsp.get("/sandbox/requests")["requests"]
    # Without the calls' numbers, which may hold a CVC's digits by themselves.
    text = json.dumps([{key: one[key] for key in one if key != "n"} for one in listed], ensure_ascii=False)

    assert text.count('"method"') == 4
    for hidden in (REAL, "1111 1111", "1111+", "%201111", "1111-1111", "907", "hush", mockpsp.secret):
        assert hidden not in text


def test_control_calls_other_universes_and_what_was_before_a_reset_are_not(mockpsp: Sandbox) -> None:
    mockpsp.post("/customers")
    with Sandbox(mockpsp.url, mockpsp.project_id + "-2", mockpsp.secret) as other:
        other.reset()
        assert other.get("/sandbox/requests")["requests"] == []
    before = mockpsp.get("/sandbox/digest")
    assert len(mockpsp.get("/sandbox/requests")["requests"]) == 1
    assert mockpsp.get("/sandbox/digest") == before

    mockpsp.reset()

    assert mockpsp.get("/sandbox/requests")["requests"] == []


def test_the_last_ones_are_shown_up_to_a_limit(mockpsp: Sandbox) -> None:
    for n in range(5):
        mockpsp.call("GET", f"/customers/{n}")

    seen = mockpsp.get("/sandbox/requests?limit=2")["requests"]

    assert [one["path"] for one in seen] == ["/customers/3", "/customers/4"]
    for bad in ("0", "1001", "x", "-1"):
        assert mockpsp.call("GET", f"/sandbox/requests?limit={bad}").status_code == 400


@pytest.mark.parametrize(
    "body", [b'{"a": NaN}', b'{"a": 1e999}', b'{"a": "\\ud800"}', b'{"a":' * 2_000, b"\xff", b"[]"]
)
def test_what_cannot_be_shown_has_no_body(mockpsp: Sandbox, body: bytes) -> None:
    mockpsp._session.post(f"{mockpsp.url}/customers?a=%ff", data=body, timeout=10)

    (seen,) = mockpsp.get("/sandbox/requests")["requests"]

    assert (seen["status"] in (200, 400), seen["body"]) == (True, None)


def test_a_long_body_is_left_out(mockpsp: Sandbox) -> None:
    mockpsp.post("/customers", {"ignored": "x" * 20_000})

    (seen,) = mockpsp.get("/sandbox/requests")["requests"]

    assert (seen["status"], seen["body"]) == (200, None)


def test_what_came_since_is_asked_for_by_the_last_one_seen(mockpsp: Sandbox) -> None:
    for name in ("a", "b", "c"):
        mockpsp.post("/customers", {"first_name": name})
    seen = mockpsp.get("/sandbox/requests?limit=2")
    mockpsp.post("/customers", {"first_name": "d"})

    more = mockpsp.get(f"/sandbox/requests?start_after={seen['requests'][0]['n']}&limit=1")
    rest = mockpsp.get(f"/sandbox/requests?start_after={more['last']}")

    assert [one["body"]["first_name"] for one in seen["requests"]] == ["b", "c"]
    assert [one["body"]["first_name"] for one in more["requests"]] == ["c"]
    assert [one["body"]["first_name"] for one in rest["requests"]] == ["d"]
    assert mockpsp.get(f"/sandbox/requests?start_after={rest['last']}")["requests"] == []


@pytest.mark.parametrize("after", ["-1", "x", "9" * 16])
def test_a_place_that_is_none_is_refused(mockpsp: Sandbox, after: str) -> None:
    assert mockpsp.call("GET", f"/sandbox/requests?start_after={after}").status_code == 400
