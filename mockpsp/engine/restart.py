"""A universe begun again: emptied, on a clock that is set anew."""

from mockpsp import wallclock
from mockpsp.domain.time.moments import EPOCH_MS
from mockpsp.engine import misdelivery
from mockpsp.engine.universes import UniverseTx
from mockpsp.store import tx as projects
from mockpsp.store import wiping
from mockpsp.webhooks import outbox


def start_again(tx: UniverseTx, mode: str, now_ms: int) -> None:
    """Leave the universe as it was at its opening, on a clock in that mode at that moment."""
    wiping.wipe(tx.conn, tx.project.no)
    outbox.clear(tx.conn, tx.project.no)
    tx.project.generation += 1
    tx.project.settings.clear()
    tx.project.settings.update(projects.opening(now_ms))
    tx.project.rules_count = 0
    tx.mint.next_seq = 1
    misdelivery.note_early(tx)
    set_clock(tx, mode, now_ms)


def starting_moment(mode: str) -> int:
    """When a universe's time starts unless said otherwise."""
    return EPOCH_MS if mode == "manual" else wallclock.now_ms()


def set_clock(tx: UniverseTx, mode: str, now_ms: int) -> None:
    """Set mode and moment; on the wall, the offset makes real time show that moment."""
    tx.project.clock_mode = mode
    tx.project.offset_ms = now_ms - wallclock.now_ms() if mode == "wall" else 0
    tx.now_ms = tx.project.clock_ms = now_ms
    tx.is_project_changed = True
