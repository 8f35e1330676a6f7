"""A journal is sent while it is made: the same bytes as at once, at the pace of whoever takes it, or visibly cut."""

import base64
import http.client
import json
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from mockpsp.api.wire.app_state import AppState
from mockpsp.config import Settings
from mockpsp.ledger import book, chart, exports
from mockpsp.ledger.book import Entry
from mockpsp.ledger.chart import Posting
from mockpsp.serving.messages import LAST_BLOCK
from tests.mockpsp.worlds import serving

pytestmark = pytest.mark.slow

#: More than two pages of them; and more text than the system keeps for a client that takes none.
ENTRIES, TOO_MANY = 1_234, 40_123
HEADERS, LONGER = (
    {"Authorization": "Basic " + base64.b64encode(f"test-proj_{name}:key_test_long".encode()).decode()}
    for name in ("long", "longer")
)
JOURNAL = "/sandbox/ledger/journal"


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, AppState]]:
    """A server on a universe whose journal is long."""
    settings = Settings(db=str(tmp_path_factory.mktemp("journal") / "long.db"), clock="manual")
    with serving(settings) as (url, state):
        for no, (headers, entries) in enumerate([(HEADERS, ENTRIES), (LONGER, TOO_MANY)], start=1):
            get(url, "/sandbox/clock", headers)
            fill(state, no, entries)
        yield url.removeprefix("http://"), state


def fill(state: AppState, no: int, entries: int) -> None:
    """Book entries of one posting or two."""
    sale = Posting(chart.pending("north"), chart.SALES, "EUR", 1_000)
    fee = Posting(chart.processing("north"), chart.pending("north"), "EUR", 31)
    with state.database.writing() as conn:
        book.append(
            conn, no, [Entry(n, 1, "captured", 1_000 * n, [sale, fee][: 1 + n % 2]) for n in range(1, entries + 1)]
        )


def get(url: str, path: str, headers: dict[str, str] = HEADERS) -> tuple[http.client.HTTPResponse, bytes]:
    """The answer, and its body."""
    connection = http.client.HTTPConnection(url.removeprefix("http://"), timeout=20)
    connection.request("GET", path, headers=headers)
    answer = connection.getresponse()
    body = answer.read()
    connection.close()
    return answer, body


@contextmanager
def asking_slowly(address: str) -> Iterator[socket.socket]:
    """A client that asked for the journal, and keeps next to nothing of what comes until it takes it."""
    host, _, port = address.partition(":")
    with socket.socket() as client:
        client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4_096)
        client.settimeout(20)
        client.connect((host, int(port)))
        head = f"GET {JOURNAL} HTTP/1.1\r\nHost: {host}\r\nAuthorization: {LONGER['Authorization']}\r\n\r\n"
        client.sendall(head.encode())
        yield client


@pytest.mark.parametrize("form", ["text", "csv", "hledger", "beancount"])
def test_a_journal_in_pieces_is_the_journal(served: tuple[str, AppState], form: str) -> None:
    url, state = served
    with state.database.reading() as conn:
        whole = "".join(exports.render(conn, 1, "journal", form))

    answer, body = get(url, f"{JOURNAL}?format={form}")

    assert (answer.status, answer.headers["transfer-encoding"]) == (200, "chunked")
    assert body.decode() == whole


def test_the_journal_is_in_an_envelope_as_every_answer(served: tuple[str, AppState]) -> None:
    url, state = served
    with state.database.reading() as conn:
        key = exports.id_key(conn, 1)
        entries = [exports.entry_json(key, entry) for entry in book.journal(conn, 1)]

    answer, body = get(url, JOURNAL)

    assert answer.headers["content-type"] == "application/json"
    assert body == json.dumps({"journal": entries, "success": True}, separators=(",", ":")).encode()


def test_an_older_client_gets_it_whole(served: tuple[str, AppState]) -> None:
    host, _, port = served[0].partition(":")
    with socket.create_connection((host, int(port)), timeout=20) as client:
        head = f"GET {JOURNAL} HTTP/1.0\r\nHost: {host}\r\nAuthorization: {HEADERS['Authorization']}\r\n\r\n"
        client.sendall(head.encode())
        answer = b"".join(iter(lambda: client.recv(65_536), b""))

    head, body = answer.split(b"\r\n\r\n", 1)
    assert b"chunked" not in head
    assert f"Content-Length: {len(body)}".encode() in head
    assert len(json.loads(body)["journal"]) == ENTRIES


def test_the_next_request_of_a_connection_is_answered_after_it(served: tuple[str, AppState]) -> None:
    connection = http.client.HTTPConnection(served[0], timeout=20)
    for _ in range(2):
        connection.request("GET", JOURNAL, headers=HEADERS)
        assert len(json.loads(connection.getresponse().read())["journal"]) == ENTRIES
    connection.close()


def test_whoever_takes_it_slowly_holds_up_nobody(served: tuple[str, AppState]) -> None:
    url, state = served
    with asking_slowly(url) as slow:
        received = slow.recv(100)
        while b'"fact"' not in received:  # the head alone may be there before anything was looked at
            received += slow.recv(100)
        # Somebody else writes meanwhile: no snapshot is open. What is booked by then is not in it.
        with state.database.writing() as conn:
            book.append(conn, 2, [Entry(99_999, 1, "captured", 1, [Posting(chart.BANK, chart.SALES, "EUR", 1)])])
        while not received.endswith(LAST_BLOCK):
            received += slow.recv(65_536)

    assert received.count(b'"fact"') == TOO_MANY


def test_a_reset_in_the_middle_cuts_it_off(tmp_path: Path) -> None:
    with serving(Settings(db=str(tmp_path / "reset.db"), clock="manual")) as (url, state):
        get(url, "/sandbox/clock", LONGER)
        fill(state, 1, TOO_MANY)
        with asking_slowly(url.removeprefix("http://")) as slow:
            received = slow.recv(100)
            connection = http.client.HTTPConnection(url.removeprefix("http://"), timeout=20)
            connection.request("POST", "/sandbox/reset", body="{}", headers=LONGER)
            assert connection.getresponse().status == 200
            connection.close()
            while block := slow.recv(65_536):
                received += block

    assert received.startswith(b"HTTP/1.1 200")
    assert not received.endswith(LAST_BLOCK)


def test_a_client_may_go_away_in_the_middle(served: tuple[str, AppState]) -> None:
    with asking_slowly(served[0]) as slow:
        assert slow.recv(100)

    assert get(served[0], "/sandbox/clock")[0].status == 200
