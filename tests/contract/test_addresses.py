"""Addresses that could not be followed are refused when they are given, wherever one is given."""

from typing import Any

import pytest
import requests

from mockpsp.sandbox_client import Sandbox

MALFORMED = {
    "an open bracket": "http://[::1",
    "a bracket within": "http://a]b/",
    "a port too high": "http://shop.example:99999/",
    "port 0": "http://shop.example:0/",
    "no host": "https:///back",
    "an empty label": "https://shop..example/",
    "a blank": "https://shop.example/a b",
    "a line end": "https://shop.example/a\nb",
    "no scheme": "shop.example/back",
    "another scheme": "ftp://shop.example/",
}
INVOICE = {"name": "Order", "amount": "10.00", "currency": "EUR"}
#: Asks for 3-D Secure on every payment.
CARD = {"number": "4000000000000101", "exp_month": 12, "exp_year": 2030, "cvc2": "123"}


def places(mockpsp: Sandbox, address: str) -> list[tuple[str, str, str, dict[str, Any]]]:
    """(method, path, field, body) of every route that takes an address."""
    customer = mockpsp.post("/customers")["customer"]["id"]
    card, bare = mockpsp.card(), f"/customers/{customer}/tokens"
    token = mockpsp.post(bare, {"source": mockpsp.card()})["token"]["id"]
    product = {"name": "Book", "amount": "1.00", "currency": "EUR"}
    product_id = mockpsp.post("/products", product)["product"]["id"]
    back = ("return_url", "cancel_url")
    return [
        *(("POST", "/invoices", name, {**INVOICE, name: address}) for name in (*back, "webhook_url")),
        *(("POST", "/products", name, {**product, name: address}) for name in back),
        *(("PUT", f"/products/{product_id}", name, {name: address}) for name in back),
        *(
            (method, path, name, {**more, name: address})
            for method, path, more in (("POST", bare, {"source": card}), ("PUT", f"{bare}/{token}", {}))
            for name in (*back, "webhook_url", "invoice_return_url")
        ),
        ("PUT", f"/projects/{mockpsp.project_id}", "logo_url", {"logo_url": address}),
        ("POST", "/sandbox/webhook-endpoints", "url", {"url": address}),
    ]


@pytest.mark.parametrize("address", MALFORMED.values(), ids=MALFORMED)
def test_a_malformed_address_is_refused_everywhere_and_keeps_nothing(mockpsp: Sandbox, address: str) -> None:
    asked = places(mockpsp, address)
    before = mockpsp.get("/sandbox/digest")

    for method, path, name, body in asked:
        answer = mockpsp.call(method, path, body)

        assert answer.status_code == 400, (method, path, name, answer.text)
        assert [field["name"] for field in answer.json()["invalid_fields"]] == [name]
        assert "must be an http:// or https:// address" in answer.json()["message"]
    assert mockpsp.get("/sandbox/digest") == before


@pytest.mark.parametrize(
    ("address", "returned_to"),
    [
        ("https://shop.example", "https://shop.example?token="),
        ("http://[::1]:8443/back?a=1&a=2#top", "http://[::1]:8443/back?a=1&a=2&token="),
        ("https://b\u00fccher.example/\u2713?x=\u00e9", "https://xn--bcher-kva.example/%E2%9C%93?x=%C3%A9&token="),
        ("http://127.0.0.1:65535/%zz", "http://127.0.0.1:65535/%zz?token="),
        ("HTTPS://user:word@Shop_1.example./a;b", "https://user:word@shop_1.example./a;b?token="),
    ],
)
def test_what_is_taken_leads_back_after_a_challenge(mockpsp: Sandbox, address: str, returned_to: str) -> None:
    invoice = mockpsp.post("/invoices", {**INVOICE, "return_url": address})["invoice"]["id"]
    card = mockpsp.post("/cards", CARD)["card"]["id"]
    page = mockpsp.call("POST", f"/invoices/{invoice}/capture", {"source": card}).json()["customer_action"]["value"]

    answer = requests.post(page, {"answer": "authenticate"}, timeout=10, allow_redirects=False)
    checkout = requests.get(page, timeout=10)

    assert answer.status_code == 303, answer.text
    assert answer.headers["Location"].startswith(returned_to)
    assert checkout.status_code == 200
