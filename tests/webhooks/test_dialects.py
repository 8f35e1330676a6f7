"""The dialects, by what holds for all of them. What PSPs have published: test_published_vectors.py."""

import json
from urllib.parse import parse_qsl

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mockpsp.webhooks import dialect_signing, dialects, errors, signing
from mockpsp.webhooks.dialect_signing import Call

NOW = 1614265330
URL = "http://127.0.0.1:9000/hook"
UNIVERSE_SECRET = signing.secret_from(bytes(range(24)))
THIN = b'{"event_id":"ev_1","event_type":"transaction.captured"}'
ADYEN_BODY = json.dumps(
    {
        "live": "false",
        "notificationItems": [
            {
                "NotificationRequestItem": {
                    "pspReference": "7914073381342284",
                    "merchantAccountCode": "TestMerchant",
                    "merchantReference": "TestPayment-1407325143704",
                    "amount": {"value": 1130, "currency": "EUR"},
                    "eventCode": "AUTHORISATION",
                    "success": "true",
                }
            }
        ],
    }
).encode()
BODY_BY_DIALECT = {"adyen": ADYEN_BODY}
SIGNING = sorted(set(dialects.DIALECTS) - {"none"})


def call(dialect: str = "", **changes: object) -> Call:
    """A call in this dialect, changed where a test cares."""
    made = Call("ev_1", NOW, BODY_BY_DIALECT.get(dialect, THIN), URL, certificate_url="http://127.0.0.1/c.pem")
    return made._replace(**changes)  # type: ignore[arg-type]


def secret_of(dialect: str) -> str:
    return dialects.secret_of(dialect, UNIVERSE_SECRET)


def verify(dialect: str, signed: dialect_signing.Signed, **changes: object) -> None:
    named = {"secret": secret_of(dialect), "url": URL, "now_s": NOW, "body": signed.body, **changes}
    dialects.verify(dialect, headers=signed.headers, **named)  # type: ignore[arg-type]


@pytest.mark.parametrize("dialect", SIGNING)
def test_what_a_dialect_signs_it_verifies(dialect: str) -> None:
    verify(dialect, dialects.sign(dialect, (secret_of(dialect),), call(dialect)))


@pytest.mark.parametrize("dialect", SIGNING)
def test_the_same_call_is_signed_the_same_way(dialect: str) -> None:
    first, second = (dialects.sign(dialect, (secret_of(dialect),), call(dialect)) for _ in range(2))

    assert first == second


@pytest.mark.parametrize("dialect", SIGNING)
def test_a_wrong_secret_has_the_right_form_and_is_refused(dialect: str) -> None:
    wrong = dialects.wrong_secret(dialect, secret_of(dialect))
    dialects.check_secret(dialect, wrong)

    with pytest.raises(errors.WrongSignature):
        verify(dialect, dialects.sign(dialect, (wrong,), call(dialect)))


@pytest.mark.parametrize("dialect", SIGNING)
def test_an_altered_body_is_refused(dialect: str) -> None:
    signed = dialects.sign(dialect, (secret_of(dialect),), call(dialect))
    altered = signed.body.replace(b"1130", b"1131") if dialect == "adyen" else signed.body + b"%41 "

    with pytest.raises(errors.VerificationError):
        verify(dialect, signed, body=altered)


@pytest.mark.parametrize("dialect", SIGNING)
def test_without_a_secret_a_call_goes_out_unsigned(dialect: str) -> None:
    signed = dialects.sign(dialect, (), call(dialect))

    with pytest.raises(errors.VerificationError):
        verify(dialect, signed)


@pytest.mark.parametrize("dialect", [name for name in SIGNING if dialects.DIALECTS[name].has_time])
def test_a_stale_call_is_refused_where_the_time_is_signed(dialect: str) -> None:
    signed = dialects.sign(dialect, (secret_of(dialect),), call(dialect))

    with pytest.raises(errors.StaleTimestamp):
        verify(dialect, signed, now_s=NOW + 301)


@pytest.mark.parametrize("dialect", SIGNING)
def test_a_rotation_is_what_the_table_says(dialect: str) -> None:
    row = dialects.DIALECTS[dialect]
    old, new = secret_of(dialect), dialects.wrong_secret(dialect, "new")

    for_new = dialects.secrets_for(dialect, new, old)
    for_old = dialects.secrets_for(dialect, new, old, is_older=True)

    assert for_new == ((new, old) if row.rotation is dialects.Rotation.BOTH else (new,))
    assert for_old == ((old,) if row.rotation is dialects.Rotation.BY_MESSAGE else for_new)
    signed = dialects.sign(dialect, for_new, call(dialect, key_no=2))
    for secret in for_new:
        verify(dialect, signed, secret=secret)


def test_worldpay_names_the_secrets_by_number() -> None:
    value = dialects.sign("worldpay", ("new", "old"), call(key_no=2)).headers["Event-Signature"]

    assert [part.rpartition("/")[0] for part in value.split(",")] == ["2/SHA256", "1/SHA256"]


def test_braintree_sends_a_form_and_leaves_the_signature_out_of_an_unsigned_one() -> None:
    signed = dialects.sign("braintree", (secret_of("braintree"),), call())
    unsigned = dialects.sign("braintree", (), call())

    assert [name for name, _ in parse_qsl(signed.body.decode())] == ["bt_signature", "bt_payload"]
    assert [name for name, _ in parse_qsl(unsigned.body.decode())] == ["bt_payload"]
    assert signed.headers == {"Content-Type": "application/x-www-form-urlencoded"}


def test_the_dialect_none_signs_nothing_and_has_no_secret() -> None:
    assert dialects.sign("none", dialects.secrets_for("none", "", None), call()) == ({}, THIN)


@pytest.mark.parametrize("dialect", sorted(dialects.DIALECTS))
@pytest.mark.parametrize("secret", ["pässword", "pass word", "pass\n", "x" * 201])
def test_a_secret_that_no_dialect_has_is_refused_and_not_quoted(dialect: str, secret: str) -> None:
    with pytest.raises(errors.MalformedSecret) as refused:
        dialects.check_secret(dialect, secret)
    assert secret not in str(refused.value)


@pytest.mark.parametrize(
    ("dialect", "secret"),
    [
        ("stripe", "sk_test_123"),
        ("stripe", "whsec_"),
        ("standard", "whsec_test_secret"),
        ("standard-ed25519", "whsk_AAAA"),
        ("standard-ed25519", "whsk_" + "A" * 86 + "=="),
        ("adyen", "44782DEF"),
        ("authorize-net", "F" * 64),
        ("braintree", "integration_private_key"),
        ("paypal", "a|b"),
        ("none", "word"),
    ],
)
def test_a_secret_of_another_dialects_form_is_refused(dialect: str, secret: str) -> None:
    with pytest.raises(errors.MalformedSecret):
        dialects.check_secret(dialect, secret)


_NAMES = (
    "webhook-id webhook-timestamp webhook-signature stripe-signature x-anet-signature event-signature "
    "paypal-transmission-time paypal-transmission-id paypal-transmission-sig"
).split()


@pytest.mark.parametrize("dialect", SIGNING)
@given(
    headers=st.fixed_dictionaries({name: st.text(max_size=40) for name in _NAMES}),
    body=st.binary(max_size=60) | st.sampled_from([b'{"notificationItems":[{}]}', b"bt_signature=a&bt_payload=%C3%A9"]),
)
def test_whatever_is_verified_only_this_packages_errors_come_out(
    dialect: str, headers: dict[str, str], body: bytes
) -> None:
    with pytest.raises(errors.WebhookError):
        dialects.verify(dialect, secret_of(dialect), headers, body, now_s=NOW)
