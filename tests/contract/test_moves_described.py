"""The document's bodies of `/sandbox`: each move with what it is about and what it takes, outcomes, events."""

from typing import Any

import jsonschema_rs
import pytest

from mockpsp.api.control.move_words import ID_PREFIXES, MOVE_WORDS
from mockpsp.api.control.moves import MOVES
from mockpsp.domain.events import FIRED_EVENTS, TOPICS
from mockpsp.sandbox_client import Sandbox
from tests.contract import judge

OTHERS = {"payment": "refd_x", "refund": "tr_x", "card": "tok_x", "token": "card_x", "payout": "tr_x"}
SCHEMAS: dict[str, dict[str, Any]] = judge.document()["components"]["schemas"]
FORMS: list[dict[str, Any]] = [SCHEMAS[one["$ref"].rpartition("/")[2]] for one in SCHEMAS["SimulateRequest"]["oneOf"]]


def is_valid(name: str, body: Any) -> bool:
    """Whether a body is one by the document."""
    document = judge.document()
    schema = {"$ref": f"#/components/schemas/{name}", "components": document["components"]}
    return bool(jsonschema_rs.validator_for(schema).is_valid(body))


def test_every_move_is_a_form_of_the_body() -> None:
    assert [form["title"] for form in FORMS] == list(MOVES) == [*dict.fromkeys(MOVES)]
    assert set(MOVE_WORDS) == set(MOVES)
    for form in FORMS:
        move = MOVES[form["title"]]
        details = SCHEMAS[form["properties"]["with"]["$ref"].rpartition("/")[2]]
        assert set(details.get("properties", {})) == set(move.details.fields)
        assert ("after" in form["properties"]) == (move.act is None)
        assert form["description"] == MOVE_WORDS[form["title"]]


@pytest.mark.parametrize("form", FORMS, ids=lambda form: str(form["title"]))
def test_an_object_of_another_kind_is_none_of_a_moves(mockpsp: Sandbox, form: dict[str, Any]) -> None:
    what = form["title"]
    on = MOVES[what].on
    details = {"amount": "1.00", "currency": "EUR"} if what == "balance.add" else {}
    body = {"what": what, "on": OTHERS.get(on, "moon"), "with": details}

    answer = mockpsp.call("POST", "/sandbox/simulate", body)

    assert answer.status_code in (400, 404)
    if on in ID_PREFIXES:
        assert not is_valid("SimulateRequest", body)
        for prefix in ID_PREFIXES[on]:
            assert is_valid("SimulateRequest", {**body, "on": f"{prefix}x"})


@pytest.mark.parametrize(
    ("body", "right"),
    [
        ({"what": "refund.fail", "on": "refd_x", "with": {"reason": "account_closed"}, "after": "3d"}, True),
        ({"what": "refund.fail", "on": "refd_x", "with": {"reason": "account_close"}}, False),
        ({"what": "refund.fails", "on": "refd_x"}, False),
        ({"what": "capture.fail", "on": "iv_x", "with": {"code": "card.no-money"}}, True),
        ({"what": "capture.fail", "on": "iv_x", "with": {"code": "card.no-mony"}}, False),
        ({"what": "payment.fail", "on": "tr_x", "with": {"reason": "AM04"}}, True),
        ({"what": "balance.add", "on": "stripe"}, False),
        ({"what": "payout.run", "on": "stripe", "after": "3d"}, False),
        ({"what": "card.expire", "on": "card_x", "with": {"when": "now"}}, False),
    ],
)
def test_bodies_of_moves(body: dict[str, Any], right: bool) -> None:
    assert is_valid("SimulateRequest", body) is right


@pytest.mark.parametrize(
    ("match", "outcome", "right"),
    [
        ("authorize", "ok", True),
        ("authorize", "card.no-money", True),
        ("authorize", "card.no-mony", False),
        ("refund", {"fail_after": "3d", "reason": "account_closed"}, True),
        ("capture", {"fail_after": "3d", "reason": "AM04"}, True),
        ("capture", {"reason": "AM04"}, False),
        ("capture", ["gateway.declined", "ok"], True),
        ("capture", [], False),
        ("capture", [["ok"]], False),
        ("captures", "ok", False),
    ],
)
def test_scripted_outcomes(mockpsp: Sandbox, match: str, outcome: Any, right: bool) -> None:
    body = {"match": {"on": match}, "outcome": outcome}

    assert is_valid("RuleRequest", body) is right
    assert (mockpsp.call("POST", "/sandbox/rules", body).status_code == 200) is right


def test_topics_and_events_are_named() -> None:
    assert SCHEMAS["Topic"]["enum"] == list(TOPICS)
    assert SCHEMAS["EventName"]["enum"] == sorted(FIRED_EVENTS)
    assert is_valid("EndpointRequest", {"url": "http://127.0.0.1:1/", "topics": ["plan.created"]})
    assert not is_valid("EndpointRequest", {"url": "http://127.0.0.1:1/", "topics": ["transaction.refundd"]})
    assert is_valid("AdvanceRequest", {"until": {"event": "transaction.refunded"}, "max": "3d"})
    assert not is_valid("AdvanceRequest", {"until": {"event": "plan.created"}})
    assert not is_valid("DeliveryRequest", {"rules": [{"match": {"event": "plan.created"}, "do": "drop"}]})
