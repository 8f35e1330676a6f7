"""Bad invoices over HTTP: each bad field is refused by its own code, and nothing changes."""

from typing import Any

import pytest

from mockpsp.sandbox_client import Sandbox

BASE = {"name": "Order 1", "amount": "100", "currency": "EUR"}
LINE = {"name": "Shoes", "amount": "10"}
SPLIT = {"provider_recipient_reference": "acct_1", "type": "FEE", "amount": "1", "currency": "EUR"}
V = "request.validation."


def digest(mockpsp: Sandbox) -> str:
    return str(mockpsp.get("/sandbox/digest")["digest"])


#: (what is changed of a good request, the path named, the code).
REFUSED: list[tuple[dict[str, Any], str, str]] = [
    ({"name": None}, "name", "missing-name"),
    ({"name": ""}, "name", "missing-name"),
    ({"currency": None}, "currency", "missing-currency"),
    ({"amount": None}, "amount", "invalid-amount"),
    ({"name": "x" * 81}, "name", "invalid-name"),
    ({"name": ["x"]}, "name", "invalid-name"),
    ({"amount": "-1"}, "amount", "invalid-amount"),
    ({"amount": "0"}, "amount", "invalid-amount"),
    ({"amount": "1.001"}, "amount", "invalid-amount"),
    ({"amount": True}, "amount", "invalid-amount"),
    ({"currency": "EURO"}, "currency", "invalid-currency"),
    ({"currency": "XXX"}, "currency", "invalid-currency"),
    ({"metadata": {"a": 1}}, "metadata", "invalid-metadata"),
    ({"metadata": {"taxes_amount": "much"}}, "metadata.taxes_amount", "invalid-metadata"),
    ({"metadata": {"shipping_amount": "1.001"}}, "metadata.shipping_amount", "invalid-metadata"),
    ({"gateway_data": "x"}, "gateway_data", "invalid-gateway-data"),
    ({"gateway_data": {"a": {}}}, "gateway_data", "invalid-gateway-data"),
    ({"reference_id": "a b"}, "reference_id", "invalid-id"),
    ({"reference_id": "é"}, "reference_id", "invalid-id"),
    ({"reference_id": "x" * 81}, "reference_id", "invalid-id"),
    ({"return_url": "shop"}, "return_url", "invalid-url"),
    ({"cancel_url": "ftp://x"}, "cancel_url", "invalid-url"),
    ({"webhook_url": 1}, "webhook_url", "invalid-url"),
    ({"expires_at": "soon"}, "expires_at", "invalid-date"),
    ({"auto_capture_at": "2026-13-01"}, "auto_capture_at", "invalid-date"),
    ({"payment_type": "cash"}, "payment_type", "invalid-payment-type"),
    ({"initiation_type": "xit"}, "initiation_type", "error"),
    ({"payment_intent": "never"}, "payment_intent", "error"),
    ({"merchant_initiator_type": "x"}, "merchant_initiator_type", "error"),
    ({"sca_exemption_reason": "x"}, "sca_exemption_reason", "invalid-exemption-reason"),
    ({"exemption_reason_3ds2": "x"}, "exemption_reason_3ds2", "invalid-exemption-reason"),
    ({"challenge_indicator": "x"}, "challenge_indicator", "invalid-challenge-indicator"),
    ({"statement_descriptor": "x" * 26}, "statement_descriptor", "invalid-description"),
    ({"statement_descriptor_city": "x" * 23}, "statement_descriptor_city", "invalid-description"),
    ({"incremental": "maybe"}, "incremental", "error"),
    ({"tax": "x"}, "tax", "invalid-tax-amount"),
    ({"tax": {"amount": "x"}}, "tax.amount", "invalid-tax-amount"),
    ({"tax": {"amount": "100.01"}}, "tax.amount", "invalid-tax-amount"),
    ({"tax": {"rate": "101"}}, "tax.rate", "invalid-tax-rate"),
    ({"tax": {"rate": "-1"}}, "tax.rate", "invalid-tax-rate"),
    ({"details": {"name": "x"}}, "details", "error"),
    ({"details": [{"amount": "1"}]}, "details.0.name", "missing-name"),
    ({"details": [LINE, {"name": "x"}]}, "details.1.amount", "invalid-amount"),
    ({"details": [{**LINE, "name": "x" * 81}]}, "details.0.name", "invalid-name"),
    ({"details": [{**LINE, "amount": "x"}]}, "details.0.amount", "invalid-amount"),
    ({"details": [{**LINE, "discount_amount": "-1"}]}, "details.0.discount_amount", "invalid-amount"),
    ({"details": [{**LINE, "quantity": 0}]}, "details.0.quantity", "invalid-quantity"),
    ({"details": [{**LINE, "quantity": "1.5"}]}, "details.0.quantity", "invalid-quantity"),
    ({"details": [{**LINE, "category": "toys"}]}, "details.0.category", "invalid-detail-category"),
    ({"details": [{**LINE, "condition": "broken"}]}, "details.0.condition", "invalid-detail-condition"),
    ({"details": [{**LINE, "type": "x" * 31}]}, "details.0.type", "invalid-type"),
    ({"details": [{**LINE, "description": "x" * 256}]}, "details.0.description", "invalid-description"),
    ({"details": [{**LINE, "metadata": {"a": 1}}]}, "details.0.metadata", "invalid-metadata"),
    ({"details": [LINE] * 501}, "details", "error"),
    ({"risk": {"score": "x" * 13}}, "risk.score", "error"),
    ({"risk": {"is_legit": "perhaps"}}, "risk.is_legit", "error"),
    ({"device": {"channel": "fax"}}, "device.channel", "invalid-device-channel"),
    ({"device": {"platform": "fax"}}, "device.platform", "invalid-device-channel"),
    ({"device": {"threeds_sdk": "other"}}, "device.threeds_sdk", "invalid-device-channel"),
    ({"device": {"ip_address": "1.2.3"}}, "device.ip_address", "invalid-ip-address"),
    ({"shipping": {"amount": "x"}}, "shipping.amount", "invalid-amount"),
    ({"shipping": {"method": "balloon"}}, "shipping.method", "invalid-shipping-method"),
    ({"shipping": {"delay": "never"}}, "shipping.delay", "invalid-shipping-delay"),
    ({"shipping": {"provider": "x" * 33}}, "shipping.provider", "invalid-description"),
    ({"shipping": {"relay_store_name": "x" * 101}}, "shipping.relay_store_name", "invalid-relay-store-name"),
    ({"shipping": {"phone_number": "1" * 18}}, "shipping.phone_number", "invalid-phone-number"),
    ({"shipping": {"phone": {"number": "1" * 15}}}, "shipping.phone", "invalid-phone-number"),
    ({"shipping": {"expects_shipping_at": "x"}}, "shipping.expects_shipping_at", "invalid-date"),
    ({"shipping": {"email": "x"}}, "shipping.email", "invalid-email"),
    ({"shipping": {"country_code": "ZZ"}}, "shipping.country_code", "invalid-country"),
    ({"shipping": {"first_name": "x" * 81}}, "shipping.first_name", "invalid-name"),
    ({"shipping": {"address1": "x" * 256}}, "shipping.address1", "invalid-address"),
    ({"billing": {"zip": "x" * 17}}, "billing.zip", "invalid-address"),
    ({"billing": {"country_code": "F"}}, "billing.country_code", "invalid-country"),
    ({"external_fraud_tools": "x"}, "external_fraud_tools", "invalid-external-fraud-tools"),
    ({"submerchant": {"mcc": "12345"}}, "submerchant.mcc", "error"),
    ({"submerchant": {"email": "x"}}, "submerchant.email", "invalid-email"),
    ({"submerchant": {"phone_number": {"number": "x"}}}, "submerchant.phone_number", "invalid-phone-number"),
    ({"submerchant": {"address": {"country_code": "XY"}}}, "submerchant.address.country_code", "invalid-country"),
    ({"unsupported_feature_bypass": 1}, "unsupported_feature_bypass", "error"),
    ({"split_allocations": [{**SPLIT, "type": None}]}, "split_allocations.0.type", "missing-type"),
    ({"split_allocations": [{**SPLIT, "type": "fee"}]}, "split_allocations.0.type", "invalid-type"),
    ({"split_allocations": [{**SPLIT, "currency": "USD"}]}, "split_allocations.0.currency", "invalid-currency"),
    ({"split_allocations": [{**SPLIT, "amount": "x"}]}, "split_allocations.0.amount", "invalid-amount"),
    ({"split_allocations": [{**SPLIT, "amount": "100.01"}]}, "split_allocations.amount", "invalid-amount"),
]


@pytest.mark.parametrize(("change", "path", "code"), REFUSED, ids=[f"{path}:{code}" for _, path, code in REFUSED])
def test_a_bad_field_is_refused_by_its_code_and_changes_nothing(
    mockpsp: Sandbox, change: dict[str, Any], path: str, code: str
) -> None:
    before = digest(mockpsp)

    answer = mockpsp.call("POST", "/invoices", {**BASE, **change})

    assert (answer.status_code, answer.json()["error_type"]) == (400, V + code), answer.text
    assert answer.json()["invalid_fields"][0]["name"] == path
    assert digest(mockpsp) == before


def test_all_bad_fields_are_named_at_once(mockpsp: Sandbox) -> None:
    answer = mockpsp.call("POST", "/invoices", {**BASE, "tax": {"rate": "x"}, "device": {"channel": "x"}})

    assert {field["name"] for field in answer.json()["invalid_fields"]} == {"tax.rate", "device.channel"}


def test_an_unknown_customer_is_not_found_and_no_invoice_is_made(mockpsp: Sandbox) -> None:
    before = digest(mockpsp)

    answer = mockpsp.call("POST", "/invoices", {**BASE, "customer_id": "cust_nobody"})

    assert (answer.status_code, answer.json()["error_type"]) == (404, "resource.customer.not-found")
    assert digest(mockpsp) == before


#: (a body of the control plane, what is said of it).
UNFINISHED: list[tuple[str, dict[str, Any], str]] = [
    ("/sandbox/simulate", {"what": "refund.fail"}, "on: is missing"),
    ("/sandbox/rules", {"match": 5, "outcome": "ok"}, "match: must be an object"),
    (
        "/sandbox/rules",
        {"match": {"on": "refund", "zz": 1}, "outcome": "ok"},
        "match.zz: is not known here; known: on, card, gateway, amount, metadata",
    ),
    ("/sandbox/reconcile", {"records": 5}, "records: must be a list"),
    ("/invoices", {**BASE, "split_allocations": [{**SPLIT, "type": None}]}, "split_allocations.0.type: is missing"),
]


@pytest.mark.parametrize(("path", "body", "said"), UNFINISHED, ids=[said for _, _, said in UNFINISHED])
def test_what_is_missing_or_misshapen_is_said_in_a_few_words(
    mockpsp: Sandbox, path: str, body: dict[str, Any], said: str
) -> None:
    assert mockpsp.call("POST", path, body).json()["message"] == said
