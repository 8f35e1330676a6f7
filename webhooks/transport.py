"""One POST over one connection, within one deadline, whatever the receiver does.

A client library's time-outs start anew with every byte, so a receiver that drips its answer could hold an attempt
for hours. Here each step gets what is left of the attempt's time. A connection is used once: kept open, it would
block a receiver that serves one connection at a time. Redirects and proxies are not followed.
The stopwatch below measures spans only; no stored moment comes from it.
"""

import socket
import ssl
import threading
from collections.abc import Mapping, Sequence
from functools import lru_cache
from time import monotonic
from typing import Any, NamedTuple

from mockpsp.webhooks.answers import Answer, CutShort, NotHttp
from mockpsp.webhooks.targets import Target

#: How much of an answer is read: only its status matters, the rest lets the receiver finish.
_ANSWER_LIMIT = 64 * 1024
#: How much of it is kept, and how much of its headers.
_BODY_KEPT, _HEADERS_KEPT = 4096, 2048
#: Headers that decide when to try again: kept however many others there are.
_HEADERS_READ = ("retry-after", "date")
#: How much of an answer is taken at once.
_READ_BYTES = 16_384
#: How late an attempt may end: setting a socket's time costs as much as using it.
_LATE_S = 0.01
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
    (CutShort, "answer cut short"),
    (NotHttp, "answer is not http"),
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
    answer = Answer()
    error: str | None = None
    try:
        with _connect(session, target, stopwatch) as wire:
            head = _head(target, headers, body)
            stopwatch.limit(wire)
            if slow_s:
                wire.sendall(head)
                _drip(wire, body, slow_s, stopwatch)
            else:
                wire.sendall(head + body)

            def receive() -> bytes:
                stopwatch.limit(wire)
                return wire.recv(_READ_BYTES)

            answer.read(receive, _ANSWER_LIMIT)
    except tuple(kind for kind, _ in _ERRORS) as failure:
        error = next(text for kind, text in _ERRORS if isinstance(failure, kind))
    shown = answer.body[:_BODY_KEPT].decode("utf-8", "replace")
    headers_shown = _shown(answer.headers)[:_HEADERS_KEPT]
    return Reply(answer.status_code, error, stopwatch.elapsed_ms(), _clean(shown), _clean(headers_shown))


def _shown(headers: Sequence[tuple[str, str]]) -> str:
    """As many headers as are kept, a line each, those that are read first where there are too many."""
    lines = [f"{name}: {value}" for name, value in headers]
    if sum(map(len, lines)) + len(lines) > _HEADERS_KEPT:
        lines.sort(key=lambda line: not line.lower().startswith(tuple(f"{name}:" for name in _HEADERS_READ)))
    return "\n".join(lines)


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
        stopwatch.limit(wire)
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
            found = _of_number(host, target.port) or socket.getaddrinfo(host, target.port, type=socket.SOCK_STREAM)
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


@lru_cache(256)  # of a few endpoints, again and again; names may move, numbers don't
def _of_number(host: str, port: int) -> Sequence[tuple[Any, ...]]:
    """The address that an address in numbers stands for; none for a name."""
    try:
        return socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_NUMERICHOST)
    except OSError:
        return ()


def _open(
    session: Session, target: Target, stopwatch: "_Stopwatch", socket_kind: tuple[int, int, int], address: Any
) -> socket.socket:
    wire = socket.socket(*socket_kind)
    try:
        stopwatch.limit(wire)
        wire.connect(address)
        if target.scheme == "https":
            stopwatch.limit(wire)
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
        #: Which socket has how much time for each thing that it does.
        self._limited: tuple[socket.socket | None, float] = None, 0.0

    def left_s(self) -> float:
        """Seconds left, above zero; raises TimeoutError when there are none."""
        left_s = self._timeout_s - (monotonic() - self._started)
        if left_s <= 0:
            raise TimeoutError
        return left_s

    def limit(self, wire: socket.socket) -> None:
        """What the socket does next ends when the time does; raises TimeoutError when there is none."""
        left_s = self.left_s()
        limited, limit_s = self._limited
        if limited is not wire or limit_s - left_s > _LATE_S:
            wire.settimeout(left_s)
            self._limited = wire, left_s

    def elapsed_ms(self) -> int:
        """Whole milliseconds since the start."""
        return int((monotonic() - self._started) * 1000)
