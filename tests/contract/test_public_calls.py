"""Browsers and apps: what goes without the secret key, the client secret, and pages of other origins."""

import re
from collections.abc import Iterator
from typing import Any

import pytest
import requests

from mockpsp.sandbox_client import Sandbox
from tests.contract.test_bad_input import routes

CARD = {"number": "4242424242424242", "exp_month": 12, "exp_year": 2030, "cvc2": "123"}
SECRET = "x-processout-client-secret"
OPEN = {
    ("POST", "/cards"),
    ("PUT", "/cards/{id}"),
    ("GET", "/iins/{id}"),
    ("GET", "/gateway-configurations"),
    ("GET", "/gateway-configurations/{id}"),
    ("GET", "/invoices/{id}"),
    ("POST", "/invoices/{id}/authorize"),
    ("POST", "/invoices/{id}/capture"),
    ("POST", "/invoices/{id}/increment_authorization"),
    ("POST", "/invoices/{id}/three-d-s"),
    ("POST", "/invoices/{id}/native-payment"),
    ("GET", "/invoices/{id}/native-payment/{id}"),
    ("PUT", "/customers/{id}/tokens/{id}"),
    ("DELETE", "/customers/{id}/tokens/{id}"),
    ("GET", "/invoices/{id}/apm-payment"),
    ("POST", "/invoices/{id}/apm-payment"),
    ("POST", "/customers/{id}/apm-tokens/{id}/tokenize"),
    ("POST", "/apm-payments"),
    ("POST", "/telemetry"),
    ("GET", "/applepay/available"),
    ("POST", "/applepay/sessions"),
    ("GET", "/installment-plans/active"),
}


class Browser:
    """A page that knows the project id alone."""

    def __init__(self, shop: Sandbox) -> None:
        self.url = shop.url
        self.auth = (shop.project_id, "")

    def call(self, method: str, path: str, body: Any = None, **headers: str) -> requests.Response:
        return requests.request(
            method,
            self.url + path,
            json=body,
            auth=self.auth,
            headers={k.replace("_", "-"): headers[k] for k in headers},
        )


@pytest.fixture
def browser(mockpsp: Sandbox) -> Iterator[Browser]:
    yield Browser(mockpsp)


def invoice(mockpsp: Sandbox, **more: object) -> tuple[str, str]:
    answer = mockpsp.call("POST", "/invoices", {"name": "Order", "amount": "10.00", "currency": "EUR", **more})
    return answer.json()["invoice"]["id"], answer.headers[SECRET]


def test_a_page_makes_a_card_and_pays_an_invoice_without_the_secret_key(mockpsp: Sandbox, browser: Browser) -> None:
    invoice_id, secret = invoice(mockpsp)

    card = browser.call("POST", "/cards", CARD).json()
    paid = browser.call("POST", f"/invoices/{invoice_id}/capture", {"source": card["card"]["id"]}, **{SECRET: secret})

    assert (card["success"], card["outcome"]) == (True, "success")
    assert paid.json()["transaction"]["status"] == "completed"
    assert paid.json()["outcome"] == "success"


@pytest.mark.parametrize(("method", "rule"), routes())
def test_every_other_route_needs_the_secret_key(browser: Browser, method: str, rule: str) -> None:
    path = re.sub(r"<[a-z_:]+>", "{id}", rule)
    path = path.replace("{id}", "x")
    is_for_anybody = requests.request(method, browser.url + path, timeout=10).status_code != 401
    if is_for_anybody or (method, re.sub(r"<[a-z_:]+>", "{id}", rule)) in OPEN:
        return

    answer = browser.call(method, path, {} if method != "GET" else None)

    assert (answer.status_code, answer.json()["error_type"]) == (401, "request.authentication.invalid")


def test_a_public_call_opens_no_universe_and_fixes_no_secret(mockpsp: Sandbox) -> None:
    new = (mockpsp.project_id + "-new", "")

    first = requests.post(f"{mockpsp.url}/cards", json=CARD, auth=new, timeout=10)
    opened = requests.get(f"{mockpsp.url}/cards", auth=(new[0], "key_sandbox_mine"), timeout=10)
    then = requests.post(f"{mockpsp.url}/cards", json=CARD, auth=new, timeout=10)

    assert (first.status_code, first.json()["error_type"]) == (401, "request.authentication.invalid-project-id")
    assert "first call" in first.json()["message"]
    assert (opened.status_code, opened.json()["total_count"]) == (200, 0)
    assert then.json()["success"] is True


def test_a_live_looking_or_malformed_project_is_refused_without_a_secret_too(mockpsp: Sandbox) -> None:
    for user in ("proj_live", "someone", ""):
        answer = requests.post(f"{mockpsp.url}/cards", json=CARD, auth=(user, ""), timeout=10)

        assert (answer.status_code, answer.json()["success"]) == (401, False)


def test_the_client_secret_is_each_invoices_own_and_the_same_each_time(mockpsp: Sandbox) -> None:
    first, second = invoice(mockpsp), invoice(mockpsp)

    assert first[1] != second[1]
    assert mockpsp.call("GET", f"/invoices/{first[0]}").headers[SECRET] == first[1]
    assert SECRET not in mockpsp.call("GET", "/invoices").headers


def test_a_repeated_creation_carries_the_client_secret_again(mockpsp: Sandbox) -> None:
    body = {"name": "Order", "amount": "10.00", "currency": "EUR"}

    answers = [mockpsp.call("POST", "/invoices", body, Idempotency_Key="a") for _ in range(2)]

    assert answers[0].headers[SECRET] == answers[1].headers[SECRET]


def test_an_invoice_is_read_by_its_client_secret_and_paid_without_any(mockpsp: Sandbox, browser: Browser) -> None:
    invoice_id, secret = invoice(mockpsp)
    card = mockpsp.card()

    assert browser.call("GET", f"/invoices/{invoice_id}").status_code == 401
    assert browser.call("GET", f"/invoices/{invoice_id}", **{SECRET: secret}).json()["invoice"]["id"] == invoice_id
    assert browser.call("POST", f"/invoices/{invoice_id}/authorize", {"source": card}).json()["outcome"] == "success"


@pytest.mark.parametrize("wrong", ["x", "é".encode().decode("latin-1"), "0" * 48])
def test_a_wrong_client_secret_is_refused_and_changes_nothing(mockpsp: Sandbox, browser: Browser, wrong: str) -> None:
    invoice_id, _ = invoice(mockpsp)
    body = {"source": mockpsp.card()}
    before = mockpsp.get("/sandbox/digest")

    for action in ("capture", "authorize"):
        answer = browser.call("POST", f"/invoices/{invoice_id}/{action}", body, **{SECRET: wrong})

        assert (answer.status_code, answer.json()["error_type"]) == (401, "request.authentication.invalid")
        assert answer.json()["outcome"] == "failed"
        assert SECRET in answer.json()["message"]
    assert mockpsp.get("/sandbox/digest") == before


def test_another_invoices_client_secret_is_a_wrong_one(mockpsp: Sandbox, browser: Browser) -> None:
    invoice_id, other = invoice(mockpsp)[0], invoice(mockpsp)[1]

    assert browser.call("GET", f"/invoices/{invoice_id}", **{SECRET: other}).status_code == 401


def test_an_invoice_for_backend_capture_is_held_by_a_page_and_captured_by_the_server(
    mockpsp: Sandbox, browser: Browser
) -> None:
    invoice_id, _ = invoice(mockpsp, require_backend_capture=True)
    path, body = f"/invoices/{invoice_id}/capture", {"source": mockpsp.card()}

    refused = browser.call("POST", path, body)
    held = browser.call("POST", path, {**body, "authorize_only": True})

    assert (refused.status_code, refused.json()["error_type"]) == (401, "request.authentication.invalid")
    assert "require_backend_capture" in refused.json()["message"]
    assert held.json()["transaction"]["status"] == "authorized"
    assert browser.call("POST", path, {}).status_code == 401
    assert mockpsp.post(path, {})["transaction"]["status"] == "completed"


def test_a_decline_is_a_failed_outcome_and_servers_are_told_none(mockpsp: Sandbox, browser: Browser) -> None:
    invoice_id, _ = invoice(mockpsp)
    body = {"source": mockpsp.card("4000000000002206")}

    declined = browser.call("POST", f"/invoices/{invoice_id}/capture", body)
    unknown = browser.call("POST", "/invoices/iv_x/capture", body)

    assert (declined.status_code, declined.json()["outcome"]) == (410, "failed")
    assert (unknown.status_code, unknown.json()["outcome"]) == (404, "failed")
    assert "outcome" not in mockpsp.get(f"/invoices/{invoice_id}")


PAGE = "https://shop.example"


def preflight(url: str, path: str, method: str, origin: str = PAGE) -> requests.Response:
    asks = {"Origin": origin, "Access-Control-Request-Method": method}
    return requests.options(
        url + path, headers={**asks, "Access-Control-Request-Headers": "authorization,content-type"}, timeout=10
    )


@pytest.mark.parametrize(
    ("path", "method"), [("/cards", "POST"), ("/invoices/iv_x/capture", "POST"), ("/gateway-configurations", "GET")]
)
def test_a_preflight_of_an_open_route_is_allowed(mockpsp: Sandbox, path: str, method: str) -> None:
    answer = preflight(mockpsp.url, path, method)

    assert answer.status_code == 200
    assert answer.headers["Access-Control-Allow-Origin"] == "*"
    assert method in answer.headers["Access-Control-Allow-Methods"]
    assert answer.headers["Access-Control-Allow-Headers"] == "authorization,content-type"


@pytest.mark.parametrize(
    ("path", "method"),
    [
        ("/cards", "GET"),
        ("/invoices", "POST"),
        ("/customers", "POST"),
        ("/sandbox", "PUT"),
        ("/sandbox/reset", "POST"),
        ("/nowhere", "POST"),
    ],
)
def test_no_other_preflight_is(mockpsp: Sandbox, path: str, method: str) -> None:
    answer = preflight(mockpsp.url, path, method)

    assert not [name for name in answer.headers if name.lower().startswith("access-control-")]


def test_a_page_may_read_answers_and_refusals_of_open_routes_alone(mockpsp: Sandbox, browser: Browser) -> None:
    allowed = "Access-Control-Allow-Origin"

    assert browser.call("POST", "/cards", CARD, Origin=PAGE).headers[allowed] == "*"
    assert browser.call("POST", "/cards", {}, Origin=PAGE).headers[allowed] == "*"
    assert allowed not in browser.call("POST", "/cards", CARD).headers
    assert allowed not in browser.call("POST", "/invoices", {}, Origin=PAGE).headers
    assert allowed not in browser.call("POST", "/sandbox/reset", {}, Origin=PAGE).headers


WHO = {
    "first_name": "Ada",
    "last_name": "Byron",
    "email": "ada@shop.example",
    "address1": "12 St James's Square",
    "phone": {"number": "2079460958", "dialing_code": "+44"},
}


def personal(mockpsp: Sandbox) -> tuple[str, str, str]:
    """(invoice, its client secret, customer) of an order whose customer is known by name."""
    who = {name: WHO[name] for name in ("first_name", "last_name", "email", "address1")}
    customer = mockpsp.post("/customers", who)["customer"]["id"]
    return *invoice(mockpsp, customer_id=customer, shipping=WHO), customer


@pytest.mark.parametrize(
    "names",
    ["customer", "token", "project", "transaction.customer", "transaction.card", "transaction.refunds", "nonsense"],
)
def test_a_page_has_nothing_expanded_that_tells_of_customers(mockpsp: Sandbox, browser: Browser, names: str) -> None:
    invoice_id, secret, _ = personal(mockpsp)
    before = mockpsp.get("/sandbox/digest")

    read = browser.call("GET", f"/invoices/{invoice_id}?expand={names}", **{SECRET: secret})
    paid = browser.call("POST", f"/invoices/{invoice_id}/capture", {"source": "card_x", "expand": [names]})

    for answer in (read, paid):
        assert (answer.status_code, answer.json()["error_type"]) == (400, "request.expand.invalid")
        assert "with the secret key alone; without it: gateway, operations" in answer.json()["message"]
    assert mockpsp.get("/sandbox/digest") == before


def test_a_page_has_expanded_what_a_checkout_needs(mockpsp: Sandbox, browser: Browser) -> None:
    invoice_id, secret, _ = personal(mockpsp)

    wanted = "payment_methods,transaction.operations"
    read = browser.call("GET", f"/invoices/{invoice_id}?expand={wanted}", **{SECRET: secret}).json()["invoice"]
    listed = browser.call("GET", "/gateway-configurations?expand=gateway").json()["gateway_configurations"]

    assert read["payment_methods"][0]["type"] == "card"
    assert read["transaction"]["operations"] == []
    assert all(one["gateway"]["name"] for one in listed)


def test_no_answer_to_a_page_says_who_buys(mockpsp: Sandbox, browser: Browser) -> None:
    native = next(name for name in ("instant-rail", "bank-redirect") if mockpsp.get(f"/sandbox/psps/{name}")["psp"])
    configuration = {
        one["name"]: one["id"] for one in mockpsp.get("/gateway-configurations?limit=100")["gateway_configurations"]
    }
    answers = []
    for verb, body in (
        ("capture", {"source": mockpsp.card()}),
        ("authorize", {"source": mockpsp.card()}),
        ("native-payment", {"gateway_configuration_id": configuration[native]}),
    ):
        invoice_id, secret, customer = personal(mockpsp)
        answers.append(browser.call("POST", f"/invoices/{invoice_id}/{verb}", body))
        shown = browser.call("GET", f"/invoices/{invoice_id}?expand=transaction", **{SECRET: secret}).json()["invoice"]
        assert shown["transaction"]["buyer"] == {"name": "", "email": "", "address": "", "phone": ""}
        token = mockpsp.post(f"/customers/{customer}/tokens", {"source": mockpsp.card()})["token"]["id"]
        answers.append(browser.call("PUT", f"/customers/{customer}/tokens/{token}", {"description": "a"}))

    known = [str(value) for value in WHO.values() if isinstance(value, str)] + ["2079460958"]
    assert [(word, answer.url) for word in known for answer in answers if word in answer.text] == []
    told = mockpsp.get(f"/invoices/{invoice_id}?expand=transaction,customer")["invoice"]
    assert (told["transaction"]["buyer"]["email"], told["customer"]["email"]) == (WHO["email"], WHO["email"])


def test_a_pages_idempotency_keys_are_its_own(mockpsp: Sandbox, browser: Browser) -> None:
    first, second = invoice(mockpsp)[0], invoice(mockpsp)[0]
    body = {"source": mockpsp.token()}

    used_up = browser.call("POST", "/cards", CARD, Idempotency_Key="order-1")
    paid = mockpsp.call("POST", f"/invoices/{first}/capture", body, Idempotency_Key="order-1")
    repeated = browser.call("POST", f"/invoices/{first}/capture", body, Idempotency_Key="order-1")
    again = browser.call("POST", "/cards", CARD, Idempotency_Key="order-1")
    other = mockpsp.call("POST", f"/invoices/{second}/capture", body, Idempotency_Key="order-1")

    assert paid.json()["transaction"]["status"] == "completed"
    assert again.json() == used_up.json()
    assert repeated.json()["error_type"] == "request.idempotency-key.invalid"
    assert other.json()["error_type"] == "request.idempotency-key.invalid"


def test_what_a_client_logs_of_itself_is_taken_and_kept_nowhere(mockpsp: Sandbox, browser: Browser) -> None:
    before = mockpsp.get("/sandbox/digest")

    answer = browser.call("POST", "/telemetry", {"metadata": {"application": {"name": "a"}}, "events": []}, Origin=PAGE)

    assert (answer.status_code, answer.json()["success"]) == (200, True)
    assert answer.headers["Access-Control-Allow-Origin"] == "*"
    assert mockpsp.get("/sandbox/digest") == before


@pytest.mark.parametrize("action", ["authorize", "capture"])
def test_a_challenge_is_a_success_that_is_pending_to_a_page_and_410_to_a_server(
    mockpsp: Sandbox, browser: Browser, action: str
) -> None:
    body = {"source": mockpsp.card("4000000000003253"), "enable_three_d_s_2": True}

    told = browser.call("POST", f"/invoices/{invoice(mockpsp)[0]}/{action}", body)
    server = mockpsp.call(
        "POST", f"/invoices/{invoice(mockpsp)[0]}/{action}", {**body, "source": mockpsp.card("4000000000003253")}
    )

    answer = told.json()
    assert (told.status_code, answer["success"], answer["outcome"]) == (200, True, "pending")
    assert answer["transaction"]["status"] == "waiting"
    assert answer["customer_action"]["value"] and "error_type" not in answer
    assert (server.status_code, server.json()["success"]) == (410, False)


def test_a_page_raises_a_hold_and_begins_the_older_3_d_secure(mockpsp: Sandbox, browser: Browser) -> None:
    held, other = invoice(mockpsp, incremental=True)[0], invoice(mockpsp)[0]
    browser.call("POST", f"/invoices/{held}/authorize", {"source": mockpsp.card()})

    raised = browser.call("POST", f"/invoices/{held}/increment_authorization", {"amount": "2.00"}).json()
    begun = browser.call("POST", f"/invoices/{other}/three-d-s", {"source": mockpsp.card("4000000000003253")})

    assert raised["success"] and raised["transaction"]["buyer"]["name"] == ""
    assert begun.json()["customer_action"]["type"] == "url"


def test_a_page_deletes_a_token_by_the_client_secret_of_its_customers_invoice(
    mockpsp: Sandbox, browser: Browser
) -> None:
    _, secret, customer = personal(mockpsp)
    token = mockpsp.post(f"/customers/{customer}/tokens", {"source": mockpsp.card()})["token"]["id"]
    path = f"/customers/{customer}/tokens/{token}"

    for wrong in ({}, {SECRET: invoice(mockpsp)[1]}, {SECRET: "é".encode().decode("latin-1")}):
        assert browser.call("DELETE", path, **wrong).status_code == 401
    assert browser.call("DELETE", path, **{SECRET: secret}).status_code == 200
    assert mockpsp.call("GET", path).status_code == 404
