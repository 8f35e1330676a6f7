"""One attempt: posted with no transaction open, then recorded in one with what follows from it."""

import hashlib
import threading
from dataclasses import replace

from mockpsp import wallclock
from mockpsp.config import Settings
from mockpsp.domain.text.card_numbers import hide_card_numbers
from mockpsp.engine.universes import UniverseTx
from mockpsp.webhooks import delivery
from mockpsp.webhooks.delivery import AttemptResult, DueDelivery
from mockpsp.webhooks.retries import Dead, Delivered, RetryAfter

#: What an attempt led to, by what follows from it.
_OUTCOMES = {Delivered: "delivered", RetryAfter: "failed", Dead: "dead"}


class Poster:
    """Posts; a session a thread."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._sessions = threading.local()

    def post(self, due: DueDelivery) -> list[AttemptResult]:
        """What the attempt met; of one that is made twice at the same time both, those that failed first."""
        if not due.misbehaves or "concurrent" not in due.words:
            return [self._post(due)]
        results: list[AttemptResult] = []
        other = threading.Thread(target=lambda: results.append(self._post(due)), name="mockpsp-post-twice", daemon=True)
        other.start()
        results.append(self._post(due))
        other.join()
        return sorted(results, key=_is_success)

    def _post(self, due: DueDelivery) -> AttemptResult:
        session = getattr(self._sessions, "session", None)
        if session is None:
            session = self._sessions.session = delivery.open_session()
        result = delivery.post(
            session,
            due,
            timestamp_s=wallclock.now_s(),
            timeout_s=self._settings.receiver_timeout_ms / 1000,
            allowed_hosts=self._settings.allowed_hosts,
        )
        # What a receiver says is kept; a card number in it is not.
        return result._replace(
            response_body=hide_card_numbers(result.response_body),
            response_headers=hide_card_numbers(result.response_headers),
        )


def record(tx: UniverseTx, due: DueDelivery, results: list[AttemptResult]) -> list[str]:
    """Keep the attempts; answers the outcome of each: delivered, failed, dead or moot."""
    outcomes = []
    for place, result in enumerate(results):
        made = replace(due, attempt=due.attempt + place) if place else due
        jitter = _jitter(tx.key, made)
        step = delivery.record(tx.conn, tx.project.no, made, result, at_ms=tx.now_ms, jitter=jitter)
        outcomes.append(_OUTCOMES.get(type(step), "moot"))
    return outcomes


def _is_success(result: AttemptResult) -> bool:
    return result.error is None and result.status_code is not None and 200 <= result.status_code <= 299


def _jitter(key: bytes, due: DueDelivery) -> float:
    """A number from -1 to 1 that is the same each time for this attempt in this universe."""
    text = f"{due.seq}:{due.attempt}".encode()
    number = int.from_bytes(hashlib.blake2b(text, key=key, digest_size=4).digest())
    return number / 0xFFFFFFFF * 2 - 1
