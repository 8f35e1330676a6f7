"""The web server: where it listens, from `start` to `stop`.

Its work is done by a watcher thread (watcher.py), which never waits for a client, and workers (workers.py), which
answer whole requests. It is written here because no server of others does all of it: waitress speaks no TLS, cheroot
and gunicorn keep a thread for each connection that has said half of something, those around asyncio change threads
twice a request. Parsing is llhttp's (messages.py).
"""

import errno
import socket
import ssl
from typing import Any

from mockpsp.config import Settings
from mockpsp.serving.watcher import Watcher

_BACKLOG = 512


class ServerError(Exception):
    """The server can't start; the message says where and why."""


class Server:
    """One application on one port, from `start` to `stop`; works in `mockpsp serve` and inside a test process alike."""

    def __init__(self, app: Any, settings: Settings, *, tls: ssl.SSLContext | None = None) -> None:
        self._app = app
        self._settings = settings
        self._tls = tls
        self._port = settings.port
        self._listener: socket.socket | None = None
        self._watcher: Watcher | None = None

    def start(self) -> None:
        """Bind and serve from background threads; requests are answered once this returns. Raises `ServerError`."""
        host, port = self._settings.host, self._settings.port
        try:
            self._listener = _listen(host, port)
        except OSError as error:
            is_taken = error.errno == errno.EADDRINUSE
            reason = "something else listens there already" if is_taken else error.strerror or error
            raise ServerError(f"cannot listen on {host} port {port}: {reason}") from None
        self._port = self._listener.getsockname()[1]
        self._watcher = Watcher(self._app, self._settings, self._listener, self._tls)
        self._watcher.start()

    @property
    def port(self) -> int:
        """The port listened on; after `start` the real one even if 0 was asked for."""
        return self._port

    @property
    def url(self) -> str:
        """Where a client on this machine reaches the server."""
        host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(self._settings.host, self._settings.host)
        scheme = "http" if self._tls is None else "https"
        return f"{scheme}://[{host}]:{self.port}" if ":" in host else f"{scheme}://{host}:{self.port}"

    def stop(self) -> None:
        """Take no more requests, answer those under way (within the setting), end every connection and thread.

        Harmless when stopped already.
        """
        watcher, self._watcher = self._watcher, None
        if watcher is not None:
            watcher.stop()


def _listen(host: str, port: int) -> socket.socket:
    family, _, _, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)[0]
    is_both = family == socket.AF_INET6 and host == "::" and socket.has_dualstack_ipv6()
    listener = socket.create_server(address[:2], family=family, backlog=_BACKLOG, dualstack_ipv6=is_both)
    listener.setblocking(False)
    return listener
