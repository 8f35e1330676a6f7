"""Customers' tokens: what they are made of, how they change, verify, pay and end; network tokens and balances."""

import base64
import json
from typing import Any

import pytest

from mockpsp.sandbox_client import Sandbox

GATEWAY = "gway_conf_44ae90db0a62f819a404ef6a8ff994ca"


def customer(mockpsp: Sandbox, **more: object) -> str:
    return str(mockpsp.post("/customers", more)["customer"]["id"])


def token(mockpsp: Sandbox, customer_id: str, **body: object) -> dict[str, Any]:
    return dict(mockpsp.post(f"/customers/{customer_id}/tokens", body)["token"])


def gateway_request(outcome: str = "test-valid") -> str:
    url = f"https://processout.com?token={outcome}"
    return (
        "gway_req_" + base64.b64encode(json.dumps({"gateway_configuration_id": GATEWAY, "url": url}).encode()).decode()
    )


def pay(mockpsp: Sandbox, source: str) -> tuple[int, str | None]:
    invoice = mockpsp.post("/invoices", {"name": "A", "amount": "1", "currency": "EUR"})["invoice"]["id"]
    answer = mockpsp.call("POST", f"/invoices/{invoice}/capture", {"source": source})
    return answer.status_code, answer.json().get("error_type")


def events(mockpsp: Sandbox, prefix: str) -> list[str]:
    fired = mockpsp.get("/events?order=asc&limit=100")["events"]
    return [event["name"] for event in fired if event["name"].startswith(prefix)]


def test_a_token_of_a_card_shows_every_field(mockpsp: Sandbox) -> None:
    customer_id, card = customer(mockpsp), mockpsp.card()
    made = token(
        mockpsp,
        customer_id,
        source=card,
        metadata={"a": "b"},
        description="mine",
        return_url="https://shop.example/return",
        cancel_url="https://shop.example/cancel",
    )

    assert made.pop("id").startswith("tok_")
    assert made.pop("card")["id"] == card
    assert made == {
        "customer_id": customer_id,
        "card_id": card,
        "invoice_id": None,
        "gateway_configuration_id": None,
        "gateway_configuration_sub_account": None,
        "type": "card",
        "description": "mine",
        "summary": "**** **** **** 4242",
        "metadata": {"a": "b"},
        "is_subscription_only": False,
        "is_default": True,
        "is_chargeable": True,
        "return_url": "https://shop.example/return",
        "cancel_url": "https://shop.example/cancel",
        "webhook_url": None,
        "manual_invoice_cancellation": None,
        "verification_status": "not-requested",
        "can_get_balance": None,
        "provision_network_token": None,
        "network_token": None,
        "created_at": "2026-01-01T00:00:00.000Z",
    }


def test_a_pending_token_pays_once_it_has_a_source(mockpsp: Sandbox) -> None:
    customer_id = customer(mockpsp)
    made = token(mockpsp, customer_id)
    assert (made["type"], made["is_chargeable"], made["summary"], made["is_default"]) == ("pending", False, None, False)
    assert pay(mockpsp, made["id"]) == (400, "request.source.invalid")

    body = {"source": mockpsp.card(), "metadata": {"a": "b"}}
    shown = mockpsp.put(f"/customers/{customer_id}/tokens/{made['id']}", body)["token"]

    assert (shown["type"], shown["is_chargeable"], shown["is_default"]) == ("card", True, True)
    assert (shown["metadata"], shown["card"]["token_id"]) == ({"a": "b"}, made["id"])
    assert pay(mockpsp, made["id"]) == (200, None)
    assert pay(mockpsp, customer_id) == (200, None)
    assert events(mockpsp, "customer.token") == ["customer.token.created", "customer.token.updated"]


def test_another_source_takes_the_place_of_the_first(mockpsp: Sandbox) -> None:
    customer_id = customer(mockpsp)
    made = token(mockpsp, customer_id, source=mockpsp.card("4000000000002206"))
    assert pay(mockpsp, made["id"]) == (410, "card.no-money")

    shown = mockpsp.put(f"/customers/{customer_id}/tokens/{made['id']}", {"source": mockpsp.card()})["token"]

    assert shown["summary"] == "**** **** **** 4242"
    assert pay(mockpsp, made["id"]) == (200, None)


def test_a_token_of_a_gateway_request_pays_any_number_of_times(mockpsp: Sandbox) -> None:
    customer_id = customer(mockpsp)
    made = token(mockpsp, customer_id, source=gateway_request(), summary="a wallet")

    assert (made["type"], made["card_id"], made["gateway_configuration_id"]) == ("gateway_token", None, GATEWAY)
    assert (made["is_chargeable"], made["can_get_balance"], made["summary"]) == (True, True, "a wallet")
    assert [pay(mockpsp, made["id"]) for _ in "ab"] == [(200, None)] * 2
    shown = mockpsp.get(f"/customers/{customer_id}/tokens/{made['id']}?expand=gateway_configuration,customer")["token"]
    assert (shown["gateway_configuration"]["id"], shown["customer"]["id"]) == (GATEWAY, customer_id)


def test_a_declined_gateway_request_makes_no_token(mockpsp: Sandbox) -> None:
    customer_id = customer(mockpsp)

    answer = mockpsp.call("POST", f"/customers/{customer_id}/tokens", {"source": gateway_request("test-declined")})

    assert (answer.status_code, answer.json()["error_type"]) == (410, "gateway.declined")
    assert mockpsp.get(f"/customers/{customer_id}/tokens")["tokens"] == []


@pytest.mark.parametrize("default", ["first", "second"])
def test_the_first_token_is_the_default_unless_another_is_set(mockpsp: Sandbox, default: str) -> None:
    customer_id = customer(mockpsp)
    ids = {
        "first": token(mockpsp, customer_id, source=mockpsp.card())["id"],
        "second": token(mockpsp, customer_id, source=mockpsp.card(), set_default=default == "second")["id"],
    }

    shown = mockpsp.get(f"/customers/{customer_id}?expand=default_token,tokens")["customer"]

    assert shown["default_token_id"] == shown["default_token"]["id"] == ids[default]
    assert [t["id"] for t in shown["tokens"] if t["is_default"]] == [ids[default]]
    assert mockpsp.put(f"/customers/{customer_id}/tokens/{ids['first']}", {"set_default": True})["token"]["is_default"]
    assert mockpsp.get(f"/customers/{customer_id}")["customer"]["default_token_id"] == ids["first"]


def test_a_verified_token_leaves_a_voided_payment_of_nothing(mockpsp: Sandbox) -> None:
    customer_id = customer(mockpsp)
    made = token(
        mockpsp,
        customer_id,
        source=mockpsp.card(),
        verify=True,
        verify_metadata={"a": "b"},
        verify_statement_descriptor="CHECK",
        invoice_return_url="https://shop.example/back",
    )

    assert (made["verification_status"], made["is_chargeable"]) == ("success", True)
    invoice = mockpsp.get(f"/invoices/{made['invoice_id']}?expand=transaction.operations,token")["invoice"]
    assert (invoice["amount"], invoice["verification"], invoice["metadata"]) == ("0", True, {"a": "b"})
    assert (invoice["statement_descriptor"], invoice["return_url"]) == ("CHECK", "https://shop.example/back")
    assert (invoice["token"]["id"], invoice["customer_id"]) == (made["id"], customer_id)
    assert (invoice["transaction"]["status"], invoice["transaction"]["card_checks"]["cvc_check"]) == (
        "voided",
        "passed",
    )
    assert [o["type"] for o in invoice["transaction"]["operations"] if not o["is_attempt"]] == [
        "request",
        "authorization",
        "void",
    ]
    assert mockpsp.get(f"/customers/{customer_id}")["customer"]["currency"] is None
    assert mockpsp.balances() == {}
    assert events(mockpsp, "") == [
        "customer.created",
        "transaction.requested",
        "transaction.authorized",
        "transaction.voided",
        "customer.token.created",
    ]


def test_a_verification_left_to_the_caller_stays_authorized(mockpsp: Sandbox) -> None:
    made = token(mockpsp, customer(mockpsp), source=mockpsp.card(), verify=True, manual_invoice_cancellation=True)
    path = f"/invoices/{made['invoice_id']}"
    assert made["manual_invoice_cancellation"] is True
    assert mockpsp.get(f"{path}/transactions")["transaction"]["status"] == "authorized"

    assert mockpsp.post(f"{path}/void")["transaction"]["status"] == "voided"


def test_an_invoice_of_zero_is_authorized_and_never_captured(mockpsp: Sandbox) -> None:
    body = {"name": "A", "amount": "0", "currency": "EUR", "verification": True}
    invoice = mockpsp.post("/invoices", body)["invoice"]["id"]
    for source in (mockpsp.card(), None):
        answer = mockpsp.call("POST", f"/invoices/{invoice}/capture", {"source": source})
        assert (answer.status_code, answer.json()["error_type"]) == (400, "request.validation.invalid-amount")
        held = mockpsp.post(f"/invoices/{invoice}/authorize", {"source": mockpsp.card()}) if source else None
        assert held is None or held["transaction"]["status"] == "authorized"

    assert mockpsp.post(f"/invoices/{invoice}/void")["transaction"]["status"] == "voided"


def test_a_failed_verification_keeps_a_token_that_cannot_pay(mockpsp: Sandbox) -> None:
    customer_id = customer(mockpsp)
    made = token(mockpsp, customer_id, source=mockpsp.card("4000000000002271"), verify=True)

    assert (made["verification_status"], made["is_chargeable"], made["is_default"]) == ("failed", False, False)
    shown = mockpsp.get(f"/invoices/{made['invoice_id']}/transactions")["transaction"]
    assert (shown["status"], shown["error_code"]) == ("failed", "card.lost")
    assert pay(mockpsp, made["id"]) == (400, "request.source.invalid")

    mockpsp.put(f"/customers/{customer_id}/tokens/{made['id']}", {"source": mockpsp.card(), "verify": True})
    assert pay(mockpsp, made["id"]) == (200, None)


def test_a_token_is_verified_with_an_invoice_of_the_callers(mockpsp: Sandbox) -> None:
    body = {"name": "A", "amount": "1", "currency": "EUR"}
    invoice = mockpsp.post("/invoices", body)["invoice"]["id"]
    made = token(mockpsp, customer(mockpsp), source=mockpsp.card(), verify=True, invoice_id=invoice)

    assert (made["invoice_id"], made["verification_status"]) == (invoice, "success")
    shown = mockpsp.get(f"/invoices/{invoice}/transactions")["transaction"]
    assert (shown["status"], shown["voided_amount"]) == ("voided", "1")


@pytest.mark.parametrize(
    ("body", "status", "error_type"),
    [
        ({"source": "tok_nothing"}, 400, "request.source.invalid"),
        ({"source": "card_nothing"}, 404, "resource.card.not-found"),
        ({"description": "x" * 256}, 400, "request.validation.invalid-description"),
        ({"metadata": {"a": 1}}, 400, "request.validation.invalid-metadata"),
        ({"return_url": "shop"}, 400, "request.validation.invalid-url"),
        ({"verify": "perhaps"}, 400, "request.validation.error"),
    ],
)
def test_what_makes_no_token_is_refused_by_its_code(
    mockpsp: Sandbox, body: dict[str, object], status: int, error_type: str
) -> None:
    customer_id = customer(mockpsp)
    before = mockpsp.get("/sandbox/digest")

    answer = mockpsp.call("POST", f"/customers/{customer_id}/tokens", body)

    assert (answer.status_code, answer.json()["error_type"]) == (status, error_type)
    assert mockpsp.get("/sandbox/digest") == before


def test_a_token_made_to_be_verified_without_a_card_is_verified_when_one_comes(mockpsp: Sandbox) -> None:
    customer_id = customer(mockpsp)
    made = token(mockpsp, customer_id, verify=True)
    path = f"/customers/{customer_id}/tokens/{made['id']}"
    refused = mockpsp.call("PUT", path, {"verify": True})

    put = mockpsp.put(path, {"source": mockpsp.card("4000000000000101"), "verify": False})

    assert (made["type"], made["verification_status"]) == ("pending", "not-requested")
    assert (refused.status_code, refused.json()["error_type"]) == (400, "request.validation.missing-source")
    assert (put["token"]["verification_status"], put["customer_action"]["type"]) == ("pending", "redirect")
    assert mockpsp.put(path, {"source": mockpsp.card()})["token"]["verification_status"] == "not-requested"


def test_a_token_of_a_method_is_verified_by_its_customers_coming_back(mockpsp: Sandbox) -> None:
    customer_id = customer(mockpsp)
    made = token(mockpsp, customer_id, verify=True, return_url="shop.app://back")

    put = mockpsp.put(f"/customers/{customer_id}/tokens/{made['id']}", {"source": gateway_request()})["token"]

    assert (put["type"], put["is_chargeable"], put["verification_status"]) == ("gateway_token", True, "success")


def test_a_tokens_events_go_to_its_own_address_too_and_show_what_it_is_of(mockpsp: Sandbox) -> None:
    shop = mockpsp.webhooks(topics=["product.created"])
    customer_id = customer(mockpsp)
    made = token(mockpsp, customer_id, source=mockpsp.card(), webhook_url=shop.url)
    mockpsp.put(f"/customers/{customer_id}/tokens/{made['id']}", {"description": "mine"})
    mockpsp.call("DELETE", f"/customers/{customer_id}/tokens/{made['id']}")
    mockpsp.settle()

    names = ["customer.token.created", "customer.token.updated", "customer.token.deleted"]
    assert sorted(json.loads(hook.body)["event_type"] for hook in shop.received()) == sorted(names)
    created = next(e for e in mockpsp.get("/events")["events"] if e["name"] == names[0])
    shown = created["data"]["token"]
    assert (shown["id"], shown["customer"]["id"], shown["card"]["last_4_digits"]) == (made["id"], customer_id, "4242")


def test_a_deleted_customers_tokens_go_with_it(mockpsp: Sandbox) -> None:
    customer_id = customer(mockpsp)
    made = token(mockpsp, customer_id, source=mockpsp.card())

    assert mockpsp.call("DELETE", f"/customers/{customer_id}").json() == {"success": True}

    assert pay(mockpsp, made["id"]) == (404, "resource.token.not-found")
    assert events(mockpsp, "customer") == [
        "customer.created",
        "customer.token.created",
        "customer.token.deleted",
        "customer.deleted",
    ]


def test_a_network_token_is_active_a_minute_after_it_was_asked_for(mockpsp: Sandbox) -> None:
    customer_id, card = customer(mockpsp), mockpsp.card()
    made = token(mockpsp, customer_id, source=card)
    assert made["network_token"] is None

    asked = mockpsp.call("POST", "/network-tokens", {"card_id": card})
    assert (asked.status_code, asked.json()) == (202, {"network_token": {"status": "pending"}, "success": True})
    path = f"/customers/{customer_id}/tokens/{made['id']}"
    pending = mockpsp.get(path)["token"]["network_token"]
    mockpsp.advance("1m")

    assert mockpsp.get(path)["token"]["network_token"] == {"id": pending["id"], "status": "active"}
    assert pending["id"].startswith("nt_")
    again = mockpsp.call("POST", "/network-tokens", {"card_id": card})
    assert (again.status_code, again.json()["error_type"]) == (
        422,
        "request.validation.provisioning-not-possible",
    )


def test_a_payment_by_network_token_says_so_in_its_operations(mockpsp: Sandbox) -> None:
    made = token(mockpsp, customer(mockpsp), source=mockpsp.card(), provision_network_token=True)
    assert (made["provision_network_token"], made["network_token"]["status"]) == (True, "pending")
    flags = []
    for _ in "ab":
        invoice = mockpsp.post("/invoices", {"name": "A", "amount": "1", "currency": "EUR"})["invoice"]["id"]
        paid = mockpsp.post(f"/invoices/{invoice}/capture", {"source": made["id"]})["transaction"]
        flags.append({operation["processed_with_network_token"] for operation in paid["operations"]})
        mockpsp.advance("1m")

    assert flags == [{False}, {True}]


def test_a_payment_may_ask_for_a_network_token_of_its_card(mockpsp: Sandbox) -> None:
    card = mockpsp.card()
    invoice = mockpsp.post("/invoices", {"name": "A", "amount": "1", "currency": "EUR"})["invoice"]["id"]
    mockpsp.post(f"/invoices/{invoice}/capture", {"source": card, "provision_network_token": True})
    assert mockpsp.get(f"/cards/{card}")["card"]["payment_account_reference"] is None

    mockpsp.advance("1m")

    assert len(mockpsp.get(f"/cards/{card}")["card"]["payment_account_reference"]) == 29
    assert mockpsp.call("POST", "/network-tokens", {"card_id": card}).status_code == 422


@pytest.mark.parametrize(
    ("body", "refusal"),
    [({}, (400, "request.validation.error")), ({"card_id": "card_x"}, (404, "resource.card.not-found"))],
)
def test_no_network_token_without_a_card(mockpsp: Sandbox, body: dict[str, str], refusal: tuple[int, str]) -> None:
    answer = mockpsp.call("POST", "/network-tokens", body)

    assert (answer.status_code, answer.json()["error_type"]) == refusal


def test_a_payment_methods_token_tells_its_balance(mockpsp: Sandbox) -> None:
    metadata = {
        "mockpsp_balance": "1500 RON",
        "mockpsp_vouchers": "5.50 EUR, 10 EUR until 2026-03-01T00:00:00Z",
    }
    made = token(mockpsp, customer(mockpsp), source=gateway_request(), metadata=metadata)

    assert mockpsp.get(f"/balances/tokens/{made['id']}")["balances"] == {
        "vouchers": [
            {"amount": "5.5", "currency": "EUR", "expiry": None},
            {"amount": "10", "currency": "EUR", "expiry": "2026-03-01T00:00:00.000Z"},
        ],
        "available_balance": {"amount": "1500", "currency": "RON", "expiry": None},
        "customer_action": None,
    }


def test_a_cards_token_tells_no_balance(mockpsp: Sandbox) -> None:
    answer = mockpsp.call("GET", f"/balances/tokens/{mockpsp.token()}")

    assert (answer.status_code, answer.json()["error_type"]) == (400, "request.gateway.operation-not-supported")
