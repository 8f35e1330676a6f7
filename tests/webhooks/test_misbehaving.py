"""What a word does to the bytes of one request."""

import json
import re
from collections.abc import Mapping, Sequence

import pytest

from mockpsp.webhooks import dialects, misbehaving, signing
from mockpsp.webhooks.dialect_signing import Call
from mockpsp.webhooks.errors import VerificationError

BODY = b'{"event_id":"ev_abc1","event_type":"transaction.captured"}'
SECRET = signing.secret_from(bytes(range(24)))


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


def test_what_is_no_json_stays_as_it_is() -> None:
    assert misbehaving.not_reserializable(b"id=tr_1") == b"id=tr_1"
