"""Webhooks: the headers of a call, and when it is tried again."""

from mockpsp.domain.spans import format_span
from mockpsp.webhooks import dialects, signing
from mockpsp.webhooks.retries import PROCESSOUT_SCHEDULE_MS
from tests.docs.markdown import code, table

_HEADERS = {
    signing.ID_HEADER: "The event's id, the same at each attempt: what to remember so as not to do a thing twice.",
    signing.TIMESTAMP_HEADER: "When this attempt was signed, in seconds since 1970, real time.",
    signing.SIGNATURE_HEADER: "`v1,` and the signature; two of them, with a space between, after a secret was rotated.",
}


def headers() -> list[str]:
    """The headers that the signature is about."""
    return table(("header", "holds"), [(code(name), words) for name, words in _HEADERS.items()])


#: What signs between one rotation and the next, in a table's words.
_ROTATION = {
    dialects.Rotation.BOTH: "both",
    dialects.Rotation.NEWEST: "the new one",
    dialects.Rotation.BY_MESSAGE: "the new one; the old one what was before, also when tried again",
    dialects.Rotation.NEVER: "there is none",
}


def schemes() -> list[str]:
    """The dialects: what is sent, what is signed, which secrets they take and what a rotation does."""
    rows = []
    for name, row in dialects.DIALECTS.items():
        scheme, key = dialects.scheme_of(name)
        named = f"{code(scheme)}, `key: {key}`" if key and key != dialects.DECODED else code(scheme)
        rows.append((named, row.header, row.signed, row.secret.words, _ROTATION[row.rotation]))
    return table(("scheme", "signature", "over, by HMAC unless said", "secret", "after a rotation signs"), rows)


def retries() -> list[str]:
    """The wait before each retry, and how long after the first attempt it comes, both without jitter."""
    rows, passed_ms = [], 0
    for number, wait_ms in enumerate(PROCESSOUT_SCHEDULE_MS, start=1):
        passed_ms += wait_ms
        rows.append((number, format_span(wait_ms), format_span(passed_ms)))
    return table(("retry", "waits", "after the first attempt"), rows)
