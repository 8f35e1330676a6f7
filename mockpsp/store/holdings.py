"""Which universes of a file hold something, and how much: for whoever must choose one of them."""

import sqlite3
from typing import NamedTuple

# Primary keys: of each table one row of a universe is looked at, and all its entries where they are counted. A scan of
# the universes.
_HOLDING = """SELECT p.no FROM project p WHERE substr(p.id, 1, 5) = 'test-' AND (
EXISTS (SELECT 1 FROM invoice x WHERE x.project_id = p.no) OR EXISTS (SELECT 1 FROM event x WHERE x.project_id = p.no)
OR EXISTS (SELECT 1 FROM card x WHERE x.project_id = p.no)
OR EXISTS (SELECT 1 FROM webhook_endpoint x WHERE x.tenant_id = p.no)) ORDER BY p.no LIMIT ?"""
_COUNTS = """SELECT (SELECT count(*) FROM payment x WHERE x.project_id = :no),
(SELECT count(*) FROM event x WHERE x.project_id = :no)"""


class Holdings(NamedTuple):
    """How much a universe holds."""

    payments: int
    events: int

    def __str__(self) -> str:
        payments = "1 payment" if self.payments == 1 else f"{self.payments} payments"
        return f"{payments}, {self.events} event{'' if self.events == 1 else 's'}"


def holding(conn: sqlite3.Connection, limit: int) -> list[int]:
    """The numbers of the first universes that anything was made in, snapshots left out."""
    return [no for (no,) in conn.execute(_HOLDING, (limit,))]


def of(conn: sqlite3.Connection, no: int) -> Holdings:
    """How much one universe holds."""
    return Holdings(*conn.execute(_COUNTS, {"no": no}).fetchone())
