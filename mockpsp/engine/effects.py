"""Effects: what was planned on the agenda, run one by one at the moment of each. Read timeline.py for when."""

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from mockpsp.domain.commands import GatewayMove, InstrumentMove
from mockpsp.domain.text.codes import Refused
from mockpsp.engine import instruments, payouts
from mockpsp.engine.planned_ids import target_id
from mockpsp.engine.run import Outcome, run_command
from mockpsp.engine.universes import UniverseTx
from mockpsp.store import agenda, payments
from mockpsp.store.agenda import DueEffect

#: How many effects one request lets a wall universe catch up with.
_CATCH_UP_STEPS = 1_000

#: Does what follows from an effect on a payment, given the invoice and what came of it, in the same commit.
Follow = Callable[[UniverseTx, Mapping[str, Any], Outcome], None]


class Step(NamedTuple):
    """One thing that ran: result is `done`, `moot`, `delivered`, `failed` or `dead`."""

    at_ms: int
    kind: str
    what: str
    id: str
    result: str
    #: Of a moot step: why it changed nothing.
    why: str | None = None


def move_clock(tx: UniverseTx, to_ms: int) -> None:
    """Move the universe's clock forward to a moment; a moment in the past moves nothing."""
    if to_ms <= tx.now_ms:
        return
    if tx.project.clock_mode == "wall":
        tx.project.offset_ms += to_ms - tx.now_ms
    tx.now_ms = tx.project.clock_ms = to_ms
    tx.is_project_changed = True


def still_moving() -> Refused:
    """Refused (409) as long as somebody moves the universe's time."""
    return Refused(
        "request.still-processing",
        "time is being advanced or settled in this universe already; wait for that to answer",
        409,
    )


def run_due_effects(tx: UniverseTx, follow: Follow) -> list[Step]:
    """Let a wall universe catch up: run the effects due by now, each at its own moment."""
    now_ms, steps = tx.now_ms, []
    for _ in range(_CATCH_UP_STEPS):
        effect = agenda.first_effect(tx.conn, tx.project.no)
        if effect is None or effect.due_at_ms > now_ms:
            break
        tx.now_ms = effect.due_at_ms
        steps.append(run_effect(tx, effect, follow))
    tx.now_ms = now_ms
    return steps


def run_effects(tx: UniverseTx, follow: Follow, *, until_ms: int, delivery_ms: int | None, limit: int) -> list[Step]:
    """Run the effects that fall due by a moment, the clock with them, each at its own moment.

    It ends before what is delivered first: at `delivery_ms`, or anything that an effect itself has told an endpoint.
    """
    steps: list[Step] = []
    last_ms = until_ms if delivery_ms is None else min(until_ms, delivery_ms)
    following = agenda.first_effect(tx.conn, tx.project.no)
    while following is not None and following.due_at_ms <= last_ms:
        move_clock(tx, following.due_at_ms)
        steps.append(run_effect(tx, following, follow))
        if tx.told_endpoints or len(steps) == limit:
            break
        following = agenda.first_effect(tx.conn, tx.project.no)
    return steps


def nothing_follows(tx: UniverseTx, invoice: Mapping[str, Any], outcome: Outcome) -> None:
    """Of an effect nobody outside the engine waits for."""


def run_effect(tx: UniverseTx, effect: DueEffect, follow: Follow = nothing_follows) -> Step:
    """Run one effect and take it off the agenda; one that is out of date changes nothing."""
    agenda.delete_effect(tx.conn, tx.project.no, effect)
    tx.conn.execute("SAVEPOINT effect")
    try:
        if isinstance(effect.command, InstrumentMove):
            instruments.run(tx, effect.command)
        elif isinstance(effect.command, GatewayMove):
            payouts.act(tx, effect.command)
        else:
            loaded = payments.load_payment(tx.conn, tx.project.no, effect.payment_seq)
            assert loaded is not None, "a payment with effects is never deleted"
            outcome = run_command(tx, *loaded, effect.command)
            follow(tx, loaded[1], outcome)
        result, why = "done", None
    except Refused as refused:
        tx.conn.execute("ROLLBACK TO effect")
        result, why = "moot", refused.message
    tx.conn.execute("RELEASE effect")
    on = target_id(tx, effect.payment_seq, effect.command)
    return Step(tx.now_ms, "effect", effect.name, on, result, why)
