"""What routes of the books and of payouts are asked by their query: a format, a period, words; and answers as files.

A file is made of one snapshot, to a place of its own, and sent from there: whoever takes it slowly holds up nobody, and
however long it is it needs no memory.
"""

import tempfile
from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import date
from typing import IO, Any

from flask import Response, request

from mockpsp.domain.text.codes import Refused
from mockpsp.domain.text.nearest import nearest_name
from mockpsp.domain.time.moments import rfc3339
from mockpsp.engine.payout_reports import ReportError
from mockpsp.engine.universes import UniverseTx
from mockpsp.ledger.periods import PeriodError, guard_seen, read_period
from mockpsp.ledger.settlement_report import Period

_INVALID = "request.validation.error"
#: Up to so much of a file is kept in memory, and more of it on the disk.
_IN_MEMORY_BYTES = 1 << 20
_BLOCK_BYTES = 1 << 16
#: Format -> what it is sent as.
MEDIA = {
    "json": "application/json",
    "csv": "text/csv",
    "camt053": "application/xml",
    "text": "text/plain",
    "hledger": "text/plain",
    "beancount": "text/plain",
}
PERIOD: Mapping[str, Mapping[str, Any]] = {
    "from": {"schema": {"type": "string", "format": "date"}, "description": "from this day on, as in 2026-01-31"},
    "to": {"schema": {"type": "string", "format": "date"}, "description": "up to and with this day"},
}


def format_of(*forms: str) -> dict[str, Any]:
    """The parameter `format`, for the document."""
    return {"schema": {"enum": list(forms), "default": forms[0]}, "description": "how it is written"}


def asked_word(name: str, words: Collection[str]) -> str:
    """One of these words, the first where none is given; Refused for another one, with the nearest."""
    first = next(iter(words))
    text = request.args.get(name) or first
    if text in words:
        return text
    near = nearest_name(text, words)
    hint = f"did you mean {near!r}?" if near else f"known: {', '.join(words)}"
    raise Refused(_INVALID, f"{name} is {text[:40]!r}; {hint}", field=name)


def asked_period() -> Period:
    """The days that `from` and `to` say; Refused for what is no day, or a period that ends before it begins."""
    with told_as_refusal():
        return read_period(request.args.get("from"), request.args.get("to"))


def guard_days(tx: UniverseTx, period: Period) -> None:
    """Refuse days of UTC that the universe has not seen."""
    with told_as_refusal():
        guard_seen(period, date.fromisoformat(rfc3339(tx.now_ms)[:10]), tx.project.id)


@contextmanager
def told_as_refusal() -> Iterator[None]:
    """What is wrong with what was asked for is refused."""
    try:
        yield
    except (PeriodError, ReportError) as error:
        raise Refused(_INVALID, str(error), field=error.name) from None


def sent(form: str, pieces: Iterable[bytes]) -> Response:
    """An answer in pieces, made as they are asked for."""
    media = MEDIA[form]
    content_type = f"{media}; charset=utf-8" if media.startswith("text/") else media
    return Response(pieces, content_type=content_type, headers={"Transfer-Encoding": "chunked"})


def sent_as_file(form: str, texts: Iterable[str]) -> Response:
    """All of these texts, which are made now."""
    file: IO[bytes] = tempfile.SpooledTemporaryFile(_IN_MEMORY_BYTES)  # noqa: SIM115 (closed once sent)
    try:
        for text in texts:
            file.write(text.encode())
        file.seek(0)
    except BaseException:
        file.close()
        raise
    return sent(form, _blocks(file))


def _blocks(file: IO[bytes]) -> Iterator[bytes]:
    with file:
        while block := file.read(_BLOCK_BYTES):
            yield block
