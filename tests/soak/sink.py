"""A process on loopback that takes webhooks and fails one attempt in five; some messages it never takes.

It lives through every kill of the sender, and writes a line for each attempt to the file it is given: the path, the
`webhook-id`, the event's id, a checksum of the body, and what it answered (0: it hung up). `GET /` says how many.
"""

import hashlib
import json
import re
import selectors
import socket
import sys
import zlib
from collections import Counter
from typing import TextIO

_READ_BYTES = 262_144
_BACKLOG = 512
_HEAD_END = b"\r\n\r\n"
_LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)
_WEBHOOK_ID = re.compile(rb"\r\nwebhook-id: *(\S+)", re.IGNORECASE)
_EVENT_ID = re.compile(rb'"event_id": ?"([^"]+)"')
#: One attempt in so many fails; how, by turns. One message in so many is never taken.
FAILS, NEVER = 5, 500
_FAILURES = (500, 503, 0)
_TAKEN = 204


class _Sink:
    def __init__(self, log: TextIO) -> None:
        self.listener = socket.create_server(("127.0.0.1", 0), backlog=_BACKLOG)
        self._log = log
        self._selector = selectors.DefaultSelector()
        self._selector.register(self.listener, selectors.EVENT_READ)
        self._read_by_sock: dict[socket.socket, bytes] = {}
        self._attempts: Counter[tuple[bytes, bytes]] = Counter()
        self._count = 0

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
        whole = end + len(_HEAD_END) + int(length[1] if length else 0)
        if end < 0 or len(request) < whole:
            self._read_by_sock[sock] = request
            return
        self._read_by_sock[sock] = b""
        answer = self._answer(request, request[end + len(_HEAD_END) : whole])
        try:
            if answer:
                sock.sendall(answer)
        except ConnectionError:
            answer = b""
        if not answer:
            self._forget(sock)

    def _answer(self, request: bytes, body: bytes) -> bytes:
        if request.startswith(b"GET "):
            self._log.flush()
            told = json.dumps({"taken": self._count}).encode()
            return b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n" % len(told) + told
        path, found, event = request.split(b" ", 2)[1], _WEBHOOK_ID.search(request), _EVENT_ID.search(body)
        assert found is not None and event is not None, request
        self._count += 1
        self._attempts[path, found[1]] += 1
        status = judged(path, found[1], self._attempts[path, found[1]])
        line = (path.decode(), found[1].decode(), event[1].decode(), str(zlib.crc32(body)), str(status))
        print(*line, file=self._log)
        return b"" if not status else b"HTTP/1.1 %d Said\r\nContent-Length: 0\r\n\r\n" % status

    def _forget(self, sock: socket.socket) -> None:
        self._selector.unregister(sock)
        del self._read_by_sock[sock]
        sock.close()


def judged(path: bytes, webhook_id: bytes, attempt: int) -> int:
    """What an attempt is answered, the same in every run; 0: nothing, the connection ends."""
    drawn = int.from_bytes(hashlib.blake2b(path + b" " + webhook_id, digest_size=4).digest())
    if drawn % NEVER == 0:
        return 500
    drawn = int.from_bytes(hashlib.blake2b(b"%s %s %d" % (path, webhook_id, attempt), digest_size=4).digest())
    return _FAILURES[drawn // FAILS % len(_FAILURES)] if drawn % FAILS == 0 else _TAKEN


if __name__ == "__main__":
    with open(sys.argv[1], "w") as file:
        sink = _Sink(file)
        print(json.dumps({"url": f"http://127.0.0.1:{sink.listener.getsockname()[1]}"}), flush=True)
        sink.serve()
