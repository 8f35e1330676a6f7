"""Fields that tell what happened, and were once constants: routing, sub-accounts, history, deliveries."""

from typing import Any

from mockpsp.sandbox_client import Sandbox
from tests.contract.test_gateway_requests import SANDBOX_CONFIGURATION, request, written


def invoice(mockpsp: Sandbox, currency: str = "EUR", **more: object) -> str:
    body = {"name": "Order", "amount": "30.00", "currency": currency, **more}
    return str(mockpsp.post("/invoices", body)["invoice"]["id"])


def capture(mockpsp: Sandbox, invoice_id: str, source: str, **headers: str) -> dict[str, Any]:
    return dict(mockpsp.post(f"/invoices/{invoice_id}/capture", {"source": source}, **headers)["transaction"])


def test_the_rule_that_chose_the_gateway_is_told(mockpsp: Sandbox) -> None:
    rules = [{"match": {"currency": name}, "gateway": "card-flexible"} for name in ("GBP", "EUR")]
    mockpsp.put("/sandbox/routing", {"default": "sandbox", "rules": rules})

    by_rule = capture(mockpsp, invoice(mockpsp), mockpsp.card())
    by_default = capture(mockpsp, invoice(mockpsp, "USD"), mockpsp.card())
    by_name = capture(mockpsp, invoice(mockpsp), mockpsp.card(), mockpsp_gateway="sandbox")

    assert (by_rule["routing_tags"], by_rule["gateway_name"]) == (["rule-2-route", "currency == EUR"], "card-flexible")
    assert (by_default["routing_tags"], by_default["gateway_name"]) == ([], "sandbox")
    assert (by_name["routing_tags"], by_name["gateway_name"]) == ([], "sandbox")
    assert [row for row in by_rule["operations"] if "routing_tags" in row] == []


def test_a_capture_of_a_hold_keeps_the_route_of_its_attempt(mockpsp: Sandbox) -> None:
    rules = [{"match": {"currency": "EUR"}, "gateway": "card-flexible"}]
    mockpsp.put("/sandbox/routing", {"default": "sandbox", "rules": rules})
    held = invoice(mockpsp)
    mockpsp.post(f"/invoices/{held}/authorize", {"source": mockpsp.card()})
    mockpsp.put("/sandbox/routing", {"default": "sandbox", "rules": []})

    captured = mockpsp.post(f"/invoices/{held}/capture")["transaction"]

    assert captured["routing_tags"] == ["rule-1-route", "currency == EUR"]


def test_a_second_attempt_has_a_route_of_its_own(mockpsp: Sandbox) -> None:
    rules = [{"match": {"currency": "EUR"}, "gateway": "card-flexible"}]
    mockpsp.put("/sandbox/routing", {"default": "sandbox", "rules": rules})
    tried = invoice(mockpsp)
    declined = mockpsp.call("POST", f"/invoices/{tried}/capture", {"source": mockpsp.card("4000000000002206")})
    assert declined.status_code == 410
    assert mockpsp.get(f"/invoices/{tried}/transactions")["transaction"]["routing_tags"][0] == "rule-1-route"

    paid = capture(mockpsp, tried, mockpsp.card(), mockpsp_gateway="sandbox")

    assert paid["routing_tags"] == []


def test_a_route_outlives_a_challenge(mockpsp: Sandbox) -> None:
    rules = [{"match": {"currency": "EUR"}, "gateway": "card-flexible"}]
    mockpsp.put("/sandbox/routing", {"default": "sandbox", "rules": rules})
    asked = invoice(mockpsp)
    waits = mockpsp.call("POST", f"/invoices/{asked}/capture", {"source": mockpsp.card("4000000000000101")})
    assert waits.status_code == 410

    answer = written(request(body='{"transStatus": "Y"}', url=""))
    paid = capture(mockpsp, asked, answer)

    assert (paid["status"], paid["routing_tags"]) == ("completed", ["rule-1-route", "currency == EUR"])


def test_a_sub_account_is_told_by_what_was_paid_and_by_what_was_saved_at_it(mockpsp: Sandbox) -> None:
    mockpsp.put(f"/gateway-configurations/{SANDBOX_CONFIGURATION}", {"sub_accounts_enabled": ["north", "south"]})
    at_south = written(request(gateway_configuration_id=f"{SANDBOX_CONFIGURATION}.south"))
    customer = mockpsp.post("/customers")["customer"]["id"]

    paid = capture(mockpsp, invoice(mockpsp), at_south)
    token = mockpsp.post(f"/customers/{customer}/tokens", {"source": at_south})["token"]
    by_token = capture(mockpsp, invoice(mockpsp), token["id"])
    elsewhere = capture(mockpsp, invoice(mockpsp), written(request()))

    assert paid["gateway_configuration_id"] == token["gateway_configuration_id"] == SANDBOX_CONFIGURATION
    assert token["gateway_configuration_sub_account"] == "south"
    for shown, account in ((paid, "south"), (by_token, "south"), (elsewhere, None)):
        assert shown["merchant_account_id"] == account
        assert {row["merchant_account_id"] for row in shown["operations"]} == {account}


def test_a_token_with_another_source_forgets_the_sub_account(mockpsp: Sandbox) -> None:
    at_south = written(request(gateway_configuration_id=f"{SANDBOX_CONFIGURATION}.south"))
    customer = mockpsp.post("/customers")["customer"]["id"]
    token = mockpsp.post(f"/customers/{customer}/tokens", {"source": at_south})["token"]["id"]

    mockpsp.put(f"/customers/{customer}/tokens/{token}", {"source": mockpsp.card()})

    shown = mockpsp.get(f"/customers/{customer}/tokens/{token}")["token"]
    assert (shown["type"], shown["gateway_configuration_sub_account"]) == ("card", None)


def test_a_verification_of_nothing_was_authorized_and_voided(mockpsp: Sandbox) -> None:
    customer = mockpsp.post("/customers")["customer"]["id"]
    token = mockpsp.post(f"/customers/{customer}/tokens", {"source": mockpsp.card(), "verify": True})["token"]

    shown = mockpsp.get(f"/invoices/{token['invoice_id']}/transactions")["transaction"]

    assert (shown["status"], shown["amount"]) == ("voided", "0")
    assert (shown["authorized"], shown["authorized_at"] is not None) == (True, True)
    assert (shown["voided"], shown["voided_at"] is not None) == (True, True)
    assert (shown["captured"], shown["captured_at"]) == (False, None)


def test_a_payout_to_a_card_carries_its_metadata_and_shows_the_project(mockpsp: Sandbox) -> None:
    body = {"source": mockpsp.card(), "metadata": {"batch": "7"}}
    paid = mockpsp.post(f"/invoices/{invoice(mockpsp)}/payout", body)["transaction"]

    assert {row["metadata"].get("batch") for row in paid["operations"]} == {"7"}
    assert paid["project"]["id"] == paid["project_id"]


def test_an_increment_shows_the_project_and_a_capture_does_not(mockpsp: Sandbox) -> None:
    held = invoice(mockpsp)
    mockpsp.post(f"/invoices/{held}/authorize", {"source": mockpsp.card(), "incremental": True})

    raised = mockpsp.post(f"/invoices/{held}/increment_authorization", {"amount": "5"})["transaction"]
    captured = mockpsp.post(f"/invoices/{held}/capture")["transaction"]

    assert raised["project"]["id"] == raised["project_id"]
    assert "project" not in captured


def test_an_event_shows_its_deliveries_where_they_are_asked_for(mockpsp: Sandbox) -> None:
    shop = mockpsp.webhooks(answers=(500, 200))
    mockpsp.post("/customers")
    mockpsp.settle()
    event = mockpsp.get("/events")["events"][0]
    assert event["webhooks"] is None

    shown = mockpsp.get("/events?expand=webhooks.event")["events"][0]

    [webhook] = shown["webhooks"]
    assert (webhook["request_url"], webhook["response_code"], webhook["status"]) == (shop.url, "500", "pending")
    assert webhook["event"] == event
    listed = mockpsp.get(f"/events/{event['id']}/webhooks?expand=event,project")["webhooks"]
    assert [one["event"]["id"] for one in listed] == [event["id"]]
    assert listed[0]["project"]["id"] == webhook["project_id"]


def test_documented_relations_that_are_never_there_may_be_asked_for(mockpsp: Sandbox) -> None:
    paid = capture(mockpsp, invoice(mockpsp), mockpsp.card())
    expand = "subscription,external_three_d_s_gateway_configuration,invoice.subscription"

    shown = mockpsp.get(f"/transactions/{paid['id']}?expand={expand}")["transaction"]
    customer = mockpsp.post("/customers?expand=subscriptions")["customer"]

    assert (shown["subscription"], shown["external_three_d_s_gateway_configuration"]) == (None, None)
    assert shown["invoice"]["subscription"] is None
    assert customer["subscriptions"] == []


def test_a_project_and_its_gateways_were_made_when_the_universe_opened(mockpsp: Sandbox) -> None:
    before = _made_at(mockpsp)
    mockpsp.advance("1d")
    assert _made_at(mockpsp) == before

    mockpsp.reset(mode="manual", clock="2026-03-01T12:00:00Z")

    assert _made_at(mockpsp) == {"2026-03-01T12:00:00.000Z"}


def test_a_project_on_real_time_was_made_no_earlier_than_its_server_opened_it(mockpsp: Sandbox) -> None:
    mockpsp.reset(mode="wall")

    (made_at,) = _made_at(mockpsp)
    customer = mockpsp.post("/customers", {})["customer"]

    assert "2026-01-01T00:00:00Z" < made_at <= customer["created_at"]


def _made_at(mockpsp: Sandbox) -> set[str]:
    """When the project says it was made, and the gateways it opened with."""
    project = mockpsp.get(f"/projects/{mockpsp.project_id}")["project"]
    listed = mockpsp.get("/gateway-configurations?limit=100")["gateway_configurations"]
    return {project["created_at"], *(one["created_at"] for one in listed)}
