"""Connections and transactions: the only file that opens SQLite to work with it.

One writer at a time: an in-process lock in front of BEGIN IMMEDIATE, so that threads queue fairly instead of spinning
on busy time-outs. Readers see a snapshot and never wait. `:memory:` is one connection behind the same lock. What the
file or its disk does to a transaction is raised as `StorageError`; read faults.py next.
"""

import os
import sqlite3
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

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
WRITING_PRAGMAS = ("PRAGMA journal_mode=WAL", "PRAGMA synchronous=NORMAL")

#: What tells the file and its WAL from others of their names; nothing for what isn't there.
_Place = tuple[tuple[int, ...], tuple[int, ...]]
_NOWHERE = ()


class Database:
    """One SQLite file (or memory): one connection that writes, and one per thread that reads.

    A commit empties the page cache of every connection but its own. Were each thread to write through one of its own,
    each write would begin by reading the file again.
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
        self._local = threading.local()
        self._all: list[sqlite3.Connection] = []
        self._all_lock = threading.Lock()
        self._writer: sqlite3.Connection | None = None
        #: How often a write transaction could not begin, mostly because another program had the file locked.
        self._begin_failures = 0
        self._place: _Place | None = None
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
            return self._writer

    @contextmanager
    def writing(self) -> Iterator[sqlite3.Connection]:
        """A write transaction: commits at the end, rolls back on any exception."""
        failures_before = self._begin_failures
        with self._write_lock:
            self._check_place()
            conn = self.connection()
            try:
                self._begin(conn, has_waited=self._begin_failures > failures_before)
                yield conn
                conn.execute("COMMIT")
            except BaseException as error:
                # SQLite itself rolls back on some errors, a full disk for one; a commit that fails leaves it to us.
                if conn.in_transaction:
                    conn.execute("ROLLBACK")
                self._explain(error)
                raise

    @contextmanager
    def reading(self) -> Iterator[sqlite3.Connection]:
        """A consistent snapshot for several reads."""
        if self._is_memory:
            with self._write_lock:
                yield self.connection()
            return
        self._check_place()
        conn = self._reader()
        try:
            conn.execute("BEGIN")
            yield conn
        except BaseException as error:
            self._explain(error)
            raise
        finally:
            if conn.in_transaction:
                conn.execute("COMMIT")
        if self._is_still:
            self._check_place()

    def close(self) -> None:
        """Close every connection; the last one checkpoints the file."""
        with self._write_lock, self._all_lock:
            for conn in self._all:
                conn.close()
            self._all.clear()
            self._writer = self._place = None
            self._local = threading.local()

    def _begin(self, conn: sqlite3.Connection, *, has_waited: bool) -> None:
        """Begin to write. A file that another program locks is waited for once, not again by each thread in turn."""
        (patience_ms,) = conn.execute("PRAGMA busy_timeout").fetchone() if has_waited else (0,)
        if has_waited:
            conn.execute("PRAGMA busy_timeout=0")
        try:
            conn.execute("BEGIN IMMEDIATE")
        except sqlite3.OperationalError:
            self._begin_failures += 1
            raise
        finally:
            if has_waited:
                conn.execute(f"PRAGMA busy_timeout={patience_ms}")

    def _reader(self) -> sqlite3.Connection:
        conn: sqlite3.Connection | None = getattr(self._local, "conn", None)
        if conn is None:
            conn = self._local.conn = self._open()
        return conn

    def _open(self) -> sqlite3.Connection:
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
            for pragma in PRAGMAS if self._is_read_only else (*PRAGMAS, *WRITING_PRAGMAS):
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
