"""Answers of receivers, read as Python's own client reads them, whatever they hold and however they come."""

import io
import socket
from collections.abc import Iterator
from http.client import HTTPException, HTTPResponse, IncompleteRead
from typing import Any, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mockpsp.webhooks.answers import Answer, CutShort, NotHttp

#: As far as a body is read here: short, so that bodies end on both sides of it.
LIMIT = 40
#: Status, headers, body, and what went wrong.
Read = tuple[int | None, list[tuple[str, str]], bytes, str | None]

STATUS_LINES = (
    b"HTTP/1.1 200 OK\r\n",
    b"HTTP/1.1 204 No Content\r\n",
    b"HTTP/1.1 304 Not Modified\r\n",
    b"HTTP/1.1 503\r\n",
    b"HTTP/1.0 200 OK\n",
    b"HTTP/0.9 200 OK\r\n",
    b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 201 Created\r\n",
    b"HTTP/1.1 100 Continue\r\nX: y\r\n\r\nHTTP/1.1 100 Continue\n\nHTTP/1.1 500 Oh\r\n",
    b"HTTP/1.1 103 Early Hints\r\n",
    b"HTTP/2 200 OK\r\n",
    b"HTTP/1.1 99 Few\r\n",
    b"HTTP/1.1 1000 Many\r\n",
    b"HTTP/1.1 two OK\r\n",
    b"HTTP/1.1\r\n",
    b"  HTTP/1.1   200   OK\r\n",
    b"ICY 200 OK\r\n",
    b"\r\n",
    b"",
)
LINES = (
    b"Content-Type: text/plain\r\n",
    b"content-type:text/html\n",
    b"Content-Length: 5\r\n",
    b"Content-Length: 39\r\n",
    b"Content-Length: 41\r\n",
    b"Content-Length: 0\r\n",
    b"Content-Length: -1\r\n",
    b"Content-Length: many\r\n",
    b"CONTENT-LENGTH:7 \r\n",
    b"Transfer-Encoding: chunked\r\n",
    b"Transfer-Encoding: CHUNKED\n",
    b"Transfer-Encoding: identity\r\n",
    b"Retry-After: 120\r\n",
    b"X-Long: one\r\n two\r\n\tthree\r\n",
    b" goes on with nothing\r\n",
    b"X-Empty:\r\n",
    b"X-Blanks: \t a \t\r\n",
    b": nameless\r\n",
    b"No colon at all\r\n",
    b"Name : with a blank\r\n",
    b"From a mailbox\r\n",
    b"X-Latin: \xe9\xa0\r\n",
    b"X-Return: a\rb: c\r\n",
)
BODIES = (
    b"",
    b"ok",
    b"hello",
    b"x" * 39,
    b"x" * 41,
    b"2\r\nok\r\n0\r\n\r\n",
    b"2;kind=x\r\nok\r\n3\r\nabc\r\n0\r\nX: y\r\n\r\n",
    b"2\r\nok\r\n",
    b"2\r\nok\r\n0\r\n",
    b"29\r\n" + b"y" * 41 + b"\r\n0\r\n\r\n",
    b"28\r\n" + b"y" * 40 + b"\r\n0\r\n\r\n",
    b"zz\r\n",
    b"-5\r\nabc",
    b"9\r\nshort",
)


class _Whole:
    """Stands for a connection on which everything has come."""

    def __init__(self, answer: bytes) -> None:
        self._answer = answer

    def makefile(self, mode: str) -> io.BufferedReader:
        # As a socket's file: unlike one in memory it refuses to read less than nothing.
        return io.BufferedReader(cast(io.RawIOBase, io.BytesIO(self._answer)))


def by_python(answer: bytes) -> Read:
    """What `http.client` reads."""
    error: str | None = None
    status_code, headers, body = None, [], b""
    try:
        response = HTTPResponse(cast(socket.socket, _Whole(answer)), method="POST")
        response.begin()
        status_code, headers = response.status, response.getheaders()
        body = response.read(LIMIT)
        if response.length and len(body) < LIMIT:
            error = "cut short"
    except ConnectionError:
        error = "lost"
    except IncompleteRead:
        error = "cut short"
    except (HTTPException, ValueError):
        error = "not http"
    return status_code, headers, body, error


def by_us(pieces: Iterator[bytes]) -> Read:
    """The same, of what comes in these pieces."""
    answer, error = Answer(), None
    try:
        answer.read(lambda: next(pieces, b""), LIMIT)
    except ConnectionError:
        error = "lost"
    except CutShort:
        error = "cut short"
    except NotHttp:
        error = "not http"
    return answer.status_code, answer.headers, answer.body, error


@st.composite
def answers(draw: Any) -> bytes:
    """An answer that may be broken, and may break off."""
    lines = draw(st.lists(st.sampled_from(LINES), max_size=6))
    end = draw(st.sampled_from((b"\r\n", b"\n", b"")))
    parts = (draw(st.sampled_from(STATUS_LINES)), *lines, end, draw(st.sampled_from(BODIES)))
    whole = b"".join(parts)
    return whole if draw(st.booleans()) else whole[: draw(st.integers(0, len(whole)))]


@given(answers(), st.integers(1, 200))
def test_an_answer_is_read_as_python_reads_it(answer: bytes, size: int) -> None:
    pieces = (answer[start : start + size] for start in range(0, len(answer), size))

    assert by_us(pieces) == by_python(answer)


@pytest.mark.parametrize("count", [98, 99, 100, 101])
def test_as_many_headers_are_read_as_python_reads(count: int) -> None:
    answer = b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * count + b"Content-Length: 0\r\n\r\n"

    assert by_us(iter([answer])) == by_python(answer)


@pytest.mark.parametrize("length", [65_529, 65_531, 65_533, 65_535, 65_537, 80_000])
@pytest.mark.parametrize("before", [b"", b"HTTP/1.1 200 OK\r\n"], ids=["status", "header"])
def test_as_long_lines_are_read_as_python_reads(before: bytes, length: int) -> None:
    answer = before + (b"HTTP/1.1 200 " if not before else b"X: ").ljust(length, b"x") + b"\r\n\r\n"

    assert by_us(iter([answer])) == by_python(answer)
