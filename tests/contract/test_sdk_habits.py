"""Requests as each SDK puts them on the wire, byte for byte: odd headers, queries and bodies must not matter."""

import base64
import json
import socket
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

import pytest

from mockpsp.sandbox_client import Sandbox

#: SDK -> the headers it sends beside Host and Authorization, as it writes them.
HEADERS = {
    "python": "API-Version: 1.4.0.0\r\nContent-Type: application/json\r\nAccept: application/json\r\n"
    "User-Agent: ProcessOut Python-Bindings/10.0.1\r\n",
    "node": "api-version: 1.4.0.0\r\ncontent-type: application/json\r\naccept: application/json\r\n"
    "user-agent: ProcessOut NodeJS-Bindings/11.0.0\r\n",
    "go": "Api-Version: 1.4.0.0\r\nContent-Type: application/json\r\nAccept: application/json\r\n"
    "User-Agent: ProcessOut Go-Bindings/v5.6.1\r\nAccept-Encoding: gzip\r\n",
    "php": "API-Version: 1.4.0.0\r\nContent-Type: application/json\r\nUser-Agent: ProcessOut PHP-Bindings/7.4.1\r\n"
    "true\r\nAccept: */*\r\n",
    "ruby": "API-Version: 1.4.0.0\r\nContent-Type: application/json\r\nUser-Agent: ProcessOut Ruby-Bindings/6.0.0\r\n"
    "Idempotency-Key: \r\nDisable-Logging: \r\nAccept: */*\r\n",
}
NULLS = (
    "customer_id order_id reference_id metadata details tax risk device shipping billing external_fraud_tools "
    "submerchant submerchant_id statement_descriptor statement_descriptor_phone statement_descriptor_city "
    "statement_descriptor_company statement_descriptor_url merchant_initiator_type initiation_type payment_intent "
    "payment_type sca_exemption_reason exemption_reason_3ds2 challenge_indicator gateway_data return_url cancel_url "
    "webhook_url require_backend_capture verification expires_at auto_capture_at unsupported_feature_bypass"
).split()


class Wire:
    """One connection, kept open, that sends what it is told and reads one answer at a time."""

    def __init__(self, mockpsp: Sandbox) -> None:
        address = urlsplit(mockpsp.url)
        self.host = address.netloc
        self._auth = base64.b64encode(f"{mockpsp.project_id}:{mockpsp.secret}".encode()).decode()
        self._socket = socket.create_connection((address.hostname, address.port), timeout=10)
        self._reader = self._socket.makefile("rb")

    def send(self, method: str, target: str, *, headers: str = "", body: str = "", length: bool = True) -> None:
        lines = f"{method} {target} HTTP/1.1\r\nHost: {self.host}\r\nAuthorization: Basic {self._auth}\r\n{headers}"
        if body and length:
            lines += f"Content-Length: {len(body.encode())}\r\n"
        self._socket.sendall(f"{lines}\r\n{body}".encode())

    def answer(self, *, has_body: bool = True) -> tuple[int, dict[str, str], Any]:
        status = int(self._reader.readline().split()[1])
        headers: dict[str, str] = {}
        while line := self._reader.readline().strip().decode():
            name, _, value = line.partition(":")
            headers[name.lower()] = value.strip()
        text = self._reader.read(int(headers.get("content-length", "0"))) if has_body else b""
        return status, headers, json.loads(text) if text else None

    def ask(self, method: str, target: str, **more: Any) -> tuple[int, Any]:
        self.send(method, target, **more)
        status, _, body = self.answer()
        return status, body

    def ends(self) -> bool:
        return self._reader.read(1) == b""

    def close(self) -> None:
        self._reader.close()
        self._socket.close()


@pytest.fixture
def wire(mockpsp: Sandbox) -> Iterator[Wire]:
    found = Wire(mockpsp)
    yield found
    found.close()


@pytest.mark.parametrize("sdk", HEADERS)
def test_every_sdks_headers_are_taken_and_its_nulls_mean_absent(wire: Wire, sdk: str) -> None:
    body = {"name": "Order", "amount": "10.00", "currency": "EUR", **dict.fromkeys(NULLS)}

    status, answer = wire.ask("POST", "/invoices", headers=HEADERS[sdk], body=json.dumps(body))

    assert (status, answer["success"]) == (200, True), answer
    assert answer["invoice"]["metadata"] == {}
    assert wire.ask("GET", f"/invoices/{answer['invoice']['id']}", headers=HEADERS[sdk])[0] == 200


def test_ruby_sends_an_empty_key_each_time_and_makes_a_new_object_each_time(wire: Wire) -> None:
    made = [wire.ask("POST", "/customers", headers=HEADERS["ruby"], body="{}")[1]["customer"]["id"] for _ in range(3)]

    assert len(set(made)) == 3


@pytest.mark.parametrize(
    "line", ["Disable-Logging", "Disable-Logging: ", "Disable-Logging: 1", "Content-Length22", "true"]
)
def test_phps_header_lines_without_a_colon_are_skipped(wire: Wire, line: str) -> None:
    status, answer = wire.ask("POST", "/customers", headers=f"{line}\r\n", body='{"email": "a@b.test"}')

    assert (status, answer["customer"]["email"]) == (200, "a@b.test")


@pytest.mark.parametrize("line", ["Content-Length: ", "Content-Length:\r\nContent-Length: 2"])
def test_phps_empty_content_length_on_get_means_no_body(wire: Wire, line: str) -> None:
    if "2" in line:
        status, _ = wire.ask("POST", "/customers", headers=f"{line}\r\n", body="{}", length=False)
    else:
        status, _ = wire.ask("GET", "/customers", headers=f"{line}\r\n")

    assert status == 200


def test_a_bare_question_mark_and_a_leading_ampersand_are_no_query(wire: Wire) -> None:
    for target in ("/customers?", "/customers?&limit=10&end_before=&start_after=", "/customers?&", "/customers?&&="):
        status, answer = wire.ask("GET", target, headers=HEADERS["php"])

        assert (status, answer["customers"], answer["limit"]) == (200, [], 10)


def test_go_sends_a_body_with_get_and_empty_paging_on_every_address(wire: Wire) -> None:
    query = "?filter=&limit=0&end_before=&start_after="
    body = json.dumps({"expand": ["project"], "filter": "", "limit": 0, "end_before": "", "start_after": ""})
    created = wire.ask("POST", f"/customers{query}", headers=HEADERS["go"], body=body)[1]["customer"]

    status, answer = wire.ask("GET", f"/customers{query}&expand[]=project", headers=HEADERS["go"], body=body)
    found = wire.ask("GET", f"/customers/{created['id']}{query}", headers=HEADERS["go"], body=body)[1]["customer"]
    deleted = wire.ask("DELETE", f"/customers/{created['id']}{query}", headers=HEADERS["go"], body=body)

    assert (status, answer["limit"], answer["total_count"]) == (200, 10, 1)
    assert created["project"]["id"] == found["project"]["id"] == answer["customers"][0]["project"]["id"]
    assert deleted == (200, {"success": True})


def test_go_reaches_an_eleventh_customer_without_repeats_and_the_first_page_has_no_previous(wire: Wire) -> None:
    made = [wire.ask("POST", "/customers", body="{}")[1]["customer"]["id"] for _ in range(11)]

    first = wire.ask("GET", "/customers?limit=10")[1]
    ids = [customer["id"] for customer in first["customers"]]
    second = wire.ask("GET", f"/customers?limit=10&start_after={ids[-1]}")[1]
    before = wire.ask("GET", f"/customers?limit=10&end_before={ids[0]}")[1]

    assert first["has_more"] is True
    assert sorted([*ids, *(customer["id"] for customer in second["customers"])]) == sorted(made)
    assert second["has_more"] is False
    assert (before["customers"], before["has_more"]) == ([], False)


def test_lists_are_newest_first_for_nodes_reversal_to_be_oldest_first(wire: Wire) -> None:
    made = [wire.ask("POST", "/customers", body="{}")[1]["customer"]["id"] for _ in range(3)]

    shown = [customer["id"] for customer in wire.ask("GET", "/customers", headers=HEADERS["node"])[1]["customers"]]

    assert shown == made[::-1]


@pytest.mark.parametrize(
    "query",
    ["expand%5B0%5D=customer", "expand[0]=customer", "expand[]=customer", "expand=customer", "expand=customer%2C"],
)
def test_delete_takes_its_parameters_from_the_query(mockpsp: Sandbox, wire: Wire, query: str) -> None:
    customer = mockpsp.post("/customers")["customer"]["id"]

    assert wire.ask("DELETE", f"/customers/{customer}?{query}", headers=HEADERS["php"]) == (200, {"success": True})


def test_delete_takes_a_form_body_too(mockpsp: Sandbox, wire: Wire) -> None:
    customer = mockpsp.post("/customers")["customer"]["id"]
    form = "Content-Type: application/x-www-form-urlencoded\r\n"

    assert wire.ask("DELETE", f"/customers/{customer}", headers=form, body="expand[]=project")[0] == 200


@pytest.mark.parametrize("text", ["None", "null", "True", "False", "true", "false", "1", "0", ""])
def test_odd_booleans_are_read(wire: Wire, text: str) -> None:
    status, answer = wire.ask("GET", f"/gateway-configurations?expand_merchant_accounts={text}&limit=1")

    assert (status, answer["count"]) == (200, 1)


def test_a_bare_name_is_an_unset_boolean(wire: Wire) -> None:
    assert wire.ask("GET", "/gateway-configurations?&expand_merchant_accounts&limit=")[0] == 200


@pytest.mark.parametrize(("text", "status"), [("True", "authorized"), ("false", "completed"), ("1", "authorized")])
def test_booleans_as_text_are_booleans_in_bodies(mockpsp: Sandbox, wire: Wire, text: str, status: str) -> None:
    invoice = mockpsp.post("/invoices", {"name": "A", "amount": "1", "currency": "EUR"})["invoice"]["id"]
    body = json.dumps({"source": mockpsp.card(), "authorize_only": text})

    assert wire.ask("POST", f"/invoices/{invoice}/capture", body=body)[1]["transaction"]["status"] == status


@pytest.mark.parametrize(
    "path", ["/invoices/:invoice_id/authenticate", "/invoices/:invoice_id", "/invoices/%3Ainvoice_id"]
)
def test_a_placeholder_that_was_never_filled_in_is_not_found(wire: Wire, path: str) -> None:
    method = "POST" if path.endswith("authenticate") else "GET"
    status, answer = wire.ask(method, path, headers=HEADERS["python"], body='{"source": "card_x"}')

    assert (status, answer["success"]) == (404, False)


def test_the_project_in_braces_is_not_found_and_deletes_nothing(wire: Wire) -> None:
    for path in ("/projects/%7Bproject_id%7D", "/projects/{project_id}"):
        status, answer = wire.ask("DELETE", path, headers=HEADERS["python"], body="{}")

        assert (status in (404, 405), answer["success"]) == (True, False)


def test_form_bodies_nest(mockpsp: Sandbox, wire: Wire) -> None:
    form = "Content-Type: application/x-www-form-urlencoded\r\n"
    body = "name=Order&amount=10.00&currency=EUR&metadata%5Bkey%5D=v&metadata[two]=w&device.channel=web"

    shown = wire.ask("POST", "/invoices", headers=form, body=body)[1]["invoice"]

    assert shown["metadata"] == {"key": "v", "two": "w"}
    assert shown["device"]["channel"] == "web"


def test_the_version_that_is_asked_for_changes_nothing(wire: Wire) -> None:
    bodies = [wire.ask("GET", "/", headers=f"API-Version: {v}\r\n")[1] for v in ("1.0.0.0", "1.4.0.0", "9", "")]

    assert bodies[0] == bodies[1] == bodies[2] == bodies[3]


@pytest.mark.parametrize("value", ["close", "Close", "CLOSE"])
def test_a_connection_stays_open_unless_the_client_ends_it(wire: Wire, value: str) -> None:
    for _ in range(5):
        assert wire.ask("GET", "/customers")[0] == 200

    wire.send("GET", "/customers", headers=f"Connection: {value}\r\n")
    status, headers, _ = wire.answer()

    assert (status, headers.get("connection", "").lower(), wire.ends()) == (200, "close", True)


@pytest.mark.parametrize("value", ["100-continue", "100-Continue", "100-CONTINUE"])
def test_a_client_that_waits_for_100_continue_is_told_to_go_on(wire: Wire, value: str) -> None:
    body = '{"email": "a@b.test"}'
    for _ in range(2):
        wire.send("POST", "/customers", headers=f"Expect: {value}\r\nContent-Length: {len(body)}\r\n")

        assert wire.answer(has_body=False)[0] == 100
        wire._socket.sendall(body.encode())
        assert wire.answer()[2]["customer"]["email"] == "a@b.test"


def test_a_client_that_does_not_wait_for_100_continue_gets_none(wire: Wire) -> None:
    status, answer = wire.ask("POST", "/customers", headers="Expect: 100-continue\r\n", body='{"email": "a@b.test"}')

    assert (status, answer["customer"]["email"]) == (200, "a@b.test")


def test_java_offers_another_protocol_with_its_first_request_and_is_answered_in_this_one(wire: Wire) -> None:
    offer = "Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQAAP__\r\n"

    status, answer = wire.ask("POST", "/customers", headers=offer, body='{"email": "a@b.test"}')

    assert (status, answer["customer"]["email"]) == (200, "a@b.test")


def test_a_whole_address_as_target_is_taken(wire: Wire) -> None:
    assert wire.ask("GET", f"http://{wire.host}/customers?limit=3")[1]["limit"] == 3


def test_head_is_answered_like_get_without_its_body(wire: Wire) -> None:
    wire.send("HEAD", "/customers")
    status, headers, _ = wire.answer(has_body=False)

    assert (status, int(headers["content-length"]) > 0) == (200, True)
    assert wire.ask("GET", "/customers")[0] == 200


def test_a_body_in_chunks_is_read(wire: Wire) -> None:
    wire.send("POST", "/customers", headers="Transfer-Encoding: chunked\r\n")
    wire._socket.sendall(b'a\r\n{"email": \r\nd\r\n"c@d.test"}  \r\n0\r\n\r\n')

    status, _, answer = wire.answer()
    assert (status, answer["customer"]["email"]) == (200, "c@d.test")


def test_every_answer_has_a_body_with_success_in_it(mockpsp: Sandbox, wire: Wire) -> None:
    customer = mockpsp.post("/customers")["customer"]["id"]
    token = mockpsp.post(f"/customers/{customer}/tokens", {"source": mockpsp.card()})["token"]["id"]

    answers = [
        wire.ask("DELETE", f"/customers/{customer}/tokens/{token}"),
        wire.ask("DELETE", f"/customers/{customer}"),
        wire.ask("DELETE", f"/customers/{customer}"),
        wire.ask("GET", "/nowhere"),
        wire.ask("PATCH", "/customers"),
    ]

    assert [(status, body["success"]) for status, body in answers] == [
        (200, True),
        (200, True),
        (404, False),
        (404, False),
        (405, False),
    ]
