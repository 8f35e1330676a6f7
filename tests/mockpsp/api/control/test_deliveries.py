"""Endpoints with schedules of their own, and what was sent beside what came back."""

from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread
from typing import Any

import pytest

from mockpsp.config import Settings
from mockpsp.sandbox_client import Sandbox
from tests.mockpsp.worlds import Shop, serving

CAPTURED = ["transaction.captured"]


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    with serving(Settings(db=":memory:", clock="manual")) as (url, _), Sandbox(url, "test-proj_a", "key_test_a") as one:
        yield one


def pay(sandbox: Sandbox) -> None:
    invoice = sandbox.post("/invoices", {"name": "Order", "amount": "10.00", "currency": "EUR"})["invoice"]["id"]
    sandbox.post(f"/invoices/{invoice}/capture", {"source": sandbox.card()})


def first(sandbox: Sandbox) -> dict[str, Any]:
    listed = sandbox.get("/sandbox/deliveries")["deliveries"][0]["id"]
    return dict(sandbox.get(f"/sandbox/deliveries/{listed}")["delivery"])


def test_an_endpoint_says_how_it_is_delivered_to(sandbox: Sandbox) -> None:
    url = "http://127.0.0.1:9/a"
    usual = sandbox.post("/sandbox/webhook-endpoints", {"url": url})["webhook_endpoint"]
    own = {"url": url, "schedule": "adyen", "reserializable": False}
    adyen = sandbox.post("/sandbox/webhook-endpoints", own)["webhook_endpoint"]

    assert (usual["schedule"], usual["order"], usual["reserializable"]) == ("processout", "one_by_one", True)
    assert (adyen["schedule"], adyen["order"], adyen["reserializable"]) == ("adyen", "strict", False)


def test_an_unknown_schedule_is_refused_with_the_known_ones(sandbox: Sandbox) -> None:
    body = {"url": "http://127.0.0.1:9/a", "schedule": "stripe"}
    answer = sandbox.call("POST", "/sandbox/webhook-endpoints", body)

    assert answer.status_code == 400
    assert "'stripe' is not one of processout, standard, adyen" in answer.json()["message"]


def test_what_was_sent_is_kept_beside_what_came_back(sandbox: Sandbox) -> None:
    inbox = sandbox.webhooks((500, 200), CAPTURED)
    pay(sandbox)
    sandbox.settle()
    waiting = first(sandbox)
    sandbox.advance("1m")
    shown = first(sandbox)

    received = inbox.received()
    assert waiting["next_attempt_at"] == waiting["due_at"]
    assert (shown["state"], shown["next_attempt_at"]) == ("delivered", None)
    for attempt, seen in zip(shown["attempts"], received, strict=True):
        assert attempt["request_body"].encode() == seen.body
        assert f"webhook-signature: {seen.headers['webhook-signature']}" in attempt["request_headers"]
        assert f"webhook-timestamp: {seen.headers['webhook-timestamp']}" in attempt["request_headers"]


def test_an_altered_body_is_kept_as_it_was_sent(sandbox: Sandbox) -> None:
    inbox = sandbox.webhooks(topics=CAPTURED)
    sandbox.deliver("alter")
    pay(sandbox)
    sandbox.settle()

    assert first(sandbox)["attempts"][0]["request_body"].encode() == inbox.received()[0].body
    assert inbox.received()[0].body.endswith(b'capturee"}')
    assert first(sandbox)["misbehaves"] == ["alter"]


def test_credentials_of_an_address_are_kept_nowhere(sandbox: Sandbox) -> None:
    with Shop() as shop:
        url = shop.url.replace("http://", "http://user:geheim@")
        sandbox.post("/sandbox/webhook-endpoints", {"url": url})
        pay(sandbox)
        sandbox.settle()

    assert first(sandbox)["state"] == "delivered"
    assert "uthorization" not in first(sandbox)["attempts"][0]["request_headers"]


def test_bodies_that_are_not_reserializable_are_signed_as_they_are_sent(sandbox: Sandbox) -> None:
    inbox = sandbox.webhooks(topics=CAPTURED, reserializable=False)
    pay(sandbox)
    sandbox.settle()

    (one,) = inbox.received()
    assert one.signature == "valid"
    assert one.body.startswith(b'{ "event_id":"ev_')


def test_the_digest_holds_nothing_of_what_was_sent(sandbox: Sandbox) -> None:
    digests = set()
    for _ in range(2):
        sandbox.reset()
        sandbox.webhooks((500, 200))
        sandbox.deliver("wrong_secret", "duplicate")
        pay(sandbox)
        sandbox.advance("1m")
        digests.add(sandbox.get("/sandbox/digest")["digest"])

    assert len(digests) == 1


def test_a_strict_endpoint_shows_what_waits_behind_the_oldest(sandbox: Sandbox) -> None:
    sandbox.webhooks((500, 500, 200), schedule="adyen")
    pay(sandbox)
    sandbox.settle()

    listed = sandbox.get("/sandbox/deliveries")["deliveries"]
    assert [one["next_attempt_at"] is None for one in listed] == [False, True, True]
    assert [one["at"] is None for one in sandbox.get("/sandbox/agenda")["agenda"]][-2:] == [True, True]
    assert sandbox.get(f"/events/{listed[1]['event_id']}/webhooks")["webhooks"][0]["release_at"] is None
    sandbox.advance("1h")
    assert {one["state"] for one in sandbox.get("/sandbox/deliveries")["deliveries"]} == {"delivered"}


def test_all_dead_letters_are_sent_again_at_once(sandbox: Sandbox) -> None:
    sandbox.webhooks((500, 200), CAPTURED, schedule="none")
    for _ in range(3):
        pay(sandbox)
    sandbox.settle()
    dead = len(sandbox.get("/sandbox/deliveries?state=dead")["deliveries"])
    retried = sandbox.post("/sandbox/deliveries/retry")["retried"]
    sandbox.settle()

    assert (dead, retried) == (3, 3)
    assert sandbox.get("/sandbox/deliveries?state=dead")["deliveries"] == []


def test_an_endpoint_that_is_given_and_empty_does_not_mean_all(sandbox: Sandbox) -> None:
    answer = sandbox.call("POST", "/sandbox/deliveries/retry", {"endpoint": ""})

    assert answer.status_code == 400
    assert "endpoint: is given but empty" in answer.json()["message"]


def test_an_endpoint_that_takes_several_at_once_gets_them_side_by_side(sandbox: Sandbox) -> None:
    inbox = sandbox.webhooks(order="parallel")
    pay(sandbox)
    sandbox.settle()

    assert len(inbox.received()) == 3


class _Wordy(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["content-length"]))
        self.send_response(503)
        self.send_header("content-security-policy", "default-src " + "'self' " * 400)
        self.send_header("retry-after", "3600")
        self.send_header("content-length", "0")
        self.end_headers()

    def log_message(self, format: str, *args: Any) -> None:
        """Says nothing."""


def test_a_retry_after_behind_more_headers_than_are_shown_counts(sandbox: Sandbox) -> None:
    with HTTPServer(("127.0.0.1", 0), _Wordy) as server:
        Thread(target=server.handle_request, daemon=True).start()
        sandbox.post(
            "/sandbox/webhook-endpoints", {"url": f"http://127.0.0.1:{server.server_port}/", "topics": CAPTURED}
        )
        pay(sandbox)
        sandbox.settle()
    shown = first(sandbox)

    assert shown["next_attempt_at"] == "2026-01-01T01:00:00Z"
    assert "retry-after: 3600" in shown["attempts"][0]["response_headers"]
    assert len(shown["attempts"][0]["response_headers"]) == 2_048


@pytest.mark.parametrize("gone", ["disabled", "deleted"])
def test_nothing_is_sent_again_to_an_endpoint_that_is_off_and_the_refusal_names_the_delivery(
    sandbox: Sandbox, gone: str
) -> None:
    endpoint = sandbox.post("/sandbox/webhook-endpoints", {"url": "http://127.0.0.1:9/a"})["webhook_endpoint"]
    pay(sandbox)
    path = f"/sandbox/webhook-endpoints/{endpoint['id']}"
    sandbox.call(*(("DELETE", path) if gone == "deleted" else ("POST", f"{path}/disable"))).raise_for_status()
    made = first(sandbox)

    answer = sandbox.call("POST", f"/sandbox/deliveries/{made['id']}/retry")

    said = "was deleted" if gone == "deleted" else "is disabled; enable it first"
    assert (made["state"], answer.status_code) == ("dead", 400)
    assert answer.json()["message"] == f"the endpoint of delivery {made['id']} {said}"
