"""What the phones' clients and PHP's send that others don't: links of apps, `cvc`, and an array for an empty map."""

import gzip
from datetime import datetime

import pytest
import requests

from mockpsp.sandbox_client import Sandbox, SandboxError
from tests.contract.test_gateway_requests import request, written

ORDER = {"name": "Order 1001", "amount": "10", "currency": "EUR"}
LINK = "your.application.id://processout/return"


@pytest.mark.parametrize("name", ["return_url", "cancel_url"])
@pytest.mark.parametrize("link", [LINK, "shopapp://back?order=1001", "com.example+pay://x"])
def test_a_customer_may_come_back_to_an_app(mockpsp: Sandbox, name: str, link: str) -> None:
    assert mockpsp.post("/invoices", {**ORDER, name: link})["invoice"][name] == link


@pytest.mark.parametrize(
    "link",
    ["shop", "://x", "shopapp:back", "shopapp://", "shopapp://a b", "shopapp://é", "file://x/y", "FTP://x", "1app://x"],
)
def test_what_opens_no_app_is_no_address_to_come_back_to(mockpsp: Sandbox, link: str) -> None:
    with pytest.raises(SandboxError, match="invalid-url"):
        mockpsp.post("/invoices", {**ORDER, "return_url": link})


def test_webhooks_go_to_no_app(mockpsp: Sandbox) -> None:
    with pytest.raises(SandboxError, match="invalid-url"):
        mockpsp.post("/invoices", {**ORDER, "webhook_url": LINK})


def test_a_card_may_call_its_code_cvc(mockpsp: Sandbox) -> None:
    card = {"number": "4242424242424242", "exp_month": 12, "exp_year": 2030}
    made = mockpsp.post("/cards", {**card, "cvc": "123"})["card"]

    assert mockpsp.put(f"/cards/{made['id']}", {"cvc": "456"})["card"]["update_type"] == "new-cvc2"
    with pytest.raises(SandboxError, match=r"request\.card\.invalid"):
        mockpsp.put(f"/cards/{made['id']}", {"cvc": "45"})


def test_an_empty_array_is_an_empty_body_but_where_money_moves(mockpsp: Sandbox) -> None:
    invoice = mockpsp.post("/invoices", ORDER)["invoice"]["id"]

    assert mockpsp.call("POST", "/customers", []).status_code == 200
    assert mockpsp.call("POST", f"/invoices/{invoice}/capture", []).status_code == 400
    assert mockpsp.call("POST", "/customers", [{}]).status_code == 400


def test_a_dynamic_checkout_has_no_null_where_the_apps_models_need_a_value(mockpsp: Sandbox) -> None:
    invoice = mockpsp.post("/invoices", ORDER)["invoice"]["id"]

    methods = mockpsp.get(f"/invoices/{invoice}?expand=payment_methods")["invoice"]["payment_methods"]

    assert {one["type"] for one in methods} == {"card", "apm", "applepay", "googlepay"}
    for one in methods:
        display = one["display"]
        assert display["name"] and ("flow" in one) == one["type"].endswith("pay")
        assert set(display["brand_color"]) == {"light", "dark"}
        picture = requests.get(display["logo"]["light_url"]["raster"], timeout=20)
        assert (picture.status_code, picture.headers["Content-Type"]) == (200, "image/png")
        if one["type"] == "apm":
            assert one["apm"]["gateway_name"] and one["apm"]["saving_allowed"] is False
            assert one["apm"]["gateway_logo"]["dark_url"]["raster"].endswith(".png")


def test_a_returning_customer_is_offered_what_they_paid_by_before(mockpsp: Sandbox) -> None:
    customer = mockpsp.post("/customers", {})["customer"]["id"]
    card = mockpsp.post(f"/customers/{customer}/tokens", {"source": mockpsp.card()})["token"]["id"]
    bank = mockpsp.post(f"/customers/{customer}/tokens", {"source": written(request())})["token"]["id"]
    mockpsp.post(f"/customers/{customer}/tokens", {})
    invoice = mockpsp.post("/invoices", {**ORDER, "customer_id": customer})["invoice"]["id"]

    # The browser library names each expansion by itself.
    path = f"/invoices/{invoice}?expand=payment_methods&expand=transaction"
    methods = mockpsp.get(path)["invoice"]["payment_methods"]

    saved = [one for one in methods if one["type"].endswith("_customer_token")]
    assert [(one["type"], one[one["type"]]["customer_token_id"]) for one in saved] == [
        ("apm_customer_token", bank),
        ("card_customer_token", card),
    ]
    for one in saved:
        assert one["flow"] == "express" and one["display"]["description"] and one[one["type"]]["deleting_allowed"]
        assert one["display"]["logo"]["dark_url"]["vector"].endswith(".svg")
    assert saved[0]["apm_customer_token"]["gateway_name"] == "sandbox"
    assert methods[0]["card"]["saving_allowed"] is True
    assert mockpsp.post(f"/invoices/{invoice}/capture", {"source": bank})["transaction"]["status"] == "completed"


def test_gateways_have_a_logo_and_an_address(mockpsp: Sandbox) -> None:
    listed = mockpsp.get("/gateway-configurations?expand=gateway")["gateway_configurations"]

    for one in listed:
        for name in ("logo_url", "url"):
            assert requests.get(one["gateway"][name], timeout=20).status_code == 200


@pytest.mark.parametrize("name", ["HTTP_PROXY", "http_proxy", "ALL_PROXY"])
def test_no_proxy_stands_before_the_own_machine(mockpsp: Sandbox, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.setenv(name, "http://127.0.0.1:9")

    assert Sandbox(mockpsp.url, mockpsp.project_id, mockpsp.secret).get("/invoices")["success"]


@pytest.mark.parametrize(
    ("headers", "named"),
    [
        ({"Content-Encoding": "gzip"}, "Content-Encoding is 'gzip'"),
        ({"Content-Type": "multipart/form-data; boundary=x"}, "Content-Type is 'multipart/form-data'"),
    ],
    ids=["gzip", "multipart"],
)
def test_a_body_that_nothing_reads_is_refused_by_its_header(
    mockpsp: Sandbox, headers: dict[str, str], named: str
) -> None:
    auth = (mockpsp.project_id, mockpsp.secret)
    packed = {"gzip": gzip.compress(b"{}"), "multipart": b"--x\r\n\r\na\r\n--x--"}

    for body in packed.values():
        answer = requests.post(f"{mockpsp.url}/customers", body, auth=auth, headers=headers, timeout=20)
        assert (answer.status_code, answer.json()["error_type"]) == (400, "request.bad-format")
        assert named in answer.json()["message"]


def test_times_are_read_by_a_pattern_that_wants_a_fraction_of_a_second(mockpsp: Sandbox) -> None:
    """Apps read cards, tokens and gateway configurations by `yyyy-MM-dd'T'HH:mm:ss.SSS'Z'`, and nothing else."""
    card = mockpsp.post("/cards", {"number": "4242424242424242", "exp_month": 12, "exp_year": 2030})["card"]
    customer = mockpsp.post("/customers", {})["customer"]
    token = mockpsp.post(f"/customers/{customer['id']}/tokens", {"source": card["id"]})["token"]
    configurations = mockpsp.get("/gateway-configurations?expand[]=gateway")["gateway_configurations"]

    moments = [card["created_at"], card["updated_at"], customer["created_at"], token["created_at"]]
    moments += [moment for one in configurations for moment in (one["created_at"], one["enabled_at"])]
    for moment in moments:
        assert datetime.strptime(moment, "%Y-%m-%dT%H:%M:%S.%fZ") and len(moment) == len("2026-01-01T00:00:00.000Z")
