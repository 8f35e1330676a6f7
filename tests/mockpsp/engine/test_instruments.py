"""Cards that expire and tokens that are revoked: payments with them decline from then on."""

import pytest

from mockpsp.sandbox_client import Sandbox


def pay(mockpsp: Sandbox, source: str) -> tuple[int, str | None]:
    invoice = mockpsp.post("/invoices", {"name": "A", "amount": "1", "currency": "EUR"})["invoice"]["id"]
    answer = mockpsp.call("POST", f"/invoices/{invoice}/capture", {"source": source})
    return answer.status_code, answer.json().get("error_type")


def test_an_expired_card_is_declined_and_shows_a_month_that_is_over(mockpsp: Sandbox) -> None:
    card = mockpsp.card()

    mockpsp.simulate("card.expire", card)

    shown = mockpsp.get(f"/cards/{card}")["card"]
    assert (shown["exp_month"], shown["exp_year"], shown["expires_soon"]) == (12, 2025, True)
    assert pay(mockpsp, card) == (410, "card.expired")


def test_a_card_expires_later_while_its_token_goes_on_being_used(mockpsp: Sandbox) -> None:
    card, customer = mockpsp.card(), mockpsp.post("/customers")["customer"]["id"]
    token = mockpsp.post(f"/customers/{customer}/tokens", {"source": card})["token"]["id"]
    mockpsp.simulate("card.expire", card, after="30d")
    waits = mockpsp.get("/sandbox/agenda")["agenda"]
    assert [(item["what"], item["id"]) for item in waits] == [("card.expire", card)]
    assert pay(mockpsp, token) == (200, None)

    ran = mockpsp.advance("31d")

    assert ("card.expire", card, "done") in [(step["what"], step["id"], step["result"]) for step in ran]
    assert pay(mockpsp, token) == (410, "card.expired")


def test_a_revoked_token_cannot_be_charged(mockpsp: Sandbox) -> None:
    customer = mockpsp.post("/customers")["customer"]["id"]
    token = mockpsp.token(customer_id=customer)

    mockpsp.simulate("token.revoke", token)

    assert mockpsp.get(f"/customers/{customer}/tokens/{token}")["token"]["is_chargeable"] is False
    assert pay(mockpsp, token) == (410, "customer.payment-method-revoked")
    body = {"source": mockpsp.card()}
    assert mockpsp.put(f"/customers/{customer}/tokens/{token}", body)["token"]["is_chargeable"] is True
    assert pay(mockpsp, token) == (200, None)


@pytest.mark.parametrize("what", ["card.expire", "token.revoke"])
def test_what_has_ended_does_not_end_again(mockpsp: Sandbox, what: str) -> None:
    on = {"card.expire": mockpsp.card, "token.revoke": mockpsp.token}[what]()
    mockpsp.simulate(what, on)

    again = mockpsp.call("POST", "/sandbox/simulate", {"what": what, "on": on})

    assert (again.status_code, again.json()["error_type"]) == (400, "request.validation.error")
    assert "already" in again.json()["message"]


def test_a_move_in_vain_is_moot(mockpsp: Sandbox) -> None:
    card = mockpsp.card()
    for _ in "ab":
        mockpsp.simulate("card.expire", card, after="1h")

    assert [step["result"] for step in mockpsp.advance("2h")] == ["done", "moot"]


def test_a_move_wants_the_right_kind_of_thing(mockpsp: Sandbox) -> None:
    answer = mockpsp.call("POST", "/sandbox/simulate", {"what": "card.expire", "on": mockpsp.token()})

    assert answer.status_code == 400
    assert "card_" in answer.json()["message"]
