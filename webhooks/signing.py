"""Signatures by the Standard Webhooks scheme: HMAC-SHA256 over `id.timestamp.body`, several at once during rotation.

Pure: the moment is an argument. It signs the exact bytes that are sent and never parses them. Everything it refuses
belongs to `errors.WebhookError`, however broken the input.
"""

import base64
import hashlib
import hmac
import re
from collections.abc import Mapping, Sequence
from functools import lru_cache

from mockpsp.webhooks.errors import (
    MalformedHeaders,
    MalformedId,
    MalformedSecret,
    StaleTimestamp,
    WrongSignature,
)

SECRET_PREFIX = "whsec_"
ID_HEADER = "webhook-id"
TIMESTAMP_HEADER = "webhook-timestamp"
SIGNATURE_HEADER = "webhook-signature"

#: The scheme's bounds on a key, in bytes.
_SHORTEST_KEY, _LONGEST_KEY = 24, 64
_VERSION = "v1,"
#: Visible ASCII without the dot, which separates the parts of the signed text.
_ID = re.compile(r"[!-\-/-~]{1,255}")
_TIMESTAMP = re.compile(r"[0-9]{1,12}")


def secret_from(key: bytes) -> str:
    """The secret that stands for this key (24 to 64 bytes); the same key, the same secret."""
    assert _SHORTEST_KEY <= len(key) <= _LONGEST_KEY, f"a key has 24 to 64 bytes, not {len(key)}"
    return SECRET_PREFIX + base64.b64encode(key).decode("ascii")


def check_secret(secret: str) -> None:
    """The secret can sign; raises MalformedSecret when it can't."""
    _key_of(secret)


def signed_text(webhook_id: str, timestamp_s: int, body: bytes) -> bytes:
    """What is signed, by whatever key; raises MalformedId for an id that would blur it."""
    if not _ID.fullmatch(webhook_id):
        raise MalformedId(f"a message id is 1 to 255 visible ASCII characters without a dot, not {webhook_id!r}")
    return f"{webhook_id}.{timestamp_s}.".encode("ascii") + body


def sign(secret: str, *, webhook_id: str, timestamp_s: int, body: bytes) -> str:
    """One signature, `v1,` and base64, over these exact bytes."""
    keyed = _keyed(secret).copy()
    keyed.update(signed_text(webhook_id, timestamp_s, body))
    return _VERSION + base64.b64encode(keyed.digest()).decode("ascii")


def headers(secrets: Sequence[str], *, webhook_id: str, timestamp_s: int, body: bytes) -> dict[str, str]:
    """The three headers of a call, with a signature for each secret (newest first)."""
    assert secrets, "a call is signed with at least one secret"
    signatures = [sign(secret, webhook_id=webhook_id, timestamp_s=timestamp_s, body=body) for secret in secrets]
    return {
        ID_HEADER: webhook_id,
        TIMESTAMP_HEADER: str(timestamp_s),
        SIGNATURE_HEADER: " ".join(signatures),
    }


def verify(secret: str, headers: Mapping[str, str], body: bytes, *, now_s: int, tolerance_s: int = 300) -> None:
    """The call is genuine and fresh if this returns; a VerificationError says why it isn't.

    Header names are compared without regard to case. One matching signature is enough; versions other than v1 and
    unreadable signatures never match.
    """
    value_by_name = {name.lower(): value for name, value in headers.items()}
    webhook_id = _required(value_by_name, ID_HEADER)
    timestamp = _required(value_by_name, TIMESTAMP_HEADER)
    signatures = _required(value_by_name, SIGNATURE_HEADER)
    if not _TIMESTAMP.fullmatch(timestamp):
        raise MalformedHeaders(f"{TIMESTAMP_HEADER} is whole seconds, not {timestamp!r}")
    if not _ID.fullmatch(webhook_id):
        raise MalformedHeaders(f"{ID_HEADER} is visible ASCII without a dot, not {webhook_id!r}")
    age_s = now_s - int(timestamp)
    if abs(age_s) > tolerance_s:
        raise StaleTimestamp(f"signed {age_s} s before now; at most {tolerance_s} s either way are accepted")
    expected = sign(secret, webhook_id=webhook_id, timestamp_s=int(timestamp), body=body).encode("ascii")
    # As bytes: compare_digest refuses text beyond ASCII, and a header may hold anything.
    candidates = [signature.encode("utf-8", "replace") for signature in signatures.split(" ")]
    if not any([hmac.compare_digest(expected, candidate) for candidate in candidates]):
        raise WrongSignature(f"none of the {len(candidates)} signatures of {webhook_id} matches")


def _required(value_by_name: Mapping[str, str], name: str) -> str:
    value = value_by_name.get(name)
    if not value:
        raise MalformedHeaders(f"header {name} is missing")
    return value


@lru_cache(256)  # of a few endpoints, again and again; what is malformed is not kept
def _keyed(secret: str) -> hmac.HMAC:
    """What signs with this secret, to be copied: to begin with a key takes longer than to sign so little."""
    return hmac.new(_key_of(secret), digestmod=hashlib.sha256)


def _key_of(secret: str) -> bytes:
    if not secret.startswith(SECRET_PREFIX):
        raise MalformedSecret(f"a secret starts with {SECRET_PREFIX}")
    text = secret.removeprefix(SECRET_PREFIX).rstrip("=")
    try:
        key = base64.b64decode(text + "=" * (-len(text) % 4), validate=True)
    except ValueError:  # binascii.Error is one
        raise MalformedSecret(f"what follows {SECRET_PREFIX} must be base64") from None
    if not _SHORTEST_KEY <= len(key) <= _LONGEST_KEY:
        raise MalformedSecret(f"a secret holds {_SHORTEST_KEY} to {_LONGEST_KEY} bytes, not {len(key)}")
    return key
