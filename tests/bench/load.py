"""The load generator, a process of its own: sends given requests over kept-open connections, each as fast as answered.

Reads one job as JSON from standard input, writes its result to standard output. Every connection has one request under
way at a time; the next one in the list goes to whichever connection is answered first.
"""

import json
import selectors
import socket
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

_TIMEOUT_S = 60
_READ_BYTES = 65_536

#: Method, path, body (None: none).
Asked = tuple[str, str, dict[str, Any] | None]


@dataclass(frozen=True)
class Job:
    """What to send where. `keeps`: whose ids to give back, such as "invoice"."""

    host: str
    port: int
    authorization: str
    connections: int
    requests: Sequence[Asked]
    keeps: str | None = None


@dataclass(frozen=True)
class Load:
    """What came of a job; `failures` counts answers other than 2xx and `failure` is the first."""

    seconds: float
    p50_ms: float
    p99_ms: float
    count: int
    failures: int
    failure: str | None
    ids: list[str] = field(default_factory=list)

    @property
    def per_second(self) -> float:
        """Requests answered in a second."""
        return self.count / self.seconds


class Failed(Exception):
    """Answers that were no successes: what was measured is not what was meant."""


def send(job: Job) -> Load:
    """The result of a job, sent from another process; raises Failed unless every request succeeded."""
    done = subprocess.run(
        [sys.executable, "-m", "tests.bench.load"], input=json.dumps(asdict(job)), capture_output=True, text=True
    )
    if done.returncode:
        raise Failed(done.stderr)
    load = Load(**json.loads(done.stdout))
    if load.failures:
        raise Failed(f"{load.failures} of {load.count} requests failed, first: {load.failure}")
    return load


@dataclass
class _Wire:
    """One connection: what was read of the answer so far, and when its request left."""

    sock: socket.socket
    left_at: float = 0.0
    buffer: bytes = b""

    def ask(self, message: bytes) -> None:
        self.buffer = b""
        self.left_at = time.perf_counter()
        self.sock.sendall(message)

    def read(self) -> tuple[bytes, bytes] | None:
        """(status line, body) once the answer is whole."""
        received = self.sock.recv(_READ_BYTES)
        if not received:
            raise Failed("the server closed a connection")
        self.buffer += received
        head, end, body = self.buffer.partition(b"\r\n\r\n")
        if not end:
            return None
        lower = head.lower()
        at = lower.index(b"content-length:") + len(b"content-length:")
        if len(body) < int(lower[at:].partition(b"\r\n")[0]):
            return None
        return head.partition(b"\r\n")[0], body


def _run(job: Job) -> Load:
    answers: list[tuple[bytes, bytes]] = []
    took_ms: list[float] = []
    messages = iter([_message(job, *asked) for asked in job.requests])
    with selectors.DefaultSelector() as selector:
        wires = [_Wire(_connect(job)) for _ in range(job.connections)]
        for wire in wires:
            selector.register(wire.sock, selectors.EVENT_READ, wire)
        started = time.perf_counter()
        under_way = sum(_ask_next(wire, messages) for wire in wires)
        while under_way:
            ready = selector.select(_TIMEOUT_S)
            if not ready:
                raise Failed(f"no answer within {_TIMEOUT_S} s")
            for key, _ in ready:
                answer = key.data.read()
                if answer is not None:
                    took_ms.append((time.perf_counter() - key.data.left_at) * 1_000)
                    answers.append(answer)
                    under_way += _ask_next(key.data, messages) - 1
        seconds = time.perf_counter() - started
        for wire in wires:
            wire.sock.close()
    return _result(job, seconds, took_ms, answers)


def _connect(job: Job) -> socket.socket:
    sock = socket.create_connection((job.host, job.port), timeout=_TIMEOUT_S)
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return sock


def _ask_next(wire: _Wire, messages: Iterator[bytes]) -> int:
    message = next(messages, None)
    if message is None:
        return 0
    wire.ask(message)
    return 1


def _message(job: Job, method: str, path: str, body: dict[str, Any] | None) -> bytes:
    """The request as a common HTTP client sends it."""
    content = b"" if body is None else json.dumps(body).encode()
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
        lines += ["Content-Type: application/json", f"Content-Length: {len(content)}"]
    return "\r\n".join([*lines, "", ""]).encode() + content


def _result(job: Job, seconds: float, took_ms: list[float], answers: list[tuple[bytes, bytes]]) -> Load:
    failed = [(status + b" " + body[:300]).decode() for status, body in answers if status.split()[1][:1] != b"2"]
    ids = [] if job.keeps is None or failed else [json.loads(body)[job.keeps]["id"] for _, body in answers]
    return Load(
        seconds=seconds,
        p50_ms=statistics.median(took_ms),
        p99_ms=sorted(took_ms)[int(len(took_ms) * 0.99)],
        count=len(took_ms),
        failures=len(failed),
        failure=failed[0] if failed else None,
        ids=ids,
    )


if __name__ == "__main__":
    print(json.dumps(asdict(_run(Job(**json.load(sys.stdin))))))
