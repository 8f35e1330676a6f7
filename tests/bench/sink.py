"""A process on loopback that takes webhooks, answers 204 and counts them; `GET /` says how many it has taken.

One thread and no library: it must answer faster than anything can send, or it would be what is measured.
"""

import json
import re
import selectors
import socket

_READ_BYTES = 262_144
_BACKLOG = 512
_HEAD_END = b"\r\n\r\n"
_LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)
_CLOSES = re.compile(rb"\r\nconnection: *close", re.IGNORECASE)
_TAKEN = b"HTTP/1.1 204 No Content\r\n\r\n"


class _Sink:
    def __init__(self) -> None:
        self.listener = socket.create_server(("127.0.0.1", 0), backlog=_BACKLOG)
        self._selector = selectors.DefaultSelector()
        self._selector.register(self.listener, selectors.EVENT_READ)
        self._read_by_sock: dict[socket.socket, bytes] = {}
        self._taken = 0

    def serve(self) -> None:
        """Answer whoever connects, until the process ends."""
        while True:
            for key, _ in self._selector.select():
                sock = key.fileobj
                assert isinstance(sock, socket.socket)
                if sock is self.listener:
                    self._accept()
                else:
                    self._read(sock)

    def _accept(self) -> None:
        sock, _ = self.listener.accept()
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._selector.register(sock, selectors.EVENT_READ)
        self._read_by_sock[sock] = b""

    def _read(self, sock: socket.socket) -> None:
        try:
            received = sock.recv(_READ_BYTES)
        except ConnectionError:
            received = b""
        if not received:
            self._forget(sock)
            return
        request = self._read_by_sock[sock] + received
        end = request.find(_HEAD_END)
        length = _LENGTH.search(request, 0, end) if end >= 0 else None
        if end < 0 or len(request) < end + len(_HEAD_END) + int(length[1] if length else 0):
            self._read_by_sock[sock] = request
            return
        self._read_by_sock[sock] = b""
        sock.sendall(self._answer(request))
        if _CLOSES.search(request, 0, end):
            self._forget(sock)

    def _answer(self, request: bytes) -> bytes:
        if not request.startswith(b"GET "):
            self._taken += 1
            return _TAKEN
        body = json.dumps({"taken": self._taken}).encode()
        return b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n" % len(body) + body

    def _forget(self, sock: socket.socket) -> None:
        self._selector.unregister(sock)
        del self._read_by_sock[sock]
        sock.close()


if __name__ == "__main__":
    sink = _Sink()
    print(json.dumps({"url": f"http://127.0.0.1:{sink.listener.getsockname()[1]}"}), flush=True)
    sink.serve()
