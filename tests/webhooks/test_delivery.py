"""Attempts against real receivers on loopback; what is recorded of them is in test_delivery_record.py."""

import contextlib
import socket
import sqlite3
import threading
import time
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler
from typing import Any

import pytest
from standardwebhooks import Webhook

from mockpsp.webhooks import delivery, outbox
from mockpsp.webhooks.delivery import AttemptResult, DueDelivery
from mockpsp.webhooks.outbox import Message

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"


BODY = b'{"event_id":"ev_10","event_type":"transaction.captured"}'

Receive = Callable[..., Any]


def due_at(url: str, *secrets: str) -> DueDelivery:
    return DueDelivery(101, 1, 1, 5_000, "transaction.captured", "ev_10", BODY, url, secrets or (SECRET,))


#: The reference package compares with the real clock, so calls are signed for the real now.
def post(due: DueDelivery, *, timeout_s: float = 5.0, allowed_hosts: tuple[str, ...] = ()) -> AttemptResult:
    session = delivery.open_session()
    return delivery.post(session, due, timestamp_s=int(time.time()), timeout_s=timeout_s, allowed_hosts=allowed_hosts)


def met(result: AttemptResult) -> tuple[int | None, str | None]:
    """What an attempt met, without how long it took."""
    return result.status_code, result.error


def hang(handler: BaseHTTPRequestHandler, released: threading.Event) -> None:
    released.wait()


def drip_body(handler: BaseHTTPRequestHandler, released: threading.Event) -> None:
    handler.send_response(200)
    handler.send_header("Content-Length", "1000000")
    handler.end_headers()
    _drip(handler, released)


def drip_headers(handler: BaseHTTPRequestHandler, released: threading.Event) -> None:
    handler.wfile.write(b"HTTP/1.1 200 OK\r\nX-Long: ")
    _drip(handler, released)


def _drip(handler: BaseHTTPRequestHandler, released: threading.Event) -> None:
    """A byte every now and then, until the caller hangs up or the test ends."""
    with contextlib.suppress(OSError):
        while not released.wait(0.02):
            handler.wfile.write(b"x")


def raw(answer: bytes) -> Callable[[BaseHTTPRequestHandler, threading.Event], None]:
    """Answer with these bytes and hang up."""

    def write(handler: BaseHTTPRequestHandler, released: threading.Event) -> None:
        handler.wfile.write(answer)

    return write


def test_the_body_arrives_byte_for_byte(receive: Receive) -> None:
    receiver = receive(200)

    post(due_at(receiver.url))

    assert receiver.bodies == [BODY]


def test_the_reference_package_verifies_what_arrives(receive: Receive) -> None:
    receiver = receive(200)

    post(due_at(receiver.url))

    assert Webhook(SECRET).verify(receiver.bodies[0], receiver.headers[0])["event_id"] == "ev_10"


def test_during_rotation_receivers_with_either_secret_verify_a_call(receive: Receive, old_secret: str) -> None:
    receiver = receive(200)

    post(due_at(receiver.url, SECRET, old_secret))

    verified = [Webhook(each).verify(receiver.bodies[0], receiver.headers[0]) for each in (SECRET, old_secret)]
    assert [body["event_id"] for body in verified] == ["ev_10", "ev_10"]


def test_the_body_is_declared_as_json(receive: Receive) -> None:
    receiver = receive(200)

    post(due_at(receiver.url))

    assert receiver.headers[0]["Content-Type"] == "application/json"


def test_credentials_in_the_url_are_sent_as_basic_authorization(receive: Receive) -> None:
    receiver = receive(200)

    post(due_at(receiver.url.replace("//", "//user:p%40ss@")))

    assert receiver.headers[0]["Authorization"] == "Basic dXNlcjpwQHNz"


def test_credentials_are_shown_nowhere(receive: Receive) -> None:
    due = due_at("http://user:p4ssword@127.0.0.1:1/")

    assert "p4ssword" not in repr(due) + repr(post(due))


def test_path_and_query_arrive_as_given(receive: Receive) -> None:
    receiver = receive(200)

    post(due_at(receiver.url + "/a%20b?shop=1&x=y"))

    assert receiver.paths == ["/hook/a%20b?shop=1&x=y"]


def test_localhost_is_called_by_name(receive: Receive) -> None:
    receiver = receive(204)

    assert met(post(due_at(f"http://localhost:{receiver.port}/"))) == (204, None)


@pytest.mark.parametrize("status_code", [200, 204, 400, 410, 500])
def test_the_status_is_the_result(receive: Receive, status_code: int) -> None:
    assert met(post(due_at(receive(status_code).url))) == (status_code, None)


@pytest.mark.parametrize("status_code", [301, 302, 303, 307, 308])
def test_a_redirect_is_an_error(receive: Receive, status_code: int) -> None:
    assert met(post(due_at(receive(status_code).url))) == (status_code, "redirect not followed")


def test_a_redirect_is_not_followed(receive: Receive) -> None:
    elsewhere = receive(200)
    receiver = receive(raw(b"HTTP/1.1 307 Moved\r\nLocation: %b\r\n\r\n" % elsewhere.url.encode()))

    post(due_at(receiver.url))

    assert elsewhere.bodies == []


@pytest.mark.parametrize(
    ("answer", "expected"),
    [(hang, (None, "timed out")), (drip_headers, (None, "timed out")), (drip_body, (200, "timed out"))],
    ids=["hang", "drip-headers", "drip-body"],
)
def test_a_receiver_that_never_ends_its_answer_times_out(
    receive: Receive, answer: Any, expected: tuple[int | None, str]
) -> None:
    assert met(post(due_at(receive(answer).url), timeout_s=0.2)) == expected


@pytest.mark.parametrize("answer", [hang, drip_headers, drip_body], ids=["hang", "drip-headers", "drip-body"])
def test_no_receiver_holds_an_attempt_beyond_its_time(receive: Receive, answer: Any) -> None:
    assert 200 <= post(due_at(receive(answer).url), timeout_s=0.2).took_ms < 1_000


def test_an_endless_answer_is_read_up_to_a_limit(receive: Receive) -> None:
    receiver = receive(raw(b"HTTP/1.1 200 OK\r\nContent-Length: 99000000\r\n\r\n" + b"x" * 200_000))

    assert met(post(due_at(receiver.url))) == (200, None)


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        (b"", (None, "connection lost")),
        (b"nonsense\r\n\r\n", (None, "answer is not http")),
        (b"HTTP/1.1 abc OK\r\n\r\n", (None, "answer is not http")),
        (b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 200 + b"\r\n", (None, "answer is not http")),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nshort", (200, "answer cut short")),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", (200, "answer is not http")),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n-5\r\n", (200, "answer is not http")),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n", (200, None)),
        (b"HTTP/1.0 200\r\n\r\nuntil the end", (200, None)),
    ],
)
def test_a_broken_answer_is_a_result(receive: Receive, answer: bytes, expected: tuple[int | None, str | None]) -> None:
    assert met(post(due_at(receive(raw(answer)).url))) == expected


def test_a_refused_connection_is_a_result() -> None:
    with socket.socket() as unheard:
        unheard.bind(("127.0.0.1", 0))  # bound, and nobody listens

        result = post(due_at(f"http://127.0.0.1:{unheard.getsockname()[1]}/"))

    assert met(result) == (None, "connection refused")


def test_a_receiver_without_tls_is_a_result(receive: Receive) -> None:
    assert met(post(due_at(receive(200).url.replace("http:", "https:")))) == (None, "tls failed")


def test_a_host_nobody_knows_is_a_result() -> None:
    # Five longest labels: more than a name may have, so no name server is asked.
    host = ".".join(["a" * 63] * 5)

    assert met(post(due_at(f"http://{host}/"), allowed_hosts=(host,))) == (None, "host not found")


@pytest.mark.parametrize("host", ["shop.test", "10.0.0.1", "169.254.169.254", "0.0.0.0", "a" * 63, "a" * 63 + ".test"])
def test_a_host_that_is_not_allowed_is_not_called(host: str) -> None:
    assert post(due_at(f"http://{host}/")) == AttemptResult(None, "host not allowed", 0)


@pytest.mark.parametrize(
    "url", ["", "shop", "http://", "http://[::1", "http://127.0.0.1:x/", "ftp://127.0.0.1/", f"http://{'a' * 64}/"]
)
def test_a_malformed_url_is_a_result(url: str) -> None:
    assert post(due_at(url)) == AttemptResult(None, "malformed url", 0)


def test_a_malformed_secret_is_a_result(receive: Receive) -> None:
    assert post(due_at(receive(200).url, "whsec_short")) == AttemptResult(None, "malformed secret or id", 0)


def test_a_receiver_that_fails_and_then_succeeds_is_told_twice_under_one_id(
    conn: sqlite3.Connection, receive: Receive, next_seq: Callable[[], int]
) -> None:
    receiver = receive(500, 200)
    outbox.create_endpoint(conn, 1, seq=1, url=receiver.url, secret=SECRET, topics=None)
    outbox.enqueue(conn, 1, [Message(10, "any", "ev_10", BODY.decode(), 5_000)], next_seq=next_seq)

    while due := delivery.next_due(conn, 1):
        (attempt,) = delivery.due_batch(conn, 1, due[0])
        delivery.record(conn, 1, attempt, post(attempt), at_ms=due[0], jitter=0.0)

    assert [headers["webhook-id"] for headers in receiver.headers] == ["ev_10", "ev_10"]
