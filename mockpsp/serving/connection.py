"""One client's connection: its socket, TLS if spoken, what has come of a request and what is left of an answer.

It belongs to one thread at a time: to the watcher (server.py), which never waits and calls `proceed`, or, while a
request is answered, to a worker, which calls `answer` and `await_next`. So a client that says nothing, or too little,
or doesn't take its answer keeps no thread busy.
"""

import contextlib
import enum
import logging
import socket
import ssl
import struct
from collections.abc import Callable, Iterable
from http import HTTPStatus
from typing import Any

from mockpsp import wallclock
from mockpsp.config import Settings
from mockpsp.domain.faults import CARRIER, Outage, let_through
from mockpsp.serving import messages
from mockpsp.serving.messages import Answer, Incoming, Pieces, Refusal

#: Where a request finds its `Connection`.
ENVIRON_KEY = CARRIER

#: More than the 16 KiB of a TLS record.
_READ_BYTES = 65_536
#: How a client that speaks TLS begins.
_TLS_HANDSHAKE = b"\x16"
#: What a client may still send after the last answer, so that it reads that instead of a broken pipe.
_DRAIN_BYTES = 64 * 1024 * 1024
#: How long `cut` may take to send its part of an answer.
_CUT_S = 5.0

#: For SO_LINGER: whatever was not taken yet is thrown away.
_RESET = struct.pack("ii", 1, 0)

#: A part of an answer keeps all of it in memory, be it empty.
_NOTHING = memoryview(b"")

_log = logging.getLogger("mockpsp.server")


class Wants(enum.Enum):
    """What a connection waits for."""

    READ = enum.auto()
    WRITE = enum.auto()
    #: A whole request has come.
    ANSWER = enum.auto()
    #: A fault holds the answer back, or what is left of it; `Connection.held_until_ms` says until when.
    TIME = enum.auto()
    END = enum.auto()


class Stage(enum.Enum):
    """Where a connection stands; each has its time-out."""

    HANDSHAKE = enum.auto()
    IDLE = enum.auto()
    HEADERS = enum.auto()
    BODY = enum.auto()
    ANSWER = enum.auto()
    #: The last answer is sent; the client may not have finished sending.
    DRAIN = enum.auto()


class Connection:
    """One client's connection, kept open between requests."""

    def __init__(self, sock: socket.socket, peer: Any, settings: Settings, tls: ssl.SSLContext | None) -> None:
        sock.setblocking(False)
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._socket = sock
        self._settings = settings
        #: Set until hands are shaken.
        self._tls = tls
        self._environ = {"REMOTE_ADDR": peer[0], "REMOTE_PORT": str(peer[1]), ENVIRON_KEY: self}
        self._buffer = bytearray()
        self._incoming = Incoming(settings)
        self._outgoing = _NOTHING
        #: Of an answer that is made while it is sent, what is still to be made.
        self._pieces: Pieces | None = None
        #: Whether another request may come after this one's answer.
        self._keeps_alive = True
        #: Nothing more is read; the connection ends once everything is sent.
        self._is_last = False
        self._is_cut = False
        self._has_ended = False
        self._drained_bytes: int | None = None
        #: For the watcher: what it is registered for, its stage, when that is over, when it was last heard of.
        self.events = 0
        self.stage: Stage | None = None
        self.deadline_ms = 0
        self.heard_ms = 0
        #: What a fault does to the answer under way: the application sets it.
        self.outage: Outage | None = None
        #: By the stopwatch: nothing more is sent before. What is sent then, and whether it ends in a reset.
        self.held_until_ms = 0
        self._held = b""
        self._resets = False
        #: Counts what was sent, so that a slow reader is told from one that doesn't read.
        self.sent_bytes = 0

    def proceed(self) -> Wants:
        """Do what can be done without waiting; what the connection waits for then."""
        try:
            return self._proceed()
        except (BlockingIOError, ssl.SSLWantReadError):
            return Wants.READ
        except ssl.SSLWantWriteError:
            return Wants.WRITE
        except OSError:  # reset by the client, or not TLS
            return Wants.END

    def _proceed(self) -> Wants:
        if self._is_cut:
            return Wants.END
        if self._tls is not None:
            self._begin_tls(self._tls)
        while True:
            if self._outgoing and not self._send():
                return Wants.WRITE
            if self.held_until_ms:
                if not self._is_over():
                    return Wants.TIME
                continue
            if self._resets:
                self._reset()
                return Wants.END
            if self._is_last:
                return self._drain()
            if self._incoming.is_whole:
                return Wants.ANSWER
            self._receive()

    def go_on(self) -> Wants:
        """What the connection waits for after an answer, without asking the socket what it doesn't say by itself."""
        if self._outgoing or self._is_last or self._is_cut or self.held_until_ms or self._resets:
            return self.proceed()
        if self._incoming.is_whole:
            return Wants.ANSWER
        # What TLS has read and not yet given out no selector tells.
        return self.proceed() if isinstance(self._socket, ssl.SSLSocket) else Wants.READ

    def current_stage(self) -> Stage:
        """Where the connection stands now."""
        if self._outgoing or self._pieces is not None:
            return Stage.ANSWER
        if self._is_last:
            return Stage.DRAIN
        if self._tls is not None:
            return Stage.HANDSHAKE
        if self._incoming.has_head:
            return Stage.BODY
        return Stage.HEADERS if self._buffer or self._incoming.is_begun else Stage.IDLE

    @property
    def environ(self) -> dict[str, Any]:
        """What the head of the request at hand says, as WSGI names it."""
        return self._incoming.environ

    def refuse(self, status: HTTPStatus, message: str) -> None:
        """Answer without the application, and end."""
        self._queue(messages.refused(Refusal(status, message)))
        self._is_last = True

    def answer(
        self, app: Callable[..., Iterable[bytes]], base: dict[str, Any], *, may_stay: Callable[[], bool]
    ) -> None:
        """Answer the request that has come: all that the client takes at once, the watcher sends the rest.

        An answer in pieces is made as far as the client takes them, and goes on from there once it has.
        """
        request = self._incoming
        if self._pieces is None:
            try:
                found = messages.call(app, base | self._environ, request, may_stream=True)
                if self._is_cut:
                    return
                self._keeps_alive = request.keeps_alive and may_stay()
                if self.outage is not None:
                    found = self._spoil(self.outage, found, request)
                else:
                    self._queue(messages.encoded(found, request, keeps_alive=self._keeps_alive))
            except Exception:
                _log.exception("the application failed on %s", request.environ["REQUEST_URI"][:200])
                self.refuse(HTTPStatus.INTERNAL_SERVER_ERROR, "the application failed on this request")
            else:
                self._pieces = found[2] if isinstance(found[2], Pieces) else None
                self._end_answer()
        try:
            self._send()
            while self._pieces is not None and not self._outgoing:
                self._queue_piece(self._pieces)
                self._send()
        except OSError:
            return  # the watcher tries again, and finds out

    def _spoil(self, outage: Outage, found: Answer, request: Incoming) -> Answer:
        """Queue what a fault lets through of an answer, now or later; the answer as it is to be gone on with."""
        self.outage = None
        whole = messages.encoded(found, request, keeps_alive=self._keeps_alive)
        if isinstance(found[2], Pieces):
            whole += b"".join(found[2].blocks())
        block = let_through(outage, whole)
        if outage.transport == "ok":
            self._held = block
        else:
            self._queue(block)
        if outage.wait_ms:
            self.held_until_ms = wallclock.stopwatch_ms() + outage.wait_ms
        self._resets = outage.transport == "reset"
        self._keeps_alive = self._keeps_alive and outage.transport in ("ok", "garbled")
        return found[0], found[1], b""

    def _is_over(self) -> bool:
        """Whether what was held back may go on; then it is queued."""
        if wallclock.stopwatch_ms() < self.held_until_ms:
            return False
        self.held_until_ms = 0
        self._queue(self._held)
        self._held = b""
        return True

    def _reset(self) -> None:
        """The socket's end is a reset."""
        self._is_cut = True
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)

    def _queue_piece(self, pieces: Pieces) -> None:
        """Make the next piece; one that can't be made ends the connection, so that the client misses the end."""
        try:
            block = pieces.next_block()
        except Exception:
            _log.exception("the application failed in the middle of %s", self._incoming.environ["REQUEST_URI"][:200])
            self._keeps_alive, block = False, b""
        self._queue(block)
        if block in (b"", messages.LAST_BLOCK):
            pieces.close()
            self._pieces = None
            self._end_answer()

    def _end_answer(self) -> None:
        """Make room for the next request, once nothing of this one's answer is left to be made."""
        if self._pieces is None:
            self._is_last = not self._keeps_alive
            self._incoming = Incoming(self._settings)
            if self._keeps_alive and self._buffer:
                self._feed()

    def lend(self, wait_s: float) -> None:
        """From now on a worker reads and writes, each time waiting so long; 0 gives the connection back."""
        if not self._is_cut:
            self._socket.settimeout(wait_s)

    def await_next(self) -> bool:
        """Wait for the next request for as long as `lend` said; True when it is there, all of it."""
        if self._outgoing or self._is_last or self._is_cut or self.held_until_ms or self._resets:
            return False
        with contextlib.suppress(OSError):
            if not self._incoming.is_whole:
                self._receive()
        return self._incoming.is_whole and not self._outgoing

    def cut(self, *, sends: bytes = b"", resets: bool = False) -> None:
        """End the connection in the middle of a request, after these bytes; a reset may take even those back."""
        self._is_cut = True
        self._socket.settimeout(_CUT_S)
        self._socket.sendall(sends)
        if resets:
            self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
            self._socket.close()
        else:
            self._socket.shutdown(socket.SHUT_RDWR)

    def interrupt(self) -> None:
        """End the connection from any thread; whoever it belongs to notices at the next byte."""
        with contextlib.suppress(OSError):
            socket.socket.shutdown(self._socket, socket.SHUT_RDWR)

    def fileno(self) -> int:
        """The socket's, for the selector."""
        return self._socket.fileno()

    def close(self) -> None:
        """End the connection."""
        if self._pieces is not None:
            self._pieces.close()
        if self._tls is None and not self._is_cut:
            self._say_goodbye()
        with contextlib.suppress(OSError):
            self._socket.close()
        # It holds us: without it we go at once, with all that is still to be sent, and no collection has to find us.
        self._environ = {}

    def _begin_tls(self, context: ssl.SSLContext) -> None:
        """Shake hands; a client that speaks plain HTTP is told. Raises what the socket wants first."""
        if not isinstance(self._socket, ssl.SSLSocket):
            first = self._socket.recv(1, socket.MSG_PEEK)
            if first and first != _TLS_HANDSHAKE:
                self._tls = None
                message = "this port speaks https only, and the request came as plain http"
                self.refuse(HTTPStatus.BAD_REQUEST, message)
                return
            self._socket = context.wrap_socket(self._socket, server_side=True, do_handshake_on_connect=False)
        self._socket.do_handshake()
        self._tls = None

    def _receive(self) -> None:
        """Read once, and see what it means. Raises what the socket raises."""
        received = self._socket.recv(_READ_BYTES)
        if received:
            self._buffer += received
            self._feed()
            return
        self._has_ended = True
        if self._incoming.is_begun or self._buffer:
            self.refuse(HTTPStatus.BAD_REQUEST, "the connection ended in the middle of the request; nothing was done")
        self._is_last = True

    def _feed(self) -> None:
        try:
            self._incoming.feed(self._buffer)
        except Refusal as refusal:
            self.refuse(refusal.status, str(refusal))
            return
        if self._incoming.waits and not self._incoming.is_whole:
            self._incoming.waits = False
            if not self._buffer:  # a client whose body is on its way no longer waits
                self._queue(messages.CONTINUE)

    def _queue(self, block: bytes) -> None:
        self._outgoing = memoryview(bytes(self._outgoing) + block if self._outgoing else block)

    def _send(self) -> bool:
        """Send what the socket takes; True when that was all."""
        try:
            while self._outgoing:
                sent = self._socket.send(self._outgoing)
                self._outgoing = self._outgoing[sent:] if sent < len(self._outgoing) else _NOTHING
                self.sent_bytes += sent
        except BlockingIOError:
            return False
        return True

    def _drain(self) -> Wants:
        """Let the client finish: closing a socket with unread bytes resets it, and the answer could be lost."""
        if self._has_ended:
            return Wants.END
        if self._drained_bytes is None:
            self._drained_bytes = 0
            self._say_goodbye()
            self._socket.shutdown(socket.SHUT_WR)
        while self._drained_bytes < _DRAIN_BYTES:
            received = self._socket.recv(_READ_BYTES)
            if not received:
                break
            self._drained_bytes += len(received)
        return Wants.END

    def _say_goodbye(self) -> None:
        """TLS says itself when it ends, or the client can't tell the end from a cut."""
        if isinstance(self._socket, ssl.SSLSocket):
            with contextlib.suppress(OSError, ValueError):
                self._socket.settimeout(0)
                self._socket.unwrap()
