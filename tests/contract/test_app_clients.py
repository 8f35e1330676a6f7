"""What the phones' clients and PHP's send that others don't: links of apps, `cvc`, and an array for an empty map."""

from datetime import datetime

import pytest

from mockpsp.sandbox_client import Sandbox, SandboxError

ORDER = {"name": "Order 1001", "amount": "10", "currency": "EUR"}
LINK = "your.application.id://processout/return"


@pytest.mark.parametrize("name", ["return_url", "cancel_url"])
@pytest.mark.parametrize("link", [LINK, "shopapp://back?order=1001", "com.example+pay://x"])
def test_a_customer_may_come_back_to_an_app(mockpsp: Sandbox, name: str, link: str) -> None:
    assert mockpsp.post("/invoices", {**ORDER, name: link})["invoice"][name] == link


@pytest.mark.parametrize(
    "link",
    ["shop", "://x", "shopapp:back", "shopapp://", "shopapp://a b", "shopapp://é", "file://x/y", "FTP://x", "1app://x"],
)
def test_what_opens_no_app_is_no_address_to_come_back_to(mockpsp: Sandbox, link: str) -> None:
    with pytest.raises(SandboxError, match="invalid-url"):
        mockpsp.post("/invoices", {**ORDER, "return_url": link})


def test_webhooks_go_to_no_app(mockpsp: Sandbox) -> None:
    with pytest.raises(SandboxError, match="invalid-url"):
        mockpsp.post("/invoices", {**ORDER, "webhook_url": LINK})


def test_a_card_may_call_its_code_cvc(mockpsp: Sandbox) -> None:
    card = {"number": "4242424242424242", "exp_month": 12, "exp_year": 2030}
    made = mockpsp.post("/cards", {**card, "cvc": "123"})["card"]

    assert mockpsp.put(f"/cards/{made['id']}", {"cvc": "456"})["card"]["update_type"] == "new-cvc2"
    with pytest.raises(SandboxError, match=r"request\.card\.invalid"):
        mockpsp.put(f"/cards/{made['id']}", {"cvc": "45"})


def test_an_empty_array_is_an_empty_body_but_where_money_moves(mockpsp: Sandbox) -> None:
    invoice = mockpsp.post("/invoices", ORDER)["invoice"]["id"]

    assert mockpsp.call("POST", "/customers", []).status_code == 200
    assert mockpsp.call("POST", f"/invoices/{invoice}/capture", []).status_code == 400
    assert mockpsp.call("POST", "/customers", [{}]).status_code == 400


def test_times_are_read_by_a_pattern_that_wants_a_fraction_of_a_second(mockpsp: Sandbox) -> None:
    """Apps read cards, tokens and gateway configurations by `yyyy-MM-dd'T'HH:mm:ss.SSS'Z'`, and nothing else."""
    card = mockpsp.post("/cards", {"number": "4242424242424242", "exp_month": 12, "exp_year": 2030})["card"]
    customer = mockpsp.post("/customers", {})["customer"]
    token = mockpsp.post(f"/customers/{customer['id']}/tokens", {"source": card["id"]})["token"]
    configurations = mockpsp.get("/gateway-configurations?expand[]=gateway")["gateway_configurations"]

    moments = [card["created_at"], card["updated_at"], customer["created_at"], token["created_at"]]
    moments += [moment for one in configurations for moment in (one["created_at"], one["enabled_at"])]
    for moment in moments:
        assert datetime.strptime(moment, "%Y-%m-%dT%H:%M:%S.%fZ") and len(moment) == len("2026-01-01T00:00:00.000Z")
