"""3-D Secure, card by card, and what its payer does: by the page, by a move of the world, by a gateway request."""

import base64
import json
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import requests

from mockpsp.sandbox_client import Sandbox

REQUIRED, UNSUPPORTED, ONLY_TWO, ONLY_ONE = (
    "4000000000000101",
    "4000000000000119",
    "4000000000000259",
    "4000000000003238",
)
FRICTIONLESS, FINGERPRINT, FINGERPRINT_FAILS = "4000000000003055", "4000000000003063", "4000000000003220"
FOR_SCA, ONE_REQUIRED = "4000000000003253", "4000000000003246"
NEEDS = (410, "card.needs-authentication")


def invoice(mockpsp: Sandbox, **more: object) -> str:
    body = {"name": "Order", "amount": "30.00", "currency": "EUR", **more}
    return str(mockpsp.post("/invoices", body)["invoice"]["id"])


def transaction(mockpsp: Sandbox, invoice_id: str) -> dict[str, Any]:
    return dict(mockpsp.get(f"/invoices/{invoice_id}/transactions?expand=operations,card")["transaction"])


def names(mockpsp: Sandbox) -> list[str]:
    return [event["name"] for event in mockpsp.get("/events?order=asc&limit=100")["events"]]


def call(mockpsp: Sandbox, path: str, body: dict[str, Any]) -> tuple[int, dict[str, Any]]:
    answer = mockpsp.call("POST", path, body)
    return answer.status_code, answer.json()


def challenged(mockpsp: Sandbox, number: str = REQUIRED, verb: str = "capture", **more: object) -> tuple[str, str, str]:
    """(invoice, card, page) of a payment that waits for its payer."""
    invoice_id, card = invoice(mockpsp, **more), mockpsp.card(number)
    status, answer = call(mockpsp, f"/invoices/{invoice_id}/{verb}", {"source": card})
    assert (status, answer["error_type"]) == NEEDS
    return invoice_id, card, answer["customer_action"]["value"]


def press(page: str, answer: str) -> requests.Response:
    """Press a button of the page as it is shown."""
    shown = requests.get(page, timeout=10)
    assert f'value="{answer}"' in shown.text
    return requests.post(page, {"answer": answer}, timeout=10, allow_redirects=False)


def steps(shown: dict[str, Any]) -> list[str]:
    return [
        f"{row['type']}{'?' if row['is_attempt'] else '!' if row['has_failed'] else ''}" for row in shown["operations"]
    ]


@pytest.mark.parametrize("verb", ["authorize", "capture"])
def test_a_card_that_needs_it_is_answered_with_where_the_payer_goes(mockpsp: Sandbox, verb: str) -> None:
    invoice_id, card = invoice(mockpsp), mockpsp.card(REQUIRED)

    status, answer = call(mockpsp, f"/invoices/{invoice_id}/{verb}", {"source": card})

    assert (status, answer["error_type"], answer["success"]) == (*NEEDS, False)
    action = answer["customer_action"]
    assert (action["type"], action["metadata"]) == ("redirect", None)
    assert action["value"].startswith(mockpsp.url + "/checkout/")
    shown = transaction(mockpsp, invoice_id)
    assert (shown["status"], shown["error_code"], shown["three_d_s_status"]) == ("waiting", None, "pending")
    assert steps(shown) == ["request", "three_d_s_check?"]
    assert names(mockpsp) == ["transaction.requested"]
    assert call(mockpsp, f"/invoices/{invoice_id}/{verb}", {"source": card})[1] == answer


@pytest.mark.parametrize(
    ("verb", "status", "rest"),
    [
        ("authorize", "authorized", []),
        ("capture", "completed", ["capture?", "capture"]),
    ],
)
def test_the_action_goes_on_when_the_payer_authenticates(
    mockpsp: Sandbox, verb: str, status: str, rest: list[str]
) -> None:
    invoice_id, card, page = challenged(mockpsp, verb=verb, return_url="https://shop.example/back?order=1")

    sent = press(page, "authenticate")

    assert sent.status_code == 303
    back = urlsplit(sent.headers["location"])
    query = parse_qs(back.query)
    assert (back.netloc, query["order"]) == ("shop.example", ["1"])
    said = json.loads(base64.b64decode(query["token"][0].removeprefix("gway_req_")))
    assert json.loads(said["body"]) == {"transStatus": "Y"}
    shown = transaction(mockpsp, invoice_id)
    assert (shown["status"], shown["attempts_count"], shown["eci"]) == (status, 1, "05")
    assert shown["three_d_s"]["challenged"] is True
    assert (shown["three_d_s_status"], shown["three_d_s"]["cres_trans_status"]) == ("success", "Y")
    assert steps(shown) == ["request", "three_d_s_check?", "three_d_s_check", "authorization?", "authorization", *rest]
    before = mockpsp.get("/sandbox/digest")

    for source in (card, query["token"][0]):
        code, answer = call(mockpsp, f"/invoices/{invoice_id}/{verb}", {"source": source})
        assert (code, answer["transaction"]["status"]) == (200, status)
    assert mockpsp.get("/sandbox/digest") == before


def test_what_waited_keeps_its_parameters(mockpsp: Sandbox) -> None:
    invoice_id, card = invoice(mockpsp), mockpsp.card(REQUIRED)
    body = {"source": card, "capture_amount": "10.00", "capture_type": "final", "metadata": {"a": "b"}}
    assert call(mockpsp, f"/invoices/{invoice_id}/capture", body)[0] == 410

    mockpsp.post("/sandbox/simulate", {"what": "three_d_s.authenticate", "on": invoice_id})

    shown = transaction(mockpsp, invoice_id)
    assert (shown["captured_amount"], shown["voided_amount"]) == ("10", "20")
    assert shown["operations"][-2]["metadata"]["a"] == "b"


@pytest.mark.parametrize(
    ("answer", "code", "status", "address"),
    [
        ("fail", "card.failed-3ds", "N", "back"),
        ("abandon", "customer.cancelled", "N", "cancelled"),
    ],
)
def test_a_payer_who_does_not_pass_fails_the_payment(
    mockpsp: Sandbox, answer: str, code: str, status: str, address: str
) -> None:
    urls = {"return_url": "https://shop.example/back", "cancel_url": "https://shop.example/cancelled"}
    invoice_id, _, page = challenged(mockpsp, **urls)

    sent = press(page, answer)

    back = urlsplit(sent.headers["location"])
    said = json.loads(base64.b64decode(parse_qs(back.query)["token"][0].removeprefix("gway_req_")))
    assert (back.path, json.loads(said["body"])["transStatus"]) == (f"/{address}", status)
    shown = transaction(mockpsp, invoice_id)
    assert (shown["status"], shown["error_code"], shown["three_d_s_status"]) == ("failed", code, "failed")
    assert steps(shown) == ["request", "three_d_s_check?", "three_d_s_check!"]
    assert [row["error_code"] for row in shown["operations"]] == [None, code, code]
    assert names(mockpsp)[-1] == "transaction.failed"
    again = call(mockpsp, f"/invoices/{invoice_id}/capture", {"source": mockpsp.card()})[0]
    assert again == (400 if answer == "fail" else 200)


def test_a_challenge_nobody_answers_runs_out(mockpsp: Sandbox) -> None:
    invoice_id, _, page = challenged(mockpsp)

    mockpsp.advance("15m")

    assert transaction(mockpsp, invoice_id)["error_code"] == "card.expired-3ds"
    shown = requests.get(page, timeout=10)
    assert "Too late" in shown.text and "<form" not in shown.text
    assert requests.post(page, {"answer": "authenticate"}, timeout=10).status_code == 200
    assert transaction(mockpsp, invoice_id)["status"] == "failed"


def test_an_answered_challenge_does_not_run_out(mockpsp: Sandbox) -> None:
    invoice_id, _, page = challenged(mockpsp)
    closing = press(page, "authenticate")
    assert (closing.status_code, "Thank you" in closing.text) == (200, True)

    mockpsp.advance("1h")

    assert transaction(mockpsp, invoice_id)["status"] == "completed"
    assert "<form" not in requests.get(page, timeout=10).text


def test_a_scripted_decline_meets_what_goes_on(mockpsp: Sandbox) -> None:
    mockpsp.post("/sandbox/rules", {"match": {"on": "capture"}, "outcome": "card.no-money"})
    invoice_id, card, page = challenged(mockpsp)

    press(page, "authenticate")

    shown = transaction(mockpsp, invoice_id)
    assert (shown["status"], shown["error_code"], shown["three_d_s_status"]) == ("failed", "card.no-money", "success")
    status, answer = call(mockpsp, f"/invoices/{invoice_id}/capture", {"source": card})
    assert (status, answer["error_type"]) == (410, "card.no-money")


def test_a_new_attempt_ends_the_challenge_of_the_old(mockpsp: Sandbox) -> None:
    invoice_id, _, page = challenged(mockpsp)

    mockpsp.post(f"/invoices/{invoice_id}/capture", {"source": mockpsp.card()})

    assert requests.get(page, timeout=10).status_code == 404
    assert requests.post(page, {"answer": "fail"}, timeout=10).status_code == 404
    shown = transaction(mockpsp, invoice_id)
    assert (shown["status"], shown["three_d_s_status"], shown["attempts_count"]) == ("completed", "unchecked", 2)


def test_a_tokens_verification_waits_for_the_payer(mockpsp: Sandbox) -> None:
    customer = mockpsp.post("/customers")["customer"]["id"]
    body = {"source": mockpsp.card(REQUIRED), "verify": True, "invoice_return_url": "https://shop.example/"}
    answer = mockpsp.post(f"/customers/{customer}/tokens", body)
    assert answer["token"]["verification_status"] == "pending"

    sent = press(answer["customer_action"]["value"], "authenticate")

    assert sent.headers["location"].startswith("https://shop.example/?token=gway_req_")
    token = mockpsp.get(f"/customers/{customer}/tokens/{answer['token']['id']}")["token"]
    assert token["verification_status"] == "success"
    assert "customer.token.updated" in names(mockpsp)


@pytest.mark.parametrize("is_planned", [False, True], ids=["nobody answers", "given up later, as planned"])
def test_a_tokens_verification_fails_when_its_challenge_ends_by_itself(mockpsp: Sandbox, is_planned: bool) -> None:
    customer = mockpsp.post("/customers")["customer"]["id"]
    made = mockpsp.post(f"/customers/{customer}/tokens", {"source": mockpsp.card(REQUIRED), "verify": True})["token"]
    path = f"/customers/{customer}/tokens/{made['id']}"
    if is_planned:
        body = {"what": "three_d_s.abandon", "on": made["invoice_id"], "after": "5m"}
        mockpsp.post("/sandbox/simulate", body)
    mockpsp.advance("4m")
    before = mockpsp.get(path)["token"]
    events = len(names(mockpsp))

    mockpsp.advance("20m")

    after = mockpsp.get(path)["token"]
    assert (before["verification_status"], after["verification_status"]) == ("pending", "failed")
    assert not after["is_chargeable"]
    assert names(mockpsp)[events:].count("customer.token.updated") == 1


@pytest.mark.parametrize("answer", ["fail", "abandon"])
def test_a_tokens_verification_fails_when_the_payer_does(mockpsp: Sandbox, answer: str) -> None:
    customer = mockpsp.post("/customers")["customer"]["id"]
    made = mockpsp.post(f"/customers/{customer}/tokens", {"source": mockpsp.card(REQUIRED), "verify": True})

    press(made["customer_action"]["value"], answer)

    token = mockpsp.get(f"/customers/{customer}/tokens/{made['token']['id']}")["token"]
    assert (token["verification_status"], token["is_chargeable"]) == ("failed", False)


def test_the_page_gives_nothing_away(mockpsp: Sandbox) -> None:
    _, _, page = challenged(mockpsp, name='<script>alert("1")</script>', return_url="https://shop.example/")

    shown = requests.get(page, timeout=10)

    assert shown.headers["content-type"] == "text/html; charset=utf-8"
    assert "<script" not in shown.text and "30.00 EUR" in shown.text and "0101" in shown.text
    framed_by = shown.headers["content-security-policy"].partition("frame-ancestors ")[2].split()
    assert all(one == "'self'" or "localhost" in one or "127.0.0.1" in one for one in framed_by[:-1])
    assert (framed_by[-1], shown.headers["cache-control"]) == ("https://shop.example", "no-store")
    for foreign in ({"Sec-Fetch-Site": "cross-site"}, {"Origin": "https://other.example"}, {"Origin": "null"}):
        assert requests.post(page, {"answer": "authenticate"}, headers=foreign, timeout=10).status_code == 403
    own = {"Origin": "/".join(page.split("/")[:3]), "Sec-Fetch-Site": "same-origin"}
    assert requests.post(page, {"answer": "pay"}, headers=own, timeout=10).status_code == 400
    assert requests.post(page, {"answer": "pay"}, timeout=10).status_code == 400
    assert requests.get(page[:-1] + ("0" if page[-1] != "0" else "1"), timeout=10).status_code == 404
    assert requests.get(page.replace("test-proj", "proj"), timeout=10).status_code == 404
    assert requests.get(page.replace("test-proj_", "test-proj_nobody"), timeout=10).status_code == 404


@pytest.mark.parametrize("body", ["answer[]=fail", "answer[a]=fail", "answer[0]=a&answer[1]=b"])
def test_an_answer_that_is_no_word_is_refused(mockpsp: Sandbox, body: str) -> None:
    _, _, page = challenged(mockpsp)

    answer = requests.post(
        page, body, headers={"Content-Type": "application/x-www-form-urlencoded"}, timeout=10, allow_redirects=False
    )

    assert answer.status_code == 400
    assert "can be answered by" in answer.text


def test_the_shops_own_query_comes_back_as_it_was_written(mockpsp: Sandbox) -> None:
    query = "sig=a%20b%2Fc&raw=%FF&x;y&&z"
    _, _, page = challenged(mockpsp, return_url=f"https://shop.example/back?{query}#top")

    back = press(page, "authenticate").headers["Location"]

    assert back.startswith(f"https://shop.example/back?{query}&token=gway_req_")
    assert back.endswith("#top")


def test_a_move_needs_a_payment_that_waits(mockpsp: Sandbox) -> None:
    invoice_id = invoice(mockpsp)
    status, answer = call(mockpsp, "/sandbox/simulate", {"what": "three_d_s.fail", "on": invoice_id})
    assert (status, answer["error_type"]) == (400, "request.validation.error")
    assert "waits for 3-D Secure" in answer["message"]


def test_the_outside_answer_is_judged(mockpsp: Sandbox) -> None:
    body = {"source": mockpsp.card(), "external_three_d_s": {"trans_status": "maybe"}}
    status, answer = call(mockpsp, f"/invoices/{invoice(mockpsp)}/capture", body)
    assert (status, answer["invalid_fields"][0]["name"]) == (400, "external_three_d_s.trans_status")
