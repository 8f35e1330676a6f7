"""What the client of a universe tells of it, and how it moves on an event loop."""

import asyncio
import json
import re
from contextlib import closing
from datetime import UTC, datetime, timedelta

import pytest

from mockpsp.sandbox_client import Sandbox, SandboxError
from mockpsp.scenarios.replaying.receiver import Receiver
from tests.mockpsp.everything import paid

CAPTURED = "transaction.captured"


class Handler:
    """A webhook handler on the event loop of the test itself."""

    def __init__(self) -> None:
        self.events: list[str] = []

    async def __aenter__(self) -> "Handler":
        self._server = await asyncio.start_server(self._answer, "127.0.0.1", 0)
        self.url = f"http://127.0.0.1:{self._server.sockets[0].getsockname()[1]}/hook"
        return self

    async def __aexit__(self, *_: object) -> None:
        self._server.close()
        await self._server.wait_closed()

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode().lower()
        found = re.search(r"content-length: (\d+)", head)
        assert found is not None
        self.events.append(json.loads(await reader.readexactly(int(found[1])))["event_type"])
        writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\nconnection: close\r\n\r\n")
        await writer.drain()
        writer.close()


def test_it_shows_where_it_is_whose_and_when(mockpsp: Sandbox) -> None:
    assert repr(mockpsp) == f"<Sandbox {mockpsp.url} {mockpsp.project_id} at 2026-01-01T00:00:00Z>"

    mockpsp.close()

    assert repr(mockpsp) == f"<Sandbox {mockpsp.url} {mockpsp.project_id} closed>"


def test_it_shows_that_nobody_answers(mockpsp_server: str) -> None:
    with Sandbox("http://127.0.0.1:1", "test-proj_nobody", "key_sandbox_nobody") as nobody:
        assert repr(nobody).endswith("its clock can't be read: ConnectionError>")


def test_now_is_a_moment_to_reckon_with(mockpsp: Sandbox) -> None:
    assert mockpsp.now == datetime(2026, 1, 1, tzinfo=UTC)

    mockpsp.advance(to=mockpsp.now + timedelta(days=2))

    assert mockpsp.now == datetime(2026, 1, 3, tzinfo=UTC)


@pytest.mark.parametrize("how", [{}, {"scheme": "stripe", "body": "dialect"}], ids=["standard", "stripe"])
def test_what_receivers_got_of_one_event(mockpsp: Sandbox, how: dict[str, str]) -> None:
    mockpsp.webhooks(answers=(500, 200), **how)  # type: ignore[arg-type]
    other = mockpsp.webhooks(topics=[CAPTURED])
    paid(mockpsp)
    mockpsp.advance("1d")

    assert len(mockpsp.received()) > len(mockpsp.received(CAPTURED))
    assert [one.answered for one in mockpsp.received(CAPTURED)] == [500, 200, 200]
    assert mockpsp.received(CAPTURED)[-1] in other.received()


def test_an_event_that_there_is_not_is_refused_with_the_nearest(mockpsp: Sandbox) -> None:
    with pytest.raises(SandboxError, match=r"did you mean 'transaction\.captured'"):
        mockpsp.received("transaction.capured")
    with pytest.raises(SandboxError, match=r"did you mean 'transaction\.captured'"):
        mockpsp.deliveries(event="transaction.capured")


def test_deliveries_by_event_and_state(mockpsp: Sandbox) -> None:
    mockpsp.webhooks(topics=[CAPTURED, "transaction.authorized"])
    paid(mockpsp)

    assert [one["state"] for one in mockpsp.deliveries(event=CAPTURED)] == ["pending"]
    mockpsp.settle()
    assert [one["event_type"] for one in mockpsp.deliveries(event=CAPTURED, state="delivered")] == [CAPTURED]
    assert mockpsp.deliveries(state="dead") == []
    with pytest.raises(SandboxError, match="known: pending, delivered, dead"):
        mockpsp.deliveries(state="lost")


def test_the_timeline_of_a_payment(mockpsp: Sandbox) -> None:
    told = mockpsp.timeline(paid(mockpsp))

    assert CAPTURED in [one["what"] for one in told["moments"] if one["kind"] == "event"]


def test_a_handler_on_the_tests_own_loop_is_waited_for(mockpsp: Sandbox) -> None:
    async def play() -> tuple[list[str], list[str]]:
        async with Handler() as handler:
            mockpsp.post("/sandbox/webhook-endpoints", {"url": handler.url, "topics": [CAPTURED]})
            paid(mockpsp)
            await mockpsp.asettle()
            settled = list(handler.events)
            paid(mockpsp)
            await mockpsp.aadvance("1d")
            return settled, handler.events

    settled, events = asyncio.run(play())

    assert (settled, events) == ([CAPTURED], [CAPTURED, CAPTURED])


@pytest.mark.parametrize("move", ["settle", "advance"])
def test_what_would_wait_for_its_own_thread_is_refused(mockpsp: Sandbox, move: str) -> None:
    async def play() -> None:
        async with Handler() as handler:
            mockpsp.post("/sandbox/webhook-endpoints", {"url": handler.url})
            with pytest.raises(SandboxError, match=rf"runs in this very thread: write `await mockpsp\.a{move}\("):
                getattr(mockpsp, move)(max="1d")

    asyncio.run(play())


def test_on_a_loop_that_answers_nothing_it_moves_as_anywhere(mockpsp: Sandbox) -> None:
    async def play() -> int:
        mockpsp.webhooks(topics=[CAPTURED])
        with closing(Receiver()) as elsewhere:
            mockpsp.post("/sandbox/webhook-endpoints", {"url": elsewhere.url, "topics": [CAPTURED]})
            paid(mockpsp)
            mockpsp.settle()
            return len(mockpsp.received()) + elsewhere.count()

    assert asyncio.run(play()) == 2


def test_a_receiver_that_the_server_cannot_reach_is_refused() -> None:
    # An address of documentation: nobody has it, this machine neither.
    with (
        Sandbox("http://192.0.2.1:8765", "test-proj_far", "key_sandbox_far") as far,
        pytest.raises(SandboxError, match=r"is another machine.*register an address that it reaches"),
    ):
        far.webhooks()
