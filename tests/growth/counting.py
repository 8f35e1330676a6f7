"""What a piece of work costs, in counts that don't depend on the machine.

Three are taken: SQL statements (of many rows: once a row), steps of SQLite's virtual machine, which grow with the rows
that are looked at, and lines of our own Python that are run, loops and comprehensions included. What one call does in C
(a list copied, a text of JSON parsed) counts as the line that calls it.
"""

import operator
import sqlite3
import sys
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import count, repeat
from pathlib import Path
from types import CodeType, FrameType
from typing import Any

import mockpsp
import mockpsp.webhooks
from mockpsp.store.db import Database
from tests.bench.in_process import Caller

_OURS = tuple(str(Path(package.__path__[0])) for package in (mockpsp, mockpsp.webhooks))
#: SQLite counts its steps in units of so many.
_STEPS_A_TICK = 20
_MANY = 1 << 50

Tracer = Callable[[FrameType, str, Any], Any]


@dataclass(slots=True)
class Cost:
    """Counts of one piece of work."""

    statements: int = 0
    database_steps: int = 0
    lines: int = 0


@contextmanager
def counting(caller: Caller) -> Iterator[Cost]:
    """What is done in the block, by this thread and through SQLite."""
    database = caller.app.extensions["mockpsp"].database
    cost = Cost()
    with _counting_sql(database, cost), _counting_lines(cost):
        yield cost


@contextmanager
def _counting_sql(database: Database, cost: Cost) -> Iterator[None]:
    # Both callbacks are written in C, so that counting runs no Python of its own.
    texts: deque[str] = deque()
    ticks = repeat(0, _MANY)
    connect = sqlite3.connect

    def connected(*arguments: Any, **options: Any) -> sqlite3.Connection:
        conn = connect(*arguments, **options)
        conn.set_trace_callback(texts.append)
        conn.set_progress_handler(ticks.__next__, _STEPS_A_TICK)
        return conn

    # The connections there are belong to other threads too: nobody uses one while it is changed.
    with database.writing() as writer, database.reading() as reader:
        for conn in (writer, reader):
            conn.set_trace_callback(texts.append)
            conn.set_progress_handler(ticks.__next__, _STEPS_A_TICK)
    sqlite3.connect = connected
    try:
        yield
    finally:
        sqlite3.connect = connect
        with database.writing() as writer, database.reading() as reader:
            for conn in (writer, reader):
                conn.set_trace_callback(None)
                conn.set_progress_handler(None, 0)
    cost.statements = len(texts)
    cost.database_steps = (_MANY - operator.length_hint(ticks)) * _STEPS_A_TICK


@contextmanager
def _counting_lines(cost: Cost) -> Iterator[None]:
    seen = count()
    is_ours: dict[CodeType, bool] = {}

    def step(frame: FrameType, event: str, _: Any) -> Tracer:
        next(seen)
        return step

    def enter(frame: FrameType, event: str, _: Any) -> Tracer | None:
        code = frame.f_code
        known = is_ours.get(code)
        if known is None:
            known = is_ours[code] = code.co_filename.startswith(_OURS)
        return step(frame, event, None) if known else None

    before = sys.gettrace()
    sys.settrace(enter)
    try:
        yield
    finally:
        sys.settrace(before)
        cost.lines = next(seen)
