"""The signature dialects: whose webhooks an endpoint's look like, as rows of one table.

A row says what a secret looks like, what signs and reads a call, and what happens while a secret is being rotated. To
add a dialect: its two functions in dialect_signing.py, and its row here. Pure: moments and secrets are arguments, and
all that is refused belongs to `errors.WebhookError`.
"""

import base64
import hashlib
import hmac
import re
from collections.abc import Callable, Mapping, Sequence
from enum import Enum
from typing import NamedTuple

from mockpsp.webhooks import asymmetric, signing
from mockpsp.webhooks import dialect_signing as by
from mockpsp.webhooks.dialect_signing import Call, Reader, Seen, Signed, Signer
from mockpsp.webhooks.errors import MalformedHeaders, MalformedSecret, NothingToRotate, StaleTimestamp, WrongSignature

STANDARD = "standard"
#: What a secret of `standard` is -> the dialect: base64 of the key, the key itself, or a key of two halves.
DECODED = "decoded"
KEYS: Mapping[str, str] = {DECODED: STANDARD, "text": "standard-text", "ed25519": "standard-ed25519"}
#: The longest a secret may be.
SECRET_MAX = 200


class Rotation(Enum):
    """What signs a call between one rotation and the next."""

    BOTH = "both secrets sign"
    NEWEST = "the new secret signs at once, alone"
    #: Razorpay: what had happened before the rotation goes on being signed by the secret of then.
    BY_MESSAGE = "events from before the rotation keep the old secret, also when they are retried"
    #: There is no secret, or none that can be replaced.
    NEVER = "nothing to rotate"


class SecretForm(NamedTuple):
    """What a dialect's secrets look like."""

    words: str
    #: Raises MalformedSecret.
    check: Callable[[str], object]
    #: The secret that stands for 32 bytes.
    made_of: Callable[[bytes], str]


class Dialect(NamedTuple):
    """How one kind of sender signs. `name` is the scheme, with the form of its key if that is not its usual one."""

    name: str
    signer: Signer
    reader: Reader
    secret: SecretForm
    rotation: Rotation
    #: Where the signature is, and what is signed, for the pages.
    header: str
    signed: str
    #: It signs the time, and a receiver refuses what is older.
    has_time: bool = False
    #: The signature lies inside the body, which therefore is always the dialect's own.
    implies_body: bool = False
    #: The universe's own secret fits, and is the one used unless another is given.
    takes_universe_secret: bool = False
    has_certificate: bool = False
    #: A header that holds the event's id, unsigned.
    event_header: str = ""


def named(scheme: str, key: str | None = None) -> str:
    """The dialect of a scheme, and of a form of its key (`KEYS`) where it has several."""
    return KEYS[key or DECODED] if scheme == STANDARD else scheme


def scheme_of(dialect: str) -> tuple[str, str | None]:
    """What `named` makes the dialect of."""
    key = next((key for key, name in KEYS.items() if name == dialect), None)
    return (dialect, None) if key is None else (STANDARD, key)


def sign(dialect: str, secrets: Sequence[str], call: Call) -> Signed:
    """The headers and the body to send, signed by these secrets (newest first); without any, unsigned."""
    return DIALECTS[dialect].signer(secrets, call)


def secrets_for(dialect: str, secret: str, old_secret: str | None, *, is_older: bool = False) -> tuple[str, ...]:
    """The secrets that sign a message, newest first; `is_older`: it is of before the rotation."""
    rotation = DIALECTS[dialect].rotation
    if rotation is Rotation.NEVER and not secret:
        return ()
    if old_secret is None or rotation in (Rotation.NEWEST, Rotation.NEVER):
        return (secret,)
    if rotation is Rotation.BY_MESSAGE:
        return (old_secret,) if is_older else (secret,)
    return (secret, old_secret)


def check_secret(dialect: str, secret: str) -> None:
    """The secret can sign in this dialect; raises MalformedSecret, which never quotes it."""
    DIALECTS[dialect].secret.check(secret)


def check_rotation(dialect: str, secret: str) -> None:
    """The secret can replace another one in this dialect; raises NothingToRotate or MalformedSecret."""
    if DIALECTS[dialect].rotation is Rotation.NEVER:
        raise NothingToRotate(
            f"{dialect} has no secret to rotate; delete the endpoint and create one with the secret it is to have"
        )
    check_secret(dialect, secret)


def secret_of(dialect: str, universe_secret: str) -> str:
    """The secret of an endpoint that is given none: the universe's own if it fits, or one made of it."""
    row = DIALECTS[dialect]
    return universe_secret if row.takes_universe_secret else row.secret.made_of(_digest(universe_secret, row.name))


def wrong_secret(dialect: str, secret: str) -> str:
    """Another secret of the right form, as a forger would guess one; the same each time."""
    return DIALECTS[dialect].secret.made_of(_digest(secret, "wrong"))


def read(dialect: str, headers: Mapping[str, str], body: bytes) -> Seen:
    """What a call that arrived is signed with; raises MalformedHeaders. Header names may come in any case."""
    return DIALECTS[dialect].reader({name.lower(): value for name, value in headers.items()}, body)


def verify(
    dialect: str,
    secret: str,
    headers: Mapping[str, str],
    body: bytes,
    *,
    url: str = "",
    now_s: int,
    tolerance_s: int = 300,
) -> None:
    """The call is genuine, and fresh if its dialect has a time; a VerificationError says why it isn't.

    One matching signature is enough. `url` is where it came to, which only Square's signature covers.
    """
    check_secret(dialect, secret)
    seen = read(dialect, headers, body)
    if seen.timestamp_s is not None and abs(now_s - seen.timestamp_s) > tolerance_s:
        age_s = now_s - seen.timestamp_s
        raise StaleTimestamp(f"signed {age_s} s before now; at most {tolerance_s} s either way are accepted")
    call = Call(seen.message_id, seen.timestamp_s or 0, seen.body, url)
    expected = _expected(dialect, secret, call)
    candidates = [signature.encode("utf-8", "replace") for signature in seen.signatures]
    if not any([hmac.compare_digest(expected, candidate) for candidate in candidates]):
        raise WrongSignature(f"none of the {len(candidates)} signatures matches")


def _expected(dialect: str, secret: str, call: Call) -> bytes:
    """The signature that the call would have; signing is deterministic in every dialect."""
    try:
        signed = sign(dialect, (secret,), call)
    except (LookupError, TypeError, ValueError):
        raise MalformedHeaders("the body is not one that this dialect signs") from None
    signatures = read(dialect, signed.headers, signed.body).signatures
    if not signatures:
        raise WrongSignature("this dialect signs nothing")
    return signatures[0].encode()


def _digest(secret: str, purpose: str) -> bytes:
    return hashlib.blake2b(f"{purpose}:{secret}".encode(), digest_size=32).digest()


def _like(pattern: re.Pattern[str], words: str) -> Callable[[str], None]:
    def check(secret: str) -> None:
        if len(secret) > SECRET_MAX or not pattern.fullmatch(secret):
            raise MalformedSecret(f"a secret is {words}")

    return check


def _form(pattern: re.Pattern[str], words: str, made_of: Callable[[bytes], str]) -> SecretForm:
    return SecretForm(words, _like(pattern, words), made_of)


def _letters(key: bytes) -> str:
    return base64.urlsafe_b64encode(key[:24]).decode("ascii").replace("-", "A").replace("_", "B")


def _uuid(key: bytes) -> str:
    digits = key[:16].hex().upper()
    return "-".join((digits[:8], digits[8:12], digits[12:16], digits[16:20], digits[20:]))


def _check_none(secret: str) -> None:
    if secret:
        raise MalformedSecret("this scheme signs nothing: leave the secret out")


def _hex_of_64(key: bytes) -> str:
    return hashlib.blake2b(key, digest_size=64).hexdigest().upper()


_TEXT = "1 to 200 visible ASCII characters"
_AS_TEXT = _form(re.compile(r"[!-~]{1,200}", re.ASCII), _TEXT, _letters)
_WHSEC = SecretForm(
    "`whsec_` and base64 of 24 to 64 bytes, which are the key",
    signing.check_secret,
    lambda key: signing.secret_from(key[:24]),
)
_WHSEC_TEXT = _form(
    re.compile(r"whsec_[!-~]{1,194}", re.ASCII),
    "`whsec_` and visible ASCII characters, and the text as a whole is the key",
    lambda key: signing.secret_from(key[:24]),
)
_ADYEN_KEY = _form(
    re.compile(r"[0-9A-Fa-f]{64}", re.ASCII),
    "64 hex digits, and the bytes they stand for are the key",
    lambda key: key.hex().upper(),
)

#: Scheme, with the form of its key behind a hyphen where it has several, -> how it signs.
DIALECTS: Mapping[str, Dialect] = {
    row.name: row
    for row in (
        Dialect(
            STANDARD,
            by.standard,
            by.see_standard,
            _WHSEC,
            Rotation.BOTH,
            "`webhook-id`, `webhook-timestamp`, `webhook-signature: v1,…`",
            "`{id}.{time}.{body}`, SHA-256, base64",
            has_time=True,
            takes_universe_secret=True,
        ),
        Dialect(
            "standard-text",
            by.standard_text,
            by.see_standard,
            _form(
                re.compile(r"[!-~]{1,200}", re.ASCII), f"{_TEXT}, and the text as a whole is the key", _WHSEC.made_of
            ),
            Rotation.BOTH,
            "the same",
            "the same",
            has_time=True,
            takes_universe_secret=True,
        ),
        Dialect(
            "standard-ed25519",
            by.standard_ed25519,
            by.see_standard,
            SecretForm(
                "`whsk_` and base64 of seed and public key", asymmetric.ed25519_public, asymmetric.ed25519_secret
            ),
            Rotation.BOTH,
            "the same, `v1a,…`",
            "the same, Ed25519",
            has_time=True,
        ),
        Dialect(
            "stripe",
            by.stripe,
            by.see_stripe,
            _WHSEC_TEXT,
            Rotation.BOTH,
            "`Stripe-Signature: t=…,v1=…`",
            "`{time}.{body}`, SHA-256, hex",
            has_time=True,
            takes_universe_secret=True,
        ),
        Dialect(
            "square",
            by.square,
            by.seen_in("x-square-hmacsha256-signature"),
            _AS_TEXT,
            Rotation.NEWEST,
            "`x-square-hmacsha256-signature`",
            "`{url}{body}`, SHA-256, base64; the URL as it was registered",
        ),
        Dialect(
            "gocardless",
            by.gocardless,
            by.seen_in("webhook-signature"),
            _form(re.compile(r"[!-~]{1,200}", re.ASCII), _TEXT, _uuid),
            Rotation.NEWEST,
            "`Webhook-Signature`",
            "the body, SHA-256, hex",
        ),
        Dialect(
            "razorpay",
            by.razorpay,
            by.see_razorpay,
            _AS_TEXT,
            Rotation.BY_MESSAGE,
            "`X-Razorpay-Signature`, and `x-razorpay-event-id` unsigned",
            "the body, SHA-256, hex",
            event_header="x-razorpay-event-id",
        ),
        Dialect(
            "checkout",
            by.checkout,
            by.seen_in("cko-signature"),
            _AS_TEXT,
            Rotation.NEWEST,
            "`Cko-Signature`",
            "the body, SHA-256, hex",
        ),
        Dialect(
            "mollie",
            by.mollie,
            by.seen_in("x-mollie-signature"),
            _AS_TEXT,
            Rotation.NEWEST,
            "`X-Mollie-Signature: sha256=…`",
            "the body, SHA-256, hex",
        ),
        Dialect(
            "worldpay",
            by.worldpay,
            by.see_worldpay,
            _AS_TEXT,
            Rotation.BOTH,
            "`Event-Signature: {number of the secret}/SHA256/…`",
            "the body, SHA-256, hex (a choice: Worldpay's page names no encoding)",
        ),
        Dialect(
            "authorize-net",
            by.authorize_net,
            by.see_authorize_net,
            _form(
                re.compile(r"[0-9A-Fa-f]{128}", re.ASCII),
                "128 hex digits, and the bytes they stand for are the key",
                _hex_of_64,
            ),
            Rotation.NEWEST,
            "`X-ANET-Signature: sha512=…`",
            "the body, SHA-512, upper-case hex",
        ),
        Dialect(
            "adyen",
            by.adyen,
            by.see_adyen,
            _ADYEN_KEY,
            Rotation.NEWEST,
            "in each item: `additionalData.hmacSignature`",
            "eight fields of the item with colons between, SHA-256, base64",
            implies_body=True,
        ),
        Dialect(
            "adyen-platform",
            by.adyen_platform,
            by.seen_in("hmacsignature"),
            _ADYEN_KEY,
            Rotation.NEWEST,
            "`HmacSignature`",
            "the body, SHA-256, base64",
        ),
        Dialect(
            "paypal",
            by.paypal,
            by.see_paypal,
            _form(
                re.compile(r"[A-Za-z0-9_-]{1,64}", re.ASCII),
                "the receiver's webhook id, of 1 to 64 letters, digits, _ and -",
                lambda key: base64.b32encode(key)[:17].decode("ascii"),
            ),
            Rotation.NEVER,
            "`PAYPAL-TRANSMISSION-SIG`, `-ID`, `-TIME`, `PAYPAL-CERT-URL`, `PAYPAL-AUTH-ALGO`",
            "id, time, webhook id and CRC-32 of the body with bars between, RSA with SHA-256, base64",
            has_time=True,
            has_certificate=True,
        ),
        Dialect(
            "braintree",
            by.braintree,
            by.see_braintree,
            _form(
                re.compile(r"[0-9A-Za-z_-]{1,99}\|[0-9A-Za-z_-]{1,99}", re.ASCII),
                "public key and private key with a bar between, each of 1 to 99 letters, digits, _ and -",
                lambda key: f"{_letters(key)[:16].lower()}|{key[12:28].hex()}",
            ),
            Rotation.BOTH,
            "in the form: `bt_signature`",
            "`bt_payload`, SHA-1, hex; the key is the private key's SHA-1",
            implies_body=True,
        ),
        Dialect(
            "none",
            by.sign_nothing,
            by.see_nothing,
            SecretForm("none: calls are not signed", _check_none, lambda key: ""),
            Rotation.NEVER,
            "none",
            "nothing",
        ),
    )
}

#: What an endpoint may name.
SCHEMES = tuple(dict.fromkeys(scheme_of(name)[0] for name in DIALECTS))
