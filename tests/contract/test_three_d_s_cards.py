"""The nine test cards of 3-D Secure, what spares their holders, and what others authenticated."""

import base64
import json
import re
from typing import Any
from urllib.parse import urlsplit

import pytest
import requests

from mockpsp.sandbox_client import Sandbox
from tests.contract.test_three_d_s import NEEDS, REQUIRED, call, challenged, invoice, press, steps, transaction

UNSUPPORTED, ONLY_TWO, ONLY_ONE = "4000000000000119", "4000000000000259", "4000000000003238"
FRICTIONLESS, FINGERPRINT, FINGERPRINT_FAILS = "4000000000003055", "4000000000003063", "4000000000003220"
FOR_SCA, ONE_REQUIRED = "4000000000003253", "4000000000003246"


def gateway_request(body: object) -> str:
    return "gway_req_" + base64.b64encode(json.dumps({"body": json.dumps(body)}).encode()).decode()


@pytest.mark.parametrize("number", [UNSUPPORTED, ONLY_TWO, ONLY_ONE])
def test_a_card_that_need_not_pays_without(mockpsp: Sandbox, number: str) -> None:
    invoice_id = invoice(mockpsp)

    mockpsp.post(f"/invoices/{invoice_id}/capture", {"source": mockpsp.card(number)})

    shown = transaction(mockpsp, invoice_id)
    assert (shown["status"], shown["three_d_s_status"], shown["three_d_s"]) == ("completed", "unchecked", None)
    assert shown["eci"] is None


@pytest.mark.parametrize(
    ("number", "version"), [(ONLY_TWO, "2.2.0"), (ONLY_ONE, "1.0.2"), (ONE_REQUIRED, "1.0.2"), (REQUIRED, "2.2.0")]
)
def test_a_card_runs_the_version_it_has_when_asked(mockpsp: Sandbox, number: str, version: str) -> None:
    invoice_id, card = invoice(mockpsp), mockpsp.card(number)
    body = {"source": card, "enable_three_d_s_2": True}
    assert call(mockpsp, f"/invoices/{invoice_id}/capture", body)[0] == 410

    mockpsp.post("/sandbox/simulate", {"what": "three_d_s.authenticate", "on": invoice_id})

    shown = transaction(mockpsp, invoice_id)
    check, result = shown["operations"][1], shown["operations"][2]
    assert (shown["status"], shown["three_d_s_version"]) == ("completed", version)
    is_first = version == "1.0.2"
    assert (set(check["payment_data_three_d_s_request"] or ()) == {"acs_url", "pareq", "md", "term_url"}) is is_first
    assert (set(result["payment_data_three_d_s_authentication"] or ()) == {"XID"}) is is_first
    assert (result["payment_data_three_d_s_2_authentication"] is None) is is_first
    assert len(base64.b64decode(result["payment_data_network_authentication"]["cavv"])) == 20


def test_a_frictionless_card_passes_at_once(mockpsp: Sandbox) -> None:
    invoice_id = invoice(mockpsp)

    mockpsp.post(f"/invoices/{invoice_id}/capture", {"source": mockpsp.card(FRICTIONLESS)})

    shown = transaction(mockpsp, invoice_id)
    known = shown["three_d_s"]
    assert (shown["status"], shown["three_d_s_status"], shown["eci"]) == ("completed", "success", "05")
    assert (known["challenged"], known["fingerprinted"], known["ares_trans_status"]) == (False, False, "Y")
    assert re.fullmatch(r"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-a[0-9a-f]{3}-[0-9a-f]{12}", known["ds_trans_id"])
    assert steps(shown)[:3] == ["request", "three_d_s_check?", "three_d_s_check"]


def test_a_mandated_challenge_is_friction_even_for_a_frictionless_card(mockpsp: Sandbox) -> None:
    invoice_id, _, _ = challenged(mockpsp, FRICTIONLESS, challenge_indicator="challenge-requested-mandate")
    assert transaction(mockpsp, invoice_id)["sca"]["challenge_result"] == "honoured"


def test_a_fingerprint_is_all_that_some_cards_want(mockpsp: Sandbox) -> None:
    invoice_id, _, page = challenged(mockpsp, FINGERPRINT, challenge_indicator="no-challenge-requested")
    assert transaction(mockpsp, invoice_id)["three_d_s"]["challenged"] is False

    assert "Thank you" in press(page, "fingerprint").text

    shown = transaction(mockpsp, invoice_id)
    known = shown["three_d_s"]
    assert (shown["status"], known["fingerprinted"]) == ("completed", True)
    assert (known["fingerprint_completion_indicator"], known["cres_trans_status"]) == ("Y", "")
    assert (known["challenged"], shown["sca"]["challenge_result"]) == (False, "honoured")


def test_a_fingerprint_that_fails_is_followed_by_a_challenge(mockpsp: Sandbox) -> None:
    invoice_id, _, page = challenged(mockpsp, FINGERPRINT_FAILS)
    assert 'value="authenticate"' not in requests.get(page, timeout=10).text

    sent = press(page, "fingerprint")

    assert (sent.status_code, urlsplit(sent.headers["location"]).path) == (303, urlsplit(page).path)
    waiting = transaction(mockpsp, invoice_id)
    assert (waiting["status"], waiting["three_d_s"]["challenged"]) == ("waiting", True)
    press(page, "authenticate")
    shown = transaction(mockpsp, invoice_id)
    assert (shown["status"], shown["three_d_s"]["fingerprint_completion_indicator"]) == ("completed", "N")


@pytest.mark.parametrize(
    ("more", "scope", "exemption", "challenge"),
    [
        ({"initiation_type": "mit"}, "out-of-scope", "no-exemption-reason-set", "no-challenge-indicator-set"),
        ({"merchant_initiator_type": "recurring"}, "out-of-scope", "no-exemption-reason-set", None),
        ({"payment_type": "moto"}, "out-of-scope", "no-exemption-reason-set", None),
        ({"sca_exemption_reason": "low-value"}, "in-scope", "honoured", None),
        ({"challenge_indicator": "no-challenge-requested-tra-performed"}, "in-scope", None, "honoured"),
    ],
)
def test_a_card_that_needs_it_for_the_rules_is_spared_where_they_do(
    mockpsp: Sandbox, more: dict[str, str], scope: str, exemption: str | None, challenge: str | None
) -> None:
    challenged(mockpsp, FOR_SCA)
    invoice_id = invoice(mockpsp, **more)

    mockpsp.post(f"/invoices/{invoice_id}/capture", {"source": mockpsp.card(FOR_SCA)})

    sca = transaction(mockpsp, invoice_id)["sca"]
    assert sca["scope"] == scope
    assert exemption in (None, sca["exemption_result"])
    assert challenge in (None, sca["challenge_result"])


def test_a_card_that_always_wants_it_honours_no_wish(mockpsp: Sandbox) -> None:
    wishes = {"sca_exemption_reason": "low-value", "challenge_indicator": "no-challenge-requested"}
    invoice_id, _, _ = challenged(mockpsp, REQUIRED, **wishes)

    sca = transaction(mockpsp, invoice_id)["sca"]
    assert (sca["exemption_result"], sca["challenge_result"]) == ("not-honoured", "not-honoured")


def test_what_somebody_else_authenticated_is_not_asked_again(mockpsp: Sandbox) -> None:
    invoice_id = invoice(mockpsp)
    external = {"trans_status": "Y", "eci": "05", "cavv": "Q0FWVg==", "ds_trans_id": "ds-1", "version": "2.1.0"}
    body = {"source": mockpsp.card(REQUIRED), "external_three_d_s": {**external, "authentication_flow": "CHALLENGE"}}

    mockpsp.post(f"/invoices/{invoice_id}/capture", body)

    shown = transaction(mockpsp, invoice_id)
    known = shown["three_d_s"]
    assert (shown["status"], shown["eci"], shown["three_d_s_version"]) == ("completed", "05", "2.1.0")
    assert (known["challenged"], known["cres_trans_status"], known["ds_trans_id"]) == (True, "Y", "ds-1")
    assert shown["operations"][2]["payment_data_network_authentication"] == {"cavv": "Q0FWVg=="}


@pytest.mark.parametrize("cavv", ["Q0FWVg", "Q0F WVg==", "Q0FWVg==="])
def test_a_proof_that_is_not_base64_is_refused_by_name_and_nothing_is_paid(mockpsp: Sandbox, cavv: str) -> None:
    invoice_id = invoice(mockpsp)
    body = {"source": mockpsp.card(), "external_three_d_s": {"trans_status": "Y", "cavv": cavv}}
    before = mockpsp.get("/sandbox/digest")

    status, answer = call(mockpsp, f"/invoices/{invoice_id}/capture", body)

    assert (status, answer["error_type"]) == (400, "request.validation.error")
    assert "cavv" in answer["message"] and "base64" in answer["message"]
    assert mockpsp.get("/sandbox/digest") == before


def test_what_somebody_else_could_not_authenticate_fails(mockpsp: Sandbox) -> None:
    body = {"source": mockpsp.card(), "external_three_d_s": {"trans_status": "N"}}
    status, answer = call(mockpsp, f"/invoices/{invoice(mockpsp)}/capture", body)
    assert (status, answer["error_type"], "customer_action" in answer) == (410, "card.failed-3ds", False)


@pytest.mark.parametrize("with_key", [False, True])
def test_a_payer_authenticated_beforehand_is_not_asked_again(mockpsp: Sandbox, with_key: bool) -> None:
    invoice_id, card = invoice(mockpsp), mockpsp.card(REQUIRED)
    verb, key = ("capture", {"authenticate_only": True}) if with_key else ("authenticate", {})
    status, answer = call(mockpsp, f"/invoices/{invoice_id}/{verb}", {"source": card, **key})
    assert (status, answer["error_type"]) == NEEDS
    press(answer["customer_action"]["value"], "authenticate")
    assert transaction(mockpsp, invoice_id)["status"] == "waiting"
    assert call(mockpsp, f"/invoices/{invoice_id}/{verb}", {"source": card, **key})[0] == 200

    mockpsp.post(f"/invoices/{invoice_id}/capture", {"source": card})

    shown = transaction(mockpsp, invoice_id)
    assert (shown["status"], shown["three_d_s_status"], shown["eci"]) == ("completed", "success", "05")
    assert shown["operations"][-1]["eci"] == "05"


def test_the_older_way_answers_where_to_go_or_that_nobody_need(mockpsp: Sandbox) -> None:
    body = {"source": mockpsp.card(REQUIRED), "enable_three_d_s_2": True}
    status, answer = call(mockpsp, f"/invoices/{invoice(mockpsp)}/three-d-s", body)
    assert (status, answer["customer_action"]["type"]) == (200, "url")
    assert "Authenticate" in requests.get(answer["customer_action"]["value"], timeout=10).text

    path = f"/invoices/{invoice(mockpsp)}/three-d-s"
    assert call(mockpsp, path, {"source": mockpsp.card()}) == (200, {"success": True})
    status, answer = call(mockpsp, f"/invoices/{invoice(mockpsp)}/three-d-s", {"source": mockpsp.card(UNSUPPORTED)})
    assert (status, answer["error_type"]) == (410, "card.unsupported-3ds")


@pytest.mark.parametrize(
    ("body", "status", "ends"), [({"transStatus": "Y"}, 200, "completed"), ({"transStatus": "N"}, 410, "failed")]
)
def test_an_app_answers_by_a_gateway_request(mockpsp: Sandbox, body: object, status: int, ends: str) -> None:
    invoice_id, _, _ = challenged(mockpsp)
    source = {"source": gateway_request(body)}

    assert [call(mockpsp, f"/invoices/{invoice_id}/capture", source)[0] for _ in range(2)] == [status] * 2
    assert transaction(mockpsp, invoice_id)["status"] == ends


def test_an_app_that_cannot_fingerprint_is_challenged(mockpsp: Sandbox) -> None:
    invoice_id, _, page = challenged(mockpsp, FINGERPRINT)
    source = gateway_request({"threeDS2FingerprintTimeout": True})

    status, answer = call(mockpsp, f"/invoices/{invoice_id}/capture", {"source": source})

    assert (status, answer["error_type"], answer["customer_action"]["value"]) == (*NEEDS, page)
    press(page, "authenticate")
    assert transaction(mockpsp, invoice_id)["status"] == "completed"


def test_an_answer_to_nothing_is_refused(mockpsp: Sandbox) -> None:
    source = gateway_request({"transStatus": "Y"})
    status, answer = call(mockpsp, f"/invoices/{invoice(mockpsp)}/capture", {"source": source})
    assert (status, answer["error_type"]) == (400, "request.source.invalid")


def test_the_outside_answer_is_judged(mockpsp: Sandbox) -> None:
    body: dict[str, Any] = {"source": mockpsp.card(), "external_three_d_s": {"trans_status": "maybe"}}
    status, answer = call(mockpsp, f"/invoices/{invoice(mockpsp)}/capture", body)
    assert (status, answer["invalid_fields"][0]["name"]) == (400, "external_three_d_s.trans_status")
