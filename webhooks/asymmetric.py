"""Keys of the dialects whose receivers hold no secret: Ed25519 for Standard Webhooks' v1a, RSA for PayPal's.

Ed25519 keys are texts, `whsk_` the secret one and `whpk_` the public. The RSA pair is one that is shipped: RSA keys
can't be made from a seed with a library worth trusting, and a key that everybody can read is right for a sandbox, as
long as nothing else trusts its certificate. The library is loaded when the first such call is signed.
"""

import base64
from functools import lru_cache
from importlib import resources
from typing import TYPE_CHECKING

from mockpsp.webhooks.errors import MalformedSecret

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

SECRET_PREFIX, PUBLIC_PREFIX = "whsk_", "whpk_"
#: What a secret key's text holds: the seed, and the public key after it.
_SEED_BYTES, _PAIR_BYTES = 32, 64


def ed25519_secret(seed: bytes) -> str:
    """The secret key that stands for these 32 bytes; the same bytes, the same key."""
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    public = Ed25519PrivateKey.from_private_bytes(seed).public_key().public_bytes_raw()
    return SECRET_PREFIX + base64.b64encode(seed + public).decode("ascii")


def ed25519_public(secret: str) -> str:
    """The public key of a secret one, which receivers check with."""
    return PUBLIC_PREFIX + base64.b64encode(_ed25519(secret).public_key().public_bytes_raw()).decode("ascii")


def sign_ed25519(secret: str, signed: bytes) -> bytes:
    """The signature of these bytes; raises MalformedSecret for what is no key."""
    return _ed25519(secret).sign(signed)


def sign_rsa(signed: bytes) -> bytes:
    """The signature of these bytes by the shipped key, with SHA-256."""
    from cryptography.hazmat.primitives import hashes
    from cryptography.hazmat.primitives.asymmetric import padding

    return _rsa().sign(signed, padding.PKCS1v15(), hashes.SHA256())


def certificate() -> bytes:
    """The shipped key's certificate, as PEM."""
    return (resources.files("mockpsp.webhooks") / "sandbox-certificate.pem").read_bytes()


@lru_cache(maxsize=256)
def _ed25519(secret: str) -> "Ed25519PrivateKey":
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    try:
        raw = base64.b64decode(secret.removeprefix(SECRET_PREFIX), validate=True)
    except ValueError:
        raw = b""
    if not secret.startswith(SECRET_PREFIX) or len(raw) != _PAIR_BYTES:
        raise MalformedSecret(f"a secret is {SECRET_PREFIX} and base64 of {_PAIR_BYTES} bytes: seed and public key")
    key = Ed25519PrivateKey.from_private_bytes(raw[:_SEED_BYTES])
    if key.public_key().public_bytes_raw() != raw[_SEED_BYTES:]:
        raise MalformedSecret("the secret's second half is not the public key of its first")
    return key


@lru_cache(maxsize=1)
def _rsa() -> "RSAPrivateKey":
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
    from cryptography.hazmat.primitives.serialization import load_pem_private_key

    key = load_pem_private_key((resources.files("mockpsp.webhooks") / "sandbox-key.pem").read_bytes(), None)
    assert isinstance(key, RSAPrivateKey)
    return key
