"""A transaction on one project: connection, project row, clock and id mint. Not the wire's transaction."""

import json
import sqlite3
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any, NamedTuple

from mockpsp import wallclock
from mockpsp.domain.text import ids
from mockpsp.domain.text.ids import Mint
from mockpsp.domain.text.json_text import load as load_json
from mockpsp.domain.time.moments import EPOCH_MS

#: A universe's setting: when it opened, where that was not EPOCH_MS.
_OPENED_AT = "opened_at_ms"

# Unique index on project.id; primary key on project.no.
_COLUMNS = "no, id, secret, seed, next_seq, generation, clock_mode, clock_ms, offset_ms, rules_count, settings"
_LOAD = f"SELECT {_COLUMNS} FROM project WHERE id = ?"
_LOAD_BY_NO = f"SELECT {_COLUMNS} FROM project WHERE no = ?"
# Of two that are there at once none has the other's number, nor that of one that is gone.
_INSERT = """INSERT INTO project (no, id, secret, seed, next_seq, generation, clock_mode, clock_ms, offset_ms,
rules_count, settings, opened_real_ms, used_real_ms)
VALUES ((SELECT max(coalesce(max(no), 0), ?) + 1 FROM project), ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"""
_SAVE = """UPDATE project SET next_seq = ?, generation = ?, seed = ?, clock_mode = ?, clock_ms = ?, offset_ms = ?,
rules_count = ?, settings = ?, used_real_ms = ? WHERE no = ?"""
_SAVE_SEQ = "UPDATE project SET next_seq = ?, clock_ms = ?, used_real_ms = ? WHERE no = ?"
_OVERWRITE = """UPDATE project SET secret = ?, seed = ?, next_seq = ?, generation = ?, clock_mode = ?, clock_ms = ?,
offset_ms = ?, rules_count = ?, settings = ?, used_real_ms = ? WHERE no = ?"""
_DELETE = "DELETE FROM project WHERE no = ?"
#: How the ids begin that somebody can open; a snapshot's begins otherwise.
_OPEN = "substr(id, 1, 5) = 'test-'"
# A scan, once a start.
_ALL_SETTINGS = f"""SELECT id, json_extract(settings, '$.' || ?) FROM project
WHERE json_extract(settings, '$.' || ?) IS NOT NULL AND {_OPEN} ORDER BY no"""
_AGES = f"SELECT no, id, secret, opened_real_ms, used_real_ms FROM project WHERE {_OPEN} ORDER BY id"
_ALL_NOS = f"SELECT no FROM project WHERE {_OPEN} ORDER BY no"


@dataclass(slots=True)
class Project:
    """A universe's own row."""

    no: int
    id: str
    secret: str
    seed: int
    next_seq: int
    generation: int
    clock_mode: str
    clock_ms: int
    offset_ms: int
    rules_count: int
    settings: dict[str, Any]

    @property
    def opened_at_ms(self) -> int:
        """The universe's own time when it was opened or last reset."""
        return int(self.settings.get(_OPENED_AT, EPOCH_MS))

    @property
    def public_id(self) -> str:
        """The id as objects show it, without the sandbox's `test-`."""
        return self.id.removeprefix("test-")


@dataclass(slots=True)
class Tx:
    """An open database transaction on one project. `now_ms` is the project's virtual now."""

    conn: sqlite3.Connection
    project: Project
    now_ms: int
    mint: Mint
    key: bytes
    #: Set when more of the project's row changed than its sequence and clock.
    is_project_changed: bool = False
    #: Set when something came up that a wall universe's driver must look at.
    has_new_work: bool = False
    #: The endpoints that something was queued for, and when the first planned effect is due.
    told_endpoints: set[int] = field(default_factory=set)
    next_effect_ms: int | None = None
    #: Run once the transaction is committed: nobody outside may learn of what could still be rolled back.
    after_commit: list[Callable[[], None]] = field(default_factory=list)

    @property
    def is_driver_wanted(self) -> bool:
        """Whether there is anything that a wall universe's driver may have to hear of."""
        return self.has_new_work or bool(self.told_endpoints) or self.next_effect_ms is not None

    def id(self, prefix: str, seq: int) -> str:
        """The public id of a sequence number."""
        return ids.encode(self.key, prefix, seq)

    def optional_id(self, prefix: str, seq: int | None) -> str | None:
        """The public id, or None for None."""
        return None if seq is None else ids.encode(self.key, prefix, seq)

    def seq(self, prefix: str, text: str) -> int | None:
        """The sequence number behind a public id; None for a mistyped id, another kind's or another universe's."""
        return ids.decode(self.key, prefix, text)

    def save(self) -> None:
        """Write the project's row back; called once, just before the commit."""
        project = self.project
        if self.is_project_changed:
            self.conn.execute(
                _SAVE,
                (
                    self.mint.next_seq,
                    project.generation,
                    project.seed,
                    project.clock_mode,
                    project.clock_ms,
                    project.offset_ms,
                    project.rules_count,
                    _settings_text(project.settings),
                    wallclock.now_ms(),
                    project.no,
                ),
            )
        elif self.mint.next_seq != project.next_seq:
            self.conn.execute(_SAVE_SEQ, (self.mint.next_seq, project.clock_ms, wallclock.now_ms(), project.no))


def load(conn: sqlite3.Connection, project_id: str) -> Project | None:
    """The project of that id, or None."""
    return _project(conn.execute(_LOAD, (project_id,)).fetchone())


def load_by_no(conn: sqlite3.Connection, no: int) -> Project | None:
    """The project of that number, or None."""
    return _project(conn.execute(_LOAD_BY_NO, (no,)).fetchone())


def create(
    conn: sqlite3.Connection,
    project_id: str,
    *,
    secret: str,
    seed: int,
    mode: str,
    clock_ms: int,
    above_no: int = 0,
) -> Project:
    """A new, empty universe."""
    made = Project(
        no=0,
        id=project_id,
        secret=secret,
        seed=seed,
        next_seq=1,
        generation=1,
        clock_mode=mode,
        clock_ms=clock_ms,
        offset_ms=0,
        rules_count=0,
        settings=opening(clock_ms),
    )
    return insert(conn, made, above_no=above_no)


def insert(conn: sqlite3.Connection, made: Project, *, above_no: int) -> Project:
    """A project like this one, but for its number, which is above that one and those of all others."""
    row = (made.id, made.secret, made.seed, made.next_seq, made.generation, made.clock_mode)
    rest = (made.clock_ms, made.offset_ms, made.rules_count, _settings_text(made.settings))
    now_ms = wallclock.now_ms()
    no = conn.execute(_INSERT, (above_no, *row, *rest, now_ms, now_ms)).lastrowid
    assert no is not None, "a row was inserted"
    return replace(made, no=no)


def overwrite(conn: sqlite3.Connection, copied: Project) -> None:
    """The project of this number and id is this one."""
    row = (copied.secret, copied.seed, copied.next_seq, copied.generation, copied.clock_mode)
    rest = (copied.clock_ms, copied.offset_ms, copied.rules_count, _settings_text(copied.settings))
    conn.execute(_OVERWRITE, (*row, *rest, wallclock.now_ms(), copied.no))


def delete(conn: sqlite3.Connection, no: int) -> None:
    """There is no project of that number."""
    conn.execute(_DELETE, (no,))


def opening(clock_ms: int) -> dict[str, Any]:
    """The settings of a universe that opens at a moment."""
    return {} if clock_ms == EPOCH_MS else {_OPENED_AT: clock_ms}


def all_settings(conn: sqlite3.Connection, name: str) -> list[tuple[str, Any]]:
    """(project id, value) of a setting of all projects that have it."""
    return [(project_id, json.loads(text)) for project_id, text in conn.execute(_ALL_SETTINGS, (name, name))]


def all_nos(conn: sqlite3.Connection) -> list[int]:
    """The numbers of all projects."""
    return [no for (no,) in conn.execute(_ALL_NOS)]


class Aged(NamedTuple):
    """A universe and when, by the machine's clock, it was opened and last written to; None: before that was noted."""

    no: int
    id: str
    secret: str
    opened_real_ms: int | None
    used_real_ms: int | None


def ages(conn: sqlite3.Connection) -> list[Aged]:
    """All universes by their ids."""
    return [Aged(*row) for row in conn.execute(_AGES)]


def _settings_text(settings: dict[str, Any]) -> str:
    return json.dumps(settings, separators=(",", ":"), sort_keys=True)


def _project(row: tuple[Any, ...] | None) -> Project | None:
    if row is None:
        return None
    return Project(*(*row[:-1], load_json(row[-1])))
