"""Payments by the merchant's own form: what is asked, what will do, and how far the payment got."""

import pytest

from mockpsp.sandbox_client import Sandbox
from tests.contract.test_gateway_requests import SANDBOX_CONFIGURATION, invoice
from tests.contract.test_pending_payments import configuration, events

IBAN = "DE89 3704 0044 0532 0130 00"


def entered(**values: str) -> dict[str, object]:
    return {"parameter_values": [{"key": key, "value": value} for key, value in values.items()]}


def paid(mockpsp: Sandbox, invoice_id: str, **values: str) -> dict[str, object]:
    body = {
        "gateway_configuration_id": configuration(mockpsp, "bank-debit"),
        "native_apm": entered(**{"account_holder": "Ada Lovelace", "iban": IBAN, **values}),
    }
    answer = mockpsp.call("POST", f"/invoices/{invoice_id}/native-payment", body)
    return {"status_code": answer.status_code, **answer.json()}


def test_first_the_method_says_what_it_wants(mockpsp: Sandbox) -> None:
    body = {"gateway_configuration_id": configuration(mockpsp, "bank-debit"), "native_apm": None}

    answer = mockpsp.post(f"/invoices/{invoice(mockpsp)}/native-payment", body)

    assert (answer["transaction"]["status"], answer["native_apm"]["state"]) == ("waiting", "CUSTOMER_INPUT")
    assert [(one["key"], one["type"], one["required"]) for one in answer["native_apm"]["parameter_definitions"]] == [
        ("account_holder", "text", True),
        ("iban", "text", True),
    ]


def test_an_app_may_ask_for_the_same_with_what_it_shows_beside_it(mockpsp: Sandbox) -> None:
    shown = mockpsp.get(f"/invoices/{invoice(mockpsp)}/native-payment/{configuration(mockpsp, 'bank-debit')}")

    native = shown["native_apm"]
    assert native["gateway"]["display_name"] == "bank-debit"
    assert native["invoice"] == {"amount": "9.99", "currency_code": "EUR"}
    assert (native["state"], len(native["parameters"])) == ("CUSTOMER_INPUT", 2)


def test_with_all_of_it_the_payment_is_taken_on_and_captured_in_time(mockpsp: Sandbox) -> None:
    invoice_id = invoice(mockpsp)

    answer = paid(mockpsp, invoice_id)
    assert answer["transaction"]["status"] == "pending"  # type: ignore[index]
    values = {"provider_name": "bank-debit", "provider_logo_url": f"{mockpsp.url}/static/logo.png"}
    assert answer["native_apm"] == {
        "state": "PENDING_CAPTURE",
        "parameter_definitions": [],
        "parameter_values": None,
        "parameterDefinitions": [],
        "parameterValues": values,
    }
    mockpsp.advance("3bd")

    shown = mockpsp.get(f"/invoices/{invoice_id}/transactions")["transaction"]
    assert (shown["status"], shown["native_apm"]["state"]) == ("completed", "CAPTURED")
    assert events(mockpsp) == ["transaction.requested", "transaction.authorized", "transaction.captured"]


def test_one_that_fails_may_be_tried_again(mockpsp: Sandbox) -> None:
    invoice_id = invoice(mockpsp)
    transaction_id = paid(mockpsp, invoice_id)["transaction"]["id"]  # type: ignore[index]

    mockpsp.simulate("payment.fail", transaction_id, code="customer.payment-method-revoked")
    shown = mockpsp.get(f"/transactions/{transaction_id}")["transaction"]
    assert (shown["status"], shown["native_apm"]["state"]) == ("failed", "FAILED")

    assert paid(mockpsp, invoice_id)["native_apm"]["state"] == "PENDING_CAPTURE"  # type: ignore[index]


@pytest.mark.parametrize(
    ("values", "code", "named"),
    [
        ({"iban": "DE88 3704 0044 0532 0130 00"}, "gateway.invalid-customer-input", ["iban"]),
        ({"iban": "my account"}, "gateway.invalid-customer-input", ["iban"]),
        ({"iban": "x", "account_holder": "A"}, "gateway.invalid-customer-input", ["account_holder", "iban"]),
        ({"iban": ""}, "request.validation.error", ["native_apm.parameter_values.1.value"]),
    ],
)
def test_what_will_not_do_is_refused_input_by_input(
    mockpsp: Sandbox, values: dict[str, str], code: str, named: list[str]
) -> None:
    invoice_id = invoice(mockpsp)
    before = mockpsp.get("/sandbox/digest")

    answer = paid(mockpsp, invoice_id, **values)

    assert (answer["status_code"], answer["error_type"]) == (400, code)
    assert [one["name"] for one in answer["invalid_fields"]] == named  # type: ignore[attr-defined]
    assert mockpsp.get("/sandbox/digest") == before


@pytest.mark.parametrize("given", [[], [{"key": "account_holder", "value": "Ada Lovelace"}]])
def test_what_is_missing_is_named(mockpsp: Sandbox, given: list[dict[str, str]]) -> None:
    body = {
        "gateway_configuration_id": configuration(mockpsp, "bank-debit"),
        "native_apm": {"parameter_values": given},
    }

    answer = mockpsp.call("POST", f"/invoices/{invoice(mockpsp)}/native-payment", body)

    assert (answer.status_code, answer.json()["error_type"]) == (400, "gateway.missing-customer-input")
    assert answer.json()["invalid_fields"][-1]["name"] == "iban"


def test_a_code_of_six_digits_may_be_asked_for(mockpsp: Sandbox) -> None:
    mockpsp.put("/sandbox/psps/blik", {"like": "bank-redirect", "native": ["code"]})
    configuration_id = configuration(mockpsp, "blik")
    path = f"/invoices/{invoice(mockpsp)}/native-payment"

    wrong = mockpsp.call(
        "POST", path, {"gateway_configuration_id": configuration_id, "native_apm": entered(code="12345")}
    )
    right = mockpsp.post(path, {"gateway_configuration_id": configuration_id, "native_apm": entered(code="123456")})

    assert wrong.json()["error_type"] == "gateway.invalid-customer-input"
    assert right["native_apm"]["state"] == "PENDING_CAPTURE"


def test_a_scripted_decline_is_answered_at_once(mockpsp: Sandbox) -> None:
    mockpsp.script("capture", "gateway.blocked", gateway="bank-debit")

    answer = paid(mockpsp, invoice(mockpsp))

    assert (answer["status_code"], answer["error_type"]) == (410, "gateway.blocked")


def test_a_gateway_without_a_form_says_so(mockpsp: Sandbox) -> None:
    body = {"gateway_configuration_id": SANDBOX_CONFIGURATION}

    answer = mockpsp.call("POST", f"/invoices/{invoice(mockpsp)}/native-payment", body)

    assert (answer.status_code, answer.json()["error_type"]) == (400, "request.gateway.operation-not-supported")


@pytest.mark.parametrize("configuration_id", [None, "gway_conf_nobody"])
def test_an_unknown_configuration_is_refused_by_its_code(mockpsp: Sandbox, configuration_id: str | None) -> None:
    body = {"gateway_configuration_id": configuration_id}

    answer = mockpsp.call("POST", f"/invoices/{invoice(mockpsp)}/native-payment", body)

    assert answer.json()["error_type"] == "request.configuration.missing-gateway-configuration"


def test_what_a_customer_entered_is_not_kept(mockpsp: Sandbox) -> None:
    invoice_id = invoice(mockpsp)
    paid(mockpsp, invoice_id)

    shown = mockpsp.call("GET", f"/invoices/{invoice_id}/transactions?expand=operations,invoice").text

    assert "3704" not in shown
    assert "Lovelace" not in shown


@pytest.mark.parametrize(
    ("wanted", "names"),
    [
        (
            "alternative-payment-methods",
            ["wallet", "pay-in-parts", "instant-rail", "bnpl", "bank-redirect", "bank-debit"],
        ),
        ("native-alternative-payment-methods", ["bank-debit"]),
        ("alternative-payment-methods-with-tokenization", []),
    ],
)
def test_the_filters_list_the_methods(mockpsp: Sandbox, wanted: str, names: list[str]) -> None:
    listed = mockpsp.get(f"/gateway-configurations?filter={wanted}")["gateway_configurations"]

    assert [one["name"] for one in listed] == names


def test_clients_send_a_map_and_ask_how_far_it_got_by_capture(mockpsp: Sandbox) -> None:
    invoice_id, bank = invoice(mockpsp), configuration(mockpsp, "bank-debit")
    path, poll = f"/invoices/{invoice_id}/native-payment", (f"/invoices/{invoice_id}/capture", {"source": bank})
    entries = {"account_holder": "Ada Lovelace", "iban": IBAN}

    asked = mockpsp.post(*poll)["native_apm"]
    mockpsp.post(path, {"gateway_configuration_id": bank, "native_apm": {"parameter_values": entries}})
    before = mockpsp.get("/sandbox/digest")
    states = [asked["state"], mockpsp.post(*poll)["native_apm"]["state"]]
    assert mockpsp.get("/sandbox/digest") == before
    mockpsp.advance("3bd")
    states.append(mockpsp.post(*poll)["native_apm"]["state"])

    assert states == ["CUSTOMER_INPUT", "PENDING_CAPTURE", "CAPTURED"]
    assert asked["parameterDefinitions"] == asked["parameter_definitions"] != []


def test_asking_how_far_a_failed_one_got_is_told_its_decline(mockpsp: Sandbox) -> None:
    invoice_id = invoice(mockpsp)
    transaction_id = paid(mockpsp, invoice_id)["transaction"]["id"]  # type: ignore[index]
    mockpsp.simulate("payment.fail", transaction_id, code="customer.payment-method-revoked")

    source = {"source": configuration(mockpsp, "bank-debit")}
    answer = mockpsp.call("POST", f"/invoices/{invoice_id}/capture", source)

    assert (answer.status_code, answer.json()["error_type"]) == (410, "customer.payment-method-revoked")


@pytest.mark.parametrize(
    ("source", "code"),
    [("gway_conf_x", "resource.gateway-configuration.not-found"), (SANDBOX_CONFIGURATION, "request.source.invalid")],
)
def test_what_asks_for_nothing_is_no_source(mockpsp: Sandbox, source: str, code: str) -> None:
    answer = mockpsp.call("POST", f"/invoices/{invoice(mockpsp)}/capture", {"source": source})

    assert answer.json()["error_type"] == code
