"""Products and their invoices over HTTP: shape, paging, events, refusals."""

import pytest

from mockpsp.sandbox_client import Sandbox

PRODUCT = {"name": "Yearly plan", "amount": "29.90", "currency": "eur", "metadata": {"sku": "Y1"}}


def create(mockpsp: Sandbox, **more: object) -> dict[str, object]:
    return dict(mockpsp.post("/products", {**PRODUCT, **more})["product"])


def events(mockpsp: Sandbox) -> list[dict[str, object]]:
    return list(mockpsp.get("/events?order=asc")["events"])


def test_a_product_has_every_field(mockpsp: Sandbox) -> None:
    product = create(mockpsp, return_url="https://shop.example/back")

    assert product == {
        "id": product["id"],
        "project_id": mockpsp.project_id.removeprefix("test-"),
        "url": f"https://checkout.processout.com/{mockpsp.project_id}/{product['id']}",
        "name": "Yearly plan",
        "amount": "29.9",
        "currency": "EUR",
        "metadata": {"sku": "Y1"},
        "return_url": "https://shop.example/back",
        "cancel_url": None,
        "sandbox": True,
        "created_at": product["created_at"],
    }
    assert mockpsp.get(f"/products/{product['id']}?expand=project")["product"]["project"]["id"] == product["project_id"]


def test_its_life_fires_one_event_each_and_ends_in_404(mockpsp: Sandbox) -> None:
    product = create(mockpsp)

    changed = mockpsp.put(f"/products/{product['id']}", {"amount": "5", "name": None})["product"]
    gone = mockpsp.call("DELETE", f"/products/{product['id']}")
    after = mockpsp.call("GET", f"/products/{product['id']}")

    assert (changed["amount"], changed["name"], gone.json()) == ("5", "Yearly plan", {"success": True})
    assert (after.status_code, after.json()["error_type"]) == (404, "resource.product.not-found")
    assert [event["name"] for event in events(mockpsp)] == ["product.created", "product.updated", "product.deleted"]
    assert [event["data"]["product"]["amount"] for event in events(mockpsp)] == ["29.9", "5", "5"]


def test_products_page(mockpsp: Sandbox) -> None:
    ids = [create(mockpsp, name=f"P{n}")["id"] for n in range(4)]
    mockpsp.call("DELETE", f"/products/{ids[0]}")

    first = mockpsp.get("/products?limit=2")
    second = mockpsp.get(f"/products?limit=2&start_after={ids[2]}")

    assert [p["id"] for p in first["products"]] == [ids[3], ids[2]]
    assert [p["id"] for p in second["products"]] == [ids[1]]
    assert (first["has_more"], second["has_more"], first["total_count"]) == (True, False, 3)


def test_an_invoice_of_a_product_takes_over_what_it_says_and_is_paid(mockpsp: Sandbox) -> None:
    product = create(mockpsp, cancel_url="https://shop.example/no")

    invoice = mockpsp.post(f"/products/{product['id']}/invoices")["invoice"]
    paid = mockpsp.post(f"/invoices/{invoice['id']}/capture", {"source": mockpsp.card()})["transaction"]

    assert {name: invoice[name] for name in ("name", "amount", "currency", "metadata", "return_url", "cancel_url")} == {
        "name": "Yearly plan",
        "amount": "29.9",
        "currency": "EUR",
        "metadata": {"sku": "Y1"},
        "return_url": None,
        "cancel_url": "https://shop.example/no",
    }
    assert (paid["status"], paid["captured_amount"]) == ("completed", "29.9")


@pytest.mark.parametrize(
    ("change", "error_type"),
    [
        ({"name": None}, "request.validation.missing-name"),
        ({"currency": None}, "request.validation.missing-currency"),
        ({"amount": None}, "request.validation.invalid-amount"),
        ({"amount": "1.234"}, "request.validation.invalid-amount"),
        ({"currency": "XXX"}, "request.validation.invalid-currency"),
        ({"metadata": {"a": 1}}, "request.validation.invalid-metadata"),
        ({"return_url": "nowhere"}, "request.validation.invalid-url"),
    ],
)
def test_a_refused_product_changes_nothing(mockpsp: Sandbox, change: dict[str, object], error_type: str) -> None:
    before = mockpsp.get("/sandbox/digest")["digest"]

    answer = mockpsp.call("POST", "/products", {**PRODUCT, **change})

    assert (answer.status_code, answer.json()["error_type"]) == (400, error_type)
    assert mockpsp.get("/sandbox/digest")["digest"] == before


def test_another_currency_needs_a_price_that_goes_in_it(mockpsp: Sandbox) -> None:
    product = create(mockpsp)

    refused = mockpsp.call("PUT", f"/products/{product['id']}", {"currency": "JPY"})
    changed = mockpsp.put(f"/products/{product['id']}", {"currency": "JPY", "amount": "3000"})["product"]

    assert refused.json()["error_type"] == "request.validation.invalid-amount"
    assert (changed["amount"], changed["currency"]) == ("3000", "JPY")


def test_transactions_are_listed_by_id_in_the_order_asked_for(mockpsp: Sandbox) -> None:
    paid = [
        mockpsp.post("/invoices", {"name": "A", "amount": "1", "currency": "EUR"})["invoice"]["transaction_id"]
        for _ in range(3)
    ]

    for key in ("transaction_ids", "ids"):
        found = mockpsp.post("/transactions", {key: [paid[1], paid[2], paid[1]], "expand": ["invoice"]})
        assert [t["id"] for t in found["transactions"]] == [paid[1], paid[2], paid[1]]
        assert found["transactions"][0]["invoice"]["name"] == "A"
        assert (found["count"], found["total_count"], found["has_more"]) == (3, 3, False)
    everything = mockpsp.post("/transactions", {"limit": 2})
    assert [t["id"] for t in everything["transactions"]] == [paid[2], paid[1]]
    assert everything["has_more"] is True
    unknown = mockpsp.call("POST", "/transactions", {"ids": [paid[0], "tr_nobody"]})
    assert (unknown.status_code, unknown.json()["error_type"]) == (404, "resource.transaction.not-found")
    assert mockpsp.call("POST", "/transactions", {"ids": "tr_1"}).status_code == 400
    assert mockpsp.call("POST", "/transactions", {"ids": ["x"] * 101}).status_code == 400
