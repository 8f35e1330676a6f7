"""Connections and transactions: the only file that opens SQLite.

One writer at a time: an in-process lock in front of BEGIN IMMEDIATE, so that threads queue fairly instead of spinning
on busy time-outs. Readers see a snapshot and never wait. `:memory:` is one connection behind the same lock.
"""

import sqlite3
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

#: What every connection is set to.
PRAGMAS = (
    "PRAGMA journal_mode=WAL",
    "PRAGMA synchronous=NORMAL",
    "PRAGMA busy_timeout=10000",
    "PRAGMA temp_store=MEMORY",
    "PRAGMA cache_size=-8000",
    "PRAGMA foreign_keys=OFF",
)


class Database:
    """One SQLite file (or memory): one connection that writes, and one per thread that reads.

    A commit empties the page cache of every connection but its own. Were each thread to write through one of its own,
    each write would begin by reading the file again.
    """

    def __init__(self, path: str) -> None:
        self._path = path
        self._is_memory = path == ":memory:"
        self._write_lock = threading.RLock()
        self._local = threading.local()
        self._all: list[sqlite3.Connection] = []
        self._all_lock = threading.Lock()
        self._writer: sqlite3.Connection | None = None
        #: Called with each new connection; tests hang a statement counter on it.
        self.on_open: Callable[[sqlite3.Connection], None] | None = None

    @property
    def path(self) -> str:
        """The file's path, or `:memory:`."""
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
        with self._write_lock:
            conn = self.connection()
            conn.execute("BEGIN IMMEDIATE")
            try:
                yield conn
                conn.execute("COMMIT")
            except BaseException:
                # SQLite itself rolls back on some errors, a full disk for one; a commit that fails leaves it to us.
                if conn.in_transaction:
                    conn.execute("ROLLBACK")
                raise

    @contextmanager
    def reading(self) -> Iterator[sqlite3.Connection]:
        """A consistent snapshot for several reads."""
        if self._is_memory:
            with self._write_lock:
                yield self.connection()
            return
        conn = self._reader()
        conn.execute("BEGIN")
        try:
            yield conn
        finally:
            conn.execute("COMMIT")

    def close(self) -> None:
        """Close every connection; the last one checkpoints the file."""
        with self._write_lock, self._all_lock:
            for conn in self._all:
                conn.close()
            self._all.clear()
            self._writer = None
            self._local = threading.local()

    def _reader(self) -> sqlite3.Connection:
        conn: sqlite3.Connection | None = getattr(self._local, "conn", None)
        if conn is None:
            conn = self._local.conn = self._open()
        return conn

    def _open(self) -> sqlite3.Connection:
        conn = sqlite3.connect(self._path, isolation_level=None, check_same_thread=False, cached_statements=256)
        with self._all_lock:  # before its first statement, which fails on a file that is no database
            self._all.append(conn)
        for pragma in PRAGMAS:
            conn.execute(pragma)
        if self.on_open:
            self.on_open(conn)
        return conn
