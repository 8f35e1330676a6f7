"""Webhooks: the headers of a call, and when it is tried again."""

from itertools import groupby

from mockpsp.domain.time.spans import format_span
from mockpsp.engine.misdelivery import spelled
from mockpsp.webhooks import dialects, misbehaving, signing
from mockpsp.webhooks.schedules import PROCESSOUT_SCHEDULE_MS, SCHEDULES
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


def misbehaviours() -> list[str]:
    """What can go wrong on request."""
    return table(("do", "what happens"), [(code(spelled(word)), text) for word, text in misbehaving.WORDS.items()])


def schedules() -> list[str]:
    """The schedules with their waits; equal ones in a row are counted."""
    rows = []
    for one in SCHEDULES.values():
        runs = [(format_span(wait_ms), len(list(equal))) for wait_ms, equal in groupby(one.waits_ms)]
        shown = [wait if count == 1 else f"{count} x {wait}" for wait, count in runs]
        also = {
            "`Retry-After`": one.honours_retry_after,
            "410 disables": one.gone_disables,
            "disables when spent": one.spent_disables,
            "`strict`": one.ordering == "strict",
        }
        source = f"[source]({one.source})" if one.source else ""
        facts = ", ".join(name for name, is_so in also.items() if is_so)
        rows.append((code(one.name), ", ".join(shown), facts, source, one.choice))
    return table(("schedule", "waits before each retry", "also", "from", "our choice"), rows)
