"""One payment's history in one place."""

from collections.abc import Iterator
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from mockpsp.api.control.moves import MOVES
from mockpsp.catalog import load_catalog
from mockpsp.catalog.profile_sheet import profile_json
from mockpsp.config import Settings
from mockpsp.domain.payments.facts import Kind
from mockpsp.domain.psps.rules_behind import RULES_BEHIND
from mockpsp.serving.app import create_app
from tests.mockpsp.worlds import Shop

AUTH = ("test-proj_history", "key_sandbox_history")


@pytest.fixture
def app() -> Iterator[Flask]:
    app = create_app(Settings(db=":memory:", clock="manual"))
    yield app
    app.extensions["mockpsp"].close()


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    return app.test_client()


def call(client: FlaskClient, method: str, path: str, body: Any = None, **headers: str) -> dict[str, Any]:
    answer = client.open(path, method=method, json=body or {}, auth=AUTH, headers=headers)
    assert answer.status_code in (200, 410), answer.text
    found: dict[str, Any] = answer.get_json()
    return found


def paid(client: FlaskClient, psp: str = "card-standard", number: str = "4242424242424242") -> tuple[str, str]:
    """The invoice and the transaction of a payment of 40 EUR."""
    call(client, "PUT", "/sandbox/routing", {"default": psp, "rules": []})
    invoice = call(client, "POST", "/invoices", {"name": "umbrella", "amount": "40", "currency": "EUR"})["invoice"]
    card = call(client, "POST", "/cards", {"number": number, "exp_month": 1, "exp_year": 2030})["card"]
    done = call(client, "POST", f"/invoices/{invoice['id']}/capture", {"source": card["id"]})
    return invoice["id"], done["transaction"]["id"]


def timeline(client: FlaskClient, subject_id: str) -> dict[str, Any]:
    found: dict[str, Any] = call(client, "GET", f"/sandbox/timeline/{subject_id}")["timeline"]
    return found


def whats(found: dict[str, Any], kind: str) -> list[str]:
    return [one["what"] for one in found["moments"] if one["kind"] == kind]


def test_it_tells_what_happened_in_order_with_what_each_thing_brought(client: FlaskClient) -> None:
    invoice_id, transaction_id = paid(client)
    call(client, "POST", f"/transactions/{transaction_id}/refunds", {"amount": "15"})

    found = timeline(client, invoice_id)

    assert whats(found, "decision")[-2:] == ["refund-attempted", "refund-made"]
    assert whats(found, "posting")[-1] == "refund-made"
    assert whats(found, "event")[-1] == "transaction.refunded"
    calls = [one["path"] for one in found["moments"] if one["kind"] == "call"]
    assert calls == ["/invoices", f"/invoices/{invoice_id}/capture", f"/transactions/{transaction_id}/refunds"]
    # Each call stands before what it brought about.
    kinds = [one["kind"] for one in found["moments"]]
    assert kinds.index("decision") > kinds.index("call")
    assert found["moments"][kinds.index("decision") - 1]["path"].endswith("/capture")


def test_the_rules_behind_what_happened_have_their_values_and_sources(client: FlaskClient) -> None:
    _, transaction_id = paid(client)
    call(client, "POST", "/sandbox/clock/advance", {"by": "5bd"})

    settled = next(one for one in timeline(client, transaction_id)["moments"] if one.get("what") == "capture-settled")

    delay = settled["rules"][0]
    assert (delay["psp"], delay["name"], delay["value"]) == ("card-standard", "settlement_delay", "2bd")
    assert delay["source"]


def test_what_is_to_come_is_told_too(client: FlaskClient) -> None:
    _, transaction_id = paid(client, number="4000000000000069")

    assert {one["what"] for one in timeline(client, transaction_id)["ahead"]} >= {"capture.settle"}


def test_each_attempt_shows_what_was_sent_and_came_back_and_when_the_next_is_due(client: FlaskClient) -> None:
    with Shop(lambda hook: 500) as shop:
        call(client, "POST", "/sandbox/webhook-endpoints", {"url": shop.url})
        _, transaction_id = paid(client)
        call(client, "POST", "/sandbox/settle")
        found = timeline(client, transaction_id)

    attempts = [one for one in found["moments"] if one["kind"] == "attempt"]
    assert {one["status_code"] for one in attempts} == {500}
    assert "webhook-signature" in attempts[0]["request_headers"].lower()
    assert attempts[0]["event_id"] in attempts[0]["request_body"]
    assert {one["n"] for one in found["moments"] if one["kind"] == "next-attempt"} == {2}


@pytest.mark.parametrize("kind", ["refund", "event", "delivery"])
def test_every_id_that_leads_to_the_payment_leads_to_its_history(client: FlaskClient, kind: str) -> None:
    with Shop() as shop:
        call(client, "POST", "/sandbox/webhook-endpoints", {"url": shop.url})
        invoice_id, transaction_id = paid(client)
        refund = call(client, "POST", f"/transactions/{transaction_id}/refunds", {"amount": "1"})["refund"]
        call(client, "POST", "/sandbox/settle")
    delivery = call(client, "GET", "/sandbox/deliveries")["deliveries"][0]
    subject_id = {"refund": refund["id"], "event": delivery["event_id"], "delivery": delivery["id"]}[kind]

    assert timeline(client, subject_id)["payment"]["invoice_id"] == invoice_id


@pytest.mark.parametrize("subject_id", ["x", "card_1", "iv_x", "tr_x", "refd_x", "ev_x", "wbk_x", "iv_" + "a" * 32])
def test_an_id_that_leads_nowhere_is_refused(client: FlaskClient, subject_id: str) -> None:
    answer = client.get(f"/sandbox/timeline/{subject_id}", auth=AUTH)

    assert answer.status_code in (400, 404)
    assert subject_id[:2] in answer.text or "could not be found" in answer.text


def test_the_moves_that_are_offered_can_be_made_and_the_others_can_not(app: Flask) -> None:
    client = app.test_client()
    _, transaction_id = paid(client)
    call(client, "POST", f"/transactions/{transaction_id}/refunds", {"amount": "15"})
    saved = call(client, "POST", "/sandbox/snapshots", {"name": "before"})["snapshot"]["id"]
    offered = {(move["what"], move["on"]) for move in timeline(client, transaction_id)["moves"]}
    assert {what for what, _ in offered} >= {"chargeback.open", "refund.make", "refund.fail"}

    made = set()
    for n, what in enumerate(what for what, move in MOVES.items() if move.on == "payment"):
        fork = (f"test-proj_try{n}", AUTH[1])
        call(client, "POST", "/sandbox/forks", {"as": fork[0], "from": saved})
        answer = client.post("/sandbox/simulate", json={"what": what, "on": transaction_id}, auth=fork)
        if answer.status_code == 200:
            made.add(what)

    assert {what for what, on in offered if on == transaction_id} == made


def test_asking_for_moves_changes_nothing_and_uses_up_no_scripted_outcome(client: FlaskClient) -> None:
    _, transaction_id = paid(client)
    call(client, "POST", "/sandbox/rules", {"match": {"on": "refund"}, "outcome": "card.declined"})
    before = call(client, "GET", "/sandbox/digest")["digest"]

    timeline(client, transaction_id)

    assert call(client, "GET", "/sandbox/digest")["digest"] == before
    assert call(client, "GET", "/sandbox/rules")["rules"][0]["used"] == 0


def test_every_rule_behind_something_is_a_fact_of_profiles() -> None:
    sheet = profile_json(load_catalog().profiles["card-standard"])
    known = {name for group in ("can", "delays", "money", "fees") for name in sheet[group]}
    known |= {f"fees.{name}" for name in sheet["fees"]}

    assert set(RULES_BEHIND) <= set(Kind)
    assert {name for names in RULES_BEHIND.values() for name in names} <= known
