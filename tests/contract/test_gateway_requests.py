"""Gateway requests as sources: every client's way of writing them, what came of them, what is wrong with bad ones."""

import base64
import json

import pytest

from mockpsp.sandbox_client import Sandbox

SANDBOX_CONFIGURATION = "gway_conf_44ae90db0a62f819a404ef6a8ff994ca"


def written(found: object, **style: object) -> str:
    return "gway_req_" + base64.b64encode(json.dumps(found, **style).encode()).decode()  # type: ignore[arg-type]


def request(token: str = "test-valid", **more: object) -> dict[str, object]:
    return {
        "gateway_configuration_id": SANDBOX_CONFIGURATION,
        "method": "POST",
        "url": f"https://processout.com?token={token}",
        "headers": {"Content-Type": "application/json"},
        "body": "{}",
        **more,
    }


def invoice(mockpsp: Sandbox, **more: object) -> str:
    body = {"name": "Order", "amount": "9.99", "currency": "EUR", **more}
    return str(mockpsp.post("/invoices", body)["invoice"]["id"])


def refused(mockpsp: Sandbox, source: object) -> tuple[int, str, str]:
    answer = mockpsp.call("POST", f"/invoices/{invoice(mockpsp)}/capture", {"source": source})
    return answer.status_code, answer.json()["error_type"], answer.json()["message"]


@pytest.mark.parametrize(
    "source",
    [
        pytest.param(written(request()), id="spaces after colons and commas"),
        pytest.param(written(request(), separators=(",", ":")), id="no spaces"),
        pytest.param(written(dict(reversed(request().items()))), id="keys the other way round"),
        pytest.param(written(request(headers={}, body="")), id="no headers, an empty body"),
        pytest.param(written(request(headers={"User-Agent": "x"}, prepare=False)), id="keys nobody knows"),
        pytest.param(written(request(gateway_configuration_id=f"{SANDBOX_CONFIGURATION}.shop")), id="a sub-account"),
    ],
)
def test_a_valid_one_pays_however_it_is_written(mockpsp: Sandbox, source: str) -> None:
    paid = mockpsp.post(f"/invoices/{invoice(mockpsp)}/capture", {"source": source})["transaction"]

    assert (paid["status"], paid["captured_amount"]) == ("completed", "9.99")


def test_the_transaction_has_a_gateway_and_no_card(mockpsp: Sandbox) -> None:
    paid = mockpsp.post(f"/invoices/{invoice(mockpsp)}/capture", {"source": written(request())})["transaction"]

    found = mockpsp.get(f"/transactions/{paid['id']}?expand=gateway_configuration,card,operations")["transaction"]

    assert found["gateway_configuration"]["id"] == SANDBOX_CONFIGURATION
    assert (found["card_id"], found["card"], found["cvc_check"]) == (None, None, "unavailable")
    assert {operation["gateway_data"]["token"] for operation in found["operations"]} == {"test-valid"}


def test_it_pays_at_the_gateway_it_names_whatever_the_routing_says(mockpsp: Sandbox) -> None:
    listed = mockpsp.get("/gateway-configurations")["gateway_configurations"]
    flexible = next(one["id"] for one in listed if one["name"] == "card-flexible")
    source = written(request(gateway_configuration_id=flexible))

    paid = mockpsp.post(f"/invoices/{invoice(mockpsp)}/capture", {"source": source})["transaction"]

    assert (paid["gateway_configuration_id"], paid["gateway_name"]) == (flexible, "card-flexible")


@pytest.mark.parametrize(
    ("token", "code"),
    [
        ("test-declined", "gateway.declined"),
        ("test-customer.cancelled", "customer.cancelled"),
        ("test-three-d-s", "card.needs-authentication"),
    ],
)
def test_a_declined_one_is_kept_and_answered_with_its_code(mockpsp: Sandbox, token: str, code: str) -> None:
    invoice_id = invoice(mockpsp)

    answer = mockpsp.call("POST", f"/invoices/{invoice_id}/capture", {"source": written(request(token))})

    assert (answer.status_code, answer.json()["error_type"]) == (410, code)
    kept = mockpsp.get(f"/invoices/{invoice_id}/transactions")["transaction"]
    assert (kept["status"], kept["error_code"], kept["attempts_count"]) == ("failed", code, 1)


def test_it_can_hold_money_and_the_capture_then_needs_none(mockpsp: Sandbox) -> None:
    invoice_id = invoice(mockpsp)
    held = mockpsp.post(f"/invoices/{invoice_id}/authorize", {"source": written(request())})["transaction"]

    taken = mockpsp.post(f"/invoices/{invoice_id}/capture", {})["transaction"]

    assert (held["status"], taken["status"]) == ("authorized", "completed")


def test_a_scripted_outcome_goes_before_its_own(mockpsp: Sandbox) -> None:
    mockpsp.script("capture", "card.no-money")

    assert refused(mockpsp, written(request()))[:2] == (410, "card.no-money")


@pytest.mark.parametrize(
    ("source", "why"),
    [
        ("gway_req_V2UncmUgaGlyaW5nIQ==", 'no JSON but "We\'re hiring!"'),
        ("gway_req_not base64", "not standard base64"),
        ("gway_req_e30", "not standard base64"),
        ("gway_req_/w==", "not standard base64"),
        ("gway_req_", "no JSON"),
        (written([]), "no object"),
        (written(request(url=7)), "url must be text"),
        (written(request(url="https://processout.com")), "must have one token"),
        (written(request(url="https://[::1?token=test-valid")), "could not be read"),
        (written(request("test-nonsense")), "'test-nonsense'; known: test-valid, test-declined"),
        (written(request("valid")), "'valid'; known"),
    ],
)
def test_a_bad_one_is_refused_with_what_is_wrong(mockpsp: Sandbox, source: str, why: str) -> None:
    status, code, message = refused(mockpsp, source)

    assert (status, code) == (400, "request.source.invalid")
    assert why in message


@pytest.mark.parametrize("configuration", [None, "", 7, "gway_conf_nobody"])
def test_one_for_an_unknown_configuration_is_refused_by_its_code(mockpsp: Sandbox, configuration: object) -> None:
    source = written(request(gateway_configuration_id=configuration))

    assert refused(mockpsp, source)[:2] == (400, "request.configuration.missing-gateway-configuration")


def test_one_that_says_more_than_its_token_is_good_for_one_payment(mockpsp: Sandbox) -> None:
    url = "https://processout.com?token=test-valid&id=7"
    mockpsp.post(f"/invoices/{invoice(mockpsp)}/capture", {"source": written(request(url=url))})
    second = invoice(mockpsp)
    before = mockpsp.get("/sandbox/digest")

    answer = mockpsp.call("POST", f"/invoices/{second}/capture", {"source": written(request(url=url), indent=1)})

    assert (answer.status_code, answer.json()["error_type"]) == (400, "request.source.card-already-used")
    assert mockpsp.get("/sandbox/digest") == before


def test_one_with_a_token_alone_may_come_again_as_sdk_tests_send_it(mockpsp: Sandbox) -> None:
    for _ in range(2):
        paid = mockpsp.post(f"/invoices/{invoice(mockpsp)}/capture", {"source": written(request())})["transaction"]
        assert paid["status"] == "completed"


def test_a_customer_pays_with_the_default_token_and_one_without_cannot(mockpsp: Sandbox) -> None:
    customer = mockpsp.post("/customers")["customer"]["id"]
    path = f"/invoices/{invoice(mockpsp, customer_id=customer)}/capture"
    without = mockpsp.call("POST", path, {"source": customer})
    assert (without.status_code, without.json()["error_type"]) == (400, "request.source.invalid")
    token = mockpsp.post(f"/customers/{customer}/tokens", {"source": mockpsp.card()})["token"]["id"]

    paid = mockpsp.post(path, {"source": customer})["transaction"]

    assert (paid["status"], paid["token_id"]) == ("completed", token)


def test_the_method_tells_who_paid_and_where_to_it_is_sent(mockpsp: Sandbox) -> None:
    shipping = {
        "first_name": "Ada",
        "last_name": "Byron",
        "address1": "1 Old Road",
        "city": "York",
        "country_code": "GB",
    }
    by_method = invoice(mockpsp, shipping=shipping)

    unpaid = mockpsp.get(f"/invoices/{by_method}/transactions")["transaction"]["external_details"]
    paid = mockpsp.post(f"/invoices/{by_method}/capture", {"source": written(request())})["transaction"]
    by_card = mockpsp.post(f"/invoices/{invoice(mockpsp, shipping=shipping)}/capture", {"source": mockpsp.card()})

    address = {"address1": "1 Old Road", "address2": "", "city": "York", "state": "", "zip": "", "country_code": "GB"}
    assert paid["external_details"]["shipping"] == address
    names = {"first_name": "Ada", "last_name": "Byron", "email": "", "phone_number": ""}
    assert paid["external_details"]["customer"] == {**names, **address}
    assert (unpaid, by_card["transaction"]["external_details"]) == (None, None)
