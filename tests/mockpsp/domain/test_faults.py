"""How faults are said, whom they meet, and what of an answer gets through."""

import json
from collections import Counter

import pytest

from mockpsp.domain.faults import Deed, Outage, drawn_ms, let_through, meets, outage, read_deed, read_route, side_of

ROUTES = ("POST /invoices/{}/capture", "GET /invoices/{}", "POST /invoices")
ANSWER = b'HTTP/1.1 200 OK\r\nContent-Length: 18\r\n\r\n{"success":true,1}'


@pytest.mark.parametrize(
    ("text", "deed"),
    [
        ("reset", Deed("reset")),
        ("truncate", Deed("truncate")),
        ("garble", Deed("garble")),
        ("stall 30s", Deed("stall", low_ms=30_000, high_ms=30_000)),
        ("status 503", Deed("status", status=503)),
        ("delay 200ms", Deed("delay", low_ms=200, high_ms=200)),
        ("delay 50ms..2m", Deed("delay", low_ms=50, high_ms=120_000)),
    ],
)
def test_what_a_fault_does_is_read(text: str, deed: Deed) -> None:
    assert read_deed(text) == deed


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("rest", "did you mean 'reset'?"),
        ("", "known: reset, stall 30s"),
        ("reset now", "nothing follows reset"),
        ("status", "one of 429, 500, 502, 503, 504"),
        ("status 418", "one of 429, 500, 502, 503, 504"),
        ("stall", "no real time such as 200ms"),
        ("stall 999ms", "a stall takes 1000 ms to 120 s"),
        ("stall 3h", "no real time such as 200ms"),
        ("stall 1s..2s", "a stall lasts one time"),
        ("delay 0ms", "a delay takes 1 ms to 120 s"),
        ("delay 121s", "a delay takes 1 ms to 120 s"),
        ("delay 2s..1s", "the shorter time comes first"),
        ("delay 1s..", "'' is no real time"),
        ("delay \u0661s", "no real time"),
    ],
)
def test_what_it_can_not_do_is_refused_with_the_way_out(text: str, why: str) -> None:
    with pytest.raises(ValueError, match=r"^") as caught:
        read_deed(text)

    assert why in str(caught.value)


@pytest.mark.parametrize("do", ["reset", "stall 1s", "status 500"])
def test_the_side_of_the_commit_has_to_be_said_where_there_are_several(do: str) -> None:
    with pytest.raises(ValueError, match=r"is missing: .* before_commit or after_commit"):
        side_of(read_deed(do), None)


@pytest.mark.parametrize(("do", "side"), [("truncate", "while_answering"), ("garble", "while_answering")])
def test_where_there_is_one_side_it_is_that(do: str, side: str) -> None:
    assert side_of(read_deed(do), None) == side_of(read_deed(do), side) == side


@pytest.mark.parametrize(
    ("do", "when", "why"),
    [
        ("status 500", "while_answering", "only before_commit or after_commit"),
        ("truncate", "after_commit", "only while_answering"),
        ("delay 1s", "before_commit", "without `when`"),
    ],
)
def test_a_side_on_which_it_can_not_be_is_refused(do: str, when: str, why: str) -> None:
    with pytest.raises(ValueError, match=why):
        side_of(read_deed(do), when)


@pytest.mark.parametrize(
    ("text", "route"),
    [
        ("post /invoices/*/capture", "POST /invoices/*/capture"),
        ("POST /invoices/iv_1/capture/", "POST /invoices/iv_1/capture"),
        ("* /invoices/*", "* /invoices/*"),
        ("POST /*", "POST /*"),
        ("*", "*"),
    ],
)
def test_a_route_is_read(text: str, route: str) -> None:
    assert read_route(text, ROUTES) == route


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("POST /invoice/*/capture", "did you mean 'POST /invoices/.*/capture'?"),
        ("POST /sandbox/reset", "ProcessOut's routes alone|did you mean"),
        ("PUT /invoices", "there is no route PUT /invoices"),
        ("/invoices", "is no route such as"),
        ("POST invoices", "is no route such as"),
        ("POST /a b", "is no route such as"),
        ("", "is no route such as"),
    ],
)
def test_a_route_that_no_call_has_is_refused(text: str, why: str) -> None:
    with pytest.raises(ValueError, match=why):
        read_route(text, ROUTES)


@pytest.mark.parametrize(
    ("route", "method", "path", "is_met"),
    [
        ("POST /invoices/*/capture", "POST", "/invoices/iv_1/capture", True),
        ("POST /invoices/*/capture", "POST", "/invoices/iv_1/capture/", True),
        ("POST /invoices/*/capture", "PUT", "/invoices/iv_1/capture", False),
        ("POST /invoices/*/capture", "POST", "/invoices/iv_1/capture/more", False),
        ("POST /invoices/iv_1/capture", "POST", "/invoices/iv_2/capture", False),
        ("* /invoices", "GET", "/invoices", True),
        ("*", "DELETE", "/cards/card_1", True),
    ],
)
def test_a_route_meets_its_calls_alone(route: str, method: str, path: str, is_met: bool) -> None:
    assert meets(route, method, path) is is_met


def test_a_delay_is_drawn_evenly_and_the_same_each_time() -> None:
    deed = read_deed("delay 1ms..4ms")

    drawn = [drawn_ms(deed, b"key", 3, number) for number in range(4_000)]

    assert drawn == [drawn_ms(deed, b"key", 3, number) for number in range(4_000)]
    assert drawn != [drawn_ms(deed, b"other", 3, number) for number in range(4_000)]
    assert all(900 < count < 1_100 for count in Counter(drawn).values()) and set(drawn) == {1, 2, 3, 4}


@pytest.mark.parametrize(
    ("do", "when", "rest"),
    [
        ("reset", "before_commit", b""),
        ("stall 1s", "after_commit", b""),
        ("reset", "while_answering", ANSWER[:-9]),
        ("truncate", "while_answering", ANSWER[:-9]),
        ("delay 1s", None, ANSWER),
    ],
)
def test_as_much_gets_through_as_there_is_a_way_for(do: str, when: str | None, rest: bytes) -> None:
    found = outage(read_deed(do), when, 0)

    assert found is not None
    assert let_through(found, ANSWER) == rest


@pytest.mark.parametrize("length", [1, 2, 3, 18, 5_000])
def test_garbage_has_the_length_of_what_it_was_and_is_no_json_in_any_encoding(length: int) -> None:
    body = b'"' + b"a" * (length - 2) + b'"' if length > 1 else b"1"
    garbled = let_through(Outage("garbled", has_begun=True), b"HTTP/1.1 200 OK\r\n\r\n" + body).partition(b"\r\n\r\n")[
        2
    ]

    assert len(garbled) == length
    for encoding in ("utf-8", "latin-1", "utf-16"):
        with pytest.raises(ValueError, match=r"^"):
            json.loads(garbled.decode(encoding))
