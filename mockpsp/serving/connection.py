"""How the server reads and writes one connection: cheroot's parser on plain buffers, with the API's error envelope.

cheroot reads and writes through the standard library's pure Python streams and sends headers and body apart; the two
small buffers here answer a tenth to a fifth more captures a second (eight connections). What is refused before the
application sees it (a malformed request line, headers or a body over the limit) gets the same JSON envelope as any
other refusal.
"""

import contextlib
import json
import re
import socket
import ssl
import struct
from http import HTTPStatus
from typing import Any

from cheroot.errors import MaxSizeExceeded
from cheroot.makefile import MakeFile
from cheroot.server import HeaderReader, HTTPConnection, HTTPRequest
from cheroot.wsgi import Gateway_10

from mockpsp import wallclock

#: Where a request finds its `Connection`.
ENVIRON_KEY = "mockpsp.connection"

#: More than the 16 KiB of a TLS record: none is left half read inside the socket, where `select` would not see it.
_READ_BYTES = 65_536
#: How a client that speaks TLS begins.
_TLS_HANDSHAKE = b"\x16"
_LINE_BYTES = 1_024
#: A header line without a colon and a value.
_NAME_ALONE = re.compile(rb"[A-Za-z0-9-]+\r\n")
_CHUNK_SIZE = re.compile(rb"[0-9A-Fa-f]{1,15}")
#: What a client may still send after a refusal, so that it reads our answer instead of a broken pipe.
_DRAIN_BYTES = 64 * 1024 * 1024
_DRAIN_MS = 2_000

_TOO_MUCH = {HTTPStatus.REQUEST_ENTITY_TOO_LARGE, HTTPStatus.REQUEST_URI_TOO_LONG}


class Reader:
    """A socket's incoming bytes, by lines and by counts."""

    def __init__(self, sock: socket.socket) -> None:
        self._sock = sock
        self._buffer = b""
        self._at = 0
        self.closed = False
        #: Kept for cheroot's statistics, which stay off.
        self.bytes_read = 0

    def has_data(self) -> bool:
        """True when a next request's bytes have been read already."""
        return self._at < len(self._buffer)

    def readline(self, size: int = -1) -> bytes:
        """One line with its end; cut at `size` bytes, or where the stream ends."""
        searched = self._at
        while True:
            end = self._buffer.find(b"\n", searched) + 1 or None
            if end is None and (size < 0 or len(self._buffer) - self._at < size):
                searched = len(self._buffer) - self._at
                if self._fill():
                    continue
            return self._take(end, size)

    def read(self, size: int = -1) -> bytes:
        """`size` bytes, fewer only where the stream ends; everything when `size` is negative."""
        while (size < 0 or len(self._buffer) - self._at < size) and self._fill():
            pass
        return self._take(None, size)

    def unread(self, block: bytes) -> None:
        """Put bytes in front of what comes next."""
        self._buffer = block + self._buffer[self._at :]
        self._at = 0

    def close(self) -> None:
        """The socket is closed by the connection; nothing more is read."""
        self.closed = True

    def _fill(self) -> bool:
        received = self._sock.recv(_READ_BYTES)
        self._buffer = self._buffer[self._at :] + received
        self._at = 0
        return bool(received)

    def _take(self, end: int | None, size: int) -> bytes:
        stop = len(self._buffer) if end is None else end
        if size >= 0:
            stop = min(stop, self._at + size)
        taken = self._buffer[self._at : stop]
        self._at = stop
        return taken


def read_chunks(reader: Reader, limit_bytes: int) -> bytes:
    """A chunked body, whole; trailers are dropped. Raises `MaxSizeExceeded`, or `ValueError` for what is not chunks."""
    blocks: list[bytes] = []
    used = 0
    while True:
        line = reader.readline(_LINE_BYTES)
        size_text = line.strip().partition(b";")[0]
        if not _CHUNK_SIZE.fullmatch(size_text):
            raise ValueError(f"Malformed chunk size {size_text[:20]!r}.")
        size = int(size_text, 16)
        used += size + len(line)
        if used > limit_bytes:
            raise MaxSizeExceeded
        if size == 0:
            break
        blocks.append(reader.read(size))
        if reader.read(2) != b"\r\n":
            raise ValueError("A chunk does not end where its size says.")
    while reader.readline(_LINE_BYTES).strip():
        used += _LINE_BYTES
        if used > limit_bytes:
            raise MaxSizeExceeded
    return b"".join(blocks)


class Writer:
    """A socket's outgoing bytes; the headers wait for the first part of the body, so both leave in one packet."""

    def __init__(self, sock: socket.socket) -> None:
        self._sock = sock
        self._held = b""
        #: The connection was cut: what is still written goes nowhere.
        self.is_cut = False
        #: The next write is a block of headers.
        self.holds_next = False
        #: Kept for cheroot's statistics, which stay off.
        self.bytes_written = 0

    def write(self, block: bytes) -> None:
        """Send a block after what was held; or hold it."""
        if self.holds_next:
            self.holds_next = False
            self._held = block
            return
        self._send(self._held + block)

    def flush(self) -> None:
        """Send headers that no body followed."""
        if self._held:
            self._send(self._held)

    def _send(self, block: bytes) -> None:
        self._held = b""
        if not self.is_cut:
            self._sock.sendall(block)


class _Lines:
    """Lines as they come, the last one kept."""

    def __init__(self, source: Any) -> None:
        self._source = source
        self.last = b""

    def readline(self) -> bytes:
        """The next line."""
        self.last = self._source.readline()
        return self.last


class HeaderLines(HeaderReader):
    """Reads a request's headers as leniently as its senders write them.

    A line that is a name alone says nothing, and an empty length neither: the PHP client hands both to its library.
    """

    def __call__(self, rfile: Any, hdict: dict[bytes, bytes] | None = None) -> dict[bytes, bytes]:
        """The headers by name. Raises `ValueError` for lines that make no sense."""
        found = {} if hdict is None else hdict
        lines = _Lines(rfile)
        is_read = False
        while not is_read:
            try:
                super().__call__(lines, found)
                is_read = True
            except ValueError:
                if not _NAME_ALONE.fullmatch(lines.last):
                    raise
        if found.get(b"Content-Length") == b"":
            del found[b"Content-Length"]
        return found


class Request(HTTPRequest):
    """One request and its answer."""

    header_reader = HeaderLines()

    def read_request_headers(self) -> bool:
        """Refuses, beside what cheroot refuses, a length that is not plain digits: -5 would read until the end."""
        if not super().read_request_headers():  # type: ignore[no-untyped-call]
            return False
        if not self.inheaders.get(b"Content-Length", b"0").isdigit():
            self.simple_response("400 Bad Request", "Malformed Content-Length Header.")
            return False
        return True

    def respond(self) -> None:
        """Answer. A body in chunks is put together first, so that the application meets only bodies of known length."""
        if self.chunked_read and not self._join_chunks():
            return
        super().respond()
        self.conn.wfile.flush()
        self.conn.has_unread = self.close_connection and self.rfile.remaining > 0

    def _join_chunks(self) -> bool:
        try:
            body = read_chunks(self.conn.rfile, self.server.max_request_body_size)
        except MaxSizeExceeded:
            self.simple_response("413 Request Entity Too Large", "The body is longer than is allowed.")
            return False
        except ValueError as error:
            self.simple_response("400 Bad Request", str(error))
            return False
        self.conn.rfile.unread(body)
        self.chunked_read = False
        del self.inheaders[b"Transfer-Encoding"]
        self.inheaders[b"Content-Length"] = b"%d" % len(body)
        return True

    def send_headers(self) -> None:
        """Hand the headers to the writer, which holds them for the body."""
        self.conn.wfile.holds_next = True
        super().send_headers()

    def simple_response(self, status: str, msg: str = "") -> None:
        """What is answered without the application: the API's error envelope, and the connection ends."""
        number = int(status[:3])
        error_type = "request.too-much" if number in _TOO_MUCH else "request.bad-format"
        if number >= HTTPStatus.INTERNAL_SERVER_ERROR:
            error_type = "gateway-internal-error"
        body = json.dumps({"success": False, "error_type": error_type, "message": msg or status[4:]}).encode()
        head = (
            f"{self.server.protocol} {status}\r\nContent-Type: application/json\r\n"
            f"Content-Length: {len(body)}\r\nConnection: close\r\n\r\n"
        )
        self.close_connection = True
        self.conn.has_unread = True
        self.conn.wfile.holds_next = False
        self.conn.wfile.write(head.encode("latin-1") + body)


class Tls:
    """What cheroot asks of TLS. It changes nothing: `Connection` shakes hands, in a thread of its own.

    cheroot would in the thread that accepts, where a client that connects and stays silent keeps out all others.
    """

    makefile = staticmethod(MakeFile)

    def __init__(self, context: ssl.SSLContext) -> None:
        self.context = context

    def bind(self, sock: socket.socket) -> socket.socket:
        """The listening socket as it is."""
        return sock

    def wrap(self, sock: socket.socket) -> tuple[socket.socket, dict[str, str]]:
        """The accepted socket as it is, and nothing for the environment."""
        return sock, {}


class Connection(HTTPConnection):
    """One client's connection, kept open between requests."""

    RequestHandlerClass = Request

    def __init__(self, server: Any, sock: socket.socket, makefile: Any) -> None:
        super().__init__(server, sock, makefile)
        self.rfile = Reader(sock)
        self.wfile = Writer(sock)
        #: The client may still be sending a body that was refused.
        self.has_unread = False
        self._needs_handshake = server.ssl_adapter is not None

    def communicate(self) -> bool:
        """Answer one request; True when the connection stays open for the next."""
        try:
            if self._needs_handshake and not self._shake_hands():
                return False
            stays_open = super().communicate()  # type: ignore[no-untyped-call]
        except OSError:  # what TLS finds wrong it also finds when the answer to that is written
            return False
        return bool(stays_open) and not self.wfile.is_cut

    def cut(self, *, sends: bytes = b"", resets: bool = False) -> None:
        """End the connection in the middle of a request, after these bytes; a reset may take even those back."""
        self.wfile.is_cut = True
        self.socket.sendall(sends)
        if resets:
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            self.socket.close()
        else:
            self.socket.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        """End the connection, after letting a client finish sending what was refused: within two seconds."""
        if self.has_unread:
            self._drain()
        # An error here would end the thread, and with it the server. The socket may be gone already.
        with contextlib.suppress(OSError):
            super().close()

    def _shake_hands(self) -> bool:
        """Begin TLS; False when the client does not, after telling one that speaks plain HTTP."""
        first = self.socket.recv(1, socket.MSG_PEEK)
        if first and first != _TLS_HANDSHAKE:
            request = self.RequestHandlerClass(self.server, self)
            request.simple_response(
                "400 Bad Request", "This port speaks https only, and the request came as plain http."
            )
            return False
        self.socket = self.server.ssl_adapter.context.wrap_socket(self.socket, server_side=True)
        self.rfile, self.wfile = Reader(self.socket), Writer(self.socket)
        self._needs_handshake = False
        return True

    def _drain(self) -> None:
        # Closing a socket with unread bytes resets it, and the client may lose the answer that says why.
        deadline_ms = wallclock.stopwatch_ms() + _DRAIN_MS
        left = _DRAIN_BYTES
        try:
            self.socket.shutdown(socket.SHUT_WR)
            while left > 0 and (wait_ms := deadline_ms - wallclock.stopwatch_ms()) > 0:
                self.socket.settimeout(wait_ms / 1000)
                received = self.socket.recv(_READ_BYTES)
                if not received:
                    return
                left -= len(received)
        except OSError:
            return


class Gateway(Gateway_10):
    """A request as WSGI, with its connection in reach."""

    def get_environ(self) -> dict[str, Any]:  # type: ignore[override]
        """The WSGI environment, and the connection under `ENVIRON_KEY`."""
        environ: dict[str, Any] = super().get_environ()  # type: ignore[no-untyped-call]
        environ[ENVIRON_KEY] = self.req.conn
        return environ
