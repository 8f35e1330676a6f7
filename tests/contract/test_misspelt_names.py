"""A misspelt name of the control plane is refused with the nearest known one; nothing is quietly never delivered."""

import re
from typing import Any

import pytest

from mockpsp.domain.events import FIRED_EVENTS, LEGACY_EVENTS, TOPICS
from mockpsp.sandbox_client import Sandbox, SandboxError

URL = "http://127.0.0.1:9/"
FAILED = "transaction.operation.refund.failed"


@pytest.mark.parametrize(
    ("topic", "meant"),
    [
        ("transaction.capturd", "transaction.captured"),
        ("transaction.operation.refund.fail", FAILED),
        ("customer.tokens.created", "customer.token.created"),
    ],
)
def test_a_misspelt_topic_is_refused(mockpsp: Sandbox, topic: str, meant: str) -> None:
    body = {"url": URL, "topics": ["transaction.authorized", topic]}

    answer = mockpsp.call("POST", "/sandbox/webhook-endpoints", body).json()

    assert answer["message"] == f"topics.1: there is no event {topic!r}; did you mean {meant!r}?"
    assert mockpsp.get("/sandbox/webhook-endpoints")["webhook_endpoints"] == []


def test_the_first_part_of_topics_is_answered_with_those_that_begin_so(mockpsp: Sandbox) -> None:
    answer = mockpsp.call("POST", "/sandbox/webhook-endpoints", {"url": URL, "topics": ["customer.token"]}).json()

    begun = "customer.token.created, customer.token.updated, customer.token.deleted"
    assert answer["message"] == f"topics.0: there is no event 'customer.token'; did you mean one of {begun}?"


def test_a_topic_like_no_event_lists_them_all(mockpsp: Sandbox) -> None:
    answer = mockpsp.call("POST", "/sandbox/webhook-endpoints", {"url": URL, "topics": ["*"]}).json()

    assert all(name in answer["message"] for name in TOPICS)


def test_every_published_event_may_be_asked_for(mockpsp: Sandbox) -> None:
    made = mockpsp.post("/sandbox/webhook-endpoints", {"url": URL, "topics": list(TOPICS)})

    assert made["webhook_endpoint"]["topics"] == list(TOPICS)
    assert {*FIRED_EVENTS, *LEGACY_EVENTS} == set(TOPICS)


def test_a_misspelt_event_is_not_waited_for(mockpsp: Sandbox) -> None:
    before = mockpsp.get("/sandbox/clock")

    wrong = mockpsp.call("POST", "/sandbox/clock/advance", {"until": {"event": "transaction.refundd"}}).json()
    legacy = mockpsp.call("POST", "/sandbox/clock/advance", {"until": {"event": "plan.created"}}).json()

    assert wrong["message"] == "until: there is no event 'transaction.refundd'; did you mean 'transaction.refunded'?"
    assert legacy["message"] == "until: 'plan.created' never fires here: legacy billing is not simulated"
    assert mockpsp.get("/sandbox/clock") == before


@pytest.mark.parametrize(
    ("method", "path", "hint"),
    [
        ("GET", "/sandbox/ledger/journal?formt=csv", "did you mean 'format'?"),
        ("GET", "/sandbox/deliveries?event=ev_x", "did you mean 'event_id'?"),
        ("GET", "/sandbox/deliveries?status=dead", "did you mean 'state'?"),
        ("GET", "/sandbox/requests?limits=5", "did you mean 'limit'?"),
        ("GET", "/sandbox?expand=clock", "this route takes none"),
        ("GET", "/sandbox/digest?x=1", "this route takes none"),
        ("POST", "/sandbox/settle?max=1d", "this route takes none"),
        ("POST", "/sandbox/clock/advance?by=1d", "this route takes none"),
        ("PUT", "/sandbox/clock?mode=wall", "this route takes none"),
        ("POST", "/sandbox/reset?seed=1", "this route takes none"),
        ("DELETE", "/sandbox/rules?id=1", "this route takes none"),
    ],
)
def test_an_unknown_parameter_is_refused(mockpsp: Sandbox, method: str, path: str, hint: str) -> None:
    before = mockpsp.get("/sandbox/digest")

    answer = mockpsp.call(method, path, None if method == "GET" else {})

    name = path.partition("?")[2].partition("=")[0]
    assert answer.status_code == 400
    assert answer.json()["message"] == f"{name!r} is no parameter of {path.partition('?')[0]}; {hint}"
    assert mockpsp.get("/sandbox/digest") == before


def test_every_route_of_the_control_plane_refuses_unknown_parameters(mockpsp: Sandbox) -> None:
    readable = "clock agenda psps routing rules webhook-endpoints deliveries ledger/balances ledger/journal requests"
    paths: list[tuple[str, str, Any]] = [("GET", f"/sandbox/{name}", None) for name in readable.split()]
    paths += [("PUT", path, {}) for path in ("/sandbox", "/sandbox/routing", "/sandbox/psps/mine")]

    for method, path, body in paths:
        assert mockpsp.call(method, f"{path}?nonsense=1", body).status_code == 400, path
        assert mockpsp.call(method, path, body).status_code == 200, path


def test_every_body_of_the_control_plane_refuses_what_is_unknown(mockpsp: Sandbox) -> None:
    paths: dict[str, Any] = mockpsp.call("GET", "/openapi.json").json()["paths"]
    asked = [
        (method.upper(), re.sub("{[^}]+}", "nobody", path))
        for path, methods in paths.items()
        if path.startswith("/sandbox") and path != "/sandbox/snapshots/file"
        for method in methods
        if method in ("post", "put", "patch", "delete")
    ]

    answers = {(method, path): mockpsp.call(method, path, {"amuont": "1.00"}) for method, path in asked}

    assert len(asked) > 20
    assert {key: one.text for key, one in answers.items() if one.status_code != 400 or "amuont" not in one.text} == {}


def test_the_apis_own_routes_ignore_them(mockpsp: Sandbox) -> None:
    assert mockpsp.call("GET", "/invoices?nonsense=1").status_code == 200


def test_who_has_no_right_to_ask_is_told_that_first(mockpsp: Sandbox) -> None:
    stranger = Sandbox(mockpsp.url, mockpsp.project_id, "key_test_other")

    assert stranger.call("GET", "/sandbox/digest?x=1").status_code == 401


def test_waiting_for_an_event_that_never_comes_raises(mockpsp: Sandbox) -> None:
    with pytest.raises(
        SandboxError, match=r"transaction\.refunded did not come until 2026-01-04T.*what ran at last: noth"
    ):
        mockpsp.advance(until={"event": "transaction.refunded"}, max="3d")


def test_waiting_for_one_that_comes_answers_what_ran(mockpsp: Sandbox) -> None:
    invoice = mockpsp.post("/invoices", {"name": "Order", "amount": "10.00", "currency": "EUR"})["invoice"]["id"]
    paid = mockpsp.post(f"/invoices/{invoice}/capture", {"source": mockpsp.card()})["transaction"]["id"]
    refund = mockpsp.post(f"/transactions/{paid}/refunds", {"amount": "1.00"})["refund"]["id"]
    mockpsp.simulate("refund.fail", refund, after="2d")

    ran = mockpsp.advance(until={"event": FAILED})

    assert ran[-1]["what"] == "refund.fail"


@pytest.mark.parametrize(
    ("method", "path", "body", "says"),
    [
        (
            "POST",
            "/sandbox/rules",
            {"match": {"on": "refund", "gatway": "wallet"}, "outcome": "ok"},
            "match.gatway: is not known here; did you mean 'gateway'?",
        ),
        (
            "POST",
            "/sandbox/rules",
            {"match": {"on": "refund"}, "outcome": {"fail_aftr": "3d"}},
            "outcome.fail_aftr: is not known here; did you mean 'fail_after'?",
        ),
        (
            "POST",
            "/sandbox/rules",
            {"match": {"on": "refund"}, "outcome": ["ok", {"fail_after": "3d", "raeson": "unknown"}]},
            "outcome.1.raeson: is not known here; did you mean 'reason'?",
        ),
        (
            "POST",
            "/sandbox/rules",
            {"match": {"no": "refund", "card": "4242"}, "outcome": "ok"},
            "match.no: is not known here; did you mean 'on'?",
        ),
        (
            "POST",
            "/sandbox/rules",
            {"match": {"on": "refund"}, "outcomes": "ok"},
            "outcomes: is not known here; did you mean 'outcome'?",
        ),
        (
            "POST",
            "/invoices",
            {"name": "Order", "amuont": "1.00", "currency": "EUR"},
            "amount: is missing; 'amuont' is not known here",
        ),
        (
            "POST",
            "/invoices",
            {"name": "O", "amount": "1.00", "currency": "EUR", "details": [{"name": "Tea", "amont": "1.00"}]},
            "details.0.amount: is missing; 'amont' is not known here",
        ),
        (
            "PUT",
            "/sandbox",
            {"rate_limit": {"primry": 1}},
            "rate_limit.primry: is not known here; did you mean 'primary'?",
        ),
        (
            "PUT",
            "/sandbox/routing",
            {"default": "wallet", "rules": [{"match": {"currency": "EUR"}, "gateway": "wallet", "gatewy": "x"}]},
            "rules.0.gatewy: is not known here; did you mean 'gateway'?",
        ),
        (
            "POST",
            "/sandbox/simulate",
            {"what": "settlement.run", "on": "wallet", "with": {"currency": "EUR"}},
            "currency: is not known here; nothing is",
        ),
        (
            "PUT",
            "/sandbox/routing",
            {"default": "walet"},
            "there is no gateway called 'walet' here; did you mean 'wallet'?",
        ),
        (
            "PUT",
            "/sandbox/routing",
            {"default": "strip"},
            "there is no gateway called 'strip' here; did you mean 'stripe'?",
        ),
    ],
)
def test_names_within_others_have_their_nearest_one_beside_them(
    mockpsp: Sandbox, method: str, path: str, body: dict[str, Any], says: str
) -> None:
    assert mockpsp.call(method, path, body).json()["message"] == says
