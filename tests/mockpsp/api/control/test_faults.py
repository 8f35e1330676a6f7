"""Faults as they are asked for, counted, listed and taken away."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
import requests
from flask.testing import FlaskClient

from mockpsp.config import Settings
from mockpsp.sandbox_client import Sandbox
from mockpsp.serving.app import create_app

CAPTURE = "POST /invoices/*/capture"
CUSTOMERS = "POST /customers"
BROKEN = (requests.ConnectionError, requests.exceptions.ChunkedEncodingError)


def names(mockpsp: Sandbox) -> list[str]:
    return [event["name"] for event in mockpsp.get("/events?order=asc&limit=100")["events"]]


def order(mockpsp: Sandbox, gateway: str = "card-flexible") -> str:
    body = {"name": "Order", "amount": "10.00", "currency": "EUR", "metadata": {"mockpsp_gateway": gateway}}
    return str(mockpsp.post("/invoices", body)["invoice"]["id"])


def outcomes(mockpsp: Sandbox, count: int, **headers: str) -> list[int | str]:
    """What so many calls for a new customer come to: a status, or `broken`."""
    found: list[int | str] = []
    for _ in range(count):
        try:
            found.append(mockpsp.call("POST", "/customers", {}, **headers).status_code)
        except BROKEN:
            found.append("broken")
    return found


# Asking.


def test_a_fault_is_shown_as_it_was_asked_for(mockpsp: Sandbox) -> None:
    made = mockpsp.fault(CAPTURE, "stall 30s", "after_commit", key="order-1", gateway="stripe", nth=2, times=3)

    assert made.pop("id").startswith("fault_")
    assert made == {
        "match": CAPTURE,
        "do": "stall 30s",
        "when": "after_commit",
        "key": "order-1",
        "gateway": "card-standard",
        "nth": 2,
        "times": 3,
        "calls": 0,
        "used": 0,
        "uses_left": 3,
        "hits": [],
    }


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ({"match": "POST /invoice/*/capture", "do": "truncate"}, "match: there is no route POST /invoice/*/capture"),
        ({"match": "POST /sandbox/reset", "do": "truncate"}, "match: there is no route POST /sandbox/reset"),
        ({"match": "POST /invoices/iv_*/capture", "do": "truncate"}, "`*` stands for a whole part of a path"),
        ({"match": "OPTIONS /invoices", "do": "truncate"}, "faults meet calls by DELETE, GET, POST, PUT (`*` for any)"),
        ({"match": CAPTURE, "do": "rest"}, "do: 'rest' is nothing that a fault does; did you mean 'reset'?"),
        ({"match": CAPTURE, "do": "reset"}, "when: is missing: reset happens before_commit or after_commit"),
        ({"match": CAPTURE, "do": "delay 1s", "when": "after_commit"}, "when: delay doesn't go after_commit"),
        ({"match": CAPTURE, "do": "truncate", "gateway": "nowhere"}, "there is no gateway called 'nowhere'"),
        ({"match": CAPTURE, "do": "truncate", "key": ""}, "key"),
        ({"match": CAPTURE, "do": "truncate", "nth": 0}, "nth: must be a whole number from 1"),
        ({"match": CAPTURE, "do": "truncate", "tmes": 2}, "tmes: is not known here; did you mean 'times'?"),
        ({"do": "truncate"}, "match: is missing"),
    ],
)
def test_what_can_not_be_is_refused_and_nothing_is_kept(mockpsp: Sandbox, body: dict[str, Any], message: str) -> None:
    answer = mockpsp.call("POST", "/sandbox/faults", body)

    assert answer.status_code == 400
    assert message in answer.json()["message"]
    assert mockpsp.faults() == []


def test_a_universe_has_a_hundred_at_most(mockpsp: Sandbox) -> None:
    for _ in range(100):
        mockpsp.fault(CUSTOMERS, "truncate")

    refused = mockpsp.call("POST", "/sandbox/faults", {"match": CUSTOMERS, "do": "truncate"})

    assert refused.status_code == 400
    assert "at most 100 go: DELETE /sandbox/faults/ID takes one away" in refused.json()["message"]


def test_faults_are_taken_away_one_by_one_and_all(mockpsp: Sandbox) -> None:
    first, second, third = (mockpsp.fault(CUSTOMERS, "truncate")["id"] for _ in range(3))

    assert mockpsp.call("DELETE", f"/sandbox/faults/{second}").json()["removed"] == 1
    assert [one["id"] for one in mockpsp.faults()] == [first, third]
    assert mockpsp.get(f"/sandbox/faults/{third}")["fault"]["id"] == third
    assert [mockpsp.call(method, f"/sandbox/faults/{second}").status_code for method in ("GET", "DELETE")] == [404, 404]
    assert mockpsp.call("DELETE", "/sandbox/faults").json()["removed"] == 2
    assert outcomes(mockpsp, 2) == [200, 200]


def test_a_reset_takes_them_away(mockpsp: Sandbox) -> None:
    mockpsp.fault("*", "reset", "before_commit", times=9)

    mockpsp.reset()

    assert mockpsp.faults() == []
    assert outcomes(mockpsp, 1) == [200]


def test_a_faults_universe_is_its_own(mockpsp: Sandbox) -> None:
    mockpsp.fault("*", "reset", "before_commit", times=9)

    with Sandbox(mockpsp.url, f"{mockpsp.project_id}x", mockpsp.secret) as other:
        assert outcomes(other, 1) == [200]


# Counting.


def test_it_hits_from_its_nth_call_on_as_often_as_it_may(mockpsp: Sandbox) -> None:
    mockpsp.fault(CUSTOMERS, "reset", "before_commit", nth=2, times=2)

    assert outcomes(mockpsp, 5) == [200, "broken", "broken", 200, 200]


def test_repeats_count_as_calls(mockpsp: Sandbox) -> None:
    mockpsp.fault(CUSTOMERS, "reset", "after_commit", nth=3)

    assert outcomes(mockpsp, 4, idempotency_key="same") == [200, 200, "broken", 200]
    assert mockpsp.get("/customers")["total_count"] == 1


def test_the_first_that_fits_hits_and_the_next_one_hits_the_next_call(mockpsp: Sandbox) -> None:
    mockpsp.fault(CUSTOMERS, "status 429", "before_commit")
    mockpsp.fault("* /customers", "status 503", "before_commit")
    mockpsp.fault("*", "status 500", "before_commit", nth=2)

    assert outcomes(mockpsp, 4) == [429, 503, 500, 200]
    assert [one["calls"] for one in mockpsp.faults()] == [1, 2, 3]


def test_each_is_listed_with_what_it_has_hit(mockpsp: Sandbox) -> None:
    mockpsp.fault(CUSTOMERS, "status 503", "after_commit", nth=2, times=20)

    outcomes(mockpsp, 2)
    outcomes(mockpsp, 11, idempotency_key="a")

    (fault,) = mockpsp.faults()
    assert (fault["calls"], fault["used"], fault["uses_left"]) == (13, 12, 8)
    assert [hit["call"] for hit in fault["hits"]] == list(range(4, 14))
    assert fault["hits"][-1] == {
        "call": 13,
        "at": "2026-01-01T00:00:00Z",
        "method": "POST",
        "path": "/customers",
        "key": "a",
    }


def test_a_key_narrows_it(mockpsp: Sandbox) -> None:
    mockpsp.fault(CUSTOMERS, "status 503", "before_commit", key="b", times=9)

    assert outcomes(mockpsp, 1) + outcomes(mockpsp, 1, idempotency_key="a") == [200, 200]
    assert outcomes(mockpsp, 1, idempotency_key="b") == [503]


def test_a_gateway_narrows_it_to_calls_about_payments_there(mockpsp: Sandbox) -> None:
    mockpsp.put("/sandbox/routing", {"default": "wallet"})
    here, there = order(mockpsp, "stripe"), order(mockpsp, "card-simple")
    routed = mockpsp.post("/invoices", {"name": "Order", "amount": "10.00", "currency": "EUR"})["invoice"]["id"]
    paid = mockpsp.post(f"/invoices/{here}/capture", {"source": mockpsp.card()})["transaction"]["id"]
    mockpsp.fault("*", "status 503", "before_commit", gateway="stripe", times=9)
    mockpsp.fault("*", "status 500", "before_commit", gateway="wallet", times=9)

    def status(method: str, path: str, body: Any = None, **headers: str) -> int:
        return mockpsp.call(method, path, body, **headers).status_code

    assert status("GET", f"/transactions/{paid}") == status("GET", f"/invoices/{here}") == 503
    assert status("POST", f"/transactions/{paid}/refunds", {"amount": "1"}) == 503
    assert status("GET", f"/invoices/{there}") == 200
    assert status("GET", f"/invoices/{routed}") == 500
    assert status("GET", f"/invoices/{routed}", mockpsp_gateway="stripe") == 503
    assert status("GET", "/invoices") == status("POST", "/customers", {}) == 200
    assert status("GET", "/transactions/tr_nobody") == 404


def test_calls_to_the_control_plane_and_to_pages_meet_none(mockpsp: Sandbox) -> None:
    mockpsp.fault("*", "status 503", "before_commit", times=9)

    assert mockpsp.call("GET", "/sandbox").status_code == mockpsp.call("GET", "/docs").status_code == 200
    assert mockpsp.call("GET", "/checkout/a/b/redirect/c").status_code == 404
    assert mockpsp.faults()[0]["calls"] == 0


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/nowhere", 404),
        ("POST", "/invoices/iv_1/nowhere", 404),
        ("PATCH", "/invoices", 405),
        ("DELETE", "/invoices", 405),
        ("OPTIONS", "/invoices", 200),
    ],
)
def test_a_call_that_goes_to_no_route_meets_none_and_counts_for_none(
    mockpsp: Sandbox, method: str, path: str, status: int
) -> None:
    mockpsp.fault("*", "status 503", "before_commit")

    answers = [mockpsp.call(method, path).status_code, mockpsp.call("POST", "/customers", {}).status_code]

    assert answers == [status, 503]


@pytest.mark.parametrize(("method", "path"), [("GET", "/invoices/iv_1"), ("HEAD", "/invoices"), ("GET", "/plans")])
def test_a_call_for_what_is_not_there_or_not_simulated_meets_it(mockpsp: Sandbox, method: str, path: str) -> None:
    mockpsp.fault("*", "status 503", "before_commit")

    assert mockpsp.call(method, path).status_code == 503


def test_a_call_without_the_right_secret_meets_none(mockpsp: Sandbox) -> None:
    mockpsp.fault("*", "status 503", "before_commit")

    answer = requests.get(f"{mockpsp.url}/customers", auth=(mockpsp.project_id, "key_sandbox_wrong"), timeout=10)

    assert answer.status_code == 401
    assert mockpsp.faults()[0]["calls"] == 0


def test_a_refusal_is_lost_like_any_answer(mockpsp: Sandbox) -> None:
    mockpsp.fault("POST /invoices", "status 503", "after_commit", times=2)

    assert mockpsp.call("POST", "/invoices", {"name": "Order"}).status_code == 503
    assert mockpsp.call("POST", "/invoices", {"name": 1, "amount": "x"}).status_code == 503
    assert mockpsp.get("/invoices")["total_count"] == 0


def test_a_rate_limit_counts_no_request_that_was_lost(mockpsp: Sandbox) -> None:
    mockpsp.put("/sandbox", {"rate_limit": {"primary": 2}})
    mockpsp.fault(CUSTOMERS, "status 503", "before_commit", times=3)
    mockpsp.fault(CUSTOMERS, "status 502", "after_commit", times=1)

    assert outcomes(mockpsp, 6) == [503, 503, 503, 502, 200, 429]


def test_what_was_called_is_told_with_what_a_fault_did_to_it(mockpsp: Sandbox) -> None:
    mockpsp.fault(CUSTOMERS, "reset", "before_commit")
    mockpsp.fault(CUSTOMERS, "truncate")
    mockpsp.fault(CUSTOMERS, "status 502", "after_commit")
    outcomes(mockpsp, 4)

    told = mockpsp.get("/sandbox/requests")["requests"]

    assert [(one["status"], one["answer"] is not None, one.get("fault")) for one in told] == [
        (None, False, "reset before_commit"),
        (200, True, "truncate while_answering"),
        (502, False, "status 502 after_commit"),
        (200, True, None),
    ]


def ask(client: FlaskClient, method: str, path: str, body: Any = None) -> Any:
    return client.open(path, method=method, json=body, auth=("test-proj_flask", "key_sandbox_flask"))


def test_faults_that_are_used_up_cost_no_statement() -> None:
    app = create_app(Settings(port=0, db=":memory:", clock="manual"))
    client, database = app.test_client(), app.extensions["mockpsp"].database
    said: list[str] = []

    def count() -> int:
        said.clear()
        ask(client, "POST", "/customers", {})
        return len(said)

    ask(client, "POST", "/customers", {})
    with database.writing() as conn:
        conn.set_trace_callback(said.append)
    before = count()
    ask(client, "POST", "/sandbox/faults", {"match": CUSTOMERS, "do": "status 503", "when": "before_commit"})
    lost = count()
    after = count()
    app.extensions["mockpsp"].close()

    assert before == after > 0
    # The universe is opened twice: once to see that there are faults, once to count the call.
    assert lost > 0


def test_faults_outlive_the_server(tmp_path: Any) -> None:
    settings = Settings(port=0, db=str(tmp_path / "kept.db"), clock="manual")
    found = []
    for _ in range(2):
        app = create_app(settings)
        client = app.test_client()
        if not found:
            ask(client, "POST", "/sandbox/faults", {"match": CUSTOMERS, "do": "status 503", "when": "before_commit"})
        else:
            found.append(ask(client, "POST", "/customers", {}).status_code)
        found.append(len(ask(client, "GET", "/sandbox/faults").get_json()["faults"]))
        app.extensions["mockpsp"].close()

    assert found == [1, 503, 1]


def test_a_wall_universe_meets_them_and_a_lost_request_moves_nothing_in_it(mockpsp: Sandbox) -> None:
    mockpsp.reset(mode="wall")
    mockpsp.fault(CUSTOMERS, "reset", "before_commit")
    mockpsp.fault(CUSTOMERS, "reset", "after_commit")
    mockpsp.fault("GET /customers", "reset", "after_commit")

    assert outcomes(mockpsp, 3, idempotency_key="a") == ["broken", "broken", 200]
    with pytest.raises(requests.ConnectionError):
        mockpsp.get("/customers")
    assert mockpsp.get("/customers")["total_count"] == 1


def test_calls_side_by_side_are_each_counted_once(mockpsp: Sandbox) -> None:
    mockpsp.fault(CUSTOMERS, "status 503", "before_commit", times=20)

    with ThreadPoolExecutor(8) as pool:
        met = list(pool.map(lambda _: mockpsp.call("POST", "/customers", {}).status_code, range(40)))

    assert (met.count(503), met.count(200)) == (20, 20)
    assert [hit["call"] for hit in mockpsp.faults()[0]["hits"]] == list(range(11, 21))
