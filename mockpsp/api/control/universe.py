"""The control plane: this universe as a whole. Never part of ProcessOut's surface."""

from typing import Any

from flask import Blueprint

from mockpsp.api.control import clock as sandbox_clock
from mockpsp.api.wire import rate_limits
from mockpsp.api.wire.fields import Count, StrictBody, Text, fields, one_of
from mockpsp.api.wire.http import reads, state, writes
from mockpsp.domain.text.codes import Refused
from mockpsp.domain.time.moments import parse_rfc3339
from mockpsp.engine import digest, removal, restart
from mockpsp.engine.effects import still_moving
from mockpsp.engine.gateways import DEFAULT_GATEWAY
from mockpsp.engine.universes import UniverseTx
from mockpsp.store import resources

blueprint = Blueprint("sandbox", __name__)


class ResetRequest(StrictBody):
    """The body of a reset: what is left out stays as it is, the clock goes back to its start."""

    seed = Count(0, (1 << 53) - 1)
    clock = Text(40)
    mode = Text(validate=one_of(("manual", "wall")))


class RateLimitRequest(StrictBody):
    """Requests a minute, for each bucket that has a limit."""

    primary = Count(1, 1_000_000)
    secondary = Count(1, 1_000_000)
    sandbox = Count(1, 1_000_000)


class RateLimit(fields.Nested):
    """The limits of a universe, or the word `off`."""

    def __init__(self) -> None:
        super().__init__(RateLimitRequest())

    def deserialize(self, value: Any, *rest: Any, **more: Any) -> Any:
        """The limits by bucket; none for `off`."""
        return {} if value == "off" else super().deserialize(value, *rest, **more)


class SettingsRequest(StrictBody):
    """Switches of a universe."""

    refund_failed_event = Text(validate=one_of(("on", "off")))
    rate_limit = RateLimit()


@blueprint.get("/sandbox")
@reads
def show_universe(tx: UniverseTx) -> dict[str, Any]:
    """This universe: clock, seed, counts, defaults, links."""
    settings = tx.project.settings
    return {
        "universe": {
            "project_id": tx.project.id,
            "seed": tx.project.seed,
            "generation": tx.project.generation,
            "counts": resources.load_counts(tx.conn, tx.project.no),
            "gateway": settings.get("routing", {}).get("default", DEFAULT_GATEWAY),
            "refund_failed_event": "on" if settings.get("refund_failed_event", True) else "off",
            "rate_limit": settings.get(rate_limits.SETTING) or "off",
            "webhook_secret": tx.webhook_secret,
            "links": {
                name: f"/sandbox/{name}"
                for name in ("clock", "agenda", "psps", "rules", "faults", "deliveries", "snapshots", "digest")
            },
        },
        "clock": sandbox_clock.clock(tx),
    }


@blueprint.put("/sandbox")
@writes(SettingsRequest())
def change_universe(tx: UniverseTx, body: dict[str, Any]) -> dict[str, Any]:
    """Set the universe's switches."""
    if "refund_failed_event" in body:
        tx.project.settings["refund_failed_event"] = body["refund_failed_event"] == "on"
        tx.is_project_changed = True
    if "rate_limit" in body:
        tx.project.settings[rate_limits.SETTING] = body["rate_limit"]
        tx.is_project_changed = True
    return show_universe.__wrapped__(tx)  # type: ignore[attr-defined,no-any-return]


@blueprint.post("/sandbox/reset")
@writes(ResetRequest())
def reset(tx: UniverseTx, body: dict[str, Any]) -> dict[str, Any]:
    """Empty this universe and start again; the secret stays, and the seed unless another is given, so ids repeat."""
    project = tx.project
    mode = body.get("mode", project.clock_mode)
    now_ms = restart.starting_moment(mode)
    if "clock" in body:
        try:
            now_ms = parse_rfc3339(body["clock"])
        except ValueError as error:
            raise Refused("request.validation.invalid-date", f"clock: {error}", field="clock") from None
        sandbox_clock.guard_end(now_ms, "clock")
    project.seed = body.get("seed", project.seed)
    restart.start_again(tx, mode, now_ms)
    return {"clock": sandbox_clock.clock(tx), "seed": project.seed}


@blueprint.delete("/sandbox")
@writes(StrictBody())
def delete_universe(tx: UniverseTx, body: dict[str, Any]) -> dict[str, Any]:
    """Delete this universe, a fork or any other: nothing of it is left, its snapshots neither; its forks stay."""
    app, no = state(), tx.project.no
    if app.watches.by_no.get(no):
        raise still_moving()
    with app.timeline.standing_still(no):
        removal.remove(tx)
    tx.after_commit.append(lambda: app.forget(no))
    return {}


@blueprint.get("/sandbox/digest")
@reads
def show_digest(tx: UniverseTx) -> dict[str, Any]:
    """The hash of all this universe's state: equal digests, equal worlds."""
    return {"digest": digest.digest(tx.conn, tx.project.no)}
