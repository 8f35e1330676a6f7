"""The dialects, by the vectors that are published and by what holds for all of them."""

import json
from textwrap import indent
from urllib.parse import parse_qsl

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mockpsp.webhooks import asymmetric, dialect_signing, dialects, errors, signing
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


STRIPE_BODY = (
    '{\n  "id": "evt_test_webhook",\n  "object": "event",\n'
    '  "data": { "object": { "id": "rdr_123", "object": "terminal.reader" } }\n}'
)
SQUARE_BODY = (
    '{"merchant_id":"MLEFBHHSJGVHD","type":"webhooks.test_notification","event_id":"ac3ac95b-f97d-458c-a6e6-18981597e05f",'
    '"created_at":"2022-07-13T20:30:59.037339943Z","data":{"type":"webhooks","id":"bc368e64-01aa-407e-b46e-3231809b1129"}}'
)
GOCARDLESS_BODY = (
    '{"events":[{"id":"EV00BD05S5VM2T","created_at":"2018-07-05T09:13:51.404Z","resource_type":"subscriptions","action":'
    '"created","links":{"subscription":"SB0003JJQ2MR06"},"details":{"origin":"api","cause":"subscription_created",'
    '"description":"Subscription created via the API."},"metadata":{}},{"id":"EV00BD05TB8K63","created_at":'
    '"2018-07-05T09:13:56.893Z","resource_type":"mandates","action":"created","links":{"mandate":"MD000AMA19XGEC"},'
    '"details":{"origin":"api","cause":"mandate_created","description":"Mandate created via the API."},"metadata":{}}]}'
)


@pytest.mark.parametrize(
    ("dialect", "secret", "url", "body", "header", "value"),
    [
        (
            "standard",
            "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
            URL,
            '{"test": 2432232314}',
            "webhook-signature",
            "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
        ),
        (
            "standard-ed25519",
            "whsk_6Xb/dCcHpPea21PS1N9VY/NZW723CEc77N4rJCubMbfVKIDij2HKpMKkioLlX0dRqSKJp4AJ6p9lMicMFs6Kvg==",
            URL,
            '{"test": 2432232314}',
            "webhook-signature",
            "v1a,hnO3f9T8Ytu9HwrXslvumlUpqtNVqkhqw/enGzPCXe5BdqzCInXqYXFymVJaA7AZdpXwVLPo3mNl8EM+m7TBAg==",
        ),
        (
            "stripe",
            "whsec_test_secret",
            URL,
            STRIPE_BODY,
            "Stripe-Signature",
            "t=1614265330,v1=117f2d4aa1697fc9f837f2feca4e5e23ec790ffa7b6b669073d3677ae48c4b5f",
        ),
        (
            "square",
            "Ibxx_5AKakO-3qeNVR61Dw",
            "https://webhook.site/679a4f3a-dcfa-49ee-bac5-9d0edad886b9",
            SQUARE_BODY,
            "x-square-hmacsha256-signature",
            "GF4YkrJgGBDZ9NIYbNXBnMzqb2HoL4RW/S6vkZ9/2N4=",
        ),
        (
            "square",
            "signature-key",
            "https://webhook.site/webhooks",
            '{"data":{"type":"webhooks","id":">id<"}}',
            "x-square-hmacsha256-signature",
            "Cxt7+aTi4rKgcA0bC4g9EHdVtLSDWdqccmL5MvihU4U=",
        ),
        (
            "gocardless",
            "ED7D658C-D8EB-4941-948B-3973214F2D49",
            URL,
            GOCARDLESS_BODY,
            "Webhook-Signature",
            "2693754819d3e32d7e8fcb13c729631f316c6de8dc1cf634d6527f1c07276e7e",
        ),
    ],
)
def test_the_published_vectors_are_reproduced(
    dialect: str, secret: str, url: str, body: str, header: str, value: str
) -> None:
    webhook_id = "msg_p5jXN8AQM9LWM0D4loKWxJek"
    signed = dialects.sign(dialect, (secret,), call(message_id=webhook_id, url=url, body=body.encode()))

    assert signed.headers[header] == value
    assert signed.body == body.encode()
    verify(dialect, signed, secret=secret, url=url)


def test_adyens_published_item_is_signed_inside_itself() -> None:
    secret = "44782DEF547AAA06C910C43932B1EB0C71FC68D9D0C057550C48EC2ACF6BA056"
    (item,) = json.loads(dialects.sign("adyen", (secret,), call("adyen")).body)["notificationItems"]

    signature = item["NotificationRequestItem"]["additionalData"]["hmacSignature"]
    assert signature == "coqCmt/IZ4E3CzPvMY8zTjQVL5hYJUiBRg8UU+iCWo0="


def test_adyens_published_body_of_a_platform_is_signed_with_its_indentation() -> None:
    told = {
        "type": "merchant.created",
        "environment": "test",
        "createdAt": "01-01-2024",
        "data": {
            "capabilities": {"sendToTransferInstrument": {"requested": True, "requestedLevel": "notApplicable"}},
            "companyId": "YOUR_COMPANY_ID",
            "merchantId": "YOUR_MERCHANT_ACCOUNT",
            "status": "PreActive",
        },
    }
    blanks = " " * 8
    body = "\n" + indent(json.dumps(told, indent=4), blanks) + "\n" + blanks
    secret = "44782DEF547AAA06C910C43932B1EB0C71FC68D9D0C057550C48EC2ACF6BA056"

    signed = dialects.sign("adyen-platform", (secret,), call(body=body.encode()))

    assert signed.headers == {"HmacSignature": "fX74xUdztFmaXAn3IusMFFUBUSkLmDQUK0tm8xL6ZTU="}


def test_razorpays_published_event_is_signed_with_its_line_feeds() -> None:
    payment = {
        "id": "pay_6koWN7bvxujzxM",
        "entity": "payment",
        "amount": 1000000,
        "currency": "INR",
        "status": "captured",
        "order_id": "order_100000000order",
        "international": False,
        "method": "card",
        "amount_refunded": 0,
        "refund_status": None,
        "captured": True,
        "description": "random description",
        "card_id": "card_6koWNAT6LASUqy",
        "bank": None,
        "wallet": None,
        "vpa": None,
        "email": "a@b.com",
        "contact": "+919999999999",
        "notes": {"merchant_order_id": "random order id"},
        "fee": 23000,
        "service_tax": 3000,
        "error_code": None,
        "error_description": None,
        "created_at": 1479978483,
    }
    told = {
        "event": "payment.authorized",
        "entity": "event",
        "contains": ["payment"],
        "payload": {"payment": {"entity": payment}},
        "created_at": 1400826760,
    }
    body = json.dumps(told, indent=2) + "\n"

    signed = dialects.sign("razorpay", ("key_secret",), call(body=body.encode()))

    assert len(body) == 971
    signature = "d60e67fd884556c045e9be7dad57903e33efc7172c17c6e3ef77db42d2b366e9"
    assert signed.headers["X-Razorpay-Signature"] == signature


def test_braintrees_published_challenge_is_answered() -> None:
    answer = dialect_signing.braintree_hmac("integration_private_key", "20f9f8ed05f77439fe955c977e4c8a53")

    assert answer == "d9b899556c966b3f06945ec21311865d35df3ce4"


def test_the_public_half_of_the_published_key_is_found() -> None:
    secret = "whsk_6Xb/dCcHpPea21PS1N9VY/NZW723CEc77N4rJCubMbfVKIDij2HKpMKkioLlX0dRqSKJp4AJ6p9lMicMFs6Kvg=="

    assert asymmetric.ed25519_public(secret) == "whpk_1SiA4o9hyqTCpIqC5V9HUakiiaeACeqfZTInDBbOir4="


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
