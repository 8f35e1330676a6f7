"""Wire habits that clients differ in: expansion, paging, bodies, absent values, envelopes."""

import json

import pytest

from mockpsp.sandbox_client import Sandbox


def invoice(mockpsp: Sandbox, **more: object) -> str:
    body = {"name": "Order", "amount": "10.00", "currency": "EUR", **more}
    return str(mockpsp.post("/invoices", body)["invoice"]["id"])


@pytest.mark.parametrize(
    "query",
    [
        "expand[]=invoice&expand[]=operations",
        "expand[0]=invoice&expand[1]=operations",
        "expand=invoice&expand=operations",
        "expand=invoice%2Coperations",
    ],
)
def test_expansion_works_in_every_form_of_the_query(mockpsp: Sandbox, query: str) -> None:
    invoice_id = invoice(mockpsp)
    transaction = mockpsp.get(f"/invoices/{invoice_id}/transactions")["transaction"]["id"]

    shown = mockpsp.get(f"/transactions/{transaction}?{query}")["transaction"]

    assert shown["invoice"]["id"] == shown["invoice_id"] == invoice_id
    assert shown["operations"] == []


def test_expansion_works_in_a_json_body_of_post_and_of_get(mockpsp: Sandbox) -> None:
    customer = mockpsp.post("/customers", {"expand": ["tokens", "project"]})["customer"]
    assert customer["tokens"] == []
    assert customer["project"]["id"] == customer["project_id"]

    shown = mockpsp.call("GET", f"/customers/{customer['id']}", {"expand": ["tokens"]}).json()["customer"]
    assert shown["tokens"] == []


def test_nested_expansion_follows_the_dots(mockpsp: Sandbox) -> None:
    customer = mockpsp.post("/customers")["customer"]["id"]
    mockpsp.post(f"/customers/{customer}/tokens", {"source": mockpsp.card()})
    invoice_id = invoice(mockpsp, customer_id=customer)

    shown = mockpsp.get(f"/invoices/{invoice_id}?expand=customer.tokens.card")["invoice"]

    assert shown["customer"]["tokens"][0]["card"]["last_4_digits"] == "4242"


def test_what_is_not_expanded_is_absent_and_lists_are_null(mockpsp: Sandbox) -> None:
    shown = mockpsp.get(f"/invoices/{invoice(mockpsp)}/transactions")["transaction"]

    assert "invoice" not in shown
    assert shown["operations"] is None
    assert shown["refunds"] is None


@pytest.mark.parametrize("name", ["nonsense", "customer.nonsense.", "invoice;drop", "operations..card"])
def test_a_bad_expansion_is_refused_by_its_code(mockpsp: Sandbox, name: str) -> None:
    answer = mockpsp.call("GET", f"/invoices/{invoice(mockpsp)}?expand={name}")

    assert (answer.status_code, answer.json()["error_type"]) == (400, "request.expand.invalid")


def test_a_refused_expansion_of_a_write_changes_nothing(mockpsp: Sandbox) -> None:
    before = mockpsp.get("/sandbox/digest")

    answer = mockpsp.call("POST", "/customers?expand=nonsense", {})

    assert answer.status_code == 400
    assert mockpsp.get("/sandbox/digest") == before


def test_paging_goes_both_ways_and_is_stable_under_inserts(mockpsp: Sandbox) -> None:
    made = [mockpsp.post("/customers")["customer"]["id"] for _ in range(5)][::-1]
    first = mockpsp.get("/customers?limit=2")
    assert [c["id"] for c in first["customers"]] == made[:2]
    assert (first["has_more"], first["count"], first["total_count"], first["order"]) == (True, 2, 5, "desc")
    mockpsp.post("/customers")

    rest = mockpsp.get(f"/customers?limit=3&start_after={made[1]}")
    assert [c["id"] for c in rest["customers"]] == made[2:]
    assert rest["has_more"] is False

    back = mockpsp.get(f"/customers?limit=2&end_before={made[3]}")
    assert [c["id"] for c in back["customers"]] == made[1:3]
    assert back["has_more"] is True


def test_empty_strings_and_zero_page_as_if_absent(mockpsp: Sandbox) -> None:
    mockpsp.post("/customers")

    page = mockpsp.get("/customers?&filter=&limit=0&end_before=&start_after=&order=")

    assert (page["limit"], page["count"]) == (10, 1)


def test_ascending_order_is_the_other_way_round(mockpsp: Sandbox) -> None:
    made = [mockpsp.post("/customers")["customer"]["id"] for _ in range(3)]

    assert [c["id"] for c in mockpsp.get("/customers?order=asc")["customers"]] == made


@pytest.mark.parametrize(
    "query", ["limit=101", "limit=-1", "limit=x", "order=up", "start_after=cust_x", "end_before=1"]
)
def test_bad_paging_is_refused_by_its_code(mockpsp: Sandbox, query: str) -> None:
    answer = mockpsp.call("GET", f"/customers?{query}")

    assert (answer.status_code, answer.json()["error_type"]) == (400, "request.pagination.invalid")


def form(mockpsp: Sandbox, path: str, text: str) -> dict[str, object]:
    answer = mockpsp._session.post(
        mockpsp.url + path, data=text, headers={"Content-Type": "application/x-www-form-urlencoded"}, timeout=10
    )
    return dict(answer.json())


def test_form_bodies_nest_by_brackets_and_dots(mockpsp: Sandbox) -> None:
    text = "name=A&amount=10&currency=EUR&metadata[order]=1&device.channel=web&details[0][name]=x&details[0][amount]=1"

    shown = form(mockpsp, "/invoices", text)["invoice"]

    assert shown["metadata"] == {"order": "1"}
    assert shown["device"]["channel"] == "web"
    assert shown["details"][0]["name"] == "x"


def test_a_capture_may_have_an_empty_form_body(mockpsp: Sandbox) -> None:
    invoice_id = invoice(mockpsp)
    mockpsp.post(f"/invoices/{invoice_id}/authorize", {"source": mockpsp.card()})

    assert form(mockpsp, f"/invoices/{invoice_id}/capture", "")["transaction"]["status"] == "completed"


def test_null_and_empty_strings_mean_absent_and_unknown_keys_are_ignored(mockpsp: Sandbox) -> None:
    body = {"customer_id": None, "tax": None, "return_url": "", "metadata": None, "brand_new_option": {"a": [1]}}

    assert mockpsp.get(f"/invoices/{invoice(mockpsp, **body)}")["invoice"]["metadata"] == {}


def test_an_amount_may_be_a_bare_number(mockpsp: Sandbox) -> None:
    raw = '{"name": "A", "amount": 9.99, "currency": "USD"}'
    answer = mockpsp._session.post(f"{mockpsp.url}/invoices", data=raw, timeout=10)

    assert answer.json()["invoice"]["amount"] == "9.99"


def test_a_bare_question_mark_and_an_empty_idempotency_key_mean_nothing(mockpsp: Sandbox) -> None:
    first = mockpsp.post("/customers?", {}, Idempotency_Key="")
    second = mockpsp.post("/customers?", {}, Idempotency_Key="")

    assert first["customer"]["id"] != second["customer"]["id"]


def test_there_is_no_customer_action_key_when_there_is_none(mockpsp: Sandbox) -> None:
    answer = mockpsp.post(f"/invoices/{invoice(mockpsp)}/capture", {"source": mockpsp.card()})

    assert set(answer) == {"transaction", "success"}


def test_the_root_and_health_need_no_credentials(mockpsp: Sandbox) -> None:
    import requests

    assert requests.get(mockpsp.url, timeout=10).json()["latest_version"]["name"] == "1.3.0.1"
    assert requests.get(f"{mockpsp.url}/healthz", timeout=10).json()["ok"] is True


def test_unknown_keys_on_the_control_plane_are_refused_with_the_nearest_name(mockpsp: Sandbox) -> None:
    answer = mockpsp.call("POST", "/sandbox/clock/advance", {"bye": "3d"})

    assert answer.status_code == 400
    assert "did you mean 'by'?" in answer.json()["message"]


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Host": "evil.example"}, 403),
        ({"Origin": "https://evil.example"}, 403),
        ({"Sec-Fetch-Site": "cross-site"}, 403),
        ({"Content-Type": "text/plain", "Origin": "https://evil.example"}, 403),
        ({"Content-Type": "application/x-www-form-urlencoded", "Sec-Fetch-Site": "cross-site"}, 403),
        ({"Content-Type": "application/json"}, 200),
    ],
)
def test_a_web_page_cannot_drive_the_control_plane(mockpsp: Sandbox, headers: dict[str, str], status: int) -> None:
    body = json.dumps({"default": "sandbox"})
    sent = {"Content-Type": "application/json", **headers}

    answer = mockpsp._session.put(f"{mockpsp.url}/sandbox/routing", data=body, headers=sent, timeout=10)

    assert answer.status_code == status
    assert answer.json()["success"] is (status == 200)


@pytest.mark.parametrize("key", ["1", "", ".", "_schema", "0.1"])
def test_a_key_that_could_be_a_place_in_a_list_is_refused_like_any_other(mockpsp: Sandbox, key: str) -> None:
    answer = mockpsp.call("POST", "/sandbox/reset", {key: 1})

    assert (answer.status_code, answer.json()["error_type"]) == (400, "request.validation.error")
