"""Customers: every field as it is read and answered, each wrong one with its code."""

import pytest

from mockpsp.sandbox_client import Sandbox

GIVEN: dict[str, object] = {
    "balance": "12.50",
    "email": "lorenzo.roger@example.com",
    "first_name": "Lorenzo_€",
    "last_name": "Roger 🎉",
    "company_name": "Roger",
    "address1": "4848 Rue Abel",
    "address2": "Cedex 7",
    "city": "Poitiers",
    "state": "Vienne",
    "zip": "29173",
    "country_code": "fr",
    "ip_address": "1.1.1.1",
    "phone": {"number": "685869595", "dialing_code": "+33"},
    "legal_document": "1122.434.234",
    "date_of_birth": "2001-11-11",
    "is_business": True,
    "sex": "male",
    "metadata": {"a": "b"},
    "registered_at": "Sun, 07 Aug 2005 23:19:49 GMT",
    "reference_id": "C-1",
}
#: What such a customer shows, but for its id and the project's.
SHOWN: dict[str, object] = {
    **GIVEN,
    "first_name": "Lorenzo",
    "last_name": "Roger",
    "country_code": "FR",
    "balance": "12.5",
    "phone": {"number": "685869595", "dialing_code": "0033"},
    "phone_number": "0033685869595",
    "date_of_birth": "2001-11-11T00:00:00.000Z",
    "registered_at": "2005-08-07T23:19:49.000Z",
    "default_token_id": None,
    "tokens": None,
    "transactions": None,
    "subscriptions": None,
    "currency": None,
    "sandbox": True,
    "created_at": "2026-01-01T00:00:00.000Z",
}


def test_a_customer_shows_every_field(mockpsp: Sandbox) -> None:
    made = mockpsp.post("/customers", GIVEN)["customer"]

    assert made.pop("id").startswith("cust_")
    assert made.pop("project_id") == mockpsp.project_id.removeprefix("test-")
    assert made == SHOWN


def test_an_empty_customer_has_its_defaults(mockpsp: Sandbox) -> None:
    made = mockpsp.post("/customers", {})["customer"]

    assert (made["balance"], made["is_business"], made["metadata"]) == ("0", False, {})
    assert made["registered_at"] == made["created_at"]
    empty = set(SHOWN) - set("balance is_business metadata sandbox created_at registered_at".split())
    assert {name: made[name] for name in empty} == dict.fromkeys(empty)


def test_the_older_phone_is_read_as_the_object(mockpsp: Sandbox) -> None:
    made = mockpsp.post("/customers", {"phone_number": "+33685869595"})["customer"]

    assert made["phone"] == {"number": "685869595", "dialing_code": "0033"}
    changed = mockpsp.put(f"/customers/{made['id']}", {"phone": {"number": "1", "dialing_code": "0044"}})["customer"]
    assert changed["phone_number"] == "00441"


@pytest.mark.parametrize(
    ("field", "value", "code"),
    [
        ("email", "nobody", "invalid-email"),
        ("country_code", "XX", "invalid-country"),
        ("country_code", "FRA", "invalid-country"),
        ("ip_address", "1.1.1.256", "invalid-ip-address"),
        ("phone", {"number": "not digits"}, "invalid-phone-number"),
        ("phone", {"number": "1" * 15}, "invalid-phone-number"),
        ("phone_number", "1" * 18, "invalid-phone-number"),
        ("sex", "unknown", "invalid-sex"),
        ("legal_document", "x" * 256, "invalid-legal-document"),
        ("date_of_birth", "yesterday", "invalid-date"),
        ("registered_at", "2026-02-30", "invalid-date"),
        ("metadata", {"a": 1}, "invalid-metadata"),
        ("balance", "1.5.1", "invalid-amount"),
        ("currency", "XXQ", "invalid-currency"),
        ("first_name", "x" * 81, "invalid-name"),
        ("last_name", "x" * 81, "invalid-name"),
        ("address1", "x" * 81, "invalid-address"),
        ("zip", "x" * 17, "invalid-address"),
        ("id", "with/slash", "invalid-id"),
        ("is_business", "perhaps", "error"),
        ("reference_id", "with space", "invalid-id"),
    ],
)
def test_a_wrong_field_is_refused_by_its_code_and_changes_nothing(
    mockpsp: Sandbox, field: str, value: object, code: str
) -> None:
    before = mockpsp.get("/sandbox/digest")

    answer = mockpsp.call("POST", "/customers", {field: value})

    assert (answer.status_code, answer.json()["error_type"]) == (400, f"request.validation.{code}")
    assert field in answer.json()["message"]
    assert mockpsp.get("/sandbox/digest") == before


def test_the_first_payment_fixes_the_currency(mockpsp: Sandbox) -> None:
    customer = mockpsp.post("/customers")["customer"]["id"]
    for currency in ("EUR", "USD"):
        body = {"name": "A", "amount": "1", "currency": currency, "customer_id": customer}
        invoice = mockpsp.post("/invoices", body)["invoice"]["id"]
        mockpsp.post(f"/invoices/{invoice}/capture", {"source": mockpsp.card()})

    assert mockpsp.get(f"/customers/{customer}")["customer"]["currency"] == "EUR"
    answer = mockpsp.call("PUT", f"/customers/{customer}", {"currency": "USD"})
    assert (answer.status_code, answer.json()["error_type"]) == (400, "request.validation.invalid-currency")


def test_a_chosen_id_finds_its_customer_and_is_taken_once(mockpsp: Sandbox) -> None:
    made = mockpsp.post("/customers", {"id": "shop-1"})["customer"]
    assert made["id"] == "shop-1"

    again = mockpsp.call("POST", "/customers", {"id": "shop-1"})
    assert (again.status_code, again.json()["error_type"]) == (400, "request.validation.invalid-id")
    assert mockpsp.put("/customers/shop-1", {"email": "a@b.example"})["customer"]["email"] == "a@b.example"
    assert mockpsp.call("DELETE", "/customers/shop-1").json() == {"success": True}
    gone = mockpsp.call("GET", "/customers/shop-1")
    assert (gone.status_code, gone.json()["error_type"]) == (404, "resource.customer.not-found")
    fired = [event["name"] for event in mockpsp.get("/events?order=asc")["events"]]
    assert fired == ["customer.created", "customer.updated", "customer.deleted"]


def test_the_default_token_must_be_the_customers_own(mockpsp: Sandbox) -> None:
    customer, other = (mockpsp.post("/customers")["customer"]["id"] for _ in "ab")
    own = [mockpsp.token(customer_id=customer) for _ in "ab"]

    assert mockpsp.put(f"/customers/{customer}", {"default_token_id": own[1]})["customer"]["default_token_id"] == own[1]
    tokens = mockpsp.get(f"/customers/{customer}/tokens")["tokens"]
    assert {token["id"]: token["is_default"] for token in tokens} == {own[0]: False, own[1]: True}
    answer = mockpsp.call("PUT", f"/customers/{other}", {"default_token_id": own[0]})
    assert (answer.status_code, answer.json()["error_type"]) == (404, "resource.token.not-found")
