"""Requests from bytes: whole or not yet, whatever pieces they come in; what is refused; and answers to bytes."""

from collections.abc import Iterator
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mockpsp.config import Settings
from mockpsp.serving import messages
from mockpsp.serving.messages import Incoming, Refusal

SETTINGS = Settings(header_bytes=2_048, body_bytes=4_096)
HEAD = b"POST /echo?a=1 HTTP/1.1\r\nHost: x\r\n"
#: Requests one behind the other: lines said in vain, an offer of another protocol, bodies that look like an end.
STREAM = (
    HEAD + b"Content-Length: 9\r\ntrue\r\n\r\n\r\n\r\n0\r\n\r\n"
    b"GET /x HTTP/1.1\r\nDisable-Logging\r\nUpgrade: h2c\r\nConnection: Upgrade, HTTP2-Settings\r\n\r\n"
    + HEAD
    + b"Transfer-Encoding: Chunked\r\n\r\n4;a=b\r\n\r\n\r\n\r\n1\r\nz\r\n0\r\nX: 1\r\n\r\n"
    b"\r\nPUT /last HTTP/1.1\r\nContent-Length:\r\nContent-Length: 2\r\n\r\nok"
)
BODIES = [b"\r\n\r\n0\r\n\r\n", b"", b"\r\n\r\nz", b"ok"]


def read(*pieces: bytes) -> Iterator[Incoming]:
    """The whole requests of a stream that comes in pieces, and the unfinished one behind them if it has begun."""
    buffer = bytearray()
    request = Incoming(SETTINGS)
    for piece in pieces:
        buffer += piece
        request.feed(buffer)
        while request.is_whole:
            yield request
            request = Incoming(SETTINGS)
            request.feed(buffer)
    if request.is_begun or buffer:
        yield request


def only(*pieces: bytes) -> Incoming:
    (request,) = read(*pieces)
    return request


def refusal(*pieces: bytes) -> tuple[int, str]:
    with pytest.raises(Refusal) as caught:
        list(read(*pieces))
    return caught.value.status, str(caught.value)


def test_requests_one_behind_the_other_are_told_apart() -> None:
    found = list(read(STREAM))

    assert [(one.environ["REQUEST_METHOD"], one.environ["PATH_INFO"], one.body) for one in found] == [
        ("POST", "/echo", BODIES[0]),
        ("GET", "/x", BODIES[1]),
        ("POST", "/echo", BODIES[2]),
        ("PUT", "/last", BODIES[3]),
    ]


@given(st.lists(st.integers(1, len(STREAM) - 1), unique=True))
def test_the_pieces_they_come_in_change_nothing(cuts: list[int]) -> None:
    bounds = [0, *sorted(cuts), len(STREAM)]
    pieces = [STREAM[start:end] for start, end in pairwise(bounds)]

    found = list(read(*pieces))

    assert [(one.is_whole, one.body) for one in found] == [(True, body) for body in BODIES]
    assert [one.environ for one in found] == [one.environ for one in read(STREAM)]


def test_a_byte_at_a_time_changes_nothing() -> None:
    assert [one.body for one in read(*(bytes([byte]) for byte in STREAM))] == BODIES


@pytest.mark.parametrize(
    "message",
    [
        HEAD + b"Content-Length: 9\r\n\r\namount=40",
        HEAD + b"Transfer-Encoding: chunked\r\n\r\n9\r\namount=40\r\n0\r\n\r\n",
        HEAD + b"Transfer-Encoding: chunked\r\n\r\n9\r\namount=40\r\n0\r\nTrailer: 1\r\n\r\n",
        HEAD + b"Upgrade: h2c\r\nConnection: upgrade\r\nContent-Length: 9\r\n\r\namount=40",
    ],
)
def test_no_beginning_of_a_request_is_a_whole_one(message: bytes) -> None:
    assert only(message).is_whole
    for length in range(1, len(message)):
        assert [one.is_whole for one in read(message[:length])] == [False]


@pytest.mark.parametrize(
    ("target", "host", "path", "query"),
    [
        (b"/a?b=c", "x", "/a", "b=c"),
        (b"http://y:1/a?b=c", "y:1", "/a", "b=c"),
        (b"HTTPS://y", "y", "/", ""),
        (b"http://y?b", "y", "/", "b"),
        (b"*", "x", "*", ""),
        (b"/a%20b%2Fc%C3%A9", "x", "/a b%2Fc\u00c3\u00a9", ""),
        (b"//y/a", "x", "//y/a", ""),
    ],
)
def test_a_target_is_a_path_or_names_the_host_itself(target: bytes, host: str, path: str, query: str) -> None:
    environ = only(b"GET " + target + b" HTTP/1.1\r\nHost: x\r\n\r\n").environ

    assert (environ["HTTP_HOST"], environ["PATH_INFO"], environ["QUERY_STRING"]) == (host, path, query)


@pytest.mark.parametrize(
    ("line", "is_kept"),
    [
        (b"HTTP/1.1\r\n", True),
        (b"HTTP/1.1\r\nConnection: Close\r\n", False),
        (b"HTTP/1.1\r\nCONNECTION: keep-alive, CLOSE\r\n", False),
        (b"HTTP/1.0\r\n", False),
        (b"HTTP/1.0\r\nConnection: Keep-Alive\r\n", True),
    ],
)
def test_who_ends_the_connection_is_read_in_any_case(line: bytes, is_kept: bool) -> None:
    assert only(b"GET / " + line + b"\r\n").keeps_alive is is_kept


@pytest.mark.parametrize("value", [b"100-continue", b"100-Continue", b" 100-CONTINUE "])
@pytest.mark.parametrize("length", [b"Content-Length: 4\r\n", b"Transfer-Encoding: chunked\r\n"])
def test_a_client_that_waits_for_a_word_is_seen_in_any_case(value: bytes, length: bytes) -> None:
    request = only(HEAD + length + b"Expect: " + value + b"\r\n\r\n")

    assert (request.waits, request.is_whole) == (True, False)


def test_a_client_without_a_body_or_of_http_1_0_waits_for_nothing() -> None:
    expect = b"Expect: 100-continue\r\n"

    assert not only(HEAD + expect + b"Content-Length: 0\r\n\r\n").waits
    assert not only(b"POST / HTTP/1.0\r\n" + expect + b"Content-Length: 4\r\n\r\n").waits


def test_headers_become_what_wsgi_calls_them() -> None:
    environ = only(
        HEAD + b"x-Odd: \xe9 \r\nA: 1\r\na: 2\r\nCookie: b=1\r\nCookie: c=2\r\nContent-Type: t\r\nEmpty:\r\n\r\n"
    ).environ

    assert environ["HTTP_X_ODD"] == "\u00e9"
    assert (environ["HTTP_A"], environ["HTTP_COOKIE"], environ["HTTP_EMPTY"]) == ("1, 2", "b=1; c=2", "")
    assert (environ["CONTENT_TYPE"], "CONTENT_LENGTH" in environ) == ("t", False)


def test_a_name_with_an_underscore_passes_for_no_other() -> None:
    request = only(HEAD + b"Content_Length: 3\r\nContent-Length: 0\r\nX_Y: 1\r\n\r\n")

    assert (request.is_whole, request.environ["CONTENT_LENGTH"], "HTTP_X_Y" in request.environ) == (True, "0", False)


def test_what_follows_the_last_chunk_is_no_header() -> None:
    request = only(HEAD + b"Transfer-Encoding: chunked\r\n\r\n0\r\nAuthorization: Basic x\r\n\r\n")

    assert request.is_whole
    assert "HTTP_AUTHORIZATION" not in request.environ
    assert request.environ["CONTENT_LENGTH"] == "0"


@pytest.mark.parametrize(
    ("message", "status"),
    [
        (b"GET / HTTP/2.0\r\n\r\n", 505),
        (b"CONNECT a:80 HTTP/1.1\r\n\r\n", 501),
        (HEAD + b"Host: y\r\n\r\n", 400),
        (HEAD + b"Content-Length: 3\r\nContent-Length: 4\r\n\r\n", 400),
        (HEAD + b"Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n", 400),
        (HEAD + b"Transfer-Encoding: gzip, chunked\r\n\r\n", 501),
        (b"GET /a#b HTTP/1.1\r\n\r\n", 400),
        (b"GET ftp://x/ HTTP/1.1\r\n\r\n", 400),
        (HEAD + b"A: b\r\n folded\r\n\r\n", 400),
        (b"\x16\x03\x01", 400),
        (b"nonsense\r\n", 400),
        (HEAD + b"Content-Length: 4097\r\n\r\n", 413),
        (HEAD + b"Transfer-Encoding: chunked\r\n\r\n1001\r\n" + b"x" * 4_097, 413),
        (HEAD + b"Transfer-Encoding: chunked\r\n\r\n" + b"1\r\nx\r\n" * 700, 413),
        (HEAD + b"Transfer-Encoding: chunked\r\n\r\n0\r\n" + b"A: b\r\n" * 700, 413),
        (HEAD + b"Content-Length:\r\n\r\n", 411),
        (HEAD + b"Content-Length\r\n\r\n", 411),
        (HEAD + b"Transfer-Encoding\r\n\r\n", 411),
        (b"POST / HTTP/1.0\r\n\r\n", 411),
        (HEAD + b"X: " + b"x" * 2_048, 413),
        (HEAD + b"X: 1\r\n" * 400, 413),
        (b"GET /" + b"x" * 2_048, 414),
    ],
)
def test_what_cannot_be_read_is_refused(message: bytes, status: int) -> None:
    assert refusal(message)[0] == status
    assert refusal(*(bytes([byte]) for byte in message))[0] == status


def test_a_request_that_says_nothing_of_a_body_has_none() -> None:
    assert only(HEAD + b"\r\n").is_whole
    for method in (b"GET", b"DELETE"):
        assert only(method + b" / HTTP/1.0\r\nContent-Length:\r\n\r\n").is_whole


def test_a_limit_is_named_with_its_setting() -> None:
    assert refusal(HEAD + b"Content-Length: 4097\r\n\r\n")[1] == (
        "the body has 4097 bytes; at most 4096 bytes go (MOCKPSP_BODY_BYTES)"
    )
    assert "2048 bytes (MOCKPSP_HEADER_BYTES)" in refusal(b"GET /" + b"x" * 2_048)[1]


def encoded(answer: messages.Answer, request: bytes, **options: Any) -> bytes:
    found = messages.encoded(answer, only(request), **{"keeps_alive": True, **options})
    return b"\r\n".join(line for line in found.split(b"\r\n") if not line.startswith((b"Date", b"Server")))


def test_an_answer_says_how_long_it_is_and_whether_the_connection_ends() -> None:
    answer: messages.Answer = ("200 OK", [("X", "1")], b"abc")

    assert encoded(answer, HEAD + b"\r\n") == b"HTTP/1.1 200 OK\r\nX: 1\r\nContent-Length: 3\r\n\r\nabc"
    assert b"\r\nConnection: close\r\n\r\nabc" in encoded(answer, HEAD + b"\r\n", keeps_alive=False)
    assert b"\r\nConnection: keep-alive\r\n\r\nabc" in encoded(answer, b"GET / HTTP/1.0\r\n\r\n")


def test_an_answer_to_head_or_without_content_has_no_body() -> None:
    answer: messages.Answer = ("200 OK", [("Content-Length", "3")], b"abc")

    assert encoded(answer, b"HEAD / HTTP/1.1\r\n\r\n") == b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\n"
    assert encoded(("204 NO CONTENT", [], b"abc"), HEAD + b"\r\n") == b"HTTP/1.1 204 NO CONTENT\r\n\r\n"
