"""How each PSP signs a call: a small function that signs, and one that reads what a call was signed with.

Pure, and knows no secrets but those it is given: newest first; none means that the call goes out unsigned, as a forger
would send it. The exact bytes of the body are signed, never parsed, but where the signature lies inside the body. A
function for a further PSP goes here, and its row into `dialects.DIALECTS`.
"""

import base64
import binascii
import hashlib
import hmac
import json
import re
import zlib
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, NamedTuple
from urllib.parse import parse_qsl

from mockpsp.webhooks import asymmetric, signing
from mockpsp.webhooks.errors import MalformedHeaders, MissingSignature

_FORM = "application/x-www-form-urlencoded"
_ESCAPES = (("+", "%2B"), ("/", "%2F"), ("=", "%3D"), ("\n", "%0A"), ("|", "%7C"), ("&", "%26"))
_json = json.JSONEncoder(separators=(",", ":"), ensure_ascii=False).encode
_WHOLE_SECONDS = re.compile(r"[0-9]{1,12}")
#: The fields of an item that Adyen signs, in its order; those of `amount` are between.
_ADYEN_BEFORE = ("pspReference", "originalReference", "merchantAccountCode", "merchantReference")
_ADYEN_AFTER = ("eventCode", "success")


class Call(NamedTuple):
    """What is signed: the body as it is before it has a signature, where it goes, and when (real time)."""

    message_id: str
    timestamp_s: int
    body: bytes
    url: str
    #: The number of the newest secret, counting from 1: it goes up with each rotation.
    key_no: int = 1
    #: Where the receiver fetches the certificate, if the dialect has one.
    certificate_url: str = ""


class Signed(NamedTuple):
    """What is sent: the headers that the signature needs, and the body, which may hold it."""

    headers: dict[str, str]
    body: bytes


class Seen(NamedTuple):
    """What a call that arrived says of its signature; `body` is what was there before it was signed."""

    signatures: tuple[str, ...]
    body: bytes
    message_id: str = ""
    #: None where the dialect signs no time.
    timestamp_s: int | None = None


Secrets = Sequence[str]
#: Header names are in lower case.
Headers = Mapping[str, str]
Signer = Callable[[Secrets, Call], Signed]
Reader = Callable[[Headers, bytes], Seen]


def sign_nothing(secrets: Secrets, call: Call) -> Signed:
    """The call as it is."""
    return Signed({}, call.body)


def see_nothing(headers: Headers, body: bytes) -> Seen:
    """A call without a signature."""
    return Seen((), body)


def standard(secrets: Secrets, call: Call) -> Signed:
    """Standard Webhooks, symmetric: a `v1` for each secret, whose base64 is decoded."""
    return _standard([signing.sign(secret, **_named(call)) for secret in secrets], call)


def standard_text(secrets: Secrets, call: Call) -> Signed:
    """The same headers as some PSPs' clients check them: the text of the secret is the key, prefix and all."""
    signed = signing.signed_text(call.message_id, call.timestamp_s, call.body)
    return _standard([f"v1,{_base64(_sha256(secret.encode(), signed))}" for secret in secrets], call)


def standard_ed25519(secrets: Secrets, call: Call) -> Signed:
    """Standard Webhooks, asymmetric: a `v1a` for each secret key."""
    signed = signing.signed_text(call.message_id, call.timestamp_s, call.body)
    return _standard([f"v1a,{_base64(asymmetric.sign_ed25519(secret, signed))}" for secret in secrets], call)


def see_standard(headers: Headers, body: bytes) -> Seen:
    """The three headers of Standard Webhooks."""
    timestamp_s = _seconds(signing.TIMESTAMP_HEADER, _header(headers, signing.TIMESTAMP_HEADER))
    signatures = tuple(_header(headers, signing.SIGNATURE_HEADER).split(" "))
    return Seen(signatures, body, _header(headers, signing.ID_HEADER), timestamp_s)


def stripe(secrets: Secrets, call: Call) -> Signed:
    """One header with the time and a `v1` for each secret, whose text is the key, prefix and all."""
    signed = f"{call.timestamp_s}.".encode() + call.body
    signatures = [f"v1={_sha256(secret.encode(), signed).hex()}" for secret in secrets]
    return Signed({"Stripe-Signature": ",".join([f"t={call.timestamp_s}", *signatures])}, call.body)


def see_stripe(headers: Headers, body: bytes) -> Seen:
    """The time and every `v1`; other versions count for nothing."""
    pairs = [part.partition("=")[::2] for part in _header(headers, "stripe-signature").split(",")]
    times = [value for name, value in pairs if name == "t"]
    timestamp_s = _seconds("t of Stripe-Signature", times[0] if times else "")
    return Seen(tuple(value for name, value in pairs if name == "v1"), body, timestamp_s=timestamp_s)


def square(secrets: Secrets, call: Call) -> Signed:
    """The address, as it was registered, and the body after it."""
    signed = call.url.encode() + call.body
    return _in_header("x-square-hmacsha256-signature", secrets, call, lambda key: _base64(_sha256(key, signed)))


def gocardless(secrets: Secrets, call: Call) -> Signed:
    """The body, in lower-case hex."""
    return _in_header("Webhook-Signature", secrets, call, lambda key: _sha256(key, call.body).hex())


def razorpay(secrets: Secrets, call: Call) -> Signed:
    """The body, in lower-case hex; the event's id beside it, by which doubles are told."""
    signed = _in_header("X-Razorpay-Signature", secrets, call, lambda key: _sha256(key, call.body).hex())
    return Signed({**signed.headers, "x-razorpay-event-id": call.message_id}, signed.body)


def see_razorpay(headers: Headers, body: bytes) -> Seen:
    """The signature, and the event's id, which isn't signed."""
    signature = _header(headers, "x-razorpay-signature")
    return Seen((signature,), body, headers.get("x-razorpay-event-id", ""))


def checkout(secrets: Secrets, call: Call) -> Signed:
    """The body, in lower-case hex."""
    return _in_header("Cko-Signature", secrets, call, lambda key: _sha256(key, call.body).hex())


def mollie(secrets: Secrets, call: Call) -> Signed:
    """The body, in lower-case hex after the name of the hash."""
    return _in_header("X-Mollie-Signature", secrets, call, lambda key: "sha256=" + _sha256(key, call.body).hex())


def worldpay(secrets: Secrets, call: Call) -> Signed:
    """The body by each secret, named by the secret's number."""
    parts = [
        f"{call.key_no - place}/SHA256/{_sha256(secret.encode(), call.body).hex()}"
        for place, secret in enumerate(secrets)
    ]
    return Signed({"Event-Signature": ",".join(parts)} if parts else {}, call.body)


def see_worldpay(headers: Headers, body: bytes) -> Seen:
    """Every signature by SHA-256, whatever its secret's number."""
    parts = [part.strip().split("/", 2) for part in _header(headers, "event-signature").split(",")]
    return Seen(tuple(part[2] for part in parts if len(part) == 3 and part[1].upper() == "SHA256"), body)


def authorize_net(secrets: Secrets, call: Call) -> Signed:
    """The body by SHA-512, in upper-case hex; the key is the bytes that the secret's hex stands for."""
    headers = {}
    if secrets:
        digest = hmac.digest(bytes.fromhex(secrets[0]), call.body, hashlib.sha512)
        headers["X-ANET-Signature"] = "sha512=" + digest.hex().upper()
    return Signed(headers, call.body)


def see_authorize_net(headers: Headers, body: bytes) -> Seen:
    """The one signature, in either case."""
    return Seen(("sha512=" + _header(headers, "x-anet-signature").partition("=")[2].upper(),), body)


def adyen_platform(secrets: Secrets, call: Call) -> Signed:
    """The body, in base64; the key is the bytes that the secret's hex stands for."""
    headers = {"HmacSignature": _base64(_sha256(bytes.fromhex(secrets[0]), call.body))} if secrets else {}
    return Signed(headers, call.body)


def adyen(secrets: Secrets, call: Call) -> Signed:
    """Eight fields of each item, inside the item: nothing else of the body is protected."""
    if not secrets:
        return Signed({}, call.body)
    whole = json.loads(call.body)
    for item in _adyen_items(whole):
        signed = ":".join(adyen_fields(item)).encode()
        extra = item.setdefault("additionalData", {})
        extra["hmacSignature"] = _base64(_sha256(bytes.fromhex(secrets[0]), signed))
    return Signed({}, _compact(whole))


def adyen_fields(item: Mapping[str, Any]) -> list[str]:
    """What is signed of an item; what it has not is empty."""
    amount = item.get("amount") or {}
    fields = [item.get(name) for name in _ADYEN_BEFORE]
    fields += [amount.get("value"), amount.get("currency"), *(item.get(name) for name in _ADYEN_AFTER)]
    return ["" if value is None else str(value) for value in fields]


def see_adyen(headers: Headers, body: bytes) -> Seen:
    """The signatures of all items as one: each must be right."""
    try:
        whole = json.loads(body)
        signatures = [item["additionalData"].pop("hmacSignature") for item in _adyen_items(whole)]
        return Seen((" ".join(signatures),), _compact(whole))
    except (ValueError, TypeError, LookupError, AttributeError):
        raise MissingSignature("no item of the body has a signature at additionalData.hmacSignature") from None


def paypal(secrets: Secrets, call: Call) -> Signed:
    """Id, time, the receiver's webhook id and the body's CRC-32, by the key of the certificate that is named."""
    moment = datetime.fromtimestamp(call.timestamp_s, UTC).isoformat()[:19] + "Z"
    headers = {"PAYPAL-TRANSMISSION-ID": call.message_id, "PAYPAL-TRANSMISSION-TIME": moment}
    if secrets:
        signed = f"{call.message_id}|{moment}|{secrets[0]}|{zlib.crc32(call.body)}"
        headers["PAYPAL-TRANSMISSION-SIG"] = _base64(asymmetric.sign_rsa(signed.encode()))
        headers["PAYPAL-CERT-URL"] = call.certificate_url
        headers["PAYPAL-AUTH-ALGO"] = "SHA256withRSA"
    return Signed(headers, call.body)


def see_paypal(headers: Headers, body: bytes) -> Seen:
    """The signature with the id and the time it is about."""
    moment = _header(headers, "paypal-transmission-time")
    try:
        timestamp_s = int(datetime.strptime(moment, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC).timestamp())
    except ValueError:
        raise MalformedHeaders(f"paypal-transmission-time is such as 2016-02-18T20:01:35Z, not {moment!r}") from None
    signature = _header(headers, "paypal-transmission-sig")
    return Seen((signature,), body, _header(headers, "paypal-transmission-id"), timestamp_s)


def braintree(secrets: Secrets, call: Call) -> Signed:
    """A form: the body in base64, and the public key with the HMAC-SHA1 by the SHA-1 of the private one, per pair."""
    payload = base64.encodebytes(call.body).decode("ascii")
    form = f"bt_payload={_escaped(payload)}"
    if secrets:
        pairs = [secret.partition("|")[::2] for secret in secrets]
        signature = "&".join(f"{public}|{braintree_hmac(private, payload)}" for public, private in pairs)
        form = f"bt_signature={_escaped(signature)}&{form}"
    return Signed({"Content-Type": _FORM}, form.encode("ascii"))


def braintree_hmac(private_key: str, text: str) -> str:
    """The HMAC of a payload, or of a challenge."""
    return hmac.digest(hashlib.sha1(private_key.encode()).digest(), text.encode(), hashlib.sha1).hex()


def see_braintree(headers: Headers, body: bytes) -> Seen:
    """Every pair of the form, and what its payload stands for."""
    form = dict(parse_qsl(body.decode("utf-8", "replace")))
    if not form.get("bt_signature") or not form.get("bt_payload"):
        raise MissingSignature("the body is no form with bt_signature and bt_payload")
    try:
        body = base64.b64decode(form["bt_payload"])
    except (ValueError, binascii.Error):
        body = b""
    # The text is signed, not what it stands for: letters that decoding passes over must not go unnoticed.
    if base64.encodebytes(body).decode("ascii").rstrip("\n") != form["bt_payload"].rstrip("\n"):
        raise MalformedHeaders("bt_payload is not base64 in lines of 76 characters")
    return Seen(tuple(form["bt_signature"].split("&")), body)


def seen_in(name: str) -> Reader:
    """Reads a header that is the signature and nothing else."""
    return lambda headers, body: Seen((_header(headers, name),), body)


def _standard(signatures: list[str], call: Call) -> Signed:
    headers = {signing.ID_HEADER: call.message_id, signing.TIMESTAMP_HEADER: str(call.timestamp_s)}
    if signatures:
        headers[signing.SIGNATURE_HEADER] = " ".join(signatures)
    return Signed(headers, call.body)


def _named(call: Call) -> dict[str, Any]:
    return {"webhook_id": call.message_id, "timestamp_s": call.timestamp_s, "body": call.body}


def _in_header(name: str, secrets: Secrets, call: Call, signature: Callable[[bytes], str]) -> Signed:
    """One header with one signature, by the newest secret's text."""
    return Signed({name: signature(secrets[0].encode())} if secrets else {}, call.body)


def _escaped(text: str) -> str:
    """What a form may hold of base64, keys and digests; `quote` takes letter by letter, ten times as long."""
    for letter, escape in _ESCAPES:
        text = text.replace(letter, escape)
    return text


def _adyen_items(whole: Any) -> list[dict[str, Any]]:
    return [item["NotificationRequestItem"] for item in whole["notificationItems"]]


def _compact(whole: Any) -> bytes:
    return _json(whole).encode()


def _header(headers: Headers, name: str) -> str:
    value = headers.get(name)
    if not value:
        raise MissingSignature(f"header {name} is missing")
    return value


def _seconds(name: str, text: str) -> int:
    if not _WHOLE_SECONDS.fullmatch(text):
        raise MalformedHeaders(f"{name} is whole seconds, not {text!r}")
    return int(text)


def _sha256(key: bytes, signed: bytes) -> bytes:
    return hmac.digest(key, signed, hashlib.sha256)


def _base64(digest: bytes) -> str:
    return base64.b64encode(digest).decode("ascii")
