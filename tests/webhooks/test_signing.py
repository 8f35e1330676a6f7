"""Signatures, judged by the published vector and by the `standardwebhooks` package."""

import base64
import time
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from standardwebhooks import Webhook

from mockpsp.webhooks import errors, signing

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
ID = "msg_p5jXN8AQM9LWM0D4loKWxJek"
TIMESTAMP = 1614265330
BODY = b'{"test": 2432232314}'
SIGNATURE = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="
HEADERS = {"webhook-id": ID, "webhook-timestamp": str(TIMESTAMP), "webhook-signature": SIGNATURE}


def test_the_published_vector_is_reproduced() -> None:
    assert signing.sign(SECRET, webhook_id=ID, timestamp_s=TIMESTAMP, body=BODY) == SIGNATURE


def test_the_published_vector_verifies() -> None:
    signing.verify(SECRET, HEADERS, BODY, now_s=TIMESTAMP)


def test_the_reference_package_accepts_our_headers() -> None:
    headers = signing.headers([SECRET], webhook_id="ev_1", timestamp_s=int(time.time()), body=BODY)

    assert Webhook(SECRET).verify(BODY, headers) == {"test": 2432232314}


def test_during_rotation_the_reference_package_accepts_the_call_with_either_secret(
    secret: str, old_secret: str
) -> None:
    headers = signing.headers([secret, old_secret], webhook_id="ev_1", timestamp_s=int(time.time()), body=BODY)

    results = [Webhook(each).verify(BODY, headers) for each in (secret, old_secret)]

    assert results == [{"test": 2432232314}] * 2


def test_a_signature_of_the_reference_package_verifies_here() -> None:
    theirs = Webhook(SECRET).sign(ID, datetime.fromtimestamp(TIMESTAMP, UTC), BODY.decode())

    signing.verify(SECRET, {**HEADERS, "webhook-signature": theirs}, BODY, now_s=TIMESTAMP)


def test_the_body_is_signed_byte_for_byte() -> None:
    with pytest.raises(errors.WrongSignature):
        signing.verify(SECRET, HEADERS, b'{"test":2432232314}', now_s=TIMESTAMP)


def test_another_secret_does_not_verify(secret: str) -> None:
    with pytest.raises(errors.WrongSignature):
        signing.verify(secret, HEADERS, BODY, now_s=TIMESTAMP)


def test_header_names_may_come_in_any_case() -> None:
    signing.verify(SECRET, {name.upper(): value for name, value in HEADERS.items()}, BODY, now_s=TIMESTAMP)


def test_one_matching_signature_among_several_is_enough() -> None:
    headers = {**HEADERS, "webhook-signature": f"v1,abc v1a,xyz nonsense {SIGNATURE}"}

    signing.verify(SECRET, headers, BODY, now_s=TIMESTAMP)


@pytest.mark.parametrize("signature", ["v1,abc", "v1", ",", " ", "v1,é", "v2," + SIGNATURE[3:], "\x00"])
def test_an_unreadable_signature_never_matches(signature: str) -> None:
    with pytest.raises(errors.WrongSignature):
        signing.verify(SECRET, {**HEADERS, "webhook-signature": signature}, BODY, now_s=TIMESTAMP)


@pytest.mark.parametrize("name", ["webhook-id", "webhook-timestamp", "webhook-signature"])
def test_a_missing_header_is_named(name: str) -> None:
    with pytest.raises(errors.MalformedHeaders, match=name):
        signing.verify(SECRET, {**HEADERS, name: ""}, BODY, now_s=TIMESTAMP)


@pytest.mark.parametrize("timestamp", ["-1", "1e9", "1614265330.5", " 1614265330", "٣", "nan", "9" * 13])
def test_a_timestamp_is_whole_seconds(timestamp: str) -> None:
    with pytest.raises(errors.MalformedHeaders):
        signing.verify(SECRET, {**HEADERS, "webhook-timestamp": timestamp}, BODY, now_s=TIMESTAMP)


@pytest.mark.parametrize("now_s", [TIMESTAMP - 301, TIMESTAMP + 301])
def test_beyond_five_minutes_either_way_a_call_is_stale(now_s: int) -> None:
    with pytest.raises(errors.StaleTimestamp):
        signing.verify(SECRET, HEADERS, BODY, now_s=now_s)


@pytest.mark.parametrize("now_s", [TIMESTAMP - 300, TIMESTAMP + 300])
def test_five_minutes_either_way_are_accepted(now_s: int) -> None:
    signing.verify(SECRET, HEADERS, BODY, now_s=now_s)


@pytest.mark.parametrize(
    "secret",
    [
        "",
        "whsec_",
        "whsec_test_secret",
        "whsec_é",
        "whsec_" + base64.b64encode(bytes(23)).decode(),
        SECRET[6:],
        "whsec_A",
    ],
)
def test_a_malformed_secret_is_told_apart(secret: str) -> None:
    with pytest.raises(errors.MalformedSecret):
        signing.sign(secret, webhook_id=ID, timestamp_s=TIMESTAMP, body=BODY)


def test_a_secret_longer_than_the_scheme_allows_is_refused() -> None:
    with pytest.raises(errors.MalformedSecret):
        signing.check_secret("whsec_" + base64.b64encode(bytes(65)).decode())


def test_a_secret_without_its_padding_signs_alike() -> None:
    secret = signing.secret_from(bytes(25))
    signatures = {
        signing.sign(each, webhook_id=ID, timestamp_s=TIMESTAMP, body=BODY) for each in (secret, secret.rstrip("="))
    }

    assert len(signatures) == 1


@pytest.mark.parametrize("webhook_id", ["", "a.b", "a b", "é", "a\n", "x" * 256])
def test_an_id_that_would_blur_the_signed_text_is_refused(webhook_id: str) -> None:
    with pytest.raises(errors.MalformedId):
        signing.sign(SECRET, webhook_id=webhook_id, timestamp_s=TIMESTAMP, body=BODY)


def test_a_secret_comes_from_its_key_alone() -> None:
    assert signing.secret_from(bytes(range(24))) == "whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYX"


@given(
    secret=st.text(max_size=60) | st.text(max_size=60).map("whsec_".__add__),
    headers=st.fixed_dictionaries({name: st.text(max_size=40) for name in HEADERS}),
    body=st.binary(max_size=40),
)
def test_whatever_is_verified_only_this_packages_errors_come_out(
    secret: str, headers: dict[str, str], body: bytes
) -> None:
    with pytest.raises(errors.WebhookError):
        signing.verify(secret, headers, body, now_s=TIMESTAMP)
