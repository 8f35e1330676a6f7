"""Apple Pay on the web: what the browser library asks before the button and for the sheet, from a shop's own page."""

from typing import Any

import pytest
import requests

from mockpsp.sandbox_client import Sandbox
from tests.contract.test_wallets import VISA, apple

PAGE = "https://shop.example"
SESSION = {
    "session_url": "https://apple-pay-gateway.apple.com/paymentservices/startSession",
    "domain_name": "localhost",
}


class Page:
    """A shop's page with the browser library in it, which says in the address what it says in headers."""

    def __init__(self, shop: Sandbox) -> None:
        self.url, self.project_id = shop.url, shop.project_id

    def call(self, method: str, path: str, body: Any = None, **query: str) -> requests.Response:
        said = {"legacyrequest": "true", "project_id": self.project_id, "x-API-Version": "1.3.0.0"}
        return requests.request(
            method,
            self.url + path,
            params={**said, **query},
            json=body,
            auth=(self.project_id, ""),
            headers={"Origin": PAGE, "API-Version": "1.3.0.0"},
            timeout=20,
        )

    def available(self, domain_name: str = "localhost", applepay_mid: str = "") -> requests.Response:
        return self.call("GET", "/applepay/available", domain_name=domain_name, applepay_mid=applepay_mid)

    def session(self, **more: Any) -> requests.Response:
        return self.call("POST", "/applepay/sessions", {**SESSION, **more})


@pytest.fixture
def page(mockpsp: Sandbox) -> Page:
    mockpsp.get("/sandbox")
    return Page(mockpsp)


def test_a_page_goes_from_the_button_to_the_payment(mockpsp: Sandbox, page: Page) -> None:
    invoice = mockpsp.post("/invoices", {"name": "Order", "amount": "10.00", "currency": "EUR"})["invoice"]["id"]

    available, session = page.available(), page.session(applepay_mid="merchant.shop.example")
    card = page.call("POST", "/cards", apple({"number": VISA})).json()["card"]
    paid = page.call("POST", f"/invoices/{invoice}/capture", {"source": card["id"]}).json()

    assert (available.status_code, available.json()) == (200, {"success": True, "outcome": "success"})
    assert (session.status_code, session.json()["success"]) == (200, True)
    assert paid["transaction"]["status"] == "completed"
    for answer in (available, session):
        assert answer.headers["Access-Control-Allow-Origin"] == "*"


@pytest.mark.parametrize(("method", "path"), [("GET", "/applepay/available"), ("POST", "/applepay/sessions")])
def test_browsers_are_let_through_before_they_ask(page: Page, method: str, path: str) -> None:
    asked = {
        "Origin": PAGE,
        "Access-Control-Request-Method": method,
        "Access-Control-Request-Headers": "api-version,authorization,content-type",
    }

    answer = requests.options(page.url + path, headers=asked, timeout=20)

    assert answer.status_code == 200
    assert answer.headers["Access-Control-Allow-Methods"] == method
    assert "authorization" in answer.headers["Access-Control-Allow-Headers"]


def test_a_session_is_clearly_a_tests_and_lasts_five_minutes(mockpsp: Sandbox, page: Page) -> None:
    mockpsp.put(f"/projects/{mockpsp.project_id}", {"name": "Tea and " + "umbrellas " * 7})

    found = page.session(domain_name="Pay.Shop.example").json()["session_payload"]

    assert set(found) == {
        *"epochTimestamp expiresAt merchantSessionIdentifier nonce merchantIdentifier domainName displayName".split(),
        *"signature operationalAnalyticsIdentifier retries pspId".split(),
    }
    assert found["expiresAt"] - found["epochTimestamp"] == 300_000
    assert found["domainName"] == "pay.shop.example"
    assert found["displayName"].endswith(" (mockpsp test)") and len(found["displayName"]) <= 64
    assert bytes.fromhex(found["signature"]) == b"mockpsp test"
    assert found["merchantSessionIdentifier"].startswith("SSH") and len(found["nonce"]) == 8


def test_each_session_is_another_and_the_same_in_an_equal_world(mockpsp: Sandbox, page: Page) -> None:
    def drawn() -> list[str]:
        mockpsp.post("/sandbox/reset", {})
        return [page.session().json()["session_payload"]["merchantSessionIdentifier"] for _ in range(2)]

    first, again = drawn(), drawn()

    assert first == again
    assert first[0] != first[1]


def test_a_repeated_session_is_answered_the_same(mockpsp: Sandbox) -> None:
    calls = [mockpsp.call("POST", "/applepay/sessions", SESSION, Idempotency_Key="a") for _ in range(2)]
    other = mockpsp.call("POST", "/applepay/sessions", {**SESSION, "domain_name": "shop.example"}, Idempotency_Key="a")

    assert calls[0].json() == calls[1].json()
    assert (other.status_code, other.json()["error_type"]) == (400, "request.idempotency-key.invalid")


@pytest.mark.parametrize(
    "name",
    ["", " ", "shop example", "https://shop.example", "shop.example/pay", "shop.example:8080", "[::1]:80", "a" * 300],
)
def test_a_domain_that_is_none_is_refused_by_both(page: Page, name: str) -> None:
    for answer in (page.available(name), page.session(domain_name=name)):
        assert (answer.status_code, answer.json()["error_type"]) == (400, "request.validation.error")
        assert answer.json()["invalid_fields"][0]["name"] == "domain_name"
        assert answer.json()["outcome"] == "failed"


@pytest.mark.parametrize("name", ["localhost", "127.0.0.1", "[::1]", "shop.example", "xn--bcher-kva.example"])
def test_every_host_that_a_browser_names_will_do(page: Page, name: str) -> None:
    assert page.available(name).status_code == 200
    assert page.session(domain_name=name).json()["session_payload"]["domainName"] == name


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"session_url": None}, "session_url"),
        ({"session_url": "apple"}, "session_url"),
        ({"session_url": 7}, "session_url"),
        ({"domain_name": ["localhost"]}, "domain_name"),
        ({"applepay_mid": {}}, "applepay_mid"),
        ({"merchant_certificate_id": "a" * 256}, "merchant_certificate_id"),
    ],
)
def test_a_session_is_held_to_what_it_is_made_of(page: Page, body: dict[str, Any], field: str) -> None:
    answer = page.session(**body)

    assert answer.status_code == 400
    assert [one["name"] for one in answer.json()["invalid_fields"]] == [field]


def test_where_it_is_not_offered_the_reason_and_the_way_out_are_told(mockpsp: Sandbox, page: Page) -> None:
    project = f"/projects/{mockpsp.project_id}"
    mockpsp.put(project, {"applepay_settings": {"enabled": False}})
    switched_off = [page.available(), page.session()]
    mockpsp.put(project, {"applepay_settings": {}})
    mockpsp.put("/gateway-configurations/gway_conf_44ae90db0a62f819a404ef6a8ff994ca", {"enabled": False})
    unlisted = [page.available(), page.session()]
    mockpsp.put("/sandbox/psps/acme", {"like": "card-standard", "methods": ["card", "applepay"]})

    for answers, way in ((switched_off, "enabled: false"), (unlisted, "PUT /sandbox/psps/")):
        for answer in answers:
            assert answer.status_code == 400 and way in answer.json()["message"]
            assert answer.json()["error_type"] == "request.configuration.missing-gateway-configuration"
            assert answer.headers["Access-Control-Allow-Origin"] == "*"
    assert page.available().status_code == 200


@pytest.mark.parametrize(
    ("domains", "is_known"),
    [(["shop.example"], False), (["Localhost"], True), ([], True), ("localhost", True), ([7, None], True)],
)
def test_the_projects_domains_are_the_only_ones_where_it_names_any(
    mockpsp: Sandbox, page: Page, domains: object, is_known: bool
) -> None:
    mockpsp.put(f"/projects/{mockpsp.project_id}", {"applepay_settings": {"merchant_domain_names": domains}})

    for answer in (page.available(), page.session()):
        assert (answer.status_code == 200) == is_known
        assert is_known or "shop.example" in answer.json()["message"]


def test_the_secret_key_may_ask_as_well(mockpsp: Sandbox) -> None:
    assert mockpsp.get("/applepay/available?domain_name=localhost") == {"success": True}
    assert mockpsp.post("/applepay/sessions", SESSION)["session_payload"]["domainName"] == "localhost"
