"""Connections and transactions: the only file that opens SQLite to work with it.

One writer at a time: an in-process lock in front of BEGIN IMMEDIATE, so that threads queue fairly instead of spinning
on busy time-outs. Readers see a snapshot and never wait. `:memory:` is one connection behind the same lock. What the
file or its disk does to a transaction is raised as `StorageError`; read faults.py next.
"""

import os
import sqlite3
import threading
from collections.abc import Callable

from mockpsp import wallclock
from mockpsp.store.checkpoints import Checkpoints
from mockpsp.store.faults import StorageError, explain
from mockpsp.store.files import MEMORY, has_wal, uri_of

#: What every connection is set to.
PRAGMAS = (
    "PRAGMA busy_timeout=10000",
    "PRAGMA temp_store=MEMORY",
    "PRAGMA cache_size=-8000",
    "PRAGMA foreign_keys=OFF",
)
#: And one that may write.
#: What a command sorts of a large file goes to the disk.
READING_PRAGMAS = ("PRAGMA temp_store=FILE",)
WRITING_PRAGMAS = ("PRAGMA journal_mode=WAL", "PRAGMA synchronous=NORMAL", "PRAGMA wal_autocheckpoint=0")

#: Of one that reads beside the one that writes: each commit empties it, and there are as many as read at once.
_READERS_CACHE = "PRAGMA cache_size=-2000"

#: Whoever wants to write so soon after one that waited for another program's lock in vain has stood behind it.
_STOOD_BEHIND_MS = 1_000

#: What tells the file and its WAL from others of their names; nothing for what isn't there.
_Place = tuple[tuple[int, ...], tuple[int, ...]]
_NOWHERE = ()


class Database:
    """One SQLite file (or memory): one connection that writes, and as many that read as are reading at once.

    A commit empties the page cache of every connection but its own. Were each thread to write through one of its own,
    each write would begin by reading the file again. Those that read are taken and put back: one for each thread would
    hold megabytes of the same pages.
    """

    def __init__(self, path: str, *, read_only: bool = False) -> None:
        self._path = path
        self._is_memory = path == MEMORY
        #: SQLite keeps its files beside the real one, and so do we.
        self._real = path if self._is_memory else os.path.realpath(path)
        self._is_read_only = read_only
        #: Nobody has the file open: reading it must not make a WAL for it.
        self._is_still = read_only and not has_wal(path)
        self._write_lock = threading.RLock()
        #: Of those that read, the ones that nobody reads with just now; the last one used is the next one used.
        self._free: list[sqlite3.Connection] = []
        self._all: list[sqlite3.Connection] = []
        self._all_lock = threading.Lock()
        self._writer: sqlite3.Connection | None = None
        self._checkpoints: Checkpoints | None = None
        self._place: _Place | None = None
        #: When somebody waited in vain for a lock that another program holds, by the stopwatch; 0 for not lately.
        self._waited_in_vain_ms = 0
        #: The lock of the server that we are, if one was there when the file was opened.
        self._owner: tuple[int, ...] = _NOWHERE
        #: Called with each new connection; tests hang a statement counter on it.
        self.on_open: Callable[[sqlite3.Connection], None] | None = None

    @property
    def path(self) -> str:
        """The file's path as it was given, or `:memory:`."""
        return self._path

    def connection(self) -> sqlite3.Connection:
        """The connection that writes, in autocommit mode, which other threads use too: prefer `writing`."""
        with self._write_lock:
            if self._writer is None:
                self._writer = self._open()
                if not self._is_memory and not self._is_read_only:
                    self._checkpoints = Checkpoints(self._open_for_checkpoints, self._write_lock)
            return self._writer

    def is_busy(self, wait_s: float = 0.0) -> bool:
        """Whether somebody is writing, and goes on for so long."""
        if not self._write_lock.acquire(timeout=wait_s):
            return True
        self._write_lock.release()
        return False

    def changes_count(self) -> int:
        """How many rows were written since the file was opened: another number tells that something has changed."""
        return 0 if self._writer is None else self._writer.total_changes

    def writing(self) -> "_Writing":
        """A write transaction: commits at the end, rolls back on any exception."""
        return _Writing(self)

    def reading(self) -> "_Reading":
        """A consistent snapshot for several reads."""
        return _Reading(self)

    def close(self) -> None:
        """Close every connection; the last one checkpoints the file."""
        if self._checkpoints is not None:
            self._checkpoints.stop()
        with self._write_lock, self._all_lock:
            for conn in self._all:
                conn.close()
            self._all.clear()
            self._writer = self._place = self._checkpoints = None
            self._free.clear()

    def _take_reader(self) -> sqlite3.Connection:
        try:
            return self._free.pop()
        except IndexError:
            return self._open() if self._is_read_only else self._open(_READERS_CACHE)

    def _open(self, *own_pragmas: str) -> sqlite3.Connection:
        try:
            conn = sqlite3.connect(
                self._path if self._is_memory else uri_of(self._real, self._mode()),
                uri=not self._is_memory,
                isolation_level=None,
                check_same_thread=False,
                cached_statements=256,
            )
            with self._all_lock:  # before its first statement, which fails on a file that is no database
                self._all.append(conn)
            for pragma in (*PRAGMAS, *(READING_PRAGMAS if self._is_read_only else WRITING_PRAGMAS), *own_pragmas):
                conn.execute(pragma)
        except sqlite3.Error as error:
            self._explain(error)
            raise
        if self._place is None and not self._is_memory:
            self._place = self._look_at_place()
            self._owner = self._identity(f"{self._real}.lock")
        if self.on_open:
            self.on_open(conn)
        return conn

    def _open_for_checkpoints(self) -> sqlite3.Connection:
        """Its thread's own, which waits for nobody."""
        conn = sqlite3.connect(uri_of(self._real, "rw"), uri=True, isolation_level=None, check_same_thread=False)
        conn.execute("PRAGMA busy_timeout=0")
        return conn

    def _mode(self) -> str:
        if self._is_read_only:
            return "ro&immutable=1" if self._is_still else "ro"
        # Only the first connection may make the file: a later one would make another in its place.
        return "rwc" if self._place is None else "rw"

    def _explain(self, error: BaseException) -> None:
        """Raise in words what the file or its disk did; any other error is the caller's."""
        explained = explain(error, self._path) if isinstance(error, sqlite3.Error) else None
        if explained is not None:
            raise explained from error

    def _check_place(self) -> None:
        """What is open is still what lies at the path: SQLite would go on writing into a file that was deleted."""
        known = self._place
        if known is None:
            return
        if self._owner and not self._is_read_only:
            self._check_owner()
        place = self._look_at_place()
        if place == known:
            return
        if self._is_still:
            raise StorageError(f"a server was started on {self._path} while it was read; run this again", 503)
        if known == (place[0], _NOWHERE):  # SQLite made the WAL when it first needed one
            self._place = place
            return
        what = self._path if place[0] != known[0] else f"{self._path}-wal"
        became = "was deleted or moved away" if _NOWHERE in place else "was replaced"
        raise StorageError(
            f"{what} {became} while its server runs, so nothing is read or written any more; put it back, or end the "
            "server and start it again"
        )

    def _check_owner(self) -> None:
        """A lock that is deleted stops nobody: who finds another's in its place has lost the file to that server."""
        if self._identity(f"{self._real}.lock") not in (self._owner, _NOWHERE):
            raise StorageError(
                f"another server was started on {self._path} after {self._path}.lock was deleted, so this one reads "
                "and writes nothing any more; end it"
            )

    def _look_at_place(self) -> _Place:
        return self._identity(self._real), self._identity(f"{self._real}-wal")

    def _identity(self, path: str) -> tuple[int, ...]:
        try:
            status = os.stat(path)
        except OSError:
            return _NOWHERE
        # What nobody has open must not change at all while it is read.
        changes = (status.st_mtime_ns, status.st_size) if self._is_still else ()
        return (status.st_dev, status.st_ino, *changes)


class _Writing:
    """One write transaction. Objects instead of generators: every request has one of them or two."""

    __slots__ = ("_conn", "_database")

    def __init__(self, database: Database) -> None:
        self._database = database

    def __enter__(self) -> sqlite3.Connection:
        database = self._database
        database._write_lock.acquire()
        try:
            database._check_place()
            conn = self._conn = database._writer or database.connection()
            if database._waited_in_vain_ms:
                self._begin_behind()
            else:
                self._begin()
        except BaseException:
            database._write_lock.release()
            raise
        return conn

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        try:
            if error is None:
                self._run("COMMIT")
                if self._database._checkpoints is not None:
                    self._database._checkpoints.note_commit()
            else:
                self._undo(error)
        finally:
            self._database._write_lock.release()

    def _run(self, statement: str) -> None:
        try:
            self._conn.execute(statement)
        except BaseException as error:
            self._undo(error)
            raise

    def _begin(self) -> None:
        try:
            self._run("BEGIN IMMEDIATE")
        except StorageError as error:
            if error.status == 503:
                self._database._waited_in_vain_ms = wallclock.stopwatch_ms()
            raise

    def _begin_behind(self) -> None:
        """Begin where somebody lately waited in vain: who stood behind that one waits no second time."""
        database, conn = self._database, self._conn
        waited_in_vain_ms, database._waited_in_vain_ms = database._waited_in_vain_ms, 0
        if wallclock.stopwatch_ms() - waited_in_vain_ms > _STOOD_BEHIND_MS:
            self._begin()
            return
        (patience_ms,) = conn.execute("PRAGMA busy_timeout").fetchone()
        conn.execute("PRAGMA busy_timeout=0")
        try:
            self._run("BEGIN IMMEDIATE")
        except StorageError:
            database._waited_in_vain_ms = waited_in_vain_ms
            raise
        finally:
            conn.execute(f"PRAGMA busy_timeout={patience_ms}")

    def _undo(self, error: BaseException) -> None:
        # SQLite itself rolls back on some errors, a full disk for one; a commit that fails leaves it to us.
        if self._conn.in_transaction:
            self._conn.execute("ROLLBACK")
        self._database._explain(error)


class _Reading:
    """One snapshot; in memory, the one connection there is."""

    __slots__ = ("_conn", "_database")

    def __init__(self, database: Database) -> None:
        self._database = database

    def __enter__(self) -> sqlite3.Connection:
        database = self._database
        if database._is_memory:
            database._write_lock.acquire()
            return database.connection()
        database._check_place()
        conn = self._conn = database._take_reader()
        try:
            conn.execute("BEGIN")
        except BaseException as error:
            database._free.append(conn)
            database._explain(error)
            raise
        return conn

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        database = self._database
        if database._is_memory:
            database._write_lock.release()
            return
        try:
            if error is not None:
                database._explain(error)
        finally:
            if self._conn.in_transaction:
                self._conn.execute("COMMIT")
            database._free.append(self._conn)
        if database._is_still and error is None:
            database._check_place()
