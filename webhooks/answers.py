"""A receiver's answer, read from its connection as far as it matters: status, headers, the beginning of the body.

llhttp, the parser of Node, reads it for us (httptools): `http.client` reads a head by a parser for mail, which takes
longer than all else of an attempt. Nothing here knows sockets or time: the caller hands in what receives.
"""

from collections.abc import Callable

from httptools import HttpParserError, HttpParserUpgrade, HttpResponseParser

#: Bytes of a head, and lines of its headers, at most.
_HEAD_BYTES, _HEADER_LINES = 128 * 1024, 100
#: Interim answers, which another one follows; the one that changes protocols is an answer like others.
_INTERIM = frozenset(range(100, 200)) - {101}


class NotHttp(Exception):
    """What came is no answer."""


class CutShort(Exception):
    """The answer broke off where it said that more would come."""


class Answer:
    """What has come so far. `status_code` None: no whole head has; `body` is there once nothing more is to be read."""

    def __init__(self) -> None:
        self.status_code: int | None = None
        self.headers: list[tuple[str, str]] = []
        self.body = b""
        self._parts: list[bytes] = []
        self._is_whole = False
        #: Whether the body ends with the connection.
        self._is_open_ended = True

    def read(self, receive: Callable[[], bytes], limit: int) -> None:
        """Read all of it, so many bytes of the body at most. `receive` answers what has come next, b"" at the end.

        Raises ConnectionError where nothing came, NotHttp, CutShort, and what `receive` raises.
        """
        parser = self._parser = HttpResponseParser(self)
        # Small servers written by hand end their lines in LF alone; a header may go on in a line that begins with a
        # blank, which RFC 9112 5.2 wants of nobody and has every client read. Nobody stands behind us to be misled.
        parser.set_dangerous_leniencies(lenient_optional_cr_before_lf=True, lenient_headers=True)
        try:
            self._read(parser, receive, limit)
        finally:
            del self._parser  # which holds us: two objects less for the garbage collector to find
            self.body = b"".join(self._parts)[:limit]

    def _read(self, parser: HttpResponseParser, receive: Callable[[], bytes], limit: int) -> None:
        count = 0
        while not self._is_whole and sum(map(len, self._parts)) < limit:
            received = receive()
            if not received:
                self._end(count)
                return
            count += len(received)
            try:
                parser.feed_data(received)
            except HttpParserUpgrade:
                self._is_whole = True
            except HttpParserError:
                if not self._is_whole:  # what is said behind the end is nobody's business
                    raise NotHttp from None
            if self.status_code is None and count > _HEAD_BYTES:
                raise NotHttp

    def _end(self, count: int) -> None:
        """What it means that the connection ended after so many bytes."""
        if not count:
            raise ConnectionError
        if self.status_code is None or not self._is_open_ended:
            raise CutShort

    # What the parser calls.

    def on_header(self, name: bytes, value: bytes) -> None:
        """One header; those behind a body in chunks are left out."""
        if self.status_code is not None:
            return
        self.headers.append((name.decode("latin-1"), value.decode("latin-1")))
        if len(self.headers) > _HEADER_LINES:
            raise NotHttp
        if name.lower() == b"content-length" or (name.lower() == b"transfer-encoding" and b"chunked" in value.lower()):
            self._is_open_ended = False

    def on_headers_complete(self) -> None:
        """The head is whole: of this answer, of an interim one, or of something behind the end."""
        status_code = self._parser.get_status_code()
        if self.status_code is None and status_code not in _INTERIM:
            self.status_code = status_code

    def on_body(self, body: bytes) -> None:
        """A part of the body."""
        if not self._is_whole:
            self._parts.append(body)

    def on_message_complete(self) -> None:
        """The answer is whole; or an interim one, which is forgotten."""
        if self.status_code is None:
            self.headers, self._is_open_ended = [], True
        else:
            self._is_whole = True
