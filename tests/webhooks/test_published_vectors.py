"""Signatures that PSPs have published, in their pages and in the tests of their packages: ours are the same.

Facts alone are taken from there: keys, bodies and signatures. Each is shown to `verify` as well, with a byte changed,
by another secret, and, where time is signed, too late.
"""

import json
from textwrap import indent
from typing import Any, NamedTuple

import pytest

from mockpsp.webhooks import asymmetric, dialect_signing, dialects, errors
from mockpsp.webhooks.dialect_signing import Call

NOW = 1614265330
URL = "http://127.0.0.1:9000/hook"
WEBHOOK_ID = "msg_p5jXN8AQM9LWM0D4loKWxJek"


class Vector(NamedTuple):
    """A call that was published with its signature: in a header, or, where there is none, inside the body."""

    dialect: str
    secret: str
    body: str
    signature: str
    header: str = ""
    url: str = URL


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


def item(**fields: Any) -> str:
    """A body of Adyen's with one item; `amount` in minor units of `currency`."""
    amount = {"value": fields.pop("amount"), "currency": fields.pop("currency", "EUR")}
    fields = {"eventCode": "AUTHORISATION", "success": "true", "amount": amount, **fields}
    return json.dumps({"live": "false", "notificationItems": [{"NotificationRequestItem": fields}]})


def said_by(merchant_reference: str, psp_reference: str) -> str:
    """An item of the notifications with slashes and colons, which Adyen's package for Python is tested by."""
    return item(
        pspReference=psp_reference,
        merchantAccountCode="AntoniStroinski",
        merchantReference=merchant_reference,
        amount=1000,
    )


ADYEN_KEY = "44782DEF547AAA06C910C43932B1EB0C71FC68D9D0C057550C48EC2ACF6BA056"
SLASHES_KEY = "74F490DD33F7327BAECC88B2947C011FC02D014A473AAA33A8EC93E4DC069174"
MERCHANT_CREATED = {
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
SWEEP_UPDATED = {
    "data": {
        "balancePlatform": "Integration_tools_test",
        "accountId": "BA32272223222H5HVKTBK4MLB",
        "sweep": {
            "id": "SWPC42272223222H5HVKV6H8C64DP5",
            "schedule": {"type": "balance"},
            "status": "active",
            "targetAmount": {"currency": "EUR", "value": 0},
            "triggerAmount": {"currency": "EUR", "value": 0},
            "type": "pull",
            "counterparty": {"balanceAccountId": "BA3227C223222H5HVKT3H9WLC"},
            "currency": "EUR",
        },
    },
    "environment": "test",
    "type": "balancePlatform.balanceAccountSweep.updated",
}
RAZORPAY_PAYMENT = {
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
RAZORPAY_EVENT = {
    "event": "payment.authorized",
    "entity": "event",
    "contains": ["payment"],
    "payload": {"payment": {"entity": RAZORPAY_PAYMENT}},
    "created_at": 1400826760,
}
SEED = b"TESTSIGNINGKEYDONOTUSETHISFORANY"
SQUARE = "x-square-hmacsha256-signature"

VECTORS = [
    Vector(
        "standard",
        "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
        '{"test": 2432232314}',
        "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
        "webhook-signature",
    ),
    Vector(
        "standard-ed25519",
        "whsk_6Xb/dCcHpPea21PS1N9VY/NZW723CEc77N4rJCubMbfVKIDij2HKpMKkioLlX0dRqSKJp4AJ6p9lMicMFs6Kvg==",
        '{"test": 2432232314}',
        "v1a,hnO3f9T8Ytu9HwrXslvumlUpqtNVqkhqw/enGzPCXe5BdqzCInXqYXFymVJaA7AZdpXwVLPo3mNl8EM+m7TBAg==",
        "webhook-signature",
    ),
    Vector(
        "standard-ed25519",
        asymmetric.ed25519_secret(SEED),
        '{"test": 2432232314}',
        "v1a,tQ9V2XOqn7jL/DQenEFpqIugdBVtiMmER5mhSkXBNwM0mkATuDe6KYYUuxqtaiHeYGb7KaaBRdM5WqyeFiL8Ag==",
        "webhook-signature",
    ),
    Vector(
        "stripe",
        "whsec_test_secret",
        STRIPE_BODY,
        "t=1614265330,v1=117f2d4aa1697fc9f837f2feca4e5e23ec790ffa7b6b669073d3677ae48c4b5f",
        "Stripe-Signature",
    ),
    Vector(
        "square",
        "Ibxx_5AKakO-3qeNVR61Dw",
        SQUARE_BODY,
        "GF4YkrJgGBDZ9NIYbNXBnMzqb2HoL4RW/S6vkZ9/2N4=",
        SQUARE,
        "https://webhook.site/679a4f3a-dcfa-49ee-bac5-9d0edad886b9",
    ),
    Vector(
        "square",
        "signature-key",
        '{"data":{"type":"webhooks","id":">id<"}}',
        "Cxt7+aTi4rKgcA0bC4g9EHdVtLSDWdqccmL5MvihU4U=",
        SQUARE,
        "https://webhook.site/webhooks",
    ),
    Vector(
        "square",
        "signature-key",
        '{"data":{"type":"webhooks","id":"fake_id"}}',
        "W3FlCNk5IA3ZQ2LHTWoajvzfaDu/OwY2tNHIHC3IUOA=",
        SQUARE,
        "https://webhook.site/webhooks",
    ),
    Vector(
        "gocardless",
        "ED7D658C-D8EB-4941-948B-3973214F2D49",
        GOCARDLESS_BODY,
        "2693754819d3e32d7e8fcb13c729631f316c6de8dc1cf634d6527f1c07276e7e",
        "Webhook-Signature",
    ),
    # The line feeds are signed.
    Vector(
        "razorpay",
        "key_secret",
        json.dumps(RAZORPAY_EVENT, indent=2) + "\n",
        "d60e67fd884556c045e9be7dad57903e33efc7172c17c6e3ef77db42d2b366e9",
        "X-Razorpay-Signature",
    ),
    # So is the indentation.
    Vector(
        "adyen-platform",
        ADYEN_KEY,
        "\n" + indent(json.dumps(MERCHANT_CREATED, indent=4), " " * 8) + "\n" + " " * 8,
        "fX74xUdztFmaXAn3IusMFFUBUSkLmDQUK0tm8xL6ZTU=",
        "HmacSignature",
    ),
    Vector(
        "adyen-platform",
        "D7DD5BA6146493707BF0BE7496F6404EC7A63616B7158EC927B9F54BB436765F",
        json.dumps(SWEEP_UPDATED, separators=(",", ":")),
        "9Qz9S/0xpar1klkniKdshxpAhRKbiSAewPpWoxKefQA=",
        "HmacSignature",
    ),
    Vector(
        "adyen",
        ADYEN_KEY,
        item(
            pspReference="7914073381342284",
            merchantAccountCode="TestMerchant",
            merchantReference="TestPayment-1407325143704",
            amount=1130,
        ),
        "coqCmt/IZ4E3CzPvMY8zTjQVL5hYJUiBRg8UU+iCWo0=",
    ),
    Vector(
        "adyen",
        "DFB1EB5485895CFA84146406857104ABB4CBCABDC8AAF103A624C8F6A3EAAB00",
        item(
            pspReference="pspReference",
            originalReference="originalReference",
            merchantAccountCode="merchantAccount",
            merchantReference="reference",
            amount=1000,
            eventCode="CAPTURE",
        ),
        "xhpHvYq2u2Np0rstbZ6QjLGu7JWhvf7Iwaa6EviJSX0=",
    ),
    # Slashes and colons stand in what is signed as they are, though a colon also parts its fields.
    Vector(
        "adyen",
        SLASHES_KEY,
        said_by("\\\\slashes are fun", "T7FD4VM4D3RZNN82"),
        "nIgT81gaB5oJpn2jPXupDq68iRo2wUlBsuYjtYfwKqo=",
    ),
    Vector(
        "adyen",
        SLASHES_KEY,
        said_by(":slashes are fun", "M8NB66SBZSGLNK82"),
        "2EQYm7YJpKO4EtHSPu55SQTyWf8dkW5u2nD1tJFpViA=",
    ),
    Vector(
        "adyen",
        SLASHES_KEY,
        said_by("//slashes are fun", "X3GWNS6KJ8NKGK82"),
        "9Z0xdpG9Xi3zcmXv14t/BvMBut77O/Xq9D4CQXSDUi4=",
    ),
    Vector(
        "adyen",
        SLASHES_KEY,
        said_by("\\:/\\/slashes are fun", "ZVWN7D3WSMK2WN82"),
        "CZErGCNQaSsxbaQfZaJlakqo7KPP+mIa8a+wx3yNs9A=",
    ),
]
every_vector = pytest.mark.parametrize("vector", VECTORS, ids=[f"{one.dialect}-{one.signature[:9]}" for one in VECTORS])


def signed(vector: Vector, timestamp_s: int = NOW) -> dialect_signing.Signed:
    call = Call(WEBHOOK_ID, timestamp_s, vector.body.encode(), vector.url)
    return dialects.sign(vector.dialect, (vector.secret,), call)


def verify(vector: Vector, made: dialect_signing.Signed, **changes: Any) -> None:
    named = {"secret": vector.secret, "body": made.body, "now_s": NOW, **changes}
    dialects.verify(vector.dialect, headers=made.headers, url=vector.url, **named)


@every_vector
def test_the_published_signature_is_reproduced(vector: Vector) -> None:
    made = signed(vector)

    if vector.header:
        assert made.headers[vector.header] == vector.signature
        assert made.body == vector.body.encode()
    else:
        (told,) = json.loads(made.body)["notificationItems"]
        assert told["NotificationRequestItem"]["additionalData"]["hmacSignature"] == vector.signature
    verify(vector, made)


@every_vector
def test_a_byte_that_was_changed_is_refused(vector: Vector) -> None:
    made = signed(vector)
    # What is signed of an item of Adyen's are its fields: a digit of its amount.
    at = made.body.index(b'"value":1') + 8 if vector.dialect == "adyen" else len(made.body) // 2
    altered = made.body[:at] + bytes([made.body[at] ^ 1]) + made.body[at + 1 :]

    with pytest.raises(errors.VerificationError):
        verify(vector, made, body=altered)


@every_vector
def test_another_secret_is_refused(vector: Vector) -> None:
    with pytest.raises(errors.VerificationError):
        verify(vector, signed(vector), secret=dialects.wrong_secret(vector.dialect, vector.secret))


@pytest.mark.parametrize("vector", [one for one in VECTORS if dialects.DIALECTS[one.dialect].has_time])
@pytest.mark.parametrize("passed_s", [-301, 301])
def test_a_stale_time_is_refused_where_it_is_signed(vector: Vector, passed_s: int) -> None:
    with pytest.raises(errors.StaleTimestamp):
        verify(vector, signed(vector), now_s=NOW + passed_s)


def test_braintrees_published_challenge_is_answered() -> None:
    answer = dialect_signing.braintree_hmac("integration_private_key", "20f9f8ed05f77439fe955c977e4c8a53")

    assert answer == "d9b899556c966b3f06945ec21311865d35df3ce4"


def test_the_public_half_of_the_published_key_is_found() -> None:
    secret = "whsk_6Xb/dCcHpPea21PS1N9VY/NZW723CEc77N4rJCubMbfVKIDij2HKpMKkioLlX0dRqSKJp4AJ6p9lMicMFs6Kvg=="

    assert asymmetric.ed25519_public(secret) == "whpk_1SiA4o9hyqTCpIqC5V9HUakiiaeACeqfZTInDBbOir4="
