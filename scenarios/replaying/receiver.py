"""A webhook receiver on a loopback port: records each request, answers the statuses it was given, checks signatures.

It runs in threads of its own and is shut down by `close`. It can hold its answers back until told otherwise, never
for a span of time. What a story expects of its records is judged in step_differences.py.
"""

import base64
import re
import socket
import threading
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, NamedTuple
from urllib.parse import parse_qsl

from mockpsp.wallclock import now_s
from mockpsp.webhooks import dialects, signing
from mockpsp.webhooks.errors import MissingSignature, WebhookError

BODY_MAX_BYTES = 1024 * 1024
#: How long to knock at one's own door.
_KNOCK_S = 1
_EVENT_ID = re.compile(r"\bev_([0-9A-Za-z]{32})\b")


@dataclass(frozen=True, slots=True)
class Received:
    """One request as it arrived; header names are in lower case."""

    path: str
    headers: Mapping[str, str]
    body: bytes
    answered: int
    #: valid, invalid or missing.
    signature: str
    #: What the attempts of one message share: the `webhook-id`, or the event's id where a dialect has no such header.
    webhook_id: str


class Reply(NamedTuple):
    """What a request is answered; status 0: nothing, the connection ends."""

    status: int
    headers: Mapping[str, str] = {}
    body: bytes = b""


#: Sees a request before it is answered; a reply of its own goes back in place of the receiver's answers.
Before = Callable[[Mapping[str, str], bytes], Reply | None]


class Receiver:
    """A listening sink; the n-th attempt of each message gets the n-th answer, the last answer repeats.

    Counted by message, so that what one message meets doesn't depend on how many others are on their way.
    """

    def __init__(
        self,
        answers: Sequence[int] = (200,),
        *,
        secret: str | None = None,
        scheme: str | None = None,
        key: str | None = None,
        before: Before | None = None,
    ) -> None:
        assert answers, "a receiver needs an answer to give"
        self._answers = tuple(answers)
        self._before = before
        self._received: list[Received] = []
        self._attempts_by_id: dict[str, int] = {}
        self._lock = threading.Condition()
        self._may_answer = threading.Event()
        self._may_answer.set()
        self.secret = secret
        self._dialect = dialects.named(scheme or dialects.STANDARD, key)
        self._server = _Sink(("127.0.0.1", 0), _Handler)
        self._server.receiver = self
        self._address = ("127.0.0.1", self._server.server_port)
        self._thread = threading.Thread(target=self._server.serve, daemon=True)
        self._thread.start()

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"http://{self._address[0]}:{self._address[1]}/"

    def twin(self, before: Before | None = None) -> "Receiver":
        """Another one that goes on from here: the same answers, secret and dialect, and what it has got so far."""
        found = Receiver(self._answers, secret=self.secret, before=before)
        found._dialect = self._dialect
        with self._lock:
            found._received, found._attempts_by_id = list(self._received), dict(self._attempts_by_id)
        return found

    def received(self) -> tuple[Received, ...]:
        """All requests so far, in the order they arrived."""
        with self._lock:
            return tuple(self._received)

    def count(self) -> int:
        """How many requests there were so far."""
        with self._lock:
            return len(self._received)

    def arrived(self, count: int, within_s: float = 10) -> bool:
        """Wait until so many requests have arrived; False when they took longer than that in real time."""
        with self._lock:
            return self._lock.wait_for(lambda: len(self._received) >= count, within_s)

    def hold(self) -> None:
        """From now on requests are recorded and left without an answer."""
        self._may_answer.clear()

    def release(self) -> None:
        """Held requests get their answers, and so does what comes next."""
        self._may_answer.set()

    def close(self) -> None:
        """Nothing listens any more; held requests are let go."""
        self.release()
        # A forked child has no such thread, only its copy of the socket.
        if self._thread.is_alive():
            self._server.is_closing = True
            with suppress(OSError):  # wakes the thread that waits for somebody to come
                socket.create_connection(self._address, _KNOCK_S).close()
        self._thread.join()
        self._server.server_close()

    def take(self, path: str, headers: Mapping[str, str], body: bytes) -> Reply:
        """Records a request and returns what to answer, once answering is allowed."""
        signature = self._judge(headers, body)
        reply = None if self._before is None else self._before(headers, body)
        with self._lock:
            webhook_id = headers.get(signing.ID_HEADER) or self._message(headers, body)
            earlier = self._attempts_by_id.get(webhook_id, 0)
            self._attempts_by_id[webhook_id] = earlier + 1
            reply = reply or Reply(self._answers[min(earlier, len(self._answers) - 1)])
            self._received.append(Received(path, headers, body, reply.status, signature, webhook_id))
            self._lock.notify_all()
        self._may_answer.wait()
        return reply

    def _message(self, headers: Mapping[str, str], body: bytes) -> str:
        """What dialects without a `webhook-id` are known by: the event that they name, or else the whole body.

        A forged attempt may differ from the genuine one in all but that, and tell of an event whose id is the other's
        backwards.
        """
        if dialects.scheme_of(self._dialect)[0] == dialects.STANDARD:
            return ""
        text = body.decode("utf-8", "replace")
        for told in (headers.get("x-razorpay-event-id", ""), text, _payload(text)):
            if (found := _EVENT_ID.search(told)) is not None:
                return f"ev_{min(found[1], found[1][::-1])}"
        return text

    def _judge(self, headers: Mapping[str, str], body: bytes) -> str:
        try:
            if not dialects.read(self._dialect, headers, body).signatures:
                return "missing"
            if self.secret is None:
                return "invalid"
            dialects.verify(self._dialect, self.secret, headers, body, url=self.url, now_s=now_s())
        except MissingSignature:
            return "missing"
        except WebhookError:
            return "invalid"
        return "valid"


def _payload(text: str) -> str:
    """What stands in base64 in a form; empty where there is none."""
    try:
        return base64.b64decode(dict(parse_qsl(text)).get("bt_payload", "")).decode("utf-8", "replace")
    except ValueError:
        return ""


class _Sink(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    receiver: Receiver
    is_closing = False

    def serve(self) -> None:
        """Take connections until it closes: `serve_forever` would notice that only when it next looks."""
        while not self.is_closing:
            self.handle_request()

    def verify_request(self, *_: Any) -> bool:
        """Whether to answer at all: who comes last only says that it is time to close."""
        return not self.is_closing


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    # A sender that stops in the middle of a request gives its thread back.
    timeout = 30

    def do_POST(self) -> None:
        length = self.headers.get("content-length", "")
        if not (length.isascii() and length.isdigit()) or int(length) > BODY_MAX_BYTES:
            self.send_error(413 if length.isdigit() else 411)
            self.close_connection = True
            return
        body = self.rfile.read(int(length))
        if len(body) < int(length):  # cut on its way: half a message is none
            self.close_connection = True
            return
        headers = {name.lower(): value for name, value in self.headers.items()}
        assert isinstance(self.server, _Sink)
        reply = self.server.receiver.take(self.path, headers, body)
        if not reply.status:
            self.close_connection = True
            return
        self.send_response(reply.status)
        for name, value in {**reply.headers, "content-length": str(len(reply.body))}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(reply.body)

    def log_message(self, format: str, *args: Any) -> None:
        """Keeps standard error for the report."""
