"""Webhooks: the headers of a call, and when it is tried again."""

from mockpsp.domain.spans import format_span
from mockpsp.webhooks import signing
from mockpsp.webhooks.schedules import PROCESSOUT_SCHEDULE_MS
from tests.docs.markdown import code, table

_HEADERS = {
    signing.ID_HEADER: "The event's id, the same at each attempt: what to remember so as not to do a thing twice.",
    signing.TIMESTAMP_HEADER: "When this attempt was signed, in seconds since 1970, real time.",
    signing.SIGNATURE_HEADER: "`v1,` and the signature; two of them, with a space between, after a secret was rotated.",
}


def headers() -> list[str]:
    """The headers that the signature is about."""
    return table(("header", "holds"), [(code(name), words) for name, words in _HEADERS.items()])


def retries() -> list[str]:
    """The wait before each retry, and how long after the first attempt it comes, both without jitter."""
    rows, passed_ms = [], 0
    for number, wait_ms in enumerate(PROCESSOUT_SCHEDULE_MS, start=1):
        passed_ms += wait_ms
        rows.append((number, format_span(wait_ms), format_span(passed_ms)))
    return table(("retry", "waits", "after the first attempt"), rows)
