"""What a client sees of a call that met a fault: on real connections, and where WSGI alone carries the answer."""

import http.client
import json
import socket
from base64 import b64encode
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

import processout
import pytest
import requests
from flask.testing import FlaskClient

from mockpsp.config import Settings
from mockpsp.sandbox_client import Sandbox
from mockpsp.serving.app import create_app
from mockpsp.serving.server import Server
from mockpsp.wallclock import stopwatch_ms
from tests.mockpsp.worlds import holds_soon

CUSTOMERS = "POST /customers"


def test_official_clients_see_a_broken_connection_and_not_a_body(mockpsp: Sandbox) -> None:
    client = processout.ProcessOut(mockpsp.project_id, mockpsp.secret)
    client.host = mockpsp.url
    mockpsp.fault("POST /customers", "reset", "after_commit")

    with pytest.raises(requests.ConnectionError, match="reset by peer"):
        client.new_customer({"email": "ada@shop.example"}).create()

    assert [customer.email for customer in client.new_customer().all()] == ["ada@shop.example"]


@pytest.mark.parametrize("status", [502, 503, 504])
def test_what_stands_before_the_api_answers_in_html(mockpsp: Sandbox, status: int) -> None:
    fault = mockpsp.fault(CUSTOMERS, f"status {status}", "before_commit")

    answer = mockpsp.call("POST", "/customers", {})

    assert (answer.status_code, answer.headers["Content-Type"]) == (status, "text/html")
    assert fault["id"] in answer.text
    assert answer.headers.get("Retry-After") == ("1" if status == 503 else None)


@pytest.mark.parametrize(
    ("status", "error_type", "retry_after"),
    [(429, "request.rate.exceeded", "1"), (500, "gateway-internal-error", None)],
)
def test_the_api_itself_answers_in_its_envelope(
    mockpsp: Sandbox, status: int, error_type: str, retry_after: str | None
) -> None:
    fault = mockpsp.fault(CUSTOMERS, f"status {status}", "after_commit")

    answer = mockpsp.call("POST", "/customers", {})

    assert answer.json() == {
        "success": False,
        "error_type": error_type,
        "message": f"the fault {fault['id']} answers {status} after commit",
    }
    assert answer.headers.get("Retry-After") == retry_after


class Raw:
    """A bare connection on which one customer is asked for."""

    def __init__(self, mockpsp: Sandbox, *, times: int = 1) -> None:
        address = urlsplit(mockpsp.url)
        login = b64encode(f"{mockpsp.project_id}:{mockpsp.secret}".encode()).decode()
        request = (
            f"POST /customers HTTP/1.1\r\nHost: localhost\r\nAuthorization: Basic {login}\r\n"
            "Content-Type: application/json\r\nContent-Length: 2\r\n\r\n{}"
        )
        self._started_ms = stopwatch_ms()
        self.socket = socket.create_connection((address.hostname, address.port), timeout=20)
        self.socket.sendall(request.encode() * times)

    def rest(self) -> tuple[bytes, bool]:
        """All that comes until the end, and whether the end is a reset."""
        found = b""
        with self.socket:
            try:
                while block := self.socket.recv(65_536):
                    found += block
            except ConnectionResetError:
                return found, True
        return found, False

    @property
    def took_ms(self) -> int:
        return stopwatch_ms() - self._started_ms


@pytest.mark.parametrize("when", ["before_commit", "after_commit"])
def test_a_reset_is_one_without_a_byte(mockpsp: Sandbox, when: str) -> None:
    mockpsp.fault(CUSTOMERS, "reset", when)

    assert Raw(mockpsp).rest() == (b"", True)
    assert mockpsp.get("/customers")["total_count"] == (1 if when == "after_commit" else 0)


def test_a_body_is_cut_in_the_middle(mockpsp: Sandbox) -> None:
    mockpsp.fault(CUSTOMERS, "truncate")

    found, is_reset = Raw(mockpsp).rest()

    head, _, body = found.partition(b"\r\n\r\n")
    length = int(head.split(b"Content-Length: ")[1].split(b"\r\n")[0])
    assert not is_reset
    assert head.startswith(b"HTTP/1.1 200 OK") and len(body) == length // 2


def test_a_stall_is_silence_for_its_time_and_then_the_end(mockpsp: Sandbox) -> None:
    mockpsp.fault(CUSTOMERS, "stall 1s", "after_commit")
    stalled = Raw(mockpsp)

    # Nobody waits for it.
    assert holds_soon(lambda: mockpsp.get("/customers")["total_count"] == 1)
    assert mockpsp.settle() == []
    assert stalled.rest() == (b"", False)
    assert stalled.took_ms >= 1_000


def test_a_hundred_stalled_calls_keep_no_thread_and_hold_up_nobody(mockpsp: Sandbox) -> None:
    mockpsp.fault(CUSTOMERS, "stall 2m", "before_commit", times=100)

    stalled = [Raw(mockpsp) for _ in range(100)]
    while mockpsp.faults()[0]["uses_left"]:
        assert stalled[0].took_ms < 20_000

    assert mockpsp.call("POST", "/customers", {}).status_code == 200
    for one in stalled:
        one.socket.close()


def test_a_late_answer_is_the_true_one_and_the_connection_goes_on(mockpsp: Sandbox) -> None:
    mockpsp.fault(CUSTOMERS, "delay 150ms")
    late = Raw(mockpsp, times=2)

    with late.socket as sock:
        reader = sock.makefile("rb")
        for _ in range(2):
            assert reader.readline() == b"HTTP/1.1 200 OK\r\n"
            headers = http.client.parse_headers(reader)
            assert json.loads(reader.read(int(headers["Content-Length"])))["success"] is True
        assert late.took_ms >= 150


def ask_five_times(mockpsp: Sandbox) -> None:
    for _ in range(5):
        mockpsp.post("/customers")


def test_a_drawn_delay_is_listed(mockpsp: Sandbox) -> None:
    mockpsp.fault(CUSTOMERS, "delay 1ms..30ms", times=5)
    ask_five_times(mockpsp)
    first = [hit["delay"] for hit in mockpsp.faults()[0]["hits"]]
    mockpsp.reset()
    mockpsp.fault(CUSTOMERS, "delay 1ms..30ms", times=5)
    ask_five_times(mockpsp)

    assert [hit["delay"] for hit in mockpsp.faults()[0]["hits"]] == first
    assert len(set(first)) > 1


def test_a_server_that_stops_waits_for_no_stall() -> None:
    settings = Settings(port=0, db=":memory:", clock="manual")
    app = create_app(settings)
    server = Server(app, settings)
    server.start()
    with Sandbox(server.url, "test-proj_stops", "key_sandbox_stops") as sandbox:
        sandbox.fault(CUSTOMERS, "stall 2m", "before_commit")
        stalled = Raw(sandbox)
        while sandbox.faults()[0]["uses_left"]:
            assert stalled.took_ms < 20_000

    server.stop()
    app.extensions["mockpsp"].close()

    assert stalled.rest()[0] == b""
    assert stalled.took_ms < 20_000


def ask(client: FlaskClient, method: str, path: str, body: Any = None) -> Any:
    return client.open(path, method=method, json=body, auth=("test-proj_flask", "key_sandbox_flask"))


@pytest.fixture
def client() -> Iterator[FlaskClient]:
    app = create_app(Settings(port=0, db=":memory:", clock="manual"))
    yield app.test_client()
    app.extensions["mockpsp"].close()


@pytest.mark.parametrize(
    ("do", "when", "error"),
    [
        ("reset", "after_commit", ConnectionResetError),
        ("reset", "while_answering", ConnectionResetError),
        ("stall 30s", "after_commit", TimeoutError),
    ],
)
def test_a_way_that_is_gone_raises(client: FlaskClient, do: str, when: str, error: type[Exception]) -> None:
    ask(client, "POST", "/sandbox/faults", {"match": CUSTOMERS, "do": do, "when": when})

    with pytest.raises(error, match="a fault has"):
        ask(client, "POST", "/customers", {})

    assert ask(client, "GET", "/customers").get_json()["total_count"] == 1


@pytest.mark.parametrize("do", ["truncate", "garble"])
def test_a_spoilt_body_is_as_it_is_on_a_connection(client: FlaskClient, do: str) -> None:
    ask(client, "POST", "/sandbox/faults", {"match": CUSTOMERS, "do": do})

    answer = ask(client, "POST", "/customers", {})

    length = int(answer.headers["Content-Length"])
    assert len(answer.data) == (length // 2 if do == "truncate" else length)
    with pytest.raises(ValueError, match=r"^"):
        json.loads(answer.data)


def test_nobody_waits_for_a_late_answer(client: FlaskClient) -> None:
    ask(client, "POST", "/sandbox/faults", {"match": CUSTOMERS, "do": "delay 2m"})

    assert ask(client, "POST", "/customers", {}).get_json()["success"] is True
