"""What a file or its disk can do to us, in words: each names the file, the cause and the way out.

    StorageError        a transaction that could not be: rolled back, answered with `status`
      FileError         a file that is not opened at all

SQLite's other errors (a constraint that fails, a statement that is wrong) are faults of ours and pass as they are.
"""

import sqlite3
from typing import NamedTuple


class StorageError(Exception):
    """The file or its disk does not let us; nothing of the transaction was kept."""

    def __init__(self, message: str, status: int = 500) -> None:
        super().__init__(message)
        #: What a request is answered with: 503 passes by itself, 507 wants room, 500 somebody who looks.
        self.status = status


class FileError(StorageError):
    """The file can't be used as it is; it was not changed."""


class _Cause(NamedTuple):
    status: int
    text: str


_DAMAGED = "is damaged; put back a copy that `mockpsp backup` made, or serve a new file"
_NOT_OPENED = _Cause(500, "could not be opened: look at the permissions of the file and its folder")
_LOCKED = _Cause(503, "is locked by another program, for longer than we wait; close what else writes to it")

#: SQLite's code, an extended one before the primary one it belongs to -> cause. To name another: a row here.
_CAUSES: dict[int, _Cause] = {
    sqlite3.SQLITE_FULL: _Cause(507, "has no room left on its disk; free some"),
    sqlite3.SQLITE_IOERR_SHMSIZE: _Cause(507, "has no room left on its disk for what SQLite keeps beside it"),
    sqlite3.SQLITE_BUSY: _LOCKED,
    sqlite3.SQLITE_LOCKED: _LOCKED,
    sqlite3.SQLITE_READONLY: _Cause(500, "may not be written: look at the permissions and at how its disk is mounted"),
    sqlite3.SQLITE_PERM: _NOT_OPENED,
    sqlite3.SQLITE_CANTOPEN: _NOT_OPENED,
    sqlite3.SQLITE_AUTH: _NOT_OPENED,
    sqlite3.SQLITE_IOERR: _Cause(500, "could not be read or written: its disk answered with an error"),
    sqlite3.SQLITE_CORRUPT: _Cause(500, _DAMAGED),
    sqlite3.SQLITE_NOTADB: _Cause(500, _DAMAGED),
}


def explain(error: sqlite3.Error, path: str) -> StorageError | None:
    """The cause in words, if it is the file's or the disk's; None for a fault of ours."""
    code = getattr(error, "sqlite_errorcode", None)  # Python's own errors have none
    if code is None:
        return None
    cause = _CAUSES.get(code) or _CAUSES.get(code & 0xFF)
    return None if cause is None else StorageError(f"{path} {cause.text} ({error.sqlite_errorname})", cause.status)


def unfit(error: Exception) -> str | None:
    """What SQLite says against rows that don't fit their table; None for another error."""
    return str(error) if isinstance(error, sqlite3.IntegrityError | sqlite3.DataError) else None


def damaged(path: str, detail: object) -> FileError:
    """A file of ours that can't be trusted with money any more."""
    return FileError(f"{path} {_DAMAGED} ({detail})")
