"""The load generator, a process of its own: sends given requests over kept-open connections, each as fast as answered.

Reads one job as JSON from standard input, writes its result to standard output. Every connection has one request under
way at a time; the next one in the list goes to whichever connection is answered first. What is measured is the server,
not this: nothing is parsed but what says where an answer ends, until all are there, sockets block, since one with a
time-out of Python's asks the system twice, and one connection needs no selector. `busy` tells whether it was enough.
"""

import gc
import json
import re
import selectors
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any
from urllib.parse import urlencode

from tests.bench.failing import Failed

#: All of a job; a server that hangs ends the run.
_TIMEOUT_S = 300
_CONNECT_S = 60
_READ_BYTES = 65_536
_HEAD_END = b"\r\n\r\n"
_LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)
_FAILURE_SHOWN = 300

#: Method, path, body (None: none).
Asked = tuple[str, str, dict[str, Any] | None]


@dataclass(frozen=True)
class Job:
    """What to send where, bodies as JSON or as a form. `keeps`: where an answer has the id to give back, if any."""

    host: str
    port: int
    authorization: str
    connections: int
    requests: Sequence[Asked]
    keeps: Sequence[str] | None = None
    is_form: bool = False


@dataclass(frozen=True)
class Load:
    """What came of a job; `failures` counts answers other than 2xx and `failure` is the first of them."""

    seconds: float
    #: Of each request, in the order of the answers.
    took_ms: Sequence[float]
    failures: int
    failure: str | None
    #: How much of one processor the generator itself took.
    busy: float
    ids: list[str] = field(default_factory=list)

    @property
    def per_second(self) -> float:
        """Requests answered in a second."""
        return len(self.took_ms) / self.seconds


def send(job: Job) -> Load:
    """The result of a job, sent from another process; raises Failed unless every request succeeded."""
    command = [sys.executable, "-m", "tests.bench.load"]
    try:
        done = subprocess.run(
            command, input=json.dumps(asdict(job)), capture_output=True, text=True, timeout=_TIMEOUT_S
        )
    except subprocess.TimeoutExpired:
        raise Failed(f"{len(job.requests)} requests were not answered within {_TIMEOUT_S} s") from None
    if done.returncode:
        raise Failed(f"the load generator ended: {done.stderr.strip().splitlines()[-1]}")
    load = Load(**json.loads(done.stdout))
    if load.failures:
        raise Failed(f"{load.failures} of {len(load.took_ms)} requests failed, first: {load.failure}")
    return load


class _Wire:
    """One connection: what was read of the answer so far, and when its request left."""

    def __init__(self, job: Job) -> None:
        self.sock = socket.create_connection((job.host, job.port), timeout=_CONNECT_S)
        self.sock.settimeout(None)
        self.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.left_at = 0.0
        self._chunks: list[bytes] = []
        #: Bytes of the answer that are still to come; None as long as its head isn't there.
        self._missing: int | None = None

    def ask(self, message: bytes) -> None:
        self._chunks, self._missing = [], None
        self.left_at = time.perf_counter()
        self.sock.sendall(message)

    def read(self) -> bytes | None:
        """The answer once it is whole."""
        received = self.sock.recv(_READ_BYTES)
        if not received:
            raise Failed("the server closed a connection")
        if self._missing is None:
            received = b"".join((*self._chunks, received))
            end = received.find(_HEAD_END)
            if end < 0:
                self._chunks = [received]
                return None
            length = _LENGTH.search(received, 0, end)
            self._missing = int(length[1] if length else 0) + end + len(_HEAD_END)
            self._chunks = []
        self._missing -= len(received)
        self._chunks.append(received)
        return None if self._missing > 0 else b"".join(self._chunks)


def _run(job: Job) -> Load:
    answers: list[bytes] = []
    took_ms: list[float] = []
    messages = iter([_message(job, *asked) for asked in job.requests])
    with selectors.DefaultSelector() as selector:
        wires = [_Wire(job) for _ in range(job.connections)]
        for wire in wires:
            selector.register(wire.sock, selectors.EVENT_READ, wire)
        gc.disable()
        started, busy_before = time.perf_counter(), time.process_time()
        under_way = sum(_ask_next(wire, messages) for wire in wires)
        while under_way:
            for wire in wires if len(wires) == 1 else [key.data for key, _ in selector.select()]:
                answer = wire.read()
                if answer is not None:
                    took_ms.append((time.perf_counter() - wire.left_at) * 1_000)
                    answers.append(answer)
                    under_way += _ask_next(wire, messages) - 1
        seconds, busy_s = time.perf_counter() - started, time.process_time() - busy_before
        for wire in wires:
            wire.sock.close()
    return _result(job, answers, seconds=seconds, busy=busy_s / seconds, took_ms=took_ms)


def _ask_next(wire: _Wire, messages: Iterator[bytes]) -> int:
    message = next(messages, None)
    if message is None:
        return 0
    wire.ask(message)
    return 1


def _message(job: Job, method: str, path: str, body: dict[str, Any] | None) -> bytes:
    """The request as a common HTTP client sends it."""
    kind = "application/x-www-form-urlencoded" if job.is_form else "application/json"
    content = b"" if body is None else (urlencode(body) if job.is_form else json.dumps(body)).encode()
    lines = [
        f"{method} {path} HTTP/1.1",
        f"Host: {job.host}:{job.port}",
        "User-Agent: python-requests/2",
        "Accept-Encoding: gzip, deflate",
        "Accept: */*",
        "Connection: keep-alive",
        f"Authorization: {job.authorization}",
    ]
    if body is not None:
        lines += [f"Content-Type: {kind}", f"Content-Length: {len(content)}"]
    return "\r\n".join([*lines, "", ""]).encode() + content


def _result(job: Job, answers: list[bytes], *, seconds: float, busy: float, took_ms: list[float]) -> Load:
    failed = [_shown(answer) for answer in answers if not answer.split(maxsplit=2)[1].startswith(b"2")]
    ids = [_kept(answer, job.keeps) for answer in answers] if job.keeps and not failed else []
    return Load(seconds, took_ms, len(failed), failed[0] if failed else None, busy, ids)


def _shown(answer: bytes) -> str:
    head, _, body = answer.partition(_HEAD_END)
    return (head.partition(b"\r\n")[0] + b" " + body[:_FAILURE_SHOWN]).decode(errors="replace")


def _kept(answer: bytes, keeps: Sequence[str]) -> str:
    found = json.loads(answer.partition(_HEAD_END)[2])
    for key in keeps:
        found = found[key]
    return str(found)


if __name__ == "__main__":
    print(json.dumps(asdict(_run(Job(**json.load(sys.stdin))))))
