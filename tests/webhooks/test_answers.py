"""Answers of receivers: read as Python's own client reads them, however they come, and never anything but told."""

import io
import socket
from http.client import HTTPResponse
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
    "HTTP/1.1 200 OK",
    "HTTP/1.1 204 No Content",
    "HTTP/1.1 304 Not Modified",
    "HTTP/1.1 503 ",
    "HTTP/1.1 429",
    "HTTP/1.0 200 OK",
    "HTTP/1.1 100 Continue{end}{end}HTTP/1.1 201 Created",
    "HTTP/1.1 100 Continue{end}X: y{end}{end}HTTP/1.1 100 Continue{end}{end}HTTP/1.1 500 Oh",
)
HEADERS = (
    "Content-Type: text/plain",
    "x-small:a",
    "Retry-After: 120",
    "X-Blanks: \t a",
    "X-Latin: \xe9\xa0",
    "X-Empty:",
)
#: Header and body that belong together.
BODIES = (
    ("Content-Length: 0", ""),
    ("content-length: 5", "hello"),
    ("Content-Length: 39", "x" * 39),
    ("Content-Length: 41", "x" * 41),
    ("Connection: close", "until the end"),
    ("Transfer-Encoding: identity", "until the end"),
    ("Transfer-Encoding: chunked", "2\r\nok\r\n0\r\n\r\n"),
    ("transfer-encoding: CHUNKED", "2;kind=x\r\nok\r\n3\r\nabc\r\n0\r\nX: y\r\n\r\n"),
    ("Transfer-Encoding: chunked", "29\r\n" + "y" * 41 + "\r\n0\r\n\r\n"),
)


class _Whole:
    """Stands for a connection on which everything has come."""

    def __init__(self, answer: bytes) -> None:
        self._answer = answer

    def makefile(self, mode: str) -> io.BufferedReader:
        return io.BufferedReader(cast(io.RawIOBase, io.BytesIO(self._answer)))


def by_python(answer: bytes) -> Read:
    """What `http.client` reads."""
    response = HTTPResponse(cast(socket.socket, _Whole(answer)), method="POST")
    response.begin()
    return response.status, response.getheaders(), response.read(LIMIT), None


def by_us(answer: bytes, size: int = 1_000_000) -> Read:
    """The same, of what comes in pieces of a size."""
    pieces = (answer[start : start + size] for start in range(0, len(answer), size))
    found, error = Answer(), None
    try:
        found.read(lambda: next(pieces, b""), LIMIT)
    except ConnectionError:
        error = "lost"
    except CutShort:
        error = "cut short"
    except NotHttp:
        error = "not http"
    return found.status_code, found.headers, found.body, error


@st.composite
def answers(draw: Any) -> bytes:
    """An answer as servers write them, with lines that end in LF alone among them."""
    end = draw(st.sampled_from(("\r\n", "\n")))
    status_line = draw(st.sampled_from(STATUS_LINES)).format(end=end)
    header, body = draw(st.sampled_from(BODIES))
    if " 204 " in status_line or " 304 " in status_line:
        header, body = BODIES[0]
    lines = [status_line, *draw(st.lists(st.sampled_from(HEADERS), max_size=4)), header, "", ""]
    return (end.join(lines) + body).encode("latin-1")


@given(answers(), st.integers(1, 200))
def test_an_answer_is_read_as_python_reads_it_whatever_pieces_it_comes_in(answer: bytes, size: int) -> None:
    assert by_us(answer, size) == by_python(answer)


@given(answers(), st.integers(1, 200), st.data())
def test_a_broken_answer_is_told_whatever_pieces_it_comes_in(answer: bytes, size: int, data: Any) -> None:
    place = data.draw(st.integers(0, len(answer)))
    broken = answer[:place] + data.draw(st.sampled_from((b"", b"\0", b"\r", b" ", b"x"))) + answer[place + 1 :]
    broken = broken[: data.draw(st.integers(0, len(broken)))]

    assert by_us(broken, size)[::3] == by_us(broken)[::3]


@pytest.mark.parametrize(
    ("answer", "status_code", "body", "error"),
    [
        (b"", None, b"", "lost"),
        (b"nonsense\r\n\r\n", None, b"", "not http"),
        (b"HTTP/2 200 OK\r\n\r\n", None, b"", "not http"),
        (b"HTTP/1.1 two OK\r\n\r\n", None, b"", "not http"),
        (b"HTTP/1.1 200 OK\r\nX: y", None, b"", "cut short"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: many\r\n\r\n", None, b"", "not http"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nshort", 200, b"short", "cut short"),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n", 200, b"ok", "cut short"),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\nzz\r\n", 200, b"ok", "not http"),
        (b"HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\nHTTP/1.1 202 OK\r\nContent-Length: 0\r\n\r\n", 202, b"", None),
        (b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: Upgrade\r\n\r\nabc", 101, b"", None),
        (b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\nok and more", 200, b"ok", None),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nokHTTP/1.1 500 Oh\r\n\r\n", 200, b"ok", None),
        (b"HTTP/1.1 200 OK\r\nX: one\r\n two\r\nContent-Length: 2\r\n\r\nok", 200, b"ok", None),
        (b"HTTP/1.1 200 OK\nX: one\n\ttwo\nContent-Length: 2\n\nok", 200, b"ok", None),
        (b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 101 + b"\r\n", None, b"", "not http"),
        (b"HTTP/1.1 200 OK\r\nX: ".ljust(200_000, b"x") + b"\r\n\r\n", None, b"", "not http"),
    ],
)
@pytest.mark.parametrize("size", [1, 16_384])
def test_what_came_is_told(size: int, answer: bytes, status_code: int | None, body: bytes, error: str | None) -> None:
    found = by_us(answer, size)

    assert (found[0], found[2], found[3]) == (status_code, body, error)
