"""Rate limits of a universe, on its own clock: off unless it was given some (`PUT /sandbox`). Never on `/sandbox`.

Three buckets: `secondary` for reading events, `primary` for every other route, and `sandbox` for all of them together.
A request must find room in both of its own.
"""

from collections.abc import Mapping

from flask import Response

from mockpsp.api.wire.app_state import RateLimiter
from mockpsp.api.wire.request import current
from mockpsp.domain.rate_limits import Verdict
from mockpsp.domain.text.codes import Refused
from mockpsp.engine.universes import UniverseTx

SETTING = "rate_limit"

_SECONDARY = ("events.list_events", "events.fetch_event")


def enforce_rate_limit(tx: UniverseTx, limiter: RateLimiter) -> None:
    """Count this request; Refused (429) when its universe's limits leave no room, and then it counts for nothing."""
    limits: Mapping[str, int] = tx.project.settings.get(SETTING, {})
    if not limits:
        return
    request = current()
    if request.is_control:
        return
    own = "secondary" if request.endpoint in _SECONDARY else "primary"
    found = limiter.judge(
        (tx.project.no, tx.project.generation),
        {bucket: limits[bucket] for bucket in (own, "sandbox") if bucket in limits},
        now_ms=tx.now_ms,
    )
    if not found:
        return
    bucket, verdict = found
    request.rate_limit = (limits[bucket], verdict)
    if not verdict.is_admitted:
        raise Refused(
            "request.rate.exceeded",
            f"the limit of {limits[bucket]} requests a minute ({bucket}) is used up; the next one goes in "
            f"{_seconds(verdict)} s of this universe's time",
            429,
        )


def show(response: Response) -> Response:
    """Tell where the request's limit stands."""
    found = current().rate_limit
    if found is not None:
        limit, verdict = found
        response.headers["x-ratelimit"] = str(limit)
        response.headers["x-ratelimit-remaining"] = str(verdict.remaining)
        if not verdict.is_admitted:
            response.headers["Retry-After"] = str(_seconds(verdict))
    return response


def _seconds(verdict: Verdict) -> int:
    """Whole seconds to wait, at least what is needed."""
    return -(-verdict.wait_ms // 1000)
