"""Idempotency keys, sentence by sentence: scope, what counts as the same request, what is kept and for how long."""

from concurrent.futures import ThreadPoolExecutor

import pytest
import requests

from mockpsp.sandbox_client import Sandbox

INVALID = (400, "request.idempotency-key.invalid")


def invoice(mockpsp: Sandbox) -> str:
    return str(mockpsp.post("/invoices", {"name": "A", "amount": "10.00", "currency": "USD"})["invoice"]["id"])


def customers(mockpsp: Sandbox) -> int:
    return int(mockpsp.get("/customers")["total_count"])


def refused(answer: requests.Response) -> tuple[int, str]:
    return answer.status_code, answer.json()["error_type"]


def test_the_key_belongs_to_its_universe(mockpsp: Sandbox) -> None:
    with Sandbox(mockpsp.url, mockpsp.project_id + "-2", mockpsp.secret) as other:
        other.reset(seed=3)
        first = mockpsp.post("/customers", {"email": "a@b.test"}, Idempotency_Key="a")["customer"]["id"]
        second = other.post("/customers", {"email": "c@d.test"}, Idempotency_Key="a")["customer"]["id"]

        assert first != second
        assert (customers(mockpsp), customers(other)) == (1, 1)


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("PUT", "/customers", {"email": "a@b.test"}),
        ("POST", "/invoices", {"email": "a@b.test"}),
        ("POST", "/customers?expand=project", {"email": "a@b.test"}),
        ("POST", "/customers", {"email": "other@b.test"}),
        ("POST", "/customers", {}),
    ],
)
def test_another_path_query_or_body_is_another_request(
    mockpsp: Sandbox, method: str, path: str, body: dict[str, str]
) -> None:
    mockpsp.post("/customers", {"email": "a@b.test"}, Idempotency_Key="a")

    answer = mockpsp.call(method, path, body, Idempotency_Key="a")

    assert refused(answer)[0] in (400, 405)
    assert path == "/invoices" or method == "PUT" or refused(answer) == INVALID
    assert customers(mockpsp) == 1


def test_what_means_absent_makes_no_other_request(mockpsp: Sandbox) -> None:
    first = mockpsp.post("/customers", {"email": "a@b.test"}, Idempotency_Key="a")

    assert mockpsp.post("/customers", {"email": "a@b.test", "zip": None}, Idempotency_Key="a") == first


def test_get_ignores_the_key(mockpsp: Sandbox) -> None:
    before = mockpsp.call("GET", "/customers", Idempotency_Key="a").json()["total_count"]
    mockpsp.post("/customers", {}, Idempotency_Key="a")

    assert (before, mockpsp.call("GET", "/customers", Idempotency_Key="a").json()["total_count"]) == (0, 1)
    assert mockpsp.call("GET", "/customers", Idempotency_Key="k" * 300).status_code == 200


def test_the_control_plane_ignores_the_key(mockpsp: Sandbox) -> None:
    for seconds in (1, 2):
        mockpsp.post("/sandbox/clock/advance", {"by": f"{seconds}s"}, Idempotency_Key="a")
        mockpsp.call("PUT", "/sandbox", {"refund_failed_event": "off"}, Idempotency_Key="a")

    assert mockpsp.get("/sandbox/clock")["clock"]["now"] == "2026-01-01T00:00:03Z"


def test_delete_is_repeated_too(mockpsp: Sandbox) -> None:
    customer = mockpsp.post("/customers")["customer"]["id"]

    answers = [mockpsp.call("DELETE", f"/customers/{customer}", Idempotency_Key="a") for _ in range(2)]

    assert [answer.status_code for answer in answers] == [200, 200]
    assert mockpsp.call("DELETE", f"/customers/{customer}").status_code == 404


def test_a_key_may_have_255_characters_and_no_more(mockpsp: Sandbox) -> None:
    for _ in range(2):
        assert mockpsp.call("POST", "/customers", {}, Idempotency_Key="k" * 255).status_code == 200

    assert refused(mockpsp.call("POST", "/customers", {}, Idempotency_Key="k" * 256)) == INVALID
    assert customers(mockpsp) == 1


def test_a_decline_is_repeated_and_leaves_one_attempt(mockpsp: Sandbox) -> None:
    invoice_id, body = invoice(mockpsp), {"source": mockpsp.card("4000000000002206")}

    path, shown = f"/invoices/{invoice_id}/capture", f"/invoices/{invoice_id}/transactions?expand=operations"
    first = mockpsp.call("POST", path, body, Idempotency_Key="a")
    transaction = mockpsp.get(shown)["transaction"]

    answers = [mockpsp.call("POST", path, body, Idempotency_Key="a") for _ in range(2)]

    assert {(answer.status_code, answer.text) for answer in (first, *answers)} == {(410, first.text)}
    assert mockpsp.get(shown)["transaction"] == transaction


@pytest.mark.parametrize("status", [400, 404])
def test_a_refusal_is_not_kept_and_the_key_stays_free(mockpsp: Sandbox, status: int) -> None:
    body = {"source": mockpsp.card()}
    path = "/invoices/iv_x/capture" if status == 404 else f"/invoices/{invoice(mockpsp)}/capture"
    first = {} if status == 400 else body
    assert mockpsp.call("POST", path, first, Idempotency_Key="a").status_code == status

    paid = mockpsp.call("POST", f"/invoices/{invoice(mockpsp)}/capture", body, Idempotency_Key="a")

    assert paid.json()["transaction"]["status"] == "completed"


def test_the_same_answer_comes_whatever_happened_since(mockpsp: Sandbox) -> None:
    invoice_id = invoice(mockpsp)
    path = f"/invoices/{invoice_id}/capture"
    body = {"source": mockpsp.card()}
    first = mockpsp.call("POST", path, body, Idempotency_Key="a").text
    mockpsp.post(f"/invoices/{invoice_id}/refunds", {})
    mockpsp.advance("400d")

    assert mockpsp.call("POST", path, body, Idempotency_Key="a").text == first


def test_a_reset_frees_the_keys(mockpsp: Sandbox) -> None:
    mockpsp.post("/customers", {"email": "a@b.test"}, Idempotency_Key="a")
    mockpsp.reset()

    assert mockpsp.post("/customers", {"email": "c@d.test"}, Idempotency_Key="a")["customer"]["email"] == "c@d.test"


def test_identical_captures_at_once_are_one_payment(mockpsp: Sandbox) -> None:
    path, body = f"{mockpsp.url}/invoices/{invoice(mockpsp)}/capture", {"source": mockpsp.card()}
    auth = (mockpsp.project_id, mockpsp.secret)

    def capture(_: int) -> tuple[int, str]:
        answer = requests.post(path, json=body, auth=auth, headers={"Idempotency-Key": "a"}, timeout=30)
        return answer.status_code, answer.text

    with ThreadPoolExecutor(8) as pool:
        answers = set(pool.map(capture, range(8)))

    assert [status for status, _ in answers] == [200]
    assert mockpsp.balances()["income:sales"] == {"USD": "-10.00"}


def test_different_requests_at_once_with_one_key_are_one_and_refusals(mockpsp: Sandbox) -> None:
    auth = (mockpsp.project_id, mockpsp.secret)

    def make(n: int) -> int:
        body, headers = {"email": f"{n}@b.test"}, {"Idempotency-Key": "a"}
        return requests.post(f"{mockpsp.url}/customers", json=body, auth=auth, headers=headers, timeout=30).status_code

    with ThreadPoolExecutor(8) as pool:
        codes = sorted(pool.map(make, range(8)))

    assert codes == [200] + [400] * 7
    assert customers(mockpsp) == 1
