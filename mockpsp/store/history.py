"""SQL of one payment's history: the events that its facts brought, and what is still to come of it."""

import json
import sqlite3
from collections.abc import Collection
from typing import NamedTuple

from mockpsp.store.agenda import DueEffect, due_effect

#: The numbers of a decision's facts, payout lines and events are given in one walk, so an event comes soon after its
#: fact: within as many numbers as the longest decision takes.
_NEAR = 1_000
# Event's primary key (project_id, seq): the few numbers behind each fact.
_EVENTS = f"""SELECT e.seq, e.name, e.fact_seq, e.at_ms FROM json_each(:fact_seqs) wanted
CROSS JOIN event e ON e.project_id = :project_no AND e.seq > wanted.value AND e.seq <= wanted.value + {_NEAR}
WHERE e.fact_seq = wanted.value AND e.payment_seq = :payment_seq ORDER BY e.seq"""
# Every effect of the universe is looked at, once a look at a payment.
_AHEAD = """SELECT due_at_ms, seq, command, payment_seq, body FROM effect
WHERE project_id = ? AND payment_seq = ? ORDER BY due_at_ms, seq"""


class ToldEvent(NamedTuple):
    """An event about a payment, and the fact that brought it."""

    seq: int
    name: str
    fact_seq: int
    at_ms: int


def events_of_facts(
    conn: sqlite3.Connection, project_no: int, payment_seq: int, fact_seqs: Collection[int]
) -> list[ToldEvent]:
    """The events that these facts of a payment brought, oldest first."""
    values = {"project_no": project_no, "payment_seq": payment_seq, "fact_seqs": json.dumps(list(fact_seqs))}
    return [ToldEvent._make(row) for row in conn.execute(_EVENTS, values)]


def effects_of_payment(conn: sqlite3.Connection, project_no: int, payment_seq: int) -> list[DueEffect]:
    """What is planned for a payment, the next thing first."""
    return [due_effect(row) for row in conn.execute(_AHEAD, (project_no, payment_seq))]
