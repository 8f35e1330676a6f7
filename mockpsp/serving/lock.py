"""One server a file: a lock beside the database, held while its server runs, that says who holds it.

The kernel's lock decides, not the file's existence: a server that was killed leaves the file behind and no lock. It
lies beside the real file, whatever links lead there. Windows keeps others from reading the byte that is locked, the
first: what is said begins after it.
"""

import errno
import json
import logging
import os
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple, Self

from filelock import lock_descriptor

#: How often a lock file may vanish under us (its holder ended just then) before we give up.
_TRIES = 100
_LOCKED_BYTES = 1
_SAID_BYTES_MAX = 65_536
#: Not handed on to programs that we start; Windows has it under another name and needs to be told that bytes are bytes.
_OPEN_FLAGS = sum(getattr(os, name, 0) for name in ("O_CLOEXEC", "O_NOFOLLOW", "O_NOINHERIT", "O_BINARY"))
#: How a lock file of ours begins: with the byte for Windows, or as it did before there was one.
_OURS = (b"\0{", b'{"pid"')

_log = logging.getLogger("mockpsp")


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
        #: Where the lock lies: links may lead elsewhere by the time it is released.
        self._name = Path()
        self._file = -1
        self._said_length = 0

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
        """Tell others where the server is. Raises `LockError` when that can't be written."""
        if self._file < 0:
            return
        said = json.dumps({"pid": os.getpid(), "url": url, "ca": ca}).encode()
        # In one piece, blanks over what was said before: who reads meanwhile finds the one or the other.
        self._said_length = max(self._said_length, len(said))
        try:
            os.lseek(self._file, _LOCKED_BYTES, os.SEEK_SET)
            os.write(self._file, said.ljust(self._said_length))
        except OSError as error:
            raise LockError(f"can't write {self._name}: {error.strerror}") from None

    def release(self) -> None:
        """The file is free again. Harmless when it wasn't ours."""
        if self._file < 0:
            return
        # One that was deleted under us may be another server's by now.
        is_removed = not _is_same_file(self._file, self._name)
        with suppress(PermissionError):  # Windows removes nothing that is open
            if not is_removed:
                # Removed while still locked: whoever locks it afterwards sees that it is gone.
                self._name.unlink(missing_ok=True)
                is_removed = True
        os.close(self._file)
        self._file = -1
        if not is_removed:
            with suppress(OSError):  # who has it open by now has it
                self._name.unlink()

    def _claim(self, name: Path) -> None:
        name.parent.mkdir(parents=True, exist_ok=True)
        for _ in range(_TRIES):
            file = os.open(name, os.O_RDWR | os.O_CREAT | _OPEN_FLAGS, 0o600)
            if not self._lock(file):
                os.close(file)
                raise FileTaken(self._path, _read(name))
            if _is_same_file(file, name):
                if not _is_ours(file):
                    os.close(file)
                    raise LockError(f"{name} is another program's file, and the lock of {self._path} would replace it")
                os.ftruncate(file, 0)
                self._file, self._name = file, name
                self.announce("")
                return
            # Its last holder removed the file between our open and our lock.
            os.close(file)
        raise LockError(f"can't lock {self._path}: {name} keeps vanishing")

    def _lock(self, file: int) -> bool:
        is_ours = _try_lock(file)
        if is_ours is None:
            _log.warning("this system can't lock files: let no second server use %s", self._path)
        return is_ours is not False


def holder_of(path: str) -> Holder | None:
    """The server that has this file now, or None."""
    name = _lock_name(path)
    try:
        file = os.open(name, os.O_RDONLY | _OPEN_FLAGS)
    except FileNotFoundError:
        return None
    except OSError as error:
        raise LockError(f"can't read {name}: {error.strerror}") from None
    try:
        return None if _try_lock(file) else _read(name)
    finally:
        os.close(file)


def _lock_name(path: str) -> Path:
    return Path(os.path.realpath(path) + ".lock")


def _try_lock(file: int) -> bool | None:
    """Whether the lock is ours now; None where the system has no locks."""
    try:
        return lock_descriptor(file, blocking=False)
    except OSError as error:
        if error.errno == errno.ENOSYS:
            return None
        raise


def _is_same_file(file: int, name: Path) -> bool:
    try:
        return os.path.samestat(os.fstat(file), name.stat())
    except FileNotFoundError:
        return False


def _is_ours(file: int) -> bool:
    """A database called `yarn` must not cost anybody their yarn.lock."""
    os.lseek(file, 0, os.SEEK_SET)
    start = os.read(file, max(map(len, _OURS)))
    return start == b"" or start.startswith(_OURS)


def _read(name: Path) -> Holder:
    try:
        file = os.open(name, os.O_RDONLY | _OPEN_FLAGS)
        try:
            os.lseek(file, _LOCKED_BYTES, os.SEEK_SET)
            said = json.loads(os.read(file, _SAID_BYTES_MAX))
        finally:
            os.close(file)
        return Holder(int(said["pid"]), str(said["url"]), str(said.get("ca", "")))
    except (OSError, ValueError, KeyError, TypeError):
        return Holder(0, "")
