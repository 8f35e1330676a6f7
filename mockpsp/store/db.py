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
    """One SQLite file (or memory), with a connection per thread."""

    def __init__(self, path: str) -> None:
        self._path = path
        self._is_memory = path == ":memory:"
        self._write_lock = threading.RLock()
        self._local = threading.local()
        self._all: list[sqlite3.Connection] = []
        self._all_lock = threading.Lock()
        self._shared = self._open() if self._is_memory else None
        #: Called with each new connection; tests hang a statement counter on it.
        self.on_open: Callable[[sqlite3.Connection], None] | None = None

    @property
    def path(self) -> str:
        """The file's path, or `:memory:`."""
        return self._path

    def connection(self) -> sqlite3.Connection:
        """This thread's connection, in autocommit mode. Prefer `reading` and `writing`."""
        if self._shared is not None:
            return self._shared
        conn: sqlite3.Connection | None = getattr(self._local, "conn", None)
        if conn is None:
            conn = self._open()
            self._local.conn = conn
            if self.on_open:
                self.on_open(conn)
        return conn

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
        conn = self.connection()
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
            self._local = threading.local()

    def _open(self) -> sqlite3.Connection:
        conn = sqlite3.connect(self._path, isolation_level=None, check_same_thread=False, cached_statements=256)
        for pragma in PRAGMAS:
            conn.execute(pragma)
        with self._all_lock:
            self._all.append(conn)
        return conn
