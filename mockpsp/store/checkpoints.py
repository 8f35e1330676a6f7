"""Bringing what was committed from the WAL into the file, in a thread of its own: no request waits for the disk.

SQLite itself would do it in whichever commit fills a thousand pages, and that request would take ten times as long as
the others. What happens when is no part of any state: a file is the same with its WAL in any condition.
"""

import sqlite3
import threading
from collections.abc import Callable
from contextlib import suppress

#: Look after so many commits.
_EVERY_COMMITS = 256
#: A WAL with more pages than this is begun anew from its front, for which writers have to stand still for a moment.
_RESTART_PAGES = 4_096
_BRING = "PRAGMA wal_checkpoint(PASSIVE)"
_RESTART = "PRAGMA wal_checkpoint(RESTART)"


class Checkpoints:
    """The thread of one file. `note_commit` after each commit; `stop` before connections are closed."""

    def __init__(self, connect: Callable[[], sqlite3.Connection], write_lock: threading.RLock) -> None:
        self._connect, self._write_lock = connect, write_lock
        self._commits = 0
        self._wanted = threading.Event()
        self._is_stopping = False
        self._thread = threading.Thread(target=self._run, name="mockpsp-checkpoints", daemon=True)
        self._thread.start()

    def note_commit(self) -> None:
        """Something was committed; called by one thread at a time."""
        self._commits += 1
        if self._commits >= _EVERY_COMMITS:
            self._commits = 0
            self._wanted.set()

    def stop(self) -> None:
        """End the thread; what is left in the WAL is brought over by whoever closes the file last."""
        self._is_stopping = True
        self._wanted.set()
        self._thread.join()

    def _run(self) -> None:
        conn = None
        while True:
            self._wanted.wait()
            self._wanted.clear()
            if self._is_stopping:
                break
            # A disk that is full or gone: the next commit meets it too, and says so.
            with suppress(sqlite3.Error):
                if conn is None:
                    conn = self._connect()
                self._bring_over(conn)
        if conn is not None:
            conn.close()

    def _bring_over(self, conn: sqlite3.Connection) -> None:
        _, pages, _ = conn.execute(_BRING).fetchone()
        if pages > _RESTART_PAGES:
            # Little is left by now. Where somebody still reads what is old it comes to nothing, and is tried again.
            with self._write_lock:
                conn.execute(_RESTART)
