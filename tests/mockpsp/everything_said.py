"""Requests that say all there is to say: what objects only repeat is then somewhere in a universe."""

from typing import Any

from mockpsp.sandbox_client import Sandbox
from tests.mockpsp.everything import CARD, paid

THREE_D_S_1 = "4000000000003246"

PHONE = {"number": "7700900123", "dialing_code": "0044"}
ADDRESS = {
    "address1": "1 High Street",
    "address2": "Flat 2",
    "city": "London",
    "state": "Greater London",
    "zip": "N1 1AA",
    "country_code": "GB",
}
BROWSER = {
    "request_origin": "web",
    "id": "device-1",
    "channel": "web",
    "threeds_sdk": "web",
    "platform": "web",
    "ip_address": "10.0.0.1",
    "user_agent": "Browser/1",
    "header_accept": "text/html",
    "header_referer": "https://shop.example",
    "app_language": "en",
    "app_color_depth": 24,
    "app_screen_height": 800,
    "app_screen_width": 600,
    "app_timezone_offset": 60,
    "app_java_enabled": True,
}
LINE = {
    "name": "Shoes",
    "type": "goods",
    "amount": "10.00",
    "quantity": 3,
    "metadata": {"size": "42"},
    "reference": "shoe-42",
    "description": "Brown shoes",
    "brand": "Shoemaker",
    "model": "Classic",
    "discount_amount": "1.00",
    "condition": "new",
    "category": "clothing",
    "marketplace_merchant": "Corner shop",
    "marketplace_merchant_is_business": True,
    "marketplace_merchant_created_at": "2020-01-01T00:00:00Z",
}
SHIPPING = {
    **ADDRESS,
    "amount": "2.50",
    "method": "relay",
    "provider": "Post",
    "delay": "express",
    "phone": PHONE,
    "expects_shipping_at": "2026-02-01T00:00:00Z",
    "relay_store_name": "Kiosk",
    "first_name": "Ada",
    "last_name": "Lovelace",
    "email": "ada@shop.example",
}
SUBMERCHANT = {
    "name": "Corner shop",
    "reference": "shop-1",
    "mcc": "5411",
    "email": "corner@shop.example",
    "tax_reference": "GB1",
    "service_establishment_number": "1",
    "phone_number": PHONE,
    "address": {
        "line1": "1 High Street",
        "line2": "Shop",
        "city": "London",
        "state": "London",
        "county": "London",
        "zip": "N1 1AA",
        "country_code": "GB",
    },
}
DESCRIPTORS = {
    "statement_descriptor": "SHOP",
    "statement_descriptor_phone": "1234",
    "statement_descriptor_city": "London",
    "statement_descriptor_company": "Shop",
    "statement_descriptor_url": "https://shop.example",
}
WISHES = {
    "merchant_initiator_type": "recurring",
    "initiation_type": "mit",
    "payment_intent": "recurring",
    "payment_type": "moto",
    "sca_exemption_reason": "low-value",
    "exemption_reason_3ds2": "low-value",
    "challenge_indicator": "challenge-requested",
    "require_backend_capture": True,
    "incremental": True,
    "verification": True,
    "expires_at": "2030-01-01T00:00:00Z",
    "auto_capture_at": "2030-01-01T00:00:00Z",
    "unsupported_feature_bypass": {"incremental_authorization": True, "split_payments": True},
    "payment_processing_config": {
        "bypass_unsupported_split_payments": True,
        "apm_payment_config": {"return_redirect_type": "full", "preferred_finalization_mode": "sync"},
    },
}
SHARE = {
    "provider_recipient_reference": "seller-1",
    "type": "PURCHASE",
    "amount": "10.00",
    "currency": "EUR",
    "description": "Shoes",
    "payment_reference": "pay-1",
}
TOOLS = {name: {"score": 1} for name in ("forter", "ravelin", "signifyd", "riskified")}


def say_everything(world: Sandbox) -> None:
    """Create one of each object that repeats what it was told, with all of it told."""
    _invoice(world)
    _customer(world)
    _project(world)


def _invoice(world: Sandbox) -> None:
    body = {
        "name": "Order",
        "amount": "30.00",
        "currency": "EUR",
        "details": [LINE],
        "shipping": SHIPPING,
        "billing": ADDRESS,
        "tax": {"amount": "1.50", "rate": "20"},
        "risk": {"score": "7", "is_legit": True, "skip_gateway_rules": True},
        "device": {key: BROWSER[key] for key in ("id", "ip_address", "channel", "threeds_sdk", "platform")},
        "submerchant": SUBMERCHANT,
        "submerchant_id": "sub-1",
        "external_fraud_tools": TOOLS,
        "gateway_data": {"terminal": "1"},
        "cancel_url": "https://shop.example/cancel",
        "split_allocations": [SHARE],
        **DESCRIPTORS,
        **WISHES,
    }
    said = world.post("/invoices", body)["invoice"]
    paying = {"metadata": {"till": "1"}, "initial_scheme_transaction_id": "scheme-1"}
    world.post(f"/invoices/{said['id']}/capture", {"source": world.card(), **paying})
    world.simulate("three_d_s.authenticate", paid(world, THREE_D_S_1, "sandbox"))
    lines = [line["id"] for line in said["details"]]
    giving_back = {"invoice_detail_ids": lines, "split_allocations": [SHARE], "information": "Too small"}
    world.post(f"/invoices/{said['id']}/refunds", giving_back)


def _customer(world: Sandbox) -> None:
    body = {
        **ADDRESS,
        "balance": "5",
        "currency": "EUR",
        "email": "ada@shop.example",
        "first_name": "Ada",
        "last_name": "Lovelace",
        "company_name": "Analytical Engines",
        "ip_address": "10.0.0.1",
        "phone": PHONE,
        "legal_document": "GB-1",
        "date_of_birth": "1990-01-01",
        "is_business": True,
        "sex": "female",
        "reference_id": "customer-1",
        "metadata": {"level": "gold"},
    }
    customer = world.post("/customers", body)["customer"]["id"]
    card = {
        "number": "4360000001000005",
        "exp_month": 12,
        "exp_year": 2030,
        "name": "Ada Lovelace",
        "contact": {**ADDRESS, "billing_country_code": "GB"},
        "device": BROWSER,
        "metadata": {"pocket": "left"},
        "preferred_scheme": "visa",
        "preferred_card_type": "debit",
        "scheme_details": {"transaction_id": "t-1", "transaction_link_id": "l-1"},
    }
    token = {
        "source": world.post("/cards", card)["card"]["id"],
        "description": "Her card",
        "metadata": {"use": "work"},
        "return_url": "https://shop.example/return",
        "cancel_url": "https://shop.example/cancel",
        "manual_invoice_cancellation": True,
    }
    world.post(f"/customers/{customer}/tokens", token)
    urls: dict[str, Any] = {"return_url": "https://shop.example", "cancel_url": "https://shop.example/no"}
    product = {"name": "Tea", "amount": "4.5", "currency": "EUR", "metadata": {"leaf": "green"}, **urls}
    world.post("/products", product)


def _project(world: Sandbox) -> None:
    path = f"/projects/{world.project_id}"
    body = {
        "logo_url": "https://shop.example/logo",
        "email": "shop@shop.example",
        "dunning_configuration": [{"action": "retry", "delay_in_days": 1}],
        "applepay_settings": {"merchant": "shop"},
    }
    world.put(path, body)
    made = {
        "name": "said",
        "processing_region": "eu",
        "metadata": {"desk": "1"},
        "settings": {"public_key": "pk_1"},
        "sub_accounts_enabled": ["one"],
    }
    world.post("/gateways/card-flexible/gateway-configurations", made)
    paid(world, CARD, "said")
