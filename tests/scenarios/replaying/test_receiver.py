"""The loopback sink: what it answers, records and thinks of signatures."""

import os
import signal
import socket
import threading
from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest
import requests

from mockpsp.scenarios.replaying.receiver import Receiver
from mockpsp.wallclock import now_s
from mockpsp.webhooks import signing

SECRET = signing.secret_from(bytes(range(24)))
BODY = b'{"event_id": "ev_1", "event_type": "transaction.captured"}'


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    """A sink that fails twice and knows the secret."""
    sink = Receiver([500, 410, 200], secret=SECRET)
    yield sink
    sink.close()


def signed(body: bytes = BODY, *, age_s: int = 0) -> dict[str, str]:
    """Headers as a sender makes them, `age_s` ago."""
    return signing.headers([SECRET], webhook_id="ev_1", timestamp_s=now_s() - age_s, body=body)


def send(receiver: Receiver, body: bytes = BODY, headers: dict[str, str] | None = None) -> int:
    """The status answered to one delivery."""
    return requests.post(receiver.url, data=body, headers=headers or {}, timeout=5).status_code


def test_answers_come_in_order_and_the_last_repeats(receiver: Receiver) -> None:
    assert [send(receiver) for _ in range(4)] == [500, 410, 200, 200]


def test_each_message_meets_the_answers_from_the_first(receiver: Receiver) -> None:
    attempts = [send(receiver, headers={"webhook-id": webhook_id}) for webhook_id in ("ev_1", "ev_2", "ev_1")]

    assert attempts == [500, 500, 410]


def test_a_request_is_recorded_with_its_headers_body_and_answer(receiver: Receiver) -> None:
    send(receiver, headers=signed())

    (received,) = receiver.received()
    assert (received.path, received.body, received.answered, received.webhook_id) == ("/", BODY, 500, "ev_1")


def test_a_genuine_signature_is_valid(receiver: Receiver) -> None:
    send(receiver, headers=signed())

    assert receiver.received()[0].signature == "valid"


def test_a_signature_over_another_body_is_invalid(receiver: Receiver) -> None:
    send(receiver, headers=signed(b"{}"))

    assert receiver.received()[0].signature == "invalid"


def test_a_stale_signature_is_invalid(receiver: Receiver) -> None:
    send(receiver, headers=signed(age_s=3600))

    assert receiver.received()[0].signature == "invalid"


def test_a_malformed_signature_is_invalid(receiver: Receiver) -> None:
    send(receiver, headers={**signed(), "webhook-signature": "v1,abc"})

    assert receiver.received()[0].signature == "invalid"


def test_no_signature_is_missing(receiver: Receiver) -> None:
    send(receiver)

    assert receiver.received()[0].signature == "missing"


def test_a_held_receiver_records_at_once_and_answers_when_released(receiver: Receiver) -> None:
    receiver.hold()
    statuses: list[int] = []
    sender = threading.Thread(target=lambda: statuses.append(send(receiver)))

    sender.start()
    for _ in range(500):
        sender.join(timeout=0 if receiver.received() else 0.01)
    assert statuses == []
    receiver.release()
    sender.join(timeout=5)

    assert statuses == [500]


def test_many_senders_at_once_lose_no_record(receiver: Receiver) -> None:
    senders = [threading.Thread(target=send, args=(receiver,)) for _ in range(8)]

    for sender in senders:
        sender.start()
    for sender in senders:
        sender.join(timeout=5)

    assert sorted(one.answered for one in receiver.received()) == [200] * 6 + [410, 500]


def test_a_body_beyond_the_limit_is_refused_and_not_recorded(receiver: Receiver) -> None:
    response = requests.post(receiver.url, headers={"content-length": "99999999"}, timeout=5)

    assert (response.status_code, receiver.received()) == (413, ())


def test_a_webhook_cut_short_is_none_and_not_recorded(receiver: Receiver) -> None:
    address = urlsplit(receiver.url)
    for body in (b"", BODY[:-1]):
        with socket.create_connection((address.hostname, address.port), timeout=5) as sender:
            sender.sendall(f"POST /hook HTTP/1.1\r\nContent-Length: {len(BODY)}\r\n\r\n".encode() + body)
            sender.shutdown(socket.SHUT_WR)
            assert sender.recv(1_000) == b""

    assert receiver.received() == ()
    assert send(receiver) == 500


def test_a_closed_receiver_refuses_connections() -> None:
    sink = Receiver()
    sink.close()

    with pytest.raises(requests.ConnectionError):
        send(sink)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no forked children here")
@pytest.mark.filterwarnings("ignore:.*multi-threaded.*fork:DeprecationWarning")
def test_a_forked_child_that_ends_its_copy_returns_and_leaves_the_listening_one(receiver: Receiver) -> None:
    child = os.fork()
    if child == 0:
        signal.alarm(5)  # whoever waits for a thread that the child has not is ended
        receiver.close()
        os._exit(0)

    assert os.waitpid(child, 0)[1] == 0
    assert send(receiver) == 500
