"""Idempotency, credentials, universes apart, and amounts at the door."""

from concurrent.futures import ThreadPoolExecutor

import pytest
import requests

from mockpsp.sandbox_client import Sandbox

NO_AMOUNTS = ["9.999", "-1", "0", "1e3", "١٢", " 5", "NaN", str(10**30), "abc", "1,5"]


def invoice(mockpsp: Sandbox, amount: str = "10.00") -> str:
    return str(mockpsp.post("/invoices", {"name": "A", "amount": amount, "currency": "USD"})["invoice"]["id"])


def paid(mockpsp: Sandbox) -> str:
    invoice_id = invoice(mockpsp)
    mockpsp.post(f"/invoices/{invoice_id}/capture", {"source": mockpsp.card()})
    return invoice_id


@pytest.mark.parametrize("amount", NO_AMOUNTS)
def test_what_is_no_amount_is_refused_wherever_one_is_taken(mockpsp: Sandbox, amount: str) -> None:
    paid_id, held = paid(mockpsp), invoice(mockpsp)
    mockpsp.post(f"/invoices/{held}/authorize", {"source": mockpsp.card()})
    before = mockpsp.get("/sandbox/digest")

    answers = [
        mockpsp.call("POST", "/invoices", {"name": "A", "amount": amount, "currency": "USD"}),
        mockpsp.call("POST", f"/invoices/{paid_id}/refunds", {"amount": amount}),
        mockpsp.call("POST", f"/invoices/{held}/capture", {"capture_amount": amount}),
        mockpsp.call("POST", f"/invoices/{held}/void", {"amount": amount}),
    ]

    assert {(a.status_code, a.json()["error_type"]) for a in answers} == {(400, "request.validation.invalid-amount")}
    assert mockpsp.get("/sandbox/digest") == before


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"reason": "because"}, "request.validation.error"),
        ({"metadata": {"a": 1}}, "request.validation.invalid-metadata"),
        ({"metadata": {"a": {"b": "c"}}}, "request.validation.invalid-metadata"),
        ({"metadata": "a"}, "request.validation.invalid-metadata"),
        ({"invoice_detail_ids": ["iv_det_x"]}, "request.validation.error"),
        ({"invoice_detail_ids": "iv_det_x"}, "request.validation.error"),
    ],
)
def test_a_refund_that_makes_no_sense_is_refused_and_changes_nothing(
    mockpsp: Sandbox, body: dict[str, object], code: str
) -> None:
    path = f"/invoices/{paid(mockpsp)}/refunds"
    before = mockpsp.get("/sandbox/digest")

    answer = mockpsp.call("POST", path, body)

    assert (answer.status_code, answer.json()["error_type"]) == (400, code)
    assert answer.json()["success"] is False
    assert mockpsp.get("/sandbox/digest") == before


@pytest.mark.parametrize("reason", ["customer_request", "duplicate", "fraud", "other"])
def test_the_documented_reasons_are_taken(mockpsp: Sandbox, reason: str) -> None:
    body = {"amount": "1", "reason": reason, "information": "text"}
    refund = mockpsp.post(f"/invoices/{paid(mockpsp)}/refunds", body)["refund"]

    assert (refund["reason"], refund["information"], refund["sandbox"]) == (reason, "text", True)


def test_the_same_key_and_request_get_the_same_answer(mockpsp: Sandbox) -> None:
    path = f"/invoices/{paid(mockpsp)}/refunds"

    answers = [mockpsp.post(path, {"amount": "6"}, Idempotency_Key="a") for _ in range(3)]

    assert answers[0] == answers[1] == answers[2]


def test_the_same_key_and_another_request_are_refused(mockpsp: Sandbox) -> None:
    path = f"/invoices/{paid(mockpsp)}/refunds"
    mockpsp.post(path, {"amount": "6"}, Idempotency_Key="a")

    for where, body in ((path, {"amount": "1"}), ("/customers", {"amount": "6"})):
        answer = mockpsp.call("POST", where, body, Idempotency_Key="a")
        assert (answer.status_code, answer.json()["error_type"]) == (400, "request.idempotency-key.invalid")


def test_a_refusal_is_not_kept_but_a_decline_is(mockpsp: Sandbox) -> None:
    path = f"/invoices/{invoice(mockpsp)}/capture"
    assert mockpsp.call("POST", path, {}, Idempotency_Key="a").status_code == 400
    declined = {"source": mockpsp.card("4000000000002206")}

    first = mockpsp.call("POST", path, declined, Idempotency_Key="b")
    second = mockpsp.call("POST", path, declined, Idempotency_Key="b")

    assert first.status_code == second.status_code == 410
    assert mockpsp.get("/events")["total_count"] == 2


def test_one_key_from_many_threads_has_one_effect(mockpsp: Sandbox) -> None:
    path = f"{mockpsp.url}/invoices/{paid(mockpsp)}/refunds"
    auth = (mockpsp.project_id, mockpsp.secret)

    def refund(_: int) -> str:
        return requests.post(path, json={"amount": "1"}, auth=auth, headers={"Idempotency-Key": "a"}, timeout=30).text

    with ThreadPoolExecutor(16) as pool:
        answers = set(pool.map(refund, range(16)))

    assert len(answers) == 1
    assert mockpsp.balances()["income:refunds"] == {"USD": "1.00"}


def test_threads_together_never_refund_more_than_was_captured(mockpsp: Sandbox) -> None:
    path = f"{mockpsp.url}/invoices/{paid(mockpsp)}/refunds"
    auth = (mockpsp.project_id, mockpsp.secret)

    with ThreadPoolExecutor(8) as pool:
        codes = list(
            pool.map(lambda _: requests.post(path, json={"amount": "3"}, auth=auth, timeout=30).status_code, range(8))
        )

    assert sorted(codes) == [200, 200, 200, 400, 400, 400, 400, 400]


def test_a_key_that_is_too_long_is_refused(mockpsp: Sandbox) -> None:
    answer = mockpsp.call("POST", "/customers", {}, Idempotency_Key="k" * 256)

    assert answer.json()["error_type"] == "request.idempotency-key.invalid"


@pytest.mark.parametrize(
    ("user", "password", "code"),
    [
        ("proj_live", "key_sandbox_x", "request.authentication.invalid"),
        ("test-proj_a", "key_live_secret", "request.authentication.invalid"),
        ("test-proj_a", "", "request.authentication.invalid"),
        ("test-proj_a", "hunter2", "request.authentication.invalid"),
        ("someone", "key_sandbox_x", "request.authentication.invalid-project-id"),
        ("test-proj_", "key_sandbox_x", "request.authentication.invalid-project-id"),
        ("test-proj_" + "a" * 65, "key_sandbox_x", "request.authentication.invalid-project-id"),
        ("test-proj_a/b", "key_sandbox_x", "request.authentication.invalid-project-id"),
    ],
)
def test_bad_credentials_are_refused_and_never_repeated(mockpsp: Sandbox, user: str, password: str, code: str) -> None:
    for method, path in (("GET", "/customers"), ("POST", "/invoices"), ("POST", "/sandbox/reset")):
        answer = requests.request(method, mockpsp.url + path, auth=(user, password), timeout=10)

        assert (answer.status_code, answer.json()["error_type"]) == (401, code)
        assert not password or password not in answer.text


def test_no_credentials_are_refused_with_what_to_do(mockpsp: Sandbox) -> None:
    answer = requests.get(f"{mockpsp.url}/customers", timeout=10)

    assert answer.status_code == 401
    assert "test-proj_" in answer.json()["message"]


def test_two_universes_never_see_each_other(mockpsp: Sandbox) -> None:
    invoice_id = paid(mockpsp)
    refund = mockpsp.post(f"/invoices/{invoice_id}/refunds", {"amount": "1"})["refund"]
    customer = mockpsp.post("/customers", {"id": "chosen"})["customer"]["id"]
    token = mockpsp.post(f"/customers/{customer}/tokens", {"source": mockpsp.card()})["token"]["id"]
    event = mockpsp.get("/events")["events"][0]["id"]
    other = Sandbox(mockpsp.url, mockpsp.project_id + "-2", mockpsp.secret)
    other.reset(seed=1)
    paths = [
        f"/invoices/{invoice_id}",
        f"/invoices/{invoice_id}/transactions",
        f"/transactions/{refund['transaction_id']}",
        f"/transactions/{refund['transaction_id']}/refunds/{refund['id']}",
        f"/customers/{customer}",
        f"/customers/{customer}/tokens/{token}",
        f"/cards/{mockpsp.card()}",
        f"/events/{event}",
        f"/projects/{mockpsp.project_id}",
    ]

    assert [mockpsp.call("GET", path).status_code for path in paths] == [200] * 9
    assert [other.call("GET", path).status_code for path in paths] == [404] * 9
    assert other.call("POST", f"/invoices/{invoice_id}/refunds", {}).status_code == 404
    assert other.call("POST", "/sandbox/simulate", {"what": "refund.fail", "on": refund["id"]}).status_code == 404
    assert [other.get(f"/{name}")["total_count"] for name in ("customers", "invoices", "events", "cards")] == [0] * 4
    other.close()


def test_a_real_card_number_is_refused_and_never_repeated(mockpsp: Sandbox) -> None:
    number = "4111111111111111"

    answer = mockpsp.call("POST", "/cards", {"number": number, "exp_month": 1, "exp_year": 2030})

    assert (answer.status_code, answer.json()["error_type"]) == (400, "card.invalid-number")
    assert number not in answer.text
