"""Invoices over HTTP: every key taken, every field answered, and what is done to them before they are paid."""

import base64
from typing import Any

import pytest
import requests

from mockpsp.sandbox_client import Sandbox

BASE = {"name": "Order 1", "amount": "100", "currency": "EUR"}
LINE = {"name": "Shoes", "amount": "10"}
SPLIT = {"provider_recipient_reference": "acct_1", "type": "FEE", "amount": "1", "currency": "EUR"}
V = "request.validation."

FULL: dict[str, Any] = {
    **BASE,
    "order_id": "o-1",
    "reference_id": "r-1!~",
    "metadata": {"fruit": "banana", "taxes_amount": "1.50"},
    "gateway_data": {"k": "v"},
    "details": [
        {
            **LINE,
            "quantity": "2",
            "discount_amount": "1.50",
            "type": "wear",
            "reference": "ref",
            "description": "Red shoes",
            "brand": "B",
            "model": "M",
            "condition": "new",
            "category": "clothing",
            "metadata": {"size": "42"},
            "marketplace_merchant": "m1",
            "marketplace_merchant_is_business": "True",
            "marketplace_merchant_created_at": "Mon, 05 Jan 2026 09:00:00 GMT",
        }
    ],
    "tax": {"amount": "19.00", "rate": "19.50"},
    "risk": {"score": "100", "is_legit": True, "skip_gateway_rules": False},
    "device": {"id": "d", "ip_address": "1.1.1.1", "channel": "ios", "threeds_sdk": "ios", "platform": "other"},
    "shipping": {
        "amount": "12.00",
        "method": "home",
        "provider": "DHL",
        "delay": "express",
        "address1": "133 Rue Lamarck",
        "city": "Paris",
        "country_code": "fr",
        "zip": "75018",
        "phone_number": "+33684758495",
        "expects_shipping_at": "2026-04-21",
        "relay_store_name": "none",
        "first_name": "Zoë_🎉",
        "last_name": "Brun",
        "email": "zoe@example.com",
    },
    "billing": {"address1": "1 Main St", "country_code": "US"},
    "external_fraud_tools": {"forter": {"a": [1, "2"]}, "ravelin": "x"},
    "submerchant": {
        "name": "Sub",
        "mcc": "5411",
        "email": "sub@example.com",
        "phone_number": {"number": "6505550100", "dialing_code": "+1"},
        "address": {"line1": "L1", "country_code": "DE"},
    },
    "unsupported_feature_bypass": {"incremental_authorization": True},
    "payment_processing_config": {"apm_payment_config": {"return_redirect_type": "automatic"}},
    "split_allocations": [{**SPLIT, "amount": "60.00"}, {**SPLIT, "type": "VAT", "amount": "40"}],
    "statement_descriptor": "ACME",
    "statement_descriptor_phone": "123",
    "statement_descriptor_city": "Berlin",
    "statement_descriptor_company": "Acme",
    "statement_descriptor_url": "acme.example",
    "merchant_initiator_type": "recurring",
    "initiation_type": "mit",
    "payment_intent": "recurring-subscription",
    "payment_type": "moto",
    "sca_exemption_reason": "low-value",
    "exemption_reason_3ds2": "low-value",
    "challenge_indicator": "challenge-requested",
    "return_url": "https://shop.example/back",
    "cancel_url": "https://shop.example/no",
    "require_backend_capture": "True",
    "incremental": True,
    "verification": False,
    "expires_at": "2030-01-05T09:00:00+01:00",
    "auto_capture_at": "2030-01-05T09:00:00+01:00",
}


def create(mockpsp: Sandbox, **more: object) -> dict[str, Any]:
    return dict(mockpsp.post("/invoices", {**BASE, **more})["invoice"])


def digest(mockpsp: Sandbox) -> str:
    return str(mockpsp.get("/sandbox/digest")["digest"])


def test_every_key_is_kept_and_answered_in_its_own_form(mockpsp: Sandbox) -> None:
    invoice = mockpsp.post("/invoices", FULL)["invoice"]

    plain = (
        "name amount currency order_id reference_id metadata gateway_data risk device statement_descriptor "
        "statement_descriptor_phone statement_descriptor_city statement_descriptor_company statement_descriptor_url "
        "merchant_initiator_type payment_intent payment_type sca_exemption_reason exemption_reason_3ds2 "
        "challenge_indicator return_url cancel_url incremental verification"
    ).split()
    assert {name: invoice[name] for name in plain} == {name: FULL[name] for name in plain}
    assert invoice["initiation_type"] == "MIT"
    assert invoice["require_backend_capture"] is True
    assert invoice["expires_at"] == "2030-01-05T08:00:00.000Z"
    assert invoice["auto_capture_at"] == "2030-01-05T09:00:00.000Z"
    assert invoice["tax"] == {"amount": "19", "rate": "19.5"}
    assert invoice["unsupported_feature_bypass"] == {"incremental_authorization": True, "split_payments": None}
    assert invoice["payment_processing_config"] == {
        "bypass_unsupported_split_payments": None,
        "apm_payment_config": {"return_redirect_type": "automatic", "preferred_finalization_mode": None},
    }
    assert invoice["external_fraud_tools"] == {
        "forter": {"a": [1, "2"]},
        "ravelin": "x",
        "signifyd": None,
        "riskified": None,
    }
    assert [(split["type"], split["amount"]) for split in invoice["split_allocations"]] == [
        ("FEE", "60"),
        ("VAT", "40"),
    ]
    assert mockpsp.get(f"/invoices/{invoice['id']}")["invoice"] | {"url_qrcode": None} == invoice


def test_a_line_has_every_field(mockpsp: Sandbox) -> None:
    (line,) = mockpsp.post("/invoices", FULL)["invoice"]["details"]

    given = FULL["details"][0]
    assert line == {
        **given,
        "id": line["id"],
        "quantity": 2,
        "discount_amount": "1.5",
        "marketplace_merchant_is_business": True,
        "marketplace_merchant_created_at": "2026-01-05T09:00:00.000Z",
    }
    assert line["id"].startswith("iv_det_")


def test_shipping_and_billing_have_every_field(mockpsp: Sandbox) -> None:
    invoice = mockpsp.post("/invoices", FULL)["invoice"]

    assert invoice["shipping"] == {
        "amount": "12",
        "method": "home",
        "provider": "DHL",
        "delay": "express",
        "address1": "133 Rue Lamarck",
        "address2": None,
        "city": "Paris",
        "state": None,
        "country_code": "FR",
        "zip": "75018",
        "phone": {"number": "684758495", "dialing_code": "0033"},
        "phone_number": "0033684758495",
        "expects_shipping_at": "2026-04-21T00:00:00.000Z",
        "relay_store_name": "none",
        "first_name": "Zoë",
        "last_name": "Brun",
        "email": "zoe@example.com",
    }
    assert invoice["billing"] == {
        "address1": "1 Main St",
        "address2": None,
        "city": None,
        "state": None,
        "zip": None,
        "country_code": "US",
    }


def test_a_submerchant_has_every_field(mockpsp: Sandbox) -> None:
    invoice = mockpsp.post("/invoices", FULL)["invoice"]

    submerchant = invoice["submerchant"]
    assert submerchant == {
        "id": submerchant["id"],
        "name": "Sub",
        "reference": None,
        "mcc": "5411",
        "email": "sub@example.com",
        "tax_reference": None,
        "service_establishment_number": None,
        "phone_number": {"number": "6505550100", "dialing_code": "001"},
        "address": {
            "line1": "L1",
            "line2": None,
            "city": None,
            "state": None,
            "country_code": "DE",
            "zip": None,
            "county": None,
        },
    }
    assert invoice["submerchant_id"] == submerchant["id"]


def test_what_is_not_given_is_null_or_empty(mockpsp: Sandbox) -> None:
    invoice = create(mockpsp, device=None, shipping={}, risk=[], tax={"amount": None})

    nulls = (
        "customer_id token_id order_id reference_id device billing external_fraud_tools submerchant submerchant_id "
        "unsupported_feature_bypass payment_processing_config native_apm url_qrcode payment_methods card_verification "
        "risk expires_at auto_capture_at initiation_type"
    ).split()
    assert {name: invoice[name] for name in nulls} == dict.fromkeys(nulls)
    assert (invoice["sca_exemption_reason"], invoice["challenge_indicator"], invoice["details"]) == ("", "", [])
    assert set(invoice["shipping"].values()) == {None}
    assert invoice["tax"] == {"amount": None, "rate": None}


def test_the_code_of_the_address_is_drawn_where_one_invoice_is_fetched(mockpsp: Sandbox) -> None:
    created = create(mockpsp)

    fetched = mockpsp.get(f"/invoices/{created['id']}")["invoice"]

    assert created["url_qrcode"] is None
    assert base64.b64decode(fetched["url_qrcode"]).startswith(b"\x89PNG")


def test_payment_methods_are_expanded_for_a_checkout(mockpsp: Sandbox) -> None:
    invoice = create(mockpsp)

    methods = mockpsp.get(f"/invoices/{invoice['id']}?expand=payment_methods")["invoice"]["payment_methods"]

    assert methods[0]["type"] == "card"
    apms = [method for method in methods if method["type"] == "apm"]
    addresses = [method["apm"]["redirect_url"] for method in apms if "redirect_url" in method["apm"]]
    assert addresses
    assert all(f"{invoice['id']}/redirect/gway_conf_" in address for address in addresses)
    assert {requests.get(address, timeout=10).status_code for address in addresses} == {200}


def test_the_billing_address_fills_an_empty_customer_and_tells_of_it(mockpsp: Sandbox) -> None:
    bare = mockpsp.post("/customers", {"email": "a@example.com"})["customer"]["id"]
    settled = mockpsp.post("/customers", {"city": "Rome"})["customer"]["id"]
    billing = {"address1": "1 Main St", "city": "Oslo", "country_code": "NO"}

    for customer in (bare, settled):
        create(mockpsp, customer_id=customer, billing=billing)

    filled = mockpsp.get(f"/customers/{bare}")["customer"]
    kept = mockpsp.get(f"/customers/{settled}")["customer"]
    told = [e["data"]["customer"]["id"] for e in mockpsp.get("/events")["events"] if e["name"] == "customer.updated"]
    assert (filled["address1"], filled["city"], filled["country_code"]) == ("1 Main St", "Oslo", "NO")
    assert (kept["address1"], kept["city"]) == (None, "Rome")
    assert told == [bare]


def test_an_invoice_changes_until_its_payment_starts(mockpsp: Sandbox) -> None:
    invoice = create(mockpsp, details=[LINE], tax={"amount": "5"})["id"]

    changed = mockpsp.put(
        f"/invoices/{invoice}",
        {"amount": "40", "tax": {"rate": "7"}, "details": [LINE, LINE], "shipping": {"city": "Bonn"}, "name": "no"},
    )["invoice"]
    shown = mockpsp.get(f"/invoices/{invoice}")["invoice"]
    paid = mockpsp.post(f"/invoices/{invoice}/capture", {"source": mockpsp.card()})["transaction"]
    before = digest(mockpsp)
    late = mockpsp.call("PUT", f"/invoices/{invoice}", {"amount": "1"})

    assert (changed["amount"], changed["tax"], changed["name"]) == ("40", {"amount": None, "rate": "7"}, "Order 1")
    assert (len(changed["details"]), changed["shipping"]["city"]) == (2, "Bonn")
    assert shown | {"url_qrcode": None} == changed
    assert (paid["amount"], paid["captured_amount"]) == ("40", "40")
    assert (late.status_code, late.json()["error_type"], digest(mockpsp)) == (400, V + "error", before)


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"amount": "0"}, "invalid-amount"),
        ({"amount": "4"}, "invalid-tax-amount"),
        ({"tax": {"rate": "x"}}, "invalid-tax-rate"),
        ({"details": [{"name": "x"}]}, "invalid-amount"),
        ({"shipping": {"method": "x"}}, "invalid-shipping-method"),
    ],
)
def test_a_bad_change_changes_nothing(mockpsp: Sandbox, change: dict[str, Any], code: str) -> None:
    invoice = create(mockpsp, tax={"amount": "5"})["id"]
    before = digest(mockpsp)

    answer = mockpsp.call("PUT", f"/invoices/{invoice}", change)

    assert (answer.status_code, answer.json()["error_type"]) == (400, V + code)
    assert digest(mockpsp) == before


def test_a_customer_is_given_to_an_invoice_and_its_payment(mockpsp: Sandbox) -> None:
    invoice = create(mockpsp, billing={"city": "Oslo"})["id"]
    none = mockpsp.call("GET", f"/invoices/{invoice}/customers")
    customer = mockpsp.post("/customers", {"email": "a@example.com"})["customer"]["id"]

    given = mockpsp.post(f"/invoices/{invoice}/customers", {"customer_id": customer})["customer"]
    found = mockpsp.get(f"/invoices/{invoice}/customers")["customer"]
    paid = mockpsp.post(f"/invoices/{invoice}/capture", {"source": mockpsp.card()})["transaction"]
    listed = mockpsp.get(f"/customers/{customer}/transactions")["transactions"]
    late = mockpsp.call("POST", f"/invoices/{invoice}/customers", {"customer_id": customer})

    assert (none.status_code, none.json()["error_type"]) == (404, "resource.customer.not-found")
    assert (given["id"], given["city"]) == (customer, "Oslo")
    assert found["id"] == customer
    assert (paid["customer_id"], [t["id"] for t in listed]) == (customer, [paid["id"]])
    assert late.status_code == 400


def test_a_customer_to_be_given_must_be_named_and_exist(mockpsp: Sandbox) -> None:
    invoice = create(mockpsp)["id"]
    before = digest(mockpsp)

    unnamed = mockpsp.call("POST", f"/invoices/{invoice}/customers", {})
    unknown = mockpsp.call("POST", f"/invoices/{invoice}/customers", {"customer_id": "cust_x"})

    assert (unnamed.status_code, unnamed.json()["invalid_fields"][0]["name"]) == (400, "customer_id")
    assert (unknown.status_code, unknown.json()["error_type"]) == (404, "resource.customer.not-found")
    assert digest(mockpsp) == before


def test_an_invoice_is_in_step_with_its_psp(mockpsp: Sandbox) -> None:
    invoice = create(mockpsp)

    synced = mockpsp.put(f"/invoices/{invoice['id']}/sync-with-psp", {})["invoice"]

    assert synced == invoice == mockpsp.post(f"/invoices/{invoice['id']}/sync-with-psp")["invoice"]
    assert mockpsp.call("PUT", "/invoices/iv_x/sync-with-psp", {}).status_code == 404
