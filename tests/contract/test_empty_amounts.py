"""What is given and empty says nothing: where money moves it is refused, null is absent, elsewhere empty is absent."""

from typing import Any

import pytest
import requests

from mockpsp.sandbox_client import Sandbox

EMPTY: list[tuple[str, Any]] = [("amount", ""), ("invoice_detail_ids", []), ("invoice_detail_ids", "")]
#: Route -> (keys that are refused when empty, with which payment).
ROUTES = {
    "POST /transactions/{tr}/refunds": ("sold", EMPTY),
    "POST /invoices/{iv}/refunds": ("sold", EMPTY),
    "POST /invoices/{iv}/capture": ("held", [("capture_amount", ""), *EMPTY[1:]]),
    "POST /invoices/{iv}/authorize": ("new", [("capture_amount", "")]),
    "POST /invoices/{iv}/void": ("held", EMPTY[:1]),
    "POST /invoices/{iv}/increment_authorization": ("held", EMPTY[:1]),
}
CASES = [(route, state, key, value) for route, (state, pairs) in ROUTES.items() for key, value in pairs]


def payment(mockpsp: Sandbox, state: str) -> dict[str, str]:
    lines = [{"name": "Mug", "amount": "10.00", "quantity": 1}]
    invoice = mockpsp.post("/invoices", {"name": "Order", "amount": "10.00", "currency": "EUR", "details": lines})[
        "invoice"
    ]["id"]
    found = {"iv": invoice, "source": mockpsp.card()}
    if state != "new":
        action = "capture" if state == "sold" else "authorize"
        body = {"source": found["source"]}
        found["tr"] = mockpsp.post(f"/invoices/{invoice}/{action}", body)["transaction"]["id"]
    return found


@pytest.mark.parametrize(("route", "state", "key", "value"), CASES)
def test_what_is_given_and_empty_moves_no_money(mockpsp: Sandbox, route: str, state: str, key: str, value: Any) -> None:
    found = payment(mockpsp, state)
    method, _, path = route.format(**found).partition(" ")
    before = mockpsp.get("/sandbox/digest")

    answer = mockpsp.call(method, path, {"source": found["source"], key: value})

    assert answer.status_code == 400, answer.text
    assert answer.json()["invalid_fields"] == [{"name": key, "message": answer.json()["message"]}]
    assert f"{key}: is given but empty" in answer.json()["message"]
    assert mockpsp.get("/sandbox/digest") == before


@pytest.mark.parametrize("form", ["amount=", "amount=&reason=fraud", "invoice_detail_ids="])
def test_a_form_says_nothing_either(mockpsp: Sandbox, form: str) -> None:
    found = payment(mockpsp, "sold")

    answer = requests.post(
        f"{mockpsp.url}/transactions/{found['tr']}/refunds",
        auth=(mockpsp.project_id, mockpsp.secret),
        data=form,
        headers={"Content-Type": "application/x-www-form-urlencoded"},
        timeout=10,
    )

    assert (answer.status_code, "is given but empty" in answer.text) == (400, True)


@pytest.mark.parametrize("body", [{}, {"amount": None}, {"amount": None, "invoice_detail_ids": None}])
def test_null_is_absent_and_refunds_all(mockpsp: Sandbox, body: dict[str, Any]) -> None:
    found = payment(mockpsp, "sold")

    answer = mockpsp.post(f"/transactions/{found['tr']}/refunds", body)

    assert answer["refund"]["amount"] == "10"


@pytest.mark.parametrize("amount", ["0", "0.00", 0, " "])
@pytest.mark.parametrize("route", [route for route, (state, _) in ROUTES.items() if state != "new"])
def test_an_amount_of_nothing_is_refused_too(mockpsp: Sandbox, route: str, amount: Any) -> None:
    found = payment(mockpsp, ROUTES[route][0])
    method, _, path = route.format(**found).partition(" ")
    key = "capture_amount" if path.endswith("/capture") else "amount"

    assert mockpsp.call(method, path, {key: amount}).status_code == 400


def test_a_dispute_over_an_empty_amount_is_not_opened(mockpsp: Sandbox) -> None:
    found = payment(mockpsp, "sold")

    answer = mockpsp.call(
        "POST", "/sandbox/simulate", {"what": "chargeback.open", "on": found["tr"], "with": {"amount": ""}}
    )

    assert answer.status_code == 400
    assert mockpsp.get(f"/transactions/{found['tr']}")["transaction"]["status"] == "completed"


@pytest.mark.parametrize("route", ROUTES)
@pytest.mark.parametrize("value", ["", "4.00"])
def test_an_amount_in_the_address_does_not_move_all(mockpsp: Sandbox, route: str, value: str) -> None:
    found = payment(mockpsp, ROUTES[route][0])
    method, _, path = route.format(**found).partition(" ")
    before = mockpsp.get("/sandbox/digest")
    key = "capture_amount" if path.endswith(("/capture", "/authorize")) else "amount"

    answer = mockpsp.call(method, f"{path}?{key}={value}", {"source": found["source"]})

    assert (answer.status_code, answer.json()["invalid_fields"][0]["name"]) == (400, key)
    assert mockpsp.get("/sandbox/digest") == before


@pytest.mark.parametrize("ids", [["line"], [""], "line", "", [], {}, False])
def test_lines_are_no_part_of_a_hold_that_is_released(mockpsp: Sandbox, ids: Any) -> None:
    found = payment(mockpsp, "held")

    answer = mockpsp.call("POST", f"/invoices/{found['iv']}/void", {"invoice_detail_ids": ids})

    assert (answer.status_code, answer.json()["invalid_fields"][0]["name"]) == (400, "invoice_detail_ids")
    assert mockpsp.get(f"/transactions/{found['tr']}")["transaction"]["status"] == "authorized"


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        ("application/json", '{"amount": "4.00", "amount": null}'),
        ("application/json", '{"reason": "fraud", "amount": "4.00", "amount": "4.00"}'),
        ("application/json", '{"metadata": {"a": "1", "a": "2"}}'),
        ("application/x-www-form-urlencoded", "amount=4.00&amount=5.00"),
        ("application/x-www-form-urlencoded", "metadata[a]=1&metadata.a=2"),
    ],
)
def test_what_is_given_twice_is_not_chosen_from(mockpsp: Sandbox, kind: str, body: str) -> None:
    found = payment(mockpsp, "sold")

    answer = requests.post(
        f"{mockpsp.url}/transactions/{found['tr']}/refunds",
        auth=(mockpsp.project_id, mockpsp.secret),
        data=body,
        headers={"Content-Type": kind},
        timeout=10,
    )

    assert (answer.status_code, "twice" in answer.text) == (400, True)
    assert mockpsp.get(f"/transactions/{found['tr']}")["transaction"]["refunded_amount"] == "0"


def test_a_move_with_an_empty_span_is_not_made_at_once(mockpsp: Sandbox) -> None:
    found = payment(mockpsp, "sold")

    answer = mockpsp.call("POST", "/sandbox/simulate", {"what": "chargeback.open", "on": found["tr"], "after": ""})

    assert (answer.status_code, answer.json()["invalid_fields"][0]["name"]) == (400, "after")


@pytest.mark.parametrize("key", ["amount", "card", "gateway"])
def test_a_rule_with_an_empty_condition_does_not_meet_everything(mockpsp: Sandbox, key: str) -> None:
    answer = mockpsp.call("POST", "/sandbox/rules", {"match": {"on": "refund", key: ""}, "outcome": "card.declined"})

    assert answer.status_code == 400
    assert mockpsp.get("/sandbox/rules")["rules"] == []
