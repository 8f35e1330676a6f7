"""SQL of what is still to come: effects by due time, and scripted rules."""

import json
import sqlite3
from collections.abc import Collection, Iterable
from typing import Any, NamedTuple

from mockpsp.domain.commands import Planned, restore_command, stored_name, stored_values
from mockpsp.domain.decision import Effect
from mockpsp.domain.text.json_text import dump_text, load_exactly

_INSERT = """INSERT INTO effect (project_id, due_at_ms, seq, command, payment_seq, body)
VALUES (?, ?, ?, ?, ?, ?)"""
# Primary key (project_id, due_at_ms, seq) gives the order.
_FIRST = """SELECT due_at_ms, seq, command, payment_seq, body FROM effect WHERE project_id = ?
ORDER BY due_at_ms, seq LIMIT 1"""
_FIRST_MOMENT = "SELECT due_at_ms FROM effect WHERE project_id = ? ORDER BY due_at_ms LIMIT 1"
_ALL = """SELECT due_at_ms, seq, command, payment_seq, body FROM effect WHERE project_id = ?
ORDER BY due_at_ms, seq LIMIT ?"""
# What waits only: rows leave when they ran. Then payment's primary key.
_SETTLEMENTS = """SELECT e.due_at_ms, e.seq, e.command, e.payment_seq, e.body FROM effect e
JOIN payment p ON p.project_id = e.project_id AND p.seq = e.payment_seq
WHERE e.project_id = ? AND e.command = 'capture.settle' AND p.gateway = ? ORDER BY e.due_at_ms, e.seq LIMIT ?"""
_DELETE = "DELETE FROM effect WHERE project_id = ? AND due_at_ms = ? AND seq = ?"
# Each effect of the universe is looked at, once when a PSP's facts change.
_DELETE_PAYOUTS = """DELETE FROM effect WHERE project_id = ? AND command = 'payout.run'
AND json_extract(body, '$.gateway') IN (SELECT value FROM json_each(?))"""
_RULES = "SELECT seq, matches, outcome, uses_left, used FROM scripted_rule WHERE project_id = ? ORDER BY seq"
# Primary key (project_id, seq), from where the last look ended.
_LIVE_RULES = """SELECT seq, matches, outcome, uses_left, used FROM scripted_rule
WHERE project_id = ? AND seq > ? AND seq <= ? AND uses_left > 0 ORDER BY seq"""
_RULE = "SELECT seq, matches, outcome, uses_left, used FROM scripted_rule WHERE project_id = ? AND seq = ?"
_INSERT_RULE = """INSERT INTO scripted_rule (project_id, seq, matches, outcome, uses_left, used)
VALUES (?, ?, ?, ?, ?, 0)"""
_USE_RULE = """UPDATE scripted_rule SET uses_left = uses_left - 1, used = used + 1
WHERE project_id = ? AND seq = ?"""
_DELETE_RULES = "DELETE FROM scripted_rule WHERE project_id = ?"
_DELETE_RULE = "DELETE FROM scripted_rule WHERE project_id = ? AND seq = ?"


class DueEffect(NamedTuple):
    """An effect that waits, with the payment it is about."""

    due_at_ms: int
    seq: int
    name: str
    payment_seq: int
    command: Planned


class RuleRow(NamedTuple):
    """A scripted rule: when it applies, what comes out, how often still."""

    seq: int
    matches: dict[str, Any]
    outcome: Any
    uses_left: int
    used: int


def insert_effects(
    conn: sqlite3.Connection, project_no: int, payment_seq: int, effects: Iterable[tuple[int, Effect]]
) -> None:
    """Schedule effects, given as (seq, effect)."""
    conn.executemany(
        _INSERT,
        [
            (
                project_no,
                effect.due_at_ms,
                seq,
                stored_name(effect.command),
                payment_seq,
                dump_text(stored_values(effect.command)),
            )
            for seq, effect in effects
        ],
    )


def first_effect(conn: sqlite3.Connection, project_no: int) -> DueEffect | None:
    """The effect that falls due first, or None."""
    row = conn.execute(_FIRST, (project_no,)).fetchone()
    return None if row is None else due_effect(row)


def first_due_ms(conn: sqlite3.Connection, project_no: int) -> int | None:
    """When that one falls due: asked for each delivery, it need not be read as a whole."""
    row = conn.execute(_FIRST_MOMENT, (project_no,)).fetchone()
    return None if row is None else int(row[0])


def effects(conn: sqlite3.Connection, project_no: int, limit: int) -> list[DueEffect]:
    """What waits, in order of falling due."""
    return [due_effect(row) for row in conn.execute(_ALL, (project_no, limit))]


def settlements(conn: sqlite3.Connection, project_no: int, gateway: str, limit: int) -> list[DueEffect]:
    """The settlements of captures that wait at a gateway, in order of falling due."""
    return [due_effect(row) for row in conn.execute(_SETTLEMENTS, (project_no, gateway, limit))]


def delete_effect(conn: sqlite3.Connection, project_no: int, effect: DueEffect) -> None:
    """Take an effect off the agenda."""
    delete_planned(conn, project_no, effect.due_at_ms, effect.seq)


def delete_planned(conn: sqlite3.Connection, project_no: int, due_at_ms: int, seq: int) -> None:
    """Take the effect of that moment and number off the agenda, if it is still there."""
    conn.execute(_DELETE, (project_no, due_at_ms, seq))


def delete_payouts(conn: sqlite3.Connection, project_no: int, gateways: Collection[str]) -> None:
    """Take the payouts of these gateways off the agenda."""
    conn.execute(_DELETE_PAYOUTS, (project_no, json.dumps(list(gateways))))


def rules(conn: sqlite3.Connection, project_no: int) -> list[RuleRow]:
    """All scripted rules, oldest first."""
    return [_rule(row) for row in conn.execute(_RULES, (project_no,))]


def live_rules(conn: sqlite3.Connection, project_no: int, *, after_seq: int, until_seq: int) -> list[RuleRow]:
    """The scripted rules after one number, up to and with another one, that may still be used; oldest first."""
    return [_rule(row) for row in conn.execute(_LIVE_RULES, (project_no, after_seq, until_seq))]


def rule(conn: sqlite3.Connection, project_no: int, seq: int) -> RuleRow | None:
    """A scripted rule, or None."""
    row = conn.execute(_RULE, (project_no, seq)).fetchone()
    return None if row is None else _rule(row)


def insert_rule(
    conn: sqlite3.Connection, project_no: int, seq: int, matches: dict[str, Any], outcome: Any, times: int
) -> None:
    """Add a scripted rule."""
    conn.execute(_INSERT_RULE, (project_no, seq, dump_text(matches), dump_text(outcome), times))


def use_rule(conn: sqlite3.Connection, project_no: int, seq: int) -> None:
    """Count one use of a rule."""
    conn.execute(_USE_RULE, (project_no, seq))


def delete_rules(conn: sqlite3.Connection, project_no: int) -> int:
    """Remove every rule; answers how many there were."""
    return conn.execute(_DELETE_RULES, (project_no,)).rowcount


def delete_rule(conn: sqlite3.Connection, project_no: int, seq: int) -> bool:
    """Remove one rule; answers whether there was one of that number."""
    return conn.execute(_DELETE_RULE, (project_no, seq)).rowcount == 1


def _rule(row: tuple[int, str, str, int, int]) -> RuleRow:
    seq, matches, outcome, uses_left, used = row
    return RuleRow(seq, load_exactly(matches), load_exactly(outcome), uses_left, used)


def due_effect(row: tuple[int, int, str, int, str]) -> DueEffect:
    """A row of the agenda as what waits."""
    """A row of the agenda as what waits."""
    due_at_ms, seq, name, payment_seq, body = row
    return DueEffect(due_at_ms, seq, name, payment_seq, restore_command(name, load_exactly(body)))
