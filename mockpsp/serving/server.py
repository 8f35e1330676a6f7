"""The web server: one process with threads around the WSGI application. The only file that knows which server it is.

cheroot was chosen by measuring: it keeps connections open, knows its real port, speaks TLS, starts inside a test
process and lets a request cut its own connection. connection.py reads and writes for it.
"""

import errno
import logging
import os
import socket
import ssl
import threading
from typing import Any

from cheroot.wsgi import Server as WsgiServer

from mockpsp.serving.connection import Connection, Gateway, Tls

#: A backstop: the application refuses bodies well below this, in its own words.
MAX_BODY_BYTES = 4 * 1024 * 1024
MAX_HEADER_BYTES = 64 * 1024
#: More requests than this at once wait for their turn.
MAX_THREADS = 64

_BACKLOG = 128
_IDLE_TIMEOUT_S = 30
_STOP_TIMEOUT_S = 5
#: How long `stop` may wait for the accepting thread, and how often that thread wakes when nothing happens.
_TICK_S = 0.1

_log = logging.getLogger("mockpsp.server")


class ServerError(Exception):
    """The server can't start; the message says where and why."""


class Server:
    """One application on one port, from `start` to `stop`; works in `mockpsp serve` and inside a test process alike."""

    def __init__(self, app: Any, host: str, port: int, threads: int = 8, *, tls: ssl.SSLContext | None = None) -> None:
        self._host = host
        self._wsgi = _Wsgi((host, port), app, threads)
        if tls is not None:
            self._wsgi.ssl_adapter = Tls(tls)
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Bind and serve from a background thread; requests are answered once this returns. Raises `ServerError`."""
        host, port = self._wsgi.bind_addr
        try:
            self._wsgi.prepare()
        except OSError as error:
            # cheroot wraps the system's error without its number.
            is_taken = os.strerror(errno.EADDRINUSE) in str(error)
            reason = "something else listens there already" if is_taken else str(error)
            raise ServerError(f"cannot listen on {host} port {port}: {reason}") from None
        self._thread = threading.Thread(target=self._wsgi.serve, name="mockpsp-accept", daemon=True)
        self._thread.start()

    @property
    def port(self) -> int:
        """The port listened on; after `start` the real one even if 0 was asked for."""
        return int(self._wsgi.bind_addr[1])

    @property
    def url(self) -> str:
        """Where a client on this machine reaches the server."""
        host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(self._host, self._host)
        scheme = "http" if self._wsgi.ssl_adapter is None else "https"
        return f"{scheme}://[{host}]:{self.port}" if ":" in host else f"{scheme}://{host}:{self.port}"

    def stop(self) -> None:
        """Take no more requests, answer those under way (for five seconds), end every thread. Harmless when stopped."""
        self._wsgi.stop()
        if self._thread is not None:
            self._thread.join()
            self._thread = None


class _Wsgi(WsgiServer):
    """cheroot, set up for this product, with a pool that grows while every thread is taken."""

    ConnectionClass = Connection
    max_request_body_size = MAX_BODY_BYTES
    max_request_header_size = MAX_HEADER_BYTES
    expiration_interval = _TICK_S
    #: Without a limit: ten by default, and the eleventh client would connect anew for each request.
    keep_alive_conn_limit = None  # type: ignore[assignment]

    def __init__(self, bind_addr: tuple[str, int], app: Any, threads: int) -> None:
        super().__init__(
            bind_addr,
            app,
            numthreads=threads,
            max=max(threads, MAX_THREADS),
            server_name="mockpsp",
            request_queue_size=_BACKLOG,
            timeout=_IDLE_TIMEOUT_S,
            shutdown_timeout=_STOP_TIMEOUT_S,
        )
        self.gateway = Gateway

    @staticmethod
    def bind_socket(socket_: socket.socket, bind_addr: tuple[str, int]) -> socket.socket:
        """Bind, or close the socket, which cheroot would leave open."""
        try:
            socket_.bind(bind_addr)
        except OSError:
            socket_.close()
            raise
        return socket_

    def process_conn(self, conn: Any) -> None:
        """Queue a request, with a new thread when none is free.

        An `advance` keeps its thread while a receiver calls the API back: with a fixed pool, as many of them as there
        are threads would wait for each other.
        """
        if self.requests.idle <= self.requests.qsize:
            self.requests.grow(1)
        super().process_conn(conn)

    def error_log(self, msg: str = "", level: int = logging.INFO, traceback: bool = False) -> None:
        """cheroot's messages go to our log instead of the screen."""
        _log.log(level, "%s", msg, exc_info=traceback)

    def stop(self) -> None:
        """Stop, and leave cheroot's module-wide statistics, which would keep every stopped server in memory."""
        super().stop()
        vars(logging).get("statistics", {}).pop(f"Cheroot HTTPServer {id(self)}", None)
