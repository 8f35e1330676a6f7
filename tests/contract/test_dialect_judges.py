"""Webhooks in the dialects of PSPs, judged by the PSPs' own packages: delivered over HTTP, as a receiver gets them.

Where a PSP has no package that checks, what its page says is done here step by step.
"""

import base64
import hmac
import importlib
import json
import warnings
import zlib
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import parse_qs

import pytest
import requests
from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from standardwebhooks import Webhook, WebhookVerificationError

from mockpsp.config import Settings
from mockpsp.domain.events import FIRED_EVENTS
from mockpsp.sandbox_client import Sandbox
from mockpsp.scenarios.replaying.receiver import Received
from mockpsp.wallclock import now_s
from mockpsp.webhooks import dialect_bodies, dialects
from mockpsp.webhooks.dialect_signing import Call
from tests.mockpsp.worlds import serving


class Refused(Exception):
    """What a judge does that answers False."""


def must(is_genuine: Any) -> None:
    if not is_genuine:
        raise Refused


with warnings.catch_warnings():
    # What the PSPs' packages warn of while they are loaded is nothing of ours.
    warnings.simplefilter("ignore")
    stripe, razorpay, braintree = (importlib.import_module(name) for name in ("stripe", "razorpay", "braintree"))
    gocardless = importlib.import_module("gocardless_pro.webhooks")
    square = importlib.import_module("square.utils.webhooks_helper")
    mollie = importlib.import_module("mollie.utils.webhooks.signature_validator")
    adyen = importlib.import_module("Adyen.util")

#: (headers with names in lower case, body, secret, URL) -> nothing, or an exception.
Judge = Callable[[dict[str, str], bytes, str, str], None]


def by_standardwebhooks(headers: dict[str, str], body: bytes, secret: str, url: str) -> None:
    Webhook(secret).verify(body, headers)


def by_text_of_secret(headers: dict[str, str], body: bytes, secret: str, url: str) -> None:
    # The way of the PSPs' clients that take the text for the key: it is encoded first for the library that decodes it.
    Webhook(base64.b64encode(secret.encode()).decode()).verify(body, headers)


def by_public_key(headers: dict[str, str], body: bytes, secret: str, url: str) -> None:
    public = Ed25519PublicKey.from_public_bytes(base64.b64decode(secret.removeprefix("whpk_")))
    signed = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + body
    public.verify(base64.b64decode(headers["webhook-signature"].removeprefix("v1a,")), signed)
    must(abs(now_s() - int(headers["webhook-timestamp"])) < 300)


def by_stripe(headers: dict[str, str], body: bytes, secret: str, url: str) -> None:
    stripe.Webhook.construct_event(body, headers["stripe-signature"], secret)


def by_stripe_signature(headers: dict[str, str], body: bytes, secret: str, url: str) -> None:
    stripe.WebhookSignature.verify_header(body.decode(), headers["stripe-signature"], secret, 300)


def by_square(headers: dict[str, str], body: bytes, secret: str, url: str) -> None:
    must(
        square.verify_signature(
            request_body=body.decode(),
            signature_header=headers["x-square-hmacsha256-signature"],
            signature_key=secret,
            notification_url=url,
        )
    )


def by_gocardless(headers: dict[str, str], body: bytes, secret: str, url: str) -> None:
    found = gocardless.parse_with_meta(body, secret, headers["webhook-signature"])
    assert [event.id for event in found.events] == [found.webhook_id]


def by_gocardless_signature(headers: dict[str, str], body: bytes, secret: str, url: str) -> None:
    try:
        gocardless.parse(body, secret, headers["webhook-signature"])
    except KeyError as missing:  # a body of ours has no list of events, which is looked for once the signature is right
        assert missing.args == ("events",)


def by_razorpay(headers: dict[str, str], body: bytes, secret: str, url: str) -> None:
    client = razorpay.Client(auth=("id", "key"))
    client.utility.verify_webhook_signature(body.decode(), headers["x-razorpay-signature"], secret)


def by_mollie(headers: dict[str, str], body: bytes, secret: str, url: str) -> None:
    must(mollie.SignatureValidator.validate(body.decode(), secret, headers["x-mollie-signature"]))


def by_adyen(headers: dict[str, str], body: bytes, secret: str, url: str) -> None:
    must(adyen.is_valid_hmac_notification(json.loads(body), secret))


def by_adyen_platform(headers: dict[str, str], body: bytes, secret: str, url: str) -> None:
    must(adyen.is_valid_hmac_payload(headers["hmacsignature"], secret, body))


def by_braintree(headers: dict[str, str], body: bytes, secret: str, url: str) -> None:
    public, _, private = secret.partition("|")
    gateway = braintree.BraintreeGateway(
        braintree.Configuration(braintree.Environment.Development, "merchant", public, private)
    )
    form = parse_qs(body.decode())
    told = gateway.webhook_notification.parse(form["bt_signature"][0], form["bt_payload"][0])
    assert told.kind == "transaction_captured" and str(told.transaction.amount) == "10.00"


def by_hex(name: str, prefix: str = "", hash_name: str = "sha256") -> Judge:
    def judge(headers: dict[str, str], body: bytes, secret: str, url: str) -> None:
        key = bytes.fromhex(secret) if hash_name == "sha512" else secret.encode()
        digest = hmac.new(key, body, hash_name).hexdigest()
        must(headers[name] == prefix + (digest.upper() if hash_name == "sha512" else digest))

    return judge


def by_certificate(headers: dict[str, str], body: bytes, secret: str, url: str) -> None:
    pem = requests.get(headers["paypal-cert-url"], timeout=10).content
    public = x509.load_pem_x509_certificate(pem).public_key()
    assert isinstance(public, RSAPublicKey) and headers["paypal-auth-algo"] == "SHA256withRSA"
    parts = (headers["paypal-transmission-id"], headers["paypal-transmission-time"], secret, zlib.crc32(body))
    signed = "|".join(map(str, parts)).encode()
    public.verify(base64.b64decode(headers["paypal-transmission-sig"]), signed, PKCS1v15(), hashes.SHA256())


#: Dialect -> who judges calls with its own body, and who calls with ours; None: there are none.
JUDGES: dict[str, tuple[Judge, Judge | None]] = {
    "standard": (by_standardwebhooks, by_standardwebhooks),
    "standard-text": (by_text_of_secret, by_text_of_secret),
    "standard-ed25519": (by_public_key, by_public_key),
    "stripe": (by_stripe, by_stripe_signature),
    "square": (by_square, by_square),
    "gocardless": (by_gocardless, by_gocardless_signature),
    "razorpay": (by_razorpay, by_razorpay),
    "checkout": (by_hex("cko-signature"), by_hex("cko-signature")),
    "mollie": (by_mollie, by_mollie),
    "worldpay": (by_hex("event-signature", "1/SHA256/"), by_hex("event-signature", "1/SHA256/")),
    "authorize-net": (by_hex("x-anet-signature", "sha512=", "sha512"), by_hex("x-anet-signature", "sha512=", "sha512")),
    "adyen": (by_adyen, None),
    "adyen-platform": (by_adyen_platform, by_adyen_platform),
    "paypal": (by_certificate, by_certificate),
    "braintree": (by_braintree, None),
}
CASES = [
    (name, body, judge)
    for name, judges in JUDGES.items()
    for body, judge in zip(("dialect", "thin"), judges, strict=True)
    if judge is not None
]
#: What judges refuse with.
REFUSALS = (
    Refused,
    WebhookVerificationError,
    InvalidSignature,
    stripe.SignatureVerificationError,
    gocardless.InvalidSignatureError,
    mollie.InvalidSignatureException,
    razorpay.errors.SignatureVerificationError,
    braintree.exceptions.invalid_signature_error.InvalidSignatureError,
)

Delivered = dict[tuple[str, str], tuple[Received, str, str]]


@pytest.fixture(scope="module")
def delivered() -> Iterator[Delivered]:
    """(dialect, form of the body) -> the webhook of a capture as it arrived, its secret or public key, and the URL."""
    settings = Settings(port=0, db=":memory:", clock="manual")
    with serving(settings) as (at, _), Sandbox(at, "test-proj_judges", "key_test_judges") as sandbox:
        receivers = {}
        for dialect, form, _judge in CASES:
            scheme, key = dialects.scheme_of(dialect)
            words = {"scheme": scheme, "body": form, **({"key": key} if key else {})}
            receiver = sandbox.webhooks(topics=["transaction.captured"], **words)
            receivers[dialect, form] = receiver
        invoice = {"name": "Order", "amount": "10.00", "currency": "EUR"}
        iv = sandbox.post("/invoices", invoice)["invoice"]["id"]
        sandbox.post(f"/invoices/{iv}/capture", {"source": sandbox.card()})
        sandbox.settle()
        found: Delivered = {}
        for (dialect, form), receiver in receivers.items():
            (received,) = receiver.received()
            assert received.signature == "valid", dialect
            secret = str(receiver.secret)
            if dialect == "standard-ed25519":
                secret = dialects.asymmetric.ed25519_public(secret)
            found[dialect, form] = (received, secret, receiver.url)
        yield found


@pytest.mark.parametrize(("dialect", "form", "judge"), CASES)
def test_the_judge_accepts_what_was_delivered(delivered: Delivered, dialect: str, form: str, judge: Judge) -> None:
    received, secret, url = delivered[dialect, form]

    judge(dict(received.headers), received.body, secret, url)


@pytest.mark.parametrize(("dialect", "form", "judge"), CASES)
def test_the_judge_refuses_a_byte_that_was_changed(delivered: Delivered, dialect: str, form: str, judge: Judge) -> None:
    received, secret, url = delivered[dialect, form]
    altered = {"adyen": (b"CAPTURE", b"CAPTURF"), "braintree": (b"payload=P", b"payload=Q")}
    old, new = altered.get(dialect, (b"captured", b"capturec"))
    assert old in received.body

    with pytest.raises(REFUSALS):
        judge(dict(received.headers), received.body.replace(old, new), secret, url)


@pytest.mark.parametrize(("dialect", "form", "judge"), CASES)
def test_the_judge_refuses_another_secret(delivered: Delivered, dialect: str, form: str, judge: Judge) -> None:
    received, secret, url = delivered[dialect, form]
    wrong = dialects.wrong_secret(dialect, secret)
    if dialect == "standard-ed25519":
        wrong = dialects.asymmetric.ed25519_public(wrong)
    elif dialect == "braintree":  # the same public key, or there is no signature to look at
        wrong = f"{secret.partition('|')[0]}|{wrong.partition('|')[2]}"

    with pytest.raises(REFUSALS):
        judge(dict(received.headers), received.body, wrong, url)


@pytest.mark.parametrize("form", ["dialect", "thin"])
@pytest.mark.parametrize("dialect", ["standard", "standard-text", "standard-ed25519", "stripe"])
def test_the_judge_refuses_what_was_signed_long_ago(delivered: Delivered, dialect: str, form: str) -> None:
    received, _, url = delivered[dialect, form]
    secret = dialects.secret_of(dialect, "whsec_" + "A" * 32)
    shown = dialects.asymmetric.ed25519_public(secret) if dialect == "standard-ed25519" else secret

    def signed(age_s: int) -> dict[str, str]:
        call = Call("ev_1", now_s() - age_s, received.body, url)
        return {name.lower(): value for name, value in dialects.sign(dialect, (secret,), call).headers.items()}

    judge = JUDGES[dialect][form == "thin"]
    assert judge is not None
    judge(signed(290), received.body, shown, url)
    with pytest.raises(REFUSALS):
        judge(signed(305), received.body, shown, url)


@pytest.mark.parametrize("dialect", ["standard", "standard-text"])
def test_the_judge_refuses_what_is_signed_for_later(delivered: Delivered, dialect: str) -> None:
    """Stripe's takes any time to come: `future` tries nothing there."""
    received, secret, url = delivered[dialect, "dialect"]
    call = Call("ev_1", now_s() + 310, received.body, url)
    headers = {name.lower(): value for name, value in dialects.sign(dialect, (secret,), call).headers.items()}

    with pytest.raises(REFUSALS):
        JUDGES[dialect][0](headers, received.body, secret, url)


@pytest.mark.parametrize("dialect", ["standard", "standard-text", "stripe", "braintree"])
def test_while_a_secret_is_rotated_the_judge_accepts_either(delivered: Delivered, dialect: str) -> None:
    received, old, url = delivered[dialect, "dialect"]
    new = dialects.wrong_secret(dialect, old)
    body = received.body
    if dialect == "braintree":
        body = dialects.read(dialect, {}, body).body
    signed = dialects.sign(dialect, (new, old), Call("ev_1", now_s(), body, url, key_no=2))
    headers = {name.lower(): value for name, value in signed.headers.items()}

    for secret in (new, old):
        JUDGES[dialect][0](headers, signed.body, secret, url)


#: Every code of an item that Adyen's package for Node knows (32.1.0); the one for Python names none.
ADYENS_CODES = frozenset(
    """
    AUTORESCUE AUTHORISATION AUTHORISATION_ADJUSTMENT CANCEL_AUTORESCUE CANCELLATION CANCEL_OR_REFUND CAPTURE
    CAPTURE_FAILED CHARGEBACK CHARGEBACK_REVERSED DISPUTE_DEFENSE_PERIOD_ENDED DONATION EXPIRE HANDLED_EXTERNALLY
    INFORMATION_SUPPLIED ISSUER_COMMENTS ISSUER_RESPONSE_TIMEFRAME_EXPIRED MANUAL_REVIEW_ACCEPT MANUAL_REVIEW_REJECT
    NOTIFICATION_OF_CHARGEBACK NOTIFICATION_OF_FRAUD OFFER_CLOSED ORDER_CLOSED ORDER_OPENED PAIDOUT_REVERSED PENDING
    POSTPONED_REFUND PREARBITRATION_LOST PREARBITRATION_WON PROCESS_RETRY PAYOUT_DECLINE PAYOUT_EXPIRE
    PAYOUT_THIRDPARTY RECURRING_CONTRACT REFUND REFUND_FAILED REFUNDED_REVERSED REFUND_WITH_DATA REPORT_AVAILABLE
    REQUEST_FOR_INFORMATION SECOND_CHARGEBACK TECHNICAL_CANCEL VOID_PENDING_REFUND
    """.split()
)


def test_codes_are_adyens_and_events_are_ours() -> None:
    assert {code for code, _ in dialect_bodies.ADYEN_CODES.values()} <= ADYENS_CODES
    assert dialect_bodies.ADYEN_CODES.keys() <= FIRED_EVENTS


@pytest.mark.parametrize("event", [*sorted(dialect_bodies.ADYEN_CODES), "customer.created"])
@pytest.mark.parametrize(
    "about",
    [
        dialect_bodies.Facts(),
        dialect_bodies.Facts("tr_1", "iv_1", 1000, "10.00", "EUR", "m"),
        dialect_bodies.Facts(merchant="m", other="cust_1"),
    ],
)
def test_adyens_judge_reads_every_event(event: str, about: dialect_bodies.Facts) -> None:
    secret = "44782DEF547AAA06C910C43932B1EB0C71FC68D9D0C057550C48EC2ACF6BA056"
    told = dialect_bodies.Told("ev_1", event, 0, about.text() if about.subject else None)
    (item,) = json.loads(dialect_bodies.write("adyen", told))["notificationItems"]
    references = {item["NotificationRequestItem"].get(name) for name in ("pspReference", "originalReference")}
    assert about.subject in references or (not about.subject and references == {"ev_1", None})
    signed = dialects.sign("adyen", (secret,), Call("ev_1", 0, dialect_bodies.write("adyen", told), ""))

    by_adyen({}, signed.body, secret, "")


def test_a_body_is_signed_as_adyens_package_does() -> None:
    secret = "44782DEF547AAA06C910C43932B1EB0C71FC68D9D0C057550C48EC2ACF6BA056"
    body = b'{"type":"transaction.captured"}'
    signed = dialects.sign("adyen-platform", (secret,), Call("ev_1", 0, body, ""))

    assert signed.headers["HmacSignature"].encode() == adyen.generate_payload_sig(body, secret)


@pytest.mark.parametrize("other", ["", "cust_1"])
def test_braintrees_package_reads_events_that_are_about_no_payment(other: str) -> None:
    facts = dialect_bodies.Facts(merchant="m", other=other).text()
    body = dialect_bodies.write("braintree", dialect_bodies.Told("ev_1", "customer.created", 0, facts))
    signed = dialects.sign("braintree", ("public|private",), Call("ev_1", 0, body, ""))
    gateway = braintree.BraintreeGateway(
        braintree.Configuration(braintree.Environment.Development, "merchant", "public", "private")
    )
    form = parse_qs(signed.body.decode())

    told = gateway.webhook_notification.parse(form["bt_signature"][0], form["bt_payload"][0])
    assert told.kind == "customer_created"
    assert told.subject == ({"customer": {"id": other}} if other else {"check": True})
