"""How a replay speaks to a server: over HTTP, or straight to an application in this process, with the same answers.

Both send what `requests` sends. Straight, a call of an ordinary kind is written here, in a fraction of the time; one
that isn't ordinary is prepared by `requests` itself, which knows what is refused and how names are escaped.
"""

import json
import re
import ssl
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Protocol

import requests
from requests.adapters import HTTPAdapter

from mockpsp.domain.faults import STALL_MIN_MS
from mockpsp.scenarios.language.errors import ReplayError
from mockpsp.scenarios.language.matching import MISSING, Found
from mockpsp.scenarios.language.model import Json
from mockpsp.scenarios.replaying.application import Application
from mockpsp.serving.in_process import HOST, Broken
from mockpsp.wallclock import stopwatch_ms

#: Real seconds; an advance over many deliveries to a slow receiver takes the longest.
ANSWER_TIMEOUT_S = 120
#: Targets that go out as they are: no escapes, no empty or dotted parts, which clients take out.
_PLAIN_TARGET = re.compile(r"(?:/[A-Za-z0-9_~-][A-Za-z0-9_.~-]*)+(?:\?[A-Za-z0-9_.~=&:,-]+)?")
_PLAIN_VALUE = re.compile(r"[!-~](?:[ -~]*[!-~])?")
#: `json.loads` with a setting of one's own makes a decoder each time.
_DECODER = json.JSONDecoder(parse_float=Decimal)
_NAMED = {"content-type": "application/json"}


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back from a call; `status` None when nothing did."""

    status: int | None
    body: Found = MISSING
    headers: Mapping[str, str] = field(default_factory=dict)
    #: One of expectations.TRANSPORTS.
    transport: str = "ok"
    #: Of calls that went together, each one's, in the order they are written.
    each: tuple["Answer", ...] = ()


class Line(Protocol):
    """A way to one universe of one server."""

    def ask(self, method: str, path: str, body: bytes | None, headers: Mapping[str, str]) -> Answer:
        """The server's answer, whatever its status; a broken connection is an answer too."""

    def close(self) -> None:
        """Nothing more is asked."""


#: Where a server is: its address, or an application in this process.
Place = str | Application


def line_to(place: Place, project_id: str, secret: str, *, is_connected: bool = False) -> Line:
    """A way to a universe: without sockets where that is possible, unless the connection itself matters."""
    if isinstance(place, str):
        return HttpLine(place, project_id, secret)
    return HttpLine(place.url, project_id, secret) if is_connected else DirectLine(place, project_id, secret)


def parsed(content: bytes) -> Found:
    """The JSON value in a body, or nothing when it holds none; numbers with a point become decimals."""
    try:
        value: Json = _DECODER.decode(content.decode(json.detect_encoding(content), "surrogatepass"))
    except ValueError:
        return MISSING
    return value


class HttpLine:
    """A connection to a server's address."""

    def __init__(self, base_url: str, project_id: str = "", secret: str = "") -> None:
        """Without a project no credentials go along: the server is not ours."""
        self._base_url = base_url.rstrip("/")
        self._session = _session(project_id, secret)
        # What OpenSSL trusts on this machine, or what SSL_CERT_FILE says instead.
        self._session.verify = ssl.get_default_verify_paths().cafile or True

    def ask(self, method: str, path: str, body: bytes | None, headers: Mapping[str, str]) -> Answer:
        """The answer to a request."""
        started_ms = stopwatch_ms()
        try:
            response = self._session.request(
                method,
                self._base_url + path,
                data=body,
                headers=_sent(body, headers),
                timeout=ANSWER_TIMEOUT_S,
                allow_redirects=False,
            )
        except (requests.ConnectionError, requests.Timeout, requests.exceptions.ChunkedEncodingError) as error:
            return Answer(None, transport=_broken(error, stopwatch_ms() - started_ms))
        except requests.RequestException as error:
            raise ReplayError(f"{method} {self._base_url}{path}: {error}") from error
        return _answer(response.status_code, response.content, response.headers)

    def close(self) -> None:
        """The connection is gone."""
        self._session.close()


class DirectLine:
    """Calls of an application in this process."""

    def __init__(self, application: Application, project_id: str, secret: str) -> None:
        self._application = application
        self._session = _session(project_id, secret)
        prepared = self._session.prepare_request(requests.Request("GET", f"http://{HOST}/", headers=_sent(None, {})))
        #: The head of every request, from its version to the headers of this one.
        self._head = _head(prepared)

    def ask(self, method: str, path: str, body: bytes | None, headers: Mapping[str, str]) -> Answer:
        """The answer to a request; one that took longer than a client waits is none."""
        if _PLAIN_TARGET.fullmatch(path) and all(_PLAIN_VALUE.fullmatch(value) for value in headers.values()):
            request = self._written(method, path, body, headers)
        else:
            request = self._prepared(method, path, body, headers)
        started_ms = stopwatch_ms()
        try:
            answer = self._application.answer(request)
        except Broken as broken:
            return Answer(None, transport=broken.transport)
        if stopwatch_ms() - started_ms > ANSWER_TIMEOUT_S * 1_000:
            return Answer(None, transport="stalled")
        return _read(answer)

    def close(self) -> None:
        """There is nothing to end but what prepares requests."""
        self._session.close()

    def _written(self, method: str, path: str, body: bytes | None, headers: Mapping[str, str]) -> bytes:
        named = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
        if body is not None:
            named += "content-type: application/json\r\n"
        if body:
            named += f"Content-Length: {len(body)}\r\n"
        elif method not in ("GET", "HEAD"):
            named += "Content-Length: 0\r\n"
        return f"{method} {path}{self._head}{named}\r\n".encode("latin-1") + (body or b"")

    def _prepared(self, method: str, path: str, body: bytes | None, headers: Mapping[str, str]) -> bytes:
        url = f"http://{HOST}{path}"
        request = requests.Request(method, url, data=body, headers=_sent(body, headers))
        try:
            prepared = self._session.prepare_request(request)
            target = HTTPAdapter().request_url(prepared, {})
            return f"{method} {target}{_head(prepared)}\r\n".encode("latin-1") + (body or b"")
        except requests.RequestException as error:
            raise ReplayError(f"{method} {url}: {error}") from error


def _broken(error: requests.RequestException, waited_ms: int) -> str:
    """What became of a connection: one that a stalled server ends at last is told from a cut one by its silence."""
    if isinstance(error, requests.ConnectionError) and "refused" in str(error):
        return "refused"
    if "ConnectionResetError" in str(error):
        return "reset"
    if isinstance(error, requests.Timeout) or waited_ms >= STALL_MIN_MS:
        return "stalled"
    return "cut" if isinstance(error, requests.exceptions.ChunkedEncodingError) else "reset"


def _session(project_id: str, secret: str) -> requests.Session:
    session = requests.Session()
    # Proxies and netrc files of the machine have no say in a replay.
    session.trust_env = False
    if project_id:
        session.auth = (project_id, secret)
    return session


def _sent(body: bytes | None, headers: Mapping[str, str]) -> dict[str, str]:
    """The headers of a call; ReplayError for one that holds what HTTP has no bytes for."""
    for name, value in headers.items():
        beyond = next((letter for letter in value if ord(letter) > 255), None)
        if beyond is not None:
            raise ReplayError(f"the header {name} can't hold {beyond!r}: {value[:80]!r}")
    return {"accept": "application/json", **(_NAMED if body is not None else {}), **headers}


def _head(prepared: requests.PreparedRequest) -> str:
    """What follows the target, as it goes out: the version, the host and the headers."""
    named = "".join(f"{name}: {value}\r\n" for name, value in prepared.headers.items())
    return f" HTTP/1.1\r\nHost: {HOST}\r\n{named}"


def _read(answer: bytes) -> Answer:
    """An answer from its bytes; header lines of one name are put together, as `requests` does."""
    head, _, content = answer.partition(b"\r\n\r\n")
    first, *lines = head.decode("latin-1").split("\r\n")
    headers: dict[str, str] = {}
    for line in lines:
        name, _, value = line.partition(": ")
        headers[name] = f"{headers[name]}, {value}" if name in headers else value
    if headers.get("Transfer-Encoding") == "chunked":
        content = b"".join(_chunks(content))
    return _answer(int(first.split(" ", 2)[1]), content, headers)


def _answer(status: int, content: bytes, headers: Mapping[str, str]) -> Answer:
    """A whole answer; one that says it is JSON and is none came garbled."""
    body = parsed(content)
    is_garbled = body is MISSING and content != b"" and headers.get("Content-Type", "").startswith("application/json")
    return Answer(status, body, headers, "garbled" if is_garbled else "ok")


def _chunks(content: bytes) -> Iterator[bytes]:
    """What is in the chunks of a body; each has its length before it, in hex, and one of none ends it."""
    place = 0
    while True:
        start = content.index(b"\r\n", place) + 2
        length = int(content[place : start - 2], 16)
        if not length:
            return
        yield content[start : start + length]
        place = start + length + 2
