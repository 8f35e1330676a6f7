"""One POST over one connection, within one deadline, whatever the receiver does.

A client library's time-outs start anew with every byte, so a receiver that drips its answer could hold an attempt
for hours. Here each step gets what is left of the attempt's time. A connection is used once: kept open, it would
block a receiver that serves one connection at a time. Redirects and proxies are not followed.
The stopwatch below measures spans only; no stored moment comes from it.
"""

import io
import socket
import ssl
import threading
from collections.abc import Mapping, Sequence
from http.client import HTTPException, HTTPResponse, IncompleteRead
from time import monotonic
from typing import Any, NamedTuple, cast

from mockpsp.webhooks.targets import Target

#: How much of an answer is read: only its status matters, the rest lets the receiver finish.
_ANSWER_LIMIT = 64 * 1024
#: How much of it is kept, and how much of its headers.
_BODY_KEPT, _HEADERS_KEPT = 4096, 2048
#: Headers that decide when to try again: kept however many others there are.
_HEADERS_READ = ("retry-after", "date")
#: In how many pieces a body goes out that is to be slow.
_PIECES = 8
#: `localhost` is loopback by definition, whatever a resolver says.
_ADDRESSES_BY_NAME = {"localhost": ("127.0.0.1", "::1")}

#: What went wrong, in words; the first match counts. To add a row: put it above its base class.
_ERRORS: tuple[tuple[type[Exception], str], ...] = (
    (TimeoutError, "timed out"),
    (ConnectionRefusedError, "connection refused"),
    (ConnectionError, "connection lost"),
    (socket.gaierror, "host not found"),
    (ssl.SSLError, "tls failed"),
    (OSError, "connection failed"),
    (IncompleteRead, "answer cut short"),
    (HTTPException, "answer is not http"),
    (ValueError, "answer is not http"),  # http.client lets some broken lengths through to the file object
)


class Reply(NamedTuple):
    """What came back: a status, an error, or both when the answer broke off. `took_ms` is real time.

    `body` and `headers` are the beginning of what was answered, as text.
    """

    status_code: int | None
    error: str | None
    took_ms: int
    body: str = ""
    headers: str = ""


class Session:
    """What attempts share: TLS trust, loaded when the first https receiver is met. Usable from many threads."""

    def __init__(self) -> None:
        self._tls: ssl.SSLContext | None = None

    def tls(self) -> ssl.SSLContext:
        """The TLS settings; two threads meeting here at once may each load them, which is harmless."""
        if self._tls is None:
            self._tls = ssl.create_default_context()
        return self._tls


def send(
    session: Session,
    target: Target,
    headers: Mapping[str, str],
    body: bytes,
    *,
    timeout_s: float,
    slow_s: float = 0.0,
) -> Reply:
    """POST the body; the reply is there within `timeout_s`, and no failure of the network escapes.

    With `slow_s` the body goes out in pieces, the last of them after so many seconds.
    Looking up a name other than `localhost` takes as long as the system's resolver takes.
    """
    stopwatch = _Stopwatch(timeout_s)
    status_code: int | None = None
    error: str | None = None
    answered, shown_headers = b"", ""
    try:
        with _connect(session, target, stopwatch) as wire:
            wire.settimeout(stopwatch.left_s())
            head = _head(target, headers, body)
            if slow_s:
                wire.sendall(head)
                _drip(wire, body, slow_s, stopwatch)
            else:
                wire.sendall(head + body)
            # HTTPResponse asks its socket for a file and for nothing else.
            response = HTTPResponse(cast(socket.socket, _TimedReader(wire, stopwatch)), method="POST")
            with response:
                response.begin()
                status_code = response.status
                shown_headers = _shown(response.getheaders())
                answered, error = _drain(response)
    except tuple(kind for kind, _ in _ERRORS) as failure:
        error = next(text for kind, text in _ERRORS if isinstance(failure, kind))
    shown = answered[:_BODY_KEPT].decode("utf-8", "replace")
    return Reply(status_code, error, stopwatch.elapsed_ms(), _clean(shown), _clean(shown_headers[:_HEADERS_KEPT]))


def _shown(headers: Sequence[tuple[str, str]]) -> str:
    """As many headers as are kept, a line each, those that are read first where there are too many."""
    lines = [f"{name}: {value}" for name, value in headers]
    if sum(map(len, lines)) + len(lines) > _HEADERS_KEPT:
        lines.sort(key=lambda line: not line.lower().startswith(tuple(f"{name}:" for name in _HEADERS_READ)))
    return "\n".join(lines)


def _drain(response: HTTPResponse) -> tuple[bytes, str | None]:
    """Read the answer to its end or the limit; says so when it ended early."""
    read = response.read(_ANSWER_LIMIT)
    is_cut_short = bool(response.length) and len(read) < _ANSWER_LIMIT
    return read, "answer cut short" if is_cut_short else None


def _clean(text: str) -> str:
    """Without what neither JSON's readers nor SQLite's take in a text."""
    return text.replace("\0", "\N{REPLACEMENT CHARACTER}").encode("utf-8", "replace").decode()


def _drip(wire: socket.socket, body: bytes, slow_s: float, stopwatch: "_Stopwatch") -> None:
    """Send the body in pieces with pauses between them; a receiver that hangs up ends that."""
    never = threading.Event()
    size = -(-len(body) // _PIECES) or 1
    pieces = [body[start : start + size] for start in range(0, len(body), size)]
    for place, piece in enumerate(pieces):
        if place:
            never.wait(slow_s / (len(pieces) - 1))
        wire.settimeout(stopwatch.left_s())
        wire.sendall(piece)


def _head(target: Target, headers: Mapping[str, str], body: bytes) -> bytes:
    lines = [f"POST {target.path} HTTP/1.1", f"Host: {target.host_header}"]
    if target.authorization is not None:
        lines.append(f"Authorization: {target.authorization}")
    lines += [f"{name}: {value}" for name, value in headers.items()]
    lines += [f"Content-Length: {len(body)}", "Connection: close", "", ""]
    return "\r\n".join(lines).encode("ascii")


def _connect(session: Session, target: Target, stopwatch: "_Stopwatch") -> socket.socket:
    """A connected socket, in TLS for https; of several addresses the first that answers, or the first failure."""
    failures: list[OSError] = []
    for host in _ADDRESSES_BY_NAME.get(target.host, (target.host,)):
        try:
            found = socket.getaddrinfo(host, target.port, type=socket.SOCK_STREAM)
        except OSError as error:
            failures.append(error)
            continue
        for family, kind, protocol, _, address in found:
            try:
                return _open(session, target, stopwatch, (family, kind, protocol), address)
            except TimeoutError:
                raise
            except OSError as error:
                failures.append(error)
    raise failures[0] if failures else socket.gaierror("no address")


def _open(
    session: Session, target: Target, stopwatch: "_Stopwatch", socket_kind: tuple[int, int, int], address: Any
) -> socket.socket:
    wire = socket.socket(*socket_kind)
    try:
        wire.settimeout(stopwatch.left_s())
        wire.connect(address)
        if target.scheme == "https":
            wire.settimeout(stopwatch.left_s())
            return session.tls().wrap_socket(wire, server_hostname=target.host)
    except BaseException:
        wire.close()
        raise
    return wire


class _Stopwatch:
    """The time an attempt has."""

    def __init__(self, timeout_s: float) -> None:
        self._started = monotonic()
        self._timeout_s = timeout_s

    def left_s(self) -> float:
        """Seconds left, above zero; raises TimeoutError when there are none."""
        left_s = self._timeout_s - (monotonic() - self._started)
        if left_s <= 0:
            raise TimeoutError
        return left_s

    def elapsed_ms(self) -> int:
        """Whole milliseconds since the start."""
        return int((monotonic() - self._started) * 1000)


class _TimedReader(io.RawIOBase):
    """A socket as a file whose every read ends when the stopwatch does."""

    def __init__(self, wire: socket.socket, stopwatch: _Stopwatch) -> None:
        self._wire = wire
        self._stopwatch = stopwatch

    def makefile(self, mode: str) -> io.BufferedReader:
        """Itself, buffered: what `HTTPResponse` reads from."""
        return io.BufferedReader(self)

    def readable(self) -> bool:
        """Always; it can't be written."""
        return True

    def readinto(self, buffer: Any) -> int:
        """Read what has arrived, waiting no longer than the attempt may last."""
        self._wire.settimeout(self._stopwatch.left_s())
        return self._wire.recv_into(buffer)
