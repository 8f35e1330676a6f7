"""What lies at a path, found out before SQLite may change anything there: a look leaves no trace.

Opening a database to write sets it up as ours (its journal, its version): another program's must be told apart first.
SQLite marks a file with an application id and a version. Where no WAL lies beside the file it is read as immutable,
which makes no lock and no second file; with one it is opened read-only, since the WAL holds what is newest.
"""

import os
import re
import sqlite3
import stat
from contextlib import closing
from pathlib import Path
from typing import NamedTuple

from mockpsp.store.faults import FileError, damaged, explain

MEMORY = ":memory:"
#: "MPSP", what marks a database as one of ours.
APPLICATION_ID = 0x4D505350
#: Before version 3 nothing marked it: these tables did, with these versions.
_OLD_TABLES = frozenset({"project", "posting", "webhook_message"})
_OLD_VERSIONS = (1, 2)
#: Up to this size a file is looked through as a whole, which takes about a tenth of a second.
_LOOKED_THROUGH_BYTES = 32 * 1024 * 1024
#: Accounts of files up to schema 4, whose names didn't say which gateway they are of.
_OLDER_ACCOUNTS = """SELECT project_id, account FROM account_balance WHERE account IN
('expenses:psp:processing', 'expenses:psp:refund', 'expenses:psp:chargeback', 'expenses:psp:other') LIMIT 1"""
_MAGIC = b"SQLite format 3\x00"
#: How a list of mounts writes blanks in names.
_OCTAL = re.compile(r"\\([0-7]{3})")


class Found(NamedTuple):
    """A database as it lies there; without tables and version it is one that nobody has used yet.

    `older_account`: one of ours that postings are under, and that no version makes any more.
    """

    application_id: int
    version: int
    tables: frozenset[str]
    older_account: str = ""

    @property
    def is_ours(self) -> bool:
        """Whether mockpsp made it."""
        is_old = self.application_id == 0 and self.version in _OLD_VERSIONS and self.tables >= _OLD_TABLES
        return self.application_id == APPLICATION_ID or is_old

    @property
    def is_blank(self) -> bool:
        """Whether nobody has put anything into it."""
        return not (self.application_id or self.version or self.tables)


_BLANK = Found(0, 0, frozenset())


def uri_of(path: str, mode: str) -> str:
    """How SQLite is asked for a file in a mode: `ro`, `rw`, `rwc`, or `ro&immutable=1`."""
    return f"{Path(path).absolute().as_uri()}?mode={mode}"


def files_beside(path: str) -> tuple[str, ...]:
    """What SQLite and a server keep beside a file: none of it is anybody else's to write."""
    real = os.path.realpath(path)
    return tuple(f"{real}{ending}" for ending in ("-wal", "-shm", "-journal", ".lock"))


def has_wal(path: str) -> bool:
    """Whether a server has the file open, or was killed with it open."""
    return os.path.exists(f"{os.path.realpath(path)}-wal")


def look(path: str) -> Found | None:
    """What is there; None for nothing. `FileError` for what is no database, damaged, or of several names."""
    real = os.path.realpath(path)
    try:
        status = os.stat(real)
    except FileNotFoundError:
        return None
    except OSError as error:
        raise FileError(f"can't open {path}: {error.strerror}") from None
    if stat.S_ISDIR(status.st_mode):
        raise FileError(f"{path} is a folder; name a file in it, such as {os.path.join(path, 'mockpsp.db')}")
    if not stat.S_ISREG(status.st_mode):
        raise FileError(f"{path} is neither a file nor a folder; name a file")
    if status.st_nlink > 1:
        raise FileError(
            f"{path} has {status.st_nlink} names (hard links): what was written last lies beside one of them, and "
            "under another it would be lost; keep the name that its server was started with, and remove the others"
        )
    _check_magic(path, real)
    return _identify(path, real) if status.st_size else _BLANK


def check_writable(path: str) -> None:
    """A server may write the file and what SQLite keeps beside it; `FileError` says what is in the way."""
    real = os.path.realpath(path)
    folder = os.path.dirname(real)
    if os.path.exists(real):
        if _is_mounted(real):
            raise FileError(f"{path} is mounted by itself, without the files beside it; mount its folder instead")
        if not _may(real, os.W_OK):
            raise FileError(f"{path} may not be written; look at its permissions and at how its disk is mounted")
    while not os.path.exists(folder):  # folders on the way are made
        folder = os.path.dirname(folder)
    if not _may(folder, os.W_OK | os.X_OK):
        raise FileError(f"can't write into {folder}, where {path} and what SQLite keeps beside it belong")


def _may(path: str, mode: int) -> bool:
    return os.access(path, mode, effective_ids=os.access in os.supports_effective_ids)


def _is_mounted(real: str) -> bool:
    """Whether the file alone was mounted here, as containers can; only Linux tells."""
    try:
        with open("/proc/self/mountinfo", encoding="utf-8", errors="surrogateescape") as file:
            return real in (_OCTAL.sub(lambda match: chr(int(match[1], 8)), line.split(" ")[4]) for line in file)
    except OSError:
        return False


def _check_magic(path: str, real: str) -> None:
    try:
        with open(real, "rb") as file:
            start = file.read(len(_MAGIC))
    except OSError as error:
        raise FileError(f"can't read {path}: {error.strerror}") from None
    if start not in (b"", _MAGIC):
        raise FileError(f"{path} is not a database")


def _identify(path: str, real: str) -> Found:
    if has_wal(real):
        try:
            found = _ask(real, "ro&immutable=1")
        except (sqlite3.Error, UnicodeDecodeError):  # its pages may be on their way from the WAL just now
            found = _BLANK
        # Another program's is left alone with its WAL. One of ours that was killed at once is all in there.
        if not (found.is_ours or found.is_blank):
            return found
    try:
        return _ask(real, "ro" if has_wal(real) else "ro&immutable=1", is_thorough=True)
    except sqlite3.Error as error:
        explained = explain(error, path)
        raise FileError(str(explained)) if explained else damaged(path, error) from None
    except UnicodeDecodeError:
        raise damaged(path, "a table's name is no text") from None


def _ask(real: str, mode: str, *, is_thorough: bool = False) -> Found:
    with closing(sqlite3.connect(uri_of(real, mode), uri=True, isolation_level=None)) as conn:
        (application_id,) = conn.execute("PRAGMA application_id").fetchone()
        (version,) = conn.execute("PRAGMA user_version").fetchone()
        tables = frozenset(name for (name,) in conn.execute("SELECT name FROM sqlite_master WHERE type = 'table'"))
        found = Found(application_id, version, tables)
        if is_thorough and found.is_ours and os.path.getsize(real) <= _LOOKED_THROUGH_BYTES:
            (verdict,) = conn.execute("PRAGMA quick_check(1)").fetchone()
            if verdict != "ok":
                raise sqlite3.DatabaseError(str(verdict).replace("\n", " "))
        if is_thorough and found.is_ours and "account_balance" in tables:
            older = conn.execute(_OLDER_ACCOUNTS).fetchone()
            return found._replace(older_account=older[1]) if older else found
        return found
