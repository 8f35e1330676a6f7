"""A receiver's answer, read from its connection as far as it matters: status, headers, the beginning of the body.

It is as lenient as Python's `http.client`, whose reading of a head takes longer than all else of an attempt: lines may
end in LF alone, a head may end with the connection, a word that is no header ends the headers. A test holds the two
equal. Nothing here knows sockets or time: the caller hands in what receives.
"""

import io
import re
from collections.abc import Callable

#: The longest line, and how many lines the headers may have.
_LINE_BYTES, _HEADER_LINES = 65_536, 100
_LINE_ENDS = (b"\r\n", b"\n", b"")
#: What begins a header or goes on with one.
_HEADER = re.compile(r"[!-9;-~]*:|[\t ]|From ")
_CONTINUE = 100
#: Answers without a body, whatever they say.
_BODILESS = (204, 304)


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

    def read(self, receive: Callable[[], bytes], limit: int) -> None:
        """Read all of it, so many bytes of the body at most. `receive` answers what has come next, b"" at the end.

        Raises ConnectionError where nothing came, NotHttp, CutShort, and what `receive` raises.
        """
        stream = _Stream(receive)
        version, status_code = _status(stream)
        while status_code == _CONTINUE:
            _header_lines(stream)
            version, status_code = _status(stream)
        if not (version == "HTTP/0.9" or version.startswith("HTTP/1.")):
            raise NotHttp
        self.headers = _headers(_header_lines(stream))
        self.status_code = status_code
        if self._first("transfer-encoding").lower() == "chunked":
            self.body = _chunked(stream, limit)
            return
        length = 0 if status_code in _BODILESS or status_code < 200 else self._length()
        self.body = stream.take(limit if length is None else min(length, limit))
        if length is not None and len(self.body) < min(length, limit):
            raise CutShort

    def _first(self, name: str) -> str:
        return next((value for key, value in self.headers if key.lower() == name), "")

    def _length(self) -> int | None:
        """How long the body is; None: up to the end of the connection."""
        try:
            length = int(self._first("content-length"))
        except ValueError:
            return None
        return length if length >= 0 else None


class _Stream:
    """What comes, by lines and by numbers of bytes."""

    def __init__(self, receive: Callable[[], bytes]) -> None:
        self._receive = receive
        self._buffer = b""

    def line(self) -> bytes:
        """The next line with its end; without one, what is left at the end of all."""
        while (end := self._buffer.find(b"\n")) < 0 and len(self._buffer) <= _LINE_BYTES and self._has_more():
            pass
        size = len(self._buffer) if end < 0 else end + 1
        if size > _LINE_BYTES:
            raise NotHttp
        line, self._buffer = self._buffer[:size], self._buffer[size:]
        return line

    def take(self, size: int) -> bytes:
        """So many bytes, fewer at the end of all."""
        while len(self._buffer) < size and self._has_more():
            pass
        taken, self._buffer = self._buffer[:size], self._buffer[size:]
        return taken

    def _has_more(self) -> bool:
        received = self._receive()
        self._buffer += received
        return bool(received)


def _status(stream: _Stream) -> tuple[str, int]:
    """Version and status of the first line of an answer."""
    line = stream.line()
    if not line:
        raise ConnectionError
    version, *rest = line.decode("latin-1").split(None, 2)[:2] or [""]
    try:
        status_code = int(*rest)
    except ValueError:
        raise NotHttp from None
    if not rest or not version.startswith("HTTP/") or not 100 <= status_code <= 999:
        raise NotHttp
    return version, status_code


def _header_lines(stream: _Stream) -> list[bytes]:
    """The lines up to the empty one, which is left out."""
    lines: list[bytes] = []
    while (line := stream.line()) not in _LINE_ENDS:
        lines.append(line)
        if len(lines) >= _HEADER_LINES:
            raise NotHttp
    return lines


def _headers(lines: list[bytes]) -> list[tuple[str, str]]:
    """Names and values, in order; a value that goes on in further lines keeps their ends."""
    found: list[list[str]] = []
    # What a line goes on with; what a line without a name goes on with is nobody's.
    current: list[str] = []
    # A lone CR ends a line as well.
    for line in io.StringIO(b"".join(lines).decode("latin-1"), newline=""):
        if not _HEADER.match(line):
            break
        if line[0] in " \t":
            current.append(line)
        elif line.startswith((":", "From ")):
            current = []
        else:
            name, _, value = line.partition(":")
            current = [name, value.lstrip(" \t")]
            found.append(current)
    return [(name, "".join(values).rstrip("\r\n")) for name, *values in found]


def _chunked(stream: _Stream, limit: int) -> bytes:
    """The beginning of a body in chunks; to its end and past its trailers, if it is no longer."""
    chunks: list[bytes] = []
    while size := _chunk_size(stream.line()):
        wanted = min(size, limit)
        chunks.append(stream.take(wanted))
        limit -= wanted
        if len(chunks[-1]) < wanted:
            raise CutShort
        if not limit:
            return b"".join(chunks)
        if len(stream.take(2)) < 2:
            raise CutShort
    while stream.line() not in _LINE_ENDS:
        pass
    return b"".join(chunks)


def _chunk_size(line: bytes) -> int:
    try:
        size = int(line.partition(b";")[0], 16)
    except ValueError:
        raise CutShort from None
    if size < 0:
        raise NotHttp
    return size
