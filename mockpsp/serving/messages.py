"""One request from bytes to a WSGI environment, and its answer back to bytes; nothing here touches a socket.

A request is acted on when all of it has come, and only then. llhttp, the parser of Node, reads heads and chunks for us
(httptools): one parser a request, so that nothing of one is left for the next. What this file adds is the lines that
clients write in vain, the limits, and what a server says without asking the application.
"""

import json
import re
import sys
from collections.abc import Callable, Iterable, Iterator
from email.utils import formatdate
from functools import lru_cache
from http import HTTPStatus
from io import BytesIO
from typing import Any
from urllib.parse import unquote_to_bytes

from httptools import HttpParserError, HttpParserUpgrade, HttpRequestParser

from mockpsp import wallclock
from mockpsp.config import Settings

CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"

#: Header lines to leave out: a name alone and an empty length, which the PHP client hands to its library, and offers of
#: another protocol, which Java's client makes on every first request and after which llhttp would read no body.
_IN_VAIN = re.compile(rb"^(?:[A-Za-z0-9-]+|Content-Length:[ \t]*|Upgrade:[^\r\n]*)\r\n", re.IGNORECASE | re.MULTILINE)
#: Such a line about the body's length, which then has to be told by another.
_LENGTH_IN_VAIN = re.compile(rb"^(?:Content-Length|Transfer-Encoding)", re.IGNORECASE)
#: Methods that say what they are about in their address.
_BODILESS = frozenset({"GET", "HEAD", "DELETE", "OPTIONS"})
_ABSOLUTE = re.compile(r"https?://([^/?]+)(/[^?]*)?(\?.*)?", re.IGNORECASE)
_SLASH = re.compile("%2f", re.IGNORECASE)
_END = b"\r\n\r\n"

_TOO_MUCH = {HTTPStatus.REQUEST_ENTITY_TOO_LARGE, HTTPStatus.REQUEST_URI_TOO_LONG}
_WITHOUT_BODY = ("1", "204", "304")

#: A header with which the application says that its answer is made while it is sent.
_STREAMED = ("Transfer-Encoding", "chunked")


class Pieces:
    """The body of an answer that is made while it is sent, piece by piece."""

    def __init__(self, found: Iterable[bytes]) -> None:
        self._found = found
        self._rest = iter(found)

    def next_block(self) -> bytes:
        """The bytes of the next piece, or of the end of all."""
        piece = next((piece for piece in self._rest if piece), b"")
        return b"%x\r\n%b\r\n" % (len(piece), piece)

    def blocks(self) -> Iterator[bytes]:
        """All that there is, to the end."""
        try:
            while (block := self.next_block()) != LAST_BLOCK:
                yield block
        finally:
            self.close()
        yield LAST_BLOCK

    def close(self) -> None:
        """No more is wanted."""
        if hasattr(self._found, "close"):
            self._found.close()


#: How the last block of an answer in pieces looks.
LAST_BLOCK = b"0\r\n\r\n"
Answer = tuple[str, list[tuple[str, str]], bytes | Pieces]


class Refusal(Exception):
    """The server answers by itself and ends the connection, because of what the client sent or left out."""

    def __init__(self, status: HTTPStatus, message: str) -> None:
        super().__init__(message)
        self.status = status


class Incoming:
    """One request, from nothing to whole. `feed` it; act on it once `is_whole`."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._parser: HttpRequestParser | None = None
        self._target = b""
        self._has_head = False
        self._head_bytes = 0
        #: How long the body is; None when it comes in chunks.
        self._length: int | None = 0
        self._chunks: list[bytes] = []
        self._chunked_bytes = 0
        self._is_complete = False
        self._has_length_in_vain = False
        self._fault = ""
        #: What the head says, as WSGI names it.
        self.environ: dict[str, Any] = {}
        self.body = b""
        self.is_whole = False
        self.keeps_alive = False
        #: The client waits for a word before it sends the body.
        self.waits = False

    @property
    def has_head(self) -> bool:
        """True once the headers are all there."""
        return self._has_head

    @property
    def is_begun(self) -> bool:
        """True once something of it has been taken."""
        return self._parser is not None

    def feed(self, buffer: bytearray) -> None:
        """Take from the buffer's front what belongs to this request, and can be read yet. Raises `Refusal`."""
        try:
            if not self._has_head:
                self._feed_head(buffer)
            if self._has_head and not self.is_whole:
                self._feed_body(buffer)
        except HttpParserUpgrade:
            raise Refusal(HTTPStatus.NOT_IMPLEMENTED, "this is no proxy: CONNECT leads nowhere") from None
        except HttpParserError as error:
            raise Refusal(HTTPStatus.BAD_REQUEST, f"what came is not HTTP/1.1: {error}") from None

    def _feed_head(self, buffer: bytearray) -> None:
        if self._parser is None:
            while buffer.startswith(b"\r\n"):  # some clients end a body with a line too much
                del buffer[:2]
            if not buffer:
                return
        stop = self._whole_lines(buffer)
        if self._head_bytes + (stop or len(buffer)) > self._settings.header_bytes:
            raise self._too_long(buffer)
        if not stop:
            return
        block = bytes(buffer[:stop])
        del buffer[:stop]
        self._head_bytes += stop
        if self._parser is None:
            self._parser = HttpRequestParser(self)
            self._parser.feed_data(self._without_vain(block, block.find(b"\n") + 1))
        else:
            self._parser.feed_data(self._without_vain(block, 0))
        if self._has_head:
            self._read_head()
        elif self._head_bytes + len(buffer) > self._settings.header_bytes:
            raise self._too_long(buffer)

    def _without_vain(self, block: bytes, start: int) -> bytes:
        """The block without lines in vain, of those that begin from `start` on."""
        if _IN_VAIN.search(block, start) is None:  # as nearly always
            return block
        for found in _IN_VAIN.finditer(block, start):
            self._has_length_in_vain |= _LENGTH_IN_VAIN.match(found.group()) is not None
        return block[:start] + _IN_VAIN.sub(b"", block[start:])

    def _whole_lines(self, buffer: bytearray) -> int:
        """How many bytes to read: to the head's end, or to the end of its last whole line."""
        if buffer.startswith(b"\r\n"):
            return 2
        end = buffer.find(_END)
        if end >= 0:
            return end + len(_END)
        if self._parser is None and not buffer[:1].isalpha():
            return len(buffer)  # no request begins like this: why wait for the line's end to say so
        return buffer.rfind(b"\n") + 1

    def _too_long(self, buffer: bytearray) -> Refusal:
        limit = self._settings.header_bytes
        if not self._target and not 0 <= buffer.find(b"\n") < limit:
            message = f"the request's first line is longer than {limit} bytes (MOCKPSP_HEADER_BYTES)"
            return Refusal(HTTPStatus.REQUEST_URI_TOO_LONG, message)
        message = f"the request's headers are longer than {limit} bytes (MOCKPSP_HEADER_BYTES)"
        return Refusal(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, message)

    # What the parser calls.

    def on_url(self, url: bytes) -> None:
        """A part of the target."""
        self._target += url

    def on_header(self, name: bytes, value: bytes) -> None:
        """A header; what follows the last chunk comes here as well, and says nothing to us."""
        key = _environ_key(name)
        if not key or self._has_head:
            return
        text = value.decode("latin-1").strip()
        before = self.environ.get(key)
        if before is None:
            self.environ[key] = text
        elif key == "HTTP_HOST":
            self._fault = "there are two Host headers"
        else:
            self.environ[key] = f"{before}; {text}" if key == "HTTP_COOKIE" else f"{before}, {text}"

    def on_headers_complete(self) -> None:
        """The head is over; only now does the parser know whether the connection stays open."""
        assert self._parser is not None
        self._has_head = True
        self.keeps_alive = self._parser.should_keep_alive()

    def on_body(self, block: bytes) -> None:
        """A part of the body."""
        self._chunks.append(block)

    def on_message_complete(self) -> None:
        """The last chunk has come."""
        self._is_complete = True

    # The head's meaning.

    def _read_head(self) -> None:
        assert self._parser is not None
        version = self._parser.get_http_version()
        if version not in ("1.0", "1.1"):
            status = HTTPStatus.BAD_REQUEST if version == "0.9" else HTTPStatus.HTTP_VERSION_NOT_SUPPORTED
            raise Refusal(status, f"HTTP/{version} is not spoken here, HTTP/1.1 is")
        if self._fault:
            raise Refusal(HTTPStatus.BAD_REQUEST, self._fault)
        self.environ["REQUEST_METHOD"] = self._parser.get_method().decode("latin-1")
        self.environ["SERVER_PROTOCOL"] = f"HTTP/{version}"
        self._read_target()
        self._read_length()
        self.waits = (
            version == "1.1" and self._length != 0 and self.environ.pop("HTTP_EXPECT", "").lower() == "100-continue"
        )

    def _read_target(self) -> None:
        target = self._target.decode("latin-1")
        path, _, query = target.partition("?")
        if not target.startswith("/") and target != "*":
            absolute = _ABSOLUTE.fullmatch(target)
            if absolute is None:
                raise Refusal(HTTPStatus.BAD_REQUEST, f"the target {target[:100]!r} is neither a path nor an http URL")
            # Where the target names a host, that is the one meant, whatever the Host header says.
            self.environ["HTTP_HOST"], path, query = absolute[1], absolute[2] or "/", (absolute[3] or "?")[1:]
        if "#" in target:
            raise Refusal(HTTPStatus.BAD_REQUEST, "the target holds a fragment (#), which stays with the client")
        if "%" in path:  # an encoded slash stays one: it belongs to a name, and parts none
            path = "%2F".join(unquote_to_bytes(part).decode("latin-1") for part in _SLASH.split(path))
        self.environ.update(REQUEST_URI=target, PATH_INFO=path, QUERY_STRING=query)

    def _read_length(self) -> None:
        coding = self.environ.pop("HTTP_TRANSFER_ENCODING", "").lower()
        if coding == "chunked":
            self._length = None
        elif coding:
            message = f"the transfer coding {coding[:100]!r} is not read here, chunked alone is"
            raise Refusal(HTTPStatus.NOT_IMPLEMENTED, message)
        else:
            if "CONTENT_LENGTH" not in self.environ and self.environ["REQUEST_METHOD"] not in _BODILESS:
                self._guard_length()
            self._length = int(self.environ.get("CONTENT_LENGTH", "0"))
            if self._length > self._settings.body_bytes:
                raise self._too_much(f"has {self._length} bytes")

    def _guard_length(self) -> None:
        """Without a length there is no body, unless one began to be said, or in HTTP/1.0, which wants it said."""
        if self._has_length_in_vain or self.environ["SERVER_PROTOCOL"] == "HTTP/1.0":
            message = "the request doesn't say how long its body is (Content-Length); nothing was done"
            raise Refusal(HTTPStatus.LENGTH_REQUIRED, message)

    # The body.

    def _feed_body(self, buffer: bytearray) -> None:
        if self._length is None:
            self._feed_chunks(buffer)
        elif len(buffer) >= self._length:
            self.body = bytes(buffer[: self._length])
            del buffer[: self._length]
            self._finish()

    def _feed_chunks(self, buffer: bytearray) -> None:
        """Read up to each empty line and see whether it was the end: behind it may be another request."""
        assert self._parser is not None
        while not self._is_complete:
            end = buffer.find(_END)
            # Without an empty line the last three bytes may be the beginning of one.
            stop = len(buffer) - len(_END) + 1 if end < 0 else end + len(_END)
            if stop <= 0:
                return
            self._chunked_bytes += stop
            if self._chunked_bytes > self._settings.body_bytes:
                raise self._too_much("has more")
            self._parser.feed_data(bytes(buffer[:stop]))
            del buffer[:stop]
        self.body = b"".join(self._chunks)
        self.environ["CONTENT_LENGTH"] = str(len(self.body))
        self._finish()

    def _too_much(self, has: str) -> Refusal:
        message = f"the body {has}; at most {self._settings.body_bytes} bytes go (MOCKPSP_BODY_BYTES)"
        return Refusal(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, message)

    def _finish(self) -> None:
        self.is_whole = True
        self._parser = None  # which holds us: two objects less for the garbage collector to find


@lru_cache(512)
def _environ_key(name: bytes) -> str:
    """`X-Request-Id` is HTTP_X_REQUEST_ID. Nothing for a name with an underscore, which could pass for another one."""
    if b"_" in name:
        return ""
    key = name.decode("latin-1").upper().replace("-", "_")
    return key if key in ("CONTENT_TYPE", "CONTENT_LENGTH") else f"HTTP_{key}"


def call(
    app: Callable[..., Iterable[bytes]], base: dict[str, Any], request: Incoming, *, may_stream: bool = False
) -> Answer:
    """What the application answers: status, headers and the whole body; or the pieces of one, for who can take them."""
    environ = base | request.environ
    environ["wsgi.input"] = BytesIO(request.body)
    environ["wsgi.errors"] = sys.stderr
    parts: list[bytes] = []
    started: list[tuple[str, list[tuple[str, str]]]] = []

    def start_response(status: str, headers: list[tuple[str, str]], _: Any = None) -> Callable[[bytes], None]:
        started[:] = [(status, headers)]
        return parts.append

    found = app(environ, start_response)
    status, headers = started[0]
    if _STREAMED in headers:
        is_wanted = request.environ["SERVER_PROTOCOL"] != "HTTP/1.0" and request.environ["REQUEST_METHOD"] != "HEAD"
        if may_stream and is_wanted:
            return status, headers, Pieces(found)
        headers = [header for header in headers if header != _STREAMED]
    try:
        parts.extend(found)
    finally:
        if hasattr(found, "close"):
            found.close()
    return status, headers, b"".join(parts)


def encoded(answer: Answer, request: Incoming, *, keeps_alive: bool) -> bytes:
    """An answer's bytes; of one in pieces, what goes before them."""
    status, headers, body = answer
    lines, names = [f"HTTP/1.1 {status}"], []
    for name, value in headers:
        lines.append(f"{name}: {value}")
        names.append(name.lower())
    if status.startswith(_WITHOUT_BODY):
        body = b""
    elif not isinstance(body, Pieces) and "content-length" not in names:
        lines.append(f"Content-Length: {len(body)}")
    if "date" not in names:
        lines.append(f"Date: {_date(wallclock.now_s())}")
    if not keeps_alive:
        lines.append("Connection: close")
    elif request.environ["SERVER_PROTOCOL"] == "HTTP/1.0":
        lines.append("Connection: keep-alive")
    head = "\r\n".join([*lines, "Server: mockpsp", "", ""]).encode("latin-1")
    return head if isinstance(body, Pieces) or request.environ["REQUEST_METHOD"] == "HEAD" else head + body


@lru_cache(1)
def _date(second: int) -> str:
    return formatdate(second, usegmt=True)


def refused(refusal: Refusal) -> bytes:
    """What is answered without the application: the API's error envelope, and the connection ends."""
    status = refusal.status
    error_type = "request.too-much" if status in _TOO_MUCH else "request.bad-format"
    if status == HTTPStatus.INTERNAL_SERVER_ERROR:
        error_type = "gateway-internal-error"
    body = json.dumps({"success": False, "error_type": error_type, "message": str(refusal)}).encode()
    head = (
        f"HTTP/1.1 {status.value} {status.phrase}\r\nContent-Type: application/json\r\n"
        f"Content-Length: {len(body)}\r\nConnection: close\r\n\r\n"
    )
    return head.encode("latin-1") + body
