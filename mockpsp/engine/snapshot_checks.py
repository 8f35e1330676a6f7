"""A universe that came in a file, tried out before anybody has it: in a database of its own, which is gone afterwards.

So that nothing of a file that is refused was ever in the server's, and others wait for no check. What is tried: each
column (snapshot_columns.py), each row by the engine's own readers (snapshot_rows.py), the settings, the books, what
the caller wants to look at, and as much of its future as `REHEARSED_MAX` effects are.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from typing import Any, NamedTuple

from mockpsp.catalog import Catalog
from mockpsp.config import Settings
from mockpsp.engine import gateways, snapshot_rows
from mockpsp.engine.effects import run_effect
from mockpsp.engine.snapshot_columns import COLUMNS, Known
from mockpsp.engine.snapshot_rows import ERRORS, Unreadable
from mockpsp.engine.universes import Credentials, Universes, UniverseTx
from mockpsp.store import agenda, universe_rows
from mockpsp.store import tx as projects
from mockpsp.store.db import Database
from mockpsp.store.faults import unfit
from mockpsp.store.migrations import migrate
from mockpsp.store.tx import Project

#: Effects that are run to see whether they can be.
REHEARSED_MAX = 500
#: Of all amounts of a file together, so that no sum of them is too large for a number.
_SUM_MAX = 1 << 61
_TRIED = "test-proj_tried"
_OWNER = Credentials(_TRIED, "key_test_tried")

Rows = Mapping[str, Sequence[Sequence[Any]]]
#: Tries what else may be asked of a universe; `Unreadable` says what can't be.
Look = Callable[[UniverseTx], None]


class Place(NamedTuple):
    """Where in a file something is wrong, and what; `row` counts from 0, as JSON's lists do, and is None for no one."""

    table: str
    row: int | None
    column: str
    why: str

    def __str__(self) -> str:
        at = "" if self.row is None else f".rows[{self.row}]"
        return f"tables.{self.table}{at}.{self.column}: {self.why}" if self.table else f"{self.column}: {self.why}"


class Bench:
    """A database in memory in which universes of files are tried out, one at a time."""

    def __init__(self, universes: Universes) -> None:
        self._universes = universes

    @property
    def columns(self) -> Mapping[str, list[str]]:
        """Table -> the columns that a file has of it, in their order."""
        with self._universes.database.reading() as conn:
            return {
                table: [one.name for one in universe_rows.columns_of(conn, table) if one.name != owner]
                for table, owner in universe_rows.OWNER_BY_TABLE.items()
            }

    @contextmanager
    def trying(self) -> Iterator[UniverseTx]:
        """A transaction on an empty universe, of which nothing is kept."""
        with self._universes.writing(_OWNER) as tx:
            yield tx

    def put(self, project: Project, rows: Rows) -> int:
        """The universe is there, under a number that is the answer; `Place` is raised within `Wrong` for an odd row."""
        with self._universes.database.writing() as conn:
            no = projects.insert(conn, project, above_no=0).no
            for table, found in rows.items():
                try:
                    universe_rows.put(conn, no, {table: found})
                except (OverflowError, UnicodeError) as error:
                    raise Wrong(Place(table, None, "rows", f"a row doesn't fit its table: {error}")) from None
                except Exception as error:
                    if (said := unfit(error)) is None:
                        raise
                    raise Wrong(Place(table, None, "rows", f"a row doesn't fit its table: {said}")) from None
        return no

    @contextmanager
    def reading(self, no: int) -> Iterator[UniverseTx]:
        """A transaction on a universe that was put."""
        with self._universes.writing_by_no(no) as tx:
            assert tx is not None, "it was put"
            yield tx

    def check(self, no: int, rows: Rows, look: Look) -> None:
        """The universe that was put is one that goes on; `Wrong` says what isn't."""
        try:
            with self.reading(no) as tx:
                snapshot_rows.check(tx)
                snapshot_rows.check_books(tx)
                look(tx)
            self._rehearse(no)
        except Unreadable as found:
            raise Wrong(_placed(found, rows, self.columns)) from None

    def _rehearse(self, no: int) -> None:
        """Let what is planned happen, as far as `REHEARSED_MAX` goes; the books hold afterwards."""
        with self.reading(no) as tx:
            for _ in range(REHEARSED_MAX):
                effect = agenda.first_effect(tx.conn, no)
                if effect is None:
                    break
                tx.now_ms = max(tx.now_ms, effect.due_at_ms)
                try:
                    run_effect(tx, effect)
                except ERRORS as error:
                    why = f"{effect.name} can't be run ({type(error).__name__}: {str(error)[:100]})"
                    raise Unreadable("effect", effect.seq, "body", why) from None
                except Exception as error:
                    if (said := unfit(error)) is None:
                        raise
                    raise Unreadable("effect", effect.seq, "body", f"{effect.name} can't be run ({said})") from None
            snapshot_rows.check_books(tx)


class Wrong(Exception):
    """A file's universe is none that could go on; `place` says why."""

    def __init__(self, place: Place) -> None:
        super().__init__(str(place))
        self.place = place


@contextmanager
def bench(catalog: Catalog) -> Iterator[Bench]:
    """A place to try universes out, which is gone afterwards."""
    with closing(Database(":memory:")) as database:
        migrate(database)
        yield Bench(Universes(database, catalog, Settings(db=":memory:", clock="manual")))


def check_columns(tx: UniverseTx, rows: Rows, columns: Mapping[str, list[str]]) -> None:
    """Each value is what its column may hold; `Wrong` for the first that isn't. `tx` knows the file's settings."""
    names = (*gateways.psps(tx), *tx.project.settings.get("configurations", {}))
    seqs = {
        table: {row[columns[table].index("seq")] for row in found if _is_number(row[columns[table].index("seq")])}
        for table, found in rows.items()
        if "seq" in columns[table]
    }
    known = Known(tx.catalog, frozenset(names), seqs)
    total_minor = 0
    for table, found in rows.items():
        for place, name in enumerate(columns[table]):
            rule = COLUMNS[table][name]
            for number, row in enumerate(found):
                value = row[place]
                if not rule.holds(known, value):
                    raise Wrong(Place(table, number, name, f"{_shown(value)} is not {rule.says}"))
                if name.endswith("_minor"):
                    total_minor += abs(value or 0)
        if total_minor > _SUM_MAX:
            raise Wrong(Place(table, None, "amounts", f"they make {total_minor}, which is too much to be added up"))


def _is_number(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _shown(value: object) -> str:
    text = "nothing" if value is None else repr(value)
    return text if len(text) <= 60 else f"{text[:60]}..."


def _placed(found: Unreadable, rows: Rows, columns: Mapping[str, list[str]]) -> Place:
    """Where in the file the row is that can't be read."""
    number = None
    if found.seq is not None and "seq" in columns.get(found.table, ()):
        place = columns[found.table].index("seq")
        number = next((number for number, row in enumerate(rows[found.table]) if row[place] == found.seq), None)
    return Place("" if found.table == "project" else found.table, number, _column(found), found.why)


def _column(found: Unreadable) -> str:
    return f"project.{found.column}" if found.table == "project" else found.column
