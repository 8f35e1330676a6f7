"""Every error type that the API publishes outside the decline codes: a request that produces it, or why none does.

To add one: its row in `PRODUCED`, or in `NOT_PRODUCED` with a reason that a reader can check.
"""

from collections.abc import Callable
from typing import Any

import pytest
import requests

from mockpsp.sandbox_client import Sandbox

V = "request.validation."
SANDBOX = "gway_conf_44ae90db0a62f819a404ef6a8ff994ca"
ORDER = {"name": "Order", "amount": "10.00", "currency": "EUR"}
LINE = {"name": "Shoes", "amount": "10"}
SPLIT = {"provider_recipient_reference": "acct_1", "type": "FEE", "amount": "1", "currency": "EUR"}
CARD = {"number": "4242424242424242", "exp_month": 12, "exp_year": 2030}


def invoice(mockpsp: Sandbox, **more: Any) -> str:
    return f"/invoices/{mockpsp.post('/invoices', {**ORDER, **more})['invoice']['id']}"


def order(**more: Any) -> tuple[str, str, dict[str, Any]]:
    return "POST", "/invoices", {**ORDER, **more}


def customer(**more: Any) -> tuple[str, str, dict[str, Any]]:
    return "POST", "/customers", more


def card(**more: Any) -> tuple[str, str, dict[str, Any]]:
    return "POST", "/cards", {**CARD, **more}


def configuration(**more: Any) -> tuple[str, str, dict[str, Any]]:
    return "POST", "/gateways/sandbox/gateway-configurations", more


#: Error type -> method, path and body of one request that produces it in an empty universe.
AT_ONCE: dict[str, tuple[str, str, Any]] = {
    V + "error": order(incremental="maybe"),
    V + "invalid-address": order(billing={"zip": "x" * 17}),
    V + "invalid-amount": order(amount="-1"),
    V + "invalid-challenge-indicator": order(challenge_indicator="x"),
    V + "invalid-country": customer(country_code="ZZ"),
    V + "invalid-currency": order(currency="EURO"),
    V + "invalid-date": order(expires_at="soon"),
    V + "invalid-description": order(statement_descriptor="x" * 26),
    V + "invalid-detail-category": order(details=[{**LINE, "category": "toys"}]),
    V + "invalid-detail-condition": order(details=[{**LINE, "condition": "broken"}]),
    V + "invalid-device-channel": order(device={"channel": "fax"}),
    V + "invalid-duration": ("POST", "/sandbox/clock/advance", {"by": "soon"}),
    V + "invalid-email": customer(email="nobody"),
    V + "invalid-exemption-reason": order(sca_exemption_reason="x"),
    V + "invalid-external-fraud-tools": order(external_fraud_tools="x"),
    V + "invalid-gateway-data": order(gateway_data="x"),
    V + "invalid-id": configuration(id="mine"),
    V + "invalid-ip-address": customer(ip_address="1.2.3"),
    V + "invalid-legal-document": customer(legal_document="x" * 300),
    V + "invalid-metadata": order(metadata={"a": 1}),
    V + "invalid-name": order(name="x" * 81),
    V + "invalid-payment-type": order(payment_type="cash"),
    V + "invalid-phone-number": customer(phone_number="1" * 40),
    V + "invalid-quantity": order(details=[{**LINE, "quantity": 0}]),
    V + "invalid-relay-store-name": order(shipping={"relay_store_name": "x" * 101}),
    V + "invalid-settings": configuration(settings="x"),
    V + "invalid-sex": customer(sex="x"),
    V + "invalid-shipping-delay": order(shipping={"delay": "never"}),
    V + "invalid-shipping-method": order(shipping={"method": "balloon"}),
    V + "invalid-subaccount": configuration(sub_accounts_enabled=["a b"]),
    V + "invalid-tax-amount": order(tax={"amount": "x"}),
    V + "invalid-tax-rate": order(tax={"rate": "101"}),
    V + "invalid-type": order(details=[{**LINE, "type": "x" * 31}]),
    V + "invalid-url": order(return_url="shop"),
    V + "missing-currency": order(currency=None),
    V + "missing-name": order(name=None),
    V + "missing-type": order(split_allocations=[{**SPLIT, "type": None}]),
    "card.invalid-number": card(number="4242424242424241"),
    "card.invalid-month": card(exp_month=13),
    "card.invalid-year": card(exp_year="x"),
    "card.invalid-date": card(exp_day="x"),
    "request.card.invalid": card(cvc2="x"),
    "request.route-not-found": ("GET", "/nowhere", None),
    "request.expand.invalid": ("GET", "/customers?expand=nothing.at.all", None),
    "request.filter.invalid": ("GET", "/gateway-configurations?filter=x", None),
    "request.pagination.invalid": ("GET", "/customers?limit=x", None),
    "sandbox.not-supported": ("GET", "/plans", None),
    **{
        f"resource.{name}.not-found": ("GET", path, None)
        for name, path in {
            "card": "/cards/card_x",
            "customer": "/customers/cust_x",
            "event": "/events/ev_x",
            "gateway": "/gateways/x/gateway-configurations",
            "gateway-configuration": "/gateway-configurations/gway_conf_x",
            "invoice": "/invoices/iv_x",
            "payout": "/payouts/payt_x",
            "product": "/products/prod_x",
            "project": "/projects/proj_x",
            "transaction": "/transactions/tr_x",
        }.items()
    },
}

Made = requests.Response


def _pay(mockpsp: Sandbox, source: Any = None, **headers: str) -> Made:
    body = {"source": source or mockpsp.card()}
    return mockpsp.call("POST", f"{invoice(mockpsp)}/capture", body, **headers)


def _refund(mockpsp: Sandbox) -> Made:
    paid = _pay(mockpsp).json()["transaction"]["id"]
    return mockpsp.call("GET", f"/transactions/{paid}/refunds/refd_x")


def _token(mockpsp: Sandbox) -> Made:
    made = mockpsp.post("/customers", {})["customer"]["id"]
    return mockpsp.call("GET", f"/customers/{made}/tokens/tok_x")


def _disabled(mockpsp: Sandbox) -> Made:
    mockpsp.put(f"/gateway-configurations/{SANDBOX}", {"enabled": False})
    return _pay(mockpsp)


def _deleted(mockpsp: Sandbox) -> Made:
    mockpsp.call("DELETE", f"/gateway-configurations/{SANDBOX}")
    return _pay(mockpsp)


def _no_partial_capture(mockpsp: Sandbox) -> Made:
    path = invoice(mockpsp, metadata={"mockpsp_gateway": "all-or-nothing"})
    mockpsp.post(f"{path}/authorize", {"source": mockpsp.card()})
    return mockpsp.call("POST", f"{path}/capture", {"amount": "1", "capture_amount": "1"})


def _key_twice(mockpsp: Sandbox) -> Made:
    for name in ("One", "Two"):
        answer = mockpsp.call("POST", "/invoices", {**ORDER, "name": name}, **{"Idempotency-Key": "k"})
    return answer


def _card_twice(mockpsp: Sandbox) -> Made:
    source = mockpsp.card()
    _pay(mockpsp, source)
    return _pay(mockpsp, source)


def _too_often(mockpsp: Sandbox) -> Made:
    mockpsp.put("/sandbox", {"rate_limit": {"primary": 1}})
    answers = [mockpsp.call("GET", "/customers") for _ in range(4)]
    return next(answer for answer in answers if answer.status_code == 429)


def _too_many(mockpsp: Sandbox) -> Made:
    for n in range(101):
        answer = mockpsp.call("POST", "/gateways/sandbox/gateway-configurations", {"name": f"n{n}"})
    return answer


def _malformed(mockpsp: Sandbox) -> Made:
    auth = (mockpsp.project_id, mockpsp.secret)
    headers = {"Content-Type": "application/json"}
    return requests.post(f"{mockpsp.url}/invoices", data="{", headers=headers, auth=auth, timeout=20)


def _as(project_id: str, secret: str) -> Callable[[Sandbox], Made]:
    return lambda mockpsp: requests.get(f"{mockpsp.url}/customers", auth=(project_id, secret), timeout=20)


#: Error type -> what produces it, where one request is not enough.
STEPS: dict[str, Callable[[Sandbox], Made]] = {
    "request.authentication.invalid": _as("test-proj_error-types", "nonsense"),
    "request.authentication.invalid-project-id": _as("nonsense", "key_sandbox_x"),
    "request.bad-format": _malformed,
    "request.configuration.missing-gateway-configuration": _deleted,
    "request.gateway.not-available": _disabled,
    "request.gateway.operation-not-supported": _no_partial_capture,
    "request.idempotency-key.invalid": _key_twice,
    "request.rate.exceeded": _too_often,
    "request.source.card-already-used": _card_twice,
    "request.source.invalid": lambda mockpsp: _pay(mockpsp, "what_is_this"),
    "request.too-much": _too_many,
    V + "missing-source": lambda mockpsp: mockpsp.call("POST", f"{invoice(mockpsp)}/authorize", {}),
    "resource.refund.not-found": _refund,
    "resource.token.not-found": _token,
}

_ELSEWHERE = {
    "request.still-processing": "tests/mockpsp/engine/test_wall.py",
    V + "provisioning-not-possible": "tests/contract/test_tokens.py",
    "gateway.invalid-customer-input": "tests/contract/test_native_payments.py",
    "gateway.missing-customer-input": "tests/contract/test_native_payments.py",
    V + "redirect-result-invalid": "tests/contract/test_native_steps.py",
}
_NO_OBJECT = "no object of this kind is simulated"
_NO_ROUTE = "no core endpoint takes such a field"
_NO_CAUSE = "no source says what brings it about"
_IN_BROWSERS = "made by the browser library itself, never by the server"
NOT_PRODUCED: dict[str, str] = {
    V + "invalid-percent": "coupons only, which are not simulated",
    V + "invalid-relationship": _NO_ROUTE,
    V + "invalid-role": "collaborators only, which have no REST path",
    V + "invalid-user": "collaborators only, which have no REST path",
    V + "missing-description": "no description is required anywhere",
    V + "missing-email": "no e-mail address is required anywhere",
    V + "missing-invoice": _NO_CAUSE,
    V + "no-method-selected": _IN_BROWSERS,
    "resource.not-found": "each kind of object has its own",
    "resource.not-linked": _NO_CAUSE,
    "resource.invalid-type": _IN_BROWSERS,
    "card.pending-3ds": _NO_CAUSE,
    "card.missing-cardholder-name": _IN_BROWSERS,
    "card.failed-three-d-s": _IN_BROWSERS,
    "customer.canceled": _IN_BROWSERS,
    "customer.popup-blocked": _IN_BROWSERS,
    "payment.pending": _IN_BROWSERS,
    "request.gateway.not-supported": _IN_BROWSERS,
    "gateway-internal-error": "a fault of the sandbox itself; a test that produced one would have found it",
    "routing-rules.transaction-blocked": "routing chooses a gateway here and blocks nothing",
    "service.not-supported": _NO_CAUSE,
    **{
        f"resource.{name}.not-found": _NO_OBJECT
        for name in (
            "activity addon alert api-key api-request api-version applepay-configuration board chart collaborator "
            "country coupon currency discount export fraud-service-configuration permission-group plan report "
            "subscription tokenization-request user webhook-endpoint"
        ).split()
    },
}

#: All that the API publishes outside the decline codes.
_VALIDATION = """
error invalid-address invalid-amount invalid-challenge-indicator invalid-country invalid-currency invalid-date
invalid-description invalid-detail-category invalid-detail-condition invalid-device-channel invalid-duration
invalid-email invalid-exemption-reason invalid-external-fraud-tools invalid-gateway-data invalid-id invalid-ip-address
invalid-legal-document invalid-metadata invalid-name invalid-payment-type invalid-percent invalid-phone-number
invalid-quantity invalid-relationship invalid-relay-store-name invalid-role invalid-settings invalid-sex
invalid-shipping-delay invalid-shipping-method invalid-subaccount invalid-tax-amount invalid-tax-rate invalid-type
invalid-url invalid-user missing-currency missing-description missing-email missing-invoice missing-name
missing-source missing-type redirect-result-invalid provisioning-not-possible no-method-selected
"""
_KINDS = """
activity addon alert api-key api-request api-version applepay-configuration board card chart collaborator country
coupon currency customer discount event export fraud-service-configuration gateway gateway-configuration invoice
payout permission-group plan product project refund report subscription token tokenization-request transaction user
webhook-endpoint
"""
_REST = """
request.authentication.invalid request.authentication.invalid-project-id request.bad-format request.route-not-found
request.card.invalid request.configuration.missing-gateway-configuration request.expand.invalid request.filter.invalid
request.gateway.not-available request.gateway.operation-not-supported request.gateway.not-supported
request.idempotency-key.invalid request.pagination.invalid request.rate.exceeded request.source.card-already-used
request.source.invalid request.still-processing request.too-much resource.not-found resource.not-linked
resource.invalid-type card.pending-3ds card.invalid-number card.invalid-date card.invalid-month card.invalid-year
card.missing-cardholder-name card.failed-three-d-s customer.canceled customer.popup-blocked payment.pending
gateway.invalid-customer-input gateway.missing-customer-input gateway-internal-error routing-rules.transaction-blocked
sandbox.not-supported service.not-supported
"""
PUBLISHED = [
    *(V + name for name in _VALIDATION.split()),
    *(f"resource.{name}.not-found" for name in _KINDS.split()),
    *_REST.split(),
]


@pytest.mark.parametrize(("error_type", "request_made"), AT_ONCE.items(), ids=AT_ONCE)
def test_one_request_produces_it(mockpsp: Sandbox, error_type: str, request_made: tuple[str, str, Any]) -> None:
    method, path, body = request_made

    answer = mockpsp.call(method, path, body)

    assert (answer.json()["success"], answer.json()["error_type"]) == (False, error_type), answer.text
    assert 400 <= answer.status_code < 500


@pytest.mark.parametrize(("error_type", "produce"), STEPS.items(), ids=STEPS)
def test_some_steps_produce_it(mockpsp: Sandbox, error_type: str, produce: Callable[[Sandbox], Made]) -> None:
    answer = produce(mockpsp)

    assert (answer.json()["success"], answer.json()["error_type"]) == (False, error_type), answer.text


def test_each_published_one_is_produced_or_has_its_reason() -> None:
    accounted = [*AT_ONCE, *STEPS, *_ELSEWHERE, *NOT_PRODUCED]

    assert sorted(accounted) == sorted(PUBLISHED)


@pytest.mark.parametrize(("error_type", "path"), _ELSEWHERE.items())
def test_those_of_other_tests_are_there(error_type: str, path: str, pytestconfig: pytest.Config) -> None:
    assert error_type in (pytestconfig.rootpath / path).read_text()
