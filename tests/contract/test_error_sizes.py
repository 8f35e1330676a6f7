"""A refusal is short, however long what it refuses: it lists some of what is wrong and says how much more there is."""

import json
from typing import Any

import pytest
import requests

from mockpsp import wallclock
from mockpsp.sandbox_client import Sandbox

INVOICE = {"name": "Order", "amount": "1", "currency": "EUR"}
LONG = "x" * 900_000
LIMIT_MS = 6_000


def sent(mockpsp: Sandbox, method: str, path: str, body: Any) -> tuple[requests.Response, int]:
    started_ms = wallclock.stopwatch_ms()
    auth = (mockpsp.project_id, mockpsp.secret)
    raw = json.dumps(body, separators=(",", ":")).encode()
    assert len(raw) <= 1 << 20
    answer = requests.request(
        method, mockpsp.url + path, data=raw, auth=auth, timeout=60, headers={"Content-Type": "application/json"}
    )
    return answer, wallclock.stopwatch_ms() - started_ms


def test_sixty_thousand_unknown_keys_are_counted_not_listed(mockpsp: Sandbox) -> None:
    answer, took_ms = sent(mockpsp, "POST", "/sandbox/simulate", {f"k{n}": 1 for n in range(60_000)})

    assert answer.status_code == 400
    assert len(answer.json()["invalid_fields"]) == 50
    assert answer.json()["message"].endswith("; 59952 more fields are wrong")
    assert len(answer.content) < 20_000
    assert took_ms < LIMIT_MS


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("POST", "/sandbox/reset", {LONG: 1}),
        ("POST", "/sandbox/reset", {"mode": LONG}),
        ("POST", "/sandbox/simulate", {"what": LONG, "on": "tr_x"}),
        ("POST", "/sandbox/simulate", {"what": "refund.fail", "on": "refd_x", "with": {LONG: 1}}),
        ("POST", "/sandbox/rules", {"match": {"on": "authorize"}, "outcome": LONG}),
        ("POST", "/sandbox/clock/advance", {"until": {"event": LONG}}),
        ("POST", "/sandbox/webhook-endpoints", {"url": "http://127.0.0.1:9/", "topics": ["a"] * 200_000}),
        ("POST", "/sandbox/webhook-endpoints", {"url": "http://127.0.0.1:9/" + LONG}),
        ("PUT", "/sandbox/routing", {"default": LONG}),
        ("PUT", "/sandbox/routing", {"rules": [{}] * 300_000}),
        ("PUT", "/sandbox/psps/mine", {LONG: 1}),
        ("PUT", "/sandbox/psps/mine", {"like": LONG}),
        ("PUT", "/sandbox/psps/mine", {f"k{n}": 1 for n in range(60_000)}),
        ("POST", "/sandbox/reconcile", {"records": [1] * 500_000}),
        ("POST", "/sandbox/reconcile", {"records": [], "key": LONG}),
        ("POST", "/invoices", {**INVOICE, "details": [{}] * 300_000}),
        ("POST", "/invoices", {**INVOICE, "details": [{}] * 500}),
        ("POST", "/invoices", {**INVOICE, "currency": LONG}),
        ("POST", "/invoices", {**INVOICE, "amount": LONG}),
        ("POST", "/invoices", {**INVOICE, "metadata": {LONG: 1}}),
        ("POST", "/invoices", {**INVOICE, "expand": [LONG]}),
        ("POST", "/invoices", {**INVOICE, "return_url": LONG}),
        ("POST", "/cards", {"number": LONG, "exp_month": "x", "exp_year": "x"}),
        ("POST", "/customers", {"country_code": "x", "phone": {"number": LONG, "dialing_code": "x"}}),
    ],
)
def test_nothing_long_is_repeated_in_full(mockpsp: Sandbox, method: str, path: str, body: Any) -> None:
    answer, took_ms = sent(mockpsp, method, path, body)

    assert 400 <= answer.status_code < 500, answer.text[:500]
    assert len(answer.content) < 20_000
    assert took_ms < LIMIT_MS
