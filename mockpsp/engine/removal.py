"""A universe taken away: its rows in every table, its own row, and the moments of it that were kept."""

from typing import Any

from mockpsp.engine.universes import UniverseTx
from mockpsp.store import snapshots, universe_rows
from mockpsp.store import tx as projects


def remove(tx: UniverseTx) -> None:
    """Nothing of this universe is left; forks of it stay. What is on its way to receivers is recorded nowhere.

    No other universe gets its number while this process lasts; whoever asks for it afterwards opens another one.
    """
    no = tx.project.no
    tx.gone.last_no = max(tx.gone.last_no, remove_rows(tx.conn, no))
    project_id = tx.project.id
    tx.after_commit.append(lambda: tx.early_asked.discard(project_id))


def remove_rows(conn: Any, no: int) -> int:
    """Nothing of universe `no` is left in a file; the highest number that is free now."""
    kept = [one.copy_no for one in snapshots.listed(conn, no)]
    for one in (*kept, no):
        universe_rows.wipe(conn, one)
        projects.delete(conn, one)
    snapshots.forget_all(conn, no)
    return max([*kept, no])
