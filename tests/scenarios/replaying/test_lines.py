"""Calls over HTTP and straight to an application in this process: the same requests, the same answers."""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mockpsp.config import Settings
from mockpsp.scenarios.language.errors import ReplayError
from mockpsp.scenarios.language.model import Scenario
from mockpsp.scenarios.replaying.application import Application, own_application
from mockpsp.scenarios.replaying.lines import _PLAIN_TARGET, Answer, DirectLine, HttpLine, line_to
from mockpsp.scenarios.replaying.runner import run
from mockpsp.serving.connection import ENVIRON_KEY
from mockpsp.serving.in_process import HOST, answer

WHO = ("test-proj_lines", "key_sandbox_lines")
BODY = b'{"name": "Order 7", "amount": "10.00", "currency": "EUR"}'
#: Headers that name a moment or the way: what the clock says, and whether a connection stays.
OF_THE_WAY = ("date", "connection")


@pytest.fixture(scope="module")
def application() -> Iterator[Application]:
    with own_application() as found:
        yield found


@pytest.fixture
def lines(application: Application) -> Iterator[tuple[HttpLine, DirectLine]]:
    found = HttpLine(application.url, *WHO), DirectLine(application, *WHO)
    yield found
    for line in found:
        line.close()


def seen(line: Any, *request: Any) -> tuple[Any, ...]:
    """An answer without what differs from call to call, or what the replay says of one that was never sent."""
    try:
        got: Answer = line.ask(*request)
    except ReplayError as error:
        return ("never sent", re.sub(r"http://[^/]*", "", str(error)))
    headers = {name.lower(): value for name, value in got.headers.items() if name.lower() not in OF_THE_WAY}
    if "location" in headers:  # with the server's address, as the page has it
        headers |= {"location": re.sub(r"^http://[^/]*", "", headers["location"]), "content-length": "?"}
    return got.status, got.body, headers, got.transport


@pytest.mark.parametrize(
    ("method", "path", "body", "headers"),
    [
        ("GET", "/sandbox", None, {}),
        ("GET", "/sandbox/ledger/journal", None, {}),
        ("GET", "/sandbox/ledger/journal?format=text", None, {}),
        ("GET", "/transactions?limit=1&order=asc", None, {}),
        ("GET", "/transactions?limit=0", None, {}),
        ("GET", "/nowhere", None, {}),
        ("DELETE", "/sandbox/rules", None, {}),
        ("PATCH", "/invoices", BODY, {}),
        ("POST", "/invoices", None, {}),
        ("POST", "/invoices", b"", {}),
        ("POST", "/invoices", b"[1, 2", {}),
        ("POST", "/invoices", BODY.replace(b"10.00", "ten €".encode()), {}),
        ("POST", "/invoices", b'{"name": "' + b"x" * (1024 * 1024) + b'"}', {}),
        ("GET", "/docs/stories", None, {}),
        ("GET", "/error-codes", None, {"Origin": "http://shop.example"}),
        ("POST", "/customers", b"{}", {"Idempotency-Key": "a b  c"}),
        ("POST", "/customers", b"{}", {"Idempotency-Key": " leading"}),
        ("POST", "/customers", b"{}", {"Idempotency-Key": "two\nlines"}),
        ("POST", "/customers", b"{}", {"Idempotency-Key": "caf\u00e9"}),
        ("POST", "/customers", b"{}", {"Idempotency-Key": "\u20ac"}),
        ("POST", "/customers", b"{}", {"Idempotency-Key": "x" * 70_000}),
        ("GET", "/transactions/a%2Fb", None, {}),
        ("GET", "/transactions/caf\u00e9", None, {}),
        ("GET", "/transactions/../customers", None, {}),
        ("GET", "/transactions/./", None, {}),
        ("GET", "//transactions//x", None, {}),
        ("GET", "/transactions#limit=1", None, {}),
        ("GET", "/transactions?limit=1#x", None, {}),
        ("GET", "/transactions?name=\u00e9&x=%zz", None, {}),
        ("GET", "/transactions/[x]{y}|z\\", None, {}),
        ("GET", "/customers?expand[]=x&limit=1", None, {}),
        ("GET", "/transactions?", None, {}),
    ],
)
def test_an_answer_is_the_same_both_ways(
    lines: tuple[HttpLine, DirectLine], method: str, path: str, body: bytes | None, headers: Mapping[str, str]
) -> None:
    over_http, straight = (seen(line, method, path, body, headers) for line in lines)

    assert straight == over_http


def of(letters: str, at_most: int = 8) -> st.SearchStrategy[str]:
    """Texts of some of these letters."""
    return st.lists(st.sampled_from(letters), min_size=1, max_size=at_most).map("".join)


PATH = st.lists(of("abzAZ09_~.-"), min_size=1, max_size=4).map(lambda parts: "/" + "/".join(parts))
QUERY = st.one_of(st.just(""), of("az09=&.,:~-_").map("?{}".format))
PRINTABLE = "".join(map(chr, range(33, 127)))


@given(
    method=st.sampled_from(("GET", "POST", "PUT", "PATCH", "DELETE")),
    target=st.builds("{}{}".format, PATH, QUERY).filter(_PLAIN_TARGET.fullmatch),
    body=st.sampled_from((None, b"", b"{}", b"\xff\r\n")),
    key=st.one_of(st.none(), of(PRINTABLE)),
)
def test_an_ordinary_call_is_written_as_requests_writes_it(
    application: Application, method: str, target: str, body: bytes | None, key: str | None
) -> None:
    line, headers = DirectLine(application, *WHO), {} if key is None else {"Idempotency-Key": key}

    assert parts(line._written(method, target, body, headers)) == parts(line._prepared(method, target, body, headers))


def parts(request: bytes) -> tuple[bytes, list[bytes], bytes]:
    """First line, header lines in any order, body."""
    head, _, body = request.partition(b"\r\n\r\n")
    first, *headers = head.split(b"\r\n")
    return first, sorted(headers), body


def test_an_application_that_fails_is_told_as_the_server_tells_it() -> None:
    def failing(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        raise RuntimeError

    told = answer(failing, Settings(), f"GET / HTTP/1.1\r\nHost: {HOST}\r\n\r\n".encode())

    assert told.startswith(b"HTTP/1.1 500 ") and b"the application failed on this request" in told


@pytest.mark.parametrize(
    "request_bytes", [b"", b"GET / HTTP/1.1\r\n", b"POST / HTTP/1.1\r\nContent-Length: 5\r\n\r\n1"]
)
def test_half_a_request_is_refused(request_bytes: bytes) -> None:
    assert answer(lambda *_: [], Settings(), request_bytes).startswith(b"HTTP/1.1 400 ")


@pytest.mark.parametrize(
    ("expected", "is_connected"), [("ok", False), ("reset", False), ("stalled", False), ("refused", True)]
)
def test_a_story_that_wants_no_connection_has_to_try_one(
    story: Callable[..., Scenario], expected: str, is_connected: bool
) -> None:
    scenario = story(f"- {{call: GET /invoices, expect: {{transport: {expected}}}}}")

    assert scenario.needs_connection is is_connected


def test_so_has_one_whose_cells_are_about_it(story: Callable[..., Scenario]) -> None:
    expect = "{by: psp, one: {transport: refused}, two: {status: 200}}"

    assert story(f"- {{call: GET /invoices, expect: {expect}}}", "matrix: {psp: [one, two]}").needs_connection


@pytest.mark.parametrize(
    ("cut", "transport"),
    [({"resets": True}, "reset"), ({"sends": b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n{"}, "cut")],
)
def test_a_connection_that_breaks_off_is_what_the_story_says(
    story: Callable[..., Scenario], cut: dict[str, Any], transport: str
) -> None:
    with own_application() as found:
        serve = found.app.wsgi_app

        def breaking(environ: dict[str, Any], start_response: Any) -> Any:
            if environ["PATH_INFO"] == "/error-codes":
                environ[ENVIRON_KEY].cut(**cut)
            return serve(environ, start_response)

        found.app.wsgi_app = breaking
        told = [
            run(story(f"- {{call: GET /error-codes, expect: {{transport: {one}}}}}"), found.url, cell={})
            for one in (transport, "stalled")
        ]

    assert told[0].ok, told[0].differences
    assert [str(one) for one in told[1].differences] == [f"transport: expected stalled, got {transport}"]


def test_an_address_is_spoken_to_over_http_and_an_application_straight(application: Application) -> None:
    found = [line_to(application.url, *WHO), line_to(application, *WHO), line_to(application, *WHO, is_connected=True)]

    assert [type(line) for line in found] == [HttpLine, DirectLine, HttpLine]


#: What a fault does, when -> what a story calls it.
BROKEN = {
    ("reset", "before_commit"): "reset",
    ("reset", "after_commit"): "reset",
    ("reset", "while_answering"): "reset",
    ("stall 1s", "after_commit"): "stalled",
    ("stall 1s", "while_answering"): "stalled",
    ("truncate", None): "cut",
    ("garble", None): "garbled",
    ("delay 1ms..2ms", None): "ok",
    ("status 503", "before_commit"): "ok",
}


@pytest.mark.parametrize(("do", "when"), BROKEN)
def test_a_fault_is_the_same_over_http_and_straight(
    application: Application, story: Callable[..., Scenario], do: str, when: str | None
) -> None:
    said = f"match: POST /customers, do: {do}" + (f", when: {when}" if when else "")
    status = "status: 503, " if do == "status 503" else ""
    steps = f"- fault: {{{said}}}\n- {{call: POST /customers, expect: {{{status}transport: {BROKEN[do, when]}}}}}"

    results = [run(story(steps), place, cell={}) for place in (application.url, application)]

    assert [one.differences for one in results] == [(), ()]
    assert results[0] == results[1]


@pytest.mark.parametrize(("older", "transport"), [("truncated", "cut"), ("timeout", "stalled")])
def test_stories_may_go_on_saying_it_as_they_did(story: Callable[..., Scenario], older: str, transport: str) -> None:
    assert story(f"- {{call: GET /invoices, expect: {{transport: {older}}}}}").steps[0].expect.transport == transport
