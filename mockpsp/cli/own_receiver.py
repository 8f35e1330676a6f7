"""The receiver of `mockpsp listen --print` and `--forward-to`: takes webhooks, shows them, posts them on."""

import json
import threading
from collections.abc import Callable, Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, NamedTuple

from mockpsp.cli.screen import BAD, NAME, QUIET, Cell, say

_BODY_MAX_BYTES = 1024 * 1024
_ONWARD_S = 30
#: Of the way here, not of the webhook; what is sent on has its own.
_OF_THE_WAY = frozenset({"host", "connection", "content-length", "accept-encoding", "transfer-encoding"})


class Came(NamedTuple):
    """A webhook as it came, byte for byte."""

    headers: Mapping[str, str]
    body: bytes


class OwnReceiver:
    """Listens on a loopback port until it is closed; answers 204, or what the address it posts on to has answered."""

    def __init__(self, port: int, path: str, *, forward_to: str | None, is_shown: bool) -> None:
        self._forward_to, self._is_shown = forward_to, is_shown
        self._server = _Server(("127.0.0.1", port), _Handler)
        self._server.take = self._take
        self.url = f"http://127.0.0.1:{self._server.server_port}{path}"
        self._thread = threading.Thread(target=self._server.serve_forever, name="mockpsp-listen", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Nobody listens any more."""
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    def _take(self, came: Came) -> int:
        if self._is_shown:
            _print(came)
        return 204 if self._forward_to is None else self._send_on(came)

    def _send_on(self, came: Came) -> int:
        import requests

        headers = {name: value for name, value in came.headers.items() if name.lower() not in _OF_THE_WAY}
        try:
            with requests.Session() as session:
                session.trust_env = False  # no proxy, and no password of a .netrc for an address like this one
                answer = session.post(
                    str(self._forward_to), data=came.body, headers=headers, timeout=_ONWARD_S, allow_redirects=False
                )
        except requests.RequestException as error:
            say(Cell(f"{self._forward_to} did not answer: {type(error).__name__}", BAD))
            return 502
        return answer.status_code


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    take: Callable[[Came], int]


class _Handler(BaseHTTPRequestHandler):
    server: _Server

    def do_POST(self) -> None:
        """One webhook."""
        length = self.headers.get("Content-Length", "")
        if not length.isdigit() or int(length) > _BODY_MAX_BYTES:
            self.send_error(413)
            return
        status = self.server.take(Came(dict(self.headers.items()), self.rfile.read(int(length))))
        self.send_response(status)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_: Any) -> None:
        """Nothing is told but what the command tells."""


def _print(came: Came) -> None:
    for name, value in came.headers.items():
        if name.lower() not in _OF_THE_WAY:
            say(Cell(f"{name}: ", NAME), value, indent=2)
    for line in _readable(came.body).splitlines():
        say(Cell(line, QUIET), indent=2)


def _readable(body: bytes) -> str:
    try:
        return json.dumps(json.loads(body), indent=2, ensure_ascii=False)
    except ValueError:
        return body.decode("utf-8", "replace")
