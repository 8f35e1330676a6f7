"""What a word does to the bytes of one request."""

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import parse_qsl, urlencode

import pytest

from mockpsp.webhooks import dialect_bodies, dialects, misbehaving, signing
from mockpsp.webhooks.delivery import DueDelivery
from mockpsp.webhooks.dialect_signing import Call, adyen_fields
from mockpsp.webhooks.errors import VerificationError

BODY = b'{"event_id":"ev_abc1","event_type":"transaction.captured"}'
SECRET = signing.secret_from(bytes(range(24)))
FACTS = dialect_bodies.Facts("tr_xyz1", "iv_1", 1_000, "10.00", "EUR", "test-proj_a")


def made(words: dict[str, int], body: bytes = BODY, dialect: str = "standard") -> tuple[dict[str, str], bytes]:
    def sign(secrets: Sequence[str], at_s: int, text: bytes) -> tuple[Mapping[str, str], bytes]:
        return dialects.sign(dialect, secrets, Call("ev_abc1", at_s, text, "http://127.0.0.1:9000/"))

    headers, sent = misbehaving.request(words, sign, [SECRET], webhook_id="ev_abc1", timestamp_s=10_000, body=body)
    return dict(headers), sent


def test_words_and_spans_come_back_as_they_were_written() -> None:
    words = {"duplicate": 0, "slow": 3_000}

    assert misbehaving.written(words) == "duplicate slow:3000"
    assert misbehaving.read("duplicate slow:3000") == words


@pytest.mark.parametrize(("word", "timestamp"), [("stale", "9400"), ("future", "10600"), ("unsigned", "10000")])
def test_an_attempt_is_signed_for_another_moment(word: str, timestamp: str) -> None:
    assert made({word: 0})[0]["webhook-timestamp"] == timestamp


@pytest.mark.parametrize("dialect", ["standard", "stripe", "square"])
def test_an_unsigned_call_has_no_signature(dialect: str) -> None:
    headers, sent = made({"unsigned": 0}, dialect=dialect)

    assert sent == BODY
    with pytest.raises(VerificationError):
        dialects.verify(dialect, SECRET, headers, sent, url="http://127.0.0.1:9000/", now_s=10_000)


def test_an_altered_body_differs_by_one_letter_and_is_still_json() -> None:
    headers, sent = made({"alter": 0})

    assert sent == BODY.replace(b"captured", b"capturee")
    assert json.loads(sent)["event_id"] == "ev_abc1"
    assert headers == made({})[0]


@pytest.mark.parametrize(("end", "altered"), [(b"z", b"y"), (b"Z", b"Y"), (b"9", b"8"), (b"a", b"b")])
def test_a_letter_becomes_a_letter(end: bytes, altered: bytes) -> None:
    assert made({"alter": 0}, b'{"a":"' + end + b'"}')[1] == b'{"a":"' + altered + b'"}'


@pytest.mark.parametrize("body", [BODY, b'{"a": 1}', b"not json"])
def test_a_body_written_again_says_the_same_in_other_bytes(body: bytes) -> None:
    _, sent = made({"reserialize": 0}, body)

    assert sent != body
    assert body == b"not json" or json.loads(sent) == json.loads(body)


def test_an_unknown_event_is_signed_as_it_is_sent() -> None:
    headers, sent = made({"unknown_event": 0})

    assert json.loads(sent)["event_id"] == "ev_1cba"
    signing.verify(SECRET, headers, sent, now_s=10_000)


@pytest.mark.parametrize("body", [BODY, b'{"url":"https://a/b","text":"a\\/b \\\\"}', b'{"a": {"b": "/"}}'])
def test_a_body_that_is_not_reserializable_is_no_librarys(body: bytes) -> None:
    sent = misbehaving.not_reserializable(body)
    value = json.loads(sent)

    assert value == json.loads(body)
    assert sent.decode() not in (json.dumps(value), json.dumps(value, separators=(",", ":")))
    assert not re.search(rb"(?<!\\)/", sent)


def test_a_form_that_is_not_reserializable_is_no_librarys() -> None:
    sent = misbehaving.not_reserializable(b"bt_signature=a%7Cb&bt_payload=PD94%2BAB%3D%0A")

    assert parse_qsl(sent.decode()) == [("bt_signature", "a|b"), ("bt_payload", "PD94+AB=\n")]
    assert urlencode(parse_qsl(sent.decode())) != sent.decode()


def test_what_is_neither_json_nor_escaped_stays_as_it_is() -> None:
    assert misbehaving.not_reserializable(b"id=tr_1") == b"id=tr_1"


def whole(
    name: str, body: bytes | None = None, *, event: str = "transaction.captured", **how: Any
) -> tuple[str, Mapping[str, str], bytes]:
    """The secret, headers and body of an attempt, in the dialect's own body unless another one is given."""
    secret = dialects.secret_of(name, SECRET)
    told = dialect_bodies.Told("ev_abc1", event, 1_767_225_600_000, FACTS.text())
    body = body or dialect_bodies.write(name, told)
    url = "http://127.0.0.1:9000/"
    due = DueDelivery(1, 1, 1, 0, told.event, told.event_id, body, url, (secret,), dialect=name, **how)
    return secret, *due.sign(10_000)


@pytest.mark.parametrize("name", [name for name in dialects.DIALECTS if dialect_bodies.has_own(name)])
def test_bodies_of_every_dialect_can_be_such_that_no_library_writes_them(name: str) -> None:
    secret, headers, sent = whole(name, is_reserializable=False)

    if sent.startswith(b"{"):
        value = json.loads(sent)
        assert sent.decode() not in (json.dumps(value), json.dumps(value, separators=(",", ":")))
        assert not re.search(rb"(?<!\\)/", sent)
    else:
        assert urlencode(parse_qsl(sent.decode())) != sent.decode()
    dialects.verify(name, secret, headers, sent, url="http://127.0.0.1:9000/", now_s=10_000)


@pytest.mark.parametrize("more", ["", " reserialize"])
@pytest.mark.parametrize("is_reserializable", [True, False])
def test_what_is_altered_of_an_item_is_signed_and_the_signature_stays(is_reserializable: bool, more: str) -> None:
    """A signature that was altered would try something else."""
    _, _, sent = whole("adyen", is_reserializable=is_reserializable)
    _, _, altered = whole("adyen", is_reserializable=is_reserializable, misbehaves=f"alter{more}")
    one, other = (json.loads(body)["notificationItems"][0]["NotificationRequestItem"] for body in (sent, altered))

    assert one["additionalData"] == other["additionalData"]
    assert [a == b for a, b in zip(adyen_fields(one), adyen_fields(other), strict=True)].count(False) == 1


@pytest.mark.parametrize("more", ["", " reserialize"])
@pytest.mark.parametrize("is_reserializable", [True, False])
def test_what_is_altered_of_a_form_is_its_payload(is_reserializable: bool, more: str) -> None:
    _, _, sent = whole("braintree", is_reserializable=is_reserializable)
    _, _, altered = whole("braintree", is_reserializable=is_reserializable, misbehaves=f"alter{more}")
    one, other = (dict(parse_qsl(body.decode())) for body in (sent, altered))

    assert one["bt_signature"] == other["bt_signature"]
    assert (
        re.fullmatch(r"[A-Za-z0-9+/=\n]*", other["bt_payload"].rstrip(" ")) and other["bt_payload"] != one["bt_payload"]
    )


THIN = [name for name, row in dialects.DIALECTS.items() if not row.implies_body]


@pytest.mark.parametrize(
    ("name", "body"),
    [*((name, None) for name in dialects.DIALECTS if dialect_bodies.has_own(name)), *((name, BODY) for name in THIN)],
)
def test_an_unknown_event_is_told_of_in_every_dialect(name: str, body: bytes | None) -> None:
    secret, headers, sent = whole(name, body, misbehaves="unknown_event")
    told = sent if name == "none" else dialects.read(name, headers, sent).body
    of_the_message = ("webhook-id", "PAYPAL-TRANSMISSION-ID")
    text = " ".join([told.decode(), *(value for key, value in headers.items() if key not in of_the_message)])

    assert "ev_1cba" in text
    assert "ev_abc1" not in text
    assert {headers[key] for key in of_the_message if key in headers} <= {"ev_abc1"}
    if name != "none":
        dialects.verify(name, secret, headers, sent, url="http://127.0.0.1:9000/", now_s=10_000)


@pytest.mark.parametrize("body", [None, BODY])
def test_a_header_that_names_the_event_names_the_unknown_one(body: bytes | None) -> None:
    _, headers, _ = whole("razorpay", body, misbehaves="unknown_event")

    assert headers["x-razorpay-event-id"] == "ev_1cba"


@pytest.mark.parametrize("event", ["transaction.authorized", "transaction.captured"])
def test_an_item_is_known_by_its_reference_which_is_unknown_as_well(event: str) -> None:
    _, _, genuine = whole("adyen", event=event)
    _, _, forged = whole("adyen", event=event, misbehaves="unknown_event")
    one, other = (json.loads(body)["notificationItems"][0]["NotificationRequestItem"] for body in (genuine, forged))

    assert one["pspReference"] != other["pspReference"]
    assert one.get("originalReference") == other.get("originalReference")
    assert one["eventCode"] == other["eventCode"]
