"""One server a file: a lock beside the database, held while its server runs, that says who holds it.

The kernel's lock decides, not the file's existence: a server that was killed leaves the file behind and no lock.
"""

import fcntl
import json
import os
from pathlib import Path
from typing import NamedTuple, Self

#: How often a lock file may vanish under us (its holder ended just then) before we give up.
_TRIES = 100


class Holder(NamedTuple):
    """The process that has the file; its address is empty while it is starting."""

    pid: int
    url: str
    #: The file to trust if the address is https and the certificate one of ours.
    ca: str = ""


class LockError(Exception):
    """The file can't be ours; the message says why."""


class FileTaken(LockError):
    """Another process has the file."""

    def __init__(self, path: str, holder: Holder) -> None:
        self.holder = holder
        where = f" at {holder.url}" if holder.url else ""
        super().__init__(f"{path} is served already, by process {holder.pid}{where}")


class FileLock:
    """A database file of our own, from `claim` to `release`; as a context, for the length of the block."""

    def __init__(self, path: str) -> None:
        self._path = path
        self._file = -1

    def __enter__(self) -> Self:
        self.claim()
        return self

    def __exit__(self, *_: object) -> None:
        self.release()

    def claim(self) -> None:
        """The file is ours. Raises `LockError`; a database in memory is nobody's business."""
        if self._path == ":memory:":
            return
        try:
            self._claim(_lock_name(self._path))
        except OSError as error:
            raise LockError(f"can't lock {self._path}: {error.strerror}") from None

    def announce(self, url: str, ca: str = "") -> None:
        """Tell others where the server is."""
        if self._file < 0:
            return
        text = json.dumps({"pid": os.getpid(), "url": url, "ca": ca}).encode()
        os.ftruncate(self._file, 0)
        os.pwrite(self._file, text, 0)

    def release(self) -> None:
        """The file is free again. Harmless when it wasn't ours."""
        if self._file < 0:
            return
        # Removed while still locked: whoever locks it afterwards sees that it is gone.
        _lock_name(self._path).unlink(missing_ok=True)
        os.close(self._file)
        self._file = -1

    def _claim(self, name: Path) -> None:
        name.parent.mkdir(parents=True, exist_ok=True)
        for _ in range(_TRIES):
            file = os.open(name, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
            if not _try_lock(file):
                os.close(file)
                raise FileTaken(self._path, _read(name))
            if _is_same_file(file, name):
                self._file = file
                self.announce("")
                return
            # Its last holder removed the file between our open and our lock.
            os.close(file)
        raise LockError(f"can't lock {self._path}: {name} keeps vanishing")


def holder_of(path: str) -> Holder | None:
    """The server that has this file now, or None."""
    try:
        file = os.open(_lock_name(path), os.O_RDWR | os.O_CLOEXEC)
    except FileNotFoundError:
        return None
    try:
        return None if _try_lock(file) else _read(_lock_name(path))
    finally:
        os.close(file)


def _lock_name(path: str) -> Path:
    return Path(path + ".lock")


def _try_lock(file: int) -> bool:
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _is_same_file(file: int, name: Path) -> bool:
    try:
        return os.path.samestat(os.fstat(file), name.stat())
    except FileNotFoundError:
        return False


def _read(name: Path) -> Holder:
    try:
        said = json.loads(name.read_text())
        return Holder(int(said["pid"]), str(said["url"]), str(said.get("ca", "")))
    except (OSError, ValueError, KeyError, TypeError):
        return Holder(0, "")
