"""Cards: what makes one, how one changes and ends, and what its first digits say."""

from typing import Any

import pytest

from mockpsp.sandbox_client import Sandbox

VISA = {"number": "4242424242424242", "exp_month": 12, "exp_year": 2030}
GIVEN: dict[str, object] = dict(
    cvc2="123",
    name="Matéo_Garnier 😀",
    contact={
        "address1": "133 rue Lamarck",
        "address2": "Cedex 7",
        "city": "Paris",
        "state": "Ile De France",
        "country_code": "us",
        "billing_country_code": "FR",
        "zip": "75018",
    },
    device={"request_origin": "backend", "ip_address": "1.2.3.4", "app_screen_height": 900},
    preferred_scheme="visa",
    preferred_card_type="debit",
    scheme_details={"transaction_id": "777", "transaction_link_id": "888"},
    metadata={"a": "b"},
)

#: What such a card shows, but for its ids, its fingerprint and the moment.
SHOWN: dict[str, object] = {
    "token_id": None,
    "update_type": None,
    "update_reason_code": None,
    "scheme": "visa",
    "co_scheme": None,
    "preferred_scheme": "visa",
    "preferred_card_type": "debit",
    "type": "credit",
    "bank_name": "Invented Bank of the Sandbox",
    "brand": "classic",
    "category": "consumer",
    "iin": "424242",
    "last_4_digits": "4242",
    "exp_month": 12,
    "exp_year": 2030,
    "cvc_check": "unavailable",
    "avs_check": "unavailable",
    "checks": {
        "cvc_check": "unavailable",
        "cvc_check_reason": None,
        "avs_check": "unavailable",
        "avs_postal_check": "unavailable",
        "avs_postal_check_reason": None,
        "avs_street_check": "unavailable",
        "avs_street_check_reason": None,
        "avs_name_check": "unavailable",
        "avs_name_check_reason": None,
    },
    "token_type": None,
    "name": "Matéo Garnier",
    "address1": "133 rue Lamarck",
    "address2": "Cedex 7",
    "city": "Paris",
    "state": "Ile De France",
    "country_code": "US",
    "billing_country_code": "FR",
    "zip": "75018",
    "request_origin": "backend",
    "ip_address": "1.2.3.4",
    "user_agent": None,
    "header_accept": None,
    "header_referer": None,
    "app_color_depth": None,
    "app_java_enabled": None,
    "app_language": None,
    "app_screen_height": 900,
    "app_screen_width": None,
    "app_timezone_offset": None,
    "expires_soon": False,
    "metadata": {"a": "b"},
    "used": None,
    "has_been_authorized": False,
    "sandbox": True,
    "cvc_tokenized": True,
    "tokenization_method": None,
    "payment_source_detail": None,
    "initial_scheme_transaction_id": "777",
    "payment_account_reference": None,
}


def make(mockpsp: Sandbox, **more: object) -> dict[str, Any]:
    return dict(mockpsp.post("/cards", {**VISA, **more})["card"])


def code(mockpsp: Sandbox, **more: object) -> tuple[int, str]:
    body = {name: value for name, value in {**VISA, **more}.items() if value is not None}
    answer = mockpsp.call("POST", "/cards", body)
    return answer.status_code, answer.json()["error_type"]


def test_a_card_shows_its_holder_and_device_and_nothing_of_its_number(mockpsp: Sandbox) -> None:
    card = make(mockpsp, **GIVEN)

    assert card.pop("fingerprint") not in (None, "")
    assert card.pop("id").startswith("card_")
    assert card.pop("project_id") == mockpsp.project_id.removeprefix("test-")
    assert card.pop("created_at") == card.pop("updated_at")
    assert card == SHOWN


def test_a_card_of_a_browser_shows_the_browser(mockpsp: Sandbox) -> None:
    answer = mockpsp.call("POST", "/cards", VISA, User_Agent="Firefox", Accept="text/html", Referer="https://a.example")

    card = answer.json()["card"]
    assert (card["user_agent"], card["header_accept"], card["header_referer"]) == (
        "Firefox",
        "text/html",
        "https://a.example",
    )
    assert card["ip_address"] == "127.0.0.1"


@pytest.mark.parametrize(("month", "year"), [("6", "31"), (6, 31), ("06", 2031), (6, "2031")])
def test_months_and_years_are_numbers_or_text_and_short_years_are_of_this_century(
    mockpsp: Sandbox, month: object, year: object
) -> None:
    card = make(mockpsp, exp_month=month, exp_year=year)

    assert (card["exp_month"], card["exp_year"]) == (6, 2031)


@pytest.mark.parametrize("number", ["4242 4242 4242 4242", "4242-4242-4242-4242", 4242424242424242])
def test_a_number_may_have_spaces_dashes_or_be_a_number(mockpsp: Sandbox, number: object) -> None:
    assert make(mockpsp, number=number)["last_4_digits"] == "4242"


@pytest.mark.parametrize(
    ("given", "error_type"),
    [
        ({"number": None}, "card.invalid-number"),
        ({"number": "4242424242424241"}, "card.invalid-number"),
        ({"number": "4111111111111111"}, "card.invalid-number"),
        ({"number": "no digits at all"}, "card.invalid-number"),
        ({"number": ["4242424242424242"]}, "card.invalid-number"),
        ({"number": "4" * 2_000}, "card.invalid-number"),
        ({"exp_month": 13}, "card.invalid-month"),
        ({"exp_month": None}, "card.invalid-month"),
        ({"exp_year": "next"}, "card.invalid-year"),
        ({"exp_year": 1999}, "card.invalid-year"),
        ({"exp_year": None}, "card.invalid-year"),
        ({"exp_day": 32}, "card.invalid-date"),
        ({"cvc2": "12"}, "request.card.invalid"),
        ({"token_type": "wallet"}, "request.card.invalid"),
        ({"name": "x" * 256}, "request.validation.invalid-name"),
        ({"contact": {"billing_country_code": "XX"}}, "request.validation.invalid-country"),
        ({"device": {"ip_address": "here"}}, "request.validation.invalid-ip-address"),
        ({"shipping": {"email": "nobody"}}, "request.validation.invalid-email"),
        ({"metadata": {"a": 1}}, "request.validation.invalid-metadata"),
        ({"applepay_response": {"token": {}}}, "request.card.invalid"),
        ({"payment_token": "ciphered"}, "request.card.invalid"),
    ],
)
def test_what_makes_no_card_is_refused_by_its_code(mockpsp: Sandbox, given: Any, error_type: str) -> None:
    before = mockpsp.get("/sandbox/digest")

    assert code(mockpsp, **given) == (400, error_type)
    assert mockpsp.get("/sandbox/digest") == before


def test_an_expired_card_is_taken_as_the_sandbox_checks_no_dates(mockpsp: Sandbox) -> None:
    assert make(mockpsp, exp_month=1, exp_year=2020)["expires_soon"] is True


def test_a_wallets_card_is_taken_by_its_test_number(mockpsp: Sandbox) -> None:
    card = make(mockpsp, token_type="applepay", eci="05", cryptogram="AAAA==")

    assert card["token_type"] == "applepay"
    assert "AAAA==" not in str(mockpsp.get(f"/cards/{card['id']}"))


def test_a_card_expires_soon_from_its_last_month_on(mockpsp: Sandbox) -> None:
    card = make(mockpsp, exp_month=3, exp_year=2026)["id"]
    assert mockpsp.get(f"/cards/{card}")["card"]["expires_soon"] is False

    mockpsp.advance(to="2026-03-01T00:00:00Z")

    assert mockpsp.get(f"/cards/{card}")["card"]["expires_soon"] is True


def test_the_same_number_has_the_same_fingerprint_in_one_universe_only(mockpsp: Sandbox) -> None:
    prints = {make(mockpsp)["fingerprint"], make(mockpsp, exp_year=2031)["fingerprint"]}
    other = make(mockpsp, number="5555555555554444")["fingerprint"]
    with Sandbox(mockpsp.url, f"{mockpsp.project_id}-two", "key_test_two") as elsewhere:
        there = make(elsewhere)["fingerprint"]

    assert len(prints) == 1
    assert len(prints | {other, there}) == 3


def test_an_update_puts_the_cvc_back_and_prefers_a_scheme(mockpsp: Sandbox) -> None:
    card = make(mockpsp)["id"]
    assert mockpsp.get(f"/cards/{card}")["card"]["cvc_tokenized"] is False
    mockpsp.advance("1h")

    body = {"cvc2": "123", "preferred_scheme": "carte bancaire", "scheme_details": {"transaction_id": "42"}}
    shown = mockpsp.put(f"/cards/{card}", body)["card"]

    assert (shown["cvc_tokenized"], shown["update_type"], shown["update_reason_code"]) == (True, "new-cvc2", "request")
    assert (shown["preferred_scheme"], shown["initial_scheme_transaction_id"]) == ("carte bancaire", "42")
    assert (shown["created_at"], shown["updated_at"]) == ("2026-01-01T00:00:00.000Z", "2026-01-01T01:00:00.000Z")
    assert mockpsp.put(f"/cards/{card}", {"preferred_scheme": "none"})["card"]["preferred_scheme"] is None


def test_a_deleted_card_is_gone_and_forgotten_but_its_payment_still_shows_it(mockpsp: Sandbox) -> None:
    card = make(mockpsp, name="Ada", contact={"city": "London"})["id"]
    kept = make(mockpsp)["id"]
    invoice = mockpsp.post("/invoices", {"name": "A", "amount": "1", "currency": "EUR"})["invoice"]["id"]
    paid = mockpsp.post(f"/invoices/{invoice}/capture", {"source": card})["transaction"]["id"]

    assert mockpsp.call("DELETE", f"/cards/{card}").json() == {"success": True}

    for method in ("GET", "PUT", "DELETE"):
        answer = mockpsp.call(method, f"/cards/{card}", {} if method == "PUT" else None)
        assert (answer.status_code, answer.json()["error_type"]) == (404, "resource.card.not-found")
    listed = mockpsp.get("/cards")
    assert ([c["id"] for c in listed["cards"]], listed["total_count"]) == ([kept], 1)
    shown = mockpsp.get(f"/transactions/{paid}?expand=card")["transaction"]["card"]
    assert (shown["id"], shown["last_4_digits"]) == (card, "4242")
    assert (shown["name"], shown["city"], shown["fingerprint"], shown["ip_address"]) == (None,) * 4


def test_a_deleted_cards_token_cannot_be_charged(mockpsp: Sandbox) -> None:
    customer, card = mockpsp.post("/customers")["customer"]["id"], make(mockpsp)["id"]
    token = mockpsp.post(f"/customers/{customer}/tokens", {"source": card})["token"]["id"]

    mockpsp.call("DELETE", f"/cards/{card}")

    assert mockpsp.get(f"/customers/{customer}/tokens/{token}")["token"]["is_chargeable"] is False
    assert next(event["name"] for event in mockpsp.get("/events")["events"]) == "customer.token.updated"
    invoice = mockpsp.post("/invoices", {"name": "A", "amount": "1", "currency": "EUR"})["invoice"]["id"]
    answer = mockpsp.call("POST", f"/invoices/{invoice}/capture", {"source": token})
    assert (answer.status_code, answer.json()["error_type"]) == (400, "request.source.invalid")


def test_what_a_client_says_of_itself_is_not_of_the_world(mockpsp: Sandbox) -> None:
    digests = []
    for agent in ("Firefox", "Safari"):
        mockpsp.reset(seed=1)
        mockpsp.call("POST", "/cards", VISA, User_Agent=agent, Accept=f"text/{agent}", Idempotency_Key="a")
        digests.append(mockpsp.get("/sandbox/digest")["digest"])

    assert digests[0] == digests[1]


def test_a_deleted_card_pays_nothing(mockpsp: Sandbox) -> None:
    card = make(mockpsp)["id"]
    mockpsp.call("DELETE", f"/cards/{card}")
    invoice = mockpsp.post("/invoices", {"name": "A", "amount": "1", "currency": "EUR"})["invoice"]["id"]

    answer = mockpsp.call("POST", f"/invoices/{invoice}/capture", {"source": card})

    assert (answer.status_code, answer.json()["error_type"]) == (404, "resource.card.not-found")


@pytest.mark.parametrize(
    ("digits", "known"),
    [
        ("424242", {"scheme": "visa", "type": "credit", "country": "US", "brand": "classic"}),
        ("513029", {"scheme": "mastercard", "co_scheme": "carte bancaire", "country": "FR"}),
        ("400000", {"scheme": "visa", "type": "credit", "country": "US", "bank_name": None}),
        ("37828224631", {"iin": "378282", "scheme": "american express"}),
        ("411111", {"scheme": "visa", "type": None, "country": None}),
        ("222100", {"scheme": "mastercard"}),
        ("621234", {"scheme": "china union pay"}),
    ],
)
def test_the_first_digits_say_the_scheme_and_the_issuer_of_test_cards(
    mockpsp: Sandbox, digits: str, known: dict[str, object]
) -> None:
    found = mockpsp.get(f"/iins/{digits}")["card_information"]

    assert set(found) == {"iin", "scheme", "co_scheme", "type", "bank_name", "brand", "category", "country"}
    assert {name: found[name] for name in known} == known


@pytest.mark.parametrize(
    ("digits", "refusal"),
    [
        ("42424", (400, "request.validation.error")),
        ("42424x", (400, "request.validation.error")),
        ("999999", (404, "resource.not-found")),
    ],
)
def test_digits_that_say_nothing_are_refused(mockpsp: Sandbox, digits: str, refusal: tuple[int, str]) -> None:
    answer = mockpsp.call("GET", f"/iins/{digits}")

    assert (answer.status_code, answer.json()["error_type"]) == refusal
